"""The wait behind a queue: its mean and deviation exactly, its quantiles by a gamma."""

from __future__ import annotations

import random
from math import exp, sqrt

import pytest
from hypothesis import given, settings, strategies as some

from hub.routing.staffing.erlang import Impossible
from hub.routing.staffing.gamma import gamma_quantile, gamma_share
from hub.routing.staffing.waits import wait_behind


def test_four_ahead_of_ten_agents() -> None:
    wait = wait_behind(4, agents=10, handle=180, patience=180)

    assert wait.mean == pytest.approx(76.067, abs=0.01)
    assert wait.deviation == pytest.approx(34.261, abs=0.01)
    assert wait.quantile(0.9) == pytest.approx(121.94, abs=0.01)


def test_nobody_ahead_waits_for_the_first_agent() -> None:
    wait = wait_behind(0, agents=10, handle=180)

    assert wait.mean == wait.deviation == pytest.approx(18)
    assert gamma_share(1, 2.5) == pytest.approx(1 - exp(-2.5))


@pytest.mark.parametrize("ahead", [0, 3, 20])
def test_as_many_waits_stay_below_a_quantile_as_it_says(ahead: int) -> None:
    chance = random.Random(11)
    told = wait_behind(ahead, agents=10, handle=180, patience=120)

    waits = [
        sum(chance.expovariate(10 / 180 + left / 120) for left in range(ahead + 1))
        for _ in range(4_000)
    ]

    for share in (0.5, 0.9):
        told_below = told.quantile(share)
        assert sum(wait <= told_below for wait in waits) / 4_000 == pytest.approx(share, abs=0.03)


@given(
    ahead=some.integers(0, 300),
    agents=some.integers(1, 300),
    handle=some.floats(1, 3_600),
    patience=some.floats(1, 10_000),
)
@settings(deadline=None)
def test_who_has_more_ahead_waits_longer_and_impatience_ahead_helps(
    ahead: int, agents: int, handle: float, patience: float
) -> None:
    wait = wait_behind(ahead, agents, handle, patience)

    assert wait_behind(ahead + 1, agents, handle, patience).mean > wait.mean
    assert wait_behind(ahead, agents, handle).mean >= wait.mean
    assert wait.quantile(0.5) < wait.quantile(0.9)


@pytest.mark.parametrize(
    ("shape", "x", "share"),
    [
        (0.5, 0.5, 0.682689492137),  # one deviation of a normal variable
        (2, 2, 1 - 3 * exp(-2)),
        (3, 7, 1 - (1 + 7 + 24.5) * exp(-7)),
    ],
)
def test_the_gamma_distribution_where_it_is_known(shape: float, x: float, share: float) -> None:
    assert gamma_share(shape, x) == pytest.approx(share, abs=1e-11)
    assert gamma_quantile(shape, share) == pytest.approx(x, rel=1e-9)


@given(shape=some.floats(0.05, 50_000), share=some.floats(0.001, 0.999))
@settings(deadline=None)
def test_a_quantile_has_its_share_below_it(shape: float, share: float) -> None:
    assert gamma_share(shape, gamma_quantile(shape, share)) == pytest.approx(share, abs=1e-7)


def test_a_large_gamma_is_nearly_normal() -> None:
    assert gamma_quantile(1e6, 0.8413447) == pytest.approx(1e6 + sqrt(1e6), abs=1)


@pytest.mark.parametrize(("agents", "handle"), [(0, 180), (10, 0)])
def test_nobody_is_served_by_nobody(agents: int, handle: float) -> None:
    with pytest.raises(Impossible):
        wait_behind(4, agents, handle)
