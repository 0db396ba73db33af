"""What came of a load: each measure as its mean over the seeds, with its uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from hub.routing.simulation.crowd import Crowd, Sent, Tally
from hub.routing.simulation.load import MEASURES, TOTAL, Hope, Load

Z = 1.96
"""Half of a 95 % interval, in standard errors."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over the seeds, and half of its 95 % interval; ``half`` is ``None`` of one seed."""

    mean: float | None
    half: float | None


@dataclass(frozen=True, slots=True)
class Results:
    """The estimates of every queue and in total."""

    total: dict[str, Estimate]
    queues: dict[str, dict[str, Estimate]]
    events: int
    """What the router was told in all."""

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            TOTAL: _plain(self.total),
            "queues": {queue: _plain(held) for queue, held in self.queues.items()},
            "events": self.events,
        }


def measure(load: Load) -> Results:
    """Run every seed."""
    return summed_up(load, [Crowd(load, seed).send() for seed in load.seeds])


def summed_up(load: Load, sent: Sequence[Sent]) -> Results:
    """The estimates from what each seed gave."""
    return Results(
        total=_over(sent, lambda one: list(one.tallies.values())),
        queues={queue.id: _over(sent, _only(queue.id)) for queue in load.queues},
        events=sum(one.events for one in sent),
    )


def _only(queue: Any) -> Callable[[Sent], list[Tally]]:
    return lambda sent: [sent.tallies[queue]]


def _over(sent: Sequence[Sent], part: Callable[[Sent], list[Tally]]) -> dict[str, Estimate]:
    found = [_measures(part(one), one.staffed) for one in sent]
    return {name: _estimate([one[name] for one in found]) for name in MEASURES}


def _measures(tallies: list[Tally], staffed: int) -> dict[str, float | None]:
    offered = sum(t.offered for t in tallies)
    answered = sum(t.answered for t in tallies)
    abandoned = sum(t.abandoned for t in tallies)
    blocked = sum(t.blocked for t in tallies)
    waited = sum(t.waited for t in tallies)
    waiting = sum(t.waiting for t in tallies) / 1000
    in_time = sum(t.in_time for t in tallies)
    return {
        "offered": offered,
        "answered": answered,
        "abandoned": abandoned,
        "blocked": blocked,
        "p_wait": _share(waited, offered),
        "mean_wait": _share(waiting, answered + abandoned),
        "mean_wait_of_waiting": _share(waiting, waited),
        "service_level": _share(in_time, offered),
        "service_level_answered": _share(in_time, answered),
        "p_abandon": _share(abandoned, offered),
        "p_block": _share(blocked, offered),
        "occupancy": _share(sum(t.area for t in tallies), staffed),
    }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _estimate(values: list[float | None]) -> Estimate:
    known = [value for value in values if value is not None]
    if not known:
        return Estimate(None, None)
    mean = sum(known) / len(known)
    if len(known) == 1:
        return Estimate(mean, None)
    variance = sum((value - mean) ** 2 for value in known) / (len(known) - 1)
    return Estimate(mean, Z * sqrt(variance / len(known)))


def misses(load: Load, results: Results) -> list[str]:
    """The expectations that the results do not meet, in words.

    The mean must lie within the tolerance, or three standard errors if those are more; and half of
    the interval within the tolerance, or the load was too short to say.
    """
    return [miss for hope in load.hopes for miss in _miss(hope, results)]


def _miss(hope: Hope, results: Results) -> Iterator[str]:
    held = results.total if hope.whose == TOTAL else results.queues[hope.whose]
    found = held[hope.measure]
    name = f"{hope.place}: {hope.whose}.{hope.measure}"
    if found.mean is None or found.half is None:
        yield f"{name}: nothing to tell it by"
        return
    if found.half > hope.within:
        yield f"{name} is too noisy: ±{found.half:.6g}, wanted ±{hope.within:.6g}; run it longer"
    if abs(found.mean - hope.exact) > max(3 * found.half / Z, hope.within):
        yield (
            f"{name} is {found.mean:.6g} ±{found.half:.2g}, not {hope.exact:.6g} ±{hope.within:.2g}"
        )


def table(results: Results) -> Iterator[str]:
    """The results as lines of text: a measure each, a column for each queue and the total."""
    columns = {TOTAL: results.total, **(results.queues if len(results.queues) > 1 else {})}
    yield f"{'':<24}" + "".join(f"{name:>24}" for name in columns)
    for name in MEASURES:
        yield f"{name:<24}" + "".join(f"{_shown(held[name]):>24}" for held in columns.values())


def _shown(estimate: Estimate) -> str:
    if estimate.mean is None:
        return "-"
    half = "" if estimate.half is None else f" ±{estimate.half:.4g}"
    return f"{estimate.mean:.6g}{half}"


def _plain(held: dict[str, Estimate]) -> dict[str, dict[str, float | None]]:
    return {name: {"mean": e.mean, "half": e.half} for name, e in held.items()}
