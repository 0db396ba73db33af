"""The hub is killed again and again at random moments under mixed load: nothing is lost, nothing
doubled.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import pytest

from tests.support.hubprocess import HubProcess
from tests.support.nursery import Nursery
from tests.support.town import town

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]


async def test_kills_at_random_moments_lose_and_double_nothing(
    nursery: Nursery, tmp_path: Path, many_faults: bool
) -> None:
    cycles, seed = (1_000, random.randrange(1 << 32)) if many_faults else (30, 20_251_121)
    sys.stdout.write(f"{cycles} kills, seed {seed}\n")
    luck = random.Random(seed)
    hub = HubProcess(nursery, tmp_path / "hub")

    async with town(hub) as people:
        for _ in range(cycles):
            await people.progress(1)
            await asyncio.sleep(luck.expovariate(4.0))
            await hub.kill()
            await hub.start()
        await people.judged()
        sys.stdout.write(people.ledgers.balance())

    assert len(people.ledgers.acked) > cycles
    assert len(people.ledgers.confirmed) > 0
