"""Callers who leave and try again: the demand that a pool really sees.

Models of redialling differ from vendor to vendor. Ours: of those who leave the queue, a fixed
share calls again, and by the time they do they are as good as new customers. The demand is then
the fixed point of "first calls plus redials of what this demand loses".
"""

from __future__ import annotations

from dataclasses import replace

from hub.kernel.errors import Fault
from hub.routing.staffing.erlang import Demand, Impossible, figures

STEPS = 60
"""Each halves the range; after so many it is as narrow as a float."""


def with_redials(demand: Demand, agents: int, share: float) -> Demand:
    """The demand with the redials of this ``share`` of those who leave."""
    if not 0 <= share < 1:
        raise Impossible(None, Fault("/redial", "must be 0 or more and below 1"))
    if demand.patience is None:
        return demand
    least, most = demand.arrivals, demand.arrivals / (1 - share)
    for _ in range(STEPS):
        arrivals = (least + most) / 2
        lost = figures(replace(demand, arrivals=arrivals), agents, 0).p_abandon
        if demand.arrivals + share * arrivals * lost > arrivals:
            least = arrivals
        else:
            most = arrivals
    return replace(demand, arrivals=most)
