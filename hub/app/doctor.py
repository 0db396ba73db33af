"""`hub doctor`: is this machine, this configuration and every channel fit to run a hub?"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import sqlite3
import stat
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from hub.app.hub import Hub
from hub.settings import Settings
from hub.storage.migrate import WrongSchema, check

FILES_WANTED = 4_096
SPACE_WANTED = 1 << 30
SYNC_SLOW = 0.05


@dataclass(frozen=True)
class Sign:
    """One thing looked at: ``good``, *bad* (it will not work) or *poor* (it will, badly)."""

    name: str
    state: str
    words: str


async def examine(settings: Settings) -> AsyncIterator[Sign]:
    """Look at everything, cheapest first."""
    yield _folder(settings.folder)
    yield _space(settings.folder)
    yield await asyncio.to_thread(_sync, settings.folder)
    yield _files()
    yield _sqlite()
    yield _public(settings)
    schema = await asyncio.to_thread(_schema, settings.database)
    yield schema
    if schema.state != "good":
        return
    hub = Hub(settings)
    await hub.database.start()
    try:
        if settings.redis_url:
            yield await _bus(hub)
        await hub.registry.load()
        for account in hub.registry.accounts:
            channel = hub.registry.kinds.get(account.kind)
            examine_channel = getattr(channel, "examine", None)
            if channel is None:
                yield Sign(f"channel {account.key}", "bad", f"no channel of kind {account.kind}")
            elif examine_channel is None:
                yield Sign(f"channel {account.key}", "good", account.kind)
            else:
                fault = await examine_channel(account)
                yield Sign(
                    f"channel {account.key}", "bad" if fault else "good", fault or account.kind
                )
    finally:
        await hub.database.stop()
        await hub.outgoing.close()


def _folder(folder: Path) -> Sign:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return Sign("folder", "bad", f"{folder} cannot be written: {error.strerror}")
    open_to = stat.S_IMODE(folder.stat().st_mode) & 0o077
    if open_to:
        return Sign("folder", "poor", f"{folder} is open to others (mode {open_to:o}): chmod 700")
    return Sign("folder", "good", str(folder))


def _space(folder: Path) -> Sign:
    free = shutil.disk_usage(folder).free
    state = "good" if free >= SPACE_WANTED else "poor"
    return Sign("disk space", state, f"{free / (1 << 30):.1f} GiB free")


def _sync(folder: Path) -> Sign:
    """How long one durable write takes: the median of twenty."""
    probe = folder / ".sync"
    took = []
    handle = os.open(probe, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for _ in range(20):
            began = time.perf_counter()
            os.write(handle, b"x" * 4_096)
            os.fsync(handle)
            took.append(time.perf_counter() - began)
    finally:
        os.close(handle)
        probe.unlink()
    median = sorted(took)[10]
    state = "poor" if median > SYNC_SLOW else "good"
    return Sign("disk sync", state, f"{median * 1_000:.2f} ms a sync")


def _files() -> Sign:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= FILES_WANTED:
        return Sign("open files", "good", f"{soft} at once")
    return Sign("open files", "poor", f"only {soft} at once (ulimit -n; up to {hard})")


def _sqlite() -> Sign:
    version = sqlite3.sqlite_version
    return Sign(
        "SQLite", "good", f"{version}; one connection writes, so its WAL races are not reached"
    )


def _public(settings: Settings) -> Sign:
    if not settings.public_url:
        return Sign(
            "public address", "poor", "HUB_PUBLIC_URL is not set: only this machine can sign in"
        )
    if not settings.public_url.startswith("https://"):
        return Sign("public address", "poor", f"{settings.public_url} is not https")
    return Sign("public address", "good", settings.public_url)


def _schema(url: str) -> Sign:
    try:
        check(url)
    except WrongSchema as error:
        if url.startswith("sqlite") and "newer hub" not in str(error):
            return Sign("schema", "poor", "not up to date: the start will see to it")
        return Sign("schema", "bad", str(error))
    except Exception as error:
        return Sign("database", "bad", f"{type(error).__name__}: {error}")
    return Sign("schema", "good", "up to date")


async def _bus(hub: Hub) -> Sign:
    await hub.bus.start()
    try:
        for _ in range(60):
            if hub.bus.is_up:
                return Sign("Redis", "good", "answers")
            await asyncio.sleep(0.05)
        return Sign("Redis", "bad", "does not answer; nodes would only poll")
    finally:
        await hub.bus.stop()
