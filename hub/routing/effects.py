"""What the router asks of its runner: facts to keep and tell, in the order they came about.

Only ``Grant`` can be refused: the runner commits it and answers ``GrantConfirmed`` or
``GrantRefused``. Until then the router has reserved item and agent, and ends nothing of it.
Everything else simply is so. Loads are told as differences, since the database may not have seen
every reservation yet; a grant brings its own units, so no ``LoadChanged`` comes with it.
"""

from __future__ import annotations

from hub.kernel.ids import AgentId, OfferId, QueueId, WorkItemId
from hub.routing.facts import fact
from hub.routing.model import ItemState, Medium, OfferMode, OfferState, RoutingState
from hub.routing.why import Why


@fact
class Grant:
    """Offer this item to this agent, if the database agrees; the item is OFFERED from now on."""

    offer: OfferId
    item: WorkItemId
    agent: AgentId
    queue: QueueId
    medium: Medium
    units: int
    at: int
    deadline: int
    attempt: int
    """1 for the first offer of this item."""
    mode: OfferMode
    why: Why
    override: bool = False
    """Capacity need not be checked."""


@fact
class OfferChanged:
    """A confirmed offer is now in this state: RINGING, or one of the final four.

    ``reason`` says more of the final ones, such as ``presence``, ``connection_lost``,
    ``undelivered``.
    """

    offer: OfferId
    item: WorkItemId
    agent: AgentId
    state: OfferState
    reason: str | None = None


@fact
class ItemMoved:
    """A work item is now in this state; every field is its value from now on."""

    item: WorkItemId
    state: ItemState
    reason: str
    queue: QueueId
    agent: AgentId | None
    """Whose it is, from CONNECTING to WRAP_UP; else ``None``."""
    seq: int
    enqueued_at: int
    due: int
    step: int
    attempts: int


@fact
class WorkMoved:
    """An agent's work on an item is now in this state; ``state`` DONE ends it.

    Told beside ``ItemMoved`` because the two part ways: after a transfer the item waits elsewhere
    while its former agent is still in wrap-up.
    """

    agent: AgentId
    item: WorkItemId
    state: ItemState
    reason: str
    ends_at: int | None = None
    """When the wrap-up, the connecting or the parking runs out."""


@fact
class LoadChanged:
    """The agent carries so many more (or fewer) units, and items of the medium, than before."""

    agent: AgentId
    item: WorkItemId
    medium: Medium
    units_by: int
    count_by: int


@fact
class PresenceChanged:
    """What the router knows of an agent is now this."""

    agent: AgentId
    state: RoutingState
    presence: str | None
    reason: str | None
    since: int
    cause: str
    """What led to it: ``signed_in``, ``set``, ``rona``, ``connection_lost``, ``grace_over``, ..."""
    pending: str | None = None
    """The presence that waits for the current offer or work to end."""


@fact
class Alerted:
    """Something a supervisor should hear of: ``rona``, ``presence_expired``, ``max_offers``."""

    kind: str
    agent: AgentId | None = None
    item: WorkItemId | None = None


@fact
class OffsetChanged:
    """The queue's items are from now on moved forward by so many ms in the order of all."""

    queue: QueueId
    offset: int
    kept: int | None
    """Of 1,000 customers, how many were lately answered within the target."""


@fact
class Refused:
    """The input was not possible and changed nothing. ``code`` says why, as in an answer to a user.

    ``offer_gone``, ``unknown_item``, ``unknown_agent``, ``unknown_queue``, ``unknown_offer``,
    ``unknown_presence``, ``needs_reason``, ``wrong_state``, ``has_live_work``, ``already_queued``,
    ``no_early_exit``, or, for an assignment, why the agent cannot take the item (``capacity``,
    ``medium``, ``not_eligible``, ``not_routable``, ``offline``, ``locked``, ``excluded``, ...).
    """

    code: str
    subject: str


Effect = (
    Grant
    | OfferChanged
    | ItemMoved
    | WorkMoved
    | LoadChanged
    | PresenceChanged
    | Alerted
    | OffsetChanged
    | Refused
)
