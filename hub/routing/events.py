"""What happens to work, offers and presences. ``by_router`` marks what the router itself brought
about.
"""

from __future__ import annotations

from typing import Any

from hub.conversations.events import ConversationEvent
from hub.kernel.events import Event, event
from hub.kernel.ids import AgentId, OfferId, QueueId, WorkItemId


@event("work.queued")
class WorkQueued(ConversationEvent):
    """A conversation waits for somebody. ``seq`` counts work items in the order of the log."""

    item_id: WorkItemId
    seq: int
    medium: str
    weight: int
    language: str | None
    enqueued_at: int
    due: int
    preferred: tuple[AgentId, ...] = ()


@event("work.requeued")
class WorkRequeued(ConversationEvent):
    """Work waits again, at its old place: nobody took it, or whoever had it will not come back."""

    item_id: WorkItemId
    reason: str
    enqueued_at: int
    due: int
    from_agent_id: AgentId | None = None
    load: int | None = None
    by_router: bool = True


@event("work.transferred")
class WorkTransferred(ConversationEvent):
    """Work was handed on. ``queue_id`` is where it waits now; ``to_agent_id`` is who is asked
    first, if anybody.

    ``from_agent_id`` had it in hand; None when it was still waiting.
    """

    item_id: WorkItemId
    seq: int
    medium: str
    weight: int
    language: str | None
    enqueued_at: int
    due: int
    answered_at: int | None
    from_agent_id: AgentId | None
    to_agent_id: AgentId | None
    load: int | None = None
    wrap_up_until: int | None = None


@event("work.taken")
class WorkTaken(ConversationEvent):
    """An agent picked waiting work."""

    item_id: WorkItemId
    offer_id: OfferId
    waited: int
    in_time: bool
    is_first: bool
    load: int
    facts: dict[str, Any]


@event("work.turned")
class WorkTurned(ConversationEvent):
    """An agent's work weighs otherwise now: parked, resumed, held."""

    item_id: WorkItemId
    state: str
    load: int
    by_router: bool = True


@event("work.ended")
class WorkEnded(ConversationEvent):
    """The conversation is over for the router. ``state``: wrap_up, done, abandoned or cancelled."""

    item_id: WorkItemId
    before: str
    state: str
    by: str
    waited: int | None = None
    load: int | None = None
    wrap_up_until: int | None = None
    by_router: bool = False


@event("wrap_up.ended")
class WrapUpEnded(ConversationEvent):
    """The agent's wrap-up is over."""

    item_id: WorkItemId
    load: int
    disposition: str | None = None
    by_router: bool = False


@event("offer.made")
class OfferMade(ConversationEvent):
    """A work item is held for an agent until ``deadline``."""

    item_id: WorkItemId
    offer_id: OfferId
    mode: str
    medium: str
    units: int
    attempt: int
    deadline: int
    load: int
    by_router: bool = True


@event("offer.accepted")
class OfferAccepted(ConversationEvent):
    """The agent has taken the work on. ``is_first``: nobody had answered this item before."""

    item_id: WorkItemId
    offer_id: OfferId
    waited: int
    in_time: bool
    is_first: bool
    load: int
    facts: dict[str, Any]


@event("offer.ended")
class OfferEnded(ConversationEvent):
    """The offer came to nothing: declined, expired or withdrawn."""

    item_id: WorkItemId
    offer_id: OfferId
    state: str
    reason: str
    load: int
    by_router: bool = False


@event("presence.changed")
class PresenceChanged(Event):
    """What an agent says of themselves, or what the router knows of them, has changed.

    ``choice`` counts what they, or a supervisor for them, have said so far.
    """

    agent_id: AgentId
    status: str
    reason: str | None
    since: int
    routing_state: str
    cause: str
    choice: int = 0
    by_router: bool = False


@event("queue.changed")
class QueueChanged(Event):
    """A queue was added or changed; ``facts`` is all that routing needs to know of it."""

    queue_id: QueueId
    facts: dict[str, Any]


@event("routing.alerted")
class RoutingAlerted(Event):
    """Something a supervisor should hear of: an agent who does not respond, work nobody takes."""

    kind: str
    agent_id: AgentId | None = None
    conversation_id: str | None = None


@event("routing.repaired")
class RoutingRepaired(Event):
    """Rows and router disagreed and were made to agree. In a clean run this never happens."""

    what: str
    subject: str
