"""Runs the measurements, one part after another, and tells what came out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hub.app.server import run as run_quickly
from hub.bench import mail, receive, restart, routing, sockets
from hub.bench.machine import LOAD_CORE, Neighbours, pinned, syncs_a_second
from hub.bench.part import Part
from hub.bench.postgres import postgresql
from hub.bench.result import Result, table

QUIET = 0.1
"""Cores that others may keep busy: above it the figures are about them, not about the hub."""


@dataclass
class Run:
    """One part under way: where it may write, whether roughly, and who else was busy meanwhile."""

    folder: Path
    quick: bool
    tell: Callable[[str], None]
    neighbours: Neighbours


def _disk(run: Run) -> Sequence[Result]:
    return [Result("disk, commits a second now", syncs_a_second(run.folder), "commits/s")]


def _receive(run: Run) -> Sequence[Result]:
    with pinned(LOAD_CORE):
        return run_quickly(receive.measure(run.folder, None, quick=run.quick))


def _postgresql(run: Run) -> Sequence[Result]:
    with postgresql() as found:
        if found is None:
            run.tell("no PostgreSQL: name one in HUB_BENCH_PG, or install hub[test]")
            return []
        run.neighbours = Neighbours([found.pid] if found.pid else [])
        with pinned(LOAD_CORE):
            return run_quickly(receive.measure(run.folder, found.url, quick=run.quick))


def _mail(run: Run) -> Sequence[Result]:
    return mail.measure(quick=run.quick)


def _routing(run: Run) -> Sequence[Result]:
    return routing.measure(quick=run.quick)


def _sockets(run: Run) -> Sequence[Result]:
    with pinned(LOAD_CORE):
        return run_quickly(sockets.measure(run.folder, quick=run.quick))


def _restart(run: Run) -> Sequence[Result]:
    return run_quickly(restart.measure(run.folder, quick=run.quick))


MEASURES: dict[Part, Callable[[Run], Sequence[Result]]] = {
    Part.DISK: _disk,
    Part.RECEIVE: _receive,
    Part.POSTGRESQL: _postgresql,
    Part.MAIL: _mail,
    Part.ROUTING: _routing,
    Part.SOCKETS: _sockets,
    Part.RESTART: _restart,
}


def run(
    parts: Sequence[Part],
    *,
    quick: bool,
    as_json: bool,
    anyway: bool,
    tell: Callable[[str], None],
    note: Callable[[str], None],
) -> bool:
    """Measure these parts (none: all), telling each result; True when no floor was missed.

    A part during which others were busy is not told, and counts as missed, unless ``anyway``.
    """
    results: list[Result] = []
    told = True
    for part in parts or Part:
        with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
            under_way = Run(Path(folder), quick, note, Neighbours())
            made = MEASURES[part](under_way)
            others = under_way.neighbours.cores()
        if others > QUIET:
            note(f"{part.value}: other processes kept {others:.2f} cores busy, {QUIET} is the most")
            if not anyway:
                note(f"{part.value}: not told; wait until the machine is quiet, or say --anyway")
                told = False
                continue
        results.extend(made)
        if not as_json and made:
            tell(table(made))
    if as_json:
        tell(msgspec.json.encode([result.as_json() for result in results]).decode())
    return told and all(result.ok for result in results)
