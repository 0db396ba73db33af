"""Steering: queues that miss their goal are helped by those that do not.

Every few seconds each queue's items move forward or back together, by as much as its promise is
kept worse or better than the others keep theirs. So the largest shortfall shrinks, without anybody
tuning priorities. Everything is a whole number: shares in millionths, drifts in microseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.kernel.clock import SECOND
from hub.kernel.ids import QueueId
from hub.routing.effects import OffsetChanged
from hub.routing.learning import Learned, learned_of
from hub.routing.records import WorkItem
from hub.routing.timers import HUB, TimerKind

if TYPE_CHECKING:
    from hub.routing.state import State

EVERY = 5 * SECOND
ALL = 1_000_000
PER_ITEM = 2
"""A shortfall of the whole moves a queue forward by so many seconds with every item served."""
FARTHEST = 300 * ALL
"""Nothing moves farther than this, so nobody starves."""
KEPT_PER_TICK = 99_424
"""Of 100,000: without need, half of a drift is gone after ten minutes."""
SMALLEST = 100
"""Offsets are told in steps of so many ms."""


def note_answered(state: State, item: WorkItem) -> None:
    """The customer's waiting is over."""
    waited = state.now - item.enqueued_at
    _note(state, item.queue, waited <= state.index.queues[item.queue].target)


def note_abandoned(state: State, item: WorkItem) -> None:
    """The customer's patience was."""
    _note(state, item.queue, kept=False)


def _note(state: State, id_: QueueId, kept: bool) -> None:
    goal = state.index.queues[id_].goal
    if goal is None:
        return
    learned_of(state, id_).learn_kept(kept, goal)
    state.served += 1
    if not state.timers.is_armed(TimerKind.STEER, HUB):
        state.timers.arm(TimerKind.STEER, HUB, state.now + EVERY)


def steer(state: State, _: str = "") -> None:
    """Move every queue with a goal by its shortfall; when there is none, back to its own place."""
    goals = {id_: q.goal for id_, q in sorted(state.index.queues.items()) if q.goal is not None}
    learned = {id_: learned_of(state, id_) for id_ in goals}
    lacks = {id_: max(0, goal * 1000 - learned[id_].share(goal)) for id_, goal in goals.items()}
    mean = sum(lacks.values()) // max(1, len(lacks))
    for id_, one in learned.items():
        if mean or any(lacks.values()):
            one.drift += PER_ITEM * state.served * (lacks[id_] - mean)
            one.drift = max(-FARTHEST, min(FARTHEST, one.drift))
        else:
            one.drift = _toward_zero(one.drift * KEPT_PER_TICK, 100_000)
        _apply(state, id_, one)
    if state.served or any(one.drift for one in learned.values()):
        state.timers.arm(TimerKind.STEER, HUB, state.now + EVERY)
    state.served = 0


def _apply(state: State, id_: QueueId, learned: Learned) -> None:
    offset = offset_of(learned)
    if offset != state.index.offsets.get(id_, 0):
        state.index.shift(id_, offset)
        goal = state.index.queues[id_].goal
        kept = None if goal is None else learned.share(goal) // 1000
        state.effects.append(OffsetChanged(id_, offset, kept))


def offset_of(learned: Learned) -> int:
    """By how many ms a queue's items are moved forward."""
    return _toward_zero(learned.drift, SMALLEST * 1000) * SMALLEST


def release_without_goal(state: State, id_: QueueId) -> None:
    """A queue that has no goal any more has its own place."""
    learned = state.learned.get(id_)
    if learned is not None and state.index.queues[id_].goal is None:
        learned.drift = 0
        learned.kept = None
        _apply(state, id_, learned)


def rearm(state: State) -> None:
    """After a rebuild: go on steering where that is under way."""
    for id_, learned in state.learned.items():
        if offset_of(learned):
            state.index.offsets[id_] = offset_of(learned)
    if state.served or any(learned.drift for learned in state.learned.values()):
        state.timers.arm(TimerKind.STEER, HUB, state.now + EVERY)


def _toward_zero(value: int, by: int) -> int:
    return value // by if value >= 0 else -(-value // by)
