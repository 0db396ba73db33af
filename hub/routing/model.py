"""The words of routing: what is configured, and what a snapshot of the router holds.

All values are frozen. Moments and durations are whole milliseconds; capacity is in whole units, of
which an agent has 100 unless said otherwise. Nothing here knows a clock or a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType

from hub.kernel.clock import DAY, HOUR, MINUTE, SECOND
from hub.kernel.ids import AgentId, OfferId, QueueId, WorkItemId


class Medium(StrEnum):
    """The kind of attention work asks for; several channels may bring the same kind."""

    VOICE = "voice"
    VIDEO = "video"
    CHAT = "chat"
    MESSAGING = "messaging"
    EMAIL = "email"
    TASK = "task"
    CALLBACK = "callback"


class Band(IntEnum):
    """Work of a lower band is always served first. Anything finer is said in seconds of boost."""

    EMERGENCY = 0
    NORMAL = 1
    BACKGROUND = 2


class RoutingState(StrEnum):
    """What the router knows of an agent (the machine of ``presence.py``)."""

    OFFLINE = "offline"
    ROUTABLE = "routable"
    NOT_ROUTABLE = "not_routable"
    NOT_RESPONDING = "not_responding"
    DRAINING = "draining"
    DISCONNECTED = "disconnected"


class ItemState(StrEnum):
    """Where a work item is in its life (the machine of ``lifecycle.py``)."""

    QUEUED = "queued"
    OFFERED = "offered"
    CONNECTING = "connecting"
    ACTIVE = "active"
    HELD = "held"
    PARKED = "parked"
    WRAP_UP = "wrap_up"
    DONE = "done"
    ABANDONED = "abandoned"
    OVERFLOWED_OUT = "overflowed_out"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL


TERMINAL = frozenset(
    {
        ItemState.DONE,
        ItemState.ABANDONED,
        ItemState.OVERFLOWED_OUT,
        ItemState.CANCELLED,
        ItemState.FAILED,
    }
)


class OfferState(StrEnum):
    """Where an offer is in its life (the machine of ``offers.py``).

    ``PROPOSED`` is a grant the database has not confirmed yet; nobody has been told of it.
    """

    PROPOSED = "proposed"
    PENDING = "pending"
    RINGING = "ringing"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class OfferMode(StrEnum):
    """Why this agent: the router chose, the agent picked, or a supervisor or colleague sent it."""

    ROUTED = "routed"
    PICKED = "picked"
    ASSIGNED = "assigned"
    TRANSFERRED = "transferred"

    @property
    def is_decided(self) -> bool:
        """A person chose, not the router."""
        return self is not OfferMode.ROUTED


class WrapUpMode(StrEnum):
    """How an agent's wrap-up ends."""

    NONE = "none"
    OPTIONAL = "optional"
    """The agent ends it, or its limit does when there is one."""
    DISCRETIONARY = "discretionary"
    """Only the agent ends it (and the watchdog, after ``Rules.wrap_up_max``)."""
    TIME_BOXED = "time_boxed"
    """Its limit ends it; the agent may end it earlier."""
    COOL_DOWN = "cool_down"
    """Its limit ends it; nobody may end it earlier."""


class Strategy(StrEnum):
    """How the agent for an item is chosen among those able to take it."""

    LONGEST_IDLE = "longest_idle"
    """Least loaded by quarters of capacity, then longest idle."""
    STRICT_LONGEST_IDLE = "strict_longest_idle"
    """Longest idle, whatever the load."""
    LEAST_LOADED = "least_loaded"
    """Least loaded to the unit, then longest idle."""
    ROUND_ROBIN = "round_robin"
    """Who was offered something longest ago, among those equally loaded by quarters."""
    FEWEST_TODAY = "fewest_today"
    """Who has accepted least today, among those equally loaded by quarters."""
    BEST_FIT = "best_fit"
    """Whose skills are nearest to what the first step asks for; then as longest idle."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Something agents may say of themselves, and what it means for routing."""

    code: str
    routable: bool = False
    media: frozenset[Medium] | None = None
    """The media offered in this presence; ``None`` means all."""
    needs_reason: bool = False
    lasts_at_most: int | None = None
    on_expire: str | None = None
    """The presence that follows when ``lasts_at_most`` is over."""


