"""The presence machine: offline, routable, not routable, not responding, draining, disconnected.

What agents say (their presence) is theirs to change at any time; what follows for routing is
decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.kernel.ids import AgentId
from hub.routing.capacity import media_bits
from hub.routing.effects import Alerted
from hub.routing.inputs import (
    ConnectionBack,
    ConnectionLost,
    DrainAsked,
    Heartbeat,
    PresenceSet,
    SignedIn,
    SignedOut,
)
from hub.routing.lifecycle import IN_HAND, finish_wrap_up, requeue_work
from hub.routing.model import ItemState, Presence, RoutingState
from hub.routing.offers import withdraw, withdraw_all
from hub.routing.records import Seat
from hub.routing.standing import become, free, unlock
from hub.routing.timers import TimerKind

if TYPE_CHECKING:
    from hub.routing.state import State

OFFLINE = RoutingState.OFFLINE
ROUTABLE = RoutingState.ROUTABLE
NOT_ROUTABLE = RoutingState.NOT_ROUTABLE
DRAINING = RoutingState.DRAINING
DISCONNECTED = RoutingState.DISCONNECTED


# What agents say


def sign_in(state: State, event: SignedIn) -> None:
    """OFFLINE -> what they first say; who is merely disconnected is back."""
    seat = _seat(state, event.agent)
    if seat is not None:
        _come_online(state, seat)


def _come_online(state: State, seat: Seat) -> None:
    if seat.state is not OFFLINE:
        _come_back(state, seat)
        return
    seat.connected = True
    _listen(state, seat)
    _say(state, seat, state.rules.presences[state.rules.first_presence], None, "signed_in")


def sign_out(state: State, event: SignedOut) -> None:
    """Any state -> OFFLINE, unless there is live work and it is not forced."""
    seat = _seat(state, event.agent)
    if seat is None or seat.state is OFFLINE:
        return
    if not event.force and any(work.state in IN_HAND for work in seat.work.values()):
        state.refuse("has_live_work", seat.id)
    else:
        go_offline(state, seat, "signed_out")


def set_presence(state: State, event: PresenceSet) -> None:
    """Any state -> ROUTABLE or NOT_ROUTABLE, now or after the present offer."""
    seat = _seat(state, event.agent)
    if seat is None:
        return
    presence = state.rules.presences.get(event.presence)
    if presence is None:
        state.refuse("unknown_presence", event.presence)
    elif presence.needs_reason and not event.reason:
        state.refuse("needs_reason", event.presence)
    else:
        if seat.state is OFFLINE:
            _come_online(state, seat)
        _change_presence(state, seat, presence, event.reason, "set")


def _change_presence(
    state: State, seat: Seat, presence: Presence, reason: str | None, cause: str
) -> None:
    """Say it at once, or when the offer that defers it has come to its end."""
    seat.pending = None
    if seat.state is ROUTABLE and not presence.routable:
        for offer in seat.offers.values():
            if state.terms.by_medium[offer.item.demand.medium].defers_presence:
                seat.pending = (presence, reason, offer.item.id)
                break
    if seat.pending is None:
        _say(state, seat, presence, reason, cause)
        return
    for offer in list(seat.offers.values()):
        if not state.terms.by_medium[offer.item.demand.medium].defers_presence:
            withdraw(state, offer, "presence")
    become(state, seat, seat.state, "deferred")


def _say(state: State, seat: Seat, presence: Presence, reason: str | None, cause: str) -> None:
    """The agent's presence is this, and the router draws its conclusions."""
    seat.presence, seat.reason = presence, reason
    seat.media = media_bits(presence.media)
    _limit(state, seat, presence)
    to = ROUTABLE if presence.routable else NOT_ROUTABLE
    if seat.state is DISCONNECTED:
        seat.resumes = to
        become(state, seat, DISCONNECTED, cause)
        return
    if to is ROUTABLE and seat.state is not ROUTABLE:
        seat.idle_since = state.now
        seat.expiries = 0
        unlock(state, seat)
    state.timers.disarm(TimerKind.RETURN, seat.id)
    become(state, seat, to, cause)
    for offer in list(seat.offers.values()):
        if to is NOT_ROUTABLE or not seat.media >> offer.item.demand.medium & 1:
            withdraw(state, offer, "presence")


def _limit(state: State, seat: Seat, presence: Presence) -> None:
    if presence.lasts_at_most is None:
        state.timers.disarm(TimerKind.PRESENCE, seat.id)
    else:
        state.timers.arm(TimerKind.PRESENCE, seat.id, state.now + presence.lasts_at_most)


def outlast(state: State, agent: str) -> None:
    """A presence lasted too long -> the one that follows."""
    seat = state.seats.get(AgentId(agent))
    if seat is None or seat.presence is None or seat.presence.on_expire is None:
        return
    follows = state.rules.presences.get(seat.presence.on_expire)
    if follows is not None and seat.state is not OFFLINE:
        state.effects.append(Alerted("presence_expired", agent=seat.id))
        _change_presence(state, seat, follows, None, "expired")


def return_to_routable(state: State, agent: str) -> None:
    """NOT_RESPONDING -> ROUTABLE after a while, where that is configured."""
    seat = state.seats.get(AgentId(agent))
    if seat is not None and seat.state is RoutingState.NOT_RESPONDING:
        seat.idle_since = state.now
        seat.expiries = 0
        unlock(state, seat)
        become(state, seat, ROUTABLE, "returned")


def end_lock(state: State, agent: str) -> None:
    """The agent may be offered work again."""
    seat = state.seats.get(AgentId(agent))
    if seat is not None:
        unlock(state, seat)


