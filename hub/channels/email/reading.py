"""Kept mails are read, threaded and received, many in one transaction; a bad one keeps no other
waiting.

What is wrong with a mail counts against it, and the third time it goes into quarantine. What is
wrong with us (no worker, no
disk, no database) never does: everything waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Protocol

import structlog

from hub.channels import store as channel_store
from hub.channels.email import store
from hub.channels.email.account import checkpoint_of
from hub.channels.email.identity import Checkpoint
from hub.channels.email.normal import Letter, files_of
from hub.channels.email.parse import ParsedMail
from hub.channels.email.pool import ParserPool, PoolUnavailable, SetAside
from hub.channels.email.receiving import receive_letters
from hub.channels.email.token import Marks
from hub.channels.events import MessageQuarantined
from hub.channels.port import Account
from hub.channels.registry import Registry
from hub.conversations.model import Received
from hub.kernel.clock import Clock
from hub.kernel.crashpoint import crashpoint
from hub.kernel.errors import StorageDown
from hub.kernel.ids import AttachmentId, new_id
from hub.storage.blobs import Blobs, DamagedBlob, NoSuchBlob
from hub.storage.database import Database
from hub.storage.unit import Unit

ATTEMPTS = 3
MOST_MAILS = 200
MOST_BYTES = 16 << 20
POLL_AFTER = 5.0
TROUBLE_PAUSE = 2.0

said = structlog.get_logger("hub.email")


class Unreadable(Exception):
    """This mail cannot be understood; the text says why."""


class Reader(Protocol):
    """Reads mails in child processes (``pool.ParserPool``)."""

    async def parse(self, mails: Sequence[bytes]) -> list[ParsedMail | SetAside]: ...


class Pools:
    """The workers that read: a pool for each mail server whose findings are believed. ``async
    with``."""

    def __init__(self, size: int = 1) -> None:
        self._size = size
        self._pools: dict[Checkpoint, ParserPool] = {}

    def of(self, checkpoint: Checkpoint) -> Reader:
        if checkpoint not in self._pools:
            self._pools[checkpoint] = ParserPool(self._size, checkpoint)
        return self._pools[checkpoint]

    async def __aenter__(self) -> Pools:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        while self._pools:
            _, pool = self._pools.popitem()
            await pool.__aexit__(kind, problem, where)


@dataclass(frozen=True, slots=True)
class _Failed:
    """A mail that could not be understood: now for good, or this time."""

    row: Any
    reason: str
    attempts: int
    is_final: bool


@dataclass(frozen=True, slots=True)
class _Read:
    row: Any
    account: Account
    letter: Letter


class Reading:
    """Reads what the mailboxes keep. ``wake`` it when there is something."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        registry: Registry,
        pools: Pools,
        marks: Marks,
        clock: Clock,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._registry = registry
        self.pools = pools
        self._marks = marks
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self, held: Callable[[], Collection[str]]) -> None:
        """Read until cancelled, for the accounts that ``held()`` names."""
        while True:
            self._woken.clear()
            pause = POLL_AFTER
            try:
                while await self.read_some(held()):
                    pass
            except (StorageDown, PoolUnavailable, OSError) as trouble:
                said.error("mails wait", because=f"{type(trouble).__name__}: {trouble}")
                pause = TROUBLE_PAUSE
                await asyncio.sleep(pause)
                continue
            try:
                await asyncio.wait_for(self._woken.wait(), pause)
            except TimeoutError:
                continue

    async def read_some(self, channels: Collection[str]) -> int:
        """Read a batch; returns how many mails were understood, set aside or counted as failed."""
        rows = await self._database.read(store.waiting, list(channels), MOST_MAILS)
        if not rows:
            return 0
        loaded, failed = await self._load(rows)
        done: list[_Read | _Failed] = [*failed]
        for checkpoint, some in self._by_checkpoint(loaded).items():
            read = await self.pools.of(checkpoint).parse([raw for _, raw in some])
            preparing = (
                self._prepare(row, mail) for (row, _), mail in zip(some, read, strict=True)
            )
            done += await asyncio.gather(*preparing)
        crashpoint("IN8")
        await self._commit(done)
        return len(done)

    async def replay(self, account: Account, row: Any, raw: bytes) -> Received:
        """Read one mail now. ``Unreadable`` when it still cannot be."""
        [mail] = await self.pools.of(checkpoint_of(account.settings)).parse([raw])
        prepared = await self._prepare(row, mail)
        if isinstance(prepared, _Failed):
            raise Unreadable(prepared.reason)
        received = await self._database.write(partial(self._receive, [prepared]))
        return received[0]

    # -- from bytes to letters ---------------------------------------------------------------------

    async def _load(self, rows: Sequence[Any]) -> tuple[list[tuple[Any, bytes]], list[_Failed]]:
        """The bytes of the first rows, as many as are held at once."""
        loaded: list[tuple[Any, bytes]] = []
        failed = []
        weight = 0
        for row in rows:
            try:
                raw = await self._blobs.get(row.digest)
            except (NoSuchBlob, DamagedBlob) as damage:
                failed.append(_failure(row, damage))
                continue
            loaded.append((row, raw))
            weight += len(raw)
            if weight >= MOST_BYTES:
                break
        return loaded, failed

    def _by_checkpoint(
        self, loaded: Sequence[tuple[Any, bytes]]
    ) -> dict[Checkpoint, list[tuple[Any, bytes]]]:
        found: dict[Checkpoint, list[tuple[Any, bytes]]] = {}
        for row, raw in loaded:
            settings = self._registry.get(row.channel_id).settings
            found.setdefault(checkpoint_of(settings), []).append((row, raw))
        return found

    async def _prepare(self, row: Any, mail: ParsedMail | SetAside) -> _Read | _Failed:
        """A mail that was read as a letter, its files safe on disk."""
        if isinstance(mail, SetAside):
            return _Failed(row, mail.reason, mail.attempts, is_final=True)
        digests = [await self._blobs.put(part.content) for part in mail.attachments]
        now = self._clock.now()
        files = files_of(mail, digests, [AttachmentId(new_id(now)) for _ in digests])
        letter = Letter(row.key, row.digest, row.sender, mail, files)
        return _Read(row, self._registry.get(row.channel_id), letter)

    # -- from letters to messages ----------------------------------------------------------------

    async def _commit(self, done: Sequence[_Read | _Failed]) -> None:
        """One transaction for all. When it fails it is halved until who is to blame stands
        alone."""
        if not done:
            return
        try:
            await self._database.write(partial(self._note, done))
        except StorageDown:
            raise
        except Exception as error:
            if len(done) == 1:
                await self._database.write(partial(_fail, _failure(done[0].row, error)))
                return
            middle = len(done) // 2
            await self._commit(done[:middle])
            await self._commit(done[middle:])

    def _note(self, done: Sequence[_Read | _Failed], unit: Unit) -> None:
        for each in done:
            if isinstance(each, _Failed):
                _fail(each, unit)
        self._receive([each for each in done if isinstance(each, _Read)], unit)

    def _receive(self, read: Sequence[_Read], unit: Unit) -> list[Received]:
        letters = [(each.account, each.letter) for each in read]
        received = receive_letters(unit, letters, self._marks)
        store.note_received(
            unit, [(each.row.id, one.message_id) for each, one in zip(read, received, strict=True)]
        )
        return received


def _failure(row: Any, error: Exception) -> _Failed:
    attempts = row.attempts + 1
    return _Failed(
        row, f"{type(error).__name__}: {error}"[:500], attempts, is_final=attempts >= ATTEMPTS
    )


def _fail(failed: _Failed, unit: Unit) -> None:
    row = failed.row
    if not failed.is_final:
        channel_store.update_inbox(unit, row.id, attempts=failed.attempts, reason=failed.reason)
        return
    said.warning("quarantined", channel=row.channel_id, key=row.key, reason=failed.reason)
    channel_store.update_inbox(
        unit, row.id, state="quarantined", attempts=failed.attempts, reason=failed.reason
    )
    unit.announce(
        MessageQuarantined(
            at=unit.now, channel_id=row.channel_id, quarantine_id=row.id, reason=failed.reason
        )
    )
