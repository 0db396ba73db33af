"""What a load counts, in crowds small enough to count by hand."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from hub.__main__ import app
from hub.routing.simulation.laws import read_law, read_process, read_rate
from hub.routing.simulation.reading import Unreadable
from hub.routing.simulation.run import simulate

TRACED = """\
title: four calls
queues:
  q: {target: 10}
agents: {a: {count: 1}}
arrivals:
  calls: {queue: q, medium: voice, process: {trace: calls.csv}, service: {deterministic: 30}}
length: 100
warm_up: 0
check: true
seeds: 2
"""

CALLS = """\
at,service,patience
0,,
5,,
10,10,15
20,15,60
"""


def node(text: str) -> yaml.Node:
    found = yaml.compose(text, yaml.SafeLoader)
    assert found is not None
    return found


def written(folder: Path, text: str = TRACED) -> Path:
    (folder / "calls.csv").write_text(CALLS)
    path = folder / "load.yaml"
    path.write_text(text)
    return path


def results(path: Path) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["simulate", "--json", str(path)])
    (outcome,) = json.loads(result.stdout)
    found: dict[str, Any] = outcome["results"]["total"]
    return {name: estimate["mean"] for name, estimate in found.items()}


def test_every_measure_is_as_one_counts_it_by_hand(tmp_path: Path) -> None:
    """Calls 1 and 2 are answered at 0 and 30, call 3 leaves at 25, call 4 is answered at 60."""
    path = written(tmp_path)

    assert results(path) == {
        "offered": 4,
        "answered": 3,
        "abandoned": 1,
        "blocked": 0,
        "p_wait": 0.75,
        "mean_wait": pytest.approx((0 + 25 + 15 + 40) / 4),
        "mean_wait_of_waiting": pytest.approx((25 + 15 + 40) / 3),
        "service_level": 0.25,
        "service_level_answered": pytest.approx(1 / 3),
        "p_abandon": 0.25,
        "p_block": 0,
        "occupancy": pytest.approx((30 + 30 + 15) / 100),
    }


def test_who_comes_in_the_warm_up_is_served_and_not_counted(tmp_path: Path) -> None:
    path = written(tmp_path, TRACED.replace("warm_up: 0", "warm_up: 0.05"))

    found = results(path)

    assert (found["offered"], found["answered"]) == (3, 2)
    assert found["occupancy"] == pytest.approx((25 + 30 + 15) / 95)


def test_agents_come_and_go_with_their_shifts(tmp_path: Path) -> None:
    shifts = "agents: {a: {shifts: [{from: 10, to: 35}]}}"
    path = written(tmp_path, TRACED.replace("agents: {a: {count: 1}}", shifts))

    found = results(path)

    assert found["answered"] == 1
    assert found["mean_wait"] == pytest.approx((10 + 15 + 60) / 3), "calls 2 and 4 leave or wait"


def test_what_is_not_as_expected_is_told_with_its_line(tmp_path: Path) -> None:
    hope = "expect: {total: {p_wait: {is: 0.5, within: 0.01}, mean_wait: {is: 20.1, within: 1 %}}}"
    path = written(tmp_path, f"{TRACED}{hope}\n")

    (outcome,) = simulate(path)

    assert outcome["differences"] == [
        f"{path}:11: total.p_wait is 0.75 ±0, not 0.5 ±0.01",
    ]


def test_the_same_seed_makes_the_same_crowd(tmp_path: Path) -> None:
    text = TRACED.replace("{trace: calls.csv}", "{poisson: 1 per min}").replace("100", "20 h")
    path = written(tmp_path, text.replace("check: true", "check: false"))

    assert results(path) == results(path)
    assert results(path)["offered"] == pytest.approx(1200, rel=0.1)


LAWS = {
    "{exponential: 180}": (180, 1),
    "{deterministic: 3 min}": (180, 0),
    "{lognormal: {mean: 180, scv: 2}}": (180, 2),
    "{h2: {mean: 180, scv: 4}}": (180, 4),
    "{weibull: {mean: 180, shape: 2}}": (180, 0.2732),
}


@pytest.mark.parametrize("text", LAWS)
def test_a_law_has_its_mean_and_its_squared_coefficient_of_variation(text: str) -> None:
    mean, scv = LAWS[text]
    draw = read_law(node(text)).sampler(Random(7))

    drawn = [draw() for _ in range(100_000)]

    found = sum(drawn) / len(drawn)
    assert found == pytest.approx(mean, rel=0.02)
    assert sum((x - found) ** 2 for x in drawn) / len(drawn) / found**2 == pytest.approx(
        scv, rel=0.06
    )


PROCESSES = {
    "{poisson: 2 per s}": 2.0,
    "{renewal: {h2: {mean: 0.5 s, scv: 4}}}": 2.0,
    "{sine: {rate: 2 per s, swing: 0.5, period: 100}}": 2.0,
    "{varying: {period: 100, levels: [{from: 0, rate: 1 per s}, {from: 50, rate: 3 per s}]}}": 2.0,
    "{batches: {every: {exponential: 2}, size: 4}}": 2.0,
    "{batches: {every: {exponential: 2}, size: 4, geometric: true}}": 2.0,
    "{modulated: [{rate: 4 per s, stay: 20}, {rate: 0 per s, stay: 20}]}": 2.0,
}


@pytest.mark.parametrize("text", PROCESSES)
def test_a_process_brings_as_many_as_it_says(text: str) -> None:
    moments = read_process(node(text)).moments(Random(7))

    last = 0.0
    for _ in range(100_000):
        at, _, _ = next(moments)
        assert at >= last
        last = at

    assert 100_000 / last == pytest.approx(PROCESSES[text], rel=0.03)


def test_a_varying_process_follows_its_levels() -> None:
    text = "{varying: {period: 100, levels: [{from: 0, rate: 1 per s}, {from: 50, rate: 3 per s}]}}"
    moments = read_process(node(text)).moments(Random(7))

    late = sum(next(moments)[0] % 100 >= 50 for _ in range(20_000))

    assert late / 20_000 == pytest.approx(0.75, rel=0.02)


@pytest.mark.parametrize("text", ["many", "3 per fortnight", "x per s"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match=r"no rate|no time"):
        read_rate(node(text))
