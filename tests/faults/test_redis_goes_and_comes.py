"""Redis disappears under two nodes for a while: nothing is lost, screens hear a little later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.cutproxy import CutProxy, cut_proxy
from tests.support.hubprocess import HubProcess
from tests.support.nursery import Nursery
from tests.support.outsiders import Agent, Visitor
from tests.support.town import Town, town

pytestmark = [pytest.mark.faults, pytest.mark.integration, pytest.mark.timeout(3600)]

POLLED = 1.5
"""Seconds until a node looks into the log by itself, and tells its screens."""


async def test_two_nodes_go_on_without_redis(
    nursery: Nursery, tmp_path: Path, pg_database: str, redis_url: str, many_faults: bool
) -> None:
    host, _, port = redis_url.partition("://")[2].partition("/")[0].partition(":")
    async with cut_proxy(host, int(port)) as redis:
        bus = f"redis://127.0.0.1:{redis.port}/{redis_url.rpartition('/')[2]}"
        first = HubProcess(nursery, tmp_path / "hub", pg_database, bus)
        async with town(first) as people:
            second = HubProcess(
                nursery,
                tmp_path / "hub",
                pg_database,
                bus,
                more=dict(first.more),
            )
            await second.start()
            watcher = _Watcher(second.url, people)
            async with watcher.watching():
                for _ in range(20 if many_faults else 2):
                    together = await watcher.delays(8)
                    _lose(redis)
                    alone = await watcher.delays(8)
                    await _somebody_new(second, people)
                    redis.is_dead = False
                    await people.progress(20)

                    assert sorted(together)[4] < POLLED
                    assert sorted(alone)[4] < POLLED + 1.0, alone
            await second.stop()
            await people.judged()


def _lose(redis: CutProxy) -> None:
    redis.is_dead = True
    redis.cut_now()


async def _somebody_new(node: HubProcess, people: Town) -> None:
    """Somebody begins to chat on the other node, and signs in there: limits do without Redis."""
    visitor = Visitor(node.url, people.ledgers, who=f"new{len(people.visitors)}")
    await asyncio.wait_for(visitor._begin(), 10)
    assert visitor.token
    people.supervisor.cookie = ""
    await people.supervisor.shown()


class _Watcher:
    """A supervisor's screen on the second node, which sees what is said on the first."""

    def __init__(self, url: str, people: Town) -> None:
        self.people = people
        self.agent = Agent(url, people.ledgers, who="boss", on_event=self._hear)
        self.seen: dict[str, float] = {}

    def watching(self) -> _Watching:
        return _Watching(self.agent)

    def _hear(self, frame: Mapping[str, Any]) -> None:
        for change in frame["changes"]:
            full = change.get("full") or {}
            if change["entity"] == "message" and full.get("direction") == "in":
                self.seen.setdefault(full["id"], time.monotonic())

    async def delays(self, count: int) -> list[float]:
        """How long some messages take from their acknowledgement here to the screen there."""
        taken: list[float] = []
        async with asyncio.timeout(60):
            while len(taken) < count:
                known = len(self.people.ledgers.acked)
                while len(self.people.ledgers.acked) == known:  # noqa: ASYNC110 - a ledger
                    await asyncio.sleep(0.005)
                said, began = self.people.ledgers.acked[-1], time.monotonic()
                while said.message_id not in self.seen:  # noqa: ASYNC110 - a screen
                    await asyncio.sleep(0.005)
                taken.append(max(0.0, self.seen[str(said.message_id)] - began))
        return taken


class _Watching:
    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    async def __aenter__(self) -> None:
        self.task = asyncio.create_task(self.agent.work())
        await asyncio.wait_for(self.agent.is_live.wait(), 30)

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
