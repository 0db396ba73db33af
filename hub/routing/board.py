"""The live board: who waits where and since when, who is how, and the balance of everything.

Every node has one. It begins with the rows at one position of the log and follows the log from
there; each event changes a few numbers, and nothing is counted anew while the hub runs.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any

from sqlalchemy import Connection, select

from hub.agents import store as agents
from hub.agents.model import Agent as Person
from hub.kernel.clock import DAY, MINUTE, Millis
from hub.kernel.events import Event
from hub.kernel.ids import AgentId, ConversationId, QueueId, WorkItemId
from hub.routing import store
from hub.routing.estimate import estimate
from hub.routing.events import (
    OfferAccepted,
    OfferEnded,
    OfferMade,
    PresenceChanged,
    QueueChanged,
    WorkEnded,
    WorkQueued,
    WorkRequeued,
    WorkTaken,
    WorkTransferred,
    WorkTurned,
    WrapUpEnded,
)
from hub.routing.model import RoutingState
from hub.routing.rules import OFFLINE, RULES
from hub.routing.views import (
    AgentFigures,
    Balance,
    LiveStrip,
    PresenceView,
    QueueFigures,
    Waiting,
    seen_state,
)
from hub.storage import log

PACE_OVER = Millis(15 * MINUTE)
"""The pace of a queue is what was answered in this time."""


@dataclass(slots=True, eq=False)
class _Item:
    id: WorkItemId
    conversation_id: ConversationId
    queue_id: QueueId
    enqueued_at: int
    due: int
    state: str
    agent_id: str | None = None
    answered: bool = False


@dataclass(slots=True, eq=False)
class _Queue:
    id: QueueId
    target: int
    line: list[tuple[int, str]] = field(default_factory=list)
    """Who waits unoffered, by due moment."""
    oldest: list[tuple[int, str]] = field(default_factory=list)
    """A heap of everybody who ever came to wait; those who left are dropped when they come up."""
    waiting: int = 0
    offered: int = 0
    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    starts: deque[int] = field(default_factory=deque)
    members: set[str] = field(default_factory=set)
    by_kind: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Agent:
    id: AgentId
    status: str
    reason: str | None
    since: int
    routing_state: str
    load: int
    capacity: int
    queues: frozenset[QueueId]
    held: dict[str, str] = field(default_factory=dict)
    """What the agent has: item -> *offered*, *active* or *wrap_up*."""
    kind: tuple[str, str] = ("", "")
    view: PresenceView | None = None
    """How the agent is, as last asked; None once that has changed."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What the board begins with."""

    seq: int
    queues: Sequence[Any]
    people: Sequence[Person]
    presences: Sequence[Any]
    items: Sequence[Any]
    offers: Sequence[Any]
    parts: Sequence[Any]
    today: Sequence[Any]
    ever: int


def read_opening(connection: Connection, midnight: int) -> Opening:
    """Read, in one moment, all that the board begins with."""
    items = store.work_items.c
    today = connection.execute(
        select(
            items.queue_id,
            items.enqueued_at,
            items.answered_at,
            items.answered_in,
            items.in_time,
            items.ended_at,
            items.state,
        ).where(items.enqueued_at >= midnight - DAY)
    )
    return Opening(
        seq=log.last_seq(connection),
        queues=store.queue_rows(connection),
        people=agents.every(connection),
        presences=store.presence_rows(connection),
        items=connection.execute(store.unfinished_items).all(),
        offers=store.pending_offers(connection),
        parts=connection.execute(store.live_assignments).all(),
        today=today.all(),
        ever=store.items_ever(connection),
    )


