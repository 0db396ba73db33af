"""What a pool of agents does in its steady state: Erlang B, C and A, and pools that fill up.

All four are one birth and death process. Customers come at random, each agent serves for an
exponential time, who waits leaves after an exponential patience (or never), and only so many may
wait (or any number):

    Erlang B    places=0                    Erlang C    no patience, no limit
    Erlang A    patience, no limit          M/M/n/K     places, with patience or without

Times are seconds. Sources: A. K. Erlang 1917 (B, C); C. Palm 1957 and A. Mandelbaum, S. Zeltyn,
"The Palm/Erlang-A queue", 2005 (A); the wait behind k customers is a sum of exponential times of
rates n*mu + j*theta, whose distribution function is a negative binomial sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from math import exp, expm1, fsum, log

from hub.kernel.errors import Fault, Invalid

MOST_WAITING = 1_000_000
"""Longer queues are not counted out: nobody plans for them."""
MOST_AGENTS = 50_000
LEAST, MOST = 1e-9, 1e9
"""Numbers outside are slips of the pen, and would leave the range of floats on the way."""
NEGLIGIBLE = -45.0
"""The logarithm of a share that no longer changes a sum of ordinary floats."""


class Impossible(Invalid):
    """No pool can be like this."""

    code = "impossible_pool"


class Endless(Invalid):
    """More work comes than the agents can do: the queue grows without end."""

    code = "endless_queue"


def not_above_zero(**numbers: float | None) -> list[Fault]:
    """A fault for each that is given and is no usable number above zero."""
    return [
        Fault(f"/{name}", "must be a number above 0")
        for name, value in numbers.items()
        if value is not None and not LEAST <= value <= MOST
    ]


@dataclass(frozen=True, slots=True)
class Demand:
    """What comes: ``arrivals`` a second, each ``handle`` seconds of work (wrap-up included).

    ``patience`` is the mean time until a waiting customer leaves, None: they never do. ``places``
    is how many may wait, None: any number.
    """

    arrivals: float
    handle: float
    patience: float | None = None
    places: int | None = None

    def __post_init__(self) -> None:
        faults = not_above_zero(arrivals=self.arrivals, handle=self.handle, patience=self.patience)
        if not faults and self.load > MOST_AGENTS:
            faults.append(Fault("/arrivals", f"more work than {MOST_AGENTS} agents can do"))
        if self.places is not None and not 0 <= self.places <= MOST_WAITING:
            faults.append(Fault("/places", f"must be 0 to {MOST_WAITING}"))
        if faults:
            raise Impossible(None, *faults)

    @property
    def load(self) -> float:
        """The work that comes, in agents who would be busy all the time (erlang)."""
        return self.arrivals * self.handle

    @property
    def is_bounded(self) -> bool:
        """Whether the queue ends somewhere however few agents there are."""
        return self.patience is not None or self.places is not None

    @property
    def leaving(self) -> float:
        """How many of one waiting customer leave a second."""
        return 0.0 if self.patience is None else 1 / self.patience


@dataclass(frozen=True, slots=True)
class Figures:
    """What customers and agents of a pool see. Shares are of all who came unless said."""

    p_wait: float
    """Those who found no free agent and waited."""
    p_block: float
    """Those who found no place to wait."""
    p_abandon: float
    mean_wait: float
    """Seconds, over all who were let in, whether they were answered or left."""
    mean_wait_of_waiting: float
    service_level: float
    """Answered within the target, of all who came."""
    service_level_answered: float
    """Answered within the target, of those who were answered."""
    occupancy: float
    """The share of their time that agents are busy."""
    waiting: float
    """How many wait, on average."""


def erlang_b(load: float, agents: int) -> float:
    """The share that finds all agents busy where nobody may wait."""
    blocked = 1.0
    for agent in range(1, agents + 1):
        blocked = load * blocked / (agent + load * blocked)
    return blocked


def erlang_c(load: float, agents: int) -> float:
    """The share that has to wait where everybody waits until answered."""
    if load >= agents:
        raise Endless
    blocked = erlang_b(load, agents)
    used = load / agents
    return blocked / (1 - used * (1 - blocked))


def figures(demand: Demand, agents: int, within: float) -> Figures:
    """The steady state of so many agents, with a target of ``within`` seconds.

    Raises Endless where nobody leaves, all may wait, and more comes than can be done.
    """
    if not 1 <= agents <= MOST_AGENTS:
        raise Impossible(None, Fault("/agents", f"must be 1 to {MOST_AGENTS}"))
    if not 0 <= within <= MOST:
        raise Impossible(None, Fault("/within", "must be a number of seconds, 0 or more"))
    if not demand.is_bounded:
        return _endless(demand, agents, within)
    queue = _queue(demand, agents)
    blocked = 0.0 if demand.places is None else queue.pop()
    in_time = fsum(
        share * answered
        for share, answered in zip(queue, _answered(demand, agents, within), strict=False)
    )
    return _figures(
        demand,
        agents,
        p_wait=fsum(queue),
        p_block=blocked,
        waiting=fsum(k * share for k, share in enumerate(queue)) + blocked * (demand.places or 0),
        late=fsum(queue) - in_time,
    )


def _endless(demand: Demand, agents: int, within: float) -> Figures:
    waits = erlang_c(demand.load, agents)
    used = demand.load / agents
    spare = agents / demand.handle - demand.arrivals
    return _figures(
        demand,
        agents,
        p_wait=waits,
        p_block=0.0,
        waiting=waits * used / (1 - used),
        late=waits * exp(-spare * within),
    )


def _figures(
    demand: Demand, agents: int, *, p_wait: float, p_block: float, waiting: float, late: float
) -> Figures:
    """All that follows from Little's law; ``late`` waited and were not answered in time."""
    p_abandon = waiting * demand.leaving / demand.arrivals
    answered = 1 - p_block - p_abandon
    in_time = max(0.0, 1 - p_block - late)
    return Figures(
        p_wait=p_wait,
        p_block=p_block,
        p_abandon=p_abandon,
        mean_wait=waiting / (demand.arrivals * (1 - p_block)),
        mean_wait_of_waiting=waiting / p_wait / demand.arrivals if p_wait else 0.0,
        service_level=in_time,
        service_level_answered=min(1.0, in_time / answered),
        occupancy=demand.load * answered / agents,
        waiting=waiting,
    )


