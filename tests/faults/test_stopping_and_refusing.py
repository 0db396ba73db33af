"""Stopped under load the hub drains; a schema or a disk that it cannot trust it refuses, loudly."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from tests.support.hubprocess import HubProcess
from tests.support.nursery import Nursery
from tests.support.outsiders import Visitor
from tests.support.town import town

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


async def test_asked_to_stop_under_load_it_drains_and_ends_well(
    nursery: Nursery, tmp_path: Path
) -> None:
    hub = HubProcess(nursery, tmp_path / "hub")
    async with town(hub) as people:
        for is_fresh in (False, True):
            await people.progress(20)
            began = time.monotonic()

            status = await hub.stop()

            assert status == 0, hub.words()
            assert time.monotonic() - began < 8
            await hub.start(is_fresh=is_fresh)
        await people.judged()

        goodbyes = [word for peer in (*people.visitors, *people.agents) for word in peer.goodbyes]
        assert "restart" in goodbyes
        assert set(goodbyes) == {"restart"}


async def test_a_second_signal_does_not_wait(nursery: Nursery, tmp_path: Path) -> None:
    hub = HubProcess(nursery, tmp_path / "hub")
    async with town(hub) as people:
        await people.progress()

        os.kill(hub.pid, signal.SIGTERM)
        os.kill(hub.pid, signal.SIGTERM)
        status = await hub.end(within=8)

        assert status == 0
        await hub.start()
        await people.judged()


async def test_old_code_refuses_a_newer_schema(nursery: Nursery, tmp_path: Path) -> None:
    hub = HubProcess(nursery, tmp_path / "hub")
    await hub.plant({"agents": [], "channels": []})
    with sqlite3.connect(tmp_path / "hub" / "data" / "hub.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    await hub.start()
    status = await hub.end()

    assert status == 3
    assert "9999" in hub.words()
    assert "newer hub" in hub.words()


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to fail an fsync")
async def test_a_disk_that_fails_to_sync_ends_the_hub(nursery: Nursery, tmp_path: Path) -> None:
    hub = HubProcess(nursery, tmp_path / "hub")
    async with town(hub) as people:
        await people.progress()
        fault = await asyncio.create_subprocess_exec(
            *("strace", "-f", "-qq", "-o", str(tmp_path / "strace")),
            *("-e", "trace=fsync,fdatasync"),
            *("-e", "inject=fsync,fdatasync:error=EIO:when=3"),
            *("-p", str(hub.pid)),
        )
        try:
            status = await hub.end(within=40)
        except TimeoutError:
            fault.terminate()
            if not (tmp_path / "strace").read_text():
                pytest.skip("this machine lets nobody trace")
            raise
        await fault.wait()
        assert status == 70, hub.words()
        assert "storage is broken" in hub.words()

        await hub.start()
        await people.progress()
        await people.judged()


async def test_it_starts_again_beside_an_open_screen_without_a_repeat(
    nursery: Nursery, tmp_path: Path
) -> None:
    hub = HubProcess(nursery, tmp_path / "hub")
    async with town(hub, customers=1, visitors=1, agents=1) as people:
        for _ in range(3):
            await people.progress(3)
            await hub.stop()
            await hub.start()
        await people.judged()

        visitor = people.visitors[0]
        assert isinstance(visitor, Visitor)
        assert visitor.connections >= 3
        assert visitor.resets == 0
