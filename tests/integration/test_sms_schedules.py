"""Whatever goes wrong with SMS, in whatever order: the hub ends with what Twilio's ledger holds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hub.channels.sms.simulator import Text, Trouble
from hub.conversations.model import Direction, Message, State
from hub.kernel.clock import HOUR, MINUTE
from tests.support.peers import SmsPeer

MANY = 200
NUMBERS = [f"+1415555{n:04}" for n in range(5)]
TROUBLES = (
    Trouble(),
    Trouble(),
    Trouble(429, 20429, "Slow down"),
    Trouble(503, 20503, "Sorry"),
    Trouble(400, 21610, "Opted out"),
    Trouble(504, 20504, "Gateway"),
    Trouble(loses_answer=True),
)


class HastyPeer(SmsPeer):
    """The hub waits for nobody: what is slow on a busy machine is one more lost answer."""

    patience = 0.3


@pytest.mark.faults
async def test_any_schedule_of_faults_ends_in_the_same_truth(
    sqlite_url: str, tmp_path: Path, many_faults: bool
) -> None:
    for seed in range(MANY if many_faults else 4):
        url = sqlite_url.replace("hub.db", f"{seed}.db")
        async with HastyPeer.joined(url, tmp_path / f"{seed}") as peer:
            assert isinstance(peer, SmsPeer)
            await one_day(peer, random.Random(seed))
            await nothing_is_lost_or_doubled(peer, seed)


async def one_day(peer: SmsPeer, dice: random.Random) -> None:
    """Customers text, agents answer; webhooks and reports are lost, repeated, forged, shuffled."""
    for n in range(30):
        deed = dice.choice([text_arrives, text_arrives, agent_answers, reports_come, time_passes])
        await deed(peer, dice, n)
    for _ in range(8):  # whatever is to be tried again is tried again
        peer.hub.clock.move(HOUR)
        await peer.hub.send_due()
        await peer.channel.look(peer.account)


async def text_arrives(peer: SmsPeer, dice: random.Random, n: int) -> None:
    sender, words = dice.choice(NUMBERS), f"Text {n}"
    fate = dice.choice(["told", "told", "missed", "died", "forged"])
    if fate == "missed":
        peer.other.arrives(sender, words)
        return
    peer.hub.inbox.deaths = 1 if fate == "died" else 0
    copies = dice.choice([1, 1, 2, 5])
    await peer.other.text(sender, words, copies=copies, mis_signed=fate == "forged")
    peer.hub.inbox.deaths = 0


async def agent_answers(peer: SmsPeer, dice: random.Random, n: int) -> None:
    conversations = await peer.hub.conversations()
    if not conversations:
        return
    await peer.hub.reply(dice.choice(conversations).id, f"Answer {n}")
    peer.other.troubles.clear()
    peer.other.troubles.append(dice.choice(TROUBLES))
    await peer.hub.send_due()


async def reports_come(peer: SmsPeer, dice: random.Random, n: int) -> None:
    for text in dice.sample(peer.other.sent, min(3, len(peer.other.sent))):
        if text.status == "queued":
            text.status = dice.choice(["delivered", "delivered", "undelivered"])
        error = (30003, "Unreachable") if text.status == "undelivered" else None
        steps = ["queued", "sending", "sent", text.status]
        dice.shuffle(steps)
        for status in steps:
            told = error if status == "undelivered" else None
            await peer.other.report_only(text.sid, status, error=told, copies=dice.choice([1, 2]))


async def time_passes(peer: SmsPeer, dice: random.Random, n: int) -> None:
    peer.hub.clock.move(dice.choice([MINUTE, 5 * MINUTE]))
    await peer.hub.send_due()
    if dice.random() < 0.5:
        await peer.channel.look(peer.account)


async def nothing_is_lost_or_doubled(peer: SmsPeer, seed: int) -> None:
    arrived = [text.body for text in peer.other.texts.values() if text.direction == "inbound"]
    kept = [message.text for message in await peer.hub.messages()]
    assert sorted(kept) == sorted(arrived), f"seed {seed}"
    taken: dict[str, list[Text]] = {}
    for text in peer.other.sent:
        taken.setdefault(text.body, []).append(text)
    for answer in await peer.hub.messages(Direction.OUT):
        at_twilio = taken.pop(answer.text, [])
        assert len(at_twilio) <= 1, f"seed {seed}: {answer.text} was sent twice"
        assert is_true(answer, at_twilio), f"seed {seed}: {answer} but {at_twilio}"
    assert not taken, f"seed {seed}: Twilio sent what nobody wrote"


def is_true(answer: Message, at_twilio: list[Text]) -> bool:
    """What the agent sees is so, or is owned up to as not known."""
    if not at_twilio:
        return answer.state in (State.FAILED, State.UNKNOWN)
    expected = {
        "queued": State.SENT,
        "delivered": State.DELIVERED,
        "undelivered": State.FAILED,
    }
    return answer.state is expected[at_twilio[0].status]
