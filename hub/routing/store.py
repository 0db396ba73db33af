"""Queues, work items, offers, assignments, loads and presences as rows.

The unique partial indexes are the last wall against giving one piece of work to two people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    Select,
    Table,
    Text,
    func,
    select,
    text,
)

from hub.conversations.store import conversations
from hub.kernel.ids import AgentId
from hub.routing.model import ItemState
from hub.storage.schema import metadata
from hub.storage.sql import BulkInsert, BulkUpdate, Json, next_numbers, one_of, texts
from hub.storage.unit import Unit

IN_HAND = ("connecting", "active", "held", "parked")
"""Work an agent is at."""
WAITING = ("queued", "offered")
LIVE = (*WAITING, *IN_HAND)
"""A conversation has at most one item in one of these states."""
UNFINISHED = (*LIVE, "wrap_up")
ENDED = tuple(state.value for state in ItemState if state.is_terminal)


def _listed(states: Iterable[str]) -> str:
    return ", ".join(f"'{state}'" for state in states)


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


queues = Table(
    "queues",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rev", Integer, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("medium", Text, nullable=False),
    Column("target", BigInteger, nullable=False),
    Column("goal", Float, nullable=False),
    Column("wrap_up_mode", Text, nullable=False),
    Column("wrap_up_limit", BigInteger),
    Column("strategy", Text, nullable=False),
    Column("band", Integer, nullable=False),
)

work_items = Table(
    "work_items",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, ForeignKey("conversations.id"), nullable=False),
    Column("queue_id", Text, nullable=False),
    Column("medium", Text, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("band", Integer, nullable=False),
    Column("language", Text),
    Column("seq", BigInteger, nullable=False),
    Column("enqueued_at", BigInteger, nullable=False),
    Column("origin_at", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("step", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("agent_id", Text),
    Column("answered_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("expiries", Integer, nullable=False),
    Column("preferred", Json, nullable=False),
    Column("excluded", Json, nullable=False),
    Column("answered_in", Text),
    Column("in_time", Boolean(create_constraint=False)),
)
"""``answered_in`` is the queue of the first answer, ``in_time`` whether it came within its
target.
"""
Index(
    "uq_work_items_live",
    work_items.c.conversation_id,
    unique=True,
    **_where(f"state IN ({_listed(LIVE)})"),
)
Index("ix_work_items_unfinished", work_items.c.state, **_where(f"state IN ({_listed(UNFINISHED)})"))
Index("ix_work_items_enqueued", work_items.c.enqueued_at)

offers = Table(
    "offers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rev", Integer, nullable=False),
    Column("item_id", Text, ForeignKey("work_items.id"), nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("queue_id", Text, nullable=False),
    Column("agent_id", Text, nullable=False),
    Column("medium", Text, nullable=False),
    Column("units", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("override", Boolean(create_constraint=False), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("reason", Text),
    Column("epoch", BigInteger, nullable=False),
    Column("shown", Json, nullable=False),
    Column("why", Json),
)
"""``shown`` is what the card says of the customer when the offer is made; ``why`` the whole
record of the choice.
"""
Index("uq_offers_live", offers.c.item_id, unique=True, **_where("state = 'pending'"))
Index("ix_offers_agent", offers.c.agent_id, **_where("state = 'pending'"))
Index("ix_offers_item", offers.c.item_id)

assignments = Table(
    "assignments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("item_id", Text, ForeignKey("work_items.id"), nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("queue_id", Text, nullable=False),
    Column("agent_id", Text, nullable=False),
    Column("offer_id", Text),
    Column("medium", Text, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("units", Integer, nullable=False),
    Column("counted", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("ends_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("reason", Text),
    Column("disposition", Text),
)
_IN_HAND = f"state IN ({_listed(IN_HAND)})"
_AT_WORK = f"state IN ({_listed((*IN_HAND, 'wrap_up'))})"
Index("uq_assignments_primary", assignments.c.item_id, unique=True, **_where(_IN_HAND))
Index("ix_assignments_item", assignments.c.item_id, **_where(_AT_WORK))
Index("ix_assignments_agent", assignments.c.agent_id, **_where(_AT_WORK))

agent_loads = Table(
    "agent_loads",
    metadata,
    Column("agent_id", Text, primary_key=True),
    Column("used", Integer, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("counts", Json, nullable=False),
    Column("routable", Boolean(create_constraint=False), nullable=False),
    Column("idle_since", BigInteger, nullable=False),
    Column("expiries", Integer, nullable=False),
    CheckConstraint("used >= 0", name="used"),
)
"""What an agent carries. It changes only together with the offer or assignment that weighs."""

presences = Table(
    "presences",
    metadata,
    Column("agent_id", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("since", BigInteger, nullable=False),
    Column("routing_state", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("resumes", Text),
    Column("lost_at", BigInteger, nullable=False),
    Column("choice", Integer, nullable=False),
)

all_queues = select(queues).order_by(queues.c.key)
some_queues = select(queues).where(one_of(queues.c.id, "ids"))
live_items = select(work_items).where(text(f"work_items.state IN ({_listed(LIVE)})"))
unfinished_items = (
    select(work_items)
    .where(text(f"work_items.state IN ({_listed(UNFINISHED)})"))
    .order_by(work_items.c.seq)
)
presences_by_agent = select(presences).where(one_of(presences.c.agent_id, "ids"))
live_offers = select(offers).where(text("offers.state = 'pending'"))
live_assignments = select(assignments).where(text(f"assignments.{_AT_WORK}"))
items_by_id = select(work_items).where(one_of(work_items.c.id, "ids"))
items_by_conversation = live_items.where(one_of(work_items.c.conversation_id, "ids"))
offers_by_item = live_offers.where(one_of(offers.c.item_id, "ids"))
assignments_by_item = live_assignments.where(one_of(assignments.c.item_id, "ids"))
loads_by_agent = select(agent_loads).where(one_of(agent_loads.c.agent_id, "ids"))
_place = conversations.c
places_by_id = select(
    _place.id,
    _place.rev,
    _place.customer_id,
    _place.customer_name,
    _place.channel,
    _place.preview,
    _place.status,
    _place.routing,
    _place.queue_id,
    _place.agent_id,
    _place.wrap_up_until,
).where(one_of(_place.id, "ids"))

ITEM_FIELDS = (
    "queue_id",
    "band",
    "seq",
    "enqueued_at",
    "due",
    "step",
    "state",
    "version",
    "agent_id",
    "answered_at",
    "ended_at",
    "attempts",
    "expiries",
    "excluded",
    "answered_in",
    "in_time",
)
OFFER_FIELDS = ("rev", "state", "ended_at", "reason")
ASSIGNMENT_FIELDS = (
    "units",
    "counted",
    "state",
    "since",
    "ends_at",
    "ended_at",
    "reason",
    "disposition",
)
PLACE_FIELDS = ("rev", "routing", "queue_id", "agent_id", "wrap_up_until")

insert_items = BulkInsert(work_items)
insert_offers = BulkInsert(offers)
insert_assignments = BulkInsert(assignments)
update_items = BulkUpdate(work_items, ITEM_FIELDS)
update_offers = BulkUpdate(offers, OFFER_FIELDS)
update_assignments = BulkUpdate(assignments, ASSIGNMENT_FIELDS)
place_conversations = BulkUpdate(conversations, PLACE_FIELDS)

_SAVE_LOADS = {
    "sqlite": "UPDATE agent_loads SET used = used + ?, counts = ?, routable = ?, idle_since = ?,"
    " expiries = ? WHERE agent_id = ? AND (? OR used + ? <= capacity)",
    "postgresql": "UPDATE agent_loads AS old SET used = old.used + given.by, counts = given.counts,"
    " routable = given.routable, idle_since = given.idle_since, expiries = given.expiries"
    " FROM unnest(%s::integer[], %s::text[], %s::boolean[], %s::bigint[], %s::integer[],"
    " %s::text[], %s::boolean[], %s::integer[])"
    " AS given (by, counts, routable, idle_since, expiries, agent_id, free, more)"
    " WHERE old.agent_id = given.agent_id"
    " AND (given.free OR old.used + given.more <= old.capacity)",
}


def save_loads(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
    """Write loads given as ``(by, counts, routable, idle_since, expiries, agent_id, free)``.

    The wall against too much: unless ``free``, nothing is added beyond capacity, whatever the
    caller believed. Answers how many were written.
    """
    given = [(*row, row[0]) for row in rows]
    statement = _SAVE_LOADS[connection.dialect.name]
    if connection.dialect.name == "sqlite":
        return connection.exec_driver_sql(statement, given).rowcount
    columns = tuple(list(values) for values in zip(*given, strict=True))
    return connection.exec_driver_sql(statement, columns).rowcount


def found(connection: Connection, statement: Select[Any], ids: Iterable[str], *, lock: bool) -> Any:
    """The rows with these ids; held until the commit where several nodes write (``lock``)."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return ()
    if lock and connection.dialect.name == "postgresql":
        statement = statement.order_by(statement.selected_columns[0]).with_for_update()
    return connection.execute(statement, {"ids": texts(wanted)}).all()


