"""Twilio's forms in normal form."""

from __future__ import annotations

import pytest

from hub.channels.model import Account
from hub.channels.sms.form import Form, Unreadable
from hub.channels.sms.parse import inbound, report
from hub.conversations.model import State
from hub.kernel.clock import MINUTE
from hub.kernel.ids import ChannelId, QueueId


def account(**settings: object) -> Account:
    return Account(
        id=ChannelId("channel"),
        rev=1,
        kind="sms",
        key="line",
        name="Line",
        queue_id=QueueId("queue"),
        language="zh",
        reply_within=MINUTE,
        enabled=True,
        settings=settings,
    )


def form(**fields: str) -> Form:
    told = {
        "MessageSid": "SM1",
        "From": "+14155552671",
        "To": "+15005550006",
        "Body": "Hello",
        "NumMedia": "0",
    }
    return Form(tuple({**told, **fields}.items()))


def test_a_text_becomes_a_message() -> None:
    message = inbound(account(), form(Body=" 在吗？ \n"))

    assert (message.key, message.text, message.thread_key) == ("SM1", " 在吗？ \n", "+14155552671")
    assert (message.sender.kind, message.sender.address) == ("phone", "+14155552671")
    assert message.sender.verified
    assert (message.queue_id, message.language, message.reply_within) == ("queue", "zh", MINUTE)
    assert message.facts["to"] == "+14155552671"
    assert message.facts["number"] == "+15005550006"


@pytest.mark.parametrize(
    ("given", "region", "number"),
    [
        ("+86 138 0013 8000", None, "+8613800138000"),
        ("138 0013 8000", "CN", "+8613800138000"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("+14155552671", "CN", "+14155552671"),
    ],
)
def test_numbers_are_compared_in_one_form(given: str, region: str | None, number: str) -> None:
    message = inbound(account(region=region), form(From=given))

    assert (message.sender.address, message.thread_key) == (number, number)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"From": "MyBank"}, "'MyBank' is no phone number"),
        ({"From": ""}, "'' is no phone number"),
        ({"From": "whatsapp:+14155552671"}, "no phone number"),
        ({"MessageSid": ""}, "no MessageSid"),
        ({"MessageSid": "SM\x00"}, "no MessageSid"),
        ({"Body": "  "}, "neither words nor files"),
        ({"NumMedia": "-1"}, "NumMedia is '-1'"),
        ({"NumMedia": "1e9"}, "NumMedia"),
        ({"NumMedia": "11"}, "NumMedia"),
        ({"NumMedia": "٣"}, "NumMedia"),
    ],
)
def test_what_cannot_be_used_says_why(fields: dict[str, str], reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        inbound(account(), form(**fields))


def test_the_older_name_of_the_key_will_do() -> None:
    assert inbound(account(), form(MessageSid="", SmsSid="SM2")).key == "SM2"


def test_a_nul_is_shown_as_a_mark() -> None:
    assert inbound(account(), form(Body="a\x00b")).text == "a\ufffdb"


def test_files_are_links_to_twilio() -> None:
    url = "https://api.twilio.com/2010-04-01/Accounts/AC0/Messages/MM1/Media/ME1"
    message = inbound(
        account(),
        form(Body="", NumMedia="1", MediaContentType0="image/jpeg", MediaUrl0=url),
    )

    assert message.text == f"📎 image/jpeg {url}"
    assert message.facts["media"] == [
        {"media_type": "image/jpeg", "url": url, "host": "api.twilio.com"}
    ]
    assert message.attachments == ()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://169.254.169.254/latest", "⚠ 169.254.169.254"),
        ("https://api.twilio.com.evil.example/x", "⚠ api.twilio.com.evil.example"),
        ("https://api.twilio.com@evil.example/x", "⚠"),
        ("http://api.twilio.com/x", "⚠ api.twilio.com"),
        ("file:///etc/passwd", "⚠"),
        ("https://[broken", "⚠"),
        ("javascript:alert(1)", "⚠"),
        ("", "⚠"),
    ],
)
def test_a_file_from_elsewhere_is_no_link(url: str, shown: str) -> None:
    message = inbound(account(), form(Body="Look", NumMedia="1", MediaUrl0=url))

    assert message.text == f"Look\n📎 ? {shown}"
    assert message.facts["media"][0]["url"] is None


def test_further_hosts_can_be_trusted() -> None:
    url = "https://files.example/1"
    message = inbound(account(media_hosts=["files.example"]), form(NumMedia="1", MediaUrl0=url))

    assert message.facts["media"][0]["url"] == url


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("accepted", None),
        ("queued", None),
        ("sending", State.SENDING),
        ("sent", State.SENT),
        ("delivered", State.DELIVERED),
        ("read", State.READ),
        ("undelivered", State.FAILED),
        ("failed", State.FAILED),
        ("canceled", State.FAILED),
        ("partially_delivered", None),
        ("", None),
        ("SENT'; --", None),
    ],
)
def test_statuses_are_states(status: str, state: State | None) -> None:
    assert report(form(MessageStatus=status)).state is state


def test_a_failure_says_why() -> None:
    told = report(
        form(MessageStatus="undelivered", ErrorCode="30003", ErrorMessage="Unreachable\x00")
    )
    bare = report(form(MessageStatus="canceled"))
    fine = report(form(MessageStatus="delivered", ErrorCode="0"))

    assert (told.sid, told.error) == ("SM1", "30003: Unreachable")
    assert (bare.error, fine.error) == ("canceled", None)
