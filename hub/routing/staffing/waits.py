"""How long the customer behind a queue waits, when those ahead are answered or leave.

With n agents busy and k customers ahead, someone goes at the rate n/handle + j/patience while j
of them are left; the wait is the sum of k+1 such exponential times. Its mean and variance are
exact, its quantiles are those of the gamma distribution with the same two (the estimator called
QL-A in W. Whitt, "Predicting queueing delays", 1999, and R. Ibrahim, W. Whitt 2009).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, sqrt

from hub.routing.staffing.erlang import Impossible, not_above_zero
from hub.routing.staffing.gamma import gamma_quantile


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait still to come, in seconds."""

    mean: float
    deviation: float

    def quantile(self, share: float) -> float:
        """What this share of such waits stays below."""
        shape = (self.mean / self.deviation) ** 2
        return gamma_quantile(shape, share) * self.mean / shape


def wait_behind(ahead: int, agents: int, handle: float, patience: float | None = None) -> Wait:
    """The wait of a customer with so many ahead, all agents being busy."""
    faults = not_above_zero(agents=agents, handle=handle, patience=patience)
    if faults:
        raise Impossible(None, *faults)
    leaving = 0.0 if patience is None else 1 / patience
    times = [1 / (agents / handle + k * leaving) for k in range(ahead + 1)]
    return Wait(fsum(times), sqrt(fsum(time * time for time in times)))
