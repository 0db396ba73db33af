"""A unit of work: one transaction as the field code sees it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from sqlalchemy import Connection

from hub.kernel.clock import Millis
from hub.kernel.events import Event
from hub.kernel.ids import new_id
from hub.storage.chart import Chart


class Unit:
    """The connection, the moment, and the events announced so far.

    Everything written through ``connection`` and everything announced is committed together, or not
    at all.
    """

    __slots__ = ("_chart", "_heard", "announced", "command_id", "connection", "now")

    def __init__(self, connection: Connection, now: Millis, chart: Chart) -> None:
        self.connection = connection
        self.now = now
        self.command_id: str | None = None
        self.announced: list[tuple[Event, str | None]] = []
        self._chart = chart
        self._heard = 0

    def announce(self, *events: Event) -> None:
        """Say that this happened: it goes into the log, and ``within`` handlers hear it before the
        commit.
        """
        self.announced.extend((event, self.command_id) for event in events)

    def new_id(self) -> str:
        return new_id(self.now)

    def settle(self) -> None:
        """Let the ``within`` handlers hear what was announced, and what they announce in turn."""
        while self._heard < len(self.announced):
            heard = [event for event, _ in self.announced[self._heard :]]
            self._heard = len(self.announced)
            for kind, alike in groupby(sorted(heard, key=_by_type), key=type):
                batch = list(alike)
                for handler in self._chart.handlers_within(kind):
                    handler(self, batch)


def _by_type(event: Event) -> str:
    return event.type


Work = Callable[[Unit], object]
