"""A hub in a process of its own, for tests that kill it: started, waited for, killed, started
again.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.support.nursery import ROOT, Nursery

STARTS_WITHIN = 60.0
POLL = 0.02


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class HubProcess:
    """``hub serve`` on a folder (and a database, where one is named), killed and begun again at
    will.
    """

    nursery: Nursery
    folder: Path
    database_url: str | None = None
    redis_url: str | None = None
    more: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    pid: int = 0
    starts: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def env(self, crash: str = "") -> dict[str, str]:
        """The whole environment of the process."""
        made = {
            "HOME": str(self.folder),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HUB_FOLDER": str(self.folder / "data"),
            "HUB_PORT": str(self.port),
            "HUB_LIMITS_SCALE": "10000",
            "HUB_ARGON2_MEMORY_KIB": "64",
            "HUB_LOG_LEVEL": "warning",
            "HUB_LOG_JSON": "false",
            **self.more,
        }
        if self.database_url:
            made["HUB_DATABASE_URL"] = self.database_url
        if self.redis_url:
            made["HUB_REDIS_URL"] = self.redis_url
        if crash:
            made["CRASH"] = crash
        return made

    async def plant(self, shop: Mapping[str, Any]) -> None:
        """Set people, a queue and channels up (``planting.plant``)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        pid = await self.nursery.fork("plant", self.env(), self.log, shop=dict(shop))
        assert await self.nursery.end_of(pid) == 0, self.words()

    async def start(self, crash: str = "", *, is_fresh: bool = False) -> None:
        """Begin, and wait until it is healthy or has died already.

        ``is_fresh``: with an interpreter of its own, as an operator would.
        """
        self.starts += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        if is_fresh:
            await self._start_fresh(crash)
        else:
            self.pid = await self.nursery.fork("serve", self.env(crash), self.log)
        await self.healthy()

    async def _start_fresh(self, crash: str) -> None:
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "hub", "serve"),
                cwd=ROOT,
                env={**self.env(crash), "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
            )
        self.pid = process.pid
        end = self.nursery.end_of(self.pid)

        async def wait() -> None:
            end.set_result(await process.wait())

        self._waiting = asyncio.create_task(wait())

    async def healthy(self, within: float = STARTS_WITHIN) -> None:
        """Wait until it answers that it is well; at once when it is dead."""
        async with httpx2.AsyncClient(timeout=5, trust_env=False) as http, asyncio.timeout(within):
            while self.is_alive:
                with suppress(httpx2.HTTPError):
                    if (await http.get(f"{self.url}/health")).status_code == 200:
                        return
                await asyncio.sleep(POLL)

    @property
    def is_alive(self) -> bool:
        return not self.nursery.end_of(self.pid).done()

    async def end(self, within: float = 30.0) -> int:
        """Wait for the process to end by itself: its status, a signal as a negative number."""
        async with asyncio.timeout(within):
            return await asyncio.shield(self.nursery.end_of(self.pid))

    async def kill(self) -> None:
        """End it as a power cut would."""
        with suppress(ProcessLookupError):  # it may have died a moment ago
            os.kill(self.pid, signal.SIGKILL)
        await self.end()

    async def stop(self, within: float = 30.0) -> int:
        """Ask it to end; its exit status."""
        if self.is_alive:
            os.kill(self.pid, signal.SIGTERM)
        return await self.end(within)

    async def verify(self) -> tuple[int, str]:
        """``hub verify``: its exit status and what it said."""
        said = self.folder / "verified"
        said.unlink(missing_ok=True)
        pid = await self.nursery.fork("verify", self.env(), said)
        return await self.nursery.end_of(pid), said.read_text()

    @property
    def memory(self) -> int:
        """Resident bytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ProcessLookupError(self.pid)

    def words(self) -> str:
        """The end of what it said, for a failing test."""
        return self.log.read_text(errors="replace")[-4_000:] if self.log.exists() else "(nothing)"
