"""The disk fills up: nothing more is acknowledged, nothing acknowledged is lost, all can be read.

The hub goes on by itself when there is room again.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.hubprocess import HubProcess
from tests.support.nursery import Nursery
from tests.support.town import Town, town

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 32 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(disk: Path) -> Path:
    """Take all the room there is."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return ballast


async def test_nothing_is_lost_while_the_disk_is_full(
    nursery: Nursery, small_disk: Path, tmp_path: Path, many_faults: bool
) -> None:
    hub = HubProcess(nursery, tmp_path / "hub", more={"HUB_FOLDER": str(small_disk / "data")})
    luck = random.Random(3)
    async with town(hub) as people:
        pid = hub.pid
        await _can_be_read(people)
        for _ in range(100 if many_faults else 3):
            await people.progress(5)
            await asyncio.sleep(luck.random() * 0.2)
            ballast = _fill(small_disk)

            await _is_refused(people)
            await _can_be_read(people)

            ballast.unlink()
            freed = time.monotonic()
            await people.progress(5, within=5)
            assert time.monotonic() - freed < 5
        await hub.healthy(within=5)
        await people.judged()

        assert hub.pid == pid
        assert hub.is_alive


async def _is_refused(people: Town) -> None:
    """Wait until the door says that nothing can be kept; then nothing is acknowledged."""
    integrator = people.integrator
    async with httpx2.AsyncClient(timeout=10, trust_env=False) as http, asyncio.timeout(20):
        while True:
            body = b'{"id": "probe", "from": {"address": "probe"}, "text": "is there room?"}'
            body = body.replace(b"probe", f"probe{time.monotonic_ns()}".encode())
            answer = await integrator.post(http, "probe", body)
            if answer.status_code == 503:
                break
            people.ledgers.allowed.add("is there room?")
            await asyncio.sleep(0.02)
        assert answer.json()["code"] == "storage_down"
        assert "retry-after" in answer.headers
    before = people.acked
    await asyncio.sleep(0.3)
    assert people.acked == before


async def _can_be_read(people: Town) -> None:
    acked = people.ledgers.acked
    shown = await people.supervisor.shown()
    kept = {message["text"] for _, message in shown.of("in")}
    assert all(said.text in kept for said in acked)
