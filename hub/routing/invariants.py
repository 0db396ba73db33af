"""What must hold after every step. A broken one is a defect: the router stops rather than go on.

``verify`` looks at the agents one step touched, and runs always; ``check`` looks at everything, and
runs in tests and simulation. The names are those of the specification:

I1  one open offer or one owner for each item
I2  units and caps are kept, unless somebody decided otherwise
I3  no waiting item beside an agent who could take it
I5  an item that has ended is forgotten
I6  whatever passes has a timer that ends it

``IX`` stands for the index, which must say the same as the records it was built from. I4, the
order, is asserted where it is made: every grant carries the keys it was chosen by.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hub.routing.capacity import MEDIA, claim_of, strain
from hub.routing.carrying import wrap_up_timer
from hub.routing.explain import why_not
from hub.routing.keys import place_of
from hub.routing.model import TERMINAL, ItemState, OfferState, RoutingState
from hub.routing.records import InvariantBroken, Seat, Work, WorkItem
from hub.routing.standing import places_of, supply_for, why_no_room, why_out
from hub.routing.timers import HUB, TimerKind
from hub.routing.waiting import could_have

if TYPE_CHECKING:
    from hub.routing.state import State

HAS_OWNER = frozenset(
    {
        ItemState.CONNECTING,
        ItemState.ACTIVE,
        ItemState.HELD,
        ItemState.PARKED,
        ItemState.WRAP_UP,
    }
)


def verify(state: State) -> None:
    """Hold what this step changed against I1, I2 and I6."""
    for seat in state.touched:
        used = 0
        for offer in seat.offers.values():
            used += offer.units
            if not state.timers.is_armed(TimerKind.OFFER, offer.id):
                raise InvariantBroken("I6", f"offer without an end: {offer.id}")
        for work in seat.work.values():
            used += work.units
        if used != seat.used:
            raise InvariantBroken("I2", f"load: {seat.id}")
    state.touched.clear()


def check(state: State) -> None:
    """Hold everything against every invariant; costs as much as there is."""
    for item in state.items.values():
        _check_item(state, item)
    for seat in state.seats.values():
        _check_seat(state, seat)
    _check_offers(state)
    _check_index(state)
    _check_eligibility(state)
    _check_timers(state)
    _check_work_conservation(state)


def _check_item(state: State, item: WorkItem) -> None:
    _must(item.state not in TERMINAL, "I5", "ended but kept", item.id)
    offered = item.state is ItemState.OFFERED
    _must(offered == (item.offer is not None), "I1", "offered without an offer", item.id)
    if item.offer is not None:
        _must(item.offer.seat.offers.get(item.id) is item.offer, "I1", "offer astray", item.id)
        _must(state.offers.get(item.offer.id) is item.offer, "I1", "offer unknown", item.id)
    if item.hold is not None:
        _must(item.state is ItemState.QUEUED, "I3", "held but not waiting", item.id)
        _must(could_have(item.hold.seat, item), "I3", "held in vain", item.id)
    owned = item.state in HAS_OWNER
    _must(owned == (item.agent is not None), "I1", "owner", item.id)
    if item.agent is not None:
        work = item.agent.work.get(item.id)
        _must(work is not None and work.state is item.state, "I1", "work astray", item.id)


def _check_seat(state: State, seat: Seat) -> None:
    counts = [0] * len(MEDIA)
    for offer in seat.offers.values():
        counts[offer.item.demand.medium] += 1
    for work in seat.work.values():
        counts[work.medium] += work.counted
        item = state.items.get(work.item)
        owns = item is not None and item.agent is seat
        _must(owns or work.state is ItemState.WRAP_UP, "I1", "work without its item", work.item)
    _must(counts == seat.counts, "I2", "counts", seat.id)
    units = [o.units for o in seat.offers.values()] + [w.units for w in seat.work.values()]
    _must(sum(units) == seat.used, "I2", "load", seat.id)
    dormant = sum(claim_of(work) - work.units for work in seat.work.values())
    _must(dormant == seat.dormant, "I2", "dormant", seat.id)
    if not seat.excused:
        _must(strain(seat, state.terms) <= seat.units, "I2", "units", seat.id)
        _must(all(map(int.__le__, seat.counts, seat.caps)), "I2", "caps", seat.id)
    supply = supply_for(state, seat)
    _must(seat.supply is supply, "IX", "supply", seat.id)
    out = None if supply is not None else why_out(seat) or why_no_room(seat)
    _must(seat.out == out, "IX", "reason", seat.id)
    if supply is not None:
        _must(seat.place == place_of(seat.ready_since(), seat.seq), "IX", "place", seat.id)
        _must(seat in list(supply), "IX", "not in line", seat.id)
        places = places_of(state, seat, seat.place)
        _must(seat.places == places, "IX", "other places", seat.id)
        for line in supply.lines.values():
            _must(seat in list(line), "IX", "not in another line", seat.id)


def _check_offers(state: State) -> None:
    for offer in state.offers.values():
        _must(offer.seat.offers.get(offer.item.id) is offer, "I1", "offer astray", offer.id)
        alive = state.items.get(offer.item.id) is offer.item
        _must(alive or offer.doom is not None, "I1", "offer of an ended item", offer.id)
        pending = offer.state in (OfferState.PROPOSED, OfferState.PENDING, OfferState.RINGING)
        _must(pending, "I1", "answered but kept", offer.id)
        if offer.state is not OfferState.PROPOSED:
            routable = offer.seat.state is RoutingState.ROUTABLE
            _must(routable or offer.mode.is_decided, "I1", "offered to somebody away", offer.id)


def _check_index(state: State) -> None:
    index = state.index
    waiting = {i.id for i in state.items.values() if i.state is ItemState.QUEUED}
    in_line = [item.id for demand in index.demands.values() for item in demand]
    held = [item.id for seat in state.seats.values() for item in seat.own]
    _must(set(held) == {item.id for item in index.held}, "IX", "held", "items")
    in_line += held
    _must(len(in_line) == len(waiting) and set(in_line) == waiting, "IX", "waiting", "items")
    for demand in index.demands.values():
        _check_line(list(demand.keys()), len(demand), demand.head - demand.base, demand.name)
        _must(bool(demand) == bool(index.waiting & demand.bit), "IX", "waiting", demand.name)
    heads = sorted(d.head for d in index.demands.values() if d)
    _must(list(index.order.keys()) == heads, "IX", "order", "demands")
    counts = Counter(item.queue for item in state.items.values() if item.id in waiting)
    _must(counts == Counter(index.in_queue), "IX", "in_queue", "queues")
    for supply in index.supplies.values():
        _check_line(list(supply.keys()), len(supply), supply.head - supply.base, "supply")
        for line in supply.lines.values():
            _must(len(line) == len(supply), "IX", "line", "supply")
            _check_line(list(line.keys()), len(line), line.head - line.base, "supply")
        _must(bool(supply) == bool(index.ready & supply.bit), "IX", "ready", "supply")
    standing = sum(map(len, index.supplies.values()))
    _must(standing == index.standing, "IX", "standing", "agents")
    out = Counter(seat.out for seat in state.seats.values() if seat.out is not None)
    _must(out == Counter(state.out), "IX", "out", "agents")


def _check_line(keys: list[int], size: int, first: int, name: str) -> None:
    _must(keys == sorted(set(keys)) and len(keys) == size, "IX", "line", name)
    _must(not keys or keys[0] == first, "IX", "head", name)


def _check_eligibility(state: State) -> None:
    index = state.index
    for profile in index.profiles.values():
        _must(bool(profile.members), "IX", "profile", "without members")
        for demand in index.demands.values():
            able = index.is_able(profile, demand)
            _must(able == bool(profile.takes & demand.bit), "IX", "able", demand.name)
            _must(able == bool(demand.profiles & profile.bit), "IX", "able", demand.name)
            for supply in profile.supplies.values():
                takes = able and bool(supply.room >> demand.medium & 1)
                _must(takes == bool(supply.takes & demand.bit), "IX", "takes", demand.name)
                _must(takes == bool(demand.serves & supply.bit), "IX", "serves", demand.name)


def _check_timers(state: State) -> None:
    timers = state.timers
    wanted = [(TimerKind.OFFER, str(offer)) for offer in state.offers]
    for seat in state.seats.values():
        wanted += _timers_of_agent(seat)
    for item in state.items.values():
        wanted += _timers_of_waiting(item)
    for kind, entity in wanted:
        _must(timers.armed_at(kind, entity) is not None, "I6", kind.value, entity)
    known = {HUB, *state.tickets, *state.offers, *state.items, *state.seats}
    for _, kind, entity in timers.armed():
        last = entity.rpartition(" ")[2] if kind is TimerKind.WRAP_UP else entity
        _must(last in known, "I6", f"{kind.value} timer of nothing", entity)


def _timers_of_agent(seat: Seat) -> list[tuple[TimerKind, str]]:
    timers = [timer for work in seat.work.values() for timer in _ends(seat, work)]
    if seat.state is RoutingState.DISCONNECTED:
        timers.append((TimerKind.GRACE, seat.id))
    if seat.lock_reason is not None:
        timers.append((TimerKind.LOCK, seat.id))
    if seat.limited:
        timers.append((TimerKind.RATE, seat.id))
    return timers


def _timers_of_waiting(item: WorkItem) -> list[tuple[TimerKind, str]]:
    timers: list[tuple[TimerKind, str]] = []
    if item.state is ItemState.QUEUED:
        if item.demand.step + 1 < len(item.demand.course.demands):
            timers.append((TimerKind.STEP, item.id))
        if item.hold is not None and item.hold.until is not None:
            timers.append((TimerKind.STICKY, item.id))
        if item.excluded:
            timers.append((TimerKind.EXCLUSION, item.id))
    return timers


def _ends(seat: Seat, work: Work) -> list[tuple[TimerKind, str]]:
    if work.state is ItemState.WRAP_UP:
        return [(TimerKind.WRAP_UP, wrap_up_timer(seat, work))]
    if work.state is ItemState.CONNECTING:
        return [(TimerKind.CONNECT, work.item)]
    if work.state is ItemState.PARKED:
        return [(TimerKind.PARK, work.item)]
    return []


def _check_work_conservation(state: State) -> None:
    """I3, by asking every agent about every item, as no index would."""
    for item in state.items.values():
        if item.state is ItemState.QUEUED:
            for seat in state.seats.values():
                _must(bool(why_not(state, item, seat)), "I3", f"{seat.id} could take", item.id)


def _must(holds: bool, name: str, what: str, whose: str) -> None:
    if not holds:
        raise InvariantBroken(name, f"{what}: {whose}")
