"""The router under loads that queueing theory can tell the outcome of.

A formula is only met by millions of customers, too many for every day. So the router is held
against a plain line of the same customers, one by one, for as long as that is quick; and the plain
line is held against the formula for as long as the file says, which is what the router would give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from heapq import merge
from operator import itemgetter
from pathlib import Path
from random import Random

import pytest

from hub.routing.simulation.crowd import Crowd, Sent, Tally
from hub.routing.simulation.load import Load, Stream, read_load
from hub.routing.simulation.reading import documents
from hub.routing.simulation.results import measure, misses, summed_up
from tests.support.plain_line import NEVER, Coming, Line

LOADS = sorted((Path(__file__).parents[3] / "loads").glob("*.yaml"))
COUNTED = ("offered", "answered", "abandoned", "blocked", "waited", "waiting", "in_time")

every_load = pytest.mark.parametrize("path", LOADS, ids=lambda path: path.stem)


def load_of(path: Path) -> Load:
    return read_load(documents(path)[0])


def customers(load: Load, stream: Stream, rank: int, seed: int) -> Iterator[Coming]:
    """Those of a stream, drawn as the simulator draws them."""

    def chance(what: str) -> Random:
        return Random(f"{seed}/{stream.name}/{what}")

    service = stream.service.sampler(chance("service"))
    patience = None if stream.patience is None else stream.patience.sampler(chance("patience"))
    for moment, _, _ in stream.process.moments(chance("process")):
        at = round(moment * 1000)
        if at > load.length:
            return
        lasts = NEVER if patience is None else round(patience() * 1000)
        yield at, round(service() * 1000), lasts, rank


def plainly(load: Load, seed: int) -> Sent:
    """What a plain line makes of it. The streams stand in the order of their bands."""
    (team,) = load.teams
    queues = load.queues
    lines = [customers(load, stream, rank, seed) for rank, stream in enumerate(load.streams)]
    line = Line(
        team.count,
        0 if queues[0].max_wait == 0 else queues[0].max_waiting,
        len(lines),
        target=queues[0].target,
        warm=round(load.length * load.warm_up),
    )
    outcomes = line.serve(merge(*lines, key=itemgetter(0)) if len(lines) > 1 else lines[0])
    return Sent(
        {
            queue.id: Tally(queue.target, **{name: getattr(held, name) for name in COUNTED})
            for queue, held in zip(queues, outcomes, strict=True)
        },
        staffed=0,
    )


def counts(sent: Sent) -> dict[str, dict[str, int]]:
    return {
        queue: {name: getattr(tally, name) for name in COUNTED}
        for queue, tally in sent.tallies.items()
    }


@every_load
def test_the_router_serves_every_customer_as_a_plain_line_would(path: Path) -> None:
    load = load_of(path)
    short = replace(load, length=load.length // 10)

    sent = Crowd(short, 1).send()

    assert counts(sent) == counts(plainly(short, 1))
    assert sum(tally.offered for tally in sent.tallies.values()) > 5_000


@every_load
def test_a_plain_line_of_the_files_length_meets_the_formula(path: Path) -> None:
    load = load_of(path)
    assert load.hopes

    results = summed_up(load, [plainly(load, seed) for seed in load.seeds])

    assert misses(load, results) == []


@pytest.mark.faults
@pytest.mark.timeout(3600)
@every_load
def test_the_router_itself_meets_the_formula(path: Path, many_faults: bool) -> None:
    if not many_faults:
        pytest.skip("takes minutes: only in make test-faults")
    load = load_of(path)

    assert misses(load, measure(load)) == []
