"""The router's picture of the world, read from the rows in one moment: what it is rebuilt from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from hub.agents import store as agents
from hub.agents.model import Agent as Person
from hub.kernel.ids import AgentId, ConversationId, OfferId, QueueId, WorkItemId
from hub.routing import store
from hub.routing.ledger import SEQ
from hub.routing.model import (
    Agent,
    AgentRow,
    AssignmentRow,
    Band,
    Exclusion,
    ItemRow,
    ItemState,
    Medium,
    Membership,
    OfferMode,
    OfferRow,
    OfferState,
    Queue,
    RoutingState,
    Rules,
    Snapshot,
    Strategy,
    WrapUp,
    WrapUpMode,
)
from hub.routing.rules import needs_of, spoken
from hub.storage import log
from hub.storage.schema import counters


@dataclass(frozen=True, slots=True)
class Recalled:
    """What was true at position ``seq`` of the log."""

    snapshot: Snapshot
    seq: int
    items: dict[ConversationId, WorkItemId]
    languages: dict[QueueId, frozenset[str]]
    disabled: tuple[AgentId, ...]
    chose_offline: set[str]
    choices: dict[str, int]
    """How often somebody has said how each agent is."""
    astray: int
    """Offers and assignments that contradict their items: the reconciler's work."""


def recall(
    connection: Connection, rules: Rules, epoch: int, connected: Collection[str], now: int
) -> Recalled:
    """Read everything the router needs. Who is not ``connected`` has until the end of grace to
    return.
    """
    people = agents.every(connection)
    queues = {
        row.id: core_queue(row.id, dict(row._mapping)) for row in store.queue_rows(connection)
    }
    languages = languages_of(people)
    presences = store.presence_rows(connection)
    rows = connection.execute(store.unfinished_items).all()
    items = [_item(row, queues[row.queue_id], languages) for row in rows]
    by_id = {item.id: item for item in items}
    offers = [_offer(row) for row in store.pending_offers(connection)]
    parts = [_assignment(row) for row in connection.execute(store.live_assignments)]
    sound_offers = [o for o in offers if _is(by_id.get(o.item), ItemState.OFFERED)]
    sound_parts = [p for p in parts if _fits(p, by_id.get(p.item))]
    served = {o.item for o in sound_offers} | {p.item for p in sound_parts}
    sound = [item for item in items if item.state is ItemState.QUEUED or item.id in served]
    next_seq = connection.execute(select(counters.c.value).where(counters.c.name == SEQ)).scalar()
    snapshot = Snapshot(
        rules=rules,
        queues=tuple(queues.values()),
        agents=tuple(core_agent(person) for person in people),
        agent_rows=tuple(_presence(row, connected, now) for row in presences),
        items=tuple(sound),
        offers=tuple(sound_offers),
        assignments=tuple(sound_parts),
        epoch=epoch,
        next_seq=(next_seq or 0) + 1,
        next_agent=max((row.seq for row in presences), default=0) + 1,
    )
    return Recalled(
        snapshot=snapshot,
        seq=log.last_seq(connection),
        items={row.conversation_id: row.id for row in rows if row.state != "wrap_up"},
        languages=languages,
        disabled=tuple(person.id for person in people if person.disabled),
        chose_offline={r.agent_id for r in presences if (r.status, r.cause) == ("offline", "set")},
        choices={row.agent_id: row.choice for row in presences},
        astray=len(items)
        + len(offers)
        + len(parts)
        - len(sound)
        - len(sound_offers)
        - len(sound_parts),
    )


def core_queue(queue_id: str, facts: dict[str, Any]) -> Queue:
    """A queue as the core knows it; its members are a group of its own."""
    return Queue(
        id=QueueId(queue_id),
        target=facts["target"],
        members=(Membership(group_of(queue_id)),),
        band=Band(facts["band"]),
        wrap_up=WrapUp(WrapUpMode(facts["wrap_up_mode"]), facts["wrap_up_limit"]),
        strategy=Strategy(facts["strategy"]),
    )


def core_agent(person: Person) -> Agent:
    """An agent as the core knows them."""
    return Agent(
        id=person.id,
        groups=frozenset(person.teams) | {group_of(queue) for queue in person.queues},
        languages=frozenset(spoken(language) or language for language in person.languages),
        units=person.capacity,
    )


def group_of(queue_id: str) -> str:
    """The name of the group of a queue's members; no team can be called so."""
    return f"queue:{queue_id}"


def languages_of(people: Collection[Person]) -> dict[QueueId, frozenset[str]]:
    """The languages that each queue's agents speak."""
    known: dict[QueueId, set[str]] = {}
    for person in people:
        if not person.disabled:
            for queue in person.queues:
                known.setdefault(queue, set()).update(map(spoken_by, person.languages))
    return {queue: frozenset(tongues) for queue, tongues in known.items()}


def spoken_by(language: str) -> str:
    return spoken(language) or language


def _presence(row: Any, connected: Collection[str], now: int) -> AgentRow:
    state = RoutingState(row.routing_state)
    resumes = None if row.resumes is None else RoutingState(row.resumes)
    lost_at = row.lost_at
    if state is not RoutingState.OFFLINE and row.agent_id not in connected:
        if state is not RoutingState.DISCONNECTED:
            state, resumes = RoutingState.DISCONNECTED, state
        lost_at = now
    return AgentRow(
        agent=row.agent_id,
        seq=row.seq,
        state=state,
        presence=None if row.status == "offline" else row.status,
        reason=row.reason,
        since=row.since,
        idle_since=row.idle_since,
        expiries=row.expiries,
        connected=state is not RoutingState.DISCONNECTED,
        resumes=resumes,
        lost_at=lost_at,
    )


def _item(row: Any, queue: Queue, languages: dict[QueueId, frozenset[str]]) -> ItemRow:
    known = languages.get(queue.id, frozenset())
    return ItemRow(
        id=row.id,
        seq=row.seq,
        queue=row.queue_id,
        medium=Medium(row.medium),
        state=ItemState(row.state),
        weight=row.weight,
        band=Band(row.band),
        enqueued_at=row.enqueued_at,
        due=row.due,
        origin_at=row.origin_at,
        entered_at=row.enqueued_at,
        agent=row.agent_id,
        answered_at=row.answered_at,
        needs=needs_of(row.language, known, queue.target),
        step=row.step,
        preferred=tuple(row.preferred),
        excluded=tuple(Exclusion(*excluded) for excluded in row.excluded),
        attempts=row.attempts,
        expiries=row.expiries,
    )


def _offer(row: Any) -> OfferRow:
    return OfferRow(
        id=row.id,
        item=row.item_id,
        agent=row.agent_id,
        state=OfferState.PENDING,
        mode=OfferMode(row.mode),
        at=row.made_at,
        deadline=row.deadline,
        units=row.units,
        override=row.override,
    )


def _assignment(row: Any) -> AssignmentRow:
    return AssignmentRow(
        item=row.item_id,
        agent=row.agent_id,
        queue=row.queue_id,
        medium=Medium(row.medium),
        state=ItemState(row.state),
        weight=row.weight,
        units=row.units,
        since=row.since,
        began_at=row.began_at,
        ends_at=row.ends_at,
        heard_at=row.since,
        offer=None if row.offer_id is None else OfferId(row.offer_id),
    )


def _is(item: ItemRow | None, state: ItemState) -> bool:
    return item is not None and item.state is state


def _fits(part: AssignmentRow, item: ItemRow | None) -> bool:
    if part.state is ItemState.WRAP_UP:
        return True
    return item is not None and item.state is part.state and item.agent == part.agent
