"""What can be done with agents and sessions."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from hub.agents import store
from hub.agents.events import AgentChanged, SignedIn, SignedOut
from hub.agents.model import Agent, AgentView, Role, Session
from hub.kernel.clock import HOUR, MINUTE, Millis
from hub.kernel.errors import Conflict, Fault, Invalid, NotFound
from hub.kernel.events import Change
from hub.kernel.ids import AgentId
from hub.storage.unit import Unit

IDLE_MOST = Millis(2 * HOUR)
SESSION_MOST = Millis(14 * HOUR)
TOUCH_AFTER = MINUTE
UNITS = 100


class NoSuchAgent(NotFound):
    """There is no such agent."""


class EmailTaken(Conflict):
    """Another agent has this address."""

    code = "email_taken"


class LastAdmin(Conflict):
    """Somebody must remain who can administer the hub."""

    code = "last_admin"


def normal_email(email: str) -> str:
    """An agent's address as it is compared: trimmed, in lower case. ``Invalid`` when it is none."""
    address = email.strip().casefold()
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or len(address) > 254 or any(c.isspace() for c in address):
        raise Invalid("this is not an e-mail address", Fault("/email", "not an e-mail address"))
    return address


def _changed(agent: Agent, actor: str, now: Millis, *, rights: bool) -> AgentChanged:
    view = msgspec.to_builtins(AgentView.of(agent))
    change = Change("agent", agent.id, agent.rev, full=view)
    return AgentChanged(
        at=now, actor=actor, agent_id=agent.id, rights_changed=rights, changes=(change,)
    )


def add_agent(
    unit: Unit,
    *,
    email: str,
    name: str,
    role: Role,
    password_hash: str | None,
    languages: Sequence[str] = ("zh", "en"),
    teams: Sequence[str] = (),
    capacity: int = UNITS,
    by: str = "hub",
) -> Agent:
    """Add an agent. ``EmailTaken`` when the address is in use."""
    address = normal_email(email)
    if store.find_secret(unit.connection, address) is not None:
        raise EmailTaken(email=address)
    agent = Agent(
        id=AgentId(unit.new_id()),
        rev=1,
        email=address,
        name=name,
        role=role,
        languages=tuple(languages),
        teams=tuple(teams),
        capacity=capacity,
        disabled=False,
    )
    store.insert(unit, agent, password_hash)
    unit.announce(_changed(agent, by, unit.now, rights=True))
    return agent


def get_agent(unit: Unit, agent_id: str) -> Agent:
    agent = store.find(unit.connection, agent_id)
    if agent is None:
        raise NoSuchAgent
    return agent


def change_agent(unit: Unit, agent_id: str, changes: dict[str, Any], *, by: str) -> Agent:
    """Change name, role, languages, teams, capacity or disabled. Sessions end when rights
    shrink.
    """
    before = get_agent(unit, agent_id)
    after = replace(before, rev=before.rev + 1, **changes)
    if before.role is Role.ADMIN and (after.role is not Role.ADMIN or after.disabled):
        others = [
            a for a in store.every(unit.connection) if a.role is Role.ADMIN and not a.disabled
        ]
        if [a.id for a in others] == [before.id]:
            raise LastAdmin
    store.update(unit, after)
    rights = (before.role, before.disabled) != (after.role, after.disabled)
    if after.disabled:
        store.delete_sessions_of(unit, after.id)
    unit.announce(_changed(after, by, unit.now, rights=rights))
    return after


def memberships_changed(unit: Unit, agent_ids: Sequence[AgentId], *, by: str) -> None:
    """Say that what these agents may see has changed."""
    for agent_id in agent_ids:
        agent = get_agent(unit, agent_id)
        agent = replace(agent, rev=agent.rev + 1)
        store.update(unit, agent)
        unit.announce(_changed(agent, by, unit.now, rights=True))


def set_preferences(unit: Unit, agent_id: str, preferences: dict[str, Any]) -> Agent:
    """Replace some of an agent's own preferences."""
    agent = get_agent(unit, agent_id)
    agent = replace(agent, preferences=agent.preferences | preferences)
    store.update(unit, agent)
    return agent


def change_password(unit: Unit, agent_id: AgentId, password_hash: str) -> None:
    """Set a new password; every session of the agent ends."""
    store.set_password(unit, agent_id, password_hash)
    store.delete_sessions_of(unit, agent_id)
    unit.announce(SignedOut(at=unit.now, agent_id=agent_id, mark="*"))


def mark_of(token: str) -> str:
    """What is kept of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin_session(unit: Unit, agent_id: AgentId) -> tuple[str, Session]:
    """A new session; the token is given out once and not kept."""
    token = secrets.token_urlsafe(32)
    session = Session(mark_of(token), agent_id, secrets.token_urlsafe(24), unit.now, unit.now)
    store.insert_session(unit, session)
    unit.announce(SignedIn(at=unit.now, actor=f"agent:{agent_id}", agent_id=agent_id))
    return token, session


def end_session(unit: Unit, session: Session) -> None:
    store.delete_session(unit, session.mark)
    unit.announce(
        SignedOut(
            at=unit.now,
            actor=f"agent:{session.agent_id}",
            agent_id=session.agent_id,
            mark=session.mark,
        )
    )


def is_alive(session: Session, now: Millis) -> bool:
    """True while a session was used lately and has not grown too old."""
    return now - session.seen_at < IDLE_MOST and now - session.began_at < SESSION_MOST


def drop_old_sessions(unit: Unit) -> None:
    store.delete_sessions_before(
        unit, Millis(unit.now - SESSION_MOST), Millis(unit.now - IDLE_MOST)
    )
