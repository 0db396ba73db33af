"""The machine a measurement runs on: its cores, its disk at this moment, and who else is busy."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Collection, Iterator
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


def resident_kib(pid: int) -> int:
    """The memory a process holds now, in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError(f"the process {pid} has ended")


class Neighbours:
    """How many cores other processes kept busy since this was made: what we did not start.

    ``ours`` names processes that are ours though they are not our children.
    """

    def __init__(self, ours: Collection[int] = ()) -> None:
        self._ours = frozenset(ours)
        self._began = time.monotonic()
        self._busy, self._own = _all_seconds(), _own_seconds(self._ours)

    def cores(self) -> float:
        """Cores that others kept busy on average."""
        busy = _all_seconds() - self._busy
        own = _own_seconds(self._ours) - self._own
        return max(0.0, busy - own) / max(0.001, time.monotonic() - self._began)


def _all_seconds() -> float:
    """Processor seconds of all processes since boot."""
    user, nice, system = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:4]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def _own_seconds(ours: frozenset[int]) -> float:
    """Processor seconds of this process, those it started, and ``ours`` with those they started."""
    found: dict[int, tuple[int, int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        found[int(entry.name)] = int(fields[1]), sum(int(field) for field in fields[11:15])
    counted = {os.getpid(), *ours}
    while more := {pid for pid, (parent, _) in found.items() if parent in counted} - counted:
        counted |= more
    return sum(found[pid][1] for pid in counted if pid in found) / os.sysconf("SC_CLK_TCK")
