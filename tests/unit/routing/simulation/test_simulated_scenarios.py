"""Every scenario file comes true, and says so in words when it does not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import hub.routing.simulation
from hub.__main__ import app
from hub.routing.simulation import laws, load, scenario
from hub.routing.simulation.expecting import READERS
from hub.routing.simulation.reading import hints
from hub.routing.simulation.run import simulate

HANDBOOK = Path(__file__).parents[4] / "docs/simulation.md"
SCENARIOS = sorted((Path(__file__).parents[3] / "scenarios").glob("*.yaml"))
PUBLIC = {"core", "inputs", "effects", "model", "records", "simulation"}
"""What the simulator may know of the router: its door, and the words it speaks."""

ONE_CALL = """\
title: one call
agents:
  A1: {ready: 0}
timeline:
  - at: 1
    item_queued: {item: x, queue: q, medium: voice}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "it.yaml"
    path.write_text(text)
    return path


def differences(folder: Path, text: str) -> list[str]:
    (outcome,) = simulate(written(folder, text))
    found: list[str] = outcome["differences"]
    return [line.removeprefix(f"{folder}/") for line in found]


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_comes_true(path: Path) -> None:
    outcomes = simulate(path)

    assert [line for outcome in outcomes for line in outcome["differences"]] == []


def test_the_handbook_names_every_key_and_its_examples_come_true(tmp_path: Path) -> None:
    text = HANDBOOK.read_text()
    of_a_scenario = {*scenario.KEYS, *scenario.OF_AN_ENTRY, *READERS, *hints(scenario.Habits)}
    of_a_load = {*load.KEYS, *load.OF_A_STREAM, *load.OF_A_TEAM, *load.MEASURES}
    of_chance = {*laws.SAMPLERS, *laws.PROCESSES}

    examples = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)

    assert len(examples) == 2
    assert [differences(tmp_path, example) for example in examples] == [[], []]
    keys = of_a_scenario | of_a_load | of_chance
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", text)] == []


def test_the_simulator_knows_nothing_of_the_router_but_its_door() -> None:
    (folder,) = hub.routing.simulation.__path__
    imported = {
        node.module
        for path in Path(folder).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module is not None
    }

    known = {name.split(".")[2] for name in imported if name.startswith("hub.routing.")}
    assert known <= PUBLIC


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("offered: {x: A2}", "offered: x is offered to A1, not to A2"),
        ("offered: {x: null}", "offered: x is offered to A1, not to nobody"),
        ("grants: [[2, x, A1]]", "grants: expected [2, x, A1], came [1, x, A1]"),
        ("grants_of: {x: []}", "grants_of: x: expected none, came [1, A1]"),
        ("order: [y]", "order: expected y; came x"),
        ("items: {x: {due: 20}}", "items: x.due is 21, not 20"),
        ("items: {x: {state: queued}}", "items: x.state is offered, not queued"),
        ("items: {y: {state: queued}}", "items: nobody knows y"),
        ("agents: {A1: {used: 33}}", "agents: A1.used is 100, not 33"),
        ("position: {x: 1}", "position: x has place None, not 1"),
        ("refused: [offer_gone]", "refused: expected ['offer_gone'], came []"),
        ("why: {x: {winner: {due: 1}}}", "why: x.winner.due is 21000, not 1"),
        (
            "counts: [{effect: grant, is: 2}]",
            "counts: expected 2 of grant, came 1",
        ),
        (
            "same_step: [grant: {agent: A2}]",
            "same_step: expected grant {agent: A2}, came: item_moved {item: x, state: queued, "
            "reason: queued, queue: q, seq: 1, enqueued_at: 1, due: 21, step: 0, attempts: 0}; "
            "grant {item: x, agent: A1, queue: q, medium: voice, units: 100, at: 1, deadline: 21, "
            "attempt: 1, mode: routed, override: false}",
        ),
    ],
)
def test_what_comes_otherwise_is_told_with_line_and_moment(
    tmp_path: Path, expected: str, said: str
) -> None:
    text = f"{ONE_CALL}    expect:\n      {expected}\n"

    told = differences(tmp_path, text)

    assert told == [f"it.yaml:8: at 1 s: {said}"]


def test_a_refusal_that_nobody_expected_is_a_difference(tmp_path: Path) -> None:
    text = f"{ONE_CALL}  - {{at: 2, work_ended: x}}\n"

    told = differences(tmp_path, text)

    assert told == ["it.yaml:7: at 2 s: work_ended was refused: wrong_state (x)"]


def test_an_offer_that_was_never_made_is_a_difference(tmp_path: Path) -> None:
    text = f"{ONE_CALL}  - {{at: 2, offer_accepted: y}}\n"

    told = differences(tmp_path, text)

    assert told == ["it.yaml:7: at 2 s: there is no offer y; 0 were made"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("- {at: 2, item_quoted: x}", "it.yaml:7: unknown key item_quoted; known here: "),
        ("- {at: 2, item_queued: {itm: x}}", "it.yaml:7: unknown key itm; known here: band, boost"),
        ("- {at: 2, item_queued: {item: x}}", "it.yaml:7: ItemQueued needs queue, medium"),
        ("- {at: 2, expect: {offred: {}}}", "it.yaml:7: unknown key offred; known here: agents"),
        ("- {at: 2, expect: {items: {x: {sate: 1}}}}", "it.yaml:7: unknown key sate; known here: "),
        ("- {at: soon}", "it.yaml:7: soon is no time; write seconds, or 250 ms"),
        ("- {at: 0.0001}", "it.yaml:7: 0.0001 is finer than a millisecond"),
        ("- {at: 0}", "it.yaml:7: a timeline is written in the order of its moments"),
        ("- {work_ended: x}", "it.yaml:7: an entry needs at"),
        ("- {at: 2, at: 3}", "it.yaml:7: at stands here a second time"),
        (
            "- {at: 2, item_queued: {item: y, queue: q, medium: pigeon}}",
            "it.yaml:7: pigeon is none of voice, video, chat",
        ),
        ("- {at: 2", "it.yaml:8: expected ',' or '}'"),
    ],
)
def test_what_cannot_be_is_refused_with_file_line_and_what_would_be_known(
    tmp_path: Path, line: str, said: str
) -> None:
    path = written(tmp_path, f"{ONE_CALL}  {line}\n")

    result = CliRunner().invoke(app, ["simulate", str(path)])

    assert result.exit_code == 1
    assert f"{tmp_path}/{said}" in result.stderr


def test_a_later_document_says_anew_only_what_differs(tmp_path: Path) -> None:
    text = f"""{ONE_CALL}expect: {{offered: {{x: A1}}}}
---
title: nobody is there
agents: {{}}
expect: {{offered: {{x: null}}}}
"""

    outcomes = simulate(written(tmp_path, text))

    assert [(o["title"], o["differences"]) for o in outcomes] == [
        ("one call", []),
        ("nobody is there", []),
    ]


def test_the_command_ends_with_status_1_when_something_does_not_come_true(tmp_path: Path) -> None:
    text = f"{ONE_CALL}    expect: {{offered: {{x: A2}}}}\n"
    path = written(tmp_path, text)

    result = CliRunner().invoke(app, ["simulate", str(path)])

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "DIFFERS  one call",
        f"    {path}:7: at 1 s: offered: x is offered to A1, not to A2",
    ]
