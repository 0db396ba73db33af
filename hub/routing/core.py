"""The router's only door: ``step`` takes one input at one moment and returns what follows from it.

The state is owned by ``step``: nobody else changes it. The same inputs at the same moments give the
same state, bit for bit: no clock is read, nothing is random, no choice depends on the order of a
set.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.kernel.ids import WorkItemId
from hub.routing import (
    configuration,
    inputs,
    lifecycle,
    offers,
    presence,
    scarcity,
    standing,
    steering,
    waiting,
)
from hub.routing.decision import match
from hub.routing.effects import Effect
from hub.routing.inputs import Input
from hub.routing.invariants import check, verify
from hub.routing.model import ItemState
from hub.routing.positions import position, positions
from hub.routing.snapshots import digest, rebuild, snapshot
from hub.routing.state import State
from hub.routing.timers import Timer, TimerKind

__all__ = [
    "State",
    "check",
    "digest",
    "next_timer",
    "position",
    "positions",
    "rebuild",
    "snapshot",
    "step",
]


def step(state: State, event: Input, now: int) -> tuple[Effect, ...]:
    """Tell the router one thing, and hear what follows, in order.

    ``now`` is in ms; a moment before the last one counts as the last one. What is not possible
    changes nothing and is answered by ``Refused``; a broken invariant raises.
    """
    if now > state.now:
        state.now = now
    effects = state.effects = []
    kind = type(event)
    state.trigger = kind.__name__
    HANDLERS[kind](state, event)
    while state.eased:
        seat, _ = state.eased.popitem()
        presence.settle(state, seat)
    while state.freed or state.arrived:
        match(state)
    if state.touched:
        verify(state)
    return tuple(effects)


def next_timer(state: State) -> Timer | None:
    """The timer due first; when its moment has come, hand it to ``step`` as ``TimerFired``."""
    return state.timers.next()


def _start(state: State, event: inputs.Started) -> None:
    """What a snapshot left to be offered is offered by the matching that follows."""


def _fire(state: State, event: inputs.TimerFired) -> None:
    timer = event.timer
    if state.timers.take(timer, state.now):
        state.trigger = f"timer:{timer.kind.value}"
        ON_TIME[timer.kind](state, timer.entity)


def _advance(state: State, item_id: str) -> None:
    item = state.items.get(WorkItemId(item_id))
    if item is not None and item.state is ItemState.QUEUED and waiting.advance(state, item):
        state.tell(item, "step")


def _end_hold(state: State, item_id: str) -> None:
    item = state.items.get(WorkItemId(item_id))
    if item is not None and item.hold is not None:
        waiting.release(state, item)


def _review_exclusions(state: State, item_id: str) -> None:
    item = state.items.get(WorkItemId(item_id))
    if item is not None and item.state is ItemState.QUEUED:
        waiting.leave(state, item)
        waiting.enter(state, item)


HANDLERS: dict[type, Callable[[State, Any], None]] = {
    # Configuration
    inputs.Started: _start,
    inputs.RulesChanged: configuration.change_rules,
    inputs.QueueChanged: configuration.change_queue,
    inputs.AgentChanged: configuration.change_agent,
    inputs.AgentRemoved: configuration.remove_agent,
    # Presence
    inputs.SignedIn: presence.sign_in,
    inputs.SignedOut: presence.sign_out,
    inputs.PresenceSet: presence.set_presence,
    inputs.DrainAsked: presence.drain,
    inputs.Heartbeat: presence.hear,
    inputs.ConnectionLost: presence.lose,
    inputs.ConnectionBack: presence.come_back,
    # An item waits
    inputs.ItemQueued: lifecycle.queue,
    inputs.ItemChanged: lifecycle.change,
    inputs.ItemAssigned: lifecycle.assign,
    inputs.CustomerLeft: lifecycle.customer_leaves,
    inputs.ItemCancelled: lifecycle.cancel,
    # It is offered
    inputs.GrantConfirmed: offers.confirm,
    inputs.GrantRefused: offers.refuse,
    inputs.OfferDelivered: offers.deliver,
    inputs.OfferAccepted: offers.accept,
    inputs.OfferDeclined: offers.decline,
    inputs.OfferWithdrawn: offers.take_back,
    # It is in hand
    inputs.Bridged: lifecycle.bridge,
    inputs.BridgeFailed: lifecycle.fail_bridge,
    inputs.AgentLegLost: lifecycle.recover,
    inputs.ItemHeld: lifecycle.hold,
    inputs.ItemUnheld: lifecycle.unhold,
    inputs.ItemParked: lifecycle.park,
    inputs.CustomerWrote: lifecycle.hear,
    inputs.TransferredToQueue: lifecycle.transfer_to_queue,
    inputs.TransferredToAgent: lifecycle.transfer_to_agent,
    inputs.WorkEnded: lifecycle.end_work,
    inputs.WrapUpEnded: lifecycle.end_wrap_up,
    # Time
    inputs.TimerFired: _fire,
}
"""What each input does, in reading order."""

ON_TIME: dict[TimerKind, Callable[[State, str], None]] = {
    TimerKind.OFFER: offers.expire,
    TimerKind.DELIVERY: offers.miss_delivery,
    TimerKind.STEP: _advance,
    TimerKind.EXCLUSION: _review_exclusions,
    TimerKind.STICKY: _end_hold,
    TimerKind.MAX_WAIT: lifecycle.outwait,
    TimerKind.CONNECT: lifecycle.give_up_connecting,
    TimerKind.SILENCE: lifecycle.park_if_silent,
    TimerKind.PARK: lifecycle.end_parking,
    TimerKind.WRAP_UP: lifecycle.time_out_wrap_up,
    TimerKind.LOCK: presence.end_lock,
    TimerKind.HEARTBEAT: presence.miss_heartbeat,
    TimerKind.GRACE: presence.end_grace,
    TimerKind.PRESENCE: presence.outlast,
    TimerKind.RETURN: presence.return_to_routable,
    TimerKind.RATE: standing.review_limit,
    TimerKind.TICKET: lifecycle.end_ticket,
    TimerKind.DAY: standing.begin_day,
    TimerKind.STEER: steering.steer,
    TimerKind.CONDITIONS: waiting.review_conditions,
    TimerKind.SCARCITY: scarcity.refresh,
}
"""What each timer does."""
