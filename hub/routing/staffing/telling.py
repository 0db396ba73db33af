"""What somebody who asks about staffing is shown: values for machines, tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import floor

from hub.kernel.errors import Fault, Invalid
from hub.routing.staffing.erlang import Demand, Figures, Impossible, figures
from hub.routing.staffing.forecast import forecast
from hub.routing.staffing.goals import Goal, least_agents, on_the_roster
from hub.routing.staffing.plan import Plan, Terms, plan
from hub.routing.staffing.redials import with_redials
from hub.routing.staffing.square_root import square_root_agents
from hub.routing.staffing.tables import is_history, read_day, read_history
from hub.routing.staffing.waits import Wait

AROUND = range(-2, 4)
"""How far around the answer its neighbours are shown: what one more or one less would do."""
DELAYED = 0.25
"""The share that waits under the square-root rule, near what 80 % in 20 s come to."""


@dataclass(frozen=True, slots=True)
class Row:
    """One number of agents and what it does."""

    agents: int
    scheduled: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class PoolAnswer:
    """The figures asked for, or those around the least agents that reach the goal."""

    load: float
    goal: Goal
    least: int | None
    square_root: int
    rows: tuple[Row, ...]


def answer_pool(
    demand: Demand, goal: Goal, *, agents: int | None, redial: float, shrinkage: float
) -> PoolAnswer:
    """Figures of so many agents; without a number, the least that reach the goal."""
    if agents is not None:
        least, asked = None, [agents]
    elif redial:
        raise Impossible(None, Fault("/redial", "needs a number of agents"))
    else:
        least = least_agents([demand], goal)
        fewest = 1 if demand.is_bounded else floor(demand.load) + 1
        asked = [least + step for step in AROUND if least + step >= fewest]
    rows = []
    for number in asked:
        seen = with_redials(demand, number, redial) if redial else demand
        found = figures(seen, number, goal.within)
        rows.append(Row(number, on_the_roster(number, shrinkage), found))
    return PoolAnswer(
        load=demand.load,
        goal=goal,
        least=least,
        square_root=square_root_agents(demand, DELAYED),
        rows=tuple(rows),
    )


def tell_pool(answer: PoolAnswer) -> Iterable[str]:
    """The answer as lines of text."""
    yield f"load {answer.load:.2f} erlang"
    yield f"square-root rule, a quarter waits: {answer.square_root} agents"
    if answer.least is not None:
        yield f"{_goal(answer.goal)}: {answer.least} agents"
    yield from table(
        (
            "agents",
            "rostered",
            "in time",
            "of answered",
            "mean wait",
            "waits",
            "leaves",
            "blocked",
            "busy",
        ),
        [
            (
                f"{'*' if row.agents == answer.least else ''}{row.agents}",
                str(row.scheduled),
                _percent(row.figures.service_level),
                _percent(row.figures.service_level_answered),
                f"{row.figures.mean_wait:.1f} s",
                _percent(row.figures.p_wait),
                _percent(row.figures.p_abandon),
                _percent(row.figures.p_block),
                _percent(row.figures.occupancy),
            )
            for row in answer.rows
        ],
    )


@dataclass(frozen=True, slots=True)
class WaitAnswer:
    """A wait in seconds."""

    mean: float
    deviation: float
    p50: float
    p90: float


def answer_wait(wait: Wait) -> WaitAnswer:
    return WaitAnswer(wait.mean, wait.deviation, wait.quantile(0.5), wait.quantile(0.9))


def tell_wait(answer: WaitAnswer) -> Iterable[str]:
    """The answer as lines of text."""
    yield (
        f"mean {answer.mean:.2f} s, deviation {answer.deviation:.2f} s; "
        f"half wait less than {answer.p50:.2f} s, nine of ten less than {answer.p90:.2f} s"
    )


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """A plan, and what its forecast went by (nothing where the day itself was handed in)."""

    terms: Terms
    plan: Plan
    days: int | None = None
    growth: float | None = None


def answer_plan(
    text: str, terms: Terms, *, on: date | None, dispersion: float | None
) -> PlanAnswer:
    """Staff the day in the table, or the day to come that its days tell.

    Without a dispersion the forecast's own is taken, and 1 for a day that was handed in.
    """
    if not is_history(text):
        if on is not None:
            raise Impossible(None, Fault("/on", "needs a table with a column date"))
        held = replace(terms, dispersion=1.0 if dispersion is None else dispersion)
        return PlanAnswer(held, plan(read_day(text, terms.minutes), held))
    if on is None:
        raise Impossible(None, Fault("/on", "a table with a column date needs the day to plan"))
    expected = forecast(read_history(text, terms.minutes), on)
    held = replace(terms, dispersion=expected.dispersion if dispersion is None else dispersion)
    return PlanAnswer(held, plan(expected.intervals, held), expected.days, expected.growth)


def tell_plan(answer: PlanAnswer) -> Iterable[str]:
    """The answer as lines of text."""
    terms, found = answer.terms, answer.plan
    if answer.days is not None and answer.growth is not None:
        yield (
            f"forecast from {answer.days} days of the same weekday, "
            f"{answer.growth - 1:+.1%} of their mean"
        )
    yield (
        f"{_goal(terms.goal)}, busy at most {terms.goal.occupancy:.0%}; "
        f"dispersion {terms.dispersion:.2f}, shrinkage {terms.shrinkage:.0%}"
    )
    yield from table(
        (
            "start",
            "volume",
            "handle",
            "load",
            "agents",
            "rostered",
            "in time",
            "leaves",
            "busy",
            "cost",
        ),
        [
            (
                f"{each.start // 60:02}:{each.start % 60:02}",
                f"{each.volume:.1f}",
                f"{each.handle:.0f} s",
                f"{each.load:.2f}",
                str(each.agents),
                str(each.scheduled),
                _percent(each.service_level),
                _percent(each.p_abandon),
                _percent(each.occupancy),
                f"{each.cost:.2f}",
            )
            for each in found.intervals
        ],
    )
    yield (
        f"{found.volume:.0f} customers, {_percent(found.service_level)} in time, "
        f"{_percent(found.p_abandon)} leave; {found.agent_hours:.1f} hours of work, "
        f"{found.scheduled_hours:.1f} on the roster, cost {found.cost:.2f}"
    )


def tell_faults(refused: Invalid) -> Iterable[str]:
    """What is wrong, a line for each fault: an option by its name, a cell by row and column."""
    for fault in refused.faults:
        yield f"{_place(fault.path)}: {fault.problem}"
    if not refused.faults:
        yield refused.message


def _place(path: str) -> str:
    first, _, column = path.strip("/").partition("/")
    if not first.isdigit():
        return first
    return f"row {first}, column {column}" if column else f"row {first}"


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Lines with each column as wide as its widest cell, flush right."""
    lines = [names, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))


def _goal(goal: Goal) -> str:
    return f"goal {goal.service_level:.0%} within {goal.within:g} s"


def _percent(share: float) -> str:
    return f"{share:.1%}"
