"""The measurement measures what it says; its floors are held only where there is quiet to
measure.
"""

from __future__ import annotations

import pytest

from hub.routing.bench import measure_decisions


def test_a_small_measurement_gives_every_figure() -> None:
    measured = measure_decisions(agents=20, waiting=300, classes=14, profiles=7, decisions=60)

    for decisions in (measured.matching, measured.no_match):
        assert decisions.per_second > 0
        assert 0 < decisions.p50_us <= decisions.p99_us


@pytest.mark.bench
def test_fifty_thousand_decisions_a_second_and_no_match_within_ten_times() -> None:
    measured = measure_decisions()

    assert measured.matching.per_second >= 50_000
    assert measured.no_match.per_second >= measured.matching.per_second / 10
