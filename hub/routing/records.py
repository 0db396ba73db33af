"""What the router remembers of work and of agents: changed only inside ``step``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hub.kernel.ids import AgentId, OfferId, QueueId, WorkItemId
from hub.routing.capacity import ALL_MEDIA, MEDIA
from hub.routing.keys import SEQ_BITS, SEQ_MASK, place_of
from hub.routing.model import Agent, ItemState, OfferMode, OfferState, Presence, RoutingState

if TYPE_CHECKING:
    from hub.routing.index import Demand, Profile, Supply


class InvariantBroken(AssertionError):
    """The router's state contradicts itself: a defect, after which it must not go on."""

    def __init__(self, name: str, what: str) -> None:
        self.name = name
        super().__init__(f"{name}: {what}")


class Hold(NamedTuple):
    """An item waits for an agent it prefers."""

    seat: Seat
    until: int | None
    """``None`` is without limit."""


class WorkItem:
    """One piece of work until it ends."""

    __slots__ = (
        "agent",
        "answered_at",
        "attempts",
        "connect_failures",
        "demand",
        "enqueued_at",
        "entered_at",
        "excluded",
        "expiries",
        "hold",
        "hold_spent",
        "id",
        "offer",
        "origin_at",
        "place",
        "preferred",
        "state",
        "timed",
    )

    def __init__(
        self,
        id_: WorkItemId,
        seq: int,
        demand: Demand,
        enqueued_at: int,
        origin_at: int,
        due: int,
        preferred: tuple[AgentId, ...] = (),
    ) -> None:
        self.id = id_
        self.demand = demand
        self.enqueued_at = enqueued_at
        """When this waiting began: its steps count from here."""
        self.entered_at = enqueued_at
        """When it came to this queue: the longest wait counts from here."""
        self.origin_at = origin_at
        self.place = place_of(due, seq)
        """When it should have been answered, and its number: what it is ordered by."""
        self.preferred = preferred
        self.state = ItemState.QUEUED
        self.offer: Offer | None = None
        self.agent: Seat | None = None
        self.answered_at: int | None = None
        self.attempts = 0
        self.expiries = 0
        self.connect_failures = 0
        self.excluded: dict[AgentId, tuple[int, str]] | None = None
        """Agents not offered it: until when, and why."""
        self.hold: Hold | None = None
        """The preferred agent it waits for, in whose own line it then stands."""
        self.hold_spent = False
        """It waits for none again."""
        self.timed = False
        """Some timer of its waiting is armed."""

    @property
    def due(self) -> int:
        """When it should have been answered."""
        return self.place >> SEQ_BITS

    @property
    def seq(self) -> int:
        """Its number among all items."""
        return self.place & SEQ_MASK

    @property
    def queue(self) -> QueueId:
        """The queue it waits in, or came from."""
        return self.demand.queue

    def come_due(self, due: int) -> None:
        """Change when it should have been answered, and so its place, while it stands nowhere."""
        self.place = place_of(due, self.seq)


class Offer:
    """One work item held for one agent."""

    __slots__ = (
        "at",
        "deadline",
        "doom",
        "id",
        "item",
        "mode",
        "override",
        "seat",
        "state",
        "units",
    )

    def __init__(
        self,
        id_: OfferId,
        item: WorkItem,
        seat: Seat,
        mode: OfferMode,
        at: int,
        deadline: int,
        override: bool = False,
    ) -> None:
        self.id = id_
        self.item = item
        self.seat = seat
        self.mode = mode
        self.at = at
        self.deadline = deadline
        self.units = item.demand.weight
        self.state = OfferState.PROPOSED
        self.override = override
        self.doom: tuple[OfferState, str] | None = None
        """How it must end as soon as the database has confirmed it."""


class Work:
    """An agent's part in an item, from accepting it to the end of wrap-up."""

    __slots__ = (
        "began_at",
        "counted",
        "ends_at",
        "heard_at",
        "item",
        "medium",
        "offer",
        "queue",
        "since",
        "state",
        "units",
        "weight",
    )

    def __init__(
        self,
        item: WorkItemId,
        queue: QueueId,
        medium: int,
        weight: int,
        state: ItemState,
        since: int,
        offer: OfferId | None,
    ) -> None:
        self.item = item
        self.queue = queue
        self.medium = medium
        self.weight = weight
        self.units = weight
        """What it weighs now."""
        self.counted = 1
        """1 while it counts against the cap of its medium."""
        self.state = state
        self.began_at = since
        """When the customer was answered here."""
        self.since = since
        """When its state began."""
        self.offer = offer
        self.ends_at: int | None = None
        self.heard_at = since


class Seat:
    """An agent as the router sees them: what they say, what they carry, where they stand."""

    __slots__ = (
        "accepted",
        "agent",
        "caps",
        "connected",
        "counted_on",
        "counts",
        "dormant",
        "drains_to",
        "excused",
        "expiries",
        "granted",
        "heard_at",
        "id",
        "idle_since",
        "limited",
        "lock_reason",
        "locked_until",
        "lost_at",
        "media",
        "offered_at",
        "offers",
        "out",
        "own",
        "pending",
        "place",
        "places",
        "presence",
        "profile",
        "reason",
        "resumes",
        "seq",
        "since",
        "state",
        "supply",
        "units",
        "used",
        "work",
    )

    def __init__(self, agent: Agent, seq: int, profile: Profile) -> None:
        self.id = agent.id
        self.seq = seq
        self.agent = agent
        self.profile = profile
        self.units = agent.units
        self.caps: list[int] = []
        # What the agent says, and what became of it.
        self.state = RoutingState.OFFLINE
        self.presence: Presence | None = None
        self.reason: str | None = None
        self.since = 0
        self.media = ALL_MEDIA
        self.pending: tuple[Presence, str | None, WorkItemId] | None = None
        self.drains_to: str | None = None
        self.resumes: RoutingState | None = None
        self.connected = True
        self.heard_at = 0
        self.lost_at = 0
        # What the agent carries.
        self.offers: dict[WorkItemId, Offer] = {}
        self.work: dict[WorkItemId, Work] = {}
        self.used = 0
        self.dormant = 0
        """What interrupted work will weigh more once nothing interrupts it."""
        self.counts = [0] * len(MEDIA)
        self.excused = False
        """Somebody decided to put more on the agent: an override, or a change of the rules."""
        # Where the agent stands.
        self.idle_since = 0
        self.expiries = 0
        self.offered_at = 0
        self.counted_on = 0
        """The day on which ``accepted`` counts."""
        self.accepted = 0
        self.granted: list[int] = []
        """The moments of the grants that count against the rate limit."""
        self.limited = False
        """There have been as many as may be."""
        self.locked_until = 0
        self.lock_reason: str | None = None
        self.supply: Supply | None = None
        self.place = 0
        self.places: tuple[int, ...] = ()
        """Their places in the other lines of the supply."""
        self.out: str | None = None
        """Why the agent stands in no supply."""
        self.own: dict[WorkItem, None] = {}
        """The items that wait for just this agent."""

    def ready_since(self) -> int:
        """Since when they have been idle; an open offer interrupts it only if it comes to count."""
        ready = self.idle_since
        for offer in self.offers.values():
            ready = max(ready, offer.at)
        return ready
