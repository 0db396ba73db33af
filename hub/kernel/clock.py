"""Moments are whole milliseconds since 1970 in UTC; the clock that tells them is handed in."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NewType, Protocol

Millis = NewType("Millis", int)
"""A moment (since the epoch, UTC) or a duration, in whole milliseconds."""

SECOND = Millis(1_000)
MINUTE = Millis(60_000)
HOUR = Millis(3_600_000)
DAY = Millis(86_400_000)


class Clock(Protocol):
    """Tells the moment."""

    def now(self) -> Millis: ...


class SystemClock:
    """The machine's wall clock."""

    def now(self) -> Millis:
        return Millis(time.time_ns() // 1_000_000)


@dataclass
class SetClock:
    """A clock that stands still until it is moved: for tests and simulation."""

    moment: Millis

    def now(self) -> Millis:
        return self.moment

    def move(self, by: int) -> None:
        """Go ``by`` milliseconds forward."""
        self.moment = Millis(self.moment + by)
