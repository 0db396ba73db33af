"""A day told by the days before it, and the agents each of its intervals needs."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from math import exp

import pytest
from hypothesis import given, settings, strategies as some

from hub.routing.staffing.erlang import Demand, Impossible, figures
from hub.routing.staffing.forecast import Interval, NothingToGoBy, forecast
from hub.routing.staffing.goals import Goal, least_agents
from hub.routing.staffing.plan import MOMENTS, Terms, loads, plan
from hub.routing.staffing.tables import BadTable, is_history, read_day, read_history

MONDAY = date(2026, 11, 23)
NINE, TEN = 9 * 60, 10 * 60
UNCAPPED = Terms(Goal(0.8, 20))


def mondays(*volumes: float, handle: float = 180) -> dict[date, list[Interval]]:
    """The Mondays before ours with so many customers from nine and half as many from ten."""
    return {
        MONDAY - timedelta(weeks=back): [
            Interval(NINE, volume, handle),
            Interval(TEN, volume / 2, handle),
        ]
        for back, volume in enumerate(reversed(volumes), start=1)
    }


def test_few_days_are_averaged() -> None:
    expected = forecast(mondays(90, 110, 100), MONDAY)

    assert [each.volume for each in expected.intervals] == pytest.approx([100, 50])
    assert (expected.days, expected.growth) == (3, 1)


def test_more_days_tell_of_growth() -> None:
    expected = forecast(mondays(100, 110, 120, 130), MONDAY)

    assert [each.volume for each in expected.intervals] == pytest.approx([140, 70])
    assert expected.growth == pytest.approx(140 / 115)
    assert expected.dispersion == 1


def test_a_decline_ends_at_nothing() -> None:
    assert forecast(mondays(90, 60, 30, 1, 0), MONDAY).growth == 0


def test_other_weekdays_and_later_days_say_nothing() -> None:
    history = mondays(100)
    history[MONDAY - timedelta(days=1)] = [Interval(NINE, 900, 180)]
    history[MONDAY + timedelta(weeks=1)] = [Interval(NINE, 900, 180)]

    assert forecast(history, MONDAY).intervals[0].volume == 100
    with pytest.raises(NothingToGoBy):
        forecast(history, MONDAY + timedelta(days=1))


def test_work_is_averaged_over_customers_and_an_interval_left_out_brought_nobody() -> None:
    history = {
        MONDAY - timedelta(weeks=2): [Interval(NINE, 10, 100), Interval(TEN, 4, 60)],
        MONDAY - timedelta(weeks=1): [Interval(NINE, 30, 200)],
    }

    nine, ten = forecast(history, MONDAY).intervals

    assert (nine.volume, nine.handle) == (20, 175)
    assert (ten.volume, ten.handle) == (2, 60)


def counted(mean: float, dispersion: float, chance: random.Random) -> int:
    """How many came, when the rate itself varies so that counts have this dispersion."""
    rate = chance.gammavariate(mean / (dispersion - 1), dispersion - 1)
    found, passed = 0, chance.expovariate(1)
    while passed < rate:
        found, passed = found + 1, passed + chance.expovariate(1)
    return found


@pytest.mark.parametrize("dispersion", [1.2, 3.0])
def test_the_dispersion_of_the_counts_is_found_again(dispersion: float) -> None:
    chance = random.Random(5)

    found = [
        forecast(
            {
                MONDAY - timedelta(weeks=week): [
                    Interval(30 * slot, counted(60, dispersion, chance), 180) for slot in range(30)
                ]
                for week in range(1, 9)
            },
            MONDAY,
        ).dispersion
        for _ in range(5)
    ]

    assert sum(found) / 5 == pytest.approx(dispersion, rel=0.1)


def test_a_steady_interval_needs_what_its_load_needs() -> None:
    day = [Interval(30 * slot, 100, 180) for slot in range(48)]

    staffed = plan(day, UNCAPPED).intervals

    least = least_agents([Demand(100 / 1800, 180)], UNCAPPED.goal)
    assert {each.agents for each in staffed} == {least} == {14}
    assert staffed[0].load == pytest.approx(10)
    assert staffed[0].service_level == pytest.approx(
        figures(Demand(100 / 1800, 180), 14, 20).service_level
    )


def test_work_in_service_is_carried_into_the_next_interval() -> None:
    day = [Interval(NINE, 60, 1800), Interval(NINE + 30, 0, 1800)]

    first, second = loads(day, 30)

    assert first[0] == pytest.approx(60 * (1 - exp(-0.1)))
    assert second[0] == pytest.approx(60 * (1 - exp(-1)) * exp(-0.1))
    assert len(first) == MOMENTS


def test_a_closed_hour_lets_the_work_run_out() -> None:
    day = [Interval(NINE, 60, 1800), Interval(NINE + 90, 60, 1800)]

    _, after = loads(day, 30)

    left = 60 * (1 - exp(-1)) * exp(-2)
    assert after[0] == pytest.approx(60 + (left - 60) * exp(-0.1))


def test_a_day_without_night_follows_one_like_itself() -> None:
    day = [Interval(30 * slot, 100 if slot >= 24 else 0, 3600) for slot in range(48)]

    assert loads(day, 30)[0][0] == pytest.approx(200 * exp(-0.05), rel=1e-4)


def test_uncertain_rates_need_more_agents_than_sure_ones() -> None:
    day = [Interval(30 * slot, 100, 180) for slot in range(18, 24)]

    sure = plan(day, replace(UNCAPPED, patience=180))
    unsure = plan(day, replace(UNCAPPED, patience=180, dispersion=6))

    assert unsure.agent_hours > sure.agent_hours
    assert unsure.service_level >= 0.8


def test_the_roster_its_hours_and_its_cost_add_up() -> None:
    day = [Interval(NINE, 100, 180), Interval(NINE + 30, 0, 0)]

    found = plan(day, replace(UNCAPPED, shrinkage=0.3, cost=20))

    busy, quiet = found.intervals
    assert quiet.agents == quiet.scheduled == quiet.cost == 0
    assert busy.scheduled * 0.7 >= busy.agents > (busy.scheduled - 1) * 0.7
    assert found.scheduled_hours == busy.scheduled / 2
    assert found.cost == busy.cost == busy.scheduled * 10
    assert found.service_level == pytest.approx(busy.service_level)


def test_no_customer_needs_nobody() -> None:
    found = plan([Interval(NINE, 0, 0)], UNCAPPED)

    assert (found.agent_hours, found.service_level, found.p_abandon) == (0, 1, 0)


@given(
    volumes=some.lists(some.floats(0, 60), min_size=1, max_size=4),
    handle=some.floats(5, 1_800),
    patience=some.none() | some.floats(10, 2_000),
    dispersion=some.just(1.0) | some.floats(1, 20),
    cap=some.floats(0.5, 1),
)
@settings(max_examples=40, deadline=None)
def test_every_interval_with_customers_reaches_the_goal(
    volumes: list[float], handle: float, patience: float | None, dispersion: float, cap: float
) -> None:
    day = [Interval(NINE + 30 * at, volume, handle) for at, volume in enumerate(volumes)]
    terms = Terms(Goal(0.8, 20, cap), patience=patience, dispersion=dispersion)

    for each in plan(day, terms).intervals:
        assert each.service_level >= 0.8
        assert each.occupancy <= cap + 1e-9


@pytest.mark.parametrize(
    "wrong",
    [{"minutes": 7}, {"dispersion": 0.5}, {"shrinkage": 1.0}, {"cost": -1}, {"patience": 0}],
)
def test_terms_that_cannot_be_are_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(Impossible) as refused:
        replace(UNCAPPED, **wrong)  # type: ignore[arg-type]

    assert [fault.path for fault in refused.value.faults] == [f"/{name}" for name in wrong]


def test_a_table_of_one_day_is_read_in_any_order() -> None:
    text = "Handle_Time,start,volume,note\n180,09:30,12,\n\n,9:00,0,closed\n"

    assert not is_history(text)
    assert read_day(text, 30) == (Interval(NINE, 0, 0), Interval(NINE + 30, 12, 180))


def test_a_table_of_days_is_read_by_date() -> None:
    text = "date,start,volume,handle_time\n2026-11-16,09:00,12,180\n2026-11-09,09:00,10,170\n"

    assert is_history(text)
    assert read_history(text, 30) == {
        date(2026, 11, 9): (Interval(NINE, 10, 170),),
        date(2026, 11, 16): (Interval(NINE, 12, 180),),
    }


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("09:00,many,180", "/2/volume"),
        ("09:00,-1,180", "/2/volume"),
        ("09:00,,180", "/2/volume"),
        ("09:00,nan,180", "/2/volume"),
        ("09:00,5,", "/2/handle_time"),
        ("09:00,5,0", "/2/handle_time"),
        ("09:00,5,inf", "/2/handle_time"),
        ("09:10,5,180", "/2/start"),
        ("24:00,5,180", "/2/start"),
        ("09:00,1,200,180", "/2"),
        ("09:00,5,180\n9:00,6,180", "/3/start"),
        ("09:00,1000000,180", "/2/volume"),
        ("", "/2"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(row: str, fault: str) -> None:
    with pytest.raises(BadTable) as refused:
        read_day(f"start,volume,handle_time\n{row}\n", 30)

    assert [each.path for each in refused.value.faults] == [fault]


def test_missing_columns_are_named_together() -> None:
    with pytest.raises(BadTable) as refused:
        read_day("start,calls\n09:00,5\n", 30)

    assert [each.path for each in refused.value.faults] == ["/1/volume", "/1/handle_time"]


def test_a_date_that_is_none_is_named() -> None:
    with pytest.raises(BadTable) as refused:
        read_history("date,start,volume,handle_time\n2026-02-30,09:00,5,180\n", 30)

    assert [each.path for each in refused.value.faults] == ["/2/date"]


@given(
    text=some.text() | some.text(alphabet="start,volumehandle_time0123456789:\n\"'", max_size=200)
)
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_day, read_history):
        with suppress(BadTable):
            assert read(text, 30)
