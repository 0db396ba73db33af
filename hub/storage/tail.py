"""The live end of the log: every committed event, in order, exactly once, to whoever follows on
this node.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import structlog

from hub.storage import log
from hub.storage.bus import Bus
from hub.storage.chart import ANY, Chart
from hub.storage.database import Database
from hub.storage.log import Logged

said = structlog.get_logger("hub.tail")
COMMITTED = "committed"


class Tail:
    """Follows the log: own commits from memory, those of other nodes from the database.

    ``position`` is the number of the last event that was passed on.
    """

    def __init__(self, database: Database, bus: Bus, chart: Chart) -> None:
        self._database = database
        self._bus = bus
        self._followers = list(chart.followers)
        self._aside: dict[int, Logged] = {}
        self._behind = asyncio.Event()
        self._fetching: asyncio.Task[None] | None = None
        self.position = 0
        self.head = 0

    def follow(self, follower: Callable[[Sequence[Logged]], None]) -> None:
        """Tell ``follower`` of every event from now on."""
        self._followers.append((ANY, follower))

    async def start(self, poll_after: float | None) -> None:
        """Begin at the head of the log. ``poll_after`` seconds, look by oneself (many nodes); None:
        never.
        """
        self.position = self.head = await self._database.read(log.last_seq)
        self._database.on_commit = self._committed
        self._bus.listen(self._heard)
        self._fetching = asyncio.create_task(self._fetch_for_ever(poll_after))

    async def stop(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _committed(self, lines: Sequence[Logged]) -> None:
        self.head = max(self.head, lines[-1].seq)
        if not self._database.is_sqlite:
            self._bus.say(COMMITTED, str(lines[-1].seq).encode())
        self._take(lines)

    def _heard(self, topic: str, words: bytes) -> None:
        if topic == COMMITTED and int(words) > self.position:
            self.head = max(self.head, int(words))
            self._behind.set()

    def _take(self, lines: Sequence[Logged]) -> None:
        if lines and lines[0].seq == self.position + 1 and not self._aside:
            self._pass_on(lines)
            return
        self._aside.update((line.seq, line) for line in lines if line.seq > self.position)
        ready: list[Logged] = []
        while (line := self._aside.pop(self.position + len(ready) + 1, None)) is not None:
            ready.append(line)
        if ready:
            self._pass_on(ready)
        if self._aside:
            self._behind.set()

    def _pass_on(self, lines: Sequence[Logged]) -> None:
        self.position = lines[-1].seq
        self.head = max(self.head, self.position)
        for heard, follower in self._followers:
            wanted = lines if heard is ANY else [line for line in lines if line.type == heard.type]
            if not wanted:
                continue
            try:
                follower(wanted)
            except Exception:
                said.exception(
                    "a follower failed", follower=getattr(follower, "__qualname__", repr(follower))
                )

    async def _fetch_for_ever(self, poll_after: float | None) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._behind.wait(), poll_after)
            self._behind.clear()
            try:
                while lines := await self._database.read(log.read_since, self.position):
                    self._take([line for line in lines if line.seq > self.position])
            except Exception:
                said.exception("cannot read the log")
                await asyncio.sleep(1)
                self._behind.set()
