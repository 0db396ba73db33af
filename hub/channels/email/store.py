"""Mailboxes as rows: how far each has been read, which mails wait, who was answered and what
became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    exists,
    func,
    select,
    text,
    union,
)

from hub.channels.email.mailbox import Position
from hub.channels.store import inbox
from hub.conversations.store import conversations, messages
from hub.customers.store import identities
from hub.kernel.clock import Millis
from hub.kernel.ids import ConversationId
from hub.storage.schema import metadata
from hub.storage.sql import many, one_of, texts
from hub.storage.unit import Unit

mailbox_positions = Table(
    "mailbox_positions",
    metadata,
    Column("channel_id", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    PrimaryKeyConstraint("channel_id", "place"),
)

mail_recipients = Table(
    "mail_recipients",
    metadata,
    Column("message_id", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("conversation_id", Text, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("detail", Text, nullable=False),
    PrimaryKeyConstraint("message_id", "recipient"),
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel_id", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Index("ix_acknowledgements_lately", acknowledgements.c.channel_id, acknowledgements.c.at)


# -- how far a mailbox has been read ---------------------------------------------------------------


def position(connection: Connection, channel_id: str, place: str) -> Position | None:
    row = connection.execute(
        select(mailbox_positions).where(
            mailbox_positions.c.channel_id == channel_id, mailbox_positions.c.place == place
        )
    ).first()
    return None if row is None else Position(row.uidvalidity, row.uid)


_set_position = text(
    "INSERT INTO mailbox_positions (channel_id, place, uidvalidity, uid)"
    " VALUES (:channel_id, :place, :uidvalidity, :uid)"
    " ON CONFLICT (channel_id, place) DO UPDATE"
    " SET uidvalidity = excluded.uidvalidity, uid = excluded.uid"
)


def set_position(unit: Unit, channel_id: str, place: str, at: Position) -> None:
    values = {"channel_id": channel_id, "place": place}
    unit.connection.execute(_set_position, values | {"uidvalidity": at.uidvalidity, "uid": at.uid})


# -- mails that wait to be read ------------------------------------------------------------------


_keep = text(
    "INSERT INTO inbox (id, channel_id, key, digest, state, attempts, reason, sender, at)"
    " VALUES (:id, :channel_id, :key, :digest, :state, :attempts, :reason, :sender, :at)"
    " ON CONFLICT (key, channel_id) DO NOTHING"
)


def keep(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Add a mail; False when this mailbox has had it before."""
    return bool(connection.execute(_keep, row).rowcount)


_waiting = (
    select(inbox)
    .where(inbox.c.state == "kept", one_of(inbox.c.channel_id, "channels"))
    .order_by(inbox.c.attempts, inbox.c.at, inbox.c.id)
    .limit(bindparam("most"))
)


def waiting(connection: Connection, channels: Iterable[str], most: int) -> list[Any]:
    """Mails kept and not yet read, the oldest first; those that failed before, last."""
    return list(connection.execute(_waiting, {"channels": texts(channels), "most": most}))


_understood = (
    inbox.update()
    .where(inbox.c.id == bindparam("b_id"))
    .values(state="received", message_id=bindparam("b_message_id"), reason="")
)


def note_received(unit: Unit, made: Sequence[tuple[str, str]]) -> None:
    """Note which message each mail (inbox id, message id) became."""
    rows = [{"b_id": id_, "b_message_id": message_id} for id_, message_id in made]
    many(unit.connection, _understood, rows)


# -- what a mail refers to, and who takes part ---------------------------------------------------


_conversations = select(messages.c.id, messages.c.conversation_id).where(
    one_of(messages.c.id, "ids"), messages.c.direction == "out"
)
_addresses = union(
    select(messages.c.conversation_id, identities.c.address)
    .join(identities, identities.c.customer_id == messages.c.author_id)
    .where(
        one_of(messages.c.conversation_id, "ids"),
        messages.c.direction == "in",
        identities.c.kind == "email",
    ),
    select(mail_recipients.c.conversation_id, mail_recipients.c.recipient).where(
        one_of(mail_recipients.c.conversation_id, "ids")
    ),
)


def conversations_of(connection: Connection, ids: Iterable[str]) -> dict[str, ConversationId]:
    """Which conversation each message of ours belongs to."""
    rows = connection.execute(_conversations, {"ids": texts(ids)})
    return {row.id: row.conversation_id for row in rows}


def participants(
    connection: Connection, ids: Iterable[ConversationId]
) -> dict[ConversationId, set[str]]:
    """Who takes part in conversations: who wrote in them, and to whom we wrote; lower case."""
    found: dict[ConversationId, set[str]] = {}
    for id_, address in connection.execute(_addresses, {"ids": texts(ids)}):
        found.setdefault(id_, set()).add(address.lower())
    return found


# -- recipients of an answer ---------------------------------------------------------------------


def recipients(connection: Connection, message_id: str) -> dict[str, Any]:
    """What became of an answer for each recipient, so far."""
    rows = connection.execute(
        select(mail_recipients).where(mail_recipients.c.message_id == message_id)
    )
    return {row.recipient: row for row in rows}


_set_recipient = text(
    "INSERT INTO mail_recipients (message_id, recipient, conversation_id, state, detail)"
    " VALUES (:message_id, :recipient, :conversation_id, :state, :detail)"
    " ON CONFLICT (message_id, recipient) DO UPDATE"
    " SET state = excluded.state, detail = excluded.detail"
)


def set_recipients(unit: Unit, rows: Sequence[dict[str, Any]]) -> None:
    many(unit.connection, _set_recipient, rows)


# -- acknowledgements ----------------------------------------------------------------------------


def add_acknowledgement(unit: Unit, row: Mapping[str, Any]) -> None:
    unit.connection.execute(acknowledgements.insert(), row)


def find_acknowledgement(connection: Connection, id_: str) -> Any:
    return connection.execute(select(acknowledgements).where(acknowledgements.c.id == id_)).first()


def set_acknowledgement(unit: Unit, id_: str, state: str) -> None:
    unit.connection.execute(
        acknowledgements.update().where(acknowledgements.c.id == id_).values(state=state)
    )


def acknowledged(
    connection: Connection, channel_id: str, since: Millis, address: str | None, domain: str | None
) -> tuple[int, Millis | None]:
    """How many acknowledgements left since then (to an address, a domain), and when the newest."""
    statement = select(func.count(), func.max(acknowledgements.c.at)).where(
        acknowledgements.c.channel_id == channel_id, acknowledgements.c.at > since
    )
    if address is not None:
        statement = statement.where(acknowledgements.c.address == address)
    if domain is not None:
        statement = statement.where(acknowledgements.c.domain == domain)
    count, newest = connection.execute(statement).one()
    return int(count), newest


_answered = messages.alias("answered")
_unanswered = (
    select(func.count())
    .select_from(messages.join(conversations, conversations.c.id == messages.c.conversation_id))
    .where(
        conversations.c.customer_id == bindparam("customer_id"),
        conversations.c.channel_id == bindparam("channel_id"),
        messages.c.direction == "in",
        messages.c.at > bindparam("since"),
        ~exists().where(
            _answered.c.conversation_id == messages.c.conversation_id,
            _answered.c.ordinal > messages.c.ordinal,
            _answered.c.author_kind == "agent",
        ),
    )
)


def machine_exchanges(
    connection: Connection, channel_id: str, customer_id: str, since: Millis
) -> int:
    """How many mails of a customer came since then that no person on our side has answered."""
    values = {"customer_id": customer_id, "channel_id": channel_id, "since": since}
    return int(connection.execute(_unanswered, values).scalar_one())
