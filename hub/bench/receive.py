"""How many messages a second come in, are kept, routed and on an agent's screen; and how long one takes."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil
from websockets.asyncio.client import connect

from hub.bench.machine import SERVER_CORE
from hub.bench.peer import closed_loop, lines, now, open_loop, percentile, request
from hub.channels.webhook.signature import key_of, sign

SECRET = "whsec_" + base64.b64encode(b"bench-secret-of-24-bytes").decode()
IN_FLIGHT = 128


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def process(*arguments: str, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a process of its own on its own core, ended with its block."""
    started = subprocess.Popen(
        [sys.executable, *arguments], env=os.environ | (env or {}), stdout=sys.stderr
    )
    try:
        if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(started.pid, {SERVER_CORE})
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(15)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


async def answering(port: int, path: str, within: float = 60.0) -> float:
    """Seconds until the server answers."""
    began = time.perf_counter()
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        while time.perf_counter() - began < within:
            try:
                await http.get(path)
            except httpx2.TransportError:
                await asyncio.sleep(0.01)
            else:
                return time.perf_counter() - began
    raise TimeoutError(f"nothing answers on port {port}")


class Ear:
    """A websocket that hears everything and counts; ``when`` maps message ids to when they were heard."""

    def __init__(self) -> None:
        self.frames = 0
        self.when: dict[str, float] = {}
        self.keys: set[str] = set()

    def hear(self, text: str, field: str) -> None:
        at = time.perf_counter()
        start = 0
        while (found := text.find(field, start)) >= 0:
            end = text.index('"', found + len(field))
            self.when.setdefault(text[found + len(field) : end], at)
            start = end
        self.frames += text.count('"t":"event"')
