"""Conversations, messages, attachments, drafts and uploads as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)

from hub.conversations.model import (
    Attachment,
    Author,
    Conversation,
    Direction,
    Message,
    Routing,
    State,
    Status,
)
from hub.kernel.clock import Millis
from hub.kernel.ids import ConversationId, MessageId
from hub.storage.schema import metadata
from hub.storage.sql import (
    BulkInsert,
    BulkUpdate,
    Json,
    Lookup,
    held,
    json_text,
    many,
    one_of,
    text_within,
    texts,
)
from hub.storage.unit import Unit

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rev", Integer, nullable=False),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("thread_key", Text, nullable=False),
    Column("customer_id", Text, ForeignKey("customers.id"), nullable=False),
    Column("customer_name", Text, nullable=False),
    Column("subject", Text),
    Column("status", Text, nullable=False),
    Column("routing", Text, nullable=False),
    Column("queue_id", Text),
    Column("agent_id", Text),
    Column("language", Text),
    Column("opened_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("waiting_since", BigInteger),
    Column("first_reply_due", BigInteger),
    Column("last_message_at", BigInteger, nullable=False),
    Column("preview", Json, nullable=False),
    Column("unread", Integer, nullable=False),
    Column("message_count", Integer, nullable=False),
    Column("last_ordinal", Integer, nullable=False),
    Column("ticket_ids", Json, nullable=False),
    Column("rating", Json),
    Column("wrap_up_until", BigInteger),
)
_is_open = conversations.c.status == literal_column("'open'")  # so that the index is used
Index(
    "uq_conversations_open_thread",
    conversations.c.thread_key,
    conversations.c.channel_id,
    unique=True,
    sqlite_where=text("status = 'open'"),
    postgresql_where=text("status = 'open'"),
)
Index("ix_conversations_customer", conversations.c.customer_id, conversations.c.opened_at)
Index("ix_conversations_activity", conversations.c.last_message_at, conversations.c.id)
Index(
    "ix_conversations_agent",
    conversations.c.agent_id,
    sqlite_where=text("status = 'open' AND agent_id IS NOT NULL"),
    postgresql_where=text("status = 'open' AND agent_id IS NOT NULL"),
)
Index(
    "ix_conversations_waiting",
    conversations.c.routing,
    sqlite_where=text("routing IN ('waiting', 'offered')"),
    postgresql_where=text("routing IN ('waiting', 'offered')"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rev", Integer, nullable=False),
    Column("conversation_id", Text, ForeignKey("conversations.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("direction", Text, nullable=False),
    Column("author_kind", Text, nullable=False),
    Column("author_id", Text),
    Column("author_name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text),
    Column("quoted", Text),
    Column("subject", Text),
    Column("at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text),
    Column("attachments", Json, nullable=False),
    Column("automatic", Boolean(create_constraint=False), nullable=False),
    Column("trust", Text),
    Column("raw", Text),
    Column("key", Text),
    Column("channel_id", Text),
    Column("facts", Json),
    Column("reference", Text),
)
Index("uq_messages_place", messages.c.conversation_id, messages.c.ordinal, unique=True)
Index(
    "uq_messages_key",
    messages.c.key,
    messages.c.channel_id,
    unique=True,
    sqlite_where=text("key IS NOT NULL"),
    postgresql_where=text("key IS NOT NULL"),
)

Index(
    "ix_messages_reference",
    messages.c.reference,
    sqlite_where=text("reference IS NOT NULL"),
    postgresql_where=text("reference IS NOT NULL"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False, index=True),
    Column("conversation_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("inline", Boolean(create_constraint=False), nullable=False),
    Column("content_id", Text),
)

drafts = Table(
    "drafts",
    metadata,
    Column("agent_id", Text, nullable=False),
    Column("conversation_id", Text, ForeignKey("conversations.id"), nullable=False),
    Column("mode", Text, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("attachments", Json, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("agent_id", "conversation_id", "mode"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
)

_one = select(conversations).where(conversations.c.id == bindparam("id"))
_several = select(conversations).where(one_of(conversations.c.id, "ids"))
_open_threads = select(conversations).where(one_of(conversations.c.thread_key, "keys"), _is_open)
_one_held, _several_held = held(_one, by_id=True), held(_several, by_id=True)
_open_threads_held = Lookup(held(_open_threads), "keys")
_known_keys = Lookup(
    select(messages.c.channel_id, messages.c.key, messages.c.id, messages.c.conversation_id).where(
        one_of(messages.c.key, "keys")
    ),
    "keys",
)
_insert_conversation = BulkInsert(conversations)
_insert_message = BulkInsert(messages)
_insert_attachment = attachments.insert()
_message = select(messages).where(messages.c.id == bindparam("id"))
_message_held = held(_message, by_id=True)
_thread = (
    select(messages)
    .where(
        messages.c.conversation_id == bindparam("conversation_id"),
        messages.c.ordinal < bindparam("before"),
    )
    .order_by(messages.c.ordinal.desc())
    .limit(bindparam("limit"))
)
_CHANGING = (
    "rev",
    "customer_name",
    "subject",
    "status",
    "routing",
    "queue_id",
    "agent_id",
    "language",
    "ended_at",
    "waiting_since",
    "first_reply_due",
    "last_message_at",
    "preview",
    "unread",
    "message_count",
    "last_ordinal",
    "ticket_ids",
    "rating",
    "wrap_up_until",
)
_PROGRESS = (
    "rev",
    "last_message_at",
    "preview",
    "unread",
    "message_count",
    "last_ordinal",
    "waiting_since",
    "first_reply_due",
)
_save = BulkUpdate(conversations, _CHANGING)
_save_progress = BulkUpdate(conversations, _PROGRESS)
_STATUS = {status.value: status for status in Status}
_ROUTING = {routing.value: routing for routing in Routing}
_columns = list(conversations.c.keys())
_AT_STATUS, _AT_ROUTING = _columns.index("status"), _columns.index("routing")
_AT_TICKETS = _columns.index("ticket_ids")
_AT_JSON = [at for at, column in enumerate(conversations.c) if isinstance(column.type, Json)]


def conversation_of(row: Any) -> Conversation:
    """A row of ``conversations``, whose columns stand in the order of the model's fields."""
    values = list(row)
    values[_AT_STATUS] = _STATUS[values[_AT_STATUS]]
    values[_AT_ROUTING] = _ROUTING[values[_AT_ROUTING]]
    values[_AT_TICKETS] = tuple(values[_AT_TICKETS])
    return Conversation(*values)


