"""What the router learns of its queues as it goes: how long their work takes, and how often their
promise is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.kernel.ids import QueueId
from hub.routing.model import ItemState, QueueRow

if TYPE_CHECKING:
    from hub.routing.records import Seat, Work
    from hub.routing.state import State

ENOUGH = 10
"""Fewer handlings than this say nothing."""
WEIGHT_OF_ONE = 100
"""A new handling moves the mean by one part in so many: about the last 200 count."""


class Learned:
    """What is known of one queue beyond its settings. Everything is a whole number."""

    __slots__ = ("drift", "handled", "handling", "kept")

    def __init__(self) -> None:
        self.handling: int | None = None
        """How long an agent is taken up by one item, in microseconds; ``None`` before the first."""
        self.handled = 0
        """How many items that rests on, up to ``ENOUGH``."""

        self.kept: int | None = None
        """The share of customers answered within the target, in millionths."""
        self.drift = 0
        """By how many microseconds the queue's items are moved forward."""

    def share(self, goal: int) -> int:
        """The share that kept the promise; the goal itself, in thousandths, as long as nobody
        knows.
        """
        return goal * 1000 if self.kept is None else self.kept

    def learn_kept(self, kept: bool, goal: int) -> None:
        """A customer was answered within the target, or was not."""
        before = self.share(goal)
        self.kept = before + (1_000_000 * kept - before) // WEIGHT_OF_ONE

    def learn_handling(self, took: int, usual: int | None) -> None:
        """An agent was taken up for so many ms; ``usual`` is what the queue's settings expect."""
        if self.handled < ENOUGH:
            self.handled += 1
        known = self.handling
        if known is None:
            known = (took if usual is None else usual) * 1000
        self.handling = known + (took * 1000 - known) // WEIGHT_OF_ONE

    def as_row(self, queue: QueueId) -> QueueRow:
        return QueueRow(queue, self.handling, self.handled, self.kept, self.drift)


def restored(row: QueueRow) -> Learned:
    """What a snapshot says of a queue."""
    learned = Learned()
    learned.handling = row.handling
    learned.handled = row.handled
    learned.kept = row.kept
    learned.drift = row.drift
    return learned


def learned_of(state: State, queue: QueueId) -> Learned:
    """What is known of a queue; nothing at first."""
    learned = state.learned.get(queue)
    if learned is None:
        learned = state.learned[queue] = Learned()
    return learned


def handling_of(state: State, queue: QueueId) -> int | None:
    """How many ms an item of the queue takes on average; ``None`` when nobody knows."""
    learned = state.learned.get(queue)
    usual = state.index.queues[queue].handling
    if learned is None or learned.handling is None or (learned.handled < ENOUGH and usual is None):
        return usual
    return learned.handling // 1000


def note_handling(state: State, work: Work) -> None:
    """The agent's part in an item is over, wrap-up included."""
    if work.state not in (ItemState.CONNECTING, ItemState.PARKED):
        learned = state.learned.get(work.queue) or learned_of(state, work.queue)
        usual = state.index.queues[work.queue].handling
        learned.learn_handling(state.now - work.began_at, usual)


def time_to_room(state: State, seat: Seat) -> int:
    """In how many ms the agent can be expected to let go of something.

    How long a conversation has lasted says little about how long it still will, so each is expected
    to take its mean from now on. What nobody knows is hoped to be short.
    """
    waits = [_remaining(state, work) for work in seat.work.values()]
    waits += [handling_of(state, offer.item.queue) or 0 for offer in seat.offers.values()]
    return min(waits, default=0)


def _remaining(state: State, work: Work) -> int:
    if work.state is ItemState.WRAP_UP and work.ends_at is not None:
        return max(0, work.ends_at - state.now)
    return handling_of(state, work.queue) or 0
