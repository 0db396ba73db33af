"""The router's only door: ``step`` takes one input at one moment and returns what follows from it.

The state is owned by ``step``: nobody else changes it. The same inputs at the same moments give the same
state, bit for bit: no clock is read, nothing is random, and no choice depends on the order of a set.
"""

from __future__ import annotations

from hub.routing.effects import Effect
from hub.routing.inputs import Input
from hub.routing.model import Snapshot
from hub.routing.timers import Timer


class State:
    """Everything the router knows."""


def rebuild(rows: Snapshot) -> State:
    """A state from the values a snapshot holds, timers armed again; call ``step`` from there on.

    Work that could be offered right away is, by the first ``step``.
    """
    raise NotImplementedError


def step(state: State, event: Input, now: int) -> tuple[Effect, ...]:
    """Tell the router one thing, and hear what follows, in order."""
    raise NotImplementedError


def next_timer(state: State) -> Timer | None:
    """The timer due first; when its moment has come, hand it to ``step`` as ``TimerFired``."""
    raise NotImplementedError


def snapshot(state: State) -> Snapshot:
    """The values from which ``rebuild`` makes this state again."""
    raise NotImplementedError


def digest(state: State) -> str:
    """A hash of the whole state: equal states, equal digests."""
    raise NotImplementedError


def position(state: State, item: str) -> int | None:
    """Which place the waiting item has among all work its agents could take: 1 is next. Else ``None``."""
    raise NotImplementedError


def positions(state: State, queue: str) -> dict[str, int]:
    """The position of every item that waits in the queue, in one pass."""
    raise NotImplementedError
