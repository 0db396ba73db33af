"""A small HTTP server on this machine only, for simulators of providers and for tests."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.web.websocket import WebSocketLine


@contextlib.asynccontextmanager
async def served(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve ``app`` on 127.0.0.1 while the block lasts; gives its address, ``http://127.0.0.1:port``.

    ``port`` 0 takes a free one. Answers still under way when the block ends are cut off. Signals
    are left to whoever owns the process.
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
        ws=WebSocketLine,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listening])
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        for each in server.servers:
            each.close()
        for connection in list(server.server_state.connections):
            connection.shutdown()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await asyncio.sleep(0)  # the connections notice that they are closed
        listening.close()
