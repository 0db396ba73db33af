"""Settings: read from the environment and a file, refused with every fault at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from hub.__main__ import app
from hub.settings import Settings, faults_of


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a hub.env of anybody's."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_any_setting_the_hub_is_one_folder_on_this_machine() -> None:
    settings = Settings()

    assert settings.database == "sqlite:///hub-data/hub.db"
    assert (settings.host, settings.port, settings.redis_url) == ("127.0.0.1", 8000, None)
    assert settings.synchronous == "FULL"


def test_every_setting_says_what_it_is_for() -> None:
    silent = [name for name, field in Settings.model_fields.items() if not field.description]

    assert silent == []


def test_every_fault_is_listed_at_once(
    somewhere_else: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (somewhere_else / "hub.env").write_text("HUB_PORT=nine\nHUB_PROT=8000\n")
    monkeypatch.setenv("HUB_READERS", "0")
    monkeypatch.setenv("HUB_LOG_LEVEL", "loud")

    with pytest.raises(ValidationError) as refused:
        Settings()

    named = {fault.partition(":")[0] for fault in faults_of(refused.value)}
    assert named == {"HUB_PORT", "HUB_PROT", "HUB_READERS", "HUB_LOG_LEVEL"}
    assert "HUB_PROT: there is no such setting" in faults_of(refused.value)


@pytest.mark.parametrize("command", ["serve", "migrate", "verify", "doctor"])
def test_each_command_stops_at_wrong_settings_and_says_them(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("HUB_PORT", "99999")
    monkeypatch.setenv("HUB_SYNCHRONOUS", "OFF")

    ended = CliRunner().invoke(app, [command])

    assert ended.exit_code == 2
    assert [line.partition(":")[0] for line in ended.stderr.splitlines()] == [
        "HUB_PORT",
        "HUB_SYNCHRONOUS",
    ]


def test_the_environment_goes_before_the_file(
    somewhere_else: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (somewhere_else / "hub.env").write_text("HUB_PORT=1\nHUB_ORGANISATION=云杉家居\n")
    monkeypatch.setenv("HUB_PORT", "2")

    settings = Settings()

    assert (settings.port, settings.organisation) == (2, "云杉家居")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("10.0.0.1", ("10.0.0.1",)),
        ("10.0.0.1, 10.0.0.2,", ("10.0.0.1", "10.0.0.2")),
        ("", ()),
    ],
)
def test_lists_are_words_with_commas_between(
    monkeypatch: pytest.MonkeyPatch, given: str, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("HUB_TRUSTED_PROXIES", given)

    assert Settings().trusted_proxies == words


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_METRICS_TOKEN", "hush")
    monkeypatch.setenv("HUB_MASTER_KEY", "aGFsbG8=")

    assert "hush" not in repr(Settings())
    assert "aGFsbG8" not in repr(Settings())


@pytest.mark.parametrize(
    ("public_url", "chosen", "secure"),
    [
        ("https://desk.example/", None, True),
        ("http://desk.example", None, False),
        ("", None, False),
        ("https://desk.example", False, False),
        ("", True, True),
    ],
)
def test_cookies_are_secure_where_the_public_address_is(
    public_url: str, chosen: bool | None, secure: bool
) -> None:
    settings = Settings(public_url=public_url, secure_cookies=chosen)

    assert settings.cookies_are_secure is secure
    assert not settings.public_url.endswith("/")
