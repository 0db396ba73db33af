"""Where an agent stands: in which supply and at which place, or why in none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.routing.capacity import load_of, room_of
from hub.routing.effects import PresenceChanged
from hub.routing.index import Supply
from hub.routing.keys import place_of
from hub.routing.model import RoutingState
from hub.routing.records import Seat
from hub.routing.timers import TimerKind

if TYPE_CHECKING:
    from hub.routing.state import State

ROUTABLE = RoutingState.ROUTABLE
FULL = "full"
UNNEEDED = "unneeded"


def why_out(seat: Seat) -> str | None:
    """Why the agent is offered nothing at all, capacity aside; ``None`` when they may be."""
    if seat.state is not ROUTABLE:
        return seat.state
    if not seat.connected:
        return "connection_lost"
    if seat.pending is not None and not seat.pending[0].routable:
        return "presence_pending"
    return seat.lock_reason


def stand(state: State, seat: Seat) -> None:
    """Put the agent where they belong, and count them by reason if that is nowhere."""
    index = state.index
    supply = supply_for(state, seat)
    if supply is None:
        if seat.supply is not None:
            index.step_down(seat)
        out = why_out(seat) or why_no_room(seat)
    else:
        place = place_of(seat.ready_since(), seat.seq)
        if supply is not seat.supply or place != seat.place:
            index.step_down(seat)
            index.stand(seat, supply, place)
        out = None
    if out != seat.out:
        count(state.out, seat.out, -1)
        count(state.out, out, 1)
        seat.out = out


def why_no_room(seat: Seat) -> str:
    """Why an agent who is there has room for nothing there ever was."""
    return FULL if seat.used else UNNEEDED


def supply_for(state: State, seat: Seat) -> Supply | None:
    """The supply the agent belongs to now; ``None`` when they can take nothing."""
    if why_out(seat) is not None:
        return None
    room = room_of(seat, state.terms)
    if not room:
        return None
    return state.index.supply(seat.profile, room, load_of(seat))


def count(counts: dict[str, int], reason: str | None, by: int) -> None:
    """Add to a count by reason; one that comes to nothing is left out."""
    if reason is not None:
        total = counts.get(reason, 0) + by
        if total:
            counts[reason] = total
        else:
            del counts[reason]


def free(state: State, seat: Seat) -> None:
    """The agent may now be able to take more than before; the matching that follows finds out."""
    state.freed[seat] = None


def stand_all(state: State) -> None:
    """Let everybody stand where they belong under changed rules."""
    for seat in state.seats.values():
        stand(state, seat)
        state.freed[seat] = None


def lock(state: State, seat: Seat, until: int, reason: str) -> None:
    """Offer the agent nothing until then."""
    if seat.lock_reason is None or until > seat.locked_until:
        seat.locked_until = until
        seat.lock_reason = reason
        state.timers.arm(TimerKind.LOCK, seat.id, until)
        stand(state, seat)
        if seat.own:
            free(state, seat)


def unlock(state: State, seat: Seat) -> None:
    """Let the agent be offered work again."""
    if seat.lock_reason is not None:
        seat.lock_reason = None
        seat.locked_until = 0
        state.timers.disarm(TimerKind.LOCK, seat.id)
        free(state, seat)


def become(state: State, seat: Seat, to: RoutingState, cause: str) -> None:
    """Change what the router knows of an agent, and say so."""
    if to is not seat.state:
        seat.since = state.now
    seat.state = to
    free(state, seat)
    pending = seat.pending
    state.effects.append(
        PresenceChanged(
            seat.id,
            to,
            None if seat.presence is None else seat.presence.code,
            seat.reason,
            seat.since,
            cause,
            None if pending is None else pending[0].code,
        )
    )