def message_of(row: Any) -> Message:
    return Message(
        id=row.id,
        rev=row.rev,
        conversation_id=row.conversation_id,
        ordinal=row.ordinal,
        direction=Direction(row.direction),
        author=Author(row.author_kind, row.author_id, row.author_name),
        text=row.text,
        html=row.html,
        quoted=row.quoted,
        subject=row.subject,
        at=row.at,
        state=State(row.state),
        error=row.error,
        attachments=tuple(Attachment(**facts) for facts in row.attachments),
        automatic=row.automatic,
        trust=row.trust,
        raw=row.raw,
    )


def find(
    connection: Connection, conversation_id: str, *, lock: bool = False
) -> Conversation | None:
    """A conversation; ``lock``: it will be changed, and stays as it is until the commit."""
    statement = _one_held[connection.dialect.name] if lock else _one
    row = connection.execute(statement, {"id": conversation_id}).first()
    return None if row is None else conversation_of(row)


def find_several(
    connection: Connection, ids: Iterable[str], *, lock: bool = False
) -> dict[str, Conversation]:
    """Conversations by their ids; ``lock`` as in ``find``."""
    statement = _several_held[connection.dialect.name] if lock else _several
    rows = connection.execute(statement, {"ids": texts(ids)})
    return {row.id: conversation_of(row) for row in rows}


def open_threads(
    connection: Connection, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Conversation]:
    """The open conversation of each (channel_id, thread_key) that has one, to be changed."""
    found = map(_conversation_as_kept, _open_threads_held(connection, (key for _, key in keys)))
    return {(talk.channel_id, talk.thread_key): talk for talk in found}


def _conversation_as_kept(row: tuple[Any, ...]) -> Conversation:
    """A row of ``conversations`` whose JSON is still text."""
    values = list(row)
    for at in _AT_JSON:
        if values[at] is not None:
            values[at] = msgspec.json.decode(values[at])
    return conversation_of(values)


def known_keys(
    connection: Connection, keys: Iterable[str]
) -> dict[tuple[str, str], tuple[MessageId, ConversationId]]:
    """Which messages are kept already: (channel_id, key) -> message and conversation."""
    return {
        (channel_id, key): (message_id, conversation_id)
        for channel_id, key, message_id, conversation_id in _known_keys(connection, keys)
    }


