"""The machine a measurement runs on: its cores, its disk at this moment, and who else is busy."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER_CORE, LOAD_CORE = 0, 1


def pin(core: int) -> None:
    """Keep this process on one core, where the system lets us and there are two."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Keep this process on one core for a while."""
    if not hasattr(os, "sched_getaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    pin(core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def syncs_a_second(folder: Path, seconds: float = 1.0) -> float:
    """How often SQLite can commit one row durably (FULL) in a second, now, in this folder."""
    path = folder / "syncs.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE row (n INTEGER)")
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        connection.execute("INSERT INTO row VALUES (1)")
        count += 1
    rate = count / (time.perf_counter() - began)
    connection.close()
    for made in folder.glob("syncs.db*"):
        made.unlink()
    return rate


def busy_share() -> tuple[float, float]:
    """Time all cores were busy, and all time, in ticks since boot: take two and compare."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    idle = fields[3] + fields[4]
    return float(sum(fields) - idle), float(sum(fields))


class Neighbours:
    """How much of the machine others used while something was measured, as a share of one core."""

    def __init__(self) -> None:
        self._began = busy_share()
        self._mine = self._own()

    @staticmethod
    def _own() -> float:
        mine, children = os.times(), os.times()
        return mine.user + mine.system + children.children_user + children.children_system

    def cores(self, measured_seconds: float) -> float:
        """Cores kept busy by others, given the CPU seconds that the measured processes used."""
        busy, _ = busy_share()
        ticks = os.sysconf("SC_CLK_TCK")
        spent = (busy - self._began[0]) / ticks
        return max(0.0, spent - measured_seconds)
