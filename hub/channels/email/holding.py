"""Which mailboxes this node reads: where several nodes share a database, one at a time reads
each."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from hub.kernel.clock import Millis
from hub.kernel.errors import StorageDown
from hub.storage import leases
from hub.storage.database import Database

LENGTH = Millis(30_000)
RENEW_AFTER = 8.0
MARGIN = 5.0

said = structlog.get_logger("hub.email")


class Hold:
    """The right to read one mailbox, renewed while ``run`` runs. On SQLite there is one node: it
    always holds."""

    def __init__(self, database: Database, channel_id: str, holder: str) -> None:
        self._database = database
        self._name = f"imap:{channel_id}"
        self._holder = holder
        self._until = 0.0
        self.channel_id = channel_id

    @property
    def is_held(self) -> bool:
        return self._database.is_sqlite or asyncio.get_running_loop().time() < self._until

    async def may_work(self) -> bool:
        """Asked before every session and round of a mailbox."""
        return self.is_held

    async def run(self) -> None:
        """Take and renew until cancelled; then let others have it at once."""
        if self._database.is_sqlite:
            return
        try:
            while True:
                await self.renew()
                await asyncio.sleep(RENEW_AFTER)
        finally:
            self._until = 0.0
            await self._give_back()

    async def renew(self) -> None:
        """Take the lease, or keep it."""
        asked = asyncio.get_running_loop().time()
        take = partial(leases.take, name=self._name, holder=self._holder, length=LENGTH)
        try:
            lease = await self._database.write(take)
        except StorageDown as trouble:
            said.warning("a lease could not be renewed", lease=self._name, because=str(trouble))
            return
        # Our own clock, begun before we asked and shorter than the lease: we stop before others
        # start.
        self._until = asked + LENGTH / 1000 - MARGIN if lease else 0.0

    async def _give_back(self) -> None:
        give = partial(leases.give_back, name=self._name, holder=self._holder)
        try:
            await self._database.write(give)
        except StorageDown as trouble:
            said.warning("a lease runs out by itself", lease=self._name, because=str(trouble))
