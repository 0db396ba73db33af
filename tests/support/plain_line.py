"""A line as queueing theory has it, written without the router: servers who are all alike, and
customers served by class and order of arrival, who may lose patience or find no place.

What the simulator says of the router is held against it customer by customer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace

NEVER = 1 << 62

Coming = tuple[int, int, int, int]
"""Moment, service and patience in ms, and class: the smaller goes first."""


@dataclass(slots=True)
class Outcome:
    """What came of the customers of one class. Times are ms."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    blocked: int = 0
    waited: int = 0
    waiting: int = 0
    in_time: int = 0


class Line:
    """So many servers and so many places to wait; who comes before ``warm`` is not counted."""

    def __init__(
        self, servers: int, places: int | None, classes: int, *, target: int, warm: int
    ) -> None:
        self.servers = servers
        self.places = places
        self.target = target
        self.warm = warm
        self.outcomes = [Outcome() for _ in range(classes)]
        self.busy: list[int] = []
        """When each server who serves will be free."""
        self.line: list[tuple[int, int, int, int, int]] = []
        """Class, number, moment, service and the end of the patience of who waits."""

    def serve(self, customers: Iterable[Coming]) -> list[Outcome]:
        """Send them in, in order of arrival, and wait until all are gone."""
        busy, line = self.busy, self.line
        for number, (at, service, patience, rank) in enumerate(customers):
            if busy and busy[0] <= at:
                self._pass(at)
            outcome = self.outcomes[rank]
            counts = at >= self.warm
            outcome.offered += counts
            if len(busy) < self.servers:
                self._answer(at, at, rank)
                heappush(busy, at + service)
            elif self.places is not None and len(line) >= self.places:
                outcome.blocked += counts
            else:
                heappush(line, (rank, number, at, service, at + patience))
        self._pass(NEVER)
        return self.outcomes

    def _pass(self, now: int) -> None:
        """Let every server who is free by now serve who waits, or be idle."""
        busy = self.busy
        while busy and busy[0] <= now:
            service = self._take(busy[0])
            if service is None:
                heappop(busy)
            else:
                heapreplace(busy, busy[0] + service)

    def _take(self, at: int) -> int | None:
        """The service of the next who still waits; who left before them is counted now."""
        while self.line:
            rank, _, came, service, deadline = heappop(self.line)
            if deadline > at:
                self._answer(at, came, rank)
                return service
            if came >= self.warm:
                outcome = self.outcomes[rank]
                outcome.abandoned += 1
                outcome.waiting += deadline - came
                outcome.waited += deadline > came
        return None

    def _answer(self, at: int, came: int, rank: int) -> None:
        if came >= self.warm:
            outcome, wait = self.outcomes[rank], at - came
            outcome.answered += 1
            outcome.waiting += wait
            outcome.waited += wait > 0
            outcome.in_time += wait <= self.target
