"""A node of the hub that only routes, as a process of its own: killed, stopped and resumed by
tests.

``python -m tests.support.routing_node <database> <name>`` says ``ready`` when it runs, and
``leading <epoch>`` each time it comes to lead.
"""

from __future__ import annotations

import asyncio
import sys

from hub.kernel.clock import SystemClock
from hub.routing.model import Rules
from tests.support.floor import open_floor

RULES = Rules(heartbeat_timeout=None, delivery_timeout=None)


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


async def run(url: str, name: str) -> None:
    async with open_floor(url, clock=SystemClock(), node=name, rules=RULES, fresh=False) as floor:
        _say("ready")
        led = 0
        while True:
            epoch = floor.runner._epoch if floor.runner.is_leading else 0
            if epoch not in (0, led):
                led = epoch
                _say(f"leading {epoch}")
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2]))
