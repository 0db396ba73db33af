"""Runs the measurements, one part after another, and tells what came out."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from hub.bench import receive
from hub.bench.machine import LOAD_CORE, pinned, syncs_a_second
from hub.bench.result import Result, table

Part = Callable[[Path, bool], Sequence[Result]]


def _receive(folder: Path, quick: bool) -> Sequence[Result]:
    with pinned(LOAD_CORE):
        return asyncio.run(receive.measure(folder, None, quick=quick))


def _disk(folder: Path, _: bool) -> Sequence[Result]:
    return [Result("disk, commits a second now", syncs_a_second(folder), "commits/s")]


PARTS: dict[str, Part] = {"disk": _disk, "receive": _receive}


def run(parts: Sequence[str], *, quick: bool, as_json: bool, tell: Callable[[str], None]) -> bool:
    """Measure these parts (none: all), telling each result; True when no floor was missed."""
    results: list[Result] = []
    for name in parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
            made = PARTS[name](Path(folder), quick)
        results.extend(made)
        if not as_json:
            tell(table(made))
    if as_json:
        tell(msgspec.json.encode([result.as_json() for result in results]).decode())
    return all(result.ok for result in results)
