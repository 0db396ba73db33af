"""The exact place of waiting items among all work that their agents could take."""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING

from hub.kernel.ids import QueueId, WorkItemId
from hub.routing.index import Demand
from hub.routing.model import ItemState
from hub.routing.records import WorkItem

if TYPE_CHECKING:
    from hub.routing.state import State


def position(state: State, item_id: WorkItemId) -> int | None:
    """Which place a waiting item has: 1 is next. ``None`` when it does not wait."""
    item = state.items.get(item_id)
    if item is None or item.state is not ItemState.QUEUED:
        return None
    key = item.demand.base + item.place
    return 1 + sum(rival.before(key - rival.base) for rival in rivals_of(state, item.demand))


def positions(state: State, queue: QueueId) -> dict[WorkItemId, int]:
    """The place of every item that waits in the queue, each line walked once."""
    found: dict[WorkItemId, int] = {}
    alike: dict[tuple[int, ...], tuple[list[Demand], set[int]]] = {}
    for demand in state.index.demands.values():
        if demand and demand.course.queue == queue:
            rivals = rivals_of(state, demand)
            group = alike.setdefault(tuple(r.number for r in rivals), (rivals, set()))
            group[1].add(demand.number)
    for rivals, wanted in alike.values():
        for place, item in enumerate(merge(*rivals, key=_key), start=1):
            if item.demand.number in wanted:
                found[item.id] = place
    return found


def rivals_of(state: State, demand: Demand) -> list[Demand]:
    """The waiting demands that agents able to take this one could take, itself included.

    As long as nobody is able, those of the same queue.
    """
    profiles = demand.profiles
    return [
        rival
        for rival in state.index.demands.values()
        if rival and (rival.profiles & profiles if profiles else rival.queue == demand.queue)
    ]


def _key(item: WorkItem) -> int:
    return item.demand.base + item.place
