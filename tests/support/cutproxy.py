"""A TCP relay that cuts, delays or holds what passes, where a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

Way = Literal["up", "down"]
"""``up``: from the client to the server; ``down``: back."""


@dataclass(slots=True)
class Cut:
    """Where the line breaks: after ``bytes_`` in a direction, or when ``pattern`` has passed (or is
    about to).

    ``before``: the piece with the pattern is not passed on. ``times``: how many connections suffer
    it.
    """

    way: Way
    bytes_: int | None = None
    pattern: bytes | None = None
    before: bool = False
    times: int = 1


@dataclass(slots=True)
class CutProxy:
    """The relay: ``port`` to connect to, and its script, which a test may change while it runs."""

    target: tuple[str, int]
    port: int = 0
    cuts: list[Cut] = field(default_factory=list)
    delay: float = 0
    """Seconds each piece waits."""
    is_dead: bool = False
    """Refuses new connections."""
    connections: int = 0
    struck: list[Cut] = field(default_factory=list)
    passed: dict[Way, int] = field(default_factory=lambda: {"up": 0, "down": 0})
    """Bytes passed in all."""
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut_now(self) -> None:
        """Reset every open connection."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either side ends it, or a cut does."""
        self.connections += 1
        self._writers.add(writer)
        try:
            if self.is_dead:
                return
            far_reader, far_writer = await asyncio.open_connection(*self.target)
            self._writers.add(far_writer)
            try:
                await self._both(reader, writer, far_reader, far_writer)
            finally:
                self._drop(far_writer)
        except OSError:
            return  # a broken line is what we are for
        finally:
            self._drop(writer)

    async def _both(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        ways = {
            asyncio.ensure_future(self._carry("up", reader, far_writer)),
            asyncio.ensure_future(self._carry("down", far_reader, writer)),
        }
        await asyncio.wait(ways, return_when="FIRST_COMPLETED")
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)

    async def _carry(
        self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        carried = 0
        tail = b""
        while piece := await reader.read(65_536):
            if self.delay:
                await asyncio.sleep(self.delay)
            cut, passes = self._strike(way, carried, tail, piece)
            writer.write(piece[:passes])
            carried += passes
            self.passed[way] += passes
            tail = (tail + piece)[-200:]
            await writer.drain()
            if cut is not None:
                return

    def _strike(self, way: Way, carried: int, tail: bytes, piece: bytes) -> tuple[Cut | None, int]:
        """The cut that happens in this piece, and how much of the piece still passes."""
        for cut in self.cuts:
            if cut.way != way or cut.times <= 0:
                continue
            end = _end_of(cut, carried, tail, piece)
            if end is not None:
                cut.times -= 1
                self.struck.append(cut)
                return cut, end
        return None, len(piece)

    def _drop(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.close()


def _end_of(cut: Cut, carried: int, tail: bytes, piece: bytes) -> int | None:
    if cut.bytes_ is not None:
        return cut.bytes_ - carried if carried + len(piece) >= cut.bytes_ else None
    assert cut.pattern is not None
    at = (tail + piece).find(cut.pattern)
    if at < 0:
        return None
    begins, ends = at - len(tail), at - len(tail) + len(cut.pattern)
    if ends <= 0:
        return None  # it passed in an earlier piece
    return max(begins, 0) if cut.before else ends


@asynccontextmanager
async def cut_proxy(host: str, port: int, *cuts: Cut) -> AsyncIterator[CutProxy]:
    """A relay to a server, on a port of its own."""
    proxy = CutProxy((host, port), cuts=list(cuts))
    server = await asyncio.start_server(proxy.relay, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut_now()
        await server.wait_closed()


async def eventually(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until a claim holds; fail when it does not in time."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is watched knows nothing of events
            await asyncio.sleep(0.01)
