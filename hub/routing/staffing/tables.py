"""Reads tables of volumes and handle times, as spreadsheets write them; names what is wrong.

Two tables are known, both CSV with a line of names:

    start,volume,handle_time             one day to staff
    date,start,volume,handle_time        days that were, to tell a day to come by

``start`` is HH:MM, ``date`` YYYY-MM-DD, ``handle_time`` seconds (it may be empty where nobody
came). Other columns are left alone.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from re import fullmatch
from typing import TypeVar

from hub.kernel.errors import Fault, Invalid
from hub.routing.staffing.erlang import LEAST
from hub.routing.staffing.forecast import Interval

COLUMNS = ("start", "volume", "handle_time")
MOST_FAULTS = 20
"""Whoever mixed up two columns need not read every row of them."""
MOST_LOAD = 5_000
"""More work than so many agents can do is a slip of the pen."""
WANTED = {
    "date": "a date like 2026-11-30",
    "start": "the beginning of an interval, like 09:30",
    "volume": "a number, 0 or more",
    "handle_time": "a number of seconds above 0",
}
Found = TypeVar("Found")


class BadTable(Invalid):
    """The table cannot be used."""

    code = "bad_table"


def is_history(text: str) -> bool:
    """Whether the table tells its days by date."""
    return "date" in _names(csv.reader(text.splitlines()))


def read_day(text: str, minutes: int) -> tuple[Interval, ...]:
    """One day's intervals by start."""
    return _read(text, minutes, dated=False).get(None, ())


def read_history(text: str, minutes: int) -> dict[date, tuple[Interval, ...]]:
    """Each day's intervals by start."""
    days = _read(text, minutes, dated=True)
    return {day: intervals for day, intervals in days.items() if day is not None}


def _read(text: str, minutes: int, *, dated: bool) -> dict[date | None, tuple[Interval, ...]]:
    reader = csv.reader(text.splitlines())
    names = _names(reader)
    wanted = ("date", *COLUMNS) if dated else COLUMNS
    missing = [
        Fault(f"/1/{name}", "this column is missing") for name in wanted if name not in names
    ]
    if missing:
        raise BadTable(None, *missing)
    reading = _Reading(minutes)
    try:
        for row in reader:
            if len(row) > len(names):
                reading.faults.append(Fault(f"/{reader.line_num}", "has more cells than names"))
            elif any(row):
                reading.take(reader.line_num, dict(zip(names, row, strict=False)), dated=dated)
    except csv.Error as error:
        reading.faults.append(Fault(f"/{reader.line_num}", str(error)))
    if not (reading.days or reading.faults):
        reading.faults.append(Fault("/2", "there is no row"))
    if reading.faults:
        raise BadTable(None, *reading.faults[:MOST_FAULTS])
    return {
        day: tuple(intervals[start] for start in sorted(intervals))
        for day, intervals in reading.days.items()
    }


def _names(reader: Iterator[list[str]]) -> list[str]:
    return [name.strip().lower() for name in next(reader, [])]


@dataclass(slots=True)
class _Reading:
    """What was found so far. A fault's path is /line/column, lines as an editor counts them."""

    minutes: int
    days: dict[date | None, dict[int, Interval]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def take(self, line: int, row: Mapping[str, str], *, dated: bool) -> None:
        day = self._cell(line, row, "date", date.fromisoformat) if dated else None
        start = self._cell(line, row, "start", self._start)
        volume = self._cell(line, row, "volume", _count)
        handle = 0.0 if volume == 0 else self._cell(line, row, "handle_time", _seconds)
        if start is None or volume is None or handle is None or (dated and day is None):
            return
        if volume * handle > MOST_LOAD * self.minutes * 60:
            self.faults.append(Fault(f"/{line}/volume", f"more than {MOST_LOAD} agents can do"))
        intervals = self.days.setdefault(day, {})
        if start in intervals:
            self.faults.append(Fault(f"/{line}/start", f"{row['start'].strip()} is there twice"))
        intervals[start] = Interval(start, volume, handle)

    def _cell(
        self, line: int, row: Mapping[str, str], column: str, read: Callable[[str], Found]
    ) -> Found | None:
        words = row.get(column, "").strip()
        try:
            return read(words)
        except ValueError:
            self.faults.append(Fault(f"/{line}/{column}", f"{words!r} is not {WANTED[column]}"))
            return None

    def _start(self, words: str) -> int:
        found = fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?", words)
        if found is None:
            raise ValueError
        start = int(found[1]) * 60 + int(found[2])
        if start % self.minutes:
            raise ValueError
        return start


def _count(words: str) -> float:
    found = float(words)
    if not (isfinite(found) and found >= 0):
        raise ValueError
    return found


def _seconds(words: str) -> float:
    found = _count(words)
    if found < LEAST:
        raise ValueError
    return found
