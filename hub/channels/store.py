"""Channels, the outbox and the quarantine as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    bindparam,
    func,
    select,
    text,
    tuple_,
    update,
)

from hub.kernel.clock import Millis
from hub.storage.schema import metadata
from hub.storage.sql import Json, many
from hub.storage.unit import Unit

channels = Table(
    "channels",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rev", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("queue_id", Text),
    Column("language", Text),
    Column("reply_within", BigInteger),
    Column("enabled", Boolean(create_constraint=False), nullable=False),
    Column("settings", Json, nullable=False),
    Column("secrets", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False, index=True),
    Column("conversation_id", Text, nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("phase", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("leased_until", BigInteger, nullable=False),
    Column("leased_by", Text),
    Column("began_at", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
)
Index(
    "ix_outbox_due",
    outbox.c.due_at,
    sqlite_where=text("state IN ('pending', 'leased')"),
    postgresql_where=text("state IN ('pending', 'leased')"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("message_id", Text),
)
Index("uq_inbox_key", inbox.c.key, inbox.c.channel_id, unique=True)
Index(
    "ix_inbox_open",
    inbox.c.at,
    sqlite_where=text("state IN ('kept', 'quarantined')"),
    postgresql_where=text("state IN ('kept', 'quarantined')"),
)

_is_open = text("inbox.state IN ('kept', 'quarantined')")  # in the index's own words: it is used
_all_channels = select(channels).order_by(channels.c.key)
_due = (
    select(outbox)
    .where(
        outbox.c.state.in_(("pending", "leased")),
        outbox.c.due_at <= bindparam("now"),
        outbox.c.leased_until <= bindparam("now"),
    )
    .order_by(outbox.c.due_at, outbox.c.id)
    .limit(bindparam("most"))
)
_next_due = select(func.min(outbox.c.due_at)).where(outbox.c.state.in_(("pending", "leased")))


def every_channel(connection: Connection) -> list[Any]:
    return list(connection.execute(_all_channels))


def find_channel(connection: Connection, channel_id: str) -> Any:
    return connection.execute(select(channels).where(channels.c.id == channel_id)).first()


def insert_channel(unit: Unit, row: dict[str, Any]) -> None:
    unit.connection.execute(channels.insert(), row)


def update_channel(unit: Unit, channel_id: str, values: dict[str, Any]) -> None:
    unit.connection.execute(update(channels).where(channels.c.id == channel_id).values(**values))


# -- outbox --------------------------------------------------------------------------------------


def insert_outbox(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    many(connection, outbox.insert(), rows)


def due(unit: Unit, most: int) -> list[Any]:
    statement = _due
    if unit.connection.dialect.name == "postgresql":
        statement = statement.with_for_update(skip_locked=True)
    return list(unit.connection.execute(statement, {"now": unit.now, "most": most}))


def next_due(connection: Connection) -> Millis | None:
    return connection.execute(_next_due).scalar()


def update_outbox(unit: Unit, id_: str, **values: Any) -> None:
    unit.connection.execute(update(outbox).where(outbox.c.id == id_).values(**values))


def outbox_of(connection: Connection, message_id: str) -> list[Any]:
    return list(connection.execute(select(outbox).where(outbox.c.message_id == message_id)))


def outbox_counts(connection: Connection) -> dict[tuple[str, str], int]:
    """How many sends are in each state, by channel: the outgoing half of the conservation
    balance.
    """
    rows = connection.execute(
        select(outbox.c.channel_id, outbox.c.state, func.count()).group_by(
            outbox.c.channel_id, outbox.c.state
        )
    )
    return {(channel_id, state): count for channel_id, state, count in rows}


# -- inbox: raw letters, and what could not be understood ----------------------------------------


def insert_inbox(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    many(connection, inbox.insert(), rows)


def find_inbox_key(connection: Connection, channel_id: str, key: str) -> Any:
    return connection.execute(
        select(inbox).where(inbox.c.channel_id == channel_id, inbox.c.key == key)
    ).first()


def find_inbox(connection: Connection, id_: str) -> Any:
    return connection.execute(select(inbox).where(inbox.c.id == id_)).first()


def inbox_in(
    connection: Connection,
    state: str,
    limit: int = 200,
    channel_id: str | None = None,
    after: tuple[Any, ...] | None = None,
) -> list[Any]:
    """Open letters in a state, oldest first; those behind the place ``after`` (moment, id)."""
    statement = (
        select(inbox)
        .where(inbox.c.state == state, _is_open)
        .order_by(inbox.c.at, inbox.c.id)
        .limit(limit)
    )
    if channel_id is not None:
        statement = statement.where(inbox.c.channel_id == channel_id)
    if after is not None:
        statement = statement.where(tuple_(inbox.c.at, inbox.c.id) > tuple_(*after))
    return list(connection.execute(statement))


def quarantined_by_channel(connection: Connection) -> dict[str, int]:
    """How much of each channel lies in quarantine."""
    rows = connection.execute(
        select(inbox.c.channel_id, func.count())
        .where(inbox.c.state == "quarantined", _is_open)
        .group_by(inbox.c.channel_id)
    )
    return {row.channel_id: row[1] for row in rows}


def update_inbox(unit: Unit, id_: str, **values: Any) -> None:
    unit.connection.execute(update(inbox).where(inbox.c.id == id_).values(**values))


def inbox_counts(connection: Connection) -> dict[tuple[str, str], int]:
    """How many raw letters are in each state, by channel."""
    rows = connection.execute(
        select(inbox.c.channel_id, inbox.c.state, func.count()).group_by(
            inbox.c.channel_id, inbox.c.state
        )
    )
    return {(channel_id, state): count for channel_id, state, count in rows}