def _queue(demand: Demand, agents: int) -> list[float]:
    """The shares of time in which all agents are busy and 0, 1, 2, ... customers wait.

    Counted in logarithms from "all busy, none waits": a large pool under a heavy load has
    weights beyond any float.
    """
    busy = agents / demand.handle
    endless = demand.places is None
    if endless and demand.arrivals - busy > MOST_WAITING * demand.leaving:
        raise Endless
    weights = [0.0]
    top = 0.0
    for k in range(1, (MOST_WAITING if demand.places is None else demand.places) + 1):
        gone = busy + k * demand.leaving
        weights.append(weights[-1] + log(demand.arrivals / gone))
        top = max(top, weights[-1])
        if endless and demand.arrivals < gone and weights[-1] < top + NEGLIGIBLE:
            break
    else:
        if endless:
            raise Endless
    all_busy = erlang_b(demand.load, agents)
    shares = [all_busy * exp(weight - top) for weight in weights]
    total = (1 - all_busy) * exp(-top) + fsum(shares)
    return [share / total for share in shares]


def _answered(demand: Demand, agents: int, within: float) -> Iterator[float]:
    """The chance to be answered in time behind 0, 1, 2, ... waiting customers."""
    if within < LEAST:
        while True:
            yield 0.0
    busy, leaving = agents / demand.handle, demand.leaving
    stretch = -expm1(-leaving * within) / leaving if leaving else within
    weight = -(busy + leaving) * within
    late = exp(weight)
    for ahead in count(1):
        yield busy / (busy + ahead * leaving) * max(0.0, 1 - late)
        weight += log((busy + ahead * leaving) * stretch / ahead)
        late += exp(weight)
