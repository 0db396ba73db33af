"""Twilio's webhooks, through HTTP: what is signed for the configured address is kept, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from hub.conversations.model import Direction
from hub.kernel.clock import DAY, HOUR, SECOND
from hub.kernel.errors import StorageDown
from tests.support.hub import SmallHub, eventually
from tests.support.peers import SmsPeer

MIA = "+14155552671"
TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response />'


@pytest.fixture
async def peer(sqlite_url: str, tmp_path: Path) -> AsyncIterator[SmsPeer]:
    async with SmsPeer.joined(sqlite_url, tmp_path) as peer:
        assert isinstance(peer, SmsPeer)
        yield peer


async def texts(hub: SmallHub) -> list[str]:
    return [message.text for message in await hub.messages()]


def signature(peer: SmsPeer, url: str, fields: list[tuple[str, str]]) -> str:
    made: str = RequestValidator(peer.other.auth_token).compute_signature(
        url, ImmutableMultiDict(fields)
    )
    return made


# -- kept ----------------------------------------------------------------------------------------


async def test_repeated_webhooks_get_the_very_same_answer(peer: SmsPeer) -> None:
    told = await peer.other.text(MIA, "Hello", sid="SM1", copies=50)
    late = await peer.other.text(MIA, "Hello", sid="SM1")

    assert {(heard.status, heard.body) for heard in told + late} == {(200, TWIML)}
    assert await texts(peer.hub) == ["Hello"]


@pytest.mark.parametrize(
    "body",
    ["a+b c%20d", "  spaces  ", "1&2=3;4", "在吗🛋", "line\r\nline", "=", "%00 is no NUL", "&amp;"],
)
async def test_words_arrive_to_the_letter(peer: SmsPeer, body: str) -> None:
    [heard] = await peer.other.text(MIA, body, Blank="", Further="x")

    assert heard.status == 200
    assert await texts(peer.hub) == [body]


async def test_the_customer_is_known_by_their_number(peer: SmsPeer) -> None:
    await peer.other.text("+1 (415) 555-2671", "One")
    await peer.other.text("+14155552671", "Two")

    [conversation] = await peer.hub.conversations()
    assert conversation.customer_name == "+14155552671"
    assert conversation.message_count == 2


async def test_a_picture_is_a_link_and_nothing_is_fetched(peer: SmsPeer) -> None:
    connects = 0

    async def listen(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connects
        connects += 1
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    hostile = f"http://127.0.0.1:{port}/latest/meta-data"
    async with server:
        trusted = "https://media.twiliocdn.com/1"
        await peer.other.text(MIA, "Look", files=[("image/png", trusted), ("image/png", hostile)])
        await peer.other.text(MIA, "Look", files=[("image/png", hostile)], mis_signed=True)

    assert await texts(peer.hub) == [f"Look\n📎 image/png {trusted}\n📎 image/png ⚠ 127.0.0.1"]
    assert connects == 0


# -- refused -------------------------------------------------------------------------------------


async def test_what_is_not_signed_costs_no_work(
    peer: SmsPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[str] = []
    for name in ("read", "write", "write_together"):
        monkeypatch.setattr(peer.hub.database, name, lambda *_: worked.append("work"))
    fields = peer.other.fields(peer.other.arrives(MIA, "Hello"))
    content = urlencode(fields).encode()
    other = peer.other.webhook

    refused = [
        await peer.other.post(other, content, None),
        await peer.other.post(other, content, ""),
        await peer.other.post(other, content, "A" * 28),
        await peer.other.tell(other, fields, mis_signed=True),
        await peer.other.post(other, content + b"&Body=x", signature(peer, other, fields)),
        await peer.other.post(f"{other}?x=1", content, signature(peer, other, fields)),
        await peer.other.post(f"{other}/status", content, signature(peer, other, fields)),
        await peer.other.tell(f"{other}/more", fields),
        await peer.other.tell(other.replace("line", "nobody"), fields),
        await peer.other.post(other, b"Body=%ff", signature(peer, other, [("Body", "\xff")])),
    ]

    assert [heard.status for heard in refused] == [403] * len(refused)
    assert len({heard.body for heard in refused}) == 1
    assert worked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://desk.example/channels/sms/line",
        "https://desk.example:8443/channels/sms/line",
        "https://evil.example/channels/sms/line",
        "https://desk.example/channels/sms/other",
        "https://desk.example/hooks/line",
    ],
)
async def test_a_signature_for_another_address_is_refused(peer: SmsPeer, url: str) -> None:
    fields = peer.other.fields(peer.other.arrives(MIA, "Hello"))

    heard = await peer.other.post(
        peer.other.webhook, urlencode(fields).encode(), signature(peer, url, fields)
    )

    assert heard.status == 403
    assert await texts(peer.hub) == []


async def test_the_host_that_the_request_names_means_nothing(peer: SmsPeer) -> None:
    fields = peer.other.fields(peer.other.arrives(MIA, "Hello"))
    as_called = f"{peer.hub.url}/channels/sms/line"

    heard = await peer.other.post(
        peer.other.webhook, urlencode(fields).encode(), signature(peer, as_called, fields)
    )

    assert heard.status == 403


@pytest.mark.parametrize(
    "extra",
    [
        ("Body", "Hello"),
        ("Body", "Other words"),
        ("MessageSid", "SM2"),
        ("From", "+14155550000"),
        ("AccountSid", "AC" + "1" * 32),
    ],
)
async def test_a_repeated_field_is_refused_though_it_is_signed(
    peer: SmsPeer, extra: tuple[str, str]
) -> None:
    fields = peer.other.fields(peer.other.arrives(MIA, "Hello"))

    heard = await peer.other.tell(peer.other.webhook, [*fields, extra])

    assert heard.status == 403
    assert await texts(peer.hub) == []


async def test_another_accounts_message_is_refused(peer: SmsPeer) -> None:
    peer.other.account_sid = "AC" + "1" * 32

    [heard] = await peer.other.text(MIA, "Hello")

    assert heard.status == 403


async def test_both_tokens_are_good_while_one_replaces_the_other(peer: SmsPeer) -> None:
    old, new = peer.other.auth_token, "f" * 32
    await peer.hub.change_channel(peer.account, {"auth_token": new, "secondary_token": old})
    [with_old] = await peer.other.text(MIA, "One")
    peer.other.auth_token = new
    [with_new] = await peer.other.text(MIA, "Two")
    await peer.hub.change_channel(peer.account, {"secondary_token": ""})
    peer.other.auth_token = old
    [too_late] = await peer.other.text(MIA, "Three")

    assert [with_old.status, with_new.status, too_late.status] == [200, 200, 403]


async def test_a_channel_without_a_token_believes_nobody(peer: SmsPeer) -> None:
    await peer.hub.change_channel(peer.account, {"auth_token": "", "secondary_token": ""})
    peer.other.auth_token = ""

    [heard] = await peer.other.text(MIA, "Hello")

    assert heard.status == 403


async def test_an_account_may_have_a_public_address_of_its_own(peer: SmsPeer) -> None:
    await peer.hub.change_channel(peer.account, public_url="https://sms.example/behind/")
    url = "https://sms.example/behind/channels/sms/line"
    fields = peer.other.fields(peer.other.arrives(MIA, "Hello"))

    heard = await peer.other.post(
        peer.other.webhook, urlencode(fields).encode(), signature(peer, url, fields)
    )

    assert heard.status == 200


async def test_other_methods_and_long_bodies_are_refused(peer: SmsPeer) -> None:
    [long] = await peer.other.text(MIA, "x" * 70_000)
    got = await peer.other._http.get(f"{peer.hub.url}/channels/sms/line")

    assert (long.status, got.status_code) == (413, 405)


async def test_while_nothing_can_be_stored_nothing_is_acknowledged(
    peer: SmsPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise StorageDown

    with monkeypatch.context() as full:
        full.setattr(peer.hub.database, "write_together", refuse)
        full.setattr(peer.hub.database, "write", refuse)
        [refused] = await peer.other.text(MIA, "Hello", sid="SM1")
        [unread] = await peer.other.text("MyBank", "Hello", sid="SM2")
    [again] = await peer.other.text(MIA, "Hello", sid="SM1")

    assert (refused.status, unread.status, again.status) == (503, 503, 200)
    assert await texts(peer.hub) == ["Hello"]


# -- missed --------------------------------------------------------------------------------------


async def all_there(hub: SmallHub, count: int) -> bool:
    return len(await hub.messages()) == count and len(await hub.quarantined()) == 1


async def test_what_came_while_we_were_down_is_looked_up(peer: SmsPeer) -> None:
    await peer.other.text(MIA, "Before", sid="SM0")
    peer.hub.clock.move(10 * 60 * SECOND)
    for n in range(45):
        peer.other.arrives(MIA, f"Missed {n}")
    peer.other.arrives("MyBank", "Your balance", sid="SMbank")
    task = asyncio.create_task(peer.channel.run([peer.account]))
    await eventually(lambda: all_there(peer.hub, 46))
    task.cancel()

    assert sorted(await texts(peer.hub)) == sorted(["Before", *(f"Missed {n}" for n in range(45))])
    [unread] = await peer.hub.quarantined()
    assert (unread.key, unread.sender) == ("SMbank", "MyBank")


async def test_looking_again_doubles_nothing_and_late_webhooks_neither(peer: SmsPeer) -> None:
    text = peer.other.arrives(MIA, "Missed")
    for _ in range(3):
        assert await peer.channel.look(peer.account)
        peer.hub.clock.move(HOUR)
    await peer.other.tell(peer.other.webhook, peer.other.fields(text))

    assert await texts(peer.hub) == ["Missed"]


async def test_what_came_before_the_channel_was_set_up_is_not_ours(peer: SmsPeer) -> None:
    peer.other.arrives(MIA, "Today")
    peer.hub.clock.move(-DAY)
    peer.other.arrives(MIA, "Yesterday")
    peer.hub.clock.move(DAY)

    await peer.channel.look(peer.account)

    assert await texts(peer.hub) == ["Today"]


async def test_a_provider_that_is_away_is_asked_again_later(peer: SmsPeer) -> None:
    peer.other.arrives(MIA, "Missed")
    right = peer.other.auth_token
    peer.other.auth_token = "0" * 32
    refused = await peer.channel.look(peer.account)
    peer.other.auth_token = right

    assert not refused
    assert await peer.channel.look(peer.account)
    assert [message.direction for message in await peer.hub.messages()] == [Direction.IN]
