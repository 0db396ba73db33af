"""What an agent carries: offers reserve, accepted work weighs, and both are let go of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.routing.capacity import MEDIA, claim_of, has_units, is_over, weight_now
from hub.routing.effects import LoadChanged, WorkMoved
from hub.routing.learning import note_handling
from hub.routing.model import ItemState, RoutingState
from hub.routing.records import InvariantBroken, Offer, Seat, Work
from hub.routing.standing import free, stand
from hub.routing.timers import TimerKind

if TYPE_CHECKING:
    from hub.routing.state import State

DRAINING = RoutingState.DRAINING
ENDED_BY = {
    ItemState.WRAP_UP: TimerKind.WRAP_UP,
    ItemState.CONNECTING: TimerKind.CONNECT,
    ItemState.PARKED: TimerKind.PARK,
}


def reserve(state: State, offer: Offer) -> None:
    """Keep room for an offer, from the moment it is granted."""
    seat, demand = offer.seat, offer.item.demand
    medium = demand.medium
    if offer.override:
        seat.excused = True
    elif seat.counts[medium] >= seat.caps[medium] or not has_units(
        seat, state.terms, medium, offer.units
    ):
        raise InvariantBroken("I2", f"{seat.id} has no room for {offer.item.id}")
    seat.offers[offer.item.id] = offer
    seat.used += offer.units
    seat.counts[medium] += 1
    state.touched[seat] = None
    stand(state, seat)


def unreserve(state: State, offer: Offer, told: bool) -> None:
    """Give the room of an offer back; ``told`` when the database knew of it."""
    seat, medium = offer.seat, offer.item.demand.medium
    del seat.offers[offer.item.id]
    seat.used -= offer.units
    seat.counts[medium] -= 1
    if told:
        state.effects.append(LoadChanged(seat.id, offer.item.id, MEDIA[medium], -offer.units, -1))
    _ease(state, seat)


def take_on(state: State, offer: Offer, to: ItemState) -> Work:
    """Let an accepted offer become work, of the same weight."""
    seat, item = offer.seat, offer.item
    demand = item.demand
    work = Work(item.id, demand.queue, demand.medium, offer.units, to, state.now, offer.id)
    del seat.offers[item.id]
    seat.work[item.id] = work
    if state.terms.any_yield:
        weigh_all(state, seat)
        free(state, seat)
    else:
        stand(state, seat)
    return work


def turn(
    state: State, seat: Seat, work: Work, to: ItemState, reason: str, ends_at: int | None = None
) -> None:
    """Let work pass into another state, with what it then weighs."""
    work.state = to
    work.since = state.now
    work.ends_at = ends_at
    _weigh(state, seat, work)
    if state.terms.any_yield:
        weigh_all(state, seat)
    state.effects.append(WorkMoved(seat.id, work.item, to, reason, ends_at))
    _ease(state, seat)


def let_go(state: State, seat: Seat, work: Work, reason: str) -> None:
    """The agent's part in the item is over."""
    del seat.work[work.item]
    disarm_work(state, seat, work)
    seat.used -= work.units
    seat.counts[work.medium] -= work.counted
    seat.idle_since = state.now
    note_handling(state, work)
    if work.offer is not None:
        state.accepted.discard(work.offer)
    if state.terms.any_yield:
        weigh_all(state, seat)
    state.effects.append(WorkMoved(seat.id, work.item, ItemState.DONE, reason))
    if work.units or work.counted:
        state.effects.append(
            LoadChanged(seat.id, work.item, MEDIA[work.medium], -work.units, -work.counted)
        )
    _ease(state, seat)


def _ease(state: State, seat: Seat) -> None:
    if seat.excused and not is_over(seat, state.terms):
        seat.excused = False
    if seat.pending is not None or seat.state is DRAINING or not seat.connected:
        state.eased[seat] = None
    state.touched[seat] = None
    free(state, seat)


def wrap_up_timer(seat: Seat, work: Work) -> str:
    """The entity of a wrap-up's timer: one item may be in wrap-up with several agents."""
    return f"{work.item} {seat.id}"


def disarm_work(state: State, seat: Seat, work: Work) -> None:
    """Let no timer of the work's present state fire."""
    kind = ENDED_BY.get(work.state, TimerKind.SILENCE)
    entity = wrap_up_timer(seat, work) if kind is TimerKind.WRAP_UP else work.item
    state.timers.disarm(kind, entity)


def weigh_all(state: State, seat: Seat) -> None:
    """Let all work of the agent weigh what it weighs beside the rest."""
    for work in seat.work.values():
        _weigh(state, seat, work)
    seat.dormant = sum(claim_of(work) - work.units for work in seat.work.values())


def _weigh(state: State, seat: Seat, work: Work) -> None:
    units = weight_now(work, seat, state.terms)
    counted = 0 if work.state is ItemState.WRAP_UP and units == 0 else 1
    if units != work.units or counted != work.counted:
        by, count_by = units - work.units, counted - work.counted
        work.units, work.counted = units, counted
        seat.used += by
        seat.counts[work.medium] += count_by
        state.effects.append(LoadChanged(seat.id, work.item, MEDIA[work.medium], by, count_by))
