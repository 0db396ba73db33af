"""Every open connection of this node, and who of them hears what."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hub.agents.model import Agent
from hub.kernel.clock import Clock
from hub.realtime.audience import is_for_everybody
from hub.realtime.frames import EventFrame
from hub.realtime.session import Phase, Session
from hub.storage.log import Logged

SEND_WITHIN = 20
"""So many seconds a line may take nothing."""


class Audience(Protocol):
    """Who listens on a connection: decides what of an event they may see."""

    def changes_for(self, line: Logged) -> str | None: ...


@dataclass(eq=False)
class Connection:
    """One open socket. ``mark`` names the signed-in session behind it; a visitor has none.

    ``on_sent`` is called when everything waiting has been handed to the line.
    """

    session: Session
    audience: Audience
    agent: Agent | None = None
    customer_id: str | None = None
    mark: str = ""
    viewing: str | None = None
    is_counted: bool = False
    on_sent: Callable[[], None] | None = None
    pump: asyncio.Task[None] | None = None
    """What sends."""
    waits_for_line: int | None = None
    """For how many seconds the line has not taken what is being sent."""
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    sent: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """There is something to send, or it is time to close."""
        self.woken.set()

    def say(self, frame: str) -> None:
        self.session.say(frame)
        self.wake()

    def grow_impatient(self) -> None:
        """A second has passed in which the line took nothing: some such, and it is given up."""
        self.waits_for_line = (self.waits_for_line or 0) + 1
        if self.waits_for_line > SEND_WITHIN and self.pump is not None:
            self.session.part("slow", 0)
            self.pump.cancel()

    async def drain(self, within: float) -> None:
        """Send, and go on once the client has read enough; close it when it reads nothing in time.

        ``within`` is in seconds.
        """
        self.wake()
        while not self.session.has_room and self.session.phase is not Phase.CLOSED:
            self.sent.clear()
            try:
                await asyncio.wait_for(self.sent.wait(), within)
            except TimeoutError:
                self.session.part("slow", 0)
                self.wake()


class Switchboard:
    """Connections by what they may hear, so that an event reaches its few listeners without asking
    the many.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all: set[Connection] = set()
        self._staff: set[Connection] = set()
        self._agents: dict[str, set[Connection]] = defaultdict(set)
        self._queues: dict[str, set[Connection]] = defaultdict(set)
        self._visitors: dict[str, set[Connection]] = defaultdict(set)
        self._seers: set[Connection] = set()
        self._seen_by: dict[tuple[str | None, str | None], frozenset[Connection]] = {}
        """Asked of queue and agent before; until somebody comes or goes."""
        self.on_rights: Callable[[str], None] = lambda agent_id: None

    def __len__(self) -> int:
        return len(self._all)

    # -- coming and going ------------------------------------------------------------------------

    def join(self, connection: Connection) -> None:
        """Let it hear."""
        self._all.add(connection)
        if connection.customer_id is not None:
            self._visitors[connection.customer_id].add(connection)
        if connection.agent is None:
            return
        agent = connection.agent
        self._seen_by.clear()
        self._staff.add(connection)
        self._agents[agent.id].add(connection)
        if agent.sees_everything:
            self._seers.add(connection)
        else:
            for queue_id in agent.queues:
                self._queues[queue_id].add(connection)

    def leave(self, connection: Connection) -> None:
        """Forget it."""
        if connection not in self._all:
            return
        self._all.discard(connection)
        self._seers.discard(connection)
        if connection.customer_id is not None:
            _drop(self._visitors, connection.customer_id, connection)
        if connection.agent is None:
            return
        self._seen_by.clear()
        self._staff.discard(connection)
        for queue_id in connection.agent.queues:
            _drop(self._queues, queue_id, connection)
        _drop(self._agents, connection.agent.id, connection)

    @property
    def present(self) -> Iterable[str]:
        """The agents who have a connection here."""
        return self._agents.keys()

    def of_agent(self, agent_id: str) -> Sequence[Connection]:
        return tuple(self._agents.get(agent_id, ()))

    def of_customer(self, customer_id: str) -> Sequence[Connection]:
        return tuple(self._visitors.get(customer_id, ()))

    def agents(self) -> Iterable[Connection]:
        """Every agent's connection."""
        return tuple(self._staff)

    # -- telling ---------------------------------------------------------------------------------

    def tell(self, lines: Sequence[Logged]) -> None:
        """Follow: pass committed events on to whoever may see them.

        When that fails half way nobody knows who has heard what: everybody resumes from the log.
        """
        try:
            self._tell(lines)
        except Exception:
            self.part_all(0)
            raise

    def _tell(self, lines: Sequence[Logged]) -> None:
        woken: set[Connection] = set()
        for line in lines:
            whole: EventFrame | None = None
            for connection in self._candidates(line):
                changes = connection.audience.changes_for(line)
                if changes is None:
                    continue
                if connection.agent is None:
                    frame = EventFrame(line, changes, outside=True)
                elif changes is line.changes:
                    whole = whole or EventFrame(line)
                    frame = whole
                else:
                    frame = EventFrame(line, changes)
                connection.session.tell(frame)
                woken.add(connection)
            if line.type in ("agent.changed", "agent.signed_out"):
                self._recheck(line)
        for connection in woken:
            connection.wake()

    def _candidates(self, line: Logged) -> Iterable[Connection]:
        if is_for_everybody(line):
            found = frozenset(self._staff)
        else:
            found = self._who_see(line.queue_id, line.agent_id)
        visitors = self._visitors.get(line.customer_id or "")
        if visitors:
            found = found | visitors
        if line.type.startswith("work."):
            found = found | self._who_see(
                getattr(line.event, "from_queue_id", None),
                getattr(line.event, "from_agent_id", None),
            )
        return found

    def _recheck(self, line: Logged) -> None:
        """Close whoever is signed out; let whoever's rights changed boot again."""
        assert line.agent_id is not None
        for connection in self.of_agent(line.agent_id):
            if line.type == "agent.signed_out":
                mark = getattr(line.event, "mark", "")
                if mark in ("*", connection.mark):
                    connection.session.part("signed_out", None)
                    connection.wake()
            elif getattr(line.event, "rights_changed", False):
                connection.session.reset("rights")
                connection.wake()
        if line.type == "agent.changed":
            self.on_rights(line.agent_id)

    def who_see(self, queue_id: str | None, agent_id: str | None) -> set[Connection]:
        """The agents' connections that may see a conversation with this queue and agent."""
        return set(self._who_see(queue_id, agent_id))

    def _who_see(self, queue_id: str | None, agent_id: str | None) -> frozenset[Connection]:
        found = self._seen_by.get((queue_id, agent_id))
        if found is None:
            found = frozenset().union(
                self._seers,
                self._agents.get(agent_id or "", _NOBODY),
                self._queues.get(queue_id or "", _NOBODY),
            )
            self._seen_by[queue_id, agent_id] = found
        return found

    def tick(self, told: int) -> None:
        """A second has passed. ``told`` is the last event that ``tell`` was given."""
        now = self._clock.now()
        for connection in self._all:
            connection.session.tick(now, told)
            if connection.waits_for_line is not None:
                connection.grow_impatient()
            if connection.session.has_something or connection.session.phase is Phase.CLOSED:
                connection.wake()

    def part_all(self, retry_after: int) -> None:
        """The server stops: everybody comes back in a while."""
        for connection in self._all:
            connection.session.part("restart", retry_after)
            connection.wake()


_NOBODY: frozenset[Any] = frozenset()


def _drop(index: dict[str, set[Connection]], key: str, connection: Connection) -> None:
    kept = index.get(key)
    if kept is not None:
        kept.discard(connection)
        if not kept:
            del index[key]
