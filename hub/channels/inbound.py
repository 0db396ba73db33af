"""What comes in, from whatever channel: received, or kept aside in quarantine. Nothing is lost in
between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from hub.channels import store
from hub.channels.events import MessageQuarantined
from hub.channels.port import Account
from hub.channels.registry import Registry
from hub.conversations.model import Inbound, Received
from hub.conversations.receiving import receive
from hub.kernel.crashpoint import crashpoint
from hub.kernel.errors import Conflict, NotFound
from hub.storage.blobs import Blobs
from hub.storage.database import Database
from hub.storage.unit import Unit

said = structlog.get_logger("hub.inbound")


class NotQuarantined(NotFound):
    """There is no such message in quarantine."""


class StillUnreadable(Conflict):
    """It still cannot be understood."""

    code = "still_unreadable"


class Inbox:
    """The hub's side of receiving (``port.Receiving``)."""

    def __init__(self, database: Database, blobs: Blobs, registry: Registry) -> None:
        self._database = database
        self._blobs = blobs
        self._registry = registry
        self.received = 0
        self.duplicates = 0

    async def receive(self, inbound: Inbound) -> Received:
        """Keep a message; answers after the commit."""
        answer = await self._database.write_together(receive, inbound)
        self.received += 1
        self.duplicates += answer.duplicate
        crashpoint("IN7")
        return answer

    async def quarantine(
        self, account: Account, key: str, raw: bytes, reason: str, *, sender: str = ""
    ) -> None:
        """Keep what could not be understood; the same key again changes nothing."""
        digest = await self._blobs.put(raw)
        await self._database.write(
            lambda unit: _quarantine(unit, account, key, digest, reason, sender)
        )
        said.warning("quarantined", channel=account.key, key=key, reason=reason)

    async def replay(self, quarantine_id: str) -> None:
        """Try again to understand one; ``StillUnreadable`` with the reason when that fails."""
        row = await self._database.read(store.find_inbox, quarantine_id)
        if row is None or row.state != "quarantined":
            raise NotQuarantined
        account = self._registry.get(row.channel_id)
        raw = await self._blobs.get(row.digest)
        try:
            await self._registry.kinds[account.kind].replay(account, row.key, raw)
        except Exception as error:
            reason = str(error) or type(error).__name__
            await self._database.write(
                lambda unit: store.update_inbox(
                    unit, row.id, reason=reason, attempts=row.attempts + 1
                )
            )
            raise StillUnreadable(reason=reason) from error
        await self._database.write(lambda unit: store.update_inbox(unit, row.id, state="received"))


def _quarantine(
    unit: Unit, account: Account, key: str, digest: str, reason: str, sender: str
) -> None:
    before = store.find_inbox_key(unit.connection, account.id, key)
    if before is not None and before.state != "kept":
        return
    if before is None:
        id_ = unit.new_id()
        row: dict[str, Any] = {
            "id": id_,
            "channel_id": account.id,
            "key": key,
            "digest": digest,
            "state": "quarantined",
            "attempts": 1,
            "reason": reason,
            "sender": sender,
            "at": unit.now,
            "message_id": None,
        }
        store.insert_inbox(unit.connection, [row])
    else:
        id_ = before.id
        store.update_inbox(unit, id_, state="quarantined", reason=reason, sender=sender)
    unit.announce(
        MessageQuarantined(at=unit.now, channel_id=account.id, quarantine_id=id_, reason=reason)
    )


def received_all(unit: Unit, batch: Sequence[Inbound]) -> list[Received]:
    """Several messages in one unit of work that does more (the e-mail channel marks its
    letters).
    """
    return receive(unit, batch)
