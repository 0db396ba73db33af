"""The loops that run beside the requests: started together, watched, begun again when one dies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

said = structlog.get_logger("hub.loops")

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0


@dataclass
class Pulse:
    """How one loop fares. ``deaths`` counts how often it ended by an error."""

    deaths: int = 0
    error: str = ""
    is_running: bool = False


class Loops:
    """Runs named coroutines until stopped. A loop that raises is begun again after a pause; one
    that returns is done.
    """

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.pulses: dict[str, Pulse] = {}
        self.lag = 0.0

    def begin(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Run ``loop()`` under this name."""
        self.pulses[name] = Pulse()
        self._tasks[name] = asyncio.create_task(self._keep_running(name, loop), name=f"hub:{name}")

    def watch_lag(self) -> None:
        """Measure how late the event loop is, in seconds, as ``lag``."""
        self.begin("lag", self._measure_lag)

    async def stop(self) -> None:
        """End all loops, the youngest first, and wait for each."""
        for name in reversed(list(self._tasks)):
            task = self._tasks.pop(name)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @property
    def sick(self) -> list[str]:
        """The loops that are not running though they should, by name."""
        return [name for name, pulse in self.pulses.items() if pulse.error and not pulse.is_running]

    async def _keep_running(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        pulse = self.pulses[name]
        pause = FIRST_PAUSE
        while True:
            pulse.is_running = True
            began = time.monotonic()
            try:
                await loop()
            except Exception as error:
                pulse.is_running = False
                pulse.deaths += 1
                pulse.error = f"{type(error).__name__}: {error}"
                said.exception("a loop died", loop=name, deaths=pulse.deaths)
            else:
                pulse.error = ""
                return
            pause = FIRST_PAUSE if time.monotonic() - began > 60 else min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _measure_lag(self) -> None:
        while True:
            due = time.monotonic() + 0.5
            await asyncio.sleep(0.5)
            self.lag = max(0.0, time.monotonic() - due)
