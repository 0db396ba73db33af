"""How many agents each interval of a day needs.

Work does not end with its interval: what is in service at half past still is a little later, and
who opens at nine has no work from before. So each moment has the load that an endless pool would
carry then (the modified offered load: O. B. Jennings, A. Mandelbaum, W. Massey, W. Whitt, "Server
staffing to meet time-varying demand", 1996), and an interval needs the fewest agents that reach
the goal over some moments of it. Where counts vary more than by chance, the rate itself is
uncertain (gamma distributed), and the goal is to be reached on average over some rates as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, fsum

from hub.kernel.errors import Fault
from hub.routing.staffing.erlang import LEAST, MOST, Demand, Impossible, not_above_zero
from hub.routing.staffing.forecast import Interval
from hub.routing.staffing.gamma import gamma_quantile
from hub.routing.staffing.goals import Goal, least_agents, on_the_roster, outlook

DAY = 24 * 60
MOMENTS = 5
"""Each interval is looked at in the middle of so many equal pieces."""
RATES = 5
"""An uncertain rate is taken at the middle of so many equally likely pieces."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan is held to."""

    goal: Goal = field(default_factory=lambda: Goal(occupancy=0.88))
    minutes: int = 30
    """The length of an interval."""
    patience: float | None = None
    dispersion: float = 1.0
    shrinkage: float = 0.0
    cost: float = 0.0
    """Of one scheduled agent for one hour."""

    def __post_init__(self) -> None:
        faults = not_above_zero(patience=self.patience)
        if not (0 < self.minutes <= DAY and DAY % self.minutes == 0):
            faults.append(Fault("/minutes", "must divide a day"))
        if not 1 <= self.dispersion <= MOST:
            faults.append(Fault("/dispersion", "must be 1 or more"))
        if not 0 <= self.shrinkage < 1:
            faults.append(Fault("/shrinkage", "must be 0 or more and below 1"))
        if not 0 <= self.cost <= MOST:
            faults.append(Fault("/cost", "must be 0 or more"))
        if faults:
            raise Impossible(None, *faults)


@dataclass(frozen=True, slots=True)
class Staffed:
    """One interval with its agents, and what they are expected to reach."""

    start: int
    volume: float
    handle: float
    load: float
    """Mean work in service, in agents; differs from volume * handle by what is carried over."""
    agents: int
    scheduled: int
    service_level: float
    p_abandon: float
    occupancy: float
    cost: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A day's intervals and their sums; shares are over the day's customers."""

    intervals: tuple[Staffed, ...]
    volume: float
    agent_hours: float
    scheduled_hours: float
    service_level: float
    p_abandon: float
    cost: float


def plan(day: Sequence[Interval], terms: Terms) -> Plan:
    """The fewest agents, interval by interval. The day is sorted by start, none twice."""
    staffed = tuple(
        _staff(interval, moments, terms)
        for interval, moments in zip(day, loads(day, terms.minutes), strict=True)
    )
    volume = fsum(each.volume for each in staffed)
    hours = terms.minutes / 60
    return Plan(
        intervals=staffed,
        volume=volume,
        agent_hours=sum(each.agents for each in staffed) * hours,
        scheduled_hours=sum(each.scheduled for each in staffed) * hours,
        service_level=fsum(e.volume * e.service_level for e in staffed) / volume if volume else 1,
        p_abandon=fsum(e.volume * e.p_abandon for e in staffed) / volume if volume else 0,
        cost=fsum(each.cost for each in staffed),
    )


def loads(day: Sequence[Interval], minutes: int) -> list[tuple[float, ...]]:
    """The modified offered load at the moments of each interval.

    A day that fills 24 hours follows one like itself; any other begins with no work.
    """
    carried = 0.0
    if len(day) * minutes == DAY:
        _, carried = _carry(day, minutes, carried)
    found, _ = _carry(day, minutes, carried)
    return found


def _carry(
    day: Sequence[Interval], minutes: int, carried: float
) -> tuple[list[tuple[float, ...]], float]:
    """Follow the work in service through the day; also tell what is left of it at the end."""
    found = []
    length = minutes * 60
    end = 0
    handle = next((interval.handle for interval in reversed(day) if interval.handle), 0.0)
    for interval in day:
        closed = (interval.start - end) * 60
        carried = _towards(0.0, carried, closed, handle)
        handle = interval.handle or handle
        aim = interval.volume / length * handle
        found.append(
            tuple(
                _towards(aim, carried, length * (piece + 0.5) / MOMENTS, handle)
                for piece in range(MOMENTS)
            )
        )
        carried = _towards(aim, carried, length, handle)
        end = interval.start + minutes
    return found, carried


def _towards(aim: float, load: float, seconds: float, handle: float) -> float:
    """The load of an endless pool after so long at a steady rate."""
    return aim + (load - aim) * exp(-seconds / handle) if handle else 0.0


def _staff(interval: Interval, moments: Sequence[float], terms: Terms) -> Staffed:
    demands = _demands(interval, moments, terms)
    agents = least_agents(demands, terms.goal) if demands else 0
    reached = outlook(demands, agents, terms.goal.within) if demands else None
    scheduled = on_the_roster(agents, terms.shrinkage)
    return Staffed(
        start=interval.start,
        volume=interval.volume,
        handle=interval.handle,
        load=fsum(moments) / MOMENTS,
        agents=agents,
        scheduled=scheduled,
        service_level=reached.service_level if reached else 1.0,
        p_abandon=reached.p_abandon if reached else 0.0,
        occupancy=reached.occupancy if reached else 0.0,
        cost=scheduled * terms.minutes / 60 * terms.cost,
    )


def _demands(interval: Interval, moments: Sequence[float], terms: Terms) -> list[Demand]:
    """The demands the interval may bring: each moment of it at each rate."""
    if interval.volume < LEAST:
        return []
    return [
        Demand(load * factor / interval.handle, interval.handle, terms.patience)
        for load in moments
        for factor in _rates(interval.volume, terms.dispersion)
        if load * factor / interval.handle >= LEAST
    ]


def _rates(volume: float, dispersion: float) -> list[float]:
    """How large the rate may be beside its mean, equally likely each.

    Counts of a gamma distributed rate have the variance of ``dispersion`` times their mean when
    the rate's own is ``dispersion - 1`` times the mean.
    """
    if dispersion == 1:
        return [1.0]
    shape = volume / (dispersion - 1)
    rates = [gamma_quantile(shape, (piece + 0.5) / RATES) for piece in range(RATES)]
    mean = fsum(rates) / RATES
    return [rate / mean for rate in rates] if mean else [1.0]
