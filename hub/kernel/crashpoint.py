"""Named places where a test may end the process as a power cut would.

``CRASH=IN6:3`` in the environment kills the process the third time ``crashpoint("IN6")`` is
reached. Without it a crash point does nothing. A test names every point (``tests/faults``).
"""

from __future__ import annotations

import os
import signal

POINTS: dict[str, str] = {
    "IN1": "bytes received",
    "IN2": "authenticated",
    "IN3": "raw written, not yet synced",
    "IN4": "raw synced",
    "IN5": "message and event in an open transaction",
    "IN6": "commit returned",
    "IN7": "acknowledged to the sender",
    "IN8": "parsed and threaded",
    "IN9": "work item queued",
    "IN10": "offer written",
    "IN11": "offer pushed to the agent's socket",
    "IN12": "accept received",
    "IN13": "accept committed",
    "IN14": "accept confirmed",
    "OUT1": "reply command received",
    "OUT2": "message and outbox row in an open transaction",
    "OUT3": "command confirmed",
    "OUT4": "outbox row leased",
    "OUT5": "attempt committed",
    "OUT6": "connected",
    "OUT7": "recipients accepted",
    "OUT8": "last byte sent",
    "OUT9": "accepted by the provider",
    "OUT10": "result committed",
    "OUT11": "status reported back",
    "OUT12": "copy appended to the Sent folder",
}

_armed, _, _nth = os.environ.get("CRASH", "").partition(":")
_left = int(_nth or "1")


def crashpoint(name: str) -> None:
    """Kill this process here, when the environment asks for it."""
    global _left
    if name != _armed:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
