"""Tickets and the conversations linked to them, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Row,
    Select,
    Table,
    Text,
    bindparam,
    func,
    select,
    text,
    tuple_,
)

from hub.kernel.ids import ConversationId, CustomerId, TicketId
from hub.storage.schema import metadata
from hub.storage.sql import Lookup, held, many, one_of, texts
from hub.storage.textsearch import SearchIndex
from hub.storage.unit import Unit
from hub.storage.words import Wanted
from hub.tickets.lifecycle import REOPENS
from hub.tickets.model import Priority, Status, Ticket

tickets = Table(
    "tickets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rev", Integer, nullable=False),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("requester_id", Text, ForeignKey("customers.id"), nullable=False),
    Column("requester_name", Text, nullable=False),
    Column("assignee_id", Text, ForeignKey("agents.id")),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("solved_at", BigInteger),
    Column("closed_at", BigInteger),
)
_OPEN = "status IN ('new', 'open', 'pending', 'on_hold')"
Index("ix_tickets_activity", tickets.c.updated_at, tickets.c.id)
Index("ix_tickets_status", tickets.c.status, tickets.c.updated_at)
Index("ix_tickets_requester", tickets.c.requester_id, tickets.c.updated_at)
Index(
    "ix_tickets_assignee",
    tickets.c.assignee_id,
    tickets.c.updated_at,
    sqlite_where=text(_OPEN),
    postgresql_where=text(_OPEN),
)

ticket_conversations = Table(
    "ticket_conversations",
    metadata,
    Column("ticket_id", Text, ForeignKey("tickets.id"), nullable=False),
    Column("conversation_id", Text, ForeignKey("conversations.id"), nullable=False, index=True),
    Column("linked_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("ticket_id", "conversation_id"),
)

subjects = SearchIndex("tickets", metadata, subject=1.0)

_one = select(tickets).where(tickets.c.id == bindparam("id"))
_one_held = held(_one, by_id=True)
_links = (
    select(ticket_conversations.c.ticket_id, ticket_conversations.c.conversation_id)
    .where(one_of(ticket_conversations.c.ticket_id, "ids"))
    .order_by(ticket_conversations.c.linked_at, ticket_conversations.c.conversation_id)
)
_of_conversations = (
    select(ticket_conversations.c.conversation_id, ticket_conversations.c.ticket_id)
    .where(one_of(ticket_conversations.c.conversation_id, "ids"))
    .order_by(ticket_conversations.c.linked_at, ticket_conversations.c.ticket_id)
)
_open_of = (
    select(tickets.c.requester_id, func.count())
    .where(one_of(tickets.c.requester_id, "ids"), text(_OPEN))
    .group_by(tickets.c.requester_id)
)
_linked_to = Lookup(
    select(ticket_conversations.c.ticket_id).where(
        one_of(ticket_conversations.c.conversation_id, "ids")
    ),
    "ids",
)
_reopening = held(
    select(tickets)
    .where(
        tickets.c.id.in_(
            select(ticket_conversations.c.ticket_id).where(
                one_of(ticket_conversations.c.conversation_id, "ids")
            )
        ),
        tickets.c.status.in_(sorted(status.value for status in REOPENS)),
    )
    .order_by(tickets.c.id)
)
_of_requesters = held(
    select(tickets).where(one_of(tickets.c.requester_id, "ids")).order_by(tickets.c.id)
)
_insert = tickets.insert()
_COLUMNS = tuple(column.name for column in tickets.c)
_CHANGING = (
    "rev",
    "subject",
    "status",
    "priority",
    "requester_name",
    "assignee_id",
    "updated_at",
    "solved_at",
    "closed_at",
)
_update = (
    tickets.update()
    .where(tickets.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in _CHANGING})
)


def _ticket(row: Row[Any], conversation_ids: Iterable[str]) -> Ticket:
    facts = dict(row._mapping)
    facts["status"] = Status(facts["status"])
    facts["priority"] = Priority(facts["priority"])
    ids = tuple(ConversationId(id_) for id_ in conversation_ids)
    return Ticket(**facts, conversation_ids=ids)


def _with_links(connection: Connection, rows: Sequence[Row[Any]]) -> list[Ticket]:
    linked: dict[str, list[str]] = {}
    if rows:
        ids = texts(row.id for row in rows)
        for ticket_id, conversation_id in connection.execute(_links, {"ids": ids}):
            linked.setdefault(ticket_id, []).append(conversation_id)
    return [_ticket(row, linked.get(row.id, ())) for row in rows]


def find(connection: Connection, ticket_id: str, *, lock: bool = False) -> Ticket | None:
    """A ticket; ``lock``: it will be changed, and stays as it is until the commit."""
    statement = _one_held[connection.dialect.name] if lock else _one
    found = _with_links(connection, connection.execute(statement, {"id": ticket_id}).all())
    return found[0] if found else None


def to_reopen(connection: Connection, conversation_ids: Iterable[str]) -> list[Ticket]:
    """The tickets of these conversations that reopen when the customer writes, to be changed."""
    asked = list(conversation_ids)
    if not _linked_to(connection, asked):
        return []  # as nearly always
    statement = _reopening[connection.dialect.name]
    rows = connection.execute(statement, {"ids": texts(asked)}).all()
    return _with_links(connection, rows)


def of_requesters(connection: Connection, customer_ids: Iterable[str]) -> list[Ticket]:
    """Every ticket of these customers, to be changed."""
    statement = _of_requesters[connection.dialect.name]
    rows = connection.execute(statement, {"ids": texts(customer_ids)}).all()
    return _with_links(connection, rows)


def insert(unit: Unit, ticket: Ticket) -> None:
    row = {name: getattr(ticket, name) for name in _COLUMNS}
    row |= {"status": ticket.status.value, "priority": ticket.priority.value}
    unit.connection.execute(_insert, row)
    subjects.put(unit.connection, [(ticket.id, (ticket.subject,))])


def save(unit: Unit, changed: Sequence[Ticket]) -> None:
    """Write tickets back. The caller has raised their ``rev``."""
    rows = []
    for ticket in changed:
        row = {f"b_{name}": getattr(ticket, name) for name in ("id", *_CHANGING)}
        row |= {"b_status": ticket.status.value, "b_priority": ticket.priority.value}
        rows.append(row)
    many(unit.connection, _update, rows)


def save_subject(unit: Unit, ticket: Ticket) -> None:
    """Let a ticket be found by the subject it has now."""
    subjects.put(unit.connection, [(ticket.id, (ticket.subject,))])


def link(unit: Unit, ticket_id: TicketId, conversation_id: ConversationId) -> None:
    unit.connection.execute(
        ticket_conversations.insert(),
        {"ticket_id": ticket_id, "conversation_id": conversation_id, "linked_at": unit.now},
    )


def unlink(unit: Unit, ticket_id: TicketId, conversation_id: ConversationId) -> None:
    unit.connection.execute(
        ticket_conversations.delete().where(
            ticket_conversations.c.ticket_id == ticket_id,
            ticket_conversations.c.conversation_id == conversation_id,
        )
    )


# -- asked by others ------------------------------------------------------------------------------


def tickets_of_conversations(
    connection: Connection, conversation_ids: Iterable[str]
) -> dict[ConversationId, list[TicketId]]:
    """The tickets of each conversation that has any, in the order of linking."""
    found: dict[ConversationId, list[TicketId]] = {}
    rows = connection.execute(_of_conversations, {"ids": texts(conversation_ids)})
    for conversation_id, ticket_id in rows:
        found.setdefault(conversation_id, []).append(ticket_id)
    return found


def open_tickets_of(connection: Connection, customer_ids: Iterable[str]) -> dict[CustomerId, int]:
    """How many unsolved tickets each customer has; customers without any are left out."""
    rows = connection.execute(_open_of, {"ids": texts(customer_ids)})
    return {row[0]: row[1] for row in rows}


# -- lists ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tickets are asked for. ``assignee_id`` empty text: those nobody has."""

    statuses: tuple[Status, ...] = ()
    assignee_id: str | None = None
    requester_id: str | None = None
    conversation_id: str | None = None
    words: str = ""


