"""The rows of work that one transaction changes: read together, changed here under one set of
rules, written together.

Commands of agents and decisions of the router go through the same ledger, so whichever comes
first finds its rows and the other finds them changed. On PostgreSQL the rows are held until the
commit, always work items first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.conversations.model import Routing
from hub.kernel.clock import Millis
from hub.kernel.errors import Conflict
from hub.kernel.events import Change, Event
from hub.kernel.ids import AgentId, ConversationId, CustomerId, OfferId, QueueId, WorkItemId
from hub.routing import store
from hub.routing.events import (
    OfferAccepted,
    OfferEnded,
    OfferMade,
    WorkRequeued,
    WorkTaken,
    WorkTurned,
    WrapUpEnded,
)
from hub.routing.model import WrapUpMode
from hub.routing.rules import RULES, rules_of
from hub.storage.sql import json_text, next_numbers
from hub.storage.unit import Unit

SEQ = "work_item"


class TooMuch(Conflict):
    """This is more than the agent's capacity."""

    code = "capacity"


@dataclass(slots=True, eq=False)
class Item:
    """A work item's row."""

    id: WorkItemId
    conversation_id: ConversationId
    queue_id: QueueId
    medium: str
    weight: int
    band: int
    language: str | None
    seq: int
    enqueued_at: int
    origin_at: int
    due: int
    step: int
    state: str
    version: int
    agent_id: AgentId | None
    answered_at: int | None
    ended_at: int | None
    attempts: int
    expiries: int
    preferred: list[AgentId]
    excluded: list[tuple[AgentId, int, str]]
    answered_in: QueueId | None
    in_time: bool | None


@dataclass(slots=True, eq=False)
class Held:
    """An offer's row. What it weighs is held of the agent's capacity while it is pending."""

    id: OfferId
    rev: int
    item_id: WorkItemId
    conversation_id: ConversationId
    queue_id: QueueId
    agent_id: AgentId
    medium: str
    units: int
    state: str
    mode: str
    override: bool
    made_at: Millis
    deadline: Millis
    ended_at: int | None
    reason: str | None
    epoch: int
    shown: dict[str, Any]
    why: Any
    """The record of the choice (``Why``); kept as it is, read with ``views.why_record``."""


@dataclass(slots=True, eq=False)
class Assignment:
    """An agent's part in an item, wrap-up included."""

    id: str
    item_id: WorkItemId
    conversation_id: ConversationId
    queue_id: QueueId
    agent_id: AgentId
    offer_id: OfferId | None
    medium: str
    weight: int
    units: int
    counted: int
    state: str
    began_at: int
    since: int
    ends_at: int | None
    ended_at: int | None
    reason: str | None
    disposition: str | None


@dataclass(slots=True, eq=False)
class Place:
    """What routing needs of a conversation's row: whose it is, and where it stands."""

    id: ConversationId
    rev: int
    customer_id: CustomerId
    customer_name: str
    channel: str
    preview: dict[str, Any]
    status: str
    routing: str
    queue_id: QueueId | None
    agent_id: AgentId | None
    wrap_up_until: int | None


@dataclass(slots=True, eq=False)
class Load:
    """What an agent carries."""

    agent_id: AgentId
    used: int
    capacity: int
    counts: dict[str, int]
    routable: bool
    idle_since: int
    expiries: int
    by: int = 0
    override: bool = False

    def add(self, units: int, medium: str, count: int) -> None:
        """Carry so much more, or less."""
        self.used += units
        self.by += units
        self.counts[medium] = self.counts.get(medium, 0) + count


