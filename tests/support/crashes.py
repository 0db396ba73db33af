"""The crash points that each kind of traffic passes, and a hub that dies at all of them in turn."""

from __future__ import annotations

import random
import signal
from collections.abc import Sequence

from tests.support.town import Town

POINTS_OF_MESSAGING = (
    *(f"IN{n}" for n in range(1, 15)),
    *("OUT1", "OUT2", "OUT3", "OUT4", "OUT5", "OUT6", "OUT8", "OUT9", "OUT10"),
)
"""Webhook and chat."""
POINTS_OF_MAIL = (
    *("IN1", "IN3", "IN4", "IN7", "IN8"),
    *("OUT5", "OUT6", "OUT7", "OUT8", "OUT9", "OUT10", "OUT12"),
)
POINTS_OF_SMS = ("IN1", "IN2", "IN7", "OUT6", "OUT8", "OUT9", "OUT10", "OUT11")


async def die_at_each(
    people: Town, points: Sequence[str], luck: random.Random, rounds: int
) -> None:
    """Let the hub die at each point, the first times it is reached, and live on after the last."""
    hub = people.hub
    await hub.kill()
    for _ in range(rounds):
        for point in points:
            await hub.start(f"{point}:{luck.randint(1, 4)}")
            try:
                status = await hub.end(within=40)
            except TimeoutError:
                raise AssertionError(
                    f"{point} is not reached: {people.ledgers.balance()}\n{hub.words()}"
                ) from None
            assert status == -signal.SIGKILL, (point, status, hub.words())
    await hub.start()
    await people.progress()
