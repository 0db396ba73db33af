"""The decision: which waiting item goes to which agent, until no more can go.

There is one rule. Among all items that some ready agent could take, the first in order is served;
among all agents able to take it, the first in rank gets it; and so on until none is left. Both
orders are total, so the outcome is the only one. Since nothing was left to serve before an input,
only the agents it freed and the items it brought need looking at.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from hub.routing.keys import LOWEST
from hub.routing.model import ItemState, OfferMode
from hub.routing.offers import grant
from hub.routing.records import Seat, WorkItem
from hub.routing.selection import best_item, best_seat, supplies_open_to
from hub.routing.standing import stand, supply_for
from hub.routing.waiting import review_own

if TYPE_CHECKING:
    from hub.routing.state import State


Agenda = list[tuple[int, int, WorkItem | Seat]]


def match(state: State) -> None:
    """Serve waiting items until none can be served."""
    freed, arrived = state.freed, state.arrived
    if len(freed) == 1 and not arrived and not state.index.reserved:
        seat = next(iter(freed))
        if not seat.own:
            del freed[seat]
            _employ_alone(state, seat)
            return
    for seat in freed:
        stand(state, seat)
        if seat.own:
            review_own(state, seat)
    agenda: Agenda = []
    freed.update(dict.fromkeys(_no_longer_kept(state)))
    for item in arrived:
        heappush(agenda, (item.demand.base + item.place, len(agenda), item))
    for seat in freed:
        heappush(agenda, (LOWEST, len(agenda), seat))
    freed.clear()
    arrived.clear()
    _work_off(state, agenda)


def _no_longer_kept(state: State) -> list[Seat]:
    """Agents of reserved groups whom work passes by: who came may have made them superfluous."""
    waiting = state.index.waiting
    return [
        seat
        for group in state.index.reserved
        for supply in state.index.supplies_of(group)
        if supply.takes & waiting
        for seat in supply
    ]


def _employ_alone(state: State, seat: Seat) -> None:
    """Give the only agent freed what they can take: nobody else could take it, or would have."""
    supply = supply_for(state, seat)
    choice = None if supply is None else best_item(state, seat, supply)
    if choice is None:
        stand(state, seat)
    while choice is not None:
        grant(state, choice.item, seat, OfferMode.ROUTED, choice)
        choice = None if seat.supply is None else best_item(state, seat, seat.supply)


def _work_off(state: State, agenda: Agenda) -> None:
    """Make grants in the order of keys.

    The agenda holds what may lead to a grant, each with a bound not above the key of the item it
    would serve. Serving only raises these keys, so the smallest bound that proves exact is the next
    grant.
    """
    while agenda:
        _, number, subject = heappop(agenda)
        if isinstance(subject, WorkItem):
            _serve(state, subject)
        elif subject.supply is not None:
            choice = best_item(state, subject, subject.supply)
            if choice is not None:
                if not agenda or choice.key <= agenda[0][0]:
                    _serve(state, choice.item)
                heappush(agenda, (choice.key, number, subject))


def _serve(state: State, item: WorkItem) -> None:
    """Give the item to the first agent in rank who can take it, if there is one."""
    if item.state is ItemState.QUEUED:
        supplies = supplies_open_to(state, item.demand)
        seat = best_seat(state, item, supplies)
        if seat is not None and seat.supply is not None:
            choice = best_item(state, seat, seat.supply)
            grant(state, item, seat, OfferMode.ROUTED, choice, supplies)
