"""The receiving loop of one mailbox: fetch, have it kept durably, and only then mark it at the
server.

A mail is fetched again until ``keep`` has returned; whoever keeps it recognises a second copy by
its content key. The position (UIDVALIDITY, UID) is only a cursor: when the server's numbers change
everything is looked at again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from hub.channels.email.imap import (
    CommandRefused,
    ImapLine,
    ImapRoute,
    ImapTrouble,
    LineLost,
    Selected,
    SignInRefused,
)
from hub.channels.email.limits import LIMITS
from hub.kernel.crashpoint import crashpoint
from hub.kernel.retry import CONNECTING

log = structlog.get_logger(__name__)

_BATCH_MAILS = 50
_BATCH_BYTES = 8 * 1024 * 1024
_MOST_STUMBLES = 5


@dataclass(frozen=True, slots=True)
class Position:
    """How far a folder has been read: everything up to ``uid``, as long as ``uidvalidity`` stays
    the same."""

    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class RawMail:
    """A mail as it came. ``truncated``: larger than we read; ``raw`` then holds its headers
    only."""

    uid: int
    raw: bytes
    size: int
    truncated: bool = False


class Keeping(Protocol):
    """The hub's side of a mailbox."""

    async def position(self) -> Position | None:
        """Where the last session stopped; None for a mailbox never read before."""

    async def keep(self, mails: Sequence[RawMail], position: Position) -> None:
        """Store the mails and the position durably, in one transaction. A known mail is kept
        once."""

    async def skipped(self, uid: int, reason: str) -> None:
        """Note that a mail could not be had: it has ``vanished``, or is ``unfetchable``."""

    async def trouble(self, problem: ImapTrouble, attempts: int) -> None:
        """Show that the mailbox cannot be reached (``attempts`` failed so far)."""

    async def well(self) -> None:
        """Show that the mailbox is reached."""


async def always() -> bool:
    """The lease of a hub with one node."""
    return True


def seconds_before(attempts: int, problem: ImapTrouble) -> float:
    """How long to wait before trying again; a refused password is not tried often, lest it lock the
    account."""
    attempts = 100 if isinstance(problem, SignInRefused) else attempts
    return CONNECTING.pause(attempts) / 1000


