"""A hub of its own to measure: set up in a folder, served by a process on a core of its own."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2

from hub.agents import service as agents
from hub.agents.asking import COOKIE
from hub.agents.model import Role
from hub.app.hub import Hub
from hub.bench.machine import SERVER_CORE
from hub.bench.peer import now
from hub.routing import service as routing
from hub.settings import Settings
from hub.storage.migrate import migrate
from hub.storage.unit import Unit

TOKEN = "bench-token"  # noqa: S105 - of a hub that lives for a minute
SECRET = "whsec_" + base64.b64encode(b"bench-secret-of-24-bytes").decode()


@dataclass(frozen=True)
class Seat:
    """An agent who is signed in already: what a browser of theirs sends along."""

    cookie: str
    csrf: str

    @property
    def headers(self) -> dict[str, str]:
        return {"cookie": f"{COOKIE}={self.cookie}", "x-csrf": self.csrf}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def many_files() -> int:
    """Let this process and those it starts open as many files as the system allows; how many."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@contextmanager
def process(
    *arguments: str, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a process of its own on its own core, ended with its block."""

    def to_its_core() -> None:
        if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(0, {SERVER_CORE})

    started = subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, *arguments],
        env=os.environ | (env or {}),
        stdout=sys.stderr,
        preexec_fn=to_its_core,
    )
    try:
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


def environment(folder: Path, port: int, database_url: str | None = None) -> dict[str, str]:
    """The settings of the hub that is measured."""
    made = {
        "HUB_FOLDER": str(folder),
        "HUB_PORT": str(port),
        "HUB_LOG_LEVEL": "error",
        "HUB_LIMITS_SCALE": "100000",
        "HUB_METRICS_TOKEN": TOKEN,
    }
    return made | ({"HUB_DATABASE_URL": database_url} if database_url else {})


async def set_up(
    folder: Path, database_url: str | None = None, *, staff: int = 0
) -> Sequence[Seat]:
    """A hub with a queue, a webhook, a chat, and ``staff`` signed in."""
    await asyncio.to_thread(folder.mkdir, mode=0o700)
    settings = Settings(folder=folder, database_url=database_url)
    migrate(settings.database, now())
    hub = Hub(settings)
    await hub.database.start()

    def plant(unit: Unit) -> list[Seat]:
        people = [
            agents.add_agent(
                unit,
                email=f"agent-{n}@bench.example",
                name=f"Agent {n}",
                role=Role.AGENT,
                password_hash=None,
                languages=("zh", "en"),
            )
            for n in range(staff)
        ]
        queue = routing.add_queue(
            unit,
            key="bench",
            name={"zh": "测", "en": "Bench"},
            medium="messaging",
            target=60_000,
            members=[agent.id for agent in people],
        )
        add = partial(hub.registry.add, unit, name="Bench", queue_id=queue.id)
        add(kind="webhook", key="bench", secrets={"secret": SECRET})
        add(kind="chat", key="bench-chat")
        seats = []
        for agent in people:
            token, session = agents.begin_session(unit, agent.id)
            seats.append(Seat(token, session.csrf))
        return seats

    seats = await hub.database.write(plant)
    await hub.database.stop()
    await hub.outgoing.close()
    return seats
