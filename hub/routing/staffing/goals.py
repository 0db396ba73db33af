"""The least agents that reach a goal, and how many to put on the roster for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, fsum

from hub.kernel.errors import Fault
from hub.routing.staffing.erlang import (
    MOST,
    MOST_AGENTS,
    Demand,
    Endless,
    Figures,
    Impossible,
    figures,
)


@dataclass(frozen=True, slots=True)
class Goal:
    """A share answered ``within`` seconds, of all who come, by agents busy at most so much."""

    service_level: float = 0.8
    within: float = 20.0
    occupancy: float = 1.0

    def __post_init__(self) -> None:
        faults = [
            Fault(f"/{name}", "must be above 0" + upper)
            for name, value, upper, fits in (
                ("service_level", self.service_level, " and below 1", self.service_level < 1),
                ("occupancy", self.occupancy, " and at most 1", self.occupancy <= 1),
            )
            if not (value > 0 and fits)
        ]
        if not 0 <= self.within <= MOST:
            faults.append(Fault("/within", "must be a number of seconds, 0 or more"))
        if faults:
            raise Impossible(None, *faults)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What to expect of demands that are equally likely."""

    service_level: float
    p_abandon: float
    occupancy: float

    def reaches(self, goal: Goal) -> bool:
        return self.service_level >= goal.service_level and self.occupancy <= goal.occupancy


def outlook(demands: Sequence[Demand], agents: int, within: float) -> Outlook:
    """The expected shares of all who come, and the agents' mean occupancy.

    A demand whose queue would grow without end has nobody answered in time.
    """
    found = [(demand.arrivals, _steady(demand, agents, within)) for demand in demands]
    whole = fsum(arrivals for arrivals, _ in found)
    return Outlook(
        service_level=fsum(arrivals * of.service_level for arrivals, of in found if of) / whole,
        p_abandon=fsum(arrivals * of.p_abandon for arrivals, of in found if of) / whole,
        occupancy=fsum(of.occupancy if of else 1.0 for _, of in found) / len(found),
    )


def _steady(demand: Demand, agents: int, within: float) -> Figures | None:
    try:
        return figures(demand, agents, within)
    except Endless:
        return None


def least_agents(demands: Sequence[Demand], goal: Goal) -> int:
    """The fewest agents that reach the goal. Raises Impossible where no number does."""

    def reach(agents: int) -> bool:
        return outlook(demands, agents, goal.within).reaches(goal)

    short, enough = _around(ceil(fsum(each.load for each in demands) / len(demands)), reach)
    while enough - short > 1:
        middle = (enough + short) // 2
        if reach(middle):
            enough = middle
        else:
            short = middle
    return enough


def _around(guess: int, reach: Callable[[int], bool]) -> tuple[int, int]:
    """A number that is too few and one that is enough, found in growing steps from a guess."""
    step = 1
    if reach(guess):
        enough, short = guess, guess - 1
        while short > 0 and reach(short):
            step *= 2
            enough, short = short, max(0, short - step)
        return short, enough
    short, enough = guess, guess + 1
    while not reach(enough):
        step *= 2
        short, enough = enough, enough + step
        if enough > MOST_AGENTS:
            raise Impossible("No number of agents reaches this goal.")
    return short, enough


def on_the_roster(agents: int, shrinkage: float) -> int:
    """How many must be scheduled so that so many work, when this share of paid time is lost.

    Lost to breaks, training, illness and what else keeps somebody from the queue.
    """
    if not 0 <= shrinkage < 1:
        raise Impossible(None, Fault("/shrinkage", "must be 0 or more and below 1"))
    return ceil(round(agents / (1 - shrinkage), 9))
