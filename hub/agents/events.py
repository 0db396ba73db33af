"""What happens to agents and their sessions."""

from __future__ import annotations

from hub.kernel.events import Event, event
from hub.kernel.ids import AgentId


@event("agent.changed")
class AgentChanged(Event):
    """An agent was added or changed: name, role, languages, teams, queues, or disabled."""

    agent_id: AgentId
    rights_changed: bool = False


@event("agent.signed_in")
class SignedIn(Event):
    agent_id: AgentId


@event("agent.signed_out")
class SignedOut(Event):
    """A session ended; ``mark`` says which (it opens nothing)."""

    agent_id: AgentId
    mark: str
