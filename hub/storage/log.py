"""The log: every event that happened, numbered without a gap, appended and read in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from hub.kernel.clock import Millis
from hub.kernel.events import SUBJECTS, Event, event_types, plain_fields
from hub.storage.schema import events
from hub.storage.sql import BulkInsert, straight

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode

APPENDING = 0x6875620001
"""The advisory lock of PostgreSQL that makes appends follow one another across nodes."""


@dataclass(eq=False)
class Logged:
    """One line of the log. ``data`` and ``changes`` are JSON, encoded once for the row and for
    every screen.
    """

    seq: int
    at: Millis
    type: str
    conversation_id: str | None
    customer_id: str | None
    ticket_id: str | None
    agent_id: str | None
    queue_id: str | None
    command_id: str | None
    actor: str
    data: str
    changes: str
    _event: Event | None = field(default=None, repr=False)

    def row(self) -> tuple[Any, ...]:
        """The values of the table's columns, in their order."""
        return (
            self.seq,
            self.at,
            self.type,
            self.conversation_id,
            self.customer_id,
            self.ticket_id,
            self.agent_id,
            self.queue_id,
            self.command_id,
            self.actor,
            self.data,
            self.changes,
        )

    @property
    def event(self) -> Event:
        """The event itself, as it was announced."""
        if self._event is None:
            self._event = self._decoded()
        return self._event

    def _decoded(self) -> Event:
        kind = event_types()[self.type]
        facts: dict[str, Any] = _decode(self.data)
        named = {name: facts[name] for name in plain_fields(kind) if name in facts}
        for subject in ("conversation_id", "customer_id", "ticket_id", "agent_id", "queue_id"):
            if subject in kind.__struct_fields__:
                named[subject] = getattr(self, subject)
        named |= {"at": self.at, "actor": self.actor, "changes": _decode(self.changes)}
        return msgspec.convert(named, kind)


_insert = BulkInsert(events)
_LAST = "SELECT max(seq) FROM events"
_since = (
    select(events)
    .where(events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
    .limit(bindparam("most"))
)
_exactly = select(events).where(events.c.seq == bindparam("seq"))


def append(
    connection: Connection, announced: Sequence[tuple[Event, str | None]], last: int | None = None
) -> list[Logged]:
    """Append events, in order, numbered after the last one. Returns them as logged.

    ``last`` saves a look when the caller is the only one who appends. On PostgreSQL the number is
    looked up under an advisory lock that is held until the commit, so numbers have no gap and
    become visible in order.
    """
    if not announced:
        return []
    if connection.dialect.name == "postgresql":
        straight(connection, f"SELECT pg_advisory_xact_lock({APPENDING})")
        last = None
    if last is None:
        last = last_seq(connection)
    lines = [_line(last + n, e, command) for n, (e, command) in enumerate(announced, start=1)]
    _insert(connection, [line.row() for line in lines])
    return lines


def _line(seq: int, happened: Event, command_id: str | None) -> Logged:
    shape = _shapes.get(type(happened)) or _shape_of(type(happened))
    conversation, customer, ticket, agent, queue = shape.subjects(happened)
    return Logged(
        seq,
        happened.at,
        happened.type,
        conversation,
        customer,
        ticket,
        agent,
        queue,
        command_id,
        happened.actor,
        _encode(shape.facts(happened)).decode(),
        _encode(happened.changes).decode(),
        happened,
    )


@dataclass(frozen=True, slots=True)
class _Shape:
    """How the events of one type become a line: what fills the columns, and what the data."""

    subjects: Callable[[Event], tuple[str | None, ...]]
    facts: Callable[[Event], dict[str, Any]]


_shapes: dict[type[Event], _Shape] = {}


def _shape_of(kind: type[Event]) -> _Shape:
    """Made once for a type: thousands of lines a second are made by it."""
    subjects = [name if name in kind.__struct_fields__ else "nobody" for name in SUBJECTS]
    names = plain_fields(kind)
    values = attrgetter(*names, "at", "actor")  # two more, so that it is always a tuple

    def facts(happened: Event) -> dict[str, Any]:
        return dict(zip(names, values(happened), strict=False))

    made = _shapes[kind] = _Shape(attrgetter(*subjects), facts)
    return made


def last_seq(connection: Connection) -> int:
    """The number of the last event; 0 for an empty log."""
    return int(straight(connection, _LAST).fetchone()[0] or 0)


def read_since(connection: Connection, after: int, most: int = 1_000) -> list[Logged]:
    """The events after a position, oldest first, ``most`` of them."""
    return _logged(connection.execute(_since, {"after": after, "most": most}))


def read_one(connection: Connection, seq: int) -> Logged | None:
    """The event with this number."""
    found = _logged(connection.execute(_exactly, {"seq": seq}))
    return found[0] if found else None


def _logged(rows: Iterable[Any]) -> list[Logged]:
    return [Logged(*row) for row in rows]
