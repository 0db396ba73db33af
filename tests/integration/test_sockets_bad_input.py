"""Sockets told nonsense: closed or refused in fixed words, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from hub.agents.model import Role
from tests.support.desk import HOST
from tests.support.fullhub import FullHub
from tests.support.wire import (
    BINARY,
    CONTINUATION,
    PING,
    SITE,
    TEXT,
    by_hand,
    cookie_of,
    heard,
    live_agent,
    live_visitor,
    opened,
    rest_of,
    served_hub,
    status_of_upgrade,
    ticket_of,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.integration]

NOWHERE = "01900000-0000-7000-8000-0000000000ff"
Served = tuple[FullHub, str]
FOREIGN = [
    "https://evil.example",
    "null",
    None,
    f"{HOST}.evil.example",
    "https://desk.example:8443",
    "http://desk.example",
    "desk.example",
    "",
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with served_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


async def is_well(served: Served) -> bool:
    """The hub is healthy, and a proper socket works."""
    full, url = served
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.get(url.replace("ws", "http", 1) + "/health")
    async with live_agent(url, full.people["inside"]):
        return answer.status_code == 200


# -- coming in ------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_page_of_another_site_gets_no_socket(served: Served, origin: str | None) -> None:
    full, url = served
    cookie = cookie_of(full.people["inside"])

    assert await status_of_upgrade(f"{url}/api/realtime", origin, cookie) == 403
    if origin != SITE:
        assert await status_of_upgrade(f"{url}/chat/socket", origin, None) == 403


async def test_nobody_gets_an_agents_socket_without_a_session(served: Served) -> None:
    full, url = served
    inside = full.people["inside"]
    ticket = await ticket_of(inside)
    for cookie in (None, "x", cookie_of(inside)[:-1], "'; --", "x" * 4_000):
        assert await status_of_upgrade(f"{url}/api/realtime", HOST, cookie) == 401
    for address in (f"?ticket={ticket}", f"?token={cookie_of(inside)}", "?hub_session=x"):
        assert await status_of_upgrade(f"{url}/api/realtime{address}", HOST, None) == 401


async def test_a_ticket_opens_one_socket_of_its_own_session_in_its_time(served: Served) -> None:
    full, url = served
    inside, outside = full.people["inside"], full.people["outside"]
    used = await ticket_of(inside)
    assert await _let_in(url, inside, used)
    tickets = full.hub.tickets
    late = f"{full.hub.clock.now() - 1}.abc"
    early = f"{full.hub.clock.now() + 60_000}.abc"
    mark = "x"

    for bad in (
        used,
        await ticket_of(outside),
        f"{late}.{tickets._sign(late, mark)}",
        f"{early}.{tickets._sign(early, mark)}",
        "",
        "..",
        "9999999999999.a.b",
        "-1.a.b",
        (await ticket_of(inside))[:-1],
        "9" * 5_000,
    ):
        assert not await _let_in(url, inside, bad), bad


async def _let_in(url: str, person: Any, ticket: str) -> bool:
    boot = (await person.get("/api/boot")).json()
    async with opened(f"{url}/api/realtime", HOST, cookie_of(person)) as socket:
        hello = {"t": "hello", "ticket": ticket, "epoch": boot["epoch"], "after": boot["seq"]}
        await socket.send(json.dumps(hello))
        frames = json.loads(await socket.recv())
        assert frames[0]["t"] == "welcome" or frames == [
            {"t": "bye", "code": "signed_out", "retry_after": None}
        ]
        return bool(frames[0]["t"] == "welcome")


async def test_a_session_that_ended_before_the_hello_gets_no_further(served: Served) -> None:
    full, url = served
    leaver = await full.signed_in("leaver", Role.AGENT)
    ticket = await ticket_of(leaver)
    boot = (await leaver.get("/api/boot")).json()
    async with opened(f"{url}/api/realtime", HOST, cookie_of(leaver)) as socket:
        assert (await leaver.delete("/api/session")).status_code == 204

        hello = {"t": "hello", "ticket": ticket, "epoch": boot["epoch"], "after": boot["seq"]}
        await socket.send(json.dumps(hello))

        assert [frame["t"] for frame in await rest_of(socket)] == ["bye"]


async def test_a_socket_without_a_hello_is_closed(served: Served) -> None:
    full, url = served
    async with (
        opened(f"{url}/api/realtime", HOST, cookie_of(full.people["inside"])) as agent,
        opened(f"{url}/chat/socket", SITE) as visitor,
    ):
        assert await rest_of(agent, within=12) == []
        assert await rest_of(visitor, within=2) == []

        assert (agent.close_code, agent.close_reason) == (1008, "no_hello")
        assert (visitor.close_code, visitor.close_reason) == (1008, "no_hello")


@pytest.mark.parametrize(
    ("epoch", "after", "reason"),
    [("another", 0, "epoch"), (None, 1 << 60, "epoch"), (None, -(1 << 60), "too_far")],
)
async def test_a_position_that_cannot_be_is_reset(
    served: Served, epoch: str | None, after: int, reason: str
) -> None:
    full, url = served
    inside = full.people["inside"]
    async with opened(f"{url}/api/realtime", HOST, cookie_of(inside)) as socket:
        hello = {
            "t": "hello",
            "ticket": await ticket_of(inside),
            "epoch": epoch or full.hub.epoch,
            "after": after,
        }
        await socket.send(json.dumps(hello))

        assert (await rest_of(socket))[-1] == {"t": "reset", "reason": reason}


# -- frames ---------------------------------------------------------------------------------------

NAMES = (
    "subscribe", "*", "hello", "welcome", "event", "live", "admin", "__class__", "__proto__",
    "constructor", "", "HELLO", "beat ", "\u0000", "../hello", "{{7*7}}", "ping", "eval",
)  # fmt: skip
MALFORMED = (
    "",
    " ",
    "null",
    "7",
    "true",
    '"beat"',
    "[]",
    '[{"t":"beat"}]',
    "{}",
    '{"t":7}',
    '{"t":null}',
    '{"t":["beat"]}',
    '{"t":{"$ne":null}}',
    '{"t":"beat","t":"beat"}',
    '{"t":"beat","admin":true}',
    '{"t":NaN}',
    '{"t":"typing","conversation_id":7,"mode":"reply"}',
    '{"t":"typing","conversation_id":"\\ud800","mode":"reply"}',
    '{"t":"typing","conversation_id":"x","mode":"shout"}',
    '{"t":"viewing","conversation_id":{"$ne":null}}',
    '{"t":"offer_shown","offer_id":["x"]}',
    '{"t":"offer_shown"}',
    '{"t":"be',
    "{" * 30_000,
    "[" * 60_000,
)
SAID = {"unknown_frame", "bad_frame", "too_many"}


def _are_fixed_words(frames: list[dict[str, Any]], told: str) -> None:
    for frame in frames:
        if frame["t"] == "refused":
            assert set(frame) == {"t", "re", "code"}
            assert frame["code"] in SAID
            assert frame["re"] is None
    said = json.dumps(frames)
    assert "Traceback" not in said
    assert "hub." not in said
    assert len(told) < 6 or told not in said


@pytest.mark.parametrize("name", NAMES)
async def test_a_frame_nobody_knows_is_refused_in_fixed_words(served: Served, name: str) -> None:
    full, url = served
    told = json.dumps({"t": name, "secret": "sesame-sesame"})
    async with live_agent(url, full.people["inside"]) as agent:
        await agent.send(told)
        _are_fixed_words([await heard(agent, "refused")], told)
    async with live_visitor(full, url) as visitor:
        await visitor.send(told)
        _are_fixed_words([await heard(visitor, "refused")], told)


async def test_malformed_frames_are_refused_and_end_the_line_when_repeated(served: Served) -> None:
    full, url = served
    for door in ("agent", "visitor"):
        for content in MALFORMED:
            line = (
                live_agent(url, full.people["inside"])
                if door == "agent"
                else live_visitor(full, url)
            )
            async with line as socket:
                for _ in range(12):
                    await socket.send(content)
                frames = await rest_of(socket)
                _are_fixed_words(frames, content)
                refused = [frame for frame in frames if frame["t"] == "refused"]
                assert len(refused) == 10, content
                assert (socket.close_code, socket.close_reason) == (1008, "too_many_faults")

    assert await is_well(served)


async def test_before_the_hello_nothing_else_is_heard(served: Served) -> None:
    full, url = served
    for path, origin, cookie in (
        ("/api/realtime", HOST, cookie_of(full.people["inside"])),
        ("/chat/socket", SITE, None),
    ):
        for content in ('{"t":"typing","conversation_id":"x","mode":null}', '{"t":"end","id":"x"}'):
            async with opened(url + path, origin, cookie) as socket:
                await socket.send(content)
                for frame in await rest_of(socket, within=12):
                    assert frame["t"] == "refused"
                assert socket.close_code == 1008


async def test_bytes_that_are_no_text_close_the_line(served: Served) -> None:
    full, url = served
    inside = full.people["inside"]
    cases: list[tuple[int, bytes, int]] = [
        (BINARY, b"\x00\x01\x02", 1003),
        (BINARY, b'{"t":"beat"}', 1003),
        (TEXT, b"\xff\xfe\xfd", 1007),
        (TEXT, '{"t":"你'.encode()[:-1], 1007),
        (TEXT, b'{"t":"' + b"x" * 70_000 + b'"}', 1009),
        (TEXT, b"x" * ((1 << 20) + 1), 1009),
        (0x3, b"reserved", 1002),
        (CONTINUATION, b"of nothing", 1002),
        (PING, b"x" * 126, 1002),
    ]
    for opcode, payload, code in cases:
        async with live_agent(url, inside) as socket:
            by_hand(socket, opcode, payload)
            assert await _closes(socket), (opcode, payload[:20])
            assert socket.close_code == code, (opcode, payload[:20], socket.close_code)

    assert await is_well(served)


async def _closes(socket: Any) -> bool:
    await rest_of(socket)
    return socket.close_code is not None


async def test_a_frame_that_claims_a_hundred_megabytes_is_not_waited_for(served: Served) -> None:
    full, url = served
    async with live_agent(url, full.people["inside"]) as socket:
        by_hand(socket, TEXT, b"x" * 100, claims=100 << 20)

        await rest_of(socket)

        assert socket.close_code == 1009


async def test_a_message_in_endless_pieces_is_cut_off(served: Served) -> None:
    full, url = served
    async with live_agent(url, full.people["inside"]) as socket:
        by_hand(socket, TEXT, b"x", is_last=False)
        for _ in range(20):
            by_hand(socket, CONTINUATION, b"x" * 60_000, is_last=False)
            await asyncio.sleep(0)

        await rest_of(socket)

        assert socket.close_code == 1009
    assert await is_well(served)


async def test_one_byte_pieces_and_pings_disturb_nobody(served: Served) -> None:
    full, url = served
    async with (
        live_agent(url, full.people["inside"]) as rude,
        live_agent(url, full.people["supervisor"]) as calm,
    ):
        by_hand(rude, TEXT, b'{"t":"be', is_last=False)
        for _ in range(5_000):
            by_hand(rude, PING, b"x")
            by_hand(rude, CONTINUATION, b"", is_last=False)
        by_hand(rude, CONTINUATION, b'at"}')
        await full.customer_writes("Is anybody there?", who="caller")

        assert await _hears_of(calm, "Is anybody there?")
        assert await _hears_of(rude, "Is anybody there?")


async def _hears_of(socket: Any, words: str) -> bool:
    async with asyncio.timeout(10):
        while words not in await socket.recv():
            pass
    return True


async def test_a_flood_is_refused_and_ended(served: Served) -> None:
    full, url = served
    async with live_agent(url, full.people["inside"]) as socket:
        for _ in range(500):
            await socket.send('{"t":"typing","conversation_id":"x","mode":null}')

        frames = await rest_of(socket)

        assert {frame["code"] for frame in frames if frame["t"] == "refused"} == {"too_many"}
        assert (socket.close_code, socket.close_reason) == (1008, "too_many_faults")


async def test_compression_is_not_agreed_to(served: Served) -> None:
    full, url = served
    cookie = cookie_of(full.people["inside"])
    async with opened(f"{url}/api/realtime", HOST, cookie, compression="deflate") as socket:
        assert socket.protocol.extensions == []


# -- what is another's ----------------------------------------------------------------------------


async def test_looking_at_what_is_anothers_shows_nothing(served: Served) -> None:
    full, url = served
    received = await full.customer_writes("A secret of the desk", who="sam")
    async with (
        live_agent(url, full.people["outside"]) as outside,
        live_agent(url, full.people["inside"]) as inside,
    ):
        for frame in (
            {"t": "viewing", "conversation_id": received.conversation_id},
            {"t": "typing", "conversation_id": received.conversation_id, "mode": "reply"},
            {"t": "offer_shown", "offer_id": NOWHERE},
        ):
            await outside.send(json.dumps(frame))
        await full.customer_writes("More of it", who="sam")
        seen = await heard(inside, "event")
        assert seen["seq"] > 0
        await full.people["admin"].post("/api/agents", _new_agent())

        told: list[Any] = []
        async with asyncio.timeout(10):
            while not any("Somebody New" in text for text in told):
                told.append(await outside.recv())

        assert received.conversation_id not in "".join(str(text) for text in told)


def _new_agent() -> dict[str, Any]:
    return {
        "email": "somebody.new@desk.example",
        "name": "Somebody New",
        "role": "agent",
        "password": "a long enough word",
    }


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"t": "send", "id": "short", "text": "x"}, "bad_frame"),
        ({"t": "send", "id": "x" * 65, "text": "x"}, "bad_frame"),
        ({"t": "send", "id": "你好你好你好你好", "text": "x"}, "bad_frame"),
        ({"t": "send", "id": "12345678", "text": "  "}, "invalid"),
        ({"t": "send", "id": "12345678", "text": "x" * 10_001}, "invalid"),
        ({"t": "send", "id": "12345678", "text": "x", "attachments": [NOWHERE]}, "invalid"),
        ({"t": "send", "id": "12345678", "text": 7}, "bad_frame"),
        ({"t": "send", "id": "12345678", "text": "x", "author": "agent"}, "bad_frame"),
        ({"t": "rate", "id": "12345678", "score": "5"}, "bad_frame"),
    ],
)
async def test_a_visitors_frame_that_cannot_be_used_is_refused_by_its_id(
    served: Served, frame: dict[str, Any], code: str
) -> None:
    full, url = served
    async with live_visitor(full, url) as socket:
        await socket.send(json.dumps(frame))

        refused = await heard(socket, "refused")

        assert refused["code"] == code
        assert refused["re"] in (frame["id"], None)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "x" * 10_000])
async def test_a_visitor_with_a_token_not_ours_is_sent_away(served: Served, token: str) -> None:
    _, url = served
    async with opened(f"{url}/chat/socket", SITE) as socket:
        hello = {"t": "hello", "token": token, "epoch": None, "after": None}
        await socket.send(json.dumps(hello))

        assert await rest_of(socket) == [{"t": "bye", "code": "signed_out", "retry_after": None}]


async def test_a_visitor_reads_and_ends_only_their_own_chat(served: Served) -> None:
    full, url = served
    admin = full.people["admin"]
    async with live_visitor(full, url, "Victim") as victim, live_visitor(full, url, "Rude") as rude:
        await victim.send(json.dumps({"t": "send", "id": "11111111", "text": "My own words"}))
        sent = await heard(victim, "sent")
        await rude.send(json.dumps({"t": "send", "id": "11111111", "text": "Same id, other chat"}))
        other = await heard(rude, "sent")
        await rude.send(json.dumps({"t": "read", "message_id": sent["message_id"]}))
        await rude.send(json.dumps({"t": "end", "id": "22222222"}))
        await heard(rude, "sent")

        talks = (await admin.get("/api/conversations", q="My own words")).json()["items"]
        assert sent["message_id"] != other["message_id"]
        assert [talk["status"] for talk in talks] == ["open"]
