"""Chances: how long something takes, and when the next one comes. Times are seconds.

Every law is a value; ``sampler`` makes of it, with a source of chance, something to be asked.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, gamma, log, pi, sin, sqrt
from pathlib import Path
from random import Random

import yaml

from hub.routing.simulation.reading import (
    elements,
    fault,
    keyed,
    known,
    number,
    text,
    time,
    unknown,
)

Sampler = Callable[[], float]
"""A duration in seconds, another each time."""
Arrival = tuple[float, float | None, float | None]
"""When somebody comes; how long they take and are ready to wait, where that was recorded."""
Moments = Iterator[Arrival]
"""Who comes, in order."""


# How long something takes


@dataclass(frozen=True, slots=True)
class Law:
    """A distribution of durations by its mean, and where it has one its shape."""

    kind: str
    mean: float = 0.0
    shape: float = 1.0
    """``scv``, the squared coefficient of variation, of ``lognormal`` and ``h2``; of ``weibull``
    its shape."""

    def sampler(self, chance: Random) -> Sampler:
        """Something that draws from it."""
        return SAMPLERS[self.kind](self.mean, self.shape, chance.random, chance)


def _exponential(mean: float, _: float, draw: Sampler, __: Random) -> Sampler:
    return lambda: -mean * log(1.0 - draw())


def _deterministic(mean: float, _: float, __: Sampler, ___: Random) -> Sampler:
    return lambda: mean


def _lognormal(mean: float, scv: float, _: Sampler, chance: Random) -> Sampler:
    sigma2 = log(1.0 + scv)
    mu, sigma = log(mean) - sigma2 / 2.0, sqrt(sigma2)
    return lambda: exp(chance.normalvariate(mu, sigma))


def _h2(mean: float, scv: float, draw: Sampler, _: Random) -> Sampler:
    """Two exponentials with balanced means: p/rate1 = (1-p)/rate2 (Whitt 1982)."""
    p = (1.0 + sqrt((scv - 1.0) / (scv + 1.0))) / 2.0
    short, long = mean / (2.0 * p), mean / (2.0 * (1.0 - p))
    return lambda: -(short if draw() < p else long) * log(1.0 - draw())


def _weibull(mean: float, shape: float, draw: Sampler, _: Random) -> Sampler:
    scale, power = mean / gamma(1.0 + 1.0 / shape), 1.0 / shape
    return lambda: scale * (-log(1.0 - draw())) ** power


SAMPLERS = {
    "exponential": _exponential,
    "deterministic": _deterministic,
    "lognormal": _lognormal,
    "h2": _h2,
    "weibull": _weibull,
}
SHAPES = {"lognormal": "scv", "h2": "scv", "weibull": "shape"}


def read_law(node: yaml.Node) -> Law:
    """A law: ``{exponential: 3 min}``, ``{h2: {mean: 3 min, scv: 4}}``."""
    kind, body = _only(node, tuple(SAMPLERS))
    shape = SHAPES.get(kind)
    if isinstance(body, yaml.ScalarNode):
        if shape is not None:
            raise fault(body, f"{kind} needs mean and {shape}")
        return Law(kind, time(body) / 1000)
    nodes = known(body, "mean", *([shape] if shape else []))
    if "mean" not in nodes or (shape and shape not in nodes):
        raise fault(body, f"{kind} needs mean" + (f" and {shape}" if shape else ""))
    law = Law(kind, time(nodes["mean"]) / 1000, number(nodes[shape]) if shape else 1.0)
    if kind == "h2" and law.shape < 1:
        raise fault(body, "the scv of h2 is at least 1")
    if law.mean <= 0 or law.shape <= 0:
        raise fault(body, f"{kind} needs positive numbers")
    return law


def _only(node: yaml.Node, kinds: tuple[str, ...]) -> tuple[str, yaml.Node]:
    found = list(keyed(node, str))
    if len(found) != 1:
        raise fault(node, f"here should be one of {', '.join(kinds)}")
    kind, body = found[0]
    if kind not in kinds:
        raise unknown(node, kind, kinds)
    return kind, body


# When they come


@dataclass(frozen=True, slots=True)
class Renewal:
    """The times between two arrivals are independent and of one law; Poisson is exponential."""

    between: Law

    def moments(self, chance: Random) -> Moments:
        draw = self.between.sampler(chance)
        at = 0.0
        while True:
            at += draw()
            yield at, None, None


@dataclass(frozen=True, slots=True)
class Varying:
    """Poisson with a rate that changes with time, by thinning (Lewis and Shedler 1979)."""

    levels: tuple[tuple[float, float], ...]
    """From these moments on, so many a second."""
    period: float | None = None
    swing: float = 0.0
    """Of a sine of that period, as a part of the rate."""

    def rate(self, at: float) -> float:
        """Arrivals a second at a moment."""
        within = at if self.period is None else at % self.period
        now = 0.0
        for since, level in self.levels:
            if since > within:
                break
            now = level
        if self.swing and self.period is not None:
            now *= 1.0 + self.swing * sin(2.0 * pi * at / self.period)
        return now

    def moments(self, chance: Random) -> Moments:
        most = max(level for _, level in self.levels) * (1.0 + self.swing)
        at = 0.0
        while True:
            at -= log(1.0 - chance.random()) / most
            if chance.random() * most < self.rate(at):
                yield at, None, None


@dataclass(frozen=True, slots=True)
class Batches:
    """Groups that arrive together: when, and how many."""

    every: Renewal
    size: float
    geometric: bool = False
    """The sizes are chance, with ``size`` as their mean."""

    def moments(self, chance: Random) -> Moments:
        stop = 1.0 / self.size
        for at, _, _ in self.every.moments(chance):
            count = int(self.size)
            if self.geometric:
                count = 1
                while chance.random() >= stop:
                    count += 1
            for _ in range(count):
                yield at, None, None


@dataclass(frozen=True, slots=True)
class Modulated:
    """Poisson whose rate jumps around a ring of levels, staying in each for an exponential time."""

    levels: tuple[tuple[float, float], ...]
    """So many a second, for so many seconds on average."""

    def moments(self, chance: Random) -> Moments:
        at, number = 0.0, 0
        until = -log(1.0 - chance.random()) * self.levels[0][1]
        while True:
            rate, _ = self.levels[number]
            following = at - log(1.0 - chance.random()) / rate if rate else until
            if following < until:
                at = following
                yield at, None, None
            else:
                at = until
                number = (number + 1) % len(self.levels)
                until = at - log(1.0 - chance.random()) * self.levels[number][1]


@dataclass(frozen=True, slots=True)
class Trace:
    """Arrivals as they were recorded: moments, and how long each took and was ready to wait."""

    rows: tuple[Arrival, ...]

    def moments(self, _: Random) -> Moments:
        yield from self.rows


Process = Renewal | Varying | Batches | Modulated | Trace

PROCESSES = ("poisson", "renewal", "varying", "sine", "batches", "modulated", "trace")


def read_rate(node: yaml.Node) -> float:
    """How many a second, from ``100 per 30 min``."""
    count, _, per = text(node).partition(" per ")
    per = per.strip()
    span = yaml.ScalarNode(node.tag, per if per[:1].isdigit() else f"1 {per}", node.start_mark)
    try:
        return float(count) / (time(span) / 1000)
    except (ValueError, ZeroDivisionError):
        raise fault(node, f"{text(node)} is no rate; write 100 per 30 min, or 3 per s") from None


def read_process(node: yaml.Node) -> Process:
    """When they come: one key of ``PROCESSES``."""
    kind, body = _only(node, PROCESSES)
    return READERS[kind](body)


def _poisson(node: yaml.Node) -> Process:
    return Renewal(Law("exponential", 1.0 / read_rate(node)))


def _renewal(node: yaml.Node) -> Process:
    return Renewal(read_law(node))


def _varying(node: yaml.Node) -> Process:
    nodes = known(node, "levels", "period")
    levels = [
        (time(n["from"]) / 1000, read_rate(n["rate"]))
        for n in (_complete(one, "from", "rate") for one in elements(nodes["levels"]))
    ]
    if not levels:
        raise fault(node, "varying needs levels")
    return Varying(tuple(levels), time(nodes["period"]) / 1000 if "period" in nodes else None)


def _sine(node: yaml.Node) -> Process:
    nodes = _complete(node, "rate", "swing", "period")
    period = time(nodes["period"]) / 1000
    return Varying(((0.0, read_rate(nodes["rate"])),), period, number(nodes["swing"]))


def _batches(node: yaml.Node) -> Process:
    nodes = known(node, "every", "size", "geometric")
    if "every" not in nodes or "size" not in nodes:
        raise fault(node, "batches need every and size")
    geometric = "geometric" in nodes and text(nodes["geometric"]) == "true"
    return Batches(Renewal(read_law(nodes["every"])), number(nodes["size"]), geometric)


def _modulated(node: yaml.Node) -> Process:
    levels = [
        (read_rate(n["rate"]), time(n["stay"]) / 1000)
        for n in (_complete(one, "rate", "stay") for one in elements(node))
    ]
    return Modulated(tuple(levels))


def _trace(node: yaml.Node) -> Process:
    """A CSV file beside this one: columns ``at``, and if known ``service`` and ``patience``."""
    path = Path(node.start_mark.name).parent / text(node)
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = [
                (float(row["at"]), _seconds(row, "service"), _seconds(row, "patience"))
                for row in csv.DictReader(stream)
            ]
    except (OSError, KeyError, ValueError) as error:
        raise fault(node, f"{path} is no trace: {error!r}") from error
    return Trace(tuple(sorted(rows, key=lambda row: row[0])))


def _seconds(row: dict[str, str], column: str) -> float | None:
    value = row.get(column)
    return float(value) if value else None


def _complete(node: yaml.Node, *keys: str) -> dict[str, yaml.Node]:
    nodes = known(node, *keys)
    if len(nodes) != len(keys):
        raise fault(node, f"here should be {', '.join(keys)}")
    return nodes


READERS: dict[str, Callable[[yaml.Node], Process]] = {
    "poisson": _poisson,
    "renewal": _renewal,
    "varying": _varying,
    "sine": _sine,
    "batches": _batches,
    "modulated": _modulated,
    "trace": _trace,
}
