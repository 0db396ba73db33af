"""Explaining: the why-record of a grant, and why another choice was not made.

Everything here reads the state by the same predicates that decide, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING

from hub.routing.capacity import has_units, load_of
from hub.routing.index import Supply
from hub.routing.model import OfferMode, Strategy
from hub.routing.records import Seat, WorkItem
from hub.routing.selection import Choice, can_take, misfit, ranked
from hub.routing.standing import UNNEEDED, accepted_today, count, why_out
from hub.routing.why import AgentStanding, ItemStanding, Why

if TYPE_CHECKING:
    from hub.routing.state import State

AGENTS_TOLD = 5
PASSED_TOLD = 5
OVERRIDE = "override"
Reasons = Iterator[tuple[str, str]]
_RANK = itemgetter(0)


def why_granted(
    state: State,
    item: WorkItem,
    seat: Seat,
    mode: OfferMode,
    choice: Choice | None,
    supplies: Sequence[Supply],
    override: bool,
) -> Why:
    """The record of a grant, taken when the item has left its line and the agent not yet theirs.

    ``choice`` is how the item was chosen, ``supplies`` are those the agent was chosen from; there
    is neither when a person chose.
    """
    demand = item.demand
    return Why(
        state.now,
        state.trigger,
        mode,
        standing_of_item(item),
        demand.name,
        standing_of_agent(state, seat, item),
        seat.used,
        () if choice is None else items_behind(choice),
        agents_behind(state, seat, item, supplies) if supplies else (),
        passed_over(state, seat, choice) if choice is not None and choice.passed else (),
        agents_out(state, seat, supplies),
        (*demand.rules, OVERRIDE) if override else demand.rules,
    )


def standing_of_item(item: WorkItem) -> ItemStanding:
    """The item's key in its parts."""
    demand = item.demand
    return ItemStanding(item.id, demand.course.band, item.due, demand.offset, item.seq)


def standing_of_agent(state: State, seat: Seat, item: WorkItem) -> AgentStanding:
    """The agent's rank in its parts, as the strategy of the item's queue takes them."""
    demand, strategy = item.demand, item.demand.strategy
    fit = 0 if not item.preferred or seat.id in item.preferred else 1
    scarcity, since = seat.profile.scarcity, seat.ready_since()
    if strategy is Strategy.LONGEST_IDLE:
        return AgentStanding(seat.id, fit, scarcity, load_of(seat), 0, since, seat.seq)
    fit += misfit(demand, seat.profile)
    load = seat.used if strategy is Strategy.LEAST_LOADED else load_of(seat)
    count = accepted_today(state, seat) if strategy is Strategy.FEWEST_TODAY else 0
    if strategy is Strategy.ROUND_ROBIN:
        since = seat.offered_at
    return AgentStanding(seat.id, fit, scarcity, load, count, since, seat.seq)


def items_behind(choice: Choice) -> tuple[ItemStanding, ...]:
    """The item that came next in the order, now that the winner has left its line."""
    demand, rival = choice.item.demand, choice.rival
    if demand and (rival is None or demand.head < rival.head):
        # Whoever was passed over in the winner's own line stands before its place, not behind it.
        for item in demand:
            if item.place > choice.item.place:
                return (standing_of_item(item),)
    if rival is not None:
        for item in rival:
            if rival.base + item.place > choice.key:
                return (standing_of_item(item),)
    return ()


def passed_over(state: State, seat: Seat, choice: Choice) -> tuple[tuple[str, str], ...]:
    """The items of earlier keys that the agent could not have, and why."""
    earlier = [item for item in choice.passed if item.demand.base + item.place < choice.key]
    return tuple([(item.id, why_not(state, item, seat)[0][0]) for item in earlier[:PASSED_TOLD]])


def agents_behind(
    state: State, seat: Seat, item: WorkItem, supplies: Sequence[Supply]
) -> tuple[AgentStanding, ...]:
    """The agents who would have had the item next."""
    near: list[tuple[int, Seat]] = []
    for supply in supplies[:AGENTS_TOLD]:
        near += islice(ranked(item.demand, supply), AGENTS_TOLD + 1)
    near.sort(key=_RANK)
    told = [s for _, s in near if s is not seat and can_take(state, s, item)]
    return tuple([standing_of_agent(state, s, item) for s in told[:AGENTS_TOLD]])


def agents_out(state: State, seat: Seat, supplies: Sequence[Supply]) -> dict[str, int]:
    """How many others could not be offered the item, by reason."""
    out = state.out.copy()
    if seat.out is not None:
        count(out, seat.out, -1)
    able = sum(map(len, supplies)) if supplies else seat.supply is not None
    if state.index.standing > able:
        out["not_able"] = state.index.standing - able
    return out


def why_not(state: State, item: WorkItem, seat: Seat) -> list[tuple[str, str]]:
    """Every reason why this agent cannot take this item now, as code and words."""
    found = (
        _why_not_there(seat),
        _why_not_these_two(item, seat),
        _why_not_able(state, item, seat),
        _why_no_room(state, item, seat),
    )
    return [reason for reasons in found for reason in reasons]


def _why_not_there(seat: Seat) -> Reasons:
    out = why_out(seat)
    if out is not None:
        locked = out == seat.lock_reason
        yield ("locked", out) if locked else (out, _presence_words(seat))


def _why_not_these_two(item: WorkItem, seat: Seat) -> Reasons:
    if item.excluded and seat.id in item.excluded:
        yield "excluded", item.excluded[seat.id][1]
    if item.id in seat.work or item.id in seat.offers:
        yield "has_it", "has it already"
    if item.hold is not None and item.hold.seat is not seat:
        yield "sticky", f"waits for {item.hold.seat.id}"


def _why_not_able(state: State, item: WorkItem, seat: Seat) -> Reasons:
    lack = state.index.lack(seat.profile, item.demand)
    if lack is not None:
        yield "not_able", lack
    elif seat.supply is not None and state.index.is_reserved(seat.profile, item.demand):
        yield "reserve", "kept ready for other work"
    if not seat.media >> item.demand.medium & 1:
        yield "medium", _presence_words(seat)


def _why_no_room(state: State, item: WorkItem, seat: Seat) -> Reasons:
    demand = item.demand
    count, cap = seat.counts[demand.medium], seat.caps[demand.medium]
    if count >= cap:
        yield "capacity", f"{count} of {cap}"
    elif not has_units(seat, state.terms, demand.medium, demand.weight):
        yield "capacity", f"{seat.used} + {demand.weight} of {seat.units} units"


def why_idle(state: State, seat: Seat) -> tuple[str, str]:
    """Why this agent is offered nothing at the moment, as code and words."""
    if seat.out not in (None, UNNEEDED):
        return str(seat.out), _presence_words(seat)
    waiting = [d for d in state.index.demands.values() if d]
    if not waiting:
        return "nothing_waits", "nothing waits"
    if not any(seat.profile.takes & d.bit for d in waiting):
        return "not_able", "what waits needs somebody else"
    return "no_match", "what waits is excluded for this agent, or too heavy"


def why_waiting(state: State, item: WorkItem) -> tuple[tuple[str, int], ...]:
    """How many agents cannot take this waiting item, by reason."""
    counts: dict[str, int] = {}
    for seat in state.seats.values():
        reasons = why_not(state, item, seat)
        code = reasons[0][0] if reasons else "able"
        counts[code] = counts.get(code, 0) + 1
    return tuple(sorted(counts.items()))


def _presence_words(seat: Seat) -> str:
    said = seat.presence.code if seat.presence is not None else "offline"
    return said if seat.reason is None else f"{said}: {seat.reason}"