class Mailbox:
    """One folder of one account, read for ever by ``run``.

    ``may_work`` is asked before every session and every round: the lease by which one node reads at
    a time. ``done_folder``: kept mails are moved there; without it they are marked as seen.
    ``idle_seconds`` must stay below 29 minutes (RFC 2177); it is also how often the folder is
    searched when the server never says anything.
    """

    def __init__(
        self,
        route: ImapRoute,
        keeping: Keeping,
        *,
        folder: str = "INBOX",
        done_folder: str | None = None,
        may_work: Callable[[], Awaitable[bool]] = always,
        idle_seconds: float = 240,
        pause: Callable[[int, ImapTrouble], float] = seconds_before,
        most: int = LIMITS.size,
    ) -> None:
        self._route = route
        self._keeping = keeping
        self._folder = folder
        self._done_folder = done_folder
        self._may_work = may_work
        self._idle_seconds = idle_seconds
        self._pause = pause
        self._most = most
        self._stumbles: dict[int, int] = {}

    async def run(self) -> None:
        """Read until cancelled. Trouble with the server is shown and waited out; other errors are
        ours and rise."""
        attempts = 0
        while True:
            if not await self._may_work():
                await asyncio.sleep(min(self._idle_seconds, 5))
                continue
            try:
                await self._session(self._reached)
                attempts = 0
            except ImapTrouble as problem:
                attempts = 1 if self._was_reached else attempts + 1
                log.warning("mailbox_trouble", problem=str(problem), attempts=attempts)
                await self._keeping.trouble(problem, attempts)
                await asyncio.sleep(self._pause(attempts, problem))

    async def read_once(self) -> None:
        """One session without waiting for more: take what is there and leave."""
        line = await ImapLine.open(self._route)
        try:
            await self._take_new(line, await self._begin(line))
        finally:
            await line.close()

    _was_reached = False

    async def _reached(self) -> None:
        self._was_reached = True
        await self._keeping.well()

    async def _session(self, reached: Callable[[], Awaitable[None]]) -> None:
        self._was_reached = False
        line = await ImapLine.open(self._route)
        try:
            position = await self._begin(line)
            await reached()
            while await self._may_work():
                position = await self._take_new(line, position)
                await line.idle(self._idle_seconds)
        finally:
            await line.close()

    async def _begin(self, line: ImapLine) -> Position:
        """Where to go on: from the start when the server's numbers are not those we know."""
        selected = await line.select(self._folder)
        known = await self._keeping.position()
        if known is not None and _still_counts(known, selected):
            return known
        position = Position(selected.uidvalidity, 0)
        self._stumbles.clear()
        await self._keeping.keep((), position)
        return position

    async def _take_new(self, line: ImapLine, position: Position) -> Position:
        uids = await line.uids_from(position.uid + 1)
        for at in range(0, len(uids), _BATCH_MAILS):
            some = uids[at : at + _BATCH_MAILS]
            sizes = await line.sizes(some)
            batch: list[RawMail] = []
            weight = 0
            for uid in some:
                mail = await self._fetch(line, uid, sizes.get(uid))
                if mail is not None:
                    batch.append(mail)
                    weight += len(mail.raw)
                if weight >= _BATCH_BYTES or uid == some[-1]:
                    position = Position(position.uidvalidity, uid)
                    await self._hand_over(line, batch, position)
                    batch, weight = [], 0
        return position

    async def _fetch(self, line: ImapLine, uid: int, size: int | None) -> RawMail | None:
        if size is None:
            await self._keeping.skipped(uid, "vanished")
            return None
        stumbles = self._stumbles.get(uid, 0)
        if stumbles > _MOST_STUMBLES:
            await self._keeping.skipped(uid, "unfetchable")
            return None
        self._stumbles[uid] = stumbles + 1
        # Headers alone: for a mail too large to read, and for one whose body broke the line again
        # and again.
        only_head = size > self._most or stumbles >= _MOST_STUMBLES
        raw = await line.fetch(
            uid, LIMITS.headers if only_head else self._most, only_head=only_head
        )
        crashpoint("IN1")
        del self._stumbles[uid]
        if raw is None:
            await self._keeping.skipped(uid, "vanished")
            return None
        return RawMail(uid, raw, size, truncated=only_head)

    async def _hand_over(
        self, line: ImapLine, batch: Sequence[RawMail], position: Position
    ) -> None:
        await self._keeping.keep(batch, position)
        if not batch:
            return
        uids = [mail.uid for mail in batch]
        try:
            if self._done_folder is not None:
                await line.move(uids, self._done_folder)
            else:
                await line.mark_seen(uids)
        except CommandRefused as problem:
            # A folder we may only read: the mails are kept, the position alone says so.
            log.warning("mailbox_not_marked", problem=str(problem))
        crashpoint("IN7")


def _still_counts(known: Position, selected: Selected) -> bool:
    """False for new numbers, and when UIDNEXT went back: a server restored from a backup gives its
    UIDs out anew.
    """
    if known.uidvalidity != selected.uidvalidity:
        return False
    return selected.uidnext is None or selected.uidnext > known.uid


async def append_copy(route: ImapRoute, folder: str, letter: bytes) -> None:
    """Put a copy of a sent letter into the Sent folder: a step of its own that never sends again
    (B13)."""
    line = await ImapLine.open(route)
    try:
        await line.append(folder, letter, seen=True)
    finally:
        await line.close()
    crashpoint("OUT12")


__all__ = [
    "ImapRoute",
    "ImapTrouble",
    "Keeping",
    "LineLost",
    "Mailbox",
    "Position",
    "RawMail",
    "append_copy",
]
