"""What an open socket costs, how fast sockets open, how fast an event reaches all agents."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from hub.bench.machine import resident_kib
from hub.bench.peer import Line, Socket, deaf, lines, open_socket
from hub.bench.result import Result
from hub.bench.stage import Seat, answering, environment, free_port, many_files, process, set_up

AT_ONCE = 64
MOST_KIB = 40
CHAINS = 8

Open = Callable[[Line], Awaitable[Socket]]
"""Opens a socket, asking for what lets it in over the line."""


async def measure(folder: Path, *, quick: bool) -> list[Result]:
    """Memory of idle sockets of visitors and agents, and the rate of frames to all agents."""
    idle, staff, changes = (1_000, 100, 100) if quick else (10_000, 1_000, 300)
    files = many_files()
    if files < idle + 200:
        raise RuntimeError(f"only {files} files may be open: raise `ulimit -n` above {idle + 200}")
    seats = await set_up(folder / "hub", staff=staff)
    port = free_port()
    with process("-m", "hub", "serve", env=environment(folder / "hub", port)) as hub:
        await answering(port, "/health")
        for first in [*await _agents(port, seats[:10]), *await _visitors(port, 10)]:
            first.close()  # what is made once is not counted
        before = resident_kib(hub.pid)
        # The visitors first: each is a new customer, which every agent's screen would be told.
        began = time.perf_counter()
        visitors = await _visitors(port, idle - staff)
        visited = time.perf_counter()
        agents = await _agents(port, seats)
        seated = time.perf_counter()
        each = (resident_kib(hub.pid) - before) / idle
        for visitor in visitors:
            visitor.close()
        frames = await _fan_out(port, seats[0], agents, changes)
    return [
        Result(f"{idle} idle sockets, memory each", each, "KiB", None, MOST_KIB, at_most=True),
        Result("visitors who begin a chat", len(visitors) / (visited - began), "sockets/s"),
        Result(f"{staff} agents who all come at once", staff / (seated - visited), "sockets/s"),
        Result(f"fan-out to {staff} agents", frames, "frames/s", None, 30_000),
    ]


async def _opened(port: int, works: Sequence[Open]) -> list[Socket]:
    """All these sockets, ``AT_ONCE`` being opened at a time."""
    left = iter(works)

    async def open_some() -> list[Socket]:
        return [await _open(port, work) for work in left]

    opened = await asyncio.gather(*(open_some() for _ in range(AT_ONCE)))
    return [socket for some in opened for socket in some]


async def _open(port: int, work: Open) -> Socket:
    [line] = await lines(port, 1)  # of its own: one kept for the next would be closed meanwhile
    try:
        return await work(line)
    finally:
        line.close()


async def _agents(
    port: int, seats: Sequence[Seat], hear: Callable[[bytes], None] | None = None
) -> list[Socket]:
    """A socket for each agent, caught up and listening."""
    async with _http(port) as http:
        boot = (await http.get("/api/boot", headers=seats[0].headers)).json()

    def open_for(seat: Seat) -> Open:
        async def work(line: Line) -> Socket:
            answer = await line.told("/api/realtime/ticket", {}, _keyed(seat))
            hello = {"t": "hello", "ticket": answer["ticket"]}
            hello |= {"epoch": boot["epoch"], "after": boot["seq"]}
            origin = {"origin": f"http://127.0.0.1:{port}", "host": f"127.0.0.1:{port}"}
            said = json.dumps(hello).encode()
            return await open_socket(
                port, "/api/realtime", said, seat.headers | origin, hear or deaf
            )

        return work

    return await _opened(port, [open_for(seat) for seat in seats])


async def _visitors(port: int, count: int) -> list[Socket]:
    """Sockets of as many visitors, each with a session of their own."""
    origin = {"origin": f"http://127.0.0.1:{port}"}

    async def work(line: Line) -> Socket:
        begin = {"channel": "bench-chat", "language": "en"}
        answer = await line.told("/chat/sessions", begin, origin)
        hello = {"t": "hello", "token": answer["token"], "epoch": None, "after": None}
        return await open_socket(port, "/chat/socket", json.dumps(hello).encode(), origin)

    return await _opened(port, [work] * count)


@asynccontextmanager
async def at_work(
    port: int, seats: Sequence[Seat], hear: Callable[[bytes], None]
) -> AsyncIterator[None]:
    """Let these agents be connected and available; ``hear`` what their screens are told."""
    sockets = await _agents(port, seats, hear)
    async with _http(port) as http:
        for seat in seats:
            asked = _keyed(seat)
            answer = await http.put("/api/presence", json={"status": "available"}, headers=asked)
            answer.raise_for_status()
    try:
        yield
    finally:
        for each in sockets:
            each.close()


async def _fan_out(port: int, seat: Seat, agents: Sequence[Socket], changes: int) -> float:
    """Frames a second that arrive at all these agents while a customer is changed on and on."""
    async with _http(port) as http:
        customers = [await _customer(http, port, seat, f"Ann {n}") for n in range(CHAINS)]
        before = sum(agent.events for agent in agents)
        began = time.perf_counter()

        async def change(n: int) -> None:
            path, rev = f"/api/customers/{customers[n]['id']}", customers[n]["rev"]
            for at in range(n, changes, CHAINS):
                asked = _keyed(seat)
                body = {"note": f"seen {at}", "if_rev": rev}
                answer = await http.patch(path, json=body, headers=asked)
                answer.raise_for_status()
                rev = answer.json()["rev"]

        await asyncio.gather(*(change(n) for n in range(CHAINS)))
        deadline = time.perf_counter() + 60
        while (heard := sum(agent.events for agent in agents) - before) < changes * len(agents):
            if time.perf_counter() > deadline:
                raise RuntimeError(f"{heard} of {changes * len(agents)} frames arrived")
            await asyncio.sleep(0.005)
        return heard / (time.perf_counter() - began)


async def _customer(http: httpx2.AsyncClient, port: int, seat: Seat, name: str) -> dict[str, Any]:
    body = {"channel": "bench-chat", "language": "en", "name": name}
    origin = {"origin": f"http://127.0.0.1:{port}"}
    (await http.post("/chat/sessions", json=body, headers=origin)).raise_for_status()
    asked = {"q": name, "limit": "1"}
    found = await http.get("/api/customers", params=asked, headers=seat.headers)
    customer: dict[str, Any] = found.json()["items"][0]
    return customer


def _keyed(seat: Seat) -> dict[str, str]:
    """The headers of one change."""
    return seat.headers | {"idempotency-key": secrets.token_hex(16)}


def _http(port: int) -> httpx2.AsyncClient:
    limits = httpx2.Limits(max_connections=AT_ONCE)
    return httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=60, trust_env=False
    )
