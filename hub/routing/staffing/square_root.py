"""The square-root rule: a large pool needs its load, and a safety that grows with its root.

``agents = load + beta * sqrt(load)``, where beta says how many wait. Sources: S. Halfin,
W. Whitt, "Heavy-traffic limits for queues with many exponential servers", 1981 (all wait until
answered); O. Garnett, A. Mandelbaum, M. Reiman, "Designing a call center with impatient
customers", 2002 (who waits may leave).
"""

from __future__ import annotations

from math import ceil, erfc, exp, pi, sqrt

from hub.kernel.errors import Fault
from hub.routing.staffing.erlang import Demand, Impossible

FAR = 25.0
"""Beyond so many deviations the normal distribution's tail is taken from its expansion."""
STEPS = 60


def square_root_agents(demand: Demand, delayed: float) -> int:
    """About how many agents make this share of customers wait."""
    if not 0 < delayed < 1:
        raise Impossible(None, Fault("/delayed", "must be above 0 and below 1"))
    low, high = (0.0 if demand.patience is None else -sqrt(demand.load)), FAR
    for _ in range(STEPS):
        beta = (low + high) / 2
        if delayed_at(beta, demand) > delayed:
            low = beta
        else:
            high = beta
    return max(1, ceil(demand.load + high * sqrt(demand.load)))


def delayed_at(beta: float, demand: Demand) -> float:
    """The share that waits in a large pool with this safety."""
    if demand.patience is None:
        return 1 / (1 + beta / _hazard(-beta))
    root = sqrt(demand.patience / demand.handle)
    return 1 / (1 + _hazard(beta * root) / (root * _hazard(-beta)))


def _hazard(x: float) -> float:
    """The standard normal density over its tail."""
    if x > FAR:
        return x + 1 / x
    return exp(-x * x / 2) / sqrt(2 * pi) / (erfc(x / sqrt(2)) / 2)