@dataclass(frozen=True, slots=True)
class MediumRules:
    """How work of one medium is offered and what it weighs."""

    weight: int
    cap: int
    offer_timeout: int
    rona_limit: int = 2
    """Offers in a row left to expire before the agent is held not to respond; 0 is never."""
    inactive_weight: int | None = None
    """The weight while parked or interrupted; ``None`` is the full weight."""
    inactive_after: int | None = None
    """The customer's silence after which active work is parked; ``None`` is never."""
    wrap_up_units: int = 0
    """What wrap-up weighs."""
    interrupted_by: frozenset[Medium] = frozenset()
    defers_presence: bool = False
    """A change of presence during an offer waits until the offer, and the work it became, ends."""
    reassigned_when_offline: bool = False
    """Work is queued again when its agent does not come back in time."""
    bridged: bool = False
    """Accepting is not yet speaking: the line must be bridged first."""
    patient: bool = False
    """Customers write and come back later, so work may wait for a preferred agent without limit."""


def _default_media() -> Mapping[Medium, MediumRules]:
    call = MediumRules(
        weight=100,
        cap=1,
        offer_timeout=20 * SECOND,
        rona_limit=1,
        wrap_up_units=100,
        defers_presence=True,
        bridged=True,
    )
    chat = MediumRules(
        weight=33,
        cap=3,
        offer_timeout=30 * SECOND,
        inactive_weight=5,
        reassigned_when_offline=True,
    )
    messaging = MediumRules(
        weight=25,
        cap=20,
        offer_timeout=60 * SECOND,
        inactive_weight=5,
        inactive_after=10 * MINUTE,
        reassigned_when_offline=True,
        patient=True,
    )
    letter = MediumRules(
        weight=20,
        cap=5,
        offer_timeout=300 * SECOND,
        rona_limit=0,
        inactive_weight=5,
        patient=True,
    )
    return MappingProxyType(
        {
            Medium.VOICE: call,
            Medium.VIDEO: call,
            Medium.CHAT: chat,
            Medium.MESSAGING: messaging,
            Medium.EMAIL: letter,
            Medium.TASK: letter,
            Medium.CALLBACK: call,
        }
    )


def _default_presences() -> Mapping[str, Presence]:
    said = (Presence("available", routable=True), Presence("busy"), Presence("away"))
    return MappingProxyType({presence.code: presence for presence in said})


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every queue and agent of the hub."""

    media: Mapping[Medium, MediumRules] = field(default_factory=_default_media)
    presences: Mapping[str, Presence] = field(default_factory=_default_presences)
    first_presence: str = "away"
    """What agents say of themselves by signing in."""
    delivery_timeout: int | None = 3 * SECOND
    """An offer that no screen has shown by then expires without blame; ``None`` is never."""
    rona_gap: int = 5 * SECOND
    """An agent who let an offer expire gets none for this long."""
    rona_auto_return: int | None = None
    """An agent who does not respond is routable again after this long; ``None`` is never."""
    reject_gap: int = 30 * SECOND
    """After this long a declined item may return to the agent, if nobody else could take it."""
    withdrawn_gap: int = 10 * SECOND
    """An item withdrawn because its agent went away does not return to them for this long."""
    refused_gap: int = 1 * SECOND
    """An agent whose grant the database refused gets none for this long."""
    max_offers: int = 5
    """After so many expired offers the item moves to its next step."""
    heartbeat_timeout: int | None = 15 * SECOND
    """Silence after which the connection counts as lost; ``None`` when others watch it."""
    grace: int = 60 * SECOND
    """How long a disconnected agent keeps their work and place."""
    connect_timeout: int = 10 * SECOND
    connect_retries: int = 2
    connect_boost: int = 10 * SECOND
    transfer_boost: int = 60 * SECOND
    misroute_window: int = 60 * SECOND
    """Work transferred so soon was misrouted: it keeps its due moment."""
    requeue_boost: int = 60 * SECOND
    """For work that lost its agent."""
    short_abandon: int = 5 * SECOND
    resume_window: int = 300 * SECOND
    """Who gave up waiting and comes back so soon has the old place again."""
    park_max: int = 1 * DAY
    scarcity: bool = False
    """Agents whom other work needs most are asked last."""
    day_begins: int = 0
    """How many ms after midnight UTC the day begins, by which today's work is counted."""
    wrap_up_max: int = 1 * HOUR
    """The watchdog of wrap-ups without a limit."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """What an agent must be able to do: every skill at its level, and one of the languages."""

    skills: frozenset[tuple[str, int]] = frozenset()
    """Pairs of skill and least level, 1 to 10."""
    languages: frozenset[str] = frozenset()
    """Any one of these will do; empty means any language."""


ANYONE = Requirement()


@dataclass(frozen=True, slots=True)
class Step:
    """From ``after`` ms of waiting on, agents who meet ``requirement`` may help too."""

    after: int
    requirement: Requirement


class Ground(StrEnum):
    """What a condition looks at."""

    WAIT_OVER = "wait_over"
    """The item can expect to wait longer than so many ms."""
    KEPT_UNDER = "kept_under"
    """Fewer than so many of 1,000 customers were lately answered in time."""
    KEPT_OVER = "kept_over"
    """More than so many were."""
    NOBODY_READY = "nobody_ready"
    """None of the agents so far has room."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What must come about before more agents may help."""

    ground: Ground
    value: int = 0
    queue: QueueId | None = None
    """Whose promise is looked at; ``None`` is the queue the item waits in."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A group that serves a queue, from ``delay`` ms of an item's waiting on."""

    group: str | None
    """``None`` is every agent."""
    delay: int = 0
    when: Condition | None = None
    """Only once this has come about, while the item waited; from then on for good."""