class Board:
    """The figures of one moment, kept true by following the log."""

    def __init__(self, utc_offset: int = 0) -> None:
        self._utc_offset = utc_offset
        self._seq = -1
        self._day = 0
        self._queues: dict[str, _Queue] = {}
        self._agents: dict[str, _Agent] = {}
        self._items: dict[str, _Item] = {}
        self._waiting: dict[str, str] = {}
        self._kinds: dict[str, int] = {}
        self._received = 0
        self._with_agents = 0
        self._waiting_count = 0
        self._ended = 0
        self._fresh: dict[str, None] = {}

    def midnight(self, now: int) -> int:
        """When today began, in the hub's time zone."""
        return now - (now + self._utc_offset) % DAY

    # -- opening ----------------------------------------------------------------------------------

    def open(self, opening: Opening, now: int) -> None:
        """Begin with what was read."""
        self._seq = opening.seq
        self._day = self.midnight(now)
        self._queues = {row.id: _Queue(row.id, row.target) for row in opening.queues}
        self._items, self._waiting, self._agents, self._kinds = {}, {}, {}, {}
        self._with_agents = self._waiting_count = 0
        for row in opening.presences:
            self._agents[row.agent_id] = _Agent(
                row.agent_id,
                row.status,
                row.reason,
                row.since,
                row.routing_state,
                row.used,
                row.capacity,
                frozenset(),
            )
        for row in opening.items:
            if row.state in store.LIVE:
                self._restore(row)
        for offer in opening.offers:
            self._hold(offer.agent_id, offer.item_id, "offered")
        for part in opening.parts:
            state = "wrap_up" if part.state == "wrap_up" else "active"
            self._hold(part.agent_id, part.item_id, state)
        for row in opening.today:
            self._recount(row)
        for queue in self._queues.values():
            recent = sorted(start for start in queue.starts if start > now - PACE_OVER)
            queue.starts = deque(recent)
        self._received = opening.ever
        self._ended = opening.ever - len(self._items)
        self.learn(opening.people)

    def _restore(self, row: Any) -> None:
        item = _Item(
            row.id,
            row.conversation_id,
            row.queue_id,
            row.enqueued_at,
            row.due,
            row.state,
            row.agent_id,
            row.answered_at is not None,
        )
        self._items[item.id] = item
        self._waiting[item.conversation_id] = item.id
        if item.state in store.IN_HAND:
            self._with_agents += 1
        else:
            self._enter(item)
            if item.state == "offered":
                self._to_offered(item)

    def _recount(self, row: Any) -> None:
        """Count what became of an item today."""
        if row.answered_at is not None:
            queue = self._queues.get(row.answered_in)
            if queue is not None and row.answered_at >= self._day:
                queue.answered += 1
                queue.in_time += row.in_time
                queue.starts.append(row.answered_at)
        elif row.state == "abandoned" and row.ended_at >= self._day:
            queue = self._queues.get(row.queue_id)
            if queue is not None:
                queue.abandoned += row.ended_at - row.enqueued_at > RULES.short_abandon

    def learn(self, people: Sequence[Person]) -> None:
        """Agents were added or changed: their capacity, and whose queues they serve."""
        for person in people:
            agent = self._agents.get(person.id)
            if person.disabled:
                if agent is not None:
                    self._forget(agent)
                continue
            if agent is None:
                agent = _Agent(
                    person.id, OFFLINE, None, 0, OFFLINE, 0, person.capacity, frozenset()
                )
                self._agents[person.id] = agent
            elif agent.kind[0] and (agent.capacity, agent.queues) == (
                person.capacity,
                person.queues,
            ):
                continue
            self._uncount(agent)
            agent.capacity, agent.queues = person.capacity, person.queues
            self._count(agent)
            self._fresh[agent.id] = None

    def _forget(self, agent: _Agent) -> None:
        self._uncount(agent)
        del self._agents[agent.id]

    # -- following --------------------------------------------------------------------------------

    def hear(self, seq: int, event: Event) -> None:
        """One event of the log; what is older than the opening is in it already."""
        if seq <= self._seq:
            return
        self._seq = seq
        heard = HEARD.get(type(event))
        if heard is not None:
            if event.at >= self._day + DAY:
                self._turn_day(event.at)
            heard(self, event)

    def _turn_day(self, now: int) -> None:
        self._day = self.midnight(now)
        for queue in self._queues.values():
            queue.answered = queue.in_time = queue.abandoned = 0

    def _queued(self, event: WorkQueued) -> None:
        assert event.queue_id is not None
        item = _Item(
            event.item_id,
            event.conversation_id,
            event.queue_id,
            event.enqueued_at,
            event.due,
            "queued",
        )
        self._items[item.id] = item
        self._waiting[item.conversation_id] = item.id
        self._received += 1
        self._enter(item)

    def _made(self, event: OfferMade) -> None:
        item = self._items.get(event.item_id)
        if item is not None and item.state == "queued":
            self._to_offered(item)
        self._hold(event.agent_id, event.item_id, "offered", event.load)

    def _offer_ended(self, event: OfferEnded) -> None:
        item = self._items.get(event.item_id)
        if item is not None and item.state == "offered":
            self._back_in_line(item)
        self._hold(event.agent_id, event.item_id, None, event.load)

    def _answered(self, event: OfferAccepted | WorkTaken) -> None:
        item = self._items.get(event.item_id)
        if item is not None and item.state in store.WAITING:
            self._exit(item)
            item.state, item.agent_id = "active", event.agent_id
            self._with_agents += 1
            queue = self._queues.get(item.queue_id)
            if queue is not None:
                self._note_pace(queue, event.at)
                if event.is_first:
                    queue.answered += 1
                    queue.in_time += event.in_time
            item.answered = True
        self._hold(event.agent_id, event.item_id, "active", event.load)

    def _requeued(self, event: WorkRequeued) -> None:
        if event.from_agent_id is not None:
            self._hold(event.from_agent_id, event.item_id, None, event.load)
        self._wait_again(event)

    def _transferred(self, event: WorkTransferred) -> None:
        if event.from_agent_id is not None:
            state = None if event.wrap_up_until is None else "wrap_up"
            self._hold(event.from_agent_id, event.item_id, state, event.load)
        self._wait_again(event)

    def _wait_again(self, event: WorkRequeued | WorkTransferred) -> None:
        item = self._items.get(event.item_id)
        if item is None or event.queue_id is None:
            return
        if item.state in store.WAITING:
            self._exit(item)
        else:
            self._with_agents -= 1
        item.queue_id, item.due, item.enqueued_at = event.queue_id, event.due, event.enqueued_at
        item.state, item.agent_id = "queued", None
        self._enter(item)

    def _turned(self, event: WorkTurned) -> None:
        state = "wrap_up" if event.state == "wrap_up" else "active"
        self._hold(event.agent_id, event.item_id, state, event.load)

    def _work_ended(self, event: WorkEnded) -> None:
        item = self._items.pop(event.item_id, None)
        if item is not None:
            if self._waiting.get(item.conversation_id) == item.id:
                del self._waiting[item.conversation_id]
            if item.state in store.WAITING:
                self._exit(item)
                queue = self._queues.get(item.queue_id)
                if queue is not None and event.state == "abandoned" and not item.answered:
                    queue.abandoned += (event.waited or 0) > RULES.short_abandon
            else:
                self._with_agents -= 1
            self._ended += 1
        if event.agent_id is not None:
            state = "wrap_up" if event.state == "wrap_up" else None
            self._hold(event.agent_id, event.item_id, state, event.load)

    def _wrapped_up(self, event: WrapUpEnded) -> None:
        self._hold(event.agent_id, event.item_id, None, event.load)

    def _presence(self, event: PresenceChanged) -> None:
        agent = self._agents.get(event.agent_id)
        if agent is None:
            agent = self._agents[event.agent_id] = _Agent(
                event.agent_id, OFFLINE, None, 0, OFFLINE, 0, 0, frozenset()
            )
        self._uncount(agent)
        agent.status, agent.reason, agent.since = event.status, event.reason, event.since
        agent.routing_state = event.routing_state
        self._count(agent)
        self._fresh[agent.id] = None

    def _queue_changed(self, event: QueueChanged) -> None:
        queue = self._queues.get(event.queue_id)
        if queue is None:
            self._queues[event.queue_id] = _Queue(event.queue_id, event.facts["target"])
        else:
            queue.target = event.facts["target"]

    # -- waiting ----------------------------------------------------------------------------------

    def _enter(self, item: _Item) -> None:
        queue = self._queues.get(item.queue_id)
        self._waiting_count += 1
        if queue is not None:
            insort(queue.line, (item.due, item.id))
            heappush(queue.oldest, (item.enqueued_at, item.id))
            queue.waiting += 1
            if len(queue.oldest) > 64 + 2 * (queue.waiting + queue.offered):
                queue.oldest = [e for e in queue.oldest if self._is_waiting(queue, *e)]
                heapify(queue.oldest)

    def _exit(self, item: _Item) -> None:
        queue = self._queues.get(item.queue_id)
        self._waiting_count -= 1
        if queue is None:
            return
        if item.state == "offered":
            queue.offered -= 1
        else:
            self._leave_line(queue, item)
            queue.waiting -= 1

    def _to_offered(self, item: _Item) -> None:
        queue = self._queues.get(item.queue_id)
        item.state = "offered"
        if queue is not None:
            self._leave_line(queue, item)
            queue.waiting -= 1
            queue.offered += 1

    def _back_in_line(self, item: _Item) -> None:
        queue = self._queues.get(item.queue_id)
        item.state = "queued"
        if queue is not None:
            insort(queue.line, (item.due, item.id))
            queue.offered -= 1
            queue.waiting += 1

    @staticmethod
    def _leave_line(queue: _Queue, item: _Item) -> None:
        at = bisect_left(queue.line, (item.due, item.id))
        if at < len(queue.line) and queue.line[at][1] == item.id:
            del queue.line[at]

    def _longest(self, queue: _Queue) -> int | None:
        """Since when whoever has waited longest in the queue waits."""
        while queue.oldest:
            since, item_id = queue.oldest[0]
            if self._is_waiting(queue, since, item_id):
                return since
            heappop(queue.oldest)
        return None

    def _is_waiting(self, queue: _Queue, since: int, item_id: str) -> bool:
        """True while the item waits in this queue since then."""
        item = self._items.get(item_id)
        return (
            item is not None
            and item.state in store.WAITING
            and item.queue_id == queue.id
            and item.enqueued_at == since
        )

    @staticmethod
    def _note_pace(queue: _Queue, at: int) -> None:
        queue.starts.append(at)
        while queue.starts and queue.starts[0] < at - PACE_OVER:
            queue.starts.popleft()

    # -- agents -----------------------------------------------------------------------------------

    def _hold(
        self, agent_id: str | None, item_id: str, state: str | None, load: int | None = None
    ) -> None:
        agent = self._agents.get(agent_id or "")
        if agent is None:
            return
        self._uncount(agent)
        if state is None:
            agent.held.pop(item_id, None)
        else:
            agent.held[item_id] = state
        if load is not None:
            agent.load = load
        self._count(agent)
        self._fresh[agent.id] = None

    def _count(self, agent: _Agent) -> None:
        kind = _kind_of(agent)
        agent.kind = kind
        self._kinds[kind[0]] = self._kinds.get(kind[0], 0) + 1
        for queue_id in agent.queues:
            queue = self._queues.get(queue_id)
            if queue is not None:
                queue.by_kind[kind[1]] = queue.by_kind.get(kind[1], 0) + 1

    def _uncount(self, agent: _Agent) -> None:
        agent.view = None
        if not agent.kind[0]:
            return
        self._kinds[agent.kind[0]] -= 1
        for queue_id in agent.queues:
            queue = self._queues.get(queue_id)
            if queue is not None:
                queue.by_kind[agent.kind[1]] -= 1
        agent.kind = ("", "")

    # -- asking -----------------------------------------------------------------------------------

    def live(self, now: Millis) -> LiveStrip:
        """The strip of figures that supervisors see."""
        if now >= self._day + DAY:
            self._turn_day(now)
        kinds = self._kinds
        return LiveStrip(
            at=now,
            queues=tuple(self._figures(queue) for queue in self._queues.values()),
            agents=AgentFigures(
                available=kinds.get("available", 0),
                busy=kinds.get("busy", 0),
                away=kinds.get("away", 0),
                wrap_up=kinds.get("wrap_up", 0),
                offline=kinds.get(OFFLINE, 0),
            ),
            balance=Balance(self._received, self._with_agents, self._waiting_count, self._ended),
        )

    def figures(self) -> dict[QueueId, QueueFigures]:
        """The figures of each queue."""
        return {queue.id: self._figures(queue) for queue in self._queues.values()}

    def _figures(self, queue: _Queue) -> QueueFigures:
        judged = queue.answered + queue.abandoned
        longest = self._longest(queue)
        return QueueFigures(
            id=queue.id,
            waiting=queue.waiting,
            longest_wait_since=None if longest is None else Millis(longest),
            service_level=queue.in_time / judged if judged else None,
            offered=queue.offered,
            idle=queue.by_kind.get("idle", 0),
            busy=queue.by_kind.get("busy", 0),
            wrap_up=queue.by_kind.get("wrap_up", 0),
        )

    def presences(self) -> dict[AgentId, PresenceView]:
        """How every agent is. Who has not changed has the same view as the last time."""
        return {agent.id: _view(agent) for agent in self._agents.values()}

    def fresh_presences(self) -> dict[AgentId, PresenceView]:
        """How those are who have changed since this was last asked."""
        changed = [self._agents[id_] for id_ in self._fresh if id_ in self._agents]
        self._fresh.clear()
        return {agent.id: _view(agent) for agent in changed}

    def waiting(
        self, conversation_id: str, now: Millis, position: int | None = None
    ) -> Waiting | None:
        """What the customer of a waiting conversation is told; None when nobody waits there.

        ``position`` is the router's, where one runs here; else it is the place in the queue's own
        line.
        """
        item = self._items.get(self._waiting.get(conversation_id, ""))
        if item is None or item.state not in store.WAITING:
            return None
        queue = self._queues.get(item.queue_id)
        if queue is None or item.state == "offered":
            return Waiting(1, None)
        if position is None:
            position = bisect_left(queue.line, (item.due, item.id)) + 1
        recent = sum(1 for start in queue.starts if start > now - PACE_OVER)
        return Waiting(position, estimate(position, recent, PACE_OVER))

    def item_of(self, conversation_id: str) -> str | None:
        """The unfinished work item of a conversation."""
        return self._waiting.get(conversation_id)


