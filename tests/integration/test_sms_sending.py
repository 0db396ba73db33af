"""Answers by SMS: asked of Twilio once, and what became of them told truly."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.channels.sms.simulator import Trouble
from hub.conversations.events import MessageStateChanged
from hub.conversations.model import Attachment, Message, State
from hub.conversations.views import MessageView
from hub.kernel.clock import HOUR, MINUTE
from hub.kernel.ids import AttachmentId, MessageId
from tests.support.hub import SmallHub, eventually
from tests.support.peers import SmsPeer

MIA = "+14155552671"


@pytest.fixture
async def peer(any_database: str, tmp_path: Path) -> AsyncIterator[SmsPeer]:
    async with SmsPeer.joined(any_database, tmp_path) as peer:
        assert isinstance(peer, SmsPeer)
        yield peer


async def answer(peer: SmsPeer, text: str = "It leaves today.") -> MessageView:
    """Mia has asked; the agent answers; the answer waits."""
    if not await peer.hub.conversations():
        await peer.other.text(MIA, "Where is my sofa?")
    [conversation] = await peer.hub.conversations()
    return await peer.hub.reply(conversation.id, text)


async def sent(peer: SmsPeer) -> MessageId:
    """An answer that Twilio has taken."""
    reply = await answer(peer)
    await peer.hub.send_due()
    assert (await peer.hub.message(reply.id)).state is State.SENT
    return reply.id


async def state(hub: SmallHub, message_id: str) -> tuple[str, str | None, str]:
    """What the agent sees, and what the outbox holds."""
    message: Message = await hub.message(message_id)
    [row] = await hub.outbox_rows(message_id)
    return message.state.value, message.error, row.state


# -- the order -----------------------------------------------------------------------------------


async def test_twilio_is_asked_from_the_number_that_the_customer_wrote_to(peer: SmsPeer) -> None:
    peer.other.number = "+15005550099"  # a second one of the same account

    message_id = await sent(peer)

    [text] = peer.other.sent
    assert (text.sender, text.to, text.body) == ("+15005550099", MIA, "It leaves today.")
    callback = urlsplit(text.callback or "")
    assert (callback.netloc, callback.path) == ("desk.example", "/channels/sms/line/status")
    assert parse_qs(callback.query) == {"message": [message_id], "attempt": ["1"]}


async def test_a_messaging_service_chooses_the_number_itself(peer: SmsPeer) -> None:
    await peer.hub.change_channel(peer.account, messaging_service="MG" + "0" * 32)

    await sent(peer)

    [text] = peer.other.sent
    assert text.sender == peer.other.number  # the simulator's choice, for none was named


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (Trouble(400, 21610, "Opted out"), ("failed", "21610: Opted out", "failed")),
        (Trouble(403, 20003, "Suspended"), ("failed", "20003: Suspended", "failed")),
        (Trouble(429, 20429, "Slow down"), ("queued", "20429: Slow down", "pending")),
        (Trouble(500, 20500, "Sorry"), ("queued", "20500: Sorry", "pending")),
        (Trouble(503, 20503, "Sorry"), ("queued", "20503: Sorry", "pending")),
        (Trouble(504, 20504, "Sorry"), ("unknown", "20504: Sorry", "unknown")),
    ],
)
async def test_a_refusal_is_shown_in_twilios_words(
    peer: SmsPeer, trouble: Trouble, expected: tuple[str, str, str]
) -> None:
    reply = await answer(peer)
    peer.other.troubles.append(trouble)

    await peer.hub.send_due()

    assert await state(peer.hub, reply.id) == expected


async def test_twilio_checks_what_is_asked(peer: SmsPeer) -> None:
    reply = await answer(peer, "x" * 1_601)

    await peer.hub.send_due()

    state_, error, _ = await state(peer.hub, reply.id)
    assert state_ == "failed"
    assert "exceeds the 1600 character limit" in (error or "")


async def test_a_wrong_token_is_a_failure_to_see(peer: SmsPeer) -> None:
    await peer.hub.change_channel(peer.account, {"auth_token": "f" * 32, "secondary_token": ""})
    peer.other.auth_token, right = "f" * 32, peer.other.auth_token
    reply = await answer(peer)
    peer.other.auth_token = right

    await peer.hub.send_due()

    assert await state(peer.hub, reply.id) == ("failed", "20003: Authenticate", "failed")


async def test_who_is_not_reached_is_tried_again(peer: SmsPeer) -> None:
    reply = await answer(peer)
    nobody = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = nobody.sockets[0].getsockname()[1]
    nobody.close()
    await nobody.wait_closed()
    peer.hub.outgoing._allowed |= {f"127.0.0.1:{port}"}
    await peer.hub.change_channel(peer.account, api_base=f"http://127.0.0.1:{port}")

    await peer.hub.send_due()
    before = await state(peer.hub, reply.id)
    await peer.hub.change_channel(peer.account, api_base=peer.other.api_base)
    peer.hub.clock.move(MINUTE)
    await peer.hub.send_due()

    assert (before[0], before[2]) == ("queued", "pending")
    assert await state(peer.hub, reply.id) == ("sent", None, "sent")
    assert len(peer.other.sent) == 1


async def test_a_private_address_is_never_asked(peer: SmsPeer) -> None:
    await peer.hub.change_channel(peer.account, api_base="http://169.254.169.254")
    reply = await answer(peer)

    await peer.hub.send_due()

    state_, error, _ = await state(peer.hub, reply.id)
    assert state_ == "failed"
    assert "public" in (error or "")


async def test_files_cannot_be_sent_and_the_agent_is_told(peer: SmsPeer) -> None:
    await peer.other.text(MIA, "Where is my sofa?")
    [conversation] = await peer.hub.conversations()
    file = Attachment(AttachmentId("1"), "a.pdf", "application/pdf", 1, "0" * 64)
    reply = await peer.hub.reply(conversation.id, "See this", [file])

    await peer.hub.send_due()

    assert await state(peer.hub, reply.id) == ("failed", "an SMS carries no files", "failed")
    assert peer.other.sent == []


# -- reports -------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations(("queued", "sent", "delivered"))))
async def test_reports_in_any_order_end_the_same(peer: SmsPeer, order: tuple[str, ...]) -> None:
    message_id = await sent(peer)
    [text] = peer.other.sent

    for status in order:
        await peer.other.report_only(text.sid, status, copies=3)

    assert await state(peer.hub, message_id) == ("delivered", None, "sent")
    changes = await peer.hub.events("message.state_changed")
    states = [line.event.state for line in changes if isinstance(line.event, MessageStateChanged)]
    assert states.count("delivered") == 1


async def test_an_undelivered_message_says_why(peer: SmsPeer) -> None:
    message_id = await sent(peer)
    [text] = peer.other.sent

    await peer.other.report(text.sid, "undelivered", error=(30003, "Unreachable"), copies=2)

    assert await state(peer.hub, message_id) == ("failed", "30003: Unreachable", "sent")


async def test_reports_may_come_before_the_answer_to_the_order(peer: SmsPeer) -> None:
    reply = await answer(peer)
    peer.other.steps = ("sent", "delivered")
    peer.other.troubles.append(Trouble(loses_answer=True))
    sending = asyncio.create_task(peer.hub.send_due())
    await eventually(lambda: is_delivered(peer.hub, reply.id))
    await sending

    assert await state(peer.hub, reply.id) == ("delivered", None, "sent")


async def is_delivered(hub: SmallHub, message_id: str) -> bool:
    return (await hub.message(message_id)).state is State.DELIVERED


async def test_an_unknown_fate_is_settled_by_a_report(peer: SmsPeer) -> None:
    reply = await answer(peer)
    peer.other.troubles.append(Trouble(loses_answer=True))
    await peer.hub.send_due()
    before = await state(peer.hub, reply.id)

    await peer.other.report(peer.other.sent[0].sid, "delivered")

    assert (before[0], before[2]) == ("unknown", "unknown")
    assert await state(peer.hub, reply.id) == ("delivered", None, "sent")


async def test_an_unknown_fate_is_settled_by_the_list(peer: SmsPeer) -> None:
    reply = await answer(peer)
    peer.other.troubles.append(Trouble(loses_answer=True))
    await peer.hub.send_due()
    peer.hub.clock.move(5 * MINUTE)
    await peer.channel.look(peer.account)

    assert await state(peer.hub, reply.id) == ("sent", None, "sent")
    assert len(peer.other.sent) == 1


async def test_the_list_settles_a_failure_too(peer: SmsPeer) -> None:
    reply = await answer(peer)
    peer.other.troubles.append(Trouble(loses_answer=True))
    await peer.hub.send_due()
    [text] = peer.other.sent
    text.status, text.error_code, text.error_message = "failed", 30006, "Landline"
    await peer.channel.look(peer.account)

    assert await state(peer.hub, reply.id) == ("failed", "30006: Landline", "failed")


async def test_the_list_settles_nothing_where_it_is_not_plain_which_message_it_was(
    peer: SmsPeer,
) -> None:
    lost = await answer(peer, "OK")
    peer.other.troubles.append(Trouble(504))
    await peer.hub.send_due()
    await answer(peer, "OK")
    await peer.hub.send_due()
    await peer.channel.look(peer.account)

    assert (await state(peer.hub, lost.id))[0] == "unknown"


async def test_what_arrived_after_all_is_not_sent_again(peer: SmsPeer) -> None:
    reply = await answer(peer)
    peer.other.troubles.append(Trouble(503))
    await peer.hub.send_due()
    waiting = await state(peer.hub, reply.id)

    text = await taken_nevertheless(peer, reply.id)
    await peer.other.report(text, "delivered")
    peer.hub.clock.move(HOUR)
    await peer.hub.send_due()

    assert waiting[2] == "pending"
    assert await state(peer.hub, reply.id) == ("delivered", None, "sent")
    assert len(peer.other.sent) == 1


async def taken_nevertheless(peer: SmsPeer, message_id: str) -> str:
    """Twilio answered 503 and had taken the order all the same. Returns its SID."""
    text = peer.other.arrives(MIA, "It leaves today.")
    text.direction = "outbound-api"
    text.callback = f"https://desk.example/channels/sms/line/status?message={message_id}&attempt=1"
    return text.sid


async def test_a_late_failure_of_an_older_attempt_says_nothing_of_the_newer(peer: SmsPeer) -> None:
    message_id = await sent(peer)
    [first] = peer.other.sent
    await peer.other.report(first.sid, "undelivered", error=(30003, "Unreachable"))
    await peer.hub.retry(message_id)
    await peer.other.report_only(first.sid, "undelivered", error=(30003, "Unreachable"))
    waiting = await state(peer.hub, message_id)
    await peer.hub.send_due()
    await peer.other.report_only(first.sid, "failed", error=(30003, "Unreachable"))
    await peer.other.report(peer.other.sent[1].sid, "delivered")

    assert waiting == ("queued", None, "pending")
    assert await state(peer.hub, message_id) == ("delivered", None, "sent")


@pytest.mark.parametrize(
    "about",
    [
        "",
        "?message=&attempt=1",
        "?message=01900000-0000-7000-8000-000000000000&attempt=1",
        "?message={id}",
        "?message={id}&attempt=x",
        "?message={id}&attempt=%00",
        "?message=%27%3B+DROP+TABLE+messages&attempt=1",
    ],
)
async def test_a_report_on_an_unknown_message_is_counted_and_harms_nothing(
    peer: SmsPeer, about: str
) -> None:
    message_id = await sent(peer)
    [text] = peer.other.sent
    text.callback = f"{peer.other.webhook}/status{about.replace('{id}', message_id)}"

    [heard] = await peer.other.report(text.sid, "delivered")

    assert heard.status == 204
    assert peer.channel.unknown_reports == 1
    assert (await state(peer.hub, message_id))[0] == "sent"


async def test_a_report_on_another_channels_message_is_unknown(peer: SmsPeer) -> None:
    message_id = await sent(peer)
    [text] = peer.other.sent
    await peer.hub.add_channel(
        "sms", "second", settings=peer.account.settings, secrets=peer.account.secrets
    )
    text.callback = (text.callback or "").replace("/line/", "/second/")

    await peer.other.report(text.sid, "delivered")

    assert peer.channel.unknown_reports == 1
    assert (await state(peer.hub, message_id))[0] == "sent"


async def test_a_report_that_is_not_signed_is_refused(peer: SmsPeer) -> None:
    message_id = await sent(peer)
    [text] = peer.other.sent
    callback = text.callback or ""
    fields = [("MessageSid", text.sid), ("MessageStatus", "delivered")]
    fields += [("AccountSid", peer.other.account_sid)]

    unsigned = await peer.other.post(callback, b"MessageStatus=delivered", None)
    forged = await peer.other.tell(callback, fields, mis_signed=True)

    assert (unsigned.status, forged.status) == (403, 403)
    assert (await state(peer.hub, message_id))[0] == "sent"
