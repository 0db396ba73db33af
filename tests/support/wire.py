"""A served whole hub, and websockets at every level: polite ones, and bytes by hand."""

from __future__ import annotations

import asyncio
import json
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hub.agents import asking
from hub.app.server import server
from tests.support.desk import HOST, Person
from tests.support.fullhub import FullHub, full_hub

SITE = "https://shop.example"
TEXT, BINARY, PING, CONTINUATION = 0x1, 0x2, 0x9, 0x0


@asynccontextmanager
async def served_hub(folder: Path) -> AsyncIterator[tuple[FullHub, str]]:
    """A whole hub behind the server that `hub serve` uses; its address as ``ws://127.0.0.1:port``."""
    async with full_hub(folder) as full:
        serving = server(full.hub.app, "127.0.0.1", 0)
        task = asyncio.create_task(serving.serve())
        while not serving.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.01)
        port = serving.servers[0].sockets[0].getsockname()[1]
        try:
            yield full, f"ws://127.0.0.1:{port}"
        finally:
            serving.should_exit = True
            await task


@asynccontextmanager
async def opened(
    url: str, origin: str | None, cookie: str | None = None, **more: Any
) -> AsyncIterator[ClientConnection]:
    """A socket that has been let in, before its hello."""
    headers = {} if cookie is None else {"cookie": f"{asking.COOKIE}={cookie}"}
    async with connect(
        url,
        origin=origin,  # type: ignore[arg-type]  # any text
        additional_headers={**headers, **more.pop("headers", {})},
        proxy=None,
        max_size=8 << 20,
        ping_interval=None,
        close_timeout=2,
        **more,
    ) as socket:
        yield socket


async def status_of_upgrade(url: str, origin: str | None, cookie: str | None, **more: Any) -> int:
    """101, or with which status the upgrade was refused."""
    try:
        async with opened(url, origin, cookie, **more):
            return 101
    except InvalidStatus as refusal:
        return refusal.response.status_code


def cookie_of(person: Person) -> str:
    return str(person.http.cookies[asking.COOKIE])


async def ticket_of(person: Person) -> str:
    answer = await person.post("/api/realtime/ticket")
    return str(answer.json()["ticket"])


@asynccontextmanager
async def live_agent(url: str, person: Person) -> AsyncIterator[ClientConnection]:
    """An agent's socket that has caught up."""
    boot = (await person.get("/api/boot")).json()
    async with opened(f"{url}/api/realtime", HOST, cookie_of(person)) as socket:
        hello = {
            "t": "hello",
            "ticket": await ticket_of(person),
            "epoch": boot["epoch"],
            "after": boot["seq"],
        }
        await socket.send(json.dumps(hello))
        await heard(socket, "caught_up")
        yield socket


@asynccontextmanager
async def live_visitor(
    full: FullHub, url: str, name: str = "Vera"
) -> AsyncIterator[ClientConnection]:
    """A visitor's socket that has caught up."""
    async with full.browser() as http:
        body = {"channel": "web", "language": "en", "name": name}
        answer = await http.post("/chat/sessions", json=body, headers={"origin": SITE})
    async with opened(f"{url}/chat/socket", SITE) as socket:
        hello = {"t": "hello", "token": answer.json()["token"], "epoch": None, "after": None}
        await socket.send(json.dumps(hello))
        await heard(socket, "caught_up")
        yield socket


async def heard(socket: ClientConnection, kind: str, within: float = 10.0) -> dict[str, Any]:
    """The next frame of this kind; others are passed over."""
    async with asyncio.timeout(within):
        async for message in socket:
            for frame in json.loads(message):
                if frame["t"] == kind:
                    return dict(frame)
    raise AssertionError(f"closed without {kind}: {socket.close_code} {socket.close_reason}")


async def rest_of(socket: ClientConnection, within: float = 10.0) -> list[dict[str, Any]]:
    """Every frame until the server closes."""
    frames: list[dict[str, Any]] = []
    async with asyncio.timeout(within):
        try:
            while True:
                frames += json.loads(await socket.recv())
        except ConnectionClosed:
            return frames


def by_hand(
    socket: ClientConnection,
    opcode: int,
    payload: bytes,
    *,
    is_last: bool = True,
    claims: int | None = None,
) -> None:
    """Put one frame on the wire as it is; ``claims`` is the length it says it has."""
    length = len(payload) if claims is None else claims
    first = (0x80 if is_last else 0) | opcode
    if length < 126:
        head = struct.pack("!BB", first, 0x80 | length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", first, 0x80 | 126, length)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, length)
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    socket.transport.write(head + mask + masked)
