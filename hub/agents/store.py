"""Agents, their memberships and sessions as rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Integer,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    bindparam,
    select,
)

from hub.agents.model import Agent, Role, Session
from hub.kernel.clock import Millis
from hub.kernel.ids import AgentId, QueueId
from hub.storage.schema import metadata
from hub.storage.sql import Json
from hub.storage.unit import Unit

agents = Table(
    "agents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rev", Integer, nullable=False),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("languages", Json, nullable=False),
    Column("teams", Json, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("disabled", Boolean(create_constraint=False), nullable=False),
    Column("preferences", Json, nullable=False),
    Column("password", Text),
    Column("created_at", BigInteger, nullable=False),
)

queue_members = Table(
    "queue_members",
    metadata,
    Column("queue_id", Text, nullable=False),
    Column("agent_id", Text, ForeignKey("agents.id"), nullable=False, index=True),
    PrimaryKeyConstraint("queue_id", "agent_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("mark", Text, primary_key=True),
    Column("agent_id", Text, ForeignKey("agents.id"), nullable=False, index=True),
    Column("csrf", Text, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)

_public = [column for column in agents.c if column.name not in {"password", "created_at"}]
_by_id = select(*_public).where(agents.c.id == bindparam("id"))
_by_email = select(agents.c.id, agents.c.password, agents.c.disabled).where(
    agents.c.email == bindparam("email")
)
_queues = select(queue_members.c.queue_id).where(queue_members.c.agent_id == bindparam("id"))
_session = select(sessions).where(sessions.c.mark == bindparam("mark"))


def _agent(row: Row[Any], queues: Iterable[str]) -> Agent:
    return Agent(
        id=row.id,
        rev=row.rev,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        languages=tuple(row.languages),
        teams=tuple(row.teams),
        capacity=row.capacity,
        disabled=row.disabled,
        preferences=row.preferences,
        queues=frozenset(QueueId(queue) for queue in queues),
    )


def find(connection: Connection, agent_id: str) -> Agent | None:
    row = connection.execute(_by_id, {"id": agent_id}).first()
    if row is None:
        return None
    return _agent(row, connection.execute(_queues, {"id": agent_id}).scalars())


def find_secret(connection: Connection, email: str) -> tuple[AgentId, str | None, bool] | None:
    """The id, password hash and whether disabled, of the agent with this (normalised) address."""
    row = connection.execute(_by_email, {"email": email}).first()
    return None if row is None else (row.id, row.password, row.disabled)


def every(connection: Connection) -> list[Agent]:
    """All agents, by name."""
    queues: dict[str, list[str]] = {}
    for queue_id, agent_id in connection.execute(select(queue_members)):
        queues.setdefault(agent_id, []).append(queue_id)
    rows = connection.execute(select(*_public).order_by(agents.c.name, agents.c.id))
    return [_agent(row, queues.get(row.id, ())) for row in rows]


def insert(unit: Unit, agent: Agent, password: str | None) -> None:
    unit.connection.execute(
        agents.insert().values(
            id=agent.id,
            rev=agent.rev,
            email=agent.email,
            name=agent.name,
            role=agent.role.value,
            languages=agent.languages,
            teams=agent.teams,
            capacity=agent.capacity,
            disabled=agent.disabled,
            preferences=agent.preferences,
            password=password,
            created_at=unit.now,
        )
    )


def update(unit: Unit, agent: Agent) -> None:
    unit.connection.execute(
        agents.update()
        .where(agents.c.id == agent.id)
        .values(
            rev=agent.rev,
            name=agent.name,
            role=agent.role.value,
            languages=agent.languages,
            teams=agent.teams,
            capacity=agent.capacity,
            disabled=agent.disabled,
            preferences=agent.preferences,
        )
    )


def set_password(unit: Unit, agent_id: AgentId, password: str) -> None:
    unit.connection.execute(
        agents.update().where(agents.c.id == agent_id).values(password=password)
    )


def set_members(unit: Unit, queue_id: QueueId, members: Iterable[AgentId]) -> None:
    """Make exactly these agents the members of a queue."""
    unit.connection.execute(queue_members.delete().where(queue_members.c.queue_id == queue_id))
    rows = [{"queue_id": queue_id, "agent_id": agent_id} for agent_id in dict.fromkeys(members)]
    if rows:
        unit.connection.execute(queue_members.insert(), rows)


def members(connection: Connection) -> dict[QueueId, list[AgentId]]:
    """The members of every queue."""
    found: dict[QueueId, list[AgentId]] = {}
    for queue_id, agent_id in connection.execute(
        select(queue_members).order_by(queue_members.c.agent_id)
    ):
        found.setdefault(queue_id, []).append(agent_id)
    return found


def find_session(connection: Connection, mark: str) -> Session | None:
    row = connection.execute(_session, {"mark": mark}).first()
    return None if row is None else Session(*row)


def insert_session(unit: Unit, session: Session) -> None:
    unit.connection.execute(
        sessions.insert().values(
            mark=session.mark,
            agent_id=session.agent_id,
            csrf=session.csrf,
            began_at=session.began_at,
            seen_at=session.seen_at,
        )
    )


def touch_session(unit: Unit, mark: str) -> None:
    unit.connection.execute(
        sessions.update().where(sessions.c.mark == mark).values(seen_at=unit.now)
    )


def delete_session(unit: Unit, mark: str) -> None:
    unit.connection.execute(sessions.delete().where(sessions.c.mark == mark))


def delete_sessions_of(unit: Unit, agent_id: AgentId) -> None:
    unit.connection.execute(sessions.delete().where(sessions.c.agent_id == agent_id))


def delete_sessions_before(unit: Unit, began: Millis, seen: Millis) -> None:
    unit.connection.execute(
        sessions.delete().where((sessions.c.began_at < began) | (sessions.c.seen_at < seen))
    )
