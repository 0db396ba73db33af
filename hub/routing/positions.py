"""The exact place of waiting items among all work that their agents could take."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import merge
from typing import TYPE_CHECKING

from hub.kernel.ids import QueueId, WorkItemId
from hub.routing.index import Demand
from hub.routing.model import ItemState
from hub.routing.records import Hold, WorkItem
from hub.routing.selection import key_of

if TYPE_CHECKING:
    from hub.routing.state import State


def position(state: State, item_id: WorkItemId) -> int | None:
    """Which place a waiting item has: 1 is next. ``None`` when it does not wait."""
    item = state.items.get(item_id)
    if item is None or item.state is not ItemState.QUEUED:
        return None
    return 1 + ahead_of(state, item)


def ahead_of(state: State, item: WorkItem) -> int:
    """How many that wait come before an item, wherever it stands."""
    key = key_of(item)
    rivals = rivals_of(state, item.demand, item.hold)
    held = _held_rivals(state, item.demand, item.hold)
    return sum(r.before(key - r.base) for r in rivals) + sum(key_of(h) < key for h in held)


def positions(state: State, queue: QueueId) -> dict[WorkItemId, int]:
    """The place of every item that waits in the queue, each line walked once."""
    found: dict[WorkItemId, int] = {}
    alike: dict[tuple[int, ...], tuple[list[Iterable[WorkItem]], set[int]]] = {}
    for demand in state.index.demands.values():
        if demand and demand.course.queue == queue:
            rivals = rivals_of(state, demand)
            held = sorted(_held_rivals(state, demand), key=key_of)
            same = (*(r.number for r in rivals), -1, *(h.seq for h in held))
            group = alike.setdefault(same, ([*rivals, held], set()))
            group[1].add(demand.number)
    for lines, wanted in alike.values():
        for place, item in enumerate(merge(*lines, key=key_of), start=1):
            if item.demand.number in wanted and item.hold is None:
                found[item.id] = place
    for item in state.index.held:
        if item.queue == queue:
            found[item.id] = position(state, item.id) or 1
    return found


def rivals_of(state: State, demand: Demand, hold: Hold | None = None) -> list[Demand]:
    """The waiting demands that agents able to take this one could take, itself included.

    As long as nobody is able, those of the same queue. Who waits for one agent competes for theirs.
    """
    profiles = demand.profiles if hold is None else hold.seat.profile.bit
    return [
        rival
        for rival in state.index.demands.values()
        if rival and (rival.profiles & profiles if profiles else rival.queue == demand.queue)
    ]


def _held_rivals(state: State, demand: Demand, hold: Hold | None = None) -> list[WorkItem]:
    """The items that wait for one agent who could take this one."""
    if hold is not None:
        return list(hold.seat.own)
    return [h for h in state.index.held if h.hold and h.hold.seat.profile.bit & demand.profiles]