# Draining


def drain(state: State, event: DrainAsked) -> None:
    """ROUTABLE or NOT_ROUTABLE -> DRAINING, and on once nothing is in hand."""
    seat = _seat(state, event.agent)
    if seat is None:
        return
    if event.to is not None and event.to not in state.rules.presences:
        state.refuse("unknown_presence", event.to)
    elif seat.state not in (ROUTABLE, NOT_ROUTABLE, RoutingState.NOT_RESPONDING):
        state.refuse("wrong_state", seat.id)
    else:
        seat.pending = None
        seat.drains_to = event.to
        state.timers.disarm(TimerKind.RETURN, seat.id)
        become(state, seat, DRAINING, "drain")
        withdraw_all(state, seat, "draining")
        state.eased[seat] = None


def settle(state: State, seat: Seat) -> None:
    """Draw the conclusions that waited until the agent let go of something."""
    if seat.pending is not None:
        presence, reason, item = seat.pending
        work = seat.work.get(item)
        if item not in seat.offers and (work is None or work.state is ItemState.WRAP_UP):
            seat.pending = None
            _say(state, seat, presence, reason, "deferred")
    if seat.state is DRAINING and not seat.work and not seat.offers:
        if seat.drains_to is None:
            go_offline(state, seat, "drained")
        else:
            _say(state, seat, state.rules.presences[seat.drains_to], None, "drained")
    if not seat.connected and seat.state not in (OFFLINE, DISCONNECTED):
        _lose(state, seat)


# The line to the agent


def hear(state: State, event: Heartbeat) -> None:
    """The agent is there; who was disconnected is back."""
    seat = state.seats.get(event.agent)
    if seat is not None and seat.state is not OFFLINE:
        seat.heard_at = state.now
        if not seat.connected:
            _come_back(state, seat)


def lose(state: State, event: ConnectionLost) -> None:
    """Online -> DISCONNECTED."""
    seat = _seat(state, event.agent)
    if seat is not None and seat.state is not OFFLINE and seat.connected:
        _lose(state, seat)


def miss_heartbeat(state: State, agent: str) -> None:
    """Nothing heard for too long is a lost connection."""
    seat = state.seats.get(AgentId(agent))
    timeout = state.rules.heartbeat_timeout
    if seat is None or timeout is None or seat.state is OFFLINE or not seat.connected:
        return
    if seat.heard_at + timeout > state.now:
        state.timers.arm(TimerKind.HEARTBEAT, seat.id, seat.heard_at + timeout)
    else:
        _lose(state, seat)


def _lose(state: State, seat: Seat) -> None:
    """Offer nothing to who cannot see it; a call goes on without the screen, and decides later."""
    seat.connected = False
    state.timers.disarm(TimerKind.HEARTBEAT, seat.id)
    if not _is_on_a_call(state, seat):
        seat.resumes = seat.state
        seat.lost_at = state.now
        state.timers.arm(TimerKind.GRACE, seat.id, state.now + state.rules.grace)
        become(state, seat, DISCONNECTED, "connection_lost")
    else:
        free(state, seat)
    withdraw_all(state, seat, "connection_lost")


def _is_on_a_call(state: State, seat: Seat) -> bool:
    return any(
        work.state in IN_HAND and state.terms.by_medium[work.medium].bridged
        for work in seat.work.values()
    )


def come_back(state: State, event: ConnectionBack) -> None:
    """DISCONNECTED -> the state before, idle time kept."""
    seat = _seat(state, event.agent)
    if seat is not None and seat.state is not OFFLINE:
        _come_back(state, seat)


def _come_back(state: State, seat: Seat) -> None:
    was_connected = seat.connected
    seat.connected = True
    _listen(state, seat)
    if seat.state is DISCONNECTED:
        resumes = seat.resumes or NOT_ROUTABLE
        seat.resumes = None
        state.timers.disarm(TimerKind.GRACE, seat.id)
        become(state, seat, resumes, "connection_back")
        state.eased[seat] = None
    elif not was_connected:
        become(state, seat, seat.state, "connection_back")


def _listen(state: State, seat: Seat) -> None:
    seat.heard_at = state.now
    if state.rules.heartbeat_timeout is not None:
        at = state.now + state.rules.heartbeat_timeout
        state.timers.arm(TimerKind.HEARTBEAT, seat.id, at)


def end_grace(state: State, agent: str) -> None:
    """DISCONNECTED too long -> OFFLINE."""
    seat = state.seats.get(AgentId(agent))
    if seat is not None and seat.state is DISCONNECTED:
        go_offline(state, seat, "grace_over")


def go_offline(state: State, seat: Seat, cause: str, keep_nothing: bool = False) -> None:
    """Any state -> OFFLINE; work that cannot wait for the agent's return waits for another."""
    seat.presence, seat.reason, seat.pending = None, None, None
    seat.resumes, seat.drains_to = None, None
    for kind in (TimerKind.HEARTBEAT, TimerKind.GRACE, TimerKind.PRESENCE, TimerKind.RETURN):
        state.timers.disarm(kind, seat.id)
    unlock(state, seat)
    become(state, seat, OFFLINE, cause)
    withdraw_all(state, seat, cause)
    for work in list(seat.work.values()):
        if work.state is ItemState.WRAP_UP:
            finish_wrap_up(state, seat, work, cause)
        elif keep_nothing or state.terms.by_medium[work.medium].reassigned_when_offline:
            requeue_work(state, seat, work, cause)


def _seat(state: State, id_: AgentId) -> Seat | None:
    seat = state.seats.get(id_)
    if seat is None:
        state.refuse("unknown_agent", id_)
    return seat
