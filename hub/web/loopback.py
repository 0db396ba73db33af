"""A small HTTP server on this machine only, for simulators of providers and for tests."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override


class _Server(uvicorn.Server):
    """Says when it listens, and leaves signals to whoever owns the process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def served(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve ``app`` on 127.0.0.1 while the block lasts; gives its address, ``http://127.0.0.1:port``.

    ``port`` 0 takes a free one. Answers still under way when the block ends are cut off.
    """
    under_way: set[asyncio.Task[None]] = set()

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        with contextlib.suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    config = uvicorn.Config(
        counted,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        ws="websockets-sansio",
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await server.listens.wait()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        for task in under_way:
            task.cancel()
        await serving
        listening.close()
