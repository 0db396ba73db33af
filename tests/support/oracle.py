"""Judges a hub that was killed, cut or filled, by what its peers wrote down and what it shows in
the end.

It knows nothing of the hub's inside: peers' ledgers on one side, the conversations that a
supervisor reads over HTTP on the other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SETTLED = {"sent", "delivered", "read", "failed", "unknown", "queued", "sending"}
ARRIVED = {"sent", "delivered", "read"}
STREAMED = {"chat"}
"""Channels whose customers read the log themselves."""


@dataclass
class Said:
    """A customer's message, in their own ledger. ``text`` is unlike any other; ``number`` counts
    each customer's messages from 1. ``message_id``: the hub's name for it, when it was
    acknowledged.
    """

    who: str
    number: int
    text: str
    channel: str
    message_id: str | None = None
    is_acked: bool = False


@dataclass
class Reply:
    """An agent's answer, in the agent's ledger. ``message_id``: set when the hub confirmed it."""

    agent: str
    conversation_id: str
    text: str
    message_id: str | None = None


@dataclass
class Delivery:
    """One copy of an answer as it reached a customer's system; ``id`` is the hub's mark for
    repeats.
    """

    id: str
    text: str
    body: Mapping[str, Any]


@dataclass
class Accept:
    """An agent was told that offered work is theirs."""

    agent: str
    offer_id: str
    item_id: str


@dataclass
class Screen:
    """What a customer's screen shows in the end: ids of messages in order, and the
    conversations.
    """

    who: str
    message_ids: list[str]
    conversation_ids: set[str]


@dataclass
class Ledgers:
    """Everything that peers wrote down."""

    said: list[Said] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    accepts: list[Accept] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)
    allowed: set[str] = field(default_factory=set)
    """Words that tests said beside the peers, as often as they liked."""
    faults: list[str] = field(default_factory=list)
    """What a peer itself found wrong: a gap in a stream, an answer that cannot be."""

    @property
    def acked(self) -> list[Said]:
        return [said for said in self.said if said.is_acked]

    @property
    def confirmed(self) -> list[Reply]:
        return [reply for reply in self.replies if reply.message_id is not None]

    def balance(self) -> str:
        """The sums, for a report."""
        return (
            f"{len(self.acked)} acknowledged of {len(self.said)} said,"
            f" {len(self.confirmed)} confirmed of {len(self.replies)} answered,"
            f" {len({d.id for d in self.deliveries})} taken in {len(self.deliveries)} copies,"
            f" {len(self.accepts)} accepts, {len(self.screens)} screens"
        )


@dataclass
class Shown:
    """What the hub shows in the end: conversations oldest first, and each one's messages in
    order.
    """

    conversations: list[dict[str, Any]]
    messages: dict[str, list[dict[str, Any]]]

    def of(self, direction: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Messages in one direction, each with its conversation."""
        for conversation in self.conversations:
            for message in self.messages[conversation["id"]]:
                if message["direction"] == direction:
                    yield conversation["id"], message

    def channel_of(self, conversation_id: str) -> str:
        return next(str(c["channel"]) for c in self.conversations if c["id"] == conversation_id)


def judge(ledgers: Ledgers, shown: Shown) -> list[str]:
    """Every breach, in words; an empty list is a good hub."""
    return [
        *ledgers.faults,
        *_conserved(ledgers, shown),
        *_ordered(ledgers, shown),
        *_numbered(shown),
        *_answers(ledgers, shown),
        *_visible_once(ledgers),
        *_exclusive(ledgers),
        *_converged(ledgers, shown),
    ]


def _conserved(ledgers: Ledgers, shown: Shown) -> Iterator[str]:
    """0 lost, 0 doubled, 0 invented."""
    copies: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for conversation_id, message in shown.of("in"):
        copies[message["text"]].append((conversation_id, message["id"]))
    for said in ledgers.said:
        found = copies.pop(said.text, [])
        if said.is_acked and not found:
            yield f"lost: {said.who} was told that {said.text!r} is kept"
        if len(found) > 1:
            yield f"doubled: {said.text!r} is there {len(found)} times: {found}"
        if said.is_acked and found and said.message_id not in (None, found[0][1]):
            yield f"renamed: {said.text!r} was acknowledged as {said.message_id}, is {found[0][1]}"
    for text in copies.keys() - ledgers.allowed:
        yield f"invented: nobody said {text!r}"