def insert_conversations(connection: Connection, new: Sequence[Conversation]) -> None:
    _insert_conversation(
        connection,
        [
            (
                c.id,
                c.rev,
                c.number,
                c.channel,
                c.channel_id,
                c.thread_key,
                c.customer_id,
                c.customer_name,
                c.subject,
                c.status.value,
                c.routing.value,
                c.queue_id,
                c.agent_id,
                c.language,
                c.opened_at,
                c.ended_at,
                c.waiting_since,
                c.first_reply_due,
                c.last_message_at,
                json_text(c.preview),
                c.unread,
                c.message_count,
                c.last_ordinal,
                json_text(c.ticket_ids),
                json_text(c.rating),
                c.wrap_up_until,
            )
            for c in new
        ],
    )


def save_conversations(connection: Connection, changed: Sequence[Conversation]) -> None:
    """Write conversations back. The caller has raised their ``rev``."""
    _save(
        connection,
        [
            (
                c.rev,
                c.customer_name,
                c.subject,
                c.status.value,
                c.routing.value,
                c.queue_id,
                c.agent_id,
                c.language,
                c.ended_at,
                c.waiting_since,
                c.first_reply_due,
                c.last_message_at,
                json_text(c.preview),
                c.unread,
                c.message_count,
                c.last_ordinal,
                json_text(c.ticket_ids),
                json_text(c.rating),
                c.wrap_up_until,
                c.id,
            )
            for c in changed
        ],
    )


def save_progress(connection: Connection, changed: Sequence[Conversation]) -> None:
    """Write back only what one more message changes."""
    _save_progress(
        connection,
        [
            (
                c.rev,
                c.last_message_at,
                json_text(c.preview),
                c.unread,
                c.message_count,
                c.last_ordinal,
                c.waiting_since,
                c.first_reply_due,
                c.id,
            )
            for c in changed
        ],
    )


class Outside(Struct, frozen=True):
    """What the channel knows of a message: its key there, what it needs to answer, its reference
    (Message-ID).
    """

    key: str | None
    channel_id: str | None
    facts: Mapping[str, Any] | None = None
    reference: str | None = None


_INSIDE = Outside(None, None)


def insert_messages(
    connection: Connection, new: Sequence[Message], outside: Sequence[Outside] | None = None
) -> None:
    """Add messages; ``outside`` says what the channel knows of each."""
    known = outside or [_INSIDE] * len(new)
    _insert_message(
        connection,
        [
            (
                m.id,
                m.rev,
                m.conversation_id,
                m.ordinal,
                m.direction.value,
                m.author.kind,
                m.author.id,
                m.author.name,
                m.text,
                m.html,
                m.quoted,
                m.subject,
                m.at,
                m.state.value,
                m.error,
                json_text(m.attachments),
                m.automatic,
                m.trust,
                m.raw,
                o.key,
                o.channel_id,
                json_text(o.facts),
                o.reference,
            )
            for m, o in zip(new, known, strict=True)
        ],
    )
    files = [
        {**asdict(attachment), "message_id": message.id, "conversation_id": message.conversation_id}
        for message in new
        for attachment in message.attachments
    ]
    many(connection, _insert_attachment, files)


def find_message(connection: Connection, message_id: str, *, lock: bool = False) -> Message | None:
    """A message; ``lock`` as in ``find``."""
    statement = _message_held[connection.dialect.name] if lock else _message
    row = connection.execute(statement, {"id": message_id}).first()
    return None if row is None else message_of(row)


def thread(connection: Connection, conversation_id: str, before: int, limit: int) -> list[Message]:
    """Up to ``limit`` messages with an ordinal below ``before``, oldest first."""
    rows = connection.execute(
        _thread, {"conversation_id": conversation_id, "before": before, "limit": limit}
    )
    return [message_of(row) for row in rows][::-1]


def set_message_state(
    unit: Unit, message_id: str, rev: int, state: State, error: str | None
) -> None:
    unit.connection.execute(
        messages.update()
        .where(messages.c.id == message_id)
        .values(rev=rev, state=state.value, error=error)
    )


