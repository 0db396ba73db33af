"""Waiting: how an item comes to stand in line, moves on to its next step, and leaves the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.kernel.ids import AgentId, QueueId
from hub.routing.capacity import MEDIA
from hub.routing.conditions import conditional, newly_opened, open_doors, watch
from hub.routing.learning import time_to_room
from hub.routing.model import Band, ItemState, Queue, RoutingState, Step
from hub.routing.records import Hold, Seat, WorkItem
from hub.routing.selection import fits, may_have
from hub.routing.standing import why_out
from hub.routing.timers import TimerKind

if TYPE_CHECKING:
    from hub.routing.state import State

DECLINED = "declined"
WAITING_TIMERS = (TimerKind.STEP, TimerKind.MAX_WAIT, TimerKind.EXCLUSION, TimerKind.STICKY)


def enter(state: State, item: WorkItem) -> None:
    """Let an item stand in the line of its step, to be served in this very step if it can be."""
    course = item.demand.course
    step = course.step_after(state.now - item.enqueued_at)
    if step > item.demand.step:
        item.demand = state.index.demand(course, step, item.demand.opened)
    open_doors(state, item)
    item.state = ItemState.QUEUED
    item.offer = None
    item.agent = None
    review_exclusions(state, item)
    if item.preferred:
        _review_hold(state, item)
    state.index.enter(item)
    state.arrived[item] = None
    _arm(state, item)


def leave(state: State, item: WorkItem) -> None:
    """Let an item stand in line no longer."""
    state.index.leave(item)
    if item.timed:
        item.timed = False
        for kind in WAITING_TIMERS:
            state.timers.disarm(kind, item.id)


def _review_hold(state: State, item: WorkItem) -> None:
    """Let an item wait for a busy agent it prefers while that can be expected to pay."""
    hold = item.hold
    if hold is not None:
        if _is_over(state, hold) or not could_have(hold.seat, item):
            item.hold, item.hold_spent = None, True
    elif not item.hold_spent:
        seats = [state.seats[agent] for agent in item.preferred if agent in state.seats]
        able = [seat for seat in seats if could_have(seat, item)]
        if any(fits(state, seat, seat.supply, item) for seat in able if seat.supply is not None):
            return
        item.hold = next(filter(None, (_hold_of(state, item, seat) for seat in able)), None)
        item.hold_spent = item.hold is None


def _is_over(state: State, hold: Hold) -> bool:
    return hold.until is not None and hold.until <= state.now


def _hold_of(state: State, item: WorkItem, seat: Seat) -> Hold | None:
    """The hold of an item for an agent; ``None`` when it would cost the promise.

    An item waits at most ``sticky_max``, and only as long as the agent, who is expected to need a
    while, can still be in time for its due moment.
    """
    demand = item.demand
    queue = state.index.queues[demand.queue]
    longest = queue.sticky_max
    if longest is None:
        if state.terms.by_medium[demand.medium].patient:
            return Hold(seat, None)
        longest = queue.target // 2
    latest = item.enqueued_at + longest
    needs = time_to_room(state, seat)
    until = min(latest, item.due - needs)
    return Hold(seat, until) if state.now + needs <= latest and until > state.now else None


def could_have(seat: Seat, item: WorkItem) -> bool:
    """True when the agent is there and, with nothing else in hand, could take the item."""
    demand = item.demand
    return (
        why_out(seat) is None
        and bool(seat.profile.takes & demand.bit)
        and bool(seat.media >> demand.medium & 1)
        and seat.caps[demand.medium] > 0
        and seat.units >= demand.weight
        and may_have(seat, item)
    )


def review_own(state: State, seat: Seat) -> None:
    """Whoever waits for an agent in vain waits for anybody."""
    for item in list(seat.own):
        if not could_have(seat, item):
            release(state, item)


def release(state: State, item: WorkItem) -> None:
    """Let an item wait for anybody."""
    leave(state, item)
    item.hold, item.hold_spent = None, True
    enter(state, item)


def requeue(state: State, item: WorkItem, reason: str, boost: int = 0) -> None:
    """Back into the line, at the old place or ``boost`` ms before it."""
    if boost:
        item.come_due(item.due - boost)
    enter(state, item)
    state.tell(item, reason)


def advance(state: State, item: WorkItem) -> bool:
    """Move a waiting item to the step its waiting has earned. True when that is another one."""
    course = item.demand.course
    step = course.step_after(state.now - item.enqueued_at)
    if step <= item.demand.step:
        return False
    leave(state, item)
    enter(state, item)
    return True


def review_conditions(state: State, _: str = "") -> None:
    """Let more agents help the items whose conditions have come about."""
    for course in list(state.index.courses.values()):
        if conditional(state, course):
            for demand in (*course.demands, *course.wider.values()):
                for item in list(demand):
                    if newly_opened(state, item):
                        leave(state, item)
                        enter(state, item)
                    else:
                        watch(state, item)


def assign_course(
    state: State, item: WorkItem, queue: QueueId, band: Band, needs: tuple[Step, ...]
) -> None:
    """Give an item that stands nowhere another queue, band or requirement."""
    demand = item.demand
    course = state.course_for(queue, MEDIA[demand.medium], demand.weight, band, needs)
    item.demand = course.demands[0]
    if queue != demand.queue:
        item.entered_at = state.now


def destination(state: State, queue: Queue) -> tuple[Queue | None, str]:
    """Where work for this queue may wait, along its overflow; else ``None`` and the reason."""
    reason = ""
    tried: set[QueueId] = set()
    at: Queue | None = queue
    while at is not None and at.id not in tried:
        tried.add(at.id)
        refusal = why_no_entry(state, at)
        if refusal is None:
            return at, reason
        reason = reason or refusal
        at = None if at.overflow is None else state.index.queues.get(at.overflow)
    return None, reason


def why_no_entry(state: State, queue: Queue) -> str | None:
    """Why nothing more may wait there; ``None`` when it may."""
    if not queue.is_open:
        return "closed"
    if queue.max_waiting is not None and state.index.in_queue.get(queue.id, 0) >= queue.max_waiting:
        return "full"
    if not queue.join_empty and not has_agents(state, queue):
        return "no_agent"
    return None


def has_agents(state: State, queue: Queue) -> bool:
    """True when somebody of the queue is there, if only on a break."""
    return any(
        seat.state is not RoutingState.OFFLINE
        and any(m.group is None or m.group in seat.agent.groups for m in queue.members)
        for seat in state.seats.values()
    )


def exclude(item: WorkItem, agent: AgentId, until: int, reason: str) -> None:
    """Do not offer the item to this agent until then; the later of two moments counts."""
    if item.excluded is None:
        item.excluded = {}
    before = item.excluded.get(agent)
    if before is None or before[0] < until:
        item.excluded[agent] = (until, reason)


def review_exclusions(state: State, item: WorkItem) -> bool:
    """Lift the exclusions that are over. True when there were any.

    Who declined stays excluded for as long as somebody else who is there could take the item.
    """
    if not item.excluded:
        return False
    lifted = False
    for agent, (until, reason) in list(item.excluded.items()):
        if until > state.now:
            continue
        if reason == DECLINED and has_another(state, item):
            item.excluded[agent] = (state.now + state.rules.reject_gap, reason)
        else:
            del item.excluded[agent]
            lifted = True
    if not item.excluded:
        item.excluded = None
    return lifted


def has_another(state: State, item: WorkItem) -> bool:
    """True when somebody who is there, and not excluded, is able to take the item."""
    excluded = item.excluded or {}
    return any(
        seat.state is not RoutingState.OFFLINE and seat.id not in excluded
        for profile in state.index.profiles.values()
        if profile.takes & item.demand.bit
        for seat in profile.members.values()
    )


def _arm(state: State, item: WorkItem) -> None:
    demand = item.demand
    stages = demand.course.stages
    timers = state.timers
    if demand.step + 1 < len(stages):
        timers.arm(TimerKind.STEP, item.id, item.enqueued_at + stages[demand.step + 1])
        item.timed = True
    hold = item.hold
    if hold is not None and hold.until is not None:
        timers.arm(TimerKind.STICKY, item.id, hold.until)
        item.timed = True
    max_wait = state.index.queues[demand.queue].max_wait
    if max_wait is not None and item.answered_at is None:
        timers.arm(TimerKind.MAX_WAIT, item.id, item.entered_at + max_wait)
        item.timed = True
    if item.excluded:
        timers.arm(TimerKind.EXCLUSION, item.id, min(until for until, _ in item.excluded.values()))
        item.timed = True