@dataclass(frozen=True, slots=True)
class WrapUp:
    """What follows when an agent's work on an item of this queue ends."""

    mode: WrapUpMode = WrapUpMode.NONE
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Reserve:
    """So many agents of a group are kept ready for the queues that reserve them.

    No order of the waiting can do this: only somebody idle answers at once.
    """

    group: str
    agents: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Where work waits, and what is promised to it."""

    id: QueueId
    target: int
    """Work should be answered within this many ms: the ``T`` of the due moment."""
    members: tuple[Membership, ...] = (Membership(None),)
    band: Band = Band.NORMAL
    wrap_up: WrapUp = WrapUp()
    strategy: Strategy = Strategy.LONGEST_IDLE
    is_open: bool = True
    serves_rest: bool = True
    """What waits when the queue closes is still served; else it overflows."""
    join_empty: bool = True
    """Work may wait here while no agent of the queue is there."""
    max_waiting: int | None = None
    max_wait: int | None = None
    overflow: QueueId | None = None
    """Where work goes that waited ``max_wait``, or found the queue closed or full."""
    sticky_max: int | None = None
    """How long work may wait for a busy agent it prefers; ``None`` is half the target, and without
    limit for patient media."""
    reserve: Reserve | None = None
    """Agents kept ready for this queue, and for others that reserve the same group."""
    goal: int | None = None
    """How many of 1,000 customers should be answered within the target. Queues with goals are
    steered; one without keeps its place."""
    handling: int | None = None
    """How long work takes an agent, as long as the router has not learned it."""
    patience: int | None = None
    """How long customers wait before they give up, on average; ``None`` is for ever."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most so many grants in any stretch of ``over`` ms."""

    most: int
    over: int


@dataclass(frozen=True, slots=True)
class Agent:
    """Who can be offered what."""

    id: AgentId
    groups: frozenset[str] = frozenset()
    """Teams and any other group named in a queue's members."""
    skills: frozenset[tuple[str, int]] = frozenset()
    """Pairs of skill and level, 1 to 10."""
    languages: frozenset[str] = frozenset()
    units: int = 100
    caps: frozenset[tuple[Medium, int]] = frozenset()
    """Caps that differ from the medium's; 0 means never this medium."""
    rate: RateLimit | None = None