def unread_messages(
    connection: Connection, conversation_id: str, ordinal: int
) -> list[tuple[str, int]]:
    """Customer's messages up to ``ordinal`` that nobody has read, to be changed: id and rev."""
    statement = select(messages.c.id, messages.c.rev).where(
        messages.c.conversation_id == conversation_id,
        messages.c.ordinal <= ordinal,
        messages.c.direction == "in",
        messages.c.state == "received",
    )
    rows = connection.execute(held(statement)[connection.dialect.name])
    return [(row.id, row.rev) for row in rows]


def unseen_replies(
    connection: Connection, conversation_id: str, ordinal: int, states: Sequence[str]
) -> list[tuple[str, int]]:
    """Agents' messages up to ``ordinal`` in one of these states, to be changed: id and rev."""
    statement = select(messages.c.id, messages.c.rev).where(
        messages.c.conversation_id == conversation_id,
        messages.c.ordinal <= ordinal,
        messages.c.direction == "out",
        messages.c.state.in_(states),
    )
    rows = connection.execute(held(statement)[connection.dialect.name])
    return [(row.id, row.rev) for row in rows]


def set_states(unit: Unit, ids: Sequence[tuple[str, int]], state: State) -> None:
    """Raise these messages (id, rev) to ``state``."""
    statement = (
        messages.update()
        .where(messages.c.id == bindparam("b_id"))
        .values(state=state.value, rev=bindparam("b_rev"))
    )
    many(unit.connection, statement, [{"b_id": id_, "b_rev": rev + 1} for id_, rev in ids])


def has_reply(connection: Connection, conversation_id: str) -> bool:
    """True when an agent has answered already."""
    return (
        connection.execute(
            select(messages.c.id)
            .where(messages.c.conversation_id == conversation_id, messages.c.direction == "out")
            .limit(1)
        ).first()
        is not None
    )


def colleagues_since(
    connection: Connection, conversation_id: str, ordinal: int, me: str
) -> int | None:
    """The ordinal of the newest reply by another agent after ``ordinal``, if any."""
    return connection.execute(
        select(func.max(messages.c.ordinal)).where(
            messages.c.conversation_id == conversation_id,
            messages.c.ordinal > ordinal,
            messages.c.direction == "out",
            messages.c.author_id != me,
        )
    ).scalar()


def last_facts(connection: Connection, conversation_id: str) -> dict[str, Any]:
    """What the channel noted of the customer's last message."""
    facts = connection.execute(
        select(messages.c.facts)
        .where(messages.c.conversation_id == conversation_id, messages.c.direction == "in")
        .order_by(messages.c.ordinal.desc())
        .limit(1)
    ).scalar()
    return facts or {}


def find_attachment(
    connection: Connection, attachment_id: str
) -> tuple[ConversationId, Attachment] | None:
    row = connection.execute(select(attachments).where(attachments.c.id == attachment_id)).first()
    if row is None:
        return None
    return row.conversation_id, Attachment(
        row.id, row.name, row.media_type, row.size, row.digest, row.inline, row.content_id
    )


# -- lists ---------------------------------------------------------------------------------------


def within_reach(agent_id: str, queue_ids: Iterable[str] | None) -> ColumnElement[bool]:
    """Conversations an agent may see: their own and those of their queues; ``queue_ids``
    None: all.
    """
    if queue_ids is None:
        return conversations.c.id.is_not(None)
    mine = list(queue_ids)
    in_queues = conversations.c.queue_id.in_(mine) if mine else false()
    return or_(conversations.c.agent_id == agent_id, in_queues)


def in_view(view: str, agent_id: str) -> ColumnElement[bool]:
    """The rows of a view: *mine*, *waiting* or *all*."""
    if view == "mine":
        is_mine = conversations.c.agent_id == agent_id
        return and_(is_mine, or_(_is_open, conversations.c.wrap_up_until.is_not(None)))
    if view == "waiting":
        return conversations.c.routing.in_(("waiting", "offered"))
    return conversations.c.id.is_not(None)


def listed(
    connection: Connection,
    *where: ColumnElement[bool],
    limit: int,
    after: tuple[Any, ...] | None = None,
    oldest_first: bool = False,
) -> list[Conversation]:
    """Conversations by their last activity, newest first; or by how long they have waited."""
    place: tuple[ColumnElement[Any], ...]
    if oldest_first:
        place = (
            func.coalesce(conversations.c.waiting_since, conversations.c.opened_at),
            conversations.c.id,
        )
        order = [column.asc() for column in place]
    else:
        place = (conversations.c.last_message_at, conversations.c.id)
        order = [column.desc() for column in place]
    statement = select(conversations).where(*where).order_by(*order).limit(limit)
    if after is not None:
        here = tuple_(*place)
        statement = statement.where(
            here > tuple_(*after) if oldest_first else here < tuple_(*after)
        )
    return [conversation_of(row) for row in connection.execute(statement)]


