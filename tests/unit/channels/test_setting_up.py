"""What each kind of channel needs before it can work."""

from __future__ import annotations

from typing import Any

import pytest

from hub.channels.model import Account
from hub.channels.setting_up import check, door_of
from hub.kernel.errors import Invalid
from hub.kernel.ids import ChannelId

HUB = "https://hub.example"
KEY = "whsec_" + "A" * 32
SETTINGS: dict[str, dict[str, Any]] = {
    "chat": {
        "origins": ["https://www.spruce.example", "*"],
        "colour": "#3d5a45",
        "title": "Spruce",
    },
    "email": {
        "address": "help@spruce.example",
        "imap_host": "imap.spruce.example",
        "smtp_host": "smtp.spruce.example",
    },
    "memory": {"anything": 1},
    "sms": {"account_sid": "AC1", "number": "+4930901820", "public_url": "https://sms.hub.example"},
    "webhook": {"url": "https://shop.example/answers"},
}
SECRETS = {
    "email": {"imap_password": "hush"},
    "sms": {"auth_token": "hush"},
    "webhook": {"secret": KEY},
}


def an_account(kind: str, *, enabled: bool = True, **settings: Any) -> Account:
    """One that can work, with these settings besides."""
    return Account(
        id=ChannelId("c"),
        rev=1,
        kind=kind,
        key="ours",
        name="Ours",
        queue_id=None,
        language=None,
        reply_within=None,
        enabled=enabled,
        settings=SETTINGS[kind] | settings,
        secrets=SECRETS.get(kind, {}),
    )


def with_secrets(kind: str, secrets: dict[str, str]) -> Account:
    whole = an_account(kind)
    return Account(
        **{name: getattr(whole, name) for name in Account.__slots__} | {"secrets": secrets}
    )


def faults_of(account: Account) -> list[str]:
    with pytest.raises(Invalid) as refused:
        check(account, HUB)
    return [fault.path for fault in refused.value.faults]


@pytest.mark.parametrize("kind", SETTINGS)
def test_a_channel_that_can_work_is_taken(kind: str) -> None:
    check(an_account(kind), HUB)


@pytest.mark.parametrize(
    ("kind", "setting", "paths"),
    [
        ("chat", {"origins": "https://www.spruce.example"}, ["/settings/origins"]),
        ("chat", {"origins": ["https://www.spruce.example/"]}, ["/settings/origins"]),
        ("chat", {"origins": [7]}, ["/settings/origins"]),
        ("chat", {"colour": "url(//evil)"}, ["/settings/colour"]),
        ("chat", {"title": 7}, ["/settings/title"]),
        ("email", {"address": "nobody"}, ["/settings/address"]),
        ("email", {"address": "", "imap_host": ""}, ["/settings/address", "/settings/imap_host"]),
        ("email", {"smtp_port": 70_000}, ["/settings/smtp_port"]),
        ("email", {"smtp_user": "help"}, ["/secrets/smtp_password"]),
        ("sms", {"account_sid": " "}, ["/settings/account_sid"]),
        ("sms", {"number": ""}, ["/settings/number"]),
        ("sms", {"number": "me"}, ["/settings/number"]),
        ("sms", {"number": 4930901820}, ["/settings/number"]),
        ("sms", {"public_url": "ftp://x"}, ["/settings/public_url"]),
        ("webhook", {"url": "javascript:alert(1)"}, ["/settings/url"]),
        ("webhook", {"url": "http://[::1"}, ["/settings/url"]),
        ("webhook", {"url": 7}, ["/settings/url"]),
    ],
)
def test_a_setting_with_which_it_could_not_work_is_named(
    kind: str, setting: dict[str, Any], paths: list[str]
) -> None:
    assert faults_of(an_account(kind, **setting)) == paths
    check(an_account(kind, enabled=False, **setting), HUB)


@pytest.mark.parametrize(
    ("kind", "secrets", "paths"),
    [
        ("email", {}, ["/secrets/imap_password"]),
        ("sms", {"secondary_token": "hush"}, ["/secrets/auth_token"]),
        ("webhook", {}, ["/secrets/secret"]),
        ("webhook", {"secret": "whsec_short"}, ["/secrets/secret"]),
        ("webhook", {"secret": KEY, "previous_secret": "!"}, ["/secrets/previous_secret"]),
    ],
)
def test_a_secret_that_is_missing_or_none_is_named(
    kind: str, secrets: dict[str, str], paths: list[str]
) -> None:
    assert faults_of(with_secrets(kind, secrets)) == paths


@pytest.mark.parametrize(
    ("kind", "name"), [("email", "imap_password"), ("sms", "auth_token"), ("webhook", "secret")]
)
def test_a_secret_among_the_settings_is_refused_even_while_off(kind: str, name: str) -> None:
    assert faults_of(an_account(kind, enabled=False, **{name: "hush"})) == [f"/settings/{name}"]


def test_sms_needs_no_number_with_a_messaging_service() -> None:
    check(an_account("sms", number="", messaging_service="MG1"), HUB)


def test_sms_needs_the_address_that_twilio_signs() -> None:
    account = an_account("sms", public_url="")

    check(account, HUB)
    with pytest.raises(Invalid) as refused:
        check(account, "")
    assert [fault.path for fault in refused.value.faults] == ["/settings/public_url"]


def test_others_reach_the_channels_that_wait_for_them() -> None:
    doors = {kind: door_of(an_account(kind), HUB + "/") for kind in SETTINGS}

    assert doors == {
        "chat": None,
        "email": None,
        "memory": None,
        "sms": "https://sms.hub.example/channels/sms/ours",
        "webhook": "https://hub.example/hooks/ours",
    }


def test_a_hub_that_does_not_know_its_address_knows_the_path() -> None:
    assert door_of(an_account("webhook"), "") == "/hooks/ours"
