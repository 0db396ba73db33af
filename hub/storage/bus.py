"""Word between nodes: wake-ups and passing things, nothing that could not be rebuilt from the
database.

``LocalBus`` serves one process; ``redis_bus.RedisBus`` many nodes. Both pass the same contract
suite. A bus that is away only slows the hub down: nodes poll.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

Listener = Callable[[str, bytes], None]
"""Hears a topic and what was said, on the event loop. Must not block."""


class Bus(Protocol):
    """Says things to every node, the speaker's own listeners included. At most once, in order for
    one speaker.
    """

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def say(self, topic: str, words: bytes) -> None: ...
    def listen(self, listener: Listener) -> None: ...
    @property
    def is_up(self) -> bool: ...


class LocalBus:
    """One process talks to itself."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self.is_up = False

    async def start(self) -> None:
        self.is_up = True

    async def stop(self) -> None:
        self.is_up = False

    def say(self, topic: str, words: bytes) -> None:
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            loop.call_soon(listener, topic, words)

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)