def counted(connection: Connection, *where: ColumnElement[bool]) -> int:
    statement = select(func.count()).select_from(conversations).where(*where)
    return int(connection.execute(statement).scalar_one())


def of_customer(connection: Connection, customer_id: str, limit: int = 100) -> list[Conversation]:
    """A customer's latest conversations, to be changed."""
    latest = (
        select(conversations.c.id)
        .where(conversations.c.customer_id == customer_id)
        .order_by(conversations.c.opened_at.desc())
        .limit(limit)
    )
    statement = held(select(conversations).where(conversations.c.id.in_(latest)))
    return [conversation_of(row) for row in connection.execute(statement[connection.dialect.name])]


# -- drafts and uploads --------------------------------------------------------------------------


def find_draft(connection: Connection, agent_id: str, conversation_id: str, mode: str) -> Any:
    return connection.execute(
        select(drafts).where(
            drafts.c.agent_id == agent_id,
            drafts.c.conversation_id == conversation_id,
            drafts.c.mode == mode,
        )
    ).first()


def drafts_of(
    connection: Connection, agent_id: str, conversation_id: str | None = None
) -> list[Any]:
    statement = select(drafts).where(drafts.c.agent_id == agent_id)
    if conversation_id is not None:
        statement = statement.where(drafts.c.conversation_id == conversation_id)
    return list(connection.execute(statement.order_by(drafts.c.updated_at)))


def save_draft(unit: Unit, row: dict[str, Any]) -> None:
    gone = drafts.delete().where(
        drafts.c.agent_id == row["agent_id"],
        drafts.c.conversation_id == row["conversation_id"],
        drafts.c.mode == row["mode"],
    )
    unit.connection.execute(gone)
    unit.connection.execute(drafts.insert(), row)


def insert_upload(unit: Unit, owner: str, attachment: Attachment) -> None:
    unit.connection.execute(
        uploads.insert().values(
            id=attachment.id,
            owner=owner,
            name=attachment.name,
            media_type=attachment.media_type,
            size=attachment.size,
            digest=attachment.digest,
            at=unit.now,
        )
    )


def find_uploads(connection: Connection, owner: str, ids: Sequence[str]) -> list[Attachment]:
    """The uploads of ``owner`` with these ids, in their order; unknown ones are left out."""
    if not ids:
        return []
    rows = connection.execute(
        select(uploads).where(one_of(uploads.c.id, "ids"), uploads.c.owner == owner),
        {"ids": texts(ids)},
    )
    found = {
        row.id: Attachment(row.id, row.name, row.media_type, row.size, row.digest) for row in rows
    }
    return [found[id_] for id_ in ids if id_ in found]


def drop_uploads_before(unit: Unit, moment: Millis) -> None:
    unit.connection.execute(uploads.delete().where(uploads.c.at < moment))


_referred = select(messages.c.reference, messages.c.conversation_id).where(
    one_of(messages.c.reference, "references")
)


def by_reference(connection: Connection, references: Iterable[str]) -> dict[str, ConversationId]:
    """Which conversation each message reference (Message-ID) known here belongs to."""
    rows = connection.execute(_referred, {"references": texts(references)})
    return {row.reference: row.conversation_id for row in rows}


def matching(words: str) -> ColumnElement[bool]:
    """Conversations with this number, or these words in customer's name, subject or preview."""
    like = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    columns = (
        conversations.c.customer_name,
        conversations.c.subject,
        text_within(conversations.c.preview, "text"),
    )
    found: list[ColumnElement[bool]] = [column.ilike(like, escape="\\") for column in columns]
    number = words.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 16:
        found.append(conversations.c.number == int(number))
    return or_(*found)


def place_in_list(conversation: Conversation, oldest_first: bool) -> tuple[int, str]:
    """Where a conversation stands in ``listed``."""
    if oldest_first:
        waiting = conversation.waiting_since
        return (conversation.opened_at if waiting is None else waiting), conversation.id
    return conversation.last_message_at, conversation.id
