"""Which channels there are: the kinds that the code knows, and the accounts that an administrator
set up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from hub.channels import store
from hub.channels.events import ChannelChanged
from hub.channels.port import Account, Channel
from hub.channels.secrets import Vault
from hub.kernel.clock import Millis
from hub.kernel.errors import Conflict, Fault, Invalid, NotFound
from hub.kernel.ids import ChannelId, QueueId
from hub.storage.database import Database
from hub.storage.log import Logged
from hub.storage.unit import Unit


class NoSuchChannel(NotFound):
    """There is no such channel."""


class KeyTaken(Conflict):
    """Another channel has this key."""

    code = "key_taken"


class Registry:
    """The channels of this hub, held in memory and renewed when one is changed.

    ``changed`` is set when accounts were added, changed or switched off; whoever runs loops for
    them looks again.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._accounts: dict[str, Account] = {}
        self._by_key: dict[str, Account] = {}
        self.kinds: dict[str, Channel] = {}
        self.changed = asyncio.Event()

    def add_kind(self, channel: Channel) -> None:
        self.kinds[channel.kind] = channel

    async def load(self) -> None:
        """Read all accounts."""
        rows = await self._database.read(store.every_channel)
        accounts = [self.account_of(row) for row in rows]
        self._accounts = {account.id: account for account in accounts}
        self._by_key = {account.key: account for account in accounts}
        self.changed.set()

    def hear(self, lines: Sequence[Logged]) -> None:
        """Follow: renew when a channel was changed, on this node or another."""
        if lines:
            self._loading = asyncio.get_running_loop().create_task(self.load())

    def account_of(self, row: Any) -> Account:
        """An account as its row has it, its secrets open."""
        return Account(
            id=row.id,
            rev=row.rev,
            kind=row.kind,
            key=row.key,
            name=row.name,
            queue_id=row.queue_id,
            language=row.language,
            reply_within=row.reply_within,
            enabled=row.enabled,
            settings=row.settings,
            secrets=self._vault.open(row.secrets, row.id),
        )

    @property
    def accounts(self) -> Sequence[Account]:
        return tuple(self._accounts.values())

    def of_kind(self, kind: str) -> list[Account]:
        """The enabled accounts of one kind."""
        return [a for a in self._accounts.values() if a.kind == kind and a.enabled]

    def get(self, channel_id: str) -> Account:
        account = self._accounts.get(channel_id)
        if account is None:
            raise NoSuchChannel
        return account

    def by_key(self, kind: str, key: str) -> Account | None:
        """The enabled account that others know by this key."""
        account = self._by_key.get(key)
        return account if account is not None and account.kind == kind and account.enabled else None

    def read(self, unit: Unit, channel_id: str) -> Account:
        """An account as this transaction has left it."""
        row = store.find_channel(unit.connection, channel_id)
        if row is None:
            raise NoSuchChannel
        return self.account_of(row)

    # -- commands --------------------------------------------------------------------------------

    def add(
        self,
        unit: Unit,
        *,
        kind: str,
        key: str,
        name: str,
        queue_id: QueueId | None,
        language: str | None = None,
        reply_within: Millis | None = None,
        settings: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
        enabled: bool = True,
        by: str = "hub",
    ) -> ChannelId:
        """Add a channel. ``KeyTaken``, or ``Invalid`` for a kind the hub does not know."""
        if kind not in self.kinds:
            raise Invalid(
                "no such kind of channel", Fault("/kind", f"one of {', '.join(self.kinds)}")
            )
        if any(row.key == key for row in store.every_channel(unit.connection)):
            raise KeyTaken(key=key)
        channel_id = ChannelId(unit.new_id())
        store.insert_channel(
            unit,
            {
                "id": channel_id,
                "rev": 1,
                "kind": kind,
                "key": key,
                "name": name,
                "queue_id": queue_id,
                "language": language,
                "reply_within": reply_within,
                "enabled": enabled,
                "settings": dict(settings or {}),
                "secrets": self._vault.close(secrets or {}, channel_id),
            },
        )
        unit.announce(ChannelChanged(at=unit.now, actor=by, channel_id=channel_id))
        return channel_id

    def change(
        self,
        unit: Unit,
        channel_id: str,
        changes: Mapping[str, Any],
        secrets: Mapping[str, str | None] | None,
        *,
        by: str,
    ) -> None:
        """Change a channel; secrets that are given replace those of the same name, None takes one
        away.
        """
        row = store.find_channel(unit.connection, channel_id)
        if row is None:
            raise NoSuchChannel
        values = dict(changes) | {"rev": row.rev + 1}
        if secrets:
            held = self._vault.open(row.secrets, channel_id)
            values["secrets"] = self._vault.close(merged(held, secrets), channel_id)
        store.update_channel(unit, channel_id, values)
        unit.announce(ChannelChanged(at=unit.now, actor=by, channel_id=channel_id))


def merged(held: Mapping[str, str], given: Mapping[str, str | None]) -> dict[str, str]:
    """Secrets after a change: what is given replaces what is held, None takes it away."""
    return {name: value for name, value in {**held, **given}.items() if value is not None}


def names(connection: Connection) -> dict[str, str]:
    """What each channel is called, by id."""
    return {row.id: row.name for row in store.every_channel(connection)}