def _ordered(ledgers: Ledgers, shown: Shown) -> Iterator[str]:
    """A customer's words stay in the order in which they were said, in one conversation at
    a time.
    """
    place = {
        message["text"]: (number, message["ordinal"])
        for number, conversation in enumerate(shown.conversations)
        for message in shown.messages[conversation["id"]]
        if message["direction"] == "in"
    }
    by_customer: dict[str, list[Said]] = defaultdict(list)
    for said in ledgers.said:
        if said.text in place:
            by_customer[said.who].append(said)
    for who, words in by_customer.items():
        spoken = [said.text for said in sorted(words, key=lambda said: said.number)]
        kept = sorted(spoken, key=lambda text: place[text])
        if spoken != kept:
            first = next(a for a, b in zip(spoken, kept, strict=True) if a != b)
            yield f"out of order: {who}'s words from {first!r} on"


def _numbered(shown: Shown) -> Iterator[str]:
    for conversation_id, messages in shown.messages.items():
        ordinals = [message["ordinal"] for message in messages]
        if ordinals != list(range(1, len(ordinals) + 1)):
            yield f"conversation {conversation_id} counts its messages {ordinals}"


def _answers(ledgers: Ledgers, shown: Shown) -> Iterator[str]:
    """Each confirmed answer is there once, in one known state; what was sent has arrived."""
    copies: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for conversation_id, message in shown.of("out"):
        copies[message["text"]].append((conversation_id, message))
    arrived = {delivery.text for delivery in ledgers.deliveries}
    for reply in ledgers.replies:
        found = copies.pop(reply.text, [])
        if len(found) > 1:
            yield f"doubled: the answer {reply.text!r} is there {len(found)} times"
        if reply.message_id is None:
            continue
        if not found:
            yield f"lost: {reply.agent} was told that {reply.text!r} is kept"
            continue
        conversation_id, message = found[0]
        if (message["id"], conversation_id) != (reply.message_id, reply.conversation_id):
            yield f"moved: the answer {reply.text!r} is {message['id']} in {conversation_id}"
        yield from _fate(reply.text, message["state"], arrived, shown.channel_of(conversation_id))
    for text in copies:
        yield f"invented: nobody answered {text!r}"


def _fate(text: str, state: str, arrived: set[str], channel: str) -> Iterator[str]:
    if state not in SETTLED:
        yield f"the answer {text!r} is {state!r}"
    if channel in STREAMED:
        return
    if state in ARRIVED and text not in arrived:
        yield f"never arrived: the answer {text!r} counts as {state}"
    if state == "failed" and text in arrived:
        yield f"arrived after all: the answer {text!r} counts as failed"


def _visible_once(ledgers: Ledgers) -> Iterator[str]:
    """Repeats of one answer carry one mark and the same words: its customer sees it once."""
    bodies: dict[str, Mapping[str, Any]] = {}
    marks: dict[str, set[str]] = defaultdict(set)
    known = {reply.text for reply in ledgers.replies}
    for delivery in ledgers.deliveries:
        first = bodies.setdefault(delivery.id, delivery.body)
        if first != delivery.body:
            yield f"changed: two copies of {delivery.id} differ"
        marks[delivery.text].add(delivery.id)
        if delivery.text not in known:
            yield f"invented: {delivery.text!r} was delivered, nobody wrote it"
    for text, ids in marks.items():
        if len(ids) > 1:
            yield f"seen twice: {text!r} came as {sorted(ids)}"


def _exclusive(ledgers: Ledgers) -> Iterator[str]:
    """Work belongs to whoever was told so, and to nobody else."""
    takers: dict[str, set[str]] = defaultdict(set)
    for accept in ledgers.accepts:
        takers[accept.item_id].add(accept.agent)
    for item_id, agents in takers.items():
        if len(agents) > 1:
            yield f"work {item_id} was given to {sorted(agents)}"
    for offer_id, count in Counter(accept.offer_id for accept in ledgers.accepts).items():
        if count > 1:
            yield f"offer {offer_id} was accepted {count} times"


def _converged(ledgers: Ledgers, shown: Shown) -> Iterator[str]:
    """What a customer's screen shows is what the hub shows of it."""
    for screen in ledgers.screens:
        there = [
            message["id"]
            for conversation in shown.conversations
            if conversation["id"] in screen.conversation_ids
            for message in shown.messages[conversation["id"]]
            if message["direction"] in ("in", "out")
        ]
        yield from _differences(screen.who, screen.message_ids, there)


def _differences(who: str, seen: Sequence[str], there: Iterable[str]) -> Iterator[str]:
    there = list(there)
    if missing := set(there) - set(seen):
        yield f"{who}'s screen lacks {sorted(missing)[:3]} and {len(missing)} in all"
    if strange := set(seen) - set(there):
        yield f"{who}'s screen shows {sorted(strange)[:3]}, which the hub does not"
    if len(seen) != len(set(seen)):
        yield f"{who}'s screen shows a message twice"
    if not missing and not strange and list(seen) != there:
        yield f"{who}'s screen has another order"
