"""A ticket's life: which status may follow which, what reopens it, and the moments it keeps. Pure.

    new ──► open ◄──► pending ◄──► on hold          any of them ──► solved ──► closed
             ▲                                                        │
             └────────────── reopened, or the customer wrote ◄────────┘

Nothing becomes *new* again, and nothing follows *closed*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from hub.kernel.clock import Millis
from hub.tickets.model import Status, Ticket

_WORKING = frozenset({Status.OPEN, Status.PENDING, Status.ON_HOLD})

NEXT: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.NEW: _WORKING | {Status.SOLVED},
        Status.OPEN: (_WORKING | {Status.SOLVED}) - {Status.OPEN},
        Status.PENDING: (_WORKING | {Status.SOLVED}) - {Status.PENDING},
        Status.ON_HOLD: (_WORKING | {Status.SOLVED}) - {Status.ON_HOLD},
        Status.SOLVED: _WORKING | {Status.CLOSED},
        Status.CLOSED: frozenset(),
    }
)
"""What an agent may make of a ticket."""

REOPENS = frozenset({Status.PENDING, Status.ON_HOLD, Status.SOLVED})
"""What becomes *open* when the customer writes: it waited for them, or they are not content."""


def may_become(before: Status, after: Status) -> bool:
    """True when an agent may set this status. Staying as it is needs no leave."""
    return before is after or after in NEXT[before]


def after_customer_wrote(status: Status) -> Status:
    """The status once the customer wrote in a linked conversation."""
    return Status.OPEN if status in REOPENS else status


def after_assigning(status: Status) -> Status:
    """The status once somebody has it: a *new* ticket is one that nobody has looked at."""
    return Status.OPEN if status is Status.NEW else status


def is_open(status: Status) -> bool:
    """True while something is still to be done, or awaited."""
    return status not in {Status.SOLVED, Status.CLOSED}


def stamped(before: Ticket, after: Ticket, now: Millis) -> Ticket:
    """The changed ticket with its next ``rev`` and the moments that a new status asks for."""
    after = replace(after, rev=before.rev + 1, updated_at=now)
    if after.status is before.status:
        return after
    if after.status is Status.SOLVED:
        return replace(after, solved_at=now)
    if after.status is Status.CLOSED:
        return replace(after, closed_at=now)
    return replace(after, solved_at=None)
