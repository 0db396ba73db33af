"""Passing things: who types, who looks at what. Never logged, gone by themselves, told to every
node.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hub.kernel.clock import SECOND, Clock, Millis
from hub.realtime import frames
from hub.realtime.switchboard import Connection, Switchboard
from hub.storage.bus import Bus
from hub.storage.log import Logged

TOPIC = "passing"
TYPING_LASTS = Millis(6 * SECOND)
VIEWING_LASTS = Millis(60 * SECOND)
PLACES_MOST = 50_000
NEVER = Millis(0)


class _Word(msgspec.Struct, frozen=True):
    """What nodes tell one another."""

    what: str
    conversation_id: str
    who: str
    name: str
    mode: str | None


@dataclass
class _Around:
    """Who is around one conversation: agent -> (name, mode, until), agent -> until; the customer
    types until.
    """

    typing: dict[str, tuple[str, str, Millis]] = field(default_factory=dict)
    viewing: dict[str, Millis] = field(default_factory=dict)
    customer_until: Millis = NEVER


class Passing:
    """Typing and viewing, for agents; and the agents' typing for visitors."""

    def __init__(self, switchboard: Switchboard, bus: Bus, clock: Clock) -> None:
        self._switchboard = switchboard
        self._bus = bus
        self._clock = clock
        self._around: dict[str, _Around] = {}
        self._places: OrderedDict[str, tuple[str | None, str | None, str | None]] = OrderedDict()
        bus.listen(self._hear)

    def follow(self, lines: Sequence[Logged]) -> None:
        """Remember where conversations stand, to know who may see who types in them."""
        for line in lines:
            if line.conversation_id is not None:
                self.place(line.conversation_id, line.queue_id, line.agent_id, line.customer_id)

    def place(
        self,
        conversation_id: str,
        queue_id: str | None,
        agent_id: str | None,
        customer_id: str | None,
    ) -> None:
        self._places[conversation_id] = (queue_id, agent_id, customer_id)
        self._places.move_to_end(conversation_id)
        if len(self._places) > PLACES_MOST:
            self._places.popitem(last=False)

    def knows(self, conversation_id: str) -> bool:
        return conversation_id in self._places

    # -- what happens ----------------------------------------------------------------------------

    def agent_types(self, agent_id: str, name: str, conversation_id: str, mode: str | None) -> None:
        """An agent types a reply or a note, or stopped."""
        self._say(_Word("typing", conversation_id, agent_id, name, mode))

    def agent_views(self, agent_id: str, conversation_id: str, *, is_there: bool) -> None:
        self._say(_Word("viewing", conversation_id, agent_id, "", "on" if is_there else None))

    def customer_types(self, conversation_id: str, *, is_typing: bool) -> None:
        self._say(_Word("customer", conversation_id, "", "", "on" if is_typing else None))

    def _say(self, word: _Word) -> None:
        self._bus.say(TOPIC, msgspec.msgpack.encode(word))

    def _hear(self, topic: str, words: bytes) -> None:
        if topic != TOPIC:
            return
        word = msgspec.msgpack.decode(words, type=_Word)
        around = self._around.setdefault(word.conversation_id, _Around())
        now = self._clock.now()
        if word.what == "customer":
            around.customer_until = Millis(now + TYPING_LASTS) if word.mode else Millis(0)
        elif word.what == "viewing":
            _set(around.viewing, word.who, Millis(now + VIEWING_LASTS) if word.mode else None)
        elif word.mode is None:
            around.typing.pop(word.who, None)
        else:
            around.typing[word.who] = (word.name, word.mode, Millis(now + TYPING_LASTS))
        self._tell(word.conversation_id, "viewing" if word.what == "viewing" else "typing")

    def tick(self) -> None:
        """Forget what has not been renewed, and say so."""
        now = self._clock.now()
        for conversation_id, around in list(self._around.items()):
            typing = {who: facts for who, facts in around.typing.items() if facts[2] > now}
            viewing = {who: until for who, until in around.viewing.items() if until > now}
            types = 0 < around.customer_until <= now
            if types:
                around.customer_until = Millis(0)
            if len(typing) != len(around.typing) or types:
                around.typing = typing
                self._tell(conversation_id, "typing")
            if len(viewing) != len(around.viewing):
                around.viewing = viewing
                self._tell(conversation_id, "viewing")
            if not typing and not viewing and not around.customer_until:
                del self._around[conversation_id]

    # -- who hears of it -------------------------------------------------------------------------

    def _tell(self, conversation_id: str, topic: str) -> None:
        queue_id, agent_id, customer_id = self._places.get(conversation_id, (None, None, None))
        value = self._value(conversation_id, topic)
        frame = frames.live(topic, conversation_id, value)
        for connection in self._switchboard.who_see(queue_id, agent_id):
            connection.say(frame)
        if topic == "typing" and customer_id is not None:
            self._tell_visitor(conversation_id, customer_id)

    def _tell_visitor(self, conversation_id: str, customer_id: str) -> None:
        around = self._around[conversation_id]
        names = [name for name, mode, _ in around.typing.values() if mode == "reply"]
        shown = {"agents": [{"name": name} for name in names], "customer": False} if names else None
        for connection in self._switchboard.of_customer(customer_id):
            connection.say(frames.live("typing", conversation_id, shown))

    def _value(self, conversation_id: str, topic: str) -> Any:
        around = self._around.get(conversation_id)
        if around is None:
            return None
        if topic == "viewing":
            return sorted(around.viewing) or None
        types = around.customer_until > self._clock.now()
        if not around.typing and not types:
            return None
        agents = [
            {"id": who, "name": name, "mode": mode}
            for who, (name, mode, _) in around.typing.items()
        ]
        return {"agents": agents, "customer": types}

    def all_for(self, connection: Connection) -> Iterable[str]:
        """Everything passing that this agent may see, as frames: sent in full after a welcome."""
        for conversation_id in self._around:
            queue_id, agent_id, _ = self._places.get(conversation_id, (None, None, None))
            if connection in self._switchboard.who_see(queue_id, agent_id):
                for topic in ("typing", "viewing"):
                    if (value := self._value(conversation_id, topic)) is not None:
                        yield frames.live(topic, conversation_id, value)


def _set(index: dict[str, Millis], key: str, until: Millis | None) -> None:
    if until is None:
        index.pop(key, None)
    else:
        index[key] = until
