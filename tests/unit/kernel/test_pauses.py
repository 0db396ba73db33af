"""Pauses between tries double, and end."""

from __future__ import annotations

import pytest

from hub.kernel.clock import HOUR, MINUTE, SECOND, Millis, SetClock, SystemClock
from hub.kernel.retry import CONNECTING, SENDING, Backoff


@pytest.mark.parametrize(
    ("attempts", "pause"),
    [
        (1, MINUTE),
        (2, 2 * MINUTE),
        (3, 4 * MINUTE),
        (8, 128 * MINUTE),
        (9, 4 * HOUR),  # the longest
        (10, 4 * HOUR),
        (10_000, 4 * HOUR),  # no overflow, however long it fails
    ],
)
def test_pauses_double_up_to_the_longest(attempts: int, pause: int) -> None:
    assert SENDING.pause(attempts) == pause


def test_two_days_of_trying_is_enough() -> None:
    began = Millis(1_000)

    assert not SENDING.is_spent(began, Millis(began + 48 * HOUR - 1))
    assert SENDING.is_spent(began, Millis(began + 48 * HOUR))


def test_a_line_is_tried_for_ever_but_at_most_six_times_an_hour() -> None:
    pauses = [CONNECTING.pause(attempt) for attempt in range(20, 30)]

    assert min(pauses) >= HOUR // 6
    assert not CONNECTING.is_spent(Millis(0), Millis(1 << 60))


def test_the_first_pause_may_be_the_longest() -> None:
    steady = Backoff(first=SECOND, most=SECOND, give_up_after=HOUR)

    assert [steady.pause(n) for n in (1, 2, 50)] == [SECOND] * 3


def test_a_set_clock_moves_only_when_told() -> None:
    clock = SetClock(Millis(5))

    assert (clock.now(), clock.now()) == (5, 5)
    clock.move(10)
    assert clock.now() == 15


def test_the_machines_clock_tells_milliseconds_of_this_century() -> None:
    assert 1_700_000_000_000 < SystemClock().now() < 4_000_000_000_000
