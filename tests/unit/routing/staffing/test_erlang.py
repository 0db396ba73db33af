"""Pools in their steady state: the exact values of the formulas, and what holds for all."""

from __future__ import annotations

from dataclasses import replace
from math import fsum, inf, nan

import pytest
from hypothesis import given, settings, strategies as some

from hub.routing.staffing.erlang import Demand, Endless, Impossible, erlang_b, erlang_c, figures
from hub.routing.staffing.redials import with_redials

HUNDRED = Demand(arrivals=100 / 1800, handle=180)
EIGHT_TENTHS = Demand(arrivals=48 / 60, handle=60)


def digits(value: float) -> object:
    """Equal to all six digits after the point."""
    return pytest.approx(value, abs=5.1e-7)


@pytest.mark.parametrize(("load", "agents", "blocked"), [(8, 10, 0.121661), (84, 90, 0.044620)])
def test_where_nobody_may_wait_erlang_b_says_who_is_blocked(
    load: float, agents: int, blocked: float
) -> None:
    pool = figures(Demand(load / 60, 60, places=0), agents, 20)

    assert erlang_b(load, agents) == digits(blocked)
    assert pool.p_block == digits(blocked)
    assert pool.service_level == digits(1 - blocked)
    assert pool.p_wait == pool.mean_wait == 0


def test_erlang_c_of_a_hundred_calls() -> None:
    pool = figures(HUNDRED, 14, 20)

    assert erlang_c(10, 14) == pool.p_wait == digits(0.174132)
    assert pool.mean_wait == pytest.approx(7.8359, abs=5.1e-5)
    assert pool.service_level == digits(0.888350)
    assert pool.waiting == pytest.approx(0.43533, abs=5.1e-6)
    assert pool.occupancy == pytest.approx(10 / 14)


@pytest.mark.parametrize(
    ("agents", "mean_wait", "service_level"),
    [
        (11, 122.781, 0.38961),
        (12, 40.445, 0.64016),
        (13, 17.116, 0.79560),
        (15, 3.6735, 0.94145),
        (16, 1.7202, 0.97056),
    ],
)
def test_erlang_c_of_a_hundred_calls_with_other_agents(
    agents: int, mean_wait: float, service_level: float
) -> None:
    pool = figures(HUNDRED, agents, 20)

    assert pool.mean_wait == pytest.approx(mean_wait, abs=5.1e-4)
    assert pool.service_level == pytest.approx(service_level, abs=5.5e-6)


def test_erlang_c_near_its_limit() -> None:
    pool = figures(EIGHT_TENTHS, 50, 20)

    assert pool.p_wait == digits(0.694456)
    assert pool.mean_wait == pytest.approx(20.8337, abs=5.1e-5)
    assert pool.waiting == pytest.approx(16.667, abs=5.1e-4)
    assert pool.service_level == digits(0.643455)


def test_erlang_a_of_the_same_with_patience() -> None:
    pool = figures(replace(EIGHT_TENTHS, patience=120), 50, 20)

    assert pool.p_wait == digits(0.467774)
    assert pool.p_abandon == digits(0.030912)
    assert pool.mean_wait == pytest.approx(3.70947, abs=5.1e-6)
    assert pool.occupancy == digits(0.930324)
    assert pool.service_level == digits(0.943019)
    assert pool.service_level_answered == digits(0.973100)


def test_erlang_a_with_no_agent_to_spare() -> None:
    pool = figures(replace(HUNDRED, patience=180), 10, 20)

    assert pool.p_wait == digits(0.542070)
    assert pool.p_abandon == digits(0.125110)
    assert pool.mean_wait == pytest.approx(22.5198, abs=5.1e-5)
    assert pool.service_level == digits(0.586980)


def test_erlang_a_of_an_overload_is_near_the_fluid() -> None:
    pool = figures(Demand(120 / 300, 300, patience=120), 100, 20)

    assert pool.p_abandon == digits(0.171257)
    assert pool.p_abandon == pytest.approx(1 - 1 / 1.2, abs=0.005)
    assert pool.mean_wait == pytest.approx(20.5508, abs=5.1e-5)
    assert pool.occupancy == digits(0.994492)


def test_erlang_a_of_a_thousand_agents() -> None:
    pool = figures(Demand(1000 / 300, 300, patience=300), 1000, 20)

    assert pool.p_wait == digits(0.504205)
    assert pool.p_abandon == pytest.approx(0.0126146, abs=5.1e-8)
    assert pool.service_level == digits(0.969800)


def test_a_pool_with_thirty_places() -> None:
    pool = figures(Demand(84 / 600, 600, places=30), 90, 30)

    assert pool.p_block == digits(0.003643)
    assert pool.mean_wait == pytest.approx(27.0014, abs=5.1e-5)
    assert pool.service_level == digits(0.730252)


def test_half_of_those_who_leave_call_again() -> None:
    first = Demand(100 / 1800, 180, patience=180, places=20)

    seen = with_redials(first, 10, 0.5)

    assert seen.arrivals / first.arrivals == pytest.approx(1.08910, abs=5.1e-6)
    assert figures(seen, 10, 20).p_abandon == pytest.approx(0.16362, abs=5.1e-6)


def test_who_never_leaves_never_calls_again() -> None:
    assert with_redials(HUNDRED, 14, 0.9) == HUNDRED