class Ledger:
    """Reads what is asked for, changes it, and writes what has changed with ``save``."""

    def __init__(self, unit: Unit, epoch: int = 0) -> None:
        self.unit = unit
        self.epoch = epoch
        self.items: dict[str, Item] = {}
        self.places: dict[str, Place] = {}
        self.loads: dict[str, Load] = {}
        self._offers: dict[str, Held] = {}
        self._assignments: dict[str, list[Assignment]] = {}
        self._new_offers: list[Held] = []
        self._new_assignments: list[Assignment] = []
        self._dirty_items: dict[Item, None] = {}
        self._dirty_offers: dict[Held, None] = {}
        self._dirty_assignments: dict[Assignment, None] = {}
        self._dirty_loads: dict[Load, None] = {}
        self._placed: dict[Place, None] = {}
        self._events: list[Event] = []

    # -- reading ----------------------------------------------------------------------------------

    def read(
        self,
        items: Iterable[str] = (),
        *,
        conversations: Iterable[str] = (),
        agents: Iterable[str] = (),
        with_parts: bool = True,
    ) -> None:
        """Read items by their own or their conversation's id, with their conversations.

        ``with_parts`` brings their offers and assignments, and the loads of whoever has one.
        """
        connection = self.unit.connection
        rows = [*store.found(connection, store.items_by_id, items, lock=True)]
        rows += store.found(connection, store.items_by_conversation, conversations, lock=True)
        for row in rows:
            if row.id not in self.items:
                self.items[row.id] = Item(*row)
        wanted = set(agents)
        if with_parts:
            ids = [row.id for row in rows]
            for offer in store.found(connection, store.offers_by_item, ids, lock=True):
                self._offers[offer.item_id] = Held(*offer)
                wanted.add(offer.agent_id)
            for part in store.found(connection, store.assignments_by_item, ids, lock=True):
                self._assignments.setdefault(part.item_id, []).append(Assignment(*part))
                wanted.add(part.agent_id)
        self.read_loads(wanted)
        about = {row.conversation_id for row in rows} | set(conversations)
        about -= self.places.keys()
        for row in store.found(connection, store.places_by_id, sorted(about), lock=True):
            self.places[row.id] = Place(*row)

    def read_loads(self, agents: Iterable[str]) -> None:
        """Read what these agents carry."""
        missing = sorted(set(agents) - self.loads.keys())
        for row in store.found(self.unit.connection, store.loads_by_agent, missing, lock=True):
            self.loads[row.agent_id] = Load(*row)

    def item_of(self, conversation_id: str) -> Item | None:
        """The unfinished item of a conversation."""
        for item in self.items.values():
            if item.conversation_id == conversation_id and item.state in store.LIVE:
                return item
        return None

    def offer_of(self, item: Item) -> Held | None:
        """The offer that now waits for an answer."""
        return self._offers.get(item.id)

    def part_in_hand(self, item: Item) -> Assignment | None:
        """The assignment of whoever has the item now."""
        for part in self._assignments.get(item.id, ()):
            if part.state in store.IN_HAND:
                return part
        return None

    def wrap_up_of(self, item_id: str, agent_id: str) -> Assignment | None:
        for part in self._assignments.get(item_id, ()):
            if part.agent_id == agent_id and part.state == "wrap_up":
                return part
        return None

    # -- offers -----------------------------------------------------------------------------------

    def why_not(
        self, item: Item, agent_id: str, units: int, *, decided: bool = False
    ) -> str | None:
        """Why the rows do not allow this offer; ``decided``: by a person, who may go beyond
        capacity.
        """
        if item.state != "queued":
            return "item"
        load = self.loads.get(agent_id)
        if load is None or not (load.routable or decided):
            return "not_routable"
        if load.used + units > load.capacity and not decided:
            return "capacity"
        return None

    def make_offer(self, item: Item, offer: Held) -> None:
        """Hold the item for the agent; the caller has asked ``why_not``."""
        load = self._carry(offer)
        item.state = "offered"
        item.attempts += 1
        changed = self.place(item.conversation_id, Routing.OFFERED, agent_id=None)
        full = Change("offer", offer.id, 1, full=offer_json(offer))
        self.tell(
            OfferMade(
                at=self.unit.now,
                item_id=item.id,
                offer_id=offer.id,
                mode=offer.mode,
                medium=offer.medium,
                units=offer.units,
                attempt=item.attempts,
                deadline=offer.deadline,
                load=load.used,
                changes=(full, changed),
                **self.about(item, offer.agent_id),
            )
        )

    def _carry(self, offer: Held) -> Load:
        load = self._load(offer.agent_id)
        load.override |= offer.override
        load.add(offer.units, offer.medium, 1)
        self._new_offers.append(offer)
        self._offers[offer.item_id] = offer
        self.touch(self.items[offer.item_id])
        return load

    def end_offer(
        self,
        offer: Held,
        state: str,
        reason: str,
        *,
        actor: str = "hub",
        by_router: bool = False,
        waits: bool = True,
    ) -> None:
        """The offer comes to nothing; the item waits again, its conversation too (``waits``)."""
        item = self.items[offer.item_id]
        load = self._load(offer.agent_id)
        load.add(-offer.units, offer.medium, -1)
        if state != "withdrawn":
            load.idle_since = max(load.idle_since, offer.made_at)
        changes = [self._close(offer, state, reason)]
        item.state = "queued"
        self.touch(item)
        if waits:
            changes.append(self.place(item.conversation_id, Routing.WAITING, agent_id=None))
        self.tell(
            OfferEnded(
                at=self.unit.now,
                actor=actor,
                item_id=item.id,
                offer_id=offer.id,
                state=state,
                reason=reason,
                load=load.used,
                by_router=by_router,
                changes=tuple(changes),
                **self.about(item, offer.agent_id),
            )
        )

    def _close(self, offer: Held, state: str, reason: str | None) -> Change:
        offer.rev += 1
        offer.state = state
        offer.reason = reason
        offer.ended_at = self.unit.now
        self._dirty_offers[offer] = None
        self._offers.pop(offer.item_id, None)
        return Change("offer", offer.id, offer.rev, patch={"state": state})

    # -- work -------------------------------------------------------------------------------------

    def accept(self, offer: Held, *, actor: str, target: int) -> None:
        """The offer becomes the agent's work, of the same weight."""
        item = self.items[offer.item_id]
        load = self._load(offer.agent_id)
        changes = (self._close(offer, "accepted", None), self._take_on(item, offer, load))
        self.tell(
            OfferAccepted(
                at=self.unit.now,
                actor=actor,
                offer_id=offer.id,
                changes=changes,
                **self._answered(item, load, target),
                **self.about(item, offer.agent_id),
            )
        )

    def take(self, item: Item, offer: Held, *, actor: str, target: int) -> None:
        """An agent picks waiting work: an offer that is accepted as it is made."""
        load = self._carry(offer)
        offer.state = "accepted"
        offer.ended_at = self.unit.now
        del self._offers[item.id]
        changed = self._take_on(item, offer, load)
        full = Change("offer", offer.id, 1, full=offer_json(offer))
        self.tell(
            WorkTaken(
                at=self.unit.now,
                actor=actor,
                offer_id=offer.id,
                changes=(full, changed),
                **self._answered(item, load, target),
                **self.about(item, offer.agent_id),
            )
        )

    def _take_on(self, item: Item, offer: Held, load: Load) -> Change:
        now = self.unit.now
        wrapping_up = self.wrap_up_of(item.id, offer.agent_id)
        if wrapping_up is not None:  # they had handed it on, and have it again
            self.end_wrap_up(wrapping_up, "taken_again")
        item.state = "connecting" if rules_of(item.medium).bridged else "active"
        item.agent_id = offer.agent_id
        load.idle_since = max(load.idle_since, offer.made_at)
        load.expiries = 0
        part = Assignment(
            id=self.unit.new_id(),
            item_id=item.id,
            conversation_id=item.conversation_id,
            queue_id=item.queue_id,
            agent_id=offer.agent_id,
            offer_id=offer.id,
            medium=item.medium,
            weight=offer.units,
            units=offer.units,
            counted=1,
            state=item.state,
            began_at=now,
            since=now,
            ends_at=None,
            ended_at=None,
            reason=None,
            disposition=None,
        )
        self._new_assignments.append(part)
        self._assignments.setdefault(item.id, []).append(part)
        self.touch(item)
        return self.place(item.conversation_id, Routing.ASSIGNED, agent_id=offer.agent_id)

    def _answered(self, item: Item, load: Load, target: int) -> dict[str, Any]:
        waited = self.unit.now - item.enqueued_at
        is_first = item.answered_at is None
        if is_first:
            item.answered_at = self.unit.now
            item.answered_in, item.in_time = item.queue_id, waited <= target
        return {
            "item_id": item.id,
            "waited": waited,
            "in_time": waited <= target,
            "is_first": is_first,
            "load": load.used,
            "facts": {
                "seq": item.seq,
                "medium": item.medium,
                "weight": item.weight,
                "language": item.language,
                "enqueued_at": item.enqueued_at,
                "due": item.due,
                "answered_at": item.answered_at,
            },
        }

    def turn(
        self, part: Assignment, state: str, ends_at: int | None, units: int, counted: int
    ) -> Load:
        """The agent's part passes into another state, with what it then weighs."""
        load = self._load(part.agent_id)
        load.add(units - part.units, part.medium, counted - part.counted)
        part.units, part.counted = units, counted
        if part.state != state:
            part.state, part.since = state, self.unit.now
            part.ends_at = ends_at
        if state == "wrap_up":
            load.idle_since = self.unit.now
        self._dirty_assignments[part] = None
        return load

    def begin_wrap_up(self, part: Assignment, queue: Any) -> int | None:
        """The agent's part in the conversation is over. Answers when their wrap-up ends, if there
        is one.
        """
        if queue.wrap_up_mode == WrapUpMode.NONE or part.state == "connecting":
            self.let_go(part, "ended")
            return None
        limit = RULES.wrap_up_max if queue.wrap_up_limit is None else queue.wrap_up_limit
        ends_at = int(self.unit.now + limit)
        units = rules_of(part.medium).wrap_up_units
        self.turn(part, "wrap_up", ends_at, units, 1 if units else 0)
        return ends_at

    def let_go(self, part: Assignment, reason: str, disposition: str | None = None) -> Load:
        """The agent's part is over."""
        load = self.turn(part, "done", None, 0, 0)
        load.idle_since = self.unit.now
        part.ended_at = self.unit.now
        part.reason = reason
        part.disposition = disposition
        self._assignments[part.item_id].remove(part)
        return load

    def tell_turned(self, part: Assignment, load: Load) -> None:
        """Say that an agent's work weighs otherwise now."""
        item = self.items[part.item_id]
        self.tell(
            WorkTurned(
                at=self.unit.now,
                item_id=item.id,
                state=part.state,
                load=load.used,
                **self.about(item, part.agent_id),
            )
        )

    def requeue(self, item: Item, reason: str, from_agent: AgentId | None) -> None:
        """Work whose agent will not come back waits again."""
        item.state = "queued"
        item.agent_id = None
        self.touch(item)
        changed = self.place(
            item.conversation_id, Routing.WAITING, agent_id=None, queue_id=item.queue_id
        )
        self.tell(
            WorkRequeued(
                at=self.unit.now,
                item_id=item.id,
                reason=reason,
                enqueued_at=item.enqueued_at,
                due=item.due,
                from_agent_id=from_agent,
                load=None if from_agent is None else self.loads[from_agent].used,
                changes=(changed,),
                **self.about(item, None),
            )
        )

    def finish(self, item: Item, state: str) -> None:
        """The item ends."""
        item.state = state
        if state in store.ENDED:
            item.ended_at = self.unit.now
        self.touch(item)

    def end_wrap_up(
        self,
        part: Assignment,
        reason: str,
        *,
        actor: str = "hub",
        disposition: str | None = None,
        by_router: bool = False,
    ) -> None:
        """The agent's wrap-up is over, and with it the item unless it is elsewhere by now."""
        item = self.items[part.item_id]
        load = self.let_go(part, reason, disposition)
        changes: tuple[Change, ...] = ()
        if item.state == "wrap_up" and item.agent_id == part.agent_id:
            self.finish(item, "done")
        place = self.places[item.conversation_id]
        if place.wrap_up_until is not None and place.agent_id == part.agent_id:
            changes = (self.wrap_up_until(place.id, None),)
        self.tell(
            WrapUpEnded(
                at=self.unit.now,
                actor=actor,
                item_id=item.id,
                load=load.used,
                disposition=disposition,
                by_router=by_router,
                changes=changes,
                **self.about(item, part.agent_id),
            )
        )

    # -- conversations ----------------------------------------------------------------------------

    def place(
        self,
        conversation_id: str,
        routing: Routing,
        *,
        agent_id: AgentId | None,
        queue_id: QueueId | None = None,
    ) -> Change:
        """Say where a conversation stands with the router."""
        place = self.places[conversation_id]
        place.routing, place.agent_id = routing.value, agent_id
        patch: dict[str, Any] = {"routing": place.routing, "agent_id": agent_id}
        if queue_id is not None:
            place.queue_id = patch["queue_id"] = queue_id
        return self._changed(place, patch)

    def wrap_up_until(self, conversation_id: str, until: int | None) -> Change:
        """Say until when its agent wraps the conversation up."""
        place = self.places[conversation_id]
        place.wrap_up_until = until
        return self._changed(place, {"wrap_up_until": until})

    def _changed(self, place: Place, patch: dict[str, Any]) -> Change:
        place.rev += 1
        self._placed[place] = None
        return Change("conversation", place.id, place.rev, patch=patch)

    def about(self, item: Item, agent_id: AgentId | None) -> dict[str, Any]:
        """The columns of the log for an event about this item."""
        return {
            "conversation_id": item.conversation_id,
            "customer_id": self.places[item.conversation_id].customer_id,
            "queue_id": item.queue_id,
            "agent_id": agent_id,
        }

    # -- writing ----------------------------------------------------------------------------------

    def touch(self, item: Item) -> None:
        self._dirty_items[item] = None

    def touch_load(self, load: Load) -> None:
        self._dirty_loads[load] = None

    def tell(self, event: Event) -> None:
        """Announce an event when the rows it tells of are written."""
        self._events.append(event)

    def _load(self, agent_id: str) -> Load:
        load = self.loads[agent_id]
        self._dirty_loads[load] = None
        return load

    def next_seq(self) -> int:
        return next_numbers(self.unit.connection, SEQ, 1)[0]

    def save(self) -> None:
        """Write everything that has changed, and announce it. ``TooMuch`` where that would be
        beyond capacity.
        """
        connection = self.unit.connection
        self._save_loads()
        store.update_items(connection, [_item_row(item) for item in self._dirty_items])
        new = {id(offer) for offer in self._new_offers}
        store.update_offers(
            connection,
            [
                (offer.rev, offer.state, offer.ended_at, offer.reason, offer.id)
                for offer in self._dirty_offers
                if id(offer) not in new
            ],
        )
        store.insert_offers(connection, [_offer_row(offer) for offer in self._new_offers])
        fresh = {id(part) for part in self._new_assignments}
        store.update_assignments(
            connection,
            [_assignment_row(p) for p in self._dirty_assignments if id(p) not in fresh],
        )
        store.insert_assignments(
            connection, [_new_assignment_row(part) for part in self._new_assignments]
        )
        store.place_conversations(
            connection,
            [
                (p.rev, p.routing, p.queue_id, p.agent_id, p.wrap_up_until, p.id)
                for p in self._placed
            ],
        )
        self.unit.announce(*self._events)
        for gathered in (self._new_offers, self._new_assignments, self._events):
            gathered.clear()
        for dirty in (
            self._dirty_items,
            self._dirty_offers,
            self._dirty_assignments,
            self._placed,
        ):
            dirty.clear()

    def _save_loads(self) -> None:
        if not self._dirty_loads:
            return
        rows = [
            (
                load.by,
                json_text(load.counts),
                load.routable,
                load.idle_since,
                load.expiries,
                load.agent_id,
                load.override or load.by <= 0,
            )
            for load in self._dirty_loads
        ]
        if store.save_loads(self.unit.connection, rows) != len(rows):
            raise TooMuch
        for load in self._dirty_loads:
            load.by, load.override = 0, False
        self._dirty_loads.clear()


