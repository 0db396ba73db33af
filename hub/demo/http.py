"""How the demo's people reach the hub: the same HTTP and websockets as any browser."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect


class Person:
    """A browser that has signed in."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._http = httpx2.AsyncClient(base_url=base, timeout=30.0, trust_env=False)
        self._csrf = ""
        self.me: dict[str, Any] = {}

    async def close(self) -> None:
        await self._http.aclose()

    async def sign_in(self, email: str, password: str) -> None:
        answer = await self._http.post("/api/session", json={"email": email, "password": password})
        answer.raise_for_status()
        made = answer.json()
        self._csrf, self.me = made["csrf"], made["agent"]

    async def get(self, path: str) -> Any:
        answer = await self._http.get(path)
        answer.raise_for_status()
        return answer.json()

    async def ask(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """One change, under a key of its own."""
        headers = {"x-csrf": self._csrf, "idempotency-key": secrets.token_hex(16)}
        content = {} if body is None else {"json": body}
        return await self._http.request(method, path, headers=headers, **content)

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[tuple[ClientConnection, dict[str, Any]]]:
        """The realtime socket, past its hello, and the snapshot it goes on from."""
        boot = await self.get("/api/boot")
        ticket = (await self.ask("POST", "/api/realtime/ticket")).json()["ticket"]
        cookie = f"hub_session={self._http.cookies['hub_session']}"
        async with connect(
            self.base.replace("http", "ws", 1) + "/api/realtime",
            origin=self.base,  # type: ignore[arg-type]
            additional_headers={"Cookie": cookie},
            proxy=None,
            max_size=4 << 20,
        ) as socket:
            hello = {"t": "hello", "ticket": ticket, "epoch": boot["epoch"], "after": boot["seq"]}
            await socket.send(json.dumps(hello))
            yield socket, boot


async def frames(socket: ClientConnection) -> AsyncIterator[dict[str, Any]]:
    """Every frame of the server, beats answered."""
    async for message in socket:
        for frame in json.loads(message):
            if frame["t"] == "beat":
                await socket.send('{"t":"beat"}')
            else:
                yield frame
