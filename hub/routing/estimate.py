"""An honest wait: a range told by the recent pace of the queue, or nothing where too little is
known.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from hub.kernel.clock import HOUR

LEAST_SEEN = 5
"""Fewer starts than this say nothing about the pace."""
LONGEST = 4 * HOUR
"""Beyond this nobody can know."""
NORMAL_20, NORMAL_90 = -0.8416, 1.2816


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long it may still take, in ms; a range, never one number."""

    low: int
    high: int


def estimate(position: int, started: int, over: int) -> Estimate | None:
    """The wait at this position, when ``started`` customers were answered in the last ``over`` ms.

    At a steady pace the moment of the k-th start is gamma distributed; told are its 20th and 90th
    percentiles, widened by what so few starts leave open about the pace itself.
    """
    if started < LEAST_SEEN or position < 1:
        return None
    mean = over / started
    unsure = 1 + 1 / sqrt(started)
    low = mean * _gamma(position, NORMAL_20) / unsure
    high = mean * _gamma(position, NORMAL_90) * unsure
    return None if high > LONGEST else Estimate(round(low), round(high))


def expected_wait(ahead: int, agents: int, handling: int, patience: int | None) -> int | None:
    """The mean wait in ms behind so many waiting, when all agents are busy; ``None`` without any.

    Each departure, by an agent who is done or a customer who gives up, lets one step forward
    (queue length with abandonment: Ibrahim and Whitt 2009).
    """
    if not agents:
        return None
    if patience is None:
        return (ahead + 1) * handling // agents
    return sum(
        handling * patience // (agents * patience + before * handling)
        for before in range(ahead + 1)
    )


def _gamma(shape: int, z: float) -> float:
    """The quantile of a gamma distribution of this shape (Wilson and Hilferty)."""
    return float(shape * max(0.0, 1 - 1 / (9 * shape) + z / (3 * sqrt(shape))) ** 3)
