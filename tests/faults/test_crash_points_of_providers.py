"""The hub dies on the way of letters and text messages: nothing is lost, nothing doubled."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import psutil
import pytest

from tests.support.crashes import POINTS_OF_MAIL, POINTS_OF_SMS, die_at_each
from tests.support.hubprocess import HubProcess
from tests.support.nursery import Nursery
from tests.support.providers import Carrier, PostOffice
from tests.support.town import town

pytestmark = [pytest.mark.faults, pytest.mark.integration, pytest.mark.timeout(3600)]


async def test_a_death_on_the_way_of_a_letter(
    nursery: Nursery, tmp_path: Path, many_faults: bool
) -> None:
    hub = HubProcess(nursery, tmp_path / "hub")
    async with (
        PostOffice().open() as office,
        town(hub, customers=0, visitors=0, agents=2, providers=[office]) as people,
    ):
        await people.progress(3)
        helpers = psutil.Process(hub.pid).children(recursive=True)
        await die_at_each(people, POINTS_OF_MAIL, random.Random(9), 20 if many_faults else 1)
        await people.judged()

        async with asyncio.timeout(10):
            while any(helper.is_running() for helper in helpers):  # noqa: ASYNC110 - processes
                await asyncio.sleep(0.1)
        assert len(await office.servers.letters(office.address, "Sent")) > 0


async def test_a_death_on_the_way_of_a_text_message(
    nursery: Nursery, tmp_path: Path, many_faults: bool
) -> None:
    hub = HubProcess(nursery, tmp_path / "hub")
    hub.more["HUB_PUBLIC_URL"] = hub.url
    async with (
        Carrier().open(hub.url) as carrier,
        town(hub, customers=0, visitors=0, agents=2, providers=[carrier]) as people,
    ):
        await die_at_each(people, POINTS_OF_SMS, random.Random(10), 20 if many_faults else 1)
        await people.judged()
