"""The bare path: the least that could be called durable receive and push. The limit that the
product is measured against.

Bare ASGI, one row for each request committed in groups by one thread (SQLite FULL), then one frame
to one socket.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

from starlette.types import Receive, Scope, Send

from hub.app.server import run, server
from hub.bench.machine import SERVER_CORE, pin

MOST = 512


class Bare:
    """The application and its writer."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "bare.db"
        self._waiting: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sends: list[Send] = []
        self.commits = 0

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._write, daemon=True).start()

    def _write(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        assert self._loop is not None
        while True:
            taken = [self._waiting.get()]
            while len(taken) < MOST and not self._waiting.empty():
                taken.append(self._waiting.get())
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO messages (body) VALUES (?)", [(body,) for body, _ in taken]
            )
            connection.execute("COMMIT")
            self.commits += 1
            self._loop.call_soon_threadsafe(self._answer, taken)

    def _answer(self, taken: list[tuple[bytes, asyncio.Future[None]]]) -> None:
        for _, future in taken:
            future.set_result(None)
        text = "[" + ",".join(['{"t":"event"}'] * len(taken)) + "]"
        for send in self._sends:
            task = asyncio.ensure_future(send({"type": "websocket.send", "text": text}))
            task.add_done_callback(lambda done: done.exception())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(receive, send)
            return
        message: dict[str, Any] = dict(await receive())
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put((message.get("body", b""), future))
        await future
        await send(
            {
                "type": "http.response.start",
                "status": 202,
                "headers": [(b"content-length", b"2")],
            }
        )
        await send({"type": "http.response.body", "body": b"{}"})

    async def _socket(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self._sends.append(send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self._sends.remove(send)


async def main(folder: Path, port: int) -> None:
    bare = Bare(folder)
    bare.start()
    await server(bare, "127.0.0.1", port).serve()


if __name__ == "__main__":
    pin(SERVER_CORE)
    run(main(Path(sys.argv[1]), int(sys.argv[2])))
