"""The whole hub with the demo's shop, on a port of this machine: what the browser tests walk into.

async with open_shop(tmp_path) as shop:
    page.goto(shop.url)
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from websockets.asyncio.client import ClientConnection, connect

from hub.app.hub import Hub
from hub.channels.email.simulator import MailServers, mail_servers
from hub.demo import seed as seeds
from hub.demo.http import Person, frames
from hub.demo.run import SHOP
from hub.demo.seed import NEWCOMER, PASSWORD, email_of
from hub.kernel import ids
from hub.settings import Settings
from hub.web.loopback import served

NOWHERE = seeds.Mail(smtp_port=9, imap_port=9, password="nobody is there")


@dataclass
class Visitor:
    """A customer in the chat who is not in the browser."""

    url: str
    token: str
    socket: ClientConnection
    _frames: AsyncIterator[dict[str, Any]]
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def say(self, text: str, attachments: Sequence[str] = ()) -> str:
        """Write a message; answers its id once the hub has kept it."""
        key = secrets.token_hex(16)
        frame = {"t": "send", "id": key, "text": text, "attachments": list(attachments)}
        await self.socket.send(json.dumps(frame))
        sent = await self.hear(lambda frame: frame["t"] == "sent" and frame["id"] == key)
        return str(sent["message_id"])

    async def read(self, message_id: str) -> None:
        """Everything up to here has been seen."""
        await self.socket.send(json.dumps({"t": "read", "message_id": message_id}))

    async def hear(self, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Listen until such a frame comes."""
        async for frame in self._frames:
            for change in frame.get("changes", ()):
                if change["entity"] == "message" and "full" in change:
                    self.messages[change["id"]] = change["full"]
            if is_it(frame):
                return frame
        raise AssertionError("the hub closed the visitor's socket")


@dataclass
class Shop:
    """The running hub and its doors."""

    hub: Hub
    url: str
    mail: MailServers | None
    _stack: AsyncExitStack

    async def sign_in(self, login: str = NEWCOMER) -> Person:
        """Somebody of the staff at a screen of their own, without a browser."""
        person = Person(self.url)
        self._stack.push_async_callback(person.close)
        await person.sign_in(email_of(login), PASSWORD)
        return person

    async def stay(self, person: Person) -> None:
        """Let them be connected, as with a workbench open."""
        socket, _ = await self._stack.enter_async_context(person.socket())
        task = asyncio.create_task(_listen(socket))
        self._stack.push_async_callback(_ended, task)

    async def visit(
        self, channel: str = "web", *, name: str = "林佳怡", language: str = "zh", **details: str
    ) -> Visitor:
        """Somebody new in the chat."""
        async with httpx2.AsyncClient(base_url=self.url, trust_env=False) as http:
            wanted = {"channel": channel, "language": language, "name": name} | details
            answer = await http.post("/chat/sessions", json=wanted, headers={"origin": self.url})
            answer.raise_for_status()
            token = answer.json()["token"]
        socket = await self._stack.enter_async_context(
            connect(
                self.url.replace("http", "ws", 1) + "/chat/socket",
                origin=self.url,  # type: ignore[arg-type]
                proxy=None,
            )
        )
        await socket.send(json.dumps({"t": "hello", "token": token, "epoch": None, "after": None}))
        return Visitor(self.url, token, socket, frames(socket))


async def _listen(socket: ClientConnection) -> None:
    async for _ in frames(socket):
        pass


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def open_shop(
    folder: Path,
    *,
    seed: int = 7,
    days: int = 2,
    a_day: int = 6,
    with_mail: bool = False,
    before: Callable[[Hub], Awaitable[None]] | None = None,
) -> AsyncIterator[Shop]:
    """The demo's shop without its simulated people, after so many days of history.

    ``before`` runs when the shop is planted and nobody has come in yet.
    """
    ids._source = ids.IdSource()  # other tests' clocks went ahead, and ids never go back
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(mail_servers()) if with_mail else None
        allowed: tuple[str, ...] = ()
        mail = NOWHERE
        if servers is not None:
            mail = seeds.Mail(servers.smtp_port, servers.imap_port, servers.password)
            allowed = (f"127.0.0.1:{servers.smtp_port}", f"127.0.0.1:{servers.imap_port}")
        settings = Settings(
            folder=folder / "hub",
            organisation=seeds.ORGANISATION,
            limits_scale=1_000,
            synchronous="NORMAL",
            argon2_memory_kib=64,
            outgoing_allowed=allowed,
        )
        hub = Hub(settings)
        hub.app.router.routes.insert(0, Mount("/shop", app=StaticFiles(directory=SHOP, html=True)))
        await stack.enter_async_context(hub.running())
        await seeds.plant(hub, mail, seed, days, a_day)
        if before is not None:
            await before(hub)
        url = await stack.enter_async_context(served(hub.app))
        people = await stack.enter_async_context(AsyncExitStack())
        yield Shop(hub, url, servers, people)
