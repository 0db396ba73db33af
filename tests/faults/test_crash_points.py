"""The hub dies at each named point on the way of a message or an answer: nothing is lost or
doubled.

Every start is armed with the next point, so each death is followed by a recovery that is itself cut
short.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from hub.kernel.crashpoint import POINTS
from tests.support.crashes import (
    POINTS_OF_MAIL,
    POINTS_OF_MESSAGING,
    POINTS_OF_SMS,
    die_at_each,
)
from tests.support.hubprocess import HubProcess
from tests.support.nursery import ROOT, Nursery
from tests.support.town import town


def test_every_crash_point_is_in_the_code_and_tried() -> None:
    called = {
        name
        for path in (ROOT / "hub").rglob("*.py")
        for name in re.findall(r'crashpoint(?:\(|, )"(\w+)"\)', path.read_text())
    }

    assert called == set(POINTS)
    assert {*POINTS_OF_MESSAGING, *POINTS_OF_MAIL, *POINTS_OF_SMS} == set(POINTS)


@pytest.mark.faults
@pytest.mark.timeout(3600)
async def test_a_death_at_any_point_loses_and_doubles_nothing(
    nursery: Nursery, tmp_path: Path, many_faults: bool
) -> None:
    hub = HubProcess(nursery, tmp_path / "hub")

    async with town(hub) as people:
        await die_at_each(people, POINTS_OF_MESSAGING, random.Random(7), 20 if many_faults else 1)
        await people.judged()


@pytest.mark.faults
@pytest.mark.integration
@pytest.mark.timeout(3600)
async def test_a_death_at_any_point_on_postgresql(
    nursery: Nursery, tmp_path: Path, pg_database: str, many_faults: bool
) -> None:
    hub = HubProcess(nursery, tmp_path / "hub", database_url=pg_database)
    points = POINTS_OF_MESSAGING if many_faults else ("IN5", "IN6", "IN13", "OUT2", "OUT5", "OUT9")

    async with town(hub) as people:
        await die_at_each(people, points, random.Random(8), 10 if many_faults else 1)
        await people.judged()
