"""Who goes with whom: the first item for an agent, the best agent for an item.

Both orders are total (see ``keys.py``), so every choice has one answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from hub.routing.capacity import has_units
from hub.routing.index import Demand, Profile, Supply, chosen
from hub.routing.keys import fitting
from hub.routing.lines import Line
from hub.routing.model import Strategy
from hub.routing.records import Seat, WorkItem

if TYPE_CHECKING:
    from hub.routing.state import State

HEAD = attrgetter("head")
PASSED_KEPT = 5


class Choice(NamedTuple):
    """The item an agent should have, and what else was seen in choosing it."""

    item: WorkItem
    key: int
    rival: Demand | None
    """The demand that came next."""
    passed: list[WorkItem]
    """Items of earlier keys that something keeps from just this agent."""


def best_item(state: State, seat: Seat, supply: Supply) -> Choice | None:
    """The first item in order that an agent of this supply can take."""
    choice = _best_of_all(state, seat, supply)
    return _or_own(state, seat, supply, choice) if seat.own else choice


def _or_own(state: State, seat: Seat, supply: Supply, choice: Choice | None) -> Choice | None:
    """The first of the items that wait for just this agent, if it comes before the choice."""
    for item in sorted(seat.own, key=key_of):
        if fits(state, seat, supply, item):
            if choice is None:
                return Choice(item, key_of(item), None, [])
            if key_of(item) < choice.key:
                return Choice(item, key_of(item), choice.item.demand, choice.passed)
            return choice
    return choice


def key_of(item: WorkItem) -> int:
    """Where an item stands in the order of all."""
    return item.demand.base + item.place


def _best_of_all(state: State, seat: Seat, supply: Supply) -> Choice | None:
    best: WorkItem | None = None
    best_key = 0
    rival: Demand | None = None
    passed: list[WorkItem] = []
    reserved = state.index.reserved
    for demand in demands_open_to(state, supply):
        if best is not None and demand.head > best_key:
            rival = demand
            break
        if (demand.is_heavy or reserved) and _is_barred(state, seat, supply, demand):
            if len(passed) < PASSED_KEPT:
                passed += demand.first(1)
            continue
        for item in demand:
            if may_have(seat, item):
                key = demand.base + item.place
                if best is None or key < best_key:
                    best, best_key = item, key
                break
            passed.append(item)
    return None if best is None else Choice(best, best_key, rival, passed)


def _is_barred(state: State, seat: Seat, supply: Supply, demand: Demand) -> bool:
    """True when nothing of the demand is for this agent: too heavy, or they are kept for others."""
    return (
        demand.is_heavy and not has_units(seat, state.terms, demand.medium, demand.weight)
    ) or state.index.is_reserved(supply.profile, demand)


def fits(state: State, seat: Seat, supply: Supply, item: WorkItem) -> bool:
    """True when the agent, who stands in this supply, can take the item right now."""
    return (
        bool(supply.takes & item.demand.bit)
        and can_take(state, seat, item)
        and not (state.index.reserved and state.index.is_reserved(supply.profile, item.demand))
    )


def best_seat(state: State, item: WorkItem, supplies: list[Supply]) -> Seat | None:
    """The first agent in rank who can take this item; those it prefers come before all others."""
    demand = item.demand
    if item.hold is not None:
        held = item.hold.seat
        return held if held.supply in supplies and can_take(state, held, item) else None
    best = _preferred(state, item, supplies) if item.preferred and supplies else None
    if best is not None:
        return best
    best_rank = 0
    for supply in supplies:
        if best is not None and supply_rank(demand, supply) > best_rank:
            break
        for rank, seat in ranked(demand, supply):
            if can_take(state, seat, item):
                if best is None or rank < best_rank:
                    best, best_rank = seat, rank
                break
    return best


def ranked(demand: Demand, supply: Supply) -> Iterator[tuple[int, Seat]]:
    """The agents of a supply with their ranks for a demand, best first."""
    line = supply.lines.get(demand.strategy, supply)
    base = base_for(demand, supply, line)
    return ((base + key, seat) for key, seat in zip(line.keys(), line, strict=True))


def base_for(demand: Demand, supply: Supply, line: Line[Seat]) -> int:
    """What the agents of a supply have in common in their ranks for a demand."""
    if demand.strategy is Strategy.STRICT_LONGEST_IDLE:
        return 0
    if demand.strategy is Strategy.BEST_FIT:
        return line.base + fitting(misfit(demand, supply.profile))
    return line.base


def misfit(demand: Demand, profile: Profile) -> int:
    """How far skills are from what work asked for at first: every level that lacks weighs more
    than all that are too many, and who knows more is better kept for who needs more.
    """
    needs = demand.course.needs
    if demand.strategy is not Strategy.BEST_FIT or not needs:
        return 0
    total = 0
    for skill, level in needs[0].requirement.skills:
        distance = profile.skills.get(skill, 0) - level
        total += distance if distance >= 0 else -100 * distance
    return total


def supply_rank(demand: Demand, supply: Supply) -> int:
    """The rank of the first agent of a supply."""
    line = supply.lines.get(demand.strategy, supply)
    return line.head - line.base + base_for(demand, supply, line)


def _preferred(state: State, item: WorkItem, supplies: list[Supply]) -> Seat | None:
    for agent in item.preferred:
        seat = state.seats.get(agent)
        if seat is not None and seat.supply in supplies and can_take(state, seat, item):
            return seat
    return None


def demands_open_to(state: State, supply: Supply) -> Iterable[Demand]:
    """The demands with waiting items that the supply takes, the earliest head first.

    Few are sorted; many are met soon enough by walking down the order of all. So no choice looks at
    more demands than about the square root of their number.
    """
    index, takes = state.index, supply.takes
    open_ = takes & index.waiting
    many = open_.bit_count()
    if many * many > len(index.order):
        return (demand for demand in index.order if takes & demand.bit)
    if open_ != supply.seen:
        supply.seen = open_
        supply.demands = chosen(open_, index.demands)
    if many > 1:
        supply.demands.sort(key=HEAD)
    return supply.demands


def supplies_open_to(state: State, demand: Demand) -> list[Supply]:
    """The supplies with ready agents who can take the demand, the best first."""
    open_ = demand.serves & state.index.ready
    if open_ != demand.seen:
        demand.seen = open_
        demand.supplies = chosen(open_, state.index.supplies)
    usual = demand.strategy is Strategy.LONGEST_IDLE
    demand.supplies.sort(key=HEAD if usual else partial(supply_rank, demand))
    if state.index.reserved:
        is_reserved = state.index.is_reserved
        return [s for s in demand.supplies if not is_reserved(s.profile, demand)]
    return demand.supplies


def may_have(seat: Seat, item: WorkItem) -> bool:
    """True unless something lies between just these two."""
    return not (
        (item.excluded and seat.id in item.excluded)
        or item.id in seat.work
        or item.id in seat.offers
    )


def can_take(state: State, seat: Seat, item: WorkItem) -> bool:
    """True when an agent of a supply that takes the item can take it themselves."""
    demand = item.demand
    return may_have(seat, item) and (
        not demand.is_heavy or has_units(seat, state.terms, demand.medium, demand.weight)
    )