def find_page(
    connection: Connection, wanted: Filter, limit: int, after: tuple[int, str] | None = None
) -> list[Ticket]:
    """Tickets that fit, latest change first; on from the one at ``after`` (updated_at, id)."""
    statement = _filtered(select(tickets), wanted)
    given: dict[str, Any] = {}
    if wanted.words:
        narrowed = _by_words(connection, statement, wanted.words, given)
        if narrowed is None:
            return []
        statement = narrowed
    if after is not None:
        statement = statement.where(tuple_(tickets.c.updated_at, tickets.c.id) < tuple_(*after))
    statement = statement.order_by(tickets.c.updated_at.desc(), tickets.c.id.desc()).limit(limit)
    return _with_links(connection, connection.execute(statement, given).all())


def _filtered(statement: Select[Any], wanted: Filter) -> Select[Any]:
    if wanted.statuses:
        statement = statement.where(tickets.c.status.in_([s.value for s in wanted.statuses]))
    if wanted.assignee_id is not None:
        statement = statement.where(tickets.c.assignee_id == (wanted.assignee_id or None))
    if wanted.requester_id is not None:
        statement = statement.where(tickets.c.requester_id == wanted.requester_id)
    if wanted.conversation_id is not None:
        linked = select(ticket_conversations.c.ticket_id).where(
            ticket_conversations.c.conversation_id == wanted.conversation_id
        )
        statement = statement.where(tickets.c.id.in_(linked))
    return statement


_LARGEST = (1 << 63) - 1


def _by_words(
    connection: Connection, statement: Select[Any], words: str, given: dict[str, Any]
) -> Select[Any] | None:
    """Narrow to a number (``1024``, ``T-1024``) or to words of the subject. None: no word."""
    digits = words.strip().upper().removeprefix("T-").removeprefix("#")
    if digits.isascii() and digits.isdigit() and int(digits) <= _LARGEST:
        return statement.where(tickets.c.number == int(digits))
    wanted = Wanted.of(words)
    if not wanted:
        return None
    hits = subjects.hits(connection)
    given["wanted"] = subjects.asked(connection, wanted)
    return statement.join(hits, hits.c.id == tickets.c.id)
