"""The leader is killed, or stopped and resumed: nothing is given twice, nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from hub.agents import store as agents
from hub.kernel.clock import SystemClock
from hub.routing import service, store
from hub.storage.schema import leases
from tests.support.floor import Floor, open_floor, until
from tests.support.routing_node import RULES

pytestmark = [pytest.mark.faults, pytest.mark.integration]

HOME = Path(__file__).parents[2]


class Node:
    """A routing node in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.epochs: list[int] = []
        self.reading = asyncio.create_task(self._read())
        self.is_ready = asyncio.Event()

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            word, _, rest = line.decode().strip().partition(" ")
            if word == "ready":
                self.is_ready.set()
            elif word == "leading" and rest.isdigit():
                self.epochs.append(int(rest))

    def signal(self, number: int) -> None:
        self.process.send_signal(number)


@asynccontextmanager
async def a_node(url: str, name: str) -> AsyncIterator[Node]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.routing_node",
        url,
        name,
        cwd=HOME,
        env=os.environ | {"PYTHONPATH": str(HOME)},
        stdout=asyncio.subprocess.PIPE,
    )
    node = Node(process)
    try:
        await asyncio.wait_for(node.is_ready.wait(), 30)
        yield node
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await node.reading


@asynccontextmanager
async def a_desk(url: str) -> AsyncIterator[Floor]:
    """A node of the test's own that does not lead: it holds the agents and carries commands."""
    async with open_floor(url, clock=SystemClock(), node="desk", rules=RULES) as floor:
        floor.runner._step_down("the test's node only carries commands")
        for task in floor.runner._tasks:
            task.cancel()
        await asyncio.gather(*floor.runner._tasks, return_exceptions=True)
        await floor.database.write(lambda unit: unit.connection.execute(leases.delete()))
        yield floor


async def _answer_all(floor: Floor) -> int:
    rows = await floor.database.read(store.pending_offers)
    for offer in rows:
        agent = await floor.database.read(agents.find, offer.agent_id)
        assert agent is not None
        await floor.change(service.accept_offer, offer.id, by=agent)
    return len(rows)


async def _nothing_is_held_twice(floor: Floor) -> None:
    parts = await floor.database.read(lambda c: c.execute(store.live_assignments).all())
    assert max(Counter(part.item_id for part in parts).values(), default=0) <= 1
    held = await floor.database.read(store.held_units)
    loads = await floor.database.read(lambda c: c.execute(store.agent_loads.select()).all())
    for load in loads:
        assert load.used == held.get(load.agent_id, 0)
        assert load.used <= load.capacity


async def test_another_node_takes_over_from_a_killed_leader(pg_database: str) -> None:
    async with a_desk(pg_database) as desk, a_node(pg_database, "first") as first:
        queue = await desk.queue()
        people = [await desk.agent(f"A{n}", queues=[queue], capacity=100) for n in range(10)]
        written = [await desk.writes(queue) for _ in range(50)]
        await until(lambda: desk.database.read(_pending_at_least, 40), 20)
        async with a_node(pg_database, "second") as second:
            assert second.epochs == []

            first.signal(signal.SIGKILL)
            killed_at = time.monotonic()
            await until(lambda: second.epochs, 20)
            took = time.monotonic() - killed_at

            assert took <= 6
            assert second.epochs[0] > first.epochs[-1]
            assert await _answer_all(desk) == 40, "offers ring on"
            await _nothing_is_held_twice(desk)
            for conversation in written[:4]:
                await desk.ends(conversation, by="hub")
            assert len(people) == 10


async def test_a_leader_that_slept_writes_nothing_when_it_wakes(pg_database: str) -> None:
    async with (
        a_desk(pg_database) as desk,
        a_node(pg_database, "first") as first,
        a_node(pg_database, "second") as second,
    ):
        await until(lambda: first.epochs or second.epochs, 20)
        leader, other = (first, second) if first.epochs else (second, first)
        queue = await desk.queue()
        for number in range(10):
            await desk.agent(f"A{number}", queues=[queue], capacity=50)
        await desk.writes(queue)
        await until(lambda: desk.database.read(_pending_at_least, 1), 20)

        leader.signal(signal.SIGSTOP)
        await asyncio.gather(*(desk.writes(queue) for _ in range(30)))
        await until(lambda: other.epochs, 20)
        leader.signal(signal.SIGCONT)

        await until(lambda: desk.database.read(_pending_at_least, 1), 20)
        await _nothing_is_held_twice(desk)
        epochs = await desk.database.read(
            lambda c: c.execute(store.offers.select().order_by(store.offers.c.made_at)).all()
        )
        newest = other.epochs[-1]
        assert {offer.epoch for offer in epochs} <= {leader.epochs[-1], newest}
        assert leader.epochs[-1] < newest


def _pending_at_least(connection: Connection, count: int) -> bool:
    return len(store.pending_offers(connection)) >= count
