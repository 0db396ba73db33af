"""Where an agent stands: in which supply and at which place, or why in none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hub.kernel.clock import DAY
from hub.kernel.ids import AgentId
from hub.routing.capacity import load_of, room_of
from hub.routing.effects import PresenceChanged
from hub.routing.index import Supply
from hub.routing.keys import counted, place_of
from hub.routing.model import RoutingState, Strategy
from hub.routing.records import Seat
from hub.routing.timers import HUB, TimerKind

if TYPE_CHECKING:
    from hub.routing.state import State

ROUTABLE = RoutingState.ROUTABLE
FULL = "full"
UNNEEDED = "unneeded"
RATE_LIMIT = "rate_limit"


def why_out(seat: Seat) -> str | None:
    """Why the agent is offered nothing at all, capacity aside; ``None`` when they may be."""
    if seat.state is not ROUTABLE:
        return seat.state
    if not seat.connected:
        return "connection_lost"
    if seat.pending is not None and not seat.pending[0].routable:
        return "presence_pending"
    return RATE_LIMIT if seat.limited else seat.lock_reason


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
        places = places_of(state, seat, place) if index.strategies else ()
        if supply is not seat.supply or place != seat.place or places != seat.places:
            index.step_down(seat)
            index.stand(seat, supply, place, places)
        out = None
    if out != seat.out:
        count(state.out, seat.out, -1)
        count(state.out, out, 1)
        seat.out = out


def places_of(state: State, seat: Seat, place: int) -> tuple[int, ...]:
    """The agent's places in the lines of the strategies in use, from that by idle time."""
    return tuple(PLACES[strategy](state, seat, place) for strategy in state.index.strategies)


def today(state: State) -> int:
    """The number of the present day."""
    return (state.now - state.rules.day_begins) // DAY


def accepted_today(state: State, seat: Seat) -> int:
    """How many offers the agent has accepted today."""
    return seat.accepted if seat.counted_on == today(state) else 0


def count_accepted(state: State, seat: Seat) -> None:
    """The agent has accepted one more."""
    seat.accepted = accepted_today(state, seat) + 1
    seat.counted_on = today(state)


PLACES: dict[Strategy, Callable[[State, Seat, int], int]] = {
    Strategy.LEAST_LOADED: lambda _, seat, place: counted(seat.used, place),
    Strategy.ROUND_ROBIN: lambda _, seat, __: place_of(seat.offered_at, seat.seq),
    Strategy.FEWEST_TODAY: lambda state, seat, place: counted(accepted_today(state, seat), place),
}


def review_lines(state: State) -> None:
    """Let everybody stand where the strategies now in use want them."""
    if state.index.keep_lines():
        stand_all(state)
    begin_day(state)


def begin_day(state: State, _: str = "") -> None:
    """Nobody has accepted anything on a new day."""
    if Strategy.FEWEST_TODAY in state.index.strategies:
        stand_all(state)
        begins = (today(state) + 1) * DAY + state.rules.day_begins
        state.timers.arm(TimerKind.DAY, HUB, begins)
    else:
        state.timers.disarm(TimerKind.DAY, HUB)


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


def recent_grants(state: State, seat: Seat) -> list[int]:
    """The moments of the grants within the window of the agent's rate limit."""
    rate = seat.agent.rate
    return [] if rate is None else [at for at in seat.granted if at > state.now - rate.over]


def limit(state: State, seat: Seat) -> None:
    """Hold the agent's recent grants against their rate limit; ``stand`` draws the conclusion."""
    rate = seat.agent.rate
    seat.limited = False
    seat.granted = recent_grants(state, seat)
    state.timers.disarm(TimerKind.RATE, seat.id)
    if rate is not None and len(seat.granted) >= rate.most:
        seat.limited = True
        until = seat.granted[-rate.most] + rate.over if rate.most else state.now + rate.over
        state.timers.arm(TimerKind.RATE, seat.id, until)


def review_limit(state: State, agent: str) -> None:
    """The rate limit may be over."""
    seat = state.seats.get(AgentId(agent))
    if seat is not None:
        limit(state, seat)
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
