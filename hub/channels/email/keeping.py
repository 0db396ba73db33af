"""The hub's side of a mailbox: mails and the place reached are kept in one transaction, troubles
shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from hub.channels.email import store
from hub.channels.email.account import MailAccount
from hub.channels.email.events import MailSkipped
from hub.channels.email.imap import ImapTrouble, SignInRefused
from hub.channels.email.mailbox import Position, RawMail
from hub.channels.email.parse import content_key, summarise
from hub.channels.events import ChannelHealthChanged, MessageQuarantined
from hub.channels.port import Account
from hub.storage.blobs import Blobs
from hub.storage.database import Database
from hub.storage.unit import Unit

said = structlog.get_logger("hub.email")

DOWN_AFTER = 2
"""How many connections must fail, one after the other, before a mailbox counts as down."""


class Health:
    """Which mailboxes are reached; a change is announced once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._troubles: dict[str, str] = {}

    def trouble(self, channel_id: str) -> str | None:
        """What keeps us from a mailbox; empty when it is reached, None when nobody has tried."""
        return self._troubles.get(channel_id)

    async def note(self, account: Account, trouble: str = "") -> None:
        """Note that a mailbox is reached, or what keeps us from it."""
        before = self._troubles.get(account.id)
        if before is None or bool(before) != bool(trouble):
            await self._database.write(
                lambda unit: unit.announce(
                    ChannelHealthChanged(
                        at=unit.now, channel_id=account.id, is_up=not trouble, detail=trouble[:500]
                    )
                )
            )
        self._troubles[account.id] = trouble


@dataclass(frozen=True, slots=True)
class _Kept:
    """A mail whose bytes are safe on disk."""

    key: str
    digest: str
    sender: str
    reason: str


class Shelf:
    """Keeps the mails of one account (``mailbox.Keeping``); ``woken`` is called when some wait."""

    def __init__(
        self,
        account: Account,
        mail: MailAccount,
        database: Database,
        blobs: Blobs,
        health: Health,
        woken: Callable[[], None],
    ) -> None:
        self._account = account
        self._place = f"{mail.imap.username}@{mail.imap.host}/{mail.folder}"
        self._database = database
        self._blobs = blobs
        self._health = health
        self._woken = woken

    async def position(self) -> Position | None:
        return await self._database.read(store.position, self._account.id, self._place)

    async def keep(self, mails: Sequence[RawMail], position: Position) -> None:
        """Bytes first, safe on disk; then the rows and the position, in one transaction."""
        kept = await asyncio.gather(*(self._put(mail) for mail in mails))
        await self._database.write(partial(self._note, kept, position))
        if kept:
            self._woken()

    async def _put(self, mail: RawMail) -> _Kept:
        digest = await self._blobs.put(mail.raw)
        key = await asyncio.to_thread(content_key, mail.raw)
        reason = f"headers-only: {mail.size} bytes" if mail.truncated else ""
        return _Kept(key, digest, summarise(mail.raw).sender, reason)

    def _note(self, kept: Sequence[_Kept], position: Position, unit: Unit) -> None:
        for mail in kept:
            row: dict[str, Any] = {
                "id": unit.new_id(),
                "channel_id": self._account.id,
                "key": mail.key,
                "digest": mail.digest,
                "state": "quarantined" if mail.reason else "kept",
                "attempts": 0,
                "reason": mail.reason,
                "sender": mail.sender,
                "at": unit.now,
            }
            if store.keep(unit.connection, row) and mail.reason:
                unit.announce(
                    MessageQuarantined(
                        at=unit.now,
                        channel_id=self._account.id,
                        quarantine_id=row["id"],
                        reason=mail.reason,
                    )
                )
        store.set_position(unit, self._account.id, self._place, position)

    async def skipped(self, uid: int, reason: str) -> None:
        said.warning("a mail was skipped", channel=self._account.key, uid=uid, reason=reason)
        skip = partial(MailSkipped, channel_id=self._account.id, uid=uid, reason=reason)
        await self._database.write(lambda unit: unit.announce(skip(at=unit.now)))

    async def trouble(self, problem: ImapTrouble, attempts: int) -> None:
        if attempts >= DOWN_AFTER or isinstance(problem, SignInRefused):
            await self._health.note(self._account, f"{type(problem).__name__}: {problem}")

    async def well(self) -> None:
        await self._health.note(self._account)
