"""A small service floor for the tests of routing: real databases, real commits, a clock that is
set.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from hub.agents import service as agents, store as agents_store
from hub.agents.events import AgentChanged
from hub.agents.model import Agent, Role
from hub.conversations import service as conversations, store as conversation_store
from hub.conversations.events import ConversationEnded, ConversationOpened
from hub.conversations.model import Conversation, Inbound
from hub.conversations.receiving import receive
from hub.customers.model import Claim
from hub.kernel.clock import MINUTE, SECOND, Clock, Millis, SetClock
from hub.kernel.ids import ChannelId, ConversationId, QueueId
from hub.routing import handlers, service, store
from hub.routing.model import Rules
from hub.routing.rules import RULES
from hub.routing.runner import Runner
from hub.routing.views import QueueView
from hub.storage import log
from hub.storage.bus import Bus, LocalBus
from hub.storage.chart import Chart
from hub.storage.database import Database
from hub.storage.log import Logged
from hub.storage.migrate import migrate
from hub.storage.tail import Tail
from hub.storage.unit import Unit

NOON = Millis(1_767_009_600_000)
_numbers = itertools.count(1)


async def until(holds: Callable[[], Any], within: float = 10.0) -> Any:
    """Wait until ``holds`` answers something true; fail after ``within`` seconds."""
    deadline = time.monotonic() + within
    while True:
        answer = holds()
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer:
            return answer
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.005)


def routing_chart() -> Chart:
    """What happens after what, as far as routing is concerned."""
    chart = Chart()
    chart.within(ConversationOpened, handlers.queue_work)
    chart.within(ConversationEnded, handlers.end_work)
    chart.within(AgentChanged, handlers.keep_loads)
    return chart


@dataclass
class Floor:
    """One node: a database, its tail, and the router."""

    database: Database
    tail: Tail
    bus: Bus
    runner: Runner
    clock: Clock
    node: str
    rules: Rules
    _numbers: Any = field(default_factory=lambda: _numbers)

    # -- setting up --------------------------------------------------------------------------------

    async def agent(
        self,
        name: str = "Ann",
        *,
        queues: Sequence[QueueView] = (),
        role: Role = Role.AGENT,
        languages: Sequence[str] = ("zh", "en"),
        capacity: int = 100,
        available: bool = True,
    ) -> Agent:
        """A new agent, in these queues, and available unless said otherwise."""
        number = next(self._numbers)

        def add(unit: Unit) -> Agent:
            made = agents.add_agent(
                unit,
                email=f"agent{number}@desk.example",
                name=name,
                role=role,
                password_hash=None,
                languages=languages,
                capacity=capacity,
            )
            for queue in queues:
                members = [*agents_store.members(unit.connection).get(queue.id, []), made.id]
                service.change_queue(unit, queue.id, {}, members=members, by="hub")
            return agents.get_agent(unit, made.id)

        made = await self.database.write(add)
        await self.knows(made)
        if available:
            await self.says(made, "available")
        return made

    async def knows(self, agent: Agent) -> None:
        """Wait until the router has learnt of the agent and their queues."""
        if not self.runner.is_leading:
            return

        def learnt() -> bool:
            following = self.runner._following
            seat = None if following is None else following.state.seats.get(agent.id)
            return seat is not None and all(f"queue:{q}" in seat.agent.groups for q in agent.queues)

        await until(learnt)

    async def queue(self, key: str = "sales", **facts: Any) -> QueueView:
        given: dict[str, Any] = {
            "name": {"zh": key, "en": key},
            "medium": "messaging",
            "target": MINUTE,
        }
        return await self.database.write(
            lambda unit: service.add_queue(unit, key=key, **(given | facts))
        )

    # -- living ------------------------------------------------------------------------------------

    async def writes(
        self,
        queue: QueueView,
        *,
        who: str | None = None,
        language: str | None = None,
        channel: str = "memory",
        again: ConversationId | None = None,
    ) -> ConversationId:
        """A customer writes, in a conversation they had (``again``) or a new one; answers which."""
        number = next(self._numbers)
        who = who or f"customer{number}"
        inbound = Inbound(
            channel_id=ChannelId("channel"),
            channel=channel,
            key=f"key-{number}",
            sender=Claim("memory", who, name=who.title()),
            text="Where is my sofa?",
            thread_key=who,
            queue_id=QueueId(queue.id),
            language=language,
            conversation_id=again,
        )
        return (await self.database.write_together(receive, inbound)).conversation_id

    async def says(self, agent: Agent, status: str, reason: str | None = None) -> None:
        await self.change(service.set_presence, agent.id, status=status, reason=reason, by=agent)

    async def presence(self, agent: Agent) -> Any:
        """The agent's presence as its row has it."""
        return await self.database.read(store.find_presence, agent.id)

    async def change(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Carry out a deed of the service in a unit of work."""
        return await self.database.write(lambda unit: work(unit, *args, **kwargs))

    async def accepts(self, agent: Agent) -> dict[str, Any]:
        """The agent accepts the next offer, when it comes."""
        offer = await self.offered(agent)
        answer: dict[str, Any] = await self.change(service.accept_offer, offer.id, by=agent)
        return answer

    async def offered(self, agent: Agent) -> Any:
        """The agent's oldest pending offer, when there is one. Its screen shows it."""

        async def look() -> Any:
            rows = await self.database.read(store.pending_offers, agent.id)
            return rows[0] if rows else None

        offer = await until(look)
        self.runner.offer_shown(offer.id)
        return offer

    async def offers_of(self, agent: Agent) -> list[Any]:
        return await self.database.read(store.pending_offers, agent.id)

    async def ends(self, conversation_id: str, by: str = "customer") -> None:
        await self.change(
            conversations.end,
            conversation_id,
            by=by,
            actor=f"{by}:someone" if by != "hub" else "hub",
        )

    # -- looking -----------------------------------------------------------------------------------

    async def conversation(self, conversation_id: str) -> Conversation:
        found = await self.database.read(conversation_store.find, conversation_id)
        assert found is not None
        return found

    async def routing(self, conversation_id: str) -> str:
        return (await self.conversation(conversation_id)).routing.value

    async def is_assigned(self, conversation_id: str, agent: Agent) -> bool:
        found = await self.conversation(conversation_id)
        return found.routing.value == "assigned" and found.agent_id == agent.id

    async def item(self, conversation_id: str) -> Any:
        """The newest work item of a conversation."""
        return await self.database.read(
            lambda c: c.execute(
                store.work_items.select()
                .where(store.work_items.c.conversation_id == conversation_id)
                .order_by(store.work_items.c.seq.desc())
            ).first()
        )

    async def load(self, agent: Agent) -> Any:
        return await self.database.read(
            lambda c: c.execute(
                store.agent_loads.select().where(store.agent_loads.c.agent_id == agent.id)
            ).one()
        )

    async def events(self, *types: str) -> list[Any]:
        """What happened, oldest first, as the log gives it back."""
        lines: list[Logged] = await self.database.read(log.read_since, 0, 100_000)
        return [line.event for line in lines if not types or line.type in types]

    async def passes(self, by: int) -> None:
        """Time passes: what is due by then happens, and is written."""
        assert isinstance(self.clock, SetClock)
        await self.runner.settled()
        self.clock.move(by)
        self.runner.advance()
        await self.rests()

    async def rests(self) -> None:
        """Wait until the router has heard of everything and written everything."""

        async def still() -> bool:
            await self.runner.settled()
            head = await self.database.read(log.last_seq)
            return self.tail.position >= head and self.runner._is_still.is_set()

        await until(still)

    async def is_sound(self) -> None:
        """Rows agree with themselves and with the router, and loads are what is held."""
        await self.rests()
        before = self.runner.counts.repairs
        await self.runner.reconcile()
        await self.runner.reconcile()
        assert self.runner.counts.repairs == before, await self.events("routing.repaired")
        assert self.runner.counts.failures == 0
        assert await self.events("routing.repaired") == []


@asynccontextmanager
async def open_floor(
    url: str,
    *,
    clock: Clock | None = None,
    node: str = "one",
    bus: Bus | None = None,
    rules: Rules = RULES,
    fresh: bool = True,
) -> AsyncIterator[Floor]:
    """A running node. ``fresh``: the schema is made first."""
    clock = clock or SetClock(NOON)
    if fresh:
        migrate(url, clock.now())
    chart = routing_chart()
    database = Database(url, chart=chart, clock=clock, readers=2, synchronous="OFF")
    bus = bus or LocalBus()
    tail = Tail(database, bus, chart)
    runner = Runner(database, bus, node=node, rules=rules)
    tail.follow(runner.hear)
    await database.start()
    await bus.start()
    await tail.start(None if database.is_sqlite else 0.05)
    await runner.start()
    try:
        yield Floor(database, tail, bus, runner, clock, node, rules)
    finally:
        await runner.stop()
        await tail.stop()
        await database.stop()


__all__ = ["NOON", "SECOND", "Floor", "open_floor", "routing_chart", "until"]
