"""The decision: which waiting item goes to which agent, until no more can go.

There is one rule. Among all items that some ready agent could take, the first in order is served;
among all agents able to take it, the first in rank gets it; and so on until none is left. Both orders
are total, so the outcome is the only one. Since nothing was left to serve before an input, only the
agents it freed and the items it brought need looking at.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from hub.routing.keys import LOWEST
from hub.routing.model import ItemState, OfferMode
from hub.routing.offers import grant
from hub.routing.records import Seat, WorkItem
from hub.routing.selection import best_item, best_seat

if TYPE_CHECKING:
    from hub.routing.state import State


def match(state: State) -> None:
    """Serve waiting items until none can be served.

    The agenda holds what may lead to a grant, each with a bound not above the key of the item it would
    serve. Serving only raises these keys, so the smallest bound that proves exact is the next grant.
    """
    agenda: list[tuple[int, int, WorkItem | Seat]] = []
    for item in state.arrived:
        heappush(agenda, (item.demand.base + item.place, len(agenda), item))
    for seat in state.freed:
        heappush(agenda, (LOWEST, len(agenda), seat))
    state.arrived.clear()
    state.freed.clear()

    while agenda:
        _, number, subject = heappop(agenda)
        if isinstance(subject, WorkItem):
            _serve(state, subject)
        else:
            key = _employ(state, subject, agenda[0][0] if agenda else None)
            if key is not None and subject.supply is not None:
                heappush(agenda, (key, number, subject))


def _serve(state: State, item: WorkItem) -> None:
    """Give the item to the first agent in rank who can take it."""
    if item.state is ItemState.QUEUED:
        seat = best_seat(state, item)
        if seat is not None:
            grant(state, item, seat, OfferMode.ROUTED)


def _employ(state: State, seat: Seat, rival: int | None) -> int | None:
    """Serve the first item in order the agent can take, unless a rival's comes first; return its key."""
    found = best_item(state, seat)
    if found is None:
        return None
    item, key = found
    if rival is None:
        # Nobody else was freed, and nobody else could take it before.
        grant(state, item, seat, OfferMode.ROUTED)
    elif key <= rival:
        _serve(state, item)
    return key
