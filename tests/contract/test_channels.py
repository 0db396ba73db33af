"""What every channel keeps to, whatever it is made of: nothing lost, doubled or left unclear."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.channels.inbound import NotQuarantined, StillUnreadable
from hub.channels.outbound import Outbox, take_back
from hub.conversations.model import State
from hub.kernel.clock import DAY, HOUR, MINUTE
from hub.storage.unit import Unit
from tests.support.hub import NODE
from tests.support.peers import PEERS, Got, Peer, all_at_once


@pytest.fixture
async def peer(
    request: pytest.FixtureRequest, any_database: str, tmp_path: Path
) -> AsyncIterator[Peer]:
    async with PEERS[request.param].joined(any_database, tmp_path) as peer:
        yield peer


every = pytest.mark.parametrize("peer", PEERS, indirect=True)
refusing = pytest.mark.parametrize(
    "peer", [name for name, kind in PEERS.items() if kind.rubbish_is == "refused"], indirect=True
)
keeping = pytest.mark.parametrize(
    "peer", [name for name, kind in PEERS.items() if kind.rubbish_is == "kept"], indirect=True
)
reporting = pytest.mark.parametrize(
    "peer", [name for name, kind in PEERS.items() if kind.reports], indirect=True
)


async def texts(peer: Peer) -> list[str]:
    return [message.text for message in await peer.hub.messages()]


async def answered(peer: Peer, text: str = "It leaves today.") -> str:
    """Mia asks, the agent answers; the answer waits in the outbox. Returns its id."""
    assert await peer.say("mia", "Where is my sofa?", "q1")
    [conversation] = await peer.hub.conversations()
    reply = await peer.hub.reply(conversation.id, text)
    return reply.id


# -- coming in -----------------------------------------------------------------------------------


@every
async def test_words_are_received_from_who_said_them(peer: Peer) -> None:
    assert await peer.say("mia", "在吗？ Where is my sofa? 🛋", "1")
    assert await peer.say("ben", "Hello", "2")

    mias, bens = await peer.hub.conversations()
    assert await texts(peer) == ["在吗？ Where is my sofa? 🛋", "Hello"]
    assert mias.customer_id != bens.customer_id
    assert mias.queue_id is not None


@every
async def test_what_is_told_again_is_one_message(peer: Peer) -> None:
    answers = [await peer.say("mia", "Hello", "1") for _ in range(3)]

    assert answers == [True] * 3
    assert await texts(peer) == ["Hello"]
    assert len(await peer.hub.events("message.received")) == 1


@every
async def test_what_is_told_fifty_times_at_once_is_one_message(peer: Peer) -> None:
    answers = await all_at_once(peer, [("mia", "Hello", "1")] * 50)

    assert all(answers)
    assert await texts(peer) == ["Hello"]


@every
async def test_ten_first_words_at_once_open_one_conversation(peer: Peer) -> None:
    said = [("mia", f"Word {n}", f"{n}") for n in range(10)]

    answers = await all_at_once(peer, said)

    assert all(answers)
    assert len(await peer.hub.conversations()) == 1
    assert sorted(await texts(peer)) == sorted(text for _, text, _ in said)
    assert len(await peer.hub.events("conversation.opened")) == 1
    assert len(await peer.hub.events("customer.appeared")) == 1


@every
async def test_a_hub_that_dies_before_it_acknowledges_neither_loses_nor_doubles(peer: Peer) -> None:
    assert not await peer.say_to_dying_hub("mia", "Hello", "1")

    assert await peer.say("mia", "Hello", "1")
    assert await texts(peer) == ["Hello"]


@refusing
async def test_what_cannot_be_understood_is_refused_with_the_reason(peer: Peer) -> None:
    reason = await peer.say_rubbish()

    assert reason
    assert await texts(peer) == []
    assert await peer.say("mia", "Hello", "1")
    assert await texts(peer) == ["Hello"]


@keeping
async def test_what_cannot_be_understood_is_kept_until_it_can(peer: Peer) -> None:
    await peer.say_rubbish()
    await peer.say_rubbish()
    assert await peer.say("mia", "Hello", "1")
    [kept] = await peer.hub.quarantined()
    assert kept.reason
    assert await peer.hub.blobs.get(kept.digest)
    assert len(await peer.hub.events("message.quarantined")) == 1

    with pytest.raises(StillUnreadable):
        await peer.hub.inbox.replay(kept.id)
    await peer.repair()
    await peer.hub.inbox.replay(kept.id)

    assert await peer.hub.quarantined() == []
    assert len(await texts(peer)) == 2
    with pytest.raises(NotQuarantined):
        await peer.hub.inbox.replay(kept.id)


# -- going out -----------------------------------------------------------------------------------


@every
async def test_an_answer_arrives_once_where_the_customer_wrote(peer: Peer) -> None:
    message_id = await answered(peer)

    await peer.hub.send_due()
    peer.hub.clock.move(DAY)
    await peer.hub.send_due()

    assert peer.got() == [Got("mia", "It leaves today.", peer.thread_of("mia"))]
    assert (await peer.hub.message(message_id)).state is State.SENT


@every
async def test_answers_of_two_conversations_do_not_mix(peer: Peer) -> None:
    await peer.say("mia", "Sofa?", "1")
    await peer.say("ben", "Lamp?", "2")
    for conversation in await peer.hub.conversations():
        asked = {"Sofa?": "The sofa", "Lamp?": "The lamp"}
        await peer.hub.reply(conversation.id, asked[conversation.preview["text"]])

    await peer.hub.send_due()

    assert {(got.who, got.text) for got in peer.got()} == {
        ("mia", "The sofa"),
        ("ben", "The lamp"),
    }


@every
async def test_a_passing_refusal_is_tried_again_in_a_minute(peer: Peer) -> None:
    message_id = await answered(peer)
    peer.refuse_for_now()

    await peer.hub.send_due()
    await peer.hub.send_due()
    waiting = await peer.hub.message(message_id)
    before = peer.got()
    peer.hub.clock.move(MINUTE)
    await peer.hub.send_due()

    assert (waiting.state, bool(waiting.error), before) == (State.QUEUED, True, [])
    assert len(peer.got()) == 1
    sent = await peer.hub.message(message_id)
    assert (sent.state, sent.error) == (State.SENT, None)


@every
async def test_a_lasting_refusal_is_shown_and_tried_again_by_a_person_only(peer: Peer) -> None:
    message_id = await answered(peer)
    peer.refuse_for_good()

    await peer.hub.send_due()
    peer.hub.clock.move(HOUR)
    await peer.hub.send_due()
    failed = await peer.hub.message(message_id)
    before = peer.got()

    assert (failed.state, bool(failed.error), before) == (State.FAILED, True, [])
    peer.hub.clock.move(-HOUR)
    await peer.hub.retry(message_id)
    await peer.hub.send_due()
    assert len(peer.got()) == 1
    assert (await peer.hub.message(message_id)).state is State.SENT


@every
async def test_a_lost_answer_is_unknown_or_safely_repeated(peer: Peer) -> None:
    message_id = await answered(peer)
    peer.lose_answer()

    await peer.hub.send_due()
    after_loss = await peer.hub.message(message_id)
    peer.hub.clock.move(MINUTE)
    await peer.hub.send_due()

    repeats = peer.hub.registry.kinds[peer.account.kind].repeats_safely
    expected = (State.QUEUED, State.SENT) if repeats else (State.UNKNOWN, State.UNKNOWN)
    assert (after_loss.state, (await peer.hub.message(message_id)).state) == expected
    assert after_loss.error
    assert len(peer.got()) == 1


@every
async def test_a_hub_that_dies_while_handing_over_sends_again_only_where_that_is_safe(
    peer: Peer,
) -> None:
    message_id = await answered(peer)
    [row] = await peer.hub.outbox_rows(message_id)
    await peer.hub.database.write(lambda unit: leave_handing_over(unit, row.id))

    await peer.hub.database.write(lambda unit: take_back(NODE, unit))
    await Outbox(peer.hub.database, peer.hub.registry, NODE).drain()

    repeats = peer.hub.registry.kinds[peer.account.kind].repeats_safely
    expected = (State.SENT, 1) if repeats else (State.UNKNOWN, 0)
    assert ((await peer.hub.message(message_id)).state, len(peer.got())) == expected


def leave_handing_over(unit: Unit, id_: str) -> None:
    """Leave the outbox as a process does that is killed while it hands a message over."""
    unit.connection.exec_driver_sql(
        "UPDATE outbox SET state = 'leased', phase = 'handing_over', attempt = 1, "
        f"leased_by = '{NODE}', leased_until = {unit.now + HOUR} WHERE id = '{id_}'"
    )


@reporting
async def test_reports_never_take_a_message_back(peer: Peer) -> None:
    message_id = await answered(peer)
    await peer.hub.send_due()

    for report in ("delivered", "sent", "sent", "failed", "delivered"):
        await peer.report(report)

    message = await peer.hub.message(message_id)
    assert (message.state, message.error) == (State.DELIVERED, None)


@reporting
async def test_a_message_that_fails_further_on_is_shown_as_failed(peer: Peer) -> None:
    message_id = await answered(peer)
    await peer.hub.send_due()

    for report in ("failed", "sent", "delivered"):
        await peer.report(report)

    message = await peer.hub.message(message_id)
    assert message.state is State.FAILED
    assert message.error
