"""The generic channel's entry and its answers, with an integrator at the other end of the line."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from hub.channels.webhook.channel import WebhookChannel
from hub.channels.webhook.simulator import Trouble
from hub.conversations.model import Attachment, State
from hub.kernel.clock import HOUR, MINUTE
from hub.kernel.ids import AttachmentId, is_id
from tests.support.hub import SmallHub
from tests.support.peers import WebhookPeer


@pytest.fixture
async def peer(sqlite_url: str, tmp_path: Path) -> AsyncIterator[WebhookPeer]:
    async with WebhookPeer.joined(sqlite_url, tmp_path) as peer:
        assert isinstance(peer, WebhookPeer)
        yield peer


async def texts(hub: SmallHub) -> list[str]:
    return [message.text for message in await hub.messages()]


# -- the entry -----------------------------------------------------------------------------------


async def test_what_is_kept_is_acknowledged_with_its_place(peer: WebhookPeer) -> None:
    [first] = await peer.other.say("1", "mia", "Hello")
    [again] = await peer.other.say("1", "mia", "Hello")

    assert (first.status, again.status) == (202, 202)
    assert set(first.body) == {"message_id", "conversation_id", "duplicate"}
    assert is_id(first.body["message_id"])
    assert is_id(first.body["conversation_id"])
    assert first.body["duplicate"] is False
    assert again.body == {**first.body, "duplicate": True}
    assert peer.hub.inbox.duplicates == 1


async def test_the_first_of_fifty_is_no_duplicate_and_all_others_are(peer: WebhookPeer) -> None:
    heard = await peer.other.say("1", "mia", "Hello", copies=50)

    assert sorted(answer.body["duplicate"] for answer in heard) == [False] + [True] * 49
    assert len({answer.body["message_id"] for answer in heard}) == 1


async def test_what_is_not_signed_costs_no_work(
    peer: WebhookPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[str] = []
    for name in ("read", "write", "write_together"):
        monkeypatch.setattr(peer.hub.database, name, lambda *_: worked.append("work"))
    content = msgspec.json.encode(peer.other.body("1", "mia", "Hello"))
    headers = peer.other.signed("1", content)
    good = peer.other.entry

    refused = [
        await peer.other.post(content, {}),
        await peer.other.post(content, {**headers, "webhook-signature": "v1,AAAA"}),
        await peer.other.post(content, {**headers, "webhook-id": "2"}),
        await peer.other.post(content, {**headers, "webhook-timestamp": "0"}),
        await peer.other.post(content + b" ", headers),
        await peer.other.post(b"{not json", headers),
    ]
    peer.other.entry = good.replace("/shop", "/nobody")
    refused.append(await peer.other.post(content, headers))
    peer.other.entry, peer.other.secret = good, "whsec_" + "A" * 32
    refused += await peer.other.say("1", "mia", "Hello")

    assert [answer.status for answer in refused] == [401] * len(refused)
    assert {str(answer.body) for answer in refused} == {str(refused[0].body)}
    assert worked == []


async def test_an_old_request_is_not_taken_again(peer: WebhookPeer) -> None:
    content = msgspec.json.encode(peer.other.body("1", "mia", "Hello"))
    headers = peer.other.signed("1", content)
    peer.hub.clock.move(6 * MINUTE)

    assert (await peer.other.post(content, headers)).status == 401
    assert await texts(peer.hub) == []


async def test_either_secret_is_good_while_one_replaces_the_other(peer: WebhookPeer) -> None:
    old, new = peer.other.secret, "whsec_" + "B" * 32
    await peer.hub.change_channel(peer.account, {"secret": new, "previous_secret": old})
    [with_old] = await peer.other.say("1", "mia", "One")
    peer.other.secret = new
    [with_new] = await peer.other.say("2", "mia", "Two")
    await peer.hub.change_channel(peer.account, {"previous_secret": ""})
    peer.other.secret = old
    [too_late] = await peer.other.say("3", "mia", "Three")

    assert [with_old.status, with_new.status, too_late.status] == [202, 202, 401]


async def test_faults_are_named_by_their_place(peer: WebhookPeer) -> None:
    content = msgspec.json.encode({"id": "", "from": {"address": "mia"}, "text": "", "at": -1})

    heard = await peer.other.post(content, peer.other.signed("x", content))

    assert heard.status == 422
    assert heard.body["code"] == "invalid"
    assert {fault["path"] for fault in heard.body["faults"]} == {"/id", "/text", "/at"}
    assert await texts(peer.hub) == []


@pytest.mark.parametrize(("announced", "read"), [(True, 0), (False, 17)])
async def test_a_body_that_is_too_large_is_refused_as_soon_as_that_is_known(
    peer: WebhookPeer, announced: bool, read: int
) -> None:
    parts = 0
    answered: list[Any] = []

    async def receive() -> dict[str, Any]:
        nonlocal parts
        parts += 1
        return {"type": "http.request", "body": b"x" * (1 << 20), "more_body": True}

    async def send(message: Any) -> None:
        answered.append(message)

    channel = peer.hub.registry.kinds["webhook"]
    assert isinstance(channel, WebhookChannel)
    headers = [(b"content-length", str(17 << 20).encode())] if announced else []
    scope = {"type": "http", "method": "POST", "path": "/hooks/shop", "headers": headers}
    await channel.entry(scope, receive, send)

    assert (answered[0]["status"], parts) == (413, read)


async def test_only_posting_is_an_entry(peer: WebhookPeer) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        statuses = [
            (await http.request(method, peer.other.entry)).status_code
            for method in ("GET", "PUT", "DELETE", "OPTIONS")
        ]

    assert statuses == [405] * 4


async def test_while_the_disk_is_full_nothing_is_acknowledged_and_later_all_of_it_is(
    peer: WebhookPeer,
) -> None:
    words = "x" * 20_000
    await peer.hub.database.write(
        lambda unit: unit.connection.exec_driver_sql("PRAGMA max_page_count = 1")
    )  # SQLite takes the present size as the least

    statuses = {}
    for n in range(20):
        [heard] = await peer.other.say(f"{n}", "mia", f"{n} {words}")
        statuses[f"{n}"] = heard.status
    kept = len(await texts(peer.hub))
    await peer.hub.database.write(
        lambda unit: unit.connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    )
    late = [
        (await peer.other.say(id_, "mia", f"{id_} {words}"))[0].status
        for id_, status in statuses.items()
        if status == 503
    ]

    assert set(statuses.values()) >= {503}
    assert kept == list(statuses.values()).count(202)
    assert set(late) == {202}
    assert len(await texts(peer.hub)) == 20


async def test_files_are_kept(peer: WebhookPeer) -> None:
    content = base64.b64encode(b"%PDF-1.7").decode()
    file = {"name": "发票.pdf", "media_type": "application/pdf", "content": content}

    [heard] = await peer.other.say("1", "mia", "", attachments=[file])

    assert heard.status == 202
    [message] = await peer.hub.messages()
    [kept] = message.attachments
    assert (kept.name, kept.media_type, kept.size) == ("发票.pdf", "application/pdf", 8)
    assert await peer.hub.blobs.get(kept.digest) == b"%PDF-1.7"


async def test_a_hundred_messages_in_any_order_are_all_kept(peer: WebhookPeer) -> None:
    bodies = [peer.other.body(f"{n}", f"customer {n % 7}", f"Word {n}") for n in range(100)]

    heard = await peer.other.say_all(bodies[::-1] + bodies[::3])

    assert {answer.status for answer in heard} == {202}
    assert sorted(await texts(peer.hub)) == sorted(str(body["text"]) for body in bodies)
    assert len(await peer.hub.conversations()) == 7


# -- answers -------------------------------------------------------------------------------------


async def answer(peer: WebhookPeer, text: str = "It leaves today.") -> str:
    await peer.other.say("q", "mia", "Where is my sofa?", conversation="order 7")
    [conversation] = await peer.hub.conversations()
    return (await peer.hub.reply(conversation.id, text)).id


async def state(peer: WebhookPeer, message_id: str) -> tuple[State, str | None]:
    message = await peer.hub.message(message_id)
    return message.state, message.error


async def test_an_answer_is_delivered_signed_with_its_thread_and_files(peer: WebhookPeer) -> None:
    digest = await peer.hub.blobs.put(b"hi")
    await peer.other.say("q", "mia", "Where is my sofa?", conversation="order 7")
    [conversation] = await peer.hub.conversations()
    file = Attachment(AttachmentId("1"), "a.txt", "text/plain", 2, digest)
    reply = await peer.hub.reply(conversation.id, "看附件", [file])

    await peer.hub.send_due()

    [(reference, told)] = peer.other.deliveries
    assert reference == told["id"] == reply.id
    assert (told["to"], told["conversation"], told["author"]) == ("mia", "order 7", "Ann")
    assert (told["type"], told["text"]) == ("reply", "看附件")
    assert told["attachments"] == [{"name": "a.txt", "media_type": "text/plain", "content": "aGk="}]
    assert peer.other.refused == 0


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_a_passing_refusal_is_tried_again(peer: WebhookPeer, status: int) -> None:
    message_id = await answer(peer)
    peer.other.troubles.append(Trouble(status=status))

    await peer.hub.send_due()
    waiting = await state(peer, message_id)
    peer.hub.clock.move(MINUTE)
    await peer.hub.send_due()

    assert waiting == (State.QUEUED, f"the receiver answered {status}")
    assert (await state(peer, message_id))[0] is State.SENT
    assert [reference for reference, _ in peer.other.deliveries] == [message_id] * 2


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 410, 422])
async def test_a_lasting_refusal_and_a_redirect_are_final(peer: WebhookPeer, status: int) -> None:
    message_id = await answer(peer)
    peer.other.troubles.append(Trouble(status=status))

    await peer.hub.send_due()
    peer.hub.clock.move(HOUR)
    await peer.hub.send_due()

    assert await state(peer, message_id) == (State.FAILED, f"the receiver answered {status}")
    assert len(peer.other.deliveries) == 1


async def test_a_private_address_is_never_called(peer: WebhookPeer) -> None:
    connects = 0

    async def listen(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connects
        connects += 1
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        await peer.hub.change_channel(peer.account, url=f"http://127.0.0.1:{port}/")
        message_id = await answer(peer)
        await peer.hub.send_due()

    state_, error = await state(peer, message_id)
    assert state_ is State.FAILED
    assert "must be" in (error or "")
    assert connects == 0


async def test_without_an_address_the_agent_is_told(peer: WebhookPeer) -> None:
    await peer.hub.change_channel(peer.account, url="")
    message_id = await answer(peer)

    await peer.hub.send_due()

    assert await state(peer, message_id) == (
        State.FAILED,
        "this channel has no URL for answers",
    )


@pytest.mark.parametrize("answered_with", ["endless", "dribble"])
async def test_a_receivers_long_answer_is_cut_off(peer: WebhookPeer, answered_with: str) -> None:
    taken = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n")
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"x" * (65_536 if answered_with == "endless" else 1))
                taken += 1
                await writer.drain()
                await asyncio.sleep(0 if answered_with == "endless" else 0.2)

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    peer.hub.outgoing._allowed |= {f"127.0.0.1:{port}"}
    await peer.hub.change_channel(peer.account, url=f"http://127.0.0.1:{port}/")
    message_id = await answer(peer)
    async with asyncio.timeout(10):
        await peer.hub.send_due()
    server.close()

    assert (await state(peer, message_id))[0] is State.SENT
    assert taken < 1_000
