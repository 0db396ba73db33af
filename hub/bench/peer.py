"""Cheap peers for load: raw HTTP over kept-open connections, and a websocket that counts what it
hears.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

from typing_extensions import override

from hub.kernel.clock import Millis


def now() -> Millis:
    return Millis(time.time_ns() // 1_000_000)


def request(path: str, body: bytes, headers: dict[str, str], host: str = "127.0.0.1") -> bytes:
    """A POST as it goes over the line."""
    lines = [f"POST {path} HTTP/1.1", f"host: {host}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Line(asyncio.Protocol):
    """One connection that sends a request, waits for its whole answer, sends the next."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None
        self.body = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if len(rest) < length:
            return
        self.body, self._buffer = rest[:length], rest[length:]
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(int(head[9:12]))

    @override
    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(str(error)))

    def ask(self, content: bytes) -> asyncio.Future[int]:
        """Send; the future is the answer's status, and ``body`` its body."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(content)
        return self._answer

    async def told(self, path: str, said: object, headers: dict[str, str]) -> dict[str, Any]:
        """What a POST of JSON is answered."""
        head = headers | {"content-type": "application/json"}
        status = await self.ask(request(path, json.dumps(said).encode(), head))
        if not 200 <= status < 300:
            raise RuntimeError(f"{path} answered {status}: {self.body[:300]!r}")
        answer: dict[str, Any] = json.loads(self.body)
        return answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def lines(port: int, count: int) -> list[Line]:
    """Open connections."""
    loop = asyncio.get_running_loop()
    return [
        (await loop.create_connection(Line, "127.0.0.1", port))[1]  # one by one: a gentle start
        for _ in range(count)
    ]


async def closed_loop(
    open_lines: Sequence[Line], make: Callable[[], bytes | None], wanted: int = 202
) -> int:
    """Each line sends the next request as soon as it has its answer, until ``make`` has no more;
    returns how many.
    """

    async def work(line: Line) -> int:
        done = 0
        while (content := make()) is not None:
            status = await line.ask(content)
            if status != wanted:
                raise RuntimeError(f"answered {status}")
            done += 1
        return done

    return sum(await asyncio.gather(*(work(line) for line in open_lines)))


async def open_loop(
    open_lines: Sequence[Line], contents: Sequence[bytes], a_second: float, wanted: int = 202
) -> list[float]:
    """Send at a fixed rate, whatever the answers do; returns the seconds from *due* to answered,
    one for each.
    """
    free: asyncio.Queue[Line] = asyncio.Queue()
    for line in open_lines:
        free.put_nowait(line)
    took = [0.0] * len(contents)
    began = time.perf_counter()

    async def one(at: int) -> None:
        line = await free.get()
        status = await line.ask(contents[at])
        took[at] = time.perf_counter() - (began + at / a_second)
        free.put_nowait(line)
        if status != wanted:
            raise RuntimeError(f"answered {status}")

    tasks = []
    for at in range(len(contents)):
        pause = began + at / a_second - time.perf_counter()
        if pause > 0:
            await asyncio.sleep(pause)
        tasks.append(asyncio.create_task(one(at)))
    await asyncio.gather(*tasks)
    return took


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of all lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Socket(asyncio.Protocol):
    """A websocket of the cheapest kind: it upgrades, says hello, answers beats and counts events.

    Frames of the server are taken to be whole texts, as the hub sends them. ``hear`` is given
    whatever arrives, as it arrives.
    """

    def __init__(
        self, path: str, hello: bytes, headers: dict[str, str], hear: Callable[[bytes], None]
    ) -> None:
        self._upgrade = _upgrade(path, headers)
        self._hello = hello
        self._hear = hear
        self._buffer = b""
        self._is_open = False
        self._transport: asyncio.Transport | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.events = 0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        line = cast("asyncio.Transport", transport)
        line.write(self._upgrade)
        self._transport = line

    @override
    def data_received(self, data: bytes) -> None:
        if not self._is_open:
            data = self._opened(data)
        self.events += data.count(b'"t":"event"')
        self._hear(data)
        if b'"t":"beat"' in data:
            self._say(b'{"t":"beat"}')
        if not self.ready.done() and (b'"t":"caught_up"' in data or b'"t":"state"' in data):
            self.ready.set_result(None)

    def _opened(self, data: bytes) -> bytes:
        head, found, rest = (self._buffer + data).partition(b"\r\n\r\n")
        if not found:
            self._buffer += data
            return b""
        if not head.startswith(b"HTTP/1.1 101"):
            self.ready.set_exception(ConnectionError(head.split(b"\r\n", 1)[0].decode()))
            return b""
        self._is_open = True
        self._say(self._hello)
        return rest

    def _say(self, text: bytes) -> None:
        assert self._transport is not None
        short = len(text) < 126
        size = bytes([0x80 | len(text)]) if short else b"\xfe" + len(text).to_bytes(2, "big")
        self._transport.write(b"\x81" + size + b"\0\0\0\0" + text)  # a mask of nothing is a mask

    @override
    def connection_lost(self, error: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("the hub closed the socket"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def _upgrade(path: str, headers: dict[str, str]) -> bytes:
    lines = {
        "host": "127.0.0.1",
        "origin": "http://127.0.0.1",
        "connection": "upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    } | headers
    said = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"GET {path} HTTP/1.1\r\n{said}\r\n".encode()


def deaf(data: bytes) -> None:
    """Hears nothing of it."""


async def open_socket(
    port: int,
    path: str,
    hello: bytes,
    headers: dict[str, str],
    hear: Callable[[bytes], None] = deaf,
) -> Socket:
    """A socket that has caught up."""
    loop = asyncio.get_running_loop()
    _, made = await loop.create_connection(
        lambda: Socket(path, hello, headers, hear), "127.0.0.1", port
    )
    await asyncio.wait_for(made.ready, 30)
    return made