# What a snapshot holds: the values the router can be rebuilt from.


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An agent who is not offered this item until a moment."""

    agent: AgentId
    until: int
    reason: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A work item that has not ended."""

    id: WorkItemId
    seq: int
    queue: QueueId
    medium: Medium
    state: ItemState
    weight: int
    band: Band
    enqueued_at: int
    due: int
    """``K``: when this customer should have been answered; smallest first."""
    origin_at: int
    entered_at: int | None = None
    """When it came to this queue; ``None`` is ``enqueued_at``."""
    agent: AgentId | None = None
    """Whose work it is."""
    answered_at: int | None = None
    needs: tuple[Step, ...] = ()
    step: int = 0
    opened: int = 0
    """The members whose conditions have come about, as bits by their place in the queue."""
    preferred: tuple[AgentId, ...] = ()
    excluded: tuple[Exclusion, ...] = ()
    attempts: int = 0
    expiries: int = 0
    connect_failures: int = 0
    held_for: AgentId | None = None
    """The preferred agent it waits for."""
    held_until: int | None = None
    """Until when; ``None`` is without limit."""
    hold_spent: bool = False
    """It has waited for a preferred agent, or need not: it does not again."""


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer the database has confirmed and nobody has answered."""

    id: OfferId
    item: WorkItemId
    agent: AgentId
    state: OfferState
    mode: OfferMode
    at: int
    deadline: int
    units: int
    override: bool = False


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """An agent's work on an item, wrap-up included."""

    item: WorkItemId
    agent: AgentId
    queue: QueueId
    medium: Medium
    state: ItemState
    """One of CONNECTING, ACTIVE, HELD, PARKED and WRAP_UP."""
    weight: int
    """Its full weight."""
    units: int
    """What it weighs now."""
    since: int
    """When this state began."""
    began_at: int
    """When the customer was answered by this agent."""
    ends_at: int | None = None
    """When the connection attempt, the wrap-up or the parking runs out."""
    heard_at: int = 0
    """When the customer was last heard."""
    offer: OfferId | None = None


@dataclass(frozen=True, slots=True)
class AgentRow:
    """What the router knows of an agent beyond configuration."""

    agent: AgentId
    seq: int
    state: RoutingState = RoutingState.OFFLINE
    presence: str | None = None
    reason: str | None = None
    since: int = 0
    idle_since: int = 0
    """When the agent last became routable, was offered work that counted, or finished some."""
    expiries: int = 0
    """Offers in a row left to expire."""
    locked_until: int = 0
    lock_reason: str | None = None
    connected: bool = True
    heard_at: int = 0
    resumes: RoutingState | None = None
    """The state a disconnected agent returns to."""
    lost_at: int = 0
    pending: tuple[str, str | None, WorkItemId] | None = None
    """A presence that waits for the end of this item's offer or work, and its reason."""
    drains_to: str | None = None
    """What a draining agent becomes; ``None`` is offline."""
    presence_until: int | None = None
    """When the presence has lasted its longest."""
    returns_at: int | None = None
    """When an agent who does not respond becomes routable by themselves."""
    offered_at: int = 0
    """When the agent was last offered something."""
    counted_on: int = 0
    """The day of which ``accepted`` tells, as a number."""
    accepted: int = 0
    """How many offers the agent accepted on that day."""
    granted: tuple[int, ...] = ()
    """The moments of the grants that count against the agent's rate limit."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """The place of a customer who gave up waiting, for a while."""

    item: WorkItemId
    due: int
    origin_at: int
    until: int


@dataclass(frozen=True, slots=True)
class QueueRow:
    """What the router has learned of a queue."""

    queue: QueueId
    handling: int | None = None
    """How long work takes an agent, in microseconds."""
    handled: int = 0
    """How many items that rests on, until it is enough."""
    kept: int | None = None
    """The share of customers answered within the target, in millionths."""
    drift: int = 0
    """By how many microseconds its items are moved forward."""


@dataclass(frozen=True, slots=True)
class CourseRow:
    """How much work of one kind has come lately."""

    queue: QueueId
    medium: Medium
    weight: int
    band: Band
    needs: tuple[Step, ...]
    traffic: int
    """Arrivals in millionths, fading."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the router can be rebuilt from."""

    rules: Rules = field(default_factory=Rules)
    queues: tuple[Queue, ...] = ()
    agents: tuple[Agent, ...] = ()
    agent_rows: tuple[AgentRow, ...] = ()
    items: tuple[ItemRow, ...] = ()
    offers: tuple[OfferRow, ...] = ()
    assignments: tuple[AssignmentRow, ...] = ()
    queue_rows: tuple[QueueRow, ...] = ()
    courses: tuple[CourseRow, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    served: int = 0
    """How many items with a goal were answered or abandoned since the queues were last steered."""
    epoch: int = 1
    """Which leader this is; part of the offer ids, so they never repeat."""
    next_seq: int = 1
    """The sequence number of the next item; above every number given before."""
    next_agent: int = 1
    next_offer: int = 1
    """The number of the next offer; may begin at 1 again in every epoch."""
