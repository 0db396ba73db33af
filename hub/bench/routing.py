"""How fast the router decides, with an item for the agent and in the worst case without."""

from __future__ import annotations

from hub.bench.result import Result
from hub.routing.bench import measure_decisions


def measure(*, quick: bool) -> list[Result]:
    """A thousand agents and a hundred thousand waiting items, as the floors ask."""
    measured = (
        measure_decisions(agents=200, waiting=5_000, decisions=4_000)
        if quick
        else measure_decisions()
    )
    some, none = measured.matching, measured.no_match
    return [
        Result("routing", some.per_second, "decisions/s", None, 50_000),
        Result("routing p99", some.p99_us, "us", None, 100, at_most=True),
        Result(
            "routing, nothing matches", none.per_second, "decisions/s", None, some.per_second / 10
        ),
    ]
