"""The `hub staff` command: what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.__main__ import app

HISTORY = "date,start,volume,handle_time\n2026-11-09,09:00,90,180\n2026-11-16,09:00,110,180\n"


def staff(*words: str) -> Result:
    return CliRunner().invoke(app, ["staff", *words])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def test_the_least_agents_stand_among_their_neighbours() -> None:
    told = staff("pool", "--calls", "100", "--handle", "180").stdout

    assert "goal 80% within 20 s: 14 agents" in told
    lines = told.splitlines()
    assert [line.split()[0] for line in lines[-6:]] == ["12", "13", "*14", "15", "16", "17"]
    assert "88.8%" in next(line for line in lines if "*14" in line)


def test_neighbours_whose_queue_would_never_end_are_left_out() -> None:
    told = staff("pool", "--calls", "100", "--handle", "180", "--service-level", "0.2").stdout

    assert [line.split()[0] for line in told.splitlines()[4:]] == ["*11", "12", "13", "14"]


def test_figures_of_a_number_of_agents_come_as_json() -> None:
    words = "--calls 100 --handle 180 --agents 10 --patience 180 --places 20 --redial 0.5 --json"

    told = json.loads(staff("pool", *words.split()).stdout)

    assert told["least"] is None
    assert [row["agents"] for row in told["rows"]] == [10]
    assert told["rows"][0]["figures"]["p_abandon"] == pytest.approx(0.16362, abs=5.1e-6)


def test_the_wait_behind_others() -> None:
    words = "wait --ahead 4 --agents 10 --handle 180 --patience 180 --json"

    told = staff(*words.split())

    assert json.loads(told.stdout)["p90"] == pytest.approx(121.94, abs=0.01)


def test_a_day_to_come_is_planned_from_the_days_before(table: Path) -> None:
    table.write_text("\ufeff" + HISTORY)

    told = staff("plan", str(table), "--on", "2026-11-23", "--shrinkage", "0.3", "--json")

    answer = json.loads(told.stdout)
    (nine,) = answer["plan"]["intervals"]
    assert (answer["days"], answer["growth"], nine["volume"]) == (2, 1, 100)
    assert (nine["start"], nine["agents"], nine["scheduled"]) == (540, 13, 19)


def test_a_given_dispersion_is_used_instead_of_the_measured_one(table: Path) -> None:
    table.write_text(HISTORY)

    told = staff("plan", str(table), "--on", "2026-11-23", "--dispersion", "5")

    assert "dispersion 5.00" in told.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("pool --calls 100 --handle 180 --agents 9", "the queue grows without end"),
        ("pool --calls 100 --handle nan", "handle: must be a number above 0"),
        ("pool --calls 100 --handle 180 --redial 0.5", "redial: needs a number of agents"),
        ("pool --calls 100 --handle 180 --service-level 1", "service_level: must be above 0"),
        ("wait --ahead 4 --agents 0 --handle 180", "agents: must be a number above 0"),
        ("plan nowhere.csv", "nowhere.csv: No such file"),
    ],
)
def test_what_cannot_be_is_refused_in_words(words: str, said: str) -> None:
    ended = staff(*words.split())

    assert ended.exit_code == 2
    assert said in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("start,volume,handle_time\n09:00,x,180\n", (), "row 2, column volume: 'x' is not"),
        ("start,volume\n09:00,5\n", (), "row 1, column handle_time: this column is missing"),
        ("start,volume,handle_time\n09:00,5,6\n", ("--on", "2026-11-23"), "on: needs a table"),
        (HISTORY, (), "on: a table with a column date needs the day"),
        (HISTORY, ("--on", "2026-11-24"), "No earlier day of the same weekday is known."),
        (HISTORY, ("--on", "2026-11-23", "--dispersion", "0"), "dispersion: must be 1 or more"),
    ],
)
def test_a_table_that_cannot_be_planned_is_refused_in_words(
    table: Path, text: str, words: tuple[str, ...], said: str
) -> None:
    table.write_text(text)

    ended = staff("plan", str(table), *words)

    assert ended.exit_code == 2
    assert said in ended.stderr


def test_a_file_that_is_no_text_is_refused(table: Path) -> None:
    table.write_bytes(b"\xff\xfe\x00")

    assert staff("plan", str(table)).stderr == f"{table}: not UTF-8\n"