def offer_json(offer: Held) -> dict[str, Any]:
    """An offer as screens hold one."""
    return {
        "id": offer.id,
        "rev": offer.rev,
        "item_id": offer.item_id,
        "conversation_id": offer.conversation_id,
        "queue_id": offer.queue_id,
        "agent_id": offer.agent_id,
        "state": offer.state,
        "made_at": offer.made_at,
        "deadline": offer.deadline,
        **offer.shown,
    }


def shown_on_card(place: Place, waited: int, code: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What an offer's card says of the customer and of the choice."""
    return {
        "waited": waited,
        "customer": {"id": place.customer_id, "name": place.customer_name},
        "channel": place.channel,
        "preview": place.preview.get("text", ""),
        "why": {"code": code, "facts": facts},
    }


def _item_row(item: Item) -> tuple[Any, ...]:
    item.version += 1
    return (
        item.queue_id,
        item.band,
        item.seq,
        item.enqueued_at,
        item.due,
        item.step,
        item.state,
        item.version,
        item.agent_id,
        item.answered_at,
        item.ended_at,
        item.attempts,
        item.expiries,
        json_text(item.excluded),
        item.answered_in,
        item.in_time,
        item.id,
    )


def _offer_row(offer: Held) -> tuple[Any, ...]:
    return (
        offer.id,
        offer.rev,
        offer.item_id,
        offer.conversation_id,
        offer.queue_id,
        offer.agent_id,
        offer.medium,
        offer.units,
        offer.state,
        offer.mode,
        offer.override,
        offer.made_at,
        offer.deadline,
        offer.ended_at,
        offer.reason,
        offer.epoch,
        json_text(offer.shown),
        json_text(offer.why),
    )


def _assignment_row(part: Assignment) -> tuple[Any, ...]:
    return (
        part.units,
        part.counted,
        part.state,
        part.since,
        part.ends_at,
        part.ended_at,
        part.reason,
        part.disposition,
        part.id,
    )


def _new_assignment_row(part: Assignment) -> tuple[Any, ...]:
    return (
        part.id,
        part.item_id,
        part.conversation_id,
        part.queue_id,
        part.agent_id,
        part.offer_id,
        part.medium,
        part.weight,
        part.units,
        part.counted,
        part.state,
        part.began_at,
        part.since,
        part.ends_at,
        part.ended_at,
        part.reason,
        part.disposition,
    )
