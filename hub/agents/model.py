"""An agent, and what a screen shows of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from hub.kernel.clock import Millis
from hub.kernel.ids import AgentId, QueueId


class Role(Enum):
    """What an agent is trusted with; each includes the ones before it."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who answers. ``queues`` are those whose work they may see and get."""

    id: AgentId
    rev: int
    email: str
    name: str
    role: Role
    languages: tuple[str, ...]
    teams: tuple[str, ...]
    capacity: int
    disabled: bool
    preferences: dict[str, Any] = field(default_factory=dict)
    queues: frozenset[QueueId] = frozenset()

    @property
    def actor(self) -> str:
        """How the log names this agent."""
        return f"agent:{self.id}"

    @property
    def sees_everything(self) -> bool:
        return self.role is not Role.AGENT


@dataclass(frozen=True, slots=True)
class AgentView:
    """An agent as colleagues see them."""

    id: AgentId
    rev: int
    name: str
    role: str
    languages: tuple[str, ...]
    teams: tuple[str, ...]
    disabled: bool

    @classmethod
    def of(cls, agent: Agent) -> AgentView:
        return cls(
            agent.id,
            agent.rev,
            agent.name,
            agent.role.value,
            agent.languages,
            agent.teams,
            agent.disabled,
        )


@dataclass(frozen=True, slots=True)
class Me:
    """An agent as they see themselves."""

    id: AgentId
    rev: int
    name: str
    role: str
    languages: tuple[str, ...]
    teams: tuple[str, ...]
    disabled: bool
    email: str
    preferences: dict[str, Any]
    queues: tuple[QueueId, ...]

    @classmethod
    def of(cls, agent: Agent) -> Me:
        return cls(
            agent.id,
            agent.rev,
            agent.name,
            agent.role.value,
            agent.languages,
            agent.teams,
            agent.disabled,
            agent.email,
            agent.preferences,
            tuple(sorted(agent.queues)),
        )


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. Only the mark (SHA-256) of its token is kept."""

    mark: str
    agent_id: AgentId
    csrf: str
    began_at: Millis
    seen_at: Millis
