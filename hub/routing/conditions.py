"""Conditions: when more agents may help an item that waits, and not before.

A door that has opened for an item stays open as long as it waits. Doors are tried when the item
comes to stand in line, and every second after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hub.kernel.clock import SECOND
from hub.routing.estimate import expected_wait
from hub.routing.index import Course
from hub.routing.learning import handling_of
from hub.routing.model import Condition, Ground, RoutingState
from hub.routing.positions import ahead_of
from hub.routing.records import WorkItem
from hub.routing.timers import HUB, TimerKind

if TYPE_CHECKING:
    from hub.routing.state import State

EVERY = 1 * SECOND


def conditional(state: State, course: Course) -> bool:
    """True when some members of the queue only help on a condition."""
    return any(member.when is not None for member in state.index.queues[course.queue].members)


def newly_opened(state: State, item: WorkItem) -> int:
    """The members, as bits, whose conditions have come about for an item only now."""
    opened = item.demand.opened
    doors = enumerate(state.index.queues[item.queue].members)
    return sum(
        1 << number
        for number, member in doors
        if member.when is not None
        and not opened >> number & 1
        and HOLDS[member.when.ground](state, item, member.when)
    )


def open_doors(state: State, item: WorkItem) -> None:
    """Give an item that stands nowhere the demand that its conditions have earned."""
    if not conditional(state, item.demand.course):
        return
    more = newly_opened(state, item)
    if more:
        demand = item.demand
        item.demand = state.index.demand(demand.course, demand.step, demand.opened | more)
    watch(state, item)


def watch(state: State, item: WorkItem) -> None:
    """Look again in a second while a door is closed to an item."""
    members = state.index.queues[item.queue].members
    doors = sum(1 << n for n, member in enumerate(members) if member.when is not None)
    if doors & ~item.demand.opened and not state.timers.is_armed(TimerKind.CONDITIONS, HUB):
        state.timers.arm(TimerKind.CONDITIONS, HUB, state.now + EVERY)


def _waits_over(state: State, item: WorkItem, condition: Condition) -> bool:
    queue = state.index.queues[item.queue]
    handling = handling_of(state, queue.id)
    if handling is None:
        return False
    agents = sum(
        seat.state is RoutingState.ROUTABLE
        for profile in state.index.profiles.values()
        if profile.bit & item.demand.profiles
        for seat in profile.members.values()
    )
    wait = expected_wait(ahead_of(state, item), agents, handling, queue.patience)
    return wait is None or wait > condition.value


def _share(state: State, item: WorkItem, condition: Condition) -> int | None:
    """Of 1,000 customers, how many were lately answered in time; ``None`` when nobody knows."""
    learned = state.learned.get(condition.queue or item.queue)
    return None if learned is None or learned.kept is None else learned.kept // 1000


def _kept_under(state: State, item: WorkItem, condition: Condition) -> bool:
    share = _share(state, item, condition)
    return share is not None and share < condition.value


def _kept_over(state: State, item: WorkItem, condition: Condition) -> bool:
    share = _share(state, item, condition)
    return share is not None and share > condition.value


def _nobody_ready(state: State, item: WorkItem, condition: Condition) -> bool:
    return not item.demand.serves & state.index.ready


HOLDS: dict[Ground, Callable[[State, WorkItem, Condition], bool]] = {
    Ground.WAIT_OVER: _waits_over,
    Ground.KEPT_UNDER: _kept_under,
    Ground.KEPT_OVER: _kept_over,
    Ground.NOBODY_READY: _nobody_ready,
}
