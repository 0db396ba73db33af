"""What a day will bring, told by the same weekdays before it.

Each interval gets the mean of that interval on the same weekdays, times how much the whole day
has grown: a straight line through the days' totals, once there are enough of them to draw one.
How much more than by chance the counts vary around that is the dispersion: 1 is Poisson, and real
days have more (G. Jongbloed, G. Koole, "Managing uncertainty in call centres using Poisson
mixtures", 2001).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum

from hub.kernel.errors import Invalid

DAYS_FOR_A_TREND = 4
"""A line through fewer days tells of chance, not of growth."""


class NothingToGoBy(Invalid):
    """No earlier day of the same weekday is known."""

    code = "nothing_to_go_by"


@dataclass(frozen=True, slots=True)
class Interval:
    """What comes from ``start`` (minutes after midnight) on: how many, and seconds of each."""

    start: int
    volume: float
    handle: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """A day to come, from so many ``days`` like it."""

    intervals: tuple[Interval, ...]
    days: int
    growth: float
    """The day's total over the mean of the days before."""
    dispersion: float


def forecast(history: Mapping[date, Sequence[Interval]], day: date) -> Forecast:
    """The day as the same weekdays before it let expect; an interval they lack brought nothing."""
    known = sorted(past for past in history if past < day and past.weekday() == day.weekday())
    starts = sorted({interval.start for past in known for interval in history[past]})
    counts = [_counts(history[past], starts) for past in known]
    total = fsum(map(fsum, counts)) / max(1, len(known))
    if not total:
        raise NothingToGoBy
    means = [fsum(column) / len(known) for column in zip(*counts, strict=True)]
    growths = _growths(known, [fsum(row) / total for row in counts], day)
    growth = growths[-1]
    handles = _handles([interval for past in known for interval in history[past]])
    return Forecast(
        intervals=tuple(
            Interval(start, mean * growth, handles.get(start, 0.0))
            for start, mean in zip(starts, means, strict=True)
        ),
        days=len(known),
        growth=growth,
        dispersion=_dispersion(counts, means, growths[:-1]),
    )


def _counts(intervals: Sequence[Interval], starts: Sequence[int]) -> list[float]:
    by_start = {interval.start: interval.volume for interval in intervals}
    return [by_start.get(start, 0.0) for start in starts]


def _growths(known: Sequence[date], shares: Sequence[float], day: date) -> list[float]:
    """The size of each known day, and last of the day to come, beside the mean of the known."""
    if len(known) < DAYS_FOR_A_TREND:
        return [1.0] * (len(known) + 1)
    moments = [past.toordinal() for past in known]
    middle = fsum(moments) / len(moments)
    slope = fsum(
        (moment - middle) * share for moment, share in zip(moments, shares, strict=True)
    ) / fsum((moment - middle) ** 2 for moment in moments)
    return [max(0.0, 1 + slope * (moment - middle)) for moment in [*moments, day.toordinal()]]


def _dispersion(
    counts: Sequence[Sequence[float]], means: Sequence[float], growths: Sequence[float]
) -> float:
    """Pearson's chi-square over its degrees of freedom, and never less than chance."""
    terms = [
        (found - mean * growth) ** 2 / (mean * growth)
        for row, growth in zip(counts, growths, strict=True)
        for found, mean in zip(row, means, strict=True)
        if mean * growth > 0
    ]
    lines = 2 if len(counts) >= DAYS_FOR_A_TREND else 1
    free = len(terms) - len(means) - (lines - 1)
    return max(1.0, fsum(terms) / free) if free > 0 else 1.0


def _handles(intervals: Sequence[Interval]) -> dict[int, float]:
    """Seconds of work of each customer by start of the interval, over all known days."""
    work: dict[int, float] = {}
    volume: dict[int, float] = {}
    for interval in intervals:
        work[interval.start] = work.get(interval.start, 0.0) + interval.volume * interval.handle
        volume[interval.start] = volume.get(interval.start, 0.0) + interval.volume
    return {start: work[start] / count for start, count in volume.items() if count}
