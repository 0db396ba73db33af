"""Queues, offers, presences and the live strip as screens hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from hub.agents import store as agents
from hub.conversations.views import Person
from hub.kernel.clock import Millis
from hub.kernel.ids import AgentId, ConversationId, OfferId, QueueId, WorkItemId
from hub.routing import store
from hub.routing.estimate import Estimate
from hub.routing.model import RoutingState
from hub.routing.why import Why


@dataclass(frozen=True, slots=True)
class Named:
    """A name in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class WrapUpView:
    mode: str
    limit: int | None


@dataclass(frozen=True, slots=True)
class QueueView:
    id: QueueId
    rev: int
    key: str
    name: Named
    medium: str
    target: int
    goal: float
    members: tuple[AgentId, ...]
    wrap_up: WrapUpView
    strategy: str

    @classmethod
    def of(cls, row: Any, members: Sequence[AgentId]) -> QueueView:
        return cls(
            id=row.id,
            rev=row.rev,
            key=row.key,
            name=Named(row.name_zh, row.name_en),
            medium=row.medium,
            target=row.target,
            goal=row.goal,
            members=tuple(members),
            wrap_up=WrapUpView(row.wrap_up_mode, row.wrap_up_limit),
            strategy=row.strategy,
        )


@dataclass(frozen=True, slots=True)
class PresenceView:
    """What colleagues see of an agent: what they say, and how the router finds them."""

    status: str
    reason: str | None
    since: Millis
    routing_state: str
    load: int
    capacity: int
    connected: bool


@dataclass(frozen=True, slots=True)
class WhyView:
    """Why the offer came to this agent: a code, and the facts of its sentence."""

    code: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OfferView:
    """One work item held for one agent; ``waited`` is how long the customer had waited then."""

    id: OfferId
    rev: int
    item_id: WorkItemId
    conversation_id: ConversationId
    queue_id: QueueId
    agent_id: AgentId
    state: str
    made_at: Millis
    deadline: Millis
    waited: int
    customer: Person
    channel: str
    preview: str
    why: WhyView


@dataclass(frozen=True, slots=True)
class QueueFigures:
    id: QueueId
    waiting: int
    longest_wait_since: Millis | None
    service_level: float | None
    offered: int
    idle: int
    busy: int
    wrap_up: int


@dataclass(frozen=True, slots=True)
class AgentFigures:
    available: int
    busy: int
    away: int
    wrap_up: int
    offline: int


@dataclass(frozen=True, slots=True)
class Balance:
    """Everything that was ever queued is with an agent, waiting or ended: counted apart, they
    must agree.
    """

    received: int
    with_agents: int
    waiting: int
    ended: int


@dataclass(frozen=True, slots=True)
class LiveStrip:
    at: Millis
    queues: tuple[QueueFigures, ...]
    agents: AgentFigures
    balance: Balance


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a waiting customer is told."""

    position: int
    estimate: Estimate | None


def seen_state(routing_state: str, load: int) -> str:
    """The routing state in the words of the screens: idle, interacting or unresponsive."""
    if routing_state == RoutingState.NOT_RESPONDING:
        return "unresponsive"
    return "interacting" if load else "idle"


def presence_view(row: Any) -> PresenceView:
    return PresenceView(
        status=row.status,
        reason=row.reason,
        since=row.since,
        routing_state=seen_state(row.routing_state, row.used),
        load=row.used,
        capacity=row.capacity,
        connected=row.routing_state != RoutingState.DISCONNECTED,
    )


def offer_view(row: Any) -> dict[str, Any]:
    """An offer's row as screens hold it."""
    return {
        "id": row.id,
        "rev": row.rev,
        "item_id": row.item_id,
        "conversation_id": row.conversation_id,
        "queue_id": row.queue_id,
        "agent_id": row.agent_id,
        "state": row.state,
        "made_at": row.made_at,
        "deadline": row.deadline,
        **row.shown,
    }


def why_record(row: Any) -> dict[str, Any] | None:
    """The whole record of the choice that led to an offer; none for what people decided."""
    return None if row.why is None else msgspec.convert(row.why, Why).as_dict()


def queue_views(connection: Connection) -> list[QueueView]:
    """All queues with their members, by key."""
    members = agents.members(connection)
    return [QueueView.of(row, members.get(row.id, ())) for row in store.queue_rows(connection)]


def offer_views(connection: Connection, agent_id: str) -> list[dict[str, Any]]:
    """The offers that wait for this agent's answer."""
    return [offer_view(row) for row in store.pending_offers(connection, agent_id)]


def presence_views(connection: Connection) -> dict[AgentId, PresenceView]:
    """What every agent says of themselves now."""
    return {row.agent_id: presence_view(row) for row in store.presence_rows(connection)}


def as_json(view: Any) -> Any:
    """A view as plain JSON values."""
    return msgspec.to_builtins(view)