def queue_rows(connection: Connection) -> list[Any]:
    """All queues, by key."""
    return list(connection.execute(all_queues))


def find_queue(connection: Connection, queue_id: str) -> Any:
    return connection.execute(select(queues).where(queues.c.id == queue_id)).first()


def find_offer(connection: Connection, offer_id: str) -> Any:
    return connection.execute(select(offers).where(offers.c.id == offer_id)).first()


def pending_offers(connection: Connection, agent_id: str | None = None) -> list[Any]:
    """Offers that wait for an answer, oldest first; of one agent or of all."""
    statement = live_offers.order_by(offers.c.made_at, offers.c.id)
    if agent_id is not None:
        statement = statement.where(offers.c.agent_id == agent_id)
    return list(connection.execute(statement))


def wrap_ups_of(connection: Connection, agent_id: str, conversation_id: str) -> list[Any]:
    """The wrap-ups an agent has in a conversation."""
    return list(
        connection.execute(
            live_assignments.where(
                assignments.c.agent_id == agent_id,
                assignments.c.conversation_id == conversation_id,
                assignments.c.state == "wrap_up",
            )
        )
    )


def find_presence(connection: Connection, agent_id: str) -> Any:
    return connection.execute(select(presences).where(presences.c.agent_id == agent_id)).first()