def test_a_queue_that_never_ends_is_refused() -> None:
    with pytest.raises(Endless):
        figures(HUNDRED, 10, 20)
    with pytest.raises(Endless):
        figures(Demand(1.0, 100, patience=1e9), 10, 20)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"arrivals": 0}, "/arrivals"),
        ({"handle": nan}, "/handle"),
        ({"patience": -1}, "/patience"),
        ({"patience": inf}, "/patience"),
        ({"places": -1}, "/places"),
        ({"arrivals": 1e6, "handle": 1e6}, "/arrivals"),
    ],
)
def test_a_demand_that_cannot_be_is_refused_by_name(wrong: dict[str, float], path: str) -> None:
    fields = {"arrivals": 1.0, "handle": 60.0} | wrong

    with pytest.raises(Impossible) as refused:
        Demand(**fields)  # type: ignore[arg-type]

    assert [fault.path for fault in refused.value.faults] == [path]


@pytest.mark.parametrize("agents", [0, -3, 10**9])
def test_no_pool_has_so_many_agents(agents: int) -> None:
    with pytest.raises(Impossible):
        figures(HUNDRED, agents, 20)


loads = some.floats(0.01, 300)
pools = some.integers(1, 400)
demands = some.builds(
    Demand,
    arrivals=some.floats(1e-4, 5),
    handle=some.floats(1, 600),
    patience=some.none() | some.floats(1, 5_000),
    places=some.none() | some.integers(0, 200),
).filter(lambda demand: demand.is_bounded)


@given(load=loads, agents=pools)
@settings(deadline=None)
def test_more_agents_block_fewer(load: float, agents: int) -> None:
    assert 0 <= erlang_b(load, agents + 1) < erlang_b(load, agents) <= 1 or (
        erlang_b(load, agents) == 0
    )


@given(agents=pools, used=some.floats(0.01, 0.99))
@settings(deadline=None)
def test_more_wait_where_all_may_wait_than_are_blocked_where_none_may(
    agents: int, used: float
) -> None:
    load = agents * used

    assert erlang_b(load, agents) <= erlang_c(load, agents) <= 1


@given(load=some.floats(0.1, 100), agents=some.integers(1, 60))
@settings(deadline=None)
def test_erlang_b_is_the_last_of_shares_that_sum_to_one(load: float, agents: int) -> None:
    """Against the definition, term by term from the largest factorials down."""
    terms = [1.0]
    for busy in range(1, agents + 1):
        terms.append(terms[-1] * load / busy)

    assert erlang_b(load, agents) == pytest.approx(terms[-1] / fsum(terms), rel=1e-9)


@given(demand=demands, agents=pools, within=some.floats(0, 600))
@settings(max_examples=150, deadline=None)
def test_more_agents_serve_better(demand: Demand, agents: int, within: float) -> None:
    fewer, more = figures(demand, agents, within), figures(demand, agents + 1, within)

    assert more.p_block <= fewer.p_block + 1e-12
    assert more.occupancy <= fewer.occupancy + 1e-9
    assert more.p_abandon <= fewer.p_abandon + 1e-9 or demand.places is not None
    assert more.service_level >= fewer.service_level - 1e-9


@given(demand=demands, agents=pools, within=some.floats(0, 600))
@settings(max_examples=150, deadline=None)
def test_everybody_is_answered_blocked_or_leaves(
    demand: Demand, agents: int, within: float
) -> None:
    pool = figures(demand, agents, within)

    answered = pool.occupancy * agents / demand.load
    assert answered + pool.p_block + pool.p_abandon == pytest.approx(1)
    assert pool.service_level <= answered + 1e-9
    assert 1 - pool.p_wait - pool.p_block <= pool.service_level + 1e-9
    assert 0 <= pool.occupancy <= 1 + 1e-9


@given(demand=demands, agents=pools)
@settings(max_examples=60, deadline=None)
def test_in_the_end_all_who_are_answered_are_answered_in_time(demand: Demand, agents: int) -> None:
    pool = figures(demand, agents, 1e7)

    assert pool.service_level == pytest.approx(1 - pool.p_block - pool.p_abandon, abs=1e-9)


@given(agents=some.integers(1, 100), used=some.floats(0.05, 0.97), within=some.floats(0, 300))
@settings(max_examples=60, deadline=None)
def test_the_more_patient_the_nearer_erlang_a_is_to_erlang_c(
    agents: int, used: float, within: float
) -> None:
    endless = Demand(agents * used / 180, 180)
    aim = figures(endless, agents, within)

    far, near, nearest = (
        abs(figures(replace(endless, patience=patience), agents, within).p_wait - aim.p_wait)
        for patience in (1e3, 1e5, 1e8)
    )

    assert far >= near >= nearest or far < 1e-12
    assert nearest < 1e-3
    patient = figures(replace(endless, patience=1e8), agents, within)
    assert patient.service_level == pytest.approx(aim.service_level, abs=1e-3)


@given(agents=some.integers(1, 60), used=some.floats(0.05, 0.95), within=some.floats(0, 300))
@settings(max_examples=60, deadline=None)
def test_many_places_are_as_good_as_no_limit(agents: int, used: float, within: float) -> None:
    endless = Demand(agents * used / 180, 180)

    bounded = figures(replace(endless, places=3_000), agents, within)

    aim = figures(endless, agents, within)
    assert bounded.service_level == pytest.approx(aim.service_level, abs=1e-9)
    assert bounded.mean_wait == pytest.approx(aim.mean_wait, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("load", [1.0, 4_900.0, 5_000.0, 9_000.0])
def test_five_thousand_agents_are_counted_without_loss(load: float) -> None:
    pool = figures(Demand(load / 300, 300, patience=600), 5_000, 60)

    answered = pool.occupancy * 5_000 / load
    assert answered + pool.p_abandon == pytest.approx(1, abs=1e-9)
    if load == 9_000:
        assert pool.p_abandon == pytest.approx(1 - 5 / 9, abs=1e-6)
