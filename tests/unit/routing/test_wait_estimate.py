"""The wait a customer is told: a range that holds, or nothing."""

from __future__ import annotations

import itertools
import random

import pytest

from hub.kernel.clock import HOUR, MINUTE
from hub.routing.estimate import LEAST_SEEN, estimate, expected_wait

QUARTER = 15 * MINUTE


def test_too_little_seen_says_nothing() -> None:
    assert estimate(1, LEAST_SEEN - 1, QUARTER) is None


def test_a_wait_nobody_can_know_is_not_told() -> None:
    assert estimate(500, LEAST_SEEN, QUARTER) is None


def test_further_back_waits_longer() -> None:
    ranges = [estimate(position, 30, QUARTER) for position in range(1, 40)]

    known = [found for found in ranges if found is not None]
    assert len(known) == len(ranges)
    assert all(a.low <= b.low and a.high < b.high for a, b in itertools.pairwise(known))
    assert all(found.low < found.high <= 4 * HOUR for found in known)


def test_a09_the_mean_wait_behind_four_who_may_give_up() -> None:
    mean = expected_wait(4, 10, 180_000, 180_000)

    assert mean == pytest.approx(76_067, abs=10)
    assert expected_wait(0, 1, 200_000, None) == 200_000
    assert expected_wait(0, 0, 200_000, None) is None


@pytest.mark.parametrize("position", [1, 3, 10])
def test_most_waits_at_a_steady_pace_stay_below_the_high_end(position: int) -> None:
    chance = random.Random(7)
    pace = MINUTE / 2
    told = estimate(position, round(QUARTER / pace), QUARTER)
    assert told is not None

    waits = [sum(chance.expovariate(1 / pace) for _ in range(position)) for _ in range(2_000)]

    assert sum(wait <= told.high for wait in waits) / len(waits) >= 0.9
    assert sum(wait < told.low for wait in waits) / len(waits) <= 0.25
