"""How many messages a second come in, are kept, routed and on an agent's screen; and how long one
takes.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import connect

from hub.bench.peer import closed_loop, lines, now, open_loop, percentile, request
from hub.bench.result import Result
from hub.bench.sockets import at_work
from hub.bench.stage import (
    SECRET,
    TOKEN,
    answering,
    environment,
    free_port,
    process,
    set_up,
)
from hub.channels.webhook.signature import key_of, sign

IN_FLIGHT = 128


class Ear:
    """An agent's screen: notes when each message was heard."""

    def __init__(self) -> None:
        self.heard: dict[bytes, float] = {}
        self._tail = b""

    def hear(self, data: bytes) -> None:
        """Whatever came, wherever it was cut."""
        at = time.perf_counter()
        text = self._tail + data
        start = 0
        while (found := text.find(MARK, start)) >= 0:
            end = found + len(MARK) + KEY
            if end > len(text):
                break
            self.heard.setdefault(text[found + len(MARK) : end], at)
            start = end
        self._tail = text[max(start, len(text) - len(MARK) - KEY) :]


MARK = b"bench-key-"
WORDS = "Where is my order? 我的订单到哪里了？ It should have come on Tuesday."
KEY = 8


@dataclass(frozen=True)
class Flow:
    """What one saturated run gave."""

    a_second: float
    rows_a_sync: float
    delivered: bool


def bodies(count: int, people: int, first: int = 0) -> list[bytes]:
    """Messages of ``people`` customers in turn: the first of each opens a conversation."""
    return [
        json.dumps(
            {
                "id": f"m{n}",
                "from": {"address": f"person-{n % people}", "name": f"Person {n % people}"},
                "text": f"{MARK.decode()}{n:0{KEY}d} {WORDS}",
                "language": "en" if n % 2 else "zh",
            }
        ).encode()
        for n in range(first, first + count)
    ]


def signed(contents: Sequence[bytes]) -> list[bytes]:
    """The same as requests, signed now."""
    key = key_of(SECRET)
    moment = now()
    json_type = {"content-type": "application/json"}
    return [
        request("/hooks/bench", body, sign(key, f"w{at}", moment, body) | json_type)
        for at, body in enumerate(contents)
    ]


async def all_heard(ear: Ear, count: int, within: float = 20.0) -> bool:
    """True once every one of ``count`` messages was heard."""
    for _ in range(int(within / 0.05)):
        if len(ear.heard) >= count:
            return True
        await asyncio.sleep(0.05)
    return False


async def commits(port: int) -> tuple[float, float]:
    """Commits and events so far, from the metrics."""
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        text = (await http.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})).text
    found = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return float(found["hub_commits_total"]), float(found["hub_events_total"])


async def saturate(port: int, ear: Ear, count: int, people: int) -> Flow:
    """As many messages a second as come through with ``IN_FLIGHT`` under way."""
    open_lines = await lines(port, IN_FLIGHT)
    warm = iter(signed(bodies(people * 2, people)))
    await closed_loop(open_lines, lambda: next(warm, None))
    contents = iter(signed(bodies(count, people, first=people * 2)))
    before = await commits(port)
    began = time.perf_counter()
    done = await closed_loop(open_lines, lambda: next(contents, None))
    took = time.perf_counter() - began
    after = await commits(port)
    heard = await all_heard(ear, count + people * 2)
    rows = (after[1] - before[1]) / max(1.0, after[0] - before[0])
    return Flow(done / took, rows, heard)


async def paced(
    port: int, ear: Ear, a_second: int, seconds: float, people: int, first: int
) -> list[float]:
    """Seconds from due to heard on the agent's screen, at a fixed rate of arrival."""
    count = int(a_second * seconds)
    ear.heard.clear()
    open_lines = await lines(port, IN_FLIGHT)
    contents = signed(bodies(count, people, first))
    began = time.perf_counter()
    await open_loop(open_lines, contents, a_second)
    if not await all_heard(ear, count):
        raise RuntimeError("not every message reached the agent's socket")
    return [
        ear.heard[f"{first + n:0{KEY}d}".encode()] - (began + n / a_second) for n in range(count)
    ]


async def bare(folder: Path, count: int) -> float:
    """The bare path's messages a second: ASGI, one row committed in groups, one frame."""
    await asyncio.to_thread(folder.mkdir)
    port = free_port()
    with process("-m", "hub.bench.bare", str(folder), str(port)):
        await answering(port, "/")
        async with connect(f"ws://127.0.0.1:{port}/", proxy=None) as socket:
            ears = asyncio.create_task(_drain(socket))
            open_lines = await lines(port, IN_FLIGHT)
            contents = iter(signed(bodies(count, 100)))
            began = time.perf_counter()
            done = await closed_loop(open_lines, lambda: next(contents, None))
            took = time.perf_counter() - began
            ears.cancel()
            await asyncio.gather(ears, return_exceptions=True)
    return done / took


async def _drain(socket: Any) -> None:
    async for _ in socket:
        pass


async def measure(folder: Path, database_url: str | None, *, quick: bool) -> list[Result]:
    """The figures of receiving on one database, with the bare path beside them.

    One agent is at work, as the bare path has one socket: the first conversations are offered to
    them, the others wait, and all are on their screen.
    """
    kind = "postgresql" if database_url else "sqlite"
    count = 4_000 if quick else 30_000
    limits = [await bare(folder / "before", count)]
    home, ear = folder / "hub", Ear()
    seats = await set_up(home, database_url, staff=1)
    port = free_port()
    async with AsyncExitStack() as stack:
        stack.enter_context(
            process("-m", "hub", "serve", env=environment(home, port, database_url))
        )
        await answering(port, "/health")
        await stack.enter_async_context(at_work(port, seats, ear.hear))
        flow = await saturate(port, ear, count, people=count // 8)
        if not flow.delivered:
            raise RuntimeError("not every message reached the agent's socket")
        seconds = 2.0 if quick else 10.0
        first = count * 2
        slow = await paced(port, ear, 200, seconds, 50, first)
        fast = await paced(port, ear, 1_000, seconds, 200, first + 100_000)
    limits.append(await bare(folder / "after", count))
    limit = sum(limits) / 2  # the machine's own speed changes: look at it on both sides
    floor = 3_000 if database_url else 3_500
    relaxed = bool(database_url)
    return [
        Result(f"receive {kind}", flow.a_second, "messages/s", limit, floor),
        Result(f"receive {kind}, share of the bare path", flow.a_second / limit, "", None, 0.25),
        Result(f"receive {kind}, rows a sync", flow.rows_a_sync, "rows", None, 8),
        _at_most(f"end to end {kind} 200/s p50", percentile(slow, 0.5), 10 if relaxed else 5),
        _at_most(f"end to end {kind} 200/s p99", percentile(slow, 0.99), 150 if relaxed else 25),
        _at_most(f"end to end {kind} 1000/s p50", percentile(fast, 0.5), 10 if relaxed else 5),
        _at_most(f"end to end {kind} 1000/s p99", percentile(fast, 0.99), 150 if relaxed else 50),
    ]


def _at_most(name: str, seconds: float, floor_ms: float) -> Result:
    return Result(name, seconds * 1_000, "ms", None, floor_ms, at_most=True)
