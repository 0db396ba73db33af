"""The HTTP server: uvicorn, with signals that let every part stop in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from typing import Any, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from hub.web.websocket import WebSocketLine

GRACE = 5
UNREAD_MOST = 30_000
"""So many milliseconds what was sent may stay unread by the other side's machine."""


T = TypeVar("T")


class Application(Starlette):
    """Starlette, but for what is in ``bare``, by scope type and path (or folder): what is asked
    thousands of times a second is answered without middleware and routing.
    """

    def __init__(self, *, bare: Mapping[tuple[str, str], ASGIApp], **given: Any) -> None:
        super().__init__(**given)
        self._bare = dict(bare)

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            kind, path = scope["type"], scope["path"]
            bare = self._bare.get((kind, path)) or self._bare.get((kind, _folder(path)))
            if bare is not None:
                scope["app"] = self
                await bare(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


def _folder(path: str) -> str:
    return path[: path.find("/", 1) + 1]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a server's whole life on the quickest event loop there is."""
    if sys.platform == "win32":
        return asyncio.run(work)
    import uvloop  # noqa: PLC0415 - not there on Windows

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


class Server(uvicorn.Server):
    """uvicorn raises a caught signal again after it has served, which would skip our own stopping:
    take them ourselves.
    """

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ask_to_stop)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    part: Callable[[], Awaitable[None]] | None = None
    """Says goodbye to those who are connected, before their lines are cut."""

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in self.servers if hasattr(socket, "TCP_USER_TIMEOUT") else ():
            for each in listening.sockets:  # what they accept inherits it
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MOST)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in self.servers:
            listening.close()
        if self.part is not None:
            await self.part()
        await super().shutdown(sockets)

    def _ask_to_stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def server(
    app: ASGIApp, host: str, port: int, *, part: Callable[[], Awaitable[None]] | None = None
) -> Server:
    """A server for the application. ``port`` 0 takes a free one; ``part`` says goodbye."""
    made = Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            ws=WebSocketLine,
            ws_per_message_deflate=False,
            ws_max_size=1 << 20,
            ws_ping_interval=None,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE,
            backlog=4096,
        )
    )
    made.part = part
    return made
