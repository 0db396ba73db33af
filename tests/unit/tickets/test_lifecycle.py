"""Which status may follow which, and what reopens a ticket."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from hub.kernel.clock import HOUR, Millis
from hub.kernel.ids import CustomerId, TicketId
from hub.tickets.lifecycle import (
    NEXT,
    after_assigning,
    after_customer_wrote,
    is_open,
    may_become,
    stamped,
)
from hub.tickets.model import Priority, Status, Ticket

NOON = Millis(1_767_009_600_000)
N, O, P, H, S, C = Status  # noqa: E741 - in the order of a ticket's life

ALLOWED = {
    (N, O), (N, P), (N, H), (N, S),
    (O, P), (O, H), (O, S),
    (P, O), (P, H), (P, S),
    (H, O), (H, P), (H, S),
    (S, O), (S, P), (S, H), (S, C),
}  # fmt: skip


def a_ticket(status: Status = Status.NEW) -> Ticket:
    return Ticket(
        id=TicketId("t"),
        rev=3,
        number=1,
        subject="A sofa is late",
        status=status,
        priority=Priority.NORMAL,
        requester_id=CustomerId("c"),
        requester_name="Mia",
        assignee_id=None,
        created_at=NOON,
        updated_at=NOON,
    )


@pytest.mark.parametrize(("before", "after"), list(product(Status, Status)))
def test_a_status_may_follow_only_where_the_table_says_so(before: Status, after: Status) -> None:
    assert may_become(before, after) == (before is after or (before, after) in ALLOWED)


def test_nothing_follows_closed() -> None:
    assert NEXT[Status.CLOSED] == frozenset()


@pytest.mark.parametrize(("before", "after"), [(N, N), (O, O), (P, O), (H, O), (S, O), (C, C)])
def test_the_customer_writing_reopens_what_waited_or_was_solved(
    before: Status, after: Status
) -> None:
    assert after_customer_wrote(before) is after


@pytest.mark.parametrize("status", list(Status))
def test_assigning_opens_only_a_new_ticket(status: Status) -> None:
    assert after_assigning(status) is (O if status is N else status)


def test_solved_and_closed_are_not_open() -> None:
    assert [status for status in Status if not is_open(status)] == [S, C]


def test_solving_stamps_the_moment_and_reopening_takes_it_off() -> None:
    before = a_ticket(O)

    solved = stamped(before, replace(before, status=S), Millis(NOON + HOUR))
    again = stamped(solved, replace(solved, status=O), Millis(NOON + 2 * HOUR))

    assert (solved.solved_at, solved.updated_at, solved.rev) == (NOON + HOUR, NOON + HOUR, 4)
    assert (again.solved_at, again.updated_at, again.rev) == (None, NOON + 2 * HOUR, 5)


def test_closing_keeps_when_it_was_solved() -> None:
    before = replace(a_ticket(S), solved_at=NOON)

    closed = stamped(before, replace(before, status=C), Millis(NOON + HOUR))

    assert (closed.solved_at, closed.closed_at) == (NOON, NOON + HOUR)


def test_a_change_of_something_else_leaves_the_stamps() -> None:
    before = replace(a_ticket(S), solved_at=NOON)

    changed = stamped(before, replace(before, subject="Two sofas"), Millis(NOON + HOUR))

    assert changed.solved_at == NOON
    assert changed.rev == before.rev + 1