def presence_rows(connection: Connection) -> list[Any]:
    """What every agent says of themselves, with what they carry."""
    loads = agent_loads.c
    return list(
        connection.execute(
            select(
                presences,
                *(loads.used, loads.capacity, loads.routable, loads.idle_since, loads.expiries),
            ).join(agent_loads, loads.agent_id == presences.c.agent_id)
        )
    )


def items_ever(connection: Connection) -> int:
    """How many work items there ever were."""
    return int(connection.execute(select(func.count()).select_from(work_items)).scalar_one())


def held_units(connection: Connection) -> dict[str, int]:
    """What each agent's live offers and work weigh together, counted anew."""
    total: dict[str, int] = {}
    for live in (live_offers, live_assignments):
        rows = live.subquery()
        for agent_id, units in connection.execute(
            select(rows.c.agent_id, func.sum(rows.c.units)).group_by(rows.c.agent_id)
        ):
            total[agent_id] = total.get(agent_id, 0) + int(units)
    return total


def keep_agent(unit: Unit, agent_id: AgentId, capacity: int) -> None:
    """Make the agent's presence and load, or bring the load's limit up to date."""
    connection = unit.connection
    changed = connection.execute(
        agent_loads.update().where(agent_loads.c.agent_id == agent_id).values(capacity=capacity)
    )
    if changed.rowcount:
        return
    connection.execute(
        agent_loads.insert().values(
            agent_id=agent_id,
            used=0,
            capacity=capacity,
            counts={},
            routable=False,
            idle_since=unit.now,
            expiries=0,
        )
    )
    connection.execute(
        presences.insert().values(
            agent_id=agent_id,
            seq=next_numbers(connection, "agent", 1)[0],
            status="offline",
            reason=None,
            since=unit.now,
            routing_state="offline",
            cause="new",
            resumes=None,
            lost_at=0,
            choice=0,
        )
    )


def set_presence(unit: Unit, agent_id: str, **values: Any) -> None:
    unit.connection.execute(
        presences.update().where(presences.c.agent_id == agent_id).values(**values)
    )


def held_counts(connection: Connection) -> dict[str, dict[str, int]]:
    """How many items of each medium every agent holds, counted anew; nothing for who holds none."""
    counts: dict[str, dict[str, int]] = {
        agent_id: {} for agent_id in connection.execute(select(agent_loads.c.agent_id)).scalars()
    }
    pending = live_offers.subquery()
    at_work = live_assignments.where(assignments.c.counted > 0).subquery()
    for rows in (pending, at_work):
        counted = select(rows.c.agent_id, rows.c.medium, func.count()).group_by(
            rows.c.agent_id, rows.c.medium
        )
        for agent_id, medium, count in connection.execute(counted):
            mine = counts.setdefault(agent_id, {})
            mine[medium] = mine.get(medium, 0) + count
    return counts


def unbar(unit: Unit) -> None:
    """Let the load of everybody allow grants whose presence does."""
    routable = select(presences.c.agent_id).where(presences.c.routing_state == "routable")
    unit.connection.execute(
        agent_loads.update().where(agent_loads.c.agent_id.in_(routable)).values(routable=True)
    )


def set_load(unit: Unit, agent_id: str, used: int, counts: dict[str, int]) -> None:
    """Write what an agent holds as it was counted anew."""
    unit.connection.execute(
        agent_loads.update()
        .where(agent_loads.c.agent_id == agent_id)
        .values(used=used, counts=counts)
    )