def _kind_of(agent: _Agent) -> tuple[str, str]:
    """As what an agent counts: among all agents, and in each queue they serve."""
    if agent.status == OFFLINE:
        return OFFLINE, OFFLINE
    held = set(agent.held.values())
    if "wrap_up" in held and not held - {"wrap_up"}:
        return "wrap_up", "wrap_up"
    routable = agent.routing_state == RoutingState.ROUTABLE
    here = "busy" if held else "idle" if routable else "out"
    return agent.status, here


def _view(agent: _Agent) -> PresenceView:
    if agent.view is None:
        agent.view = PresenceView(
            status=agent.status,
            reason=agent.reason,
            since=Millis(agent.since),
            routing_state=seen_state(agent.routing_state, agent.load),
            load=agent.load,
            capacity=agent.capacity,
            connected=agent.routing_state != RoutingState.DISCONNECTED,
        )
    return agent.view


HEARD: dict[type[Event], Callable[[Board, Any], None]] = {
    WorkQueued: Board._queued,
    OfferMade: Board._made,
    OfferEnded: Board._offer_ended,
    OfferAccepted: Board._answered,
    WorkTaken: Board._answered,
    WorkRequeued: Board._requeued,
    WorkTransferred: Board._transferred,
    WorkTurned: Board._turned,
    WorkEnded: Board._work_ended,
    WrapUpEnded: Board._wrapped_up,
    PresenceChanged: Board._presence,
    QueueChanged: Board._queue_changed,
}
"""What each event means to the board."""
