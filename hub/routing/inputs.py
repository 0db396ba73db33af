"""What the router can be told: each input is one fact, handed to ``step`` in the order of the log.

Inputs with the same moment are best handed in by ``RANK``: who leaves before who arrives.
"""

from __future__ import annotations

from hub.kernel.ids import AgentId, OfferId, QueueId, WorkItemId
from hub.routing.facts import fact
from hub.routing.model import Agent, Band, Medium, OfferMode, Queue, Rules, Step
from hub.routing.timers import Timer

# Configuration


@fact
class Started:
    """The router begins, perhaps from a snapshot: what can be offered is."""


@fact
class RulesChanged:
    """The rules of the hub are now these."""

    rules: Rules


@fact
class QueueChanged:
    """A queue was made or changed."""

    queue: Queue


@fact
class AgentChanged:
    """An agent was made, or what they can do changed. A ringing offer is not withdrawn for it."""

    agent: Agent


@fact
class AgentRemoved:
    """An agent is no longer one: as a forced signing out, and then unknown."""

    agent: AgentId


# Presence and connection


@fact
class SignedIn:
    """The agent's workbench is there; their presence is ``Rules.first_presence``."""

    agent: AgentId


@fact
class SignedOut:
    """The agent leaves. Refused (``has_live_work``) unless nothing is in hand or it is forced."""

    agent: AgentId
    force: bool = False


@fact
class PresenceSet:
    """The agent, or a supervisor for them, says a presence. Signs in who was offline."""

    agent: AgentId
    presence: str
    reason: str | None = None


@fact
class DrainAsked:
    """Finish what is in hand, take nothing new; then ``to`` that presence, or offline."""

    agent: AgentId
    to: str | None = None


@fact
class Heartbeat:
    """The agent's workbench was heard. Needed only with ``Rules.heartbeat_timeout``."""

    agent: AgentId


@fact
class ConnectionLost:
    """The agent's last connection is gone."""

    agent: AgentId


@fact
class ConnectionBack:
    """The agent is connected again."""

    agent: AgentId


# Work


@fact
class ItemQueued:
    """Work arrives. ``enqueued_at`` and ``origin_at`` are now unless given."""

    item: WorkItemId
    queue: QueueId
    medium: Medium
    needs: tuple[Step, ...] = ()
    """The item's own requirement and its relaxations; empty means anyone the queue allows."""
    boost: int = 0
    """How many ms earlier than the queue's target the item is due."""
    band: Band | None = None
    weight: int | None = None
    preferred: tuple[AgentId, ...] = ()
    """Agents who come first when they are able, best first."""
    enqueued_at: int | None = None
    origin_at: int | None = None
    resumes: WorkItemId | None = None
    """The abandoned item of the same customer, whose place this takes while it is kept."""


@fact
class ItemChanged:
    """Waiting work is edited: ``None`` leaves as it is."""

    item: WorkItemId
    needs: tuple[Step, ...] | None = None
    boost_by: int = 0
    band: Band | None = None


@fact
class CustomerLeft:
    """The customer is gone: waiting work is abandoned, work in hand goes to wrap-up."""

    item: WorkItemId


@fact
class ItemCancelled:
    """The work need not be done any more, in whatever state it is."""

    item: WorkItemId
    reason: str = "cancelled"


@fact
class ItemAssigned:
    """Somebody decided who gets waiting or offered work.

    ``PICKED``: the agent took it (accepted as soon as it is confirmed); ``ASSIGNED``: a supervisor
    sent it.
    """

    item: WorkItemId
    agent: AgentId
    mode: OfferMode = OfferMode.ASSIGNED
    override: bool = False
    """Beyond capacity, and past every rule of eligibility; the why-record says so."""


@fact
class TransferredToQueue:
    """The agent hands work in progress to a queue; they go to wrap-up."""

    item: WorkItemId
    queue: QueueId
    needs: tuple[Step, ...] | None = None
    """A new requirement; ``None`` keeps the old."""


@fact
class TransferredToAgent:
    """The agent hands work in progress to a colleague, if the colleague can take it."""

    item: WorkItemId
    agent: AgentId
    override: bool = False


@fact
class Bridged:
    """Agent and customer hear each other: CONNECTING becomes ACTIVE."""

    item: WorkItemId


@fact
class BridgeFailed:
    """They do not; ``customer_gone`` tells why."""

    item: WorkItemId
    customer_gone: bool = False


@fact
class AgentLegLost:
    """The agent's line is lost while the customer is still there, who goes first now."""

    item: WorkItemId


@fact
class ItemHeld:
    """The customer is put on hold."""

    item: WorkItemId


@fact
class ItemUnheld:
    """The hold is over."""

    item: WorkItemId


@fact
class ItemParked:
    """The work waits for the customer, and weighs less."""

    item: WorkItemId


@fact
class CustomerWrote:
    """The customer is heard: parked work resumes, or queues again when its agent has no room."""

    item: WorkItemId


@fact
class WorkEnded:
    """The conversation is over for the agent: wrap-up, or done."""

    item: WorkItemId


@fact
class WrapUpEnded:
    """The agent finished their wrap-up of this item."""

    item: WorkItemId
    agent: AgentId


# Offers


@fact
class GrantConfirmed:
    """The grant is committed: the offer may be shown to the agent."""

    offer: OfferId


@fact
class GrantRefused:
    """The database would not have it; with ``item_gone`` the item is forgotten."""

    offer: OfferId
    item_gone: bool = False


@fact
class OfferDelivered:
    """The agent's screen shows the offer."""

    offer: OfferId


@fact
class OfferAccepted:
    """The agent accepts."""

    offer: OfferId


@fact
class OfferDeclined:
    """The agent declines, and is not offered this item again while somebody else could take it."""

    offer: OfferId
    reason: str | None = None


@fact
class OfferWithdrawn:
    """A supervisor takes the offer back."""

    offer: OfferId
    reason: str = "supervisor"


# Time


@fact
class TimerFired:
    """A timer of ``next_timer`` is due. Fired early, twice or too late it does nothing."""

    timer: Timer


Input = (
    Started
    | RulesChanged
    | QueueChanged
    | AgentChanged
    | AgentRemoved
    | SignedIn
    | SignedOut
    | PresenceSet
    | DrainAsked
    | Heartbeat
    | ConnectionLost
    | ConnectionBack
    | ItemQueued
    | ItemChanged
    | CustomerLeft
    | ItemCancelled
    | ItemAssigned
    | TransferredToQueue
    | TransferredToAgent
    | Bridged
    | BridgeFailed
    | AgentLegLost
    | ItemHeld
    | ItemUnheld
    | ItemParked
    | CustomerWrote
    | WorkEnded
    | WrapUpEnded
    | GrantConfirmed
    | GrantRefused
    | OfferDelivered
    | OfferAccepted
    | OfferDeclined
    | OfferWithdrawn
    | TimerFired
)

RANK: dict[type, int] = {
    CustomerLeft: 0,
    ItemCancelled: 0,
    WorkEnded: 1,
    WrapUpEnded: 1,
    ItemParked: 1,
    OfferAccepted: 2,
    TimerFired: 3,
    ItemQueued: 4,
}
"""The order of inputs that share a moment; the others stand with ``OfferAccepted``."""
