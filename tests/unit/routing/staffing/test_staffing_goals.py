"""The least agents that reach a goal, the rule of thumb for them, and the roster."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as some

from hub.routing.staffing.erlang import Demand, Impossible, figures
from hub.routing.staffing.goals import Goal, least_agents, on_the_roster, outlook
from hub.routing.staffing.square_root import delayed_at, square_root_agents

EIGHTY_IN_TWENTY = Goal(0.8, 20)


def of_load(load: float, patience: float | None = None, handle: float = 180) -> Demand:
    return Demand(load / handle, handle, patience)


@pytest.mark.parametrize(
    ("load", "agents", "service_level"),
    [
        (1, 3, 0.9272),
        (5, 8, 0.8801),
        (10, 14, 0.8884),
        (20, 24, 0.8089),
        (50, 56, 0.8412),
        (100, 107, 0.8238),
        (200, 208, 0.8086),
        (500, 510, 0.8189),
    ],
)
def test_the_least_agents_for_eighty_in_twenty(
    load: float, agents: int, service_level: float
) -> None:
    demand = of_load(load)

    least = least_agents([demand], EIGHTY_IN_TWENTY)

    assert least == agents
    assert figures(demand, least, 20).service_level == pytest.approx(service_level, abs=5.1e-5)


def test_two_small_queues_need_more_than_one_of_both() -> None:
    apart = 2 * least_agents([of_load(5)], EIGHTY_IN_TWENTY)
    pooled = least_agents([of_load(10)], EIGHTY_IN_TWENTY)

    assert (apart, pooled) == (16, 14)


@pytest.mark.parametrize(("patience", "agents"), [(60, 12), (180, 12), (600, 13)])
def test_patience_changes_how_many_are_needed(patience: float, agents: int) -> None:
    assert least_agents([of_load(10, patience)], EIGHTY_IN_TWENTY) == agents


def test_twelve_serve_ten_erlang_of_patient_callers() -> None:
    pool = figures(of_load(10, 180), 12, 20)

    assert pool.service_level == pytest.approx(0.80230, abs=5.1e-6)
    assert pool.p_abandon == pytest.approx(0.053092, abs=5.1e-7)


def test_a_large_pool_of_long_calls() -> None:
    assert least_agents([of_load(84, handle=600)], EIGHTY_IN_TWENTY) == 93


def test_agents_are_not_to_be_busier_than_the_cap() -> None:
    demand = of_load(100)

    least = least_agents([demand], Goal(0.8, 20, occupancy=0.88))

    assert least == 114
    assert figures(demand, 113, 20).occupancy > 0.88 >= figures(demand, 114, 20).occupancy


def test_a_goal_is_reached_on_average_over_what_may_come() -> None:
    quiet, busy = of_load(8), of_load(12)

    least = least_agents([quiet, busy], EIGHTY_IN_TWENTY)

    expected = outlook([quiet, busy], least, 20).service_level
    assert expected >= 0.8 > outlook([quiet, busy], least - 1, 20).service_level
    shares = [figures(each, least, 20).service_level for each in (quiet, busy)]
    assert expected == pytest.approx(0.4 * shares[0] + 0.6 * shares[1])


def test_an_endless_queue_serves_nobody_in_time_and_rests_nobody() -> None:
    expected = outlook([of_load(5), of_load(15)], 10, 20)

    assert expected.service_level == pytest.approx(
        figures(of_load(5), 10, 20).service_level * 5 / 20
    )
    assert expected.occupancy == pytest.approx((0.5 + 1) / 2)


def test_a_goal_that_no_number_reaches_is_refused() -> None:
    with pytest.raises(Impossible, match="No number of agents"):
        least_agents([Demand(0.1, 60)], Goal(0.8, 20, occupancy=1e-9))


@pytest.mark.parametrize(
    "wrong", [{"service_level": 1.0}, {"service_level": 0.0}, {"occupancy": 1.1}, {"within": -1}]
)
def test_a_goal_that_cannot_be_is_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(Impossible) as refused:
        Goal(**wrong)

    assert [fault.path for fault in refused.value.faults] == [f"/{name}" for name in wrong]


@given(
    load=some.floats(0.05, 150),
    patience=some.none() | some.floats(10, 2_000),
    share=some.floats(0.05, 0.99),
    cap=some.floats(0.3, 1),
)
@settings(max_examples=80, deadline=None)
def test_one_agent_less_would_miss_the_goal(
    load: float, patience: float | None, share: float, cap: float
) -> None:
    goal = Goal(share, 20, cap)
    demands = [of_load(load, patience)]

    least = least_agents(demands, goal)

    assert outlook(demands, least, 20).reaches(goal)
    assert least == 1 or not outlook(demands, least - 1, 20).reaches(goal)


@pytest.mark.parametrize(
    ("agents", "shrinkage", "scheduled"), [(14, 0, 14), (14, 0.3, 20), (7, 0.3, 10), (15, 0.3, 22)]
)
def test_the_roster_makes_up_for_lost_time(agents: int, shrinkage: float, scheduled: int) -> None:
    assert on_the_roster(agents, shrinkage) == scheduled


@pytest.mark.parametrize("shrinkage", [-0.1, 1.0])
def test_all_time_cannot_be_lost(shrinkage: float) -> None:
    with pytest.raises(Impossible):
        on_the_roster(14, shrinkage)


@pytest.mark.parametrize(("patience", "load"), [(None, 200), (None, 2_000), (300, 1_000)])
def test_the_square_root_rule_is_near_the_exact_answer(patience: float | None, load: float) -> None:
    demand = of_load(load, patience)

    agents = square_root_agents(demand, 0.25)

    assert figures(demand, agents, 20).p_wait <= 0.26
    assert figures(demand, agents - 2, 20).p_wait > 0.25


def test_a_thousand_agents_for_as_much_work_make_half_the_callers_wait() -> None:
    demand = of_load(1_000, patience=180)

    assert delayed_at(0, demand) == pytest.approx(0.5)
    assert square_root_agents(demand, 0.5) == 1_000


@pytest.mark.parametrize("delayed", [0.0, 1.0])
def test_not_all_and_not_nobody_can_wait(delayed: float) -> None:
    with pytest.raises(Impossible):
        square_root_agents(of_load(10), delayed)
