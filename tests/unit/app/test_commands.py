"""The `hub` command on a folder where there is nothing yet, and on one that does not fit."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.__main__ import app
from hub.app import doctor
from hub.app.doctor import Sign, examine
from hub.settings import Settings


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with nothing in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUB_ARGON2_MEMORY_KIB", "8")
    return tmp_path


def hub(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def add(email: str = "ann@desk.example", *more: str) -> Result:
    return hub("user", "add", email, "--name", "Ann", *more)


def test_the_first_command_of_a_new_hub_may_be_to_add_somebody(fresh: Path) -> None:
    added = add("Ann@Desk.example", "--role", "admin")

    assert added.exit_code == 0
    assert "may sign in with " in added.stdout
    assert hub("user", "list").stdout == "ann@desk.example\tAnn\tadmin\n"
    assert (fresh / "hub-data").stat().st_mode & 0o077 == 0


def test_a_password_may_come_from_a_file_and_is_not_printed(fresh: Path) -> None:
    (fresh / "secret").write_text("a good password\n")

    added = add("ann@desk.example", "--password-file", "secret")

    assert added.stdout == "ann@desk.example may sign in\n"


def test_the_same_address_twice_is_refused_in_words() -> None:
    add()

    again = add()

    assert (again.exit_code, again.stderr) == (1, "Another agent has this address.\n")


@pytest.mark.parametrize("words", [("verify",), ("user", "list")])
def test_what_reads_a_hub_says_when_there_is_none(words: tuple[str, ...]) -> None:
    ended = hub(*words)

    assert ended.exit_code == 3
    assert "hub migrate" in ended.stderr


def test_migrate_tells_what_it_did_and_may_be_said_again() -> None:
    assert hub("migrate").stdout.startswith("schema none -> ")
    again = hub("migrate").stdout.removeprefix("schema ").split(" -> ")
    assert again[0] == again[1].strip()


@pytest.mark.parametrize("words", [("verify",), ("user", "list"), ("migrate",), ("serve",)])
def test_a_newer_schema_is_refused_in_words(fresh: Path, words: tuple[str, ...]) -> None:
    hub("migrate")
    with sqlite3.connect(fresh / "hub-data" / "hub.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    ended = hub(*words)

    assert (ended.exit_code, ended.exception.__class__) == (3, SystemExit)
    assert "written by a newer hub" in ended.stderr


def test_verify_of_an_empty_hub_holds() -> None:
    hub("migrate")

    ended = hub("verify")

    assert ended.exit_code == 0
    assert all(line.startswith("holds ") for line in ended.stdout.splitlines())


def test_verify_names_what_is_broken_and_says_so_with_its_status(fresh: Path) -> None:
    hub("migrate")
    with sqlite3.connect(fresh / "hub-data" / "hub.db") as connection:
        connection.execute("INSERT INTO subscriptions VALUES ('reader', 7)")
    connection.close()

    ended = hub("verify")

    assert ended.exit_code == 1
    assert "BROKEN  no reader is ahead of the log\n          reader\n" in ended.stdout


# -- doctor ----------------------------------------------------------------------------------------


async def signs(settings: Settings) -> dict[str, Sign]:
    return {sign.name: sign async for sign in examine(settings)}


async def test_a_new_folder_is_fit_for_a_hub(fresh: Path) -> None:
    found = await signs(Settings(public_url="https://desk.example"))

    assert {sign.name for sign in found.values() if sign.state == "bad"} == set()
    assert found["public address"].state == "good"
    assert found["schema"].words == "not up to date: the start will see to it"
    assert not list((fresh / "hub-data").glob(".*"))  # no probe is left


async def test_what_will_not_work_is_bad_and_what_will_work_badly_is_poor(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fresh / "open").mkdir()
    (fresh / "open").chmod(0o755)
    monkeypatch.setattr(doctor, "SPACE_WANTED", 1 << 60)
    monkeypatch.setattr(doctor, "FILES_WANTED", 1 << 30)
    monkeypatch.setattr(doctor, "SYNC_SLOW", -1.0)

    found = await signs(Settings(folder=fresh / "open", public_url="http://desk.example"))

    poor = {name for name, sign in found.items() if sign.state == "poor"}
    assert poor == {"folder", "disk space", "disk sync", "open files", "public address", "schema"}


async def test_a_database_that_cannot_be_reached_is_bad() -> None:
    settings = Settings(database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")

    found = await signs(settings)

    assert found["database"].state == "bad"


async def test_a_redis_that_does_not_answer_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    hub("migrate")

    found = await signs(Settings(redis_url="redis://127.0.0.1:1/0"))

    assert found["schema"].state == "good"
    assert found["Redis"].state == "bad"


@pytest.mark.integration
async def test_a_redis_that_answers_is_good(redis_url: str) -> None:
    hub("migrate")

    assert (await signs(Settings(redis_url=redis_url)))["Redis"].state == "good"
