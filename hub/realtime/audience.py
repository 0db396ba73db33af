"""Who may see which event: decided for each event against the rights of this moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from hub.agents.model import Agent
from hub.kernel.events import Change
from hub.realtime.frames import removal
from hub.storage.log import Logged

PRIVATE = frozenset({"draft.changed"})
"""Events for the screens of the one agent they are about."""

HIDDEN = frozenset({"agent.signed_in", "agent.signed_out"})
"""Events that no screen shows."""


def is_for_everybody(line: Logged) -> bool:
    """True for what every agent may see: customers, agents, articles, and tickets whatever they
    link to.
    """
    return line.conversation_id is None or line.ticket_id is not None


class AgentAudience:
    """What one agent may see."""

    __slots__ = ("_agent_id", "_queues", "_sees_everything")

    def __init__(self, agent: Agent) -> None:
        self._agent_id = agent.id
        self._queues = agent.queues
        self._sees_everything = agent.sees_everything

    def changes_for(self, line: Logged) -> str | None:
        """The event's changes as this agent may see them, as JSON; None when it is none of
        theirs.
        """
        type_ = line.type
        if type_ in HIDDEN:
            return None
        if type_ in PRIVATE:
            return line.changes if line.agent_id == self._agent_id else None
        if (
            self._sees_everything
            or line.queue_id in self._queues
            or line.agent_id == self._agent_id
            or is_for_everybody(line)
        ):
            return line.changes
        if self._saw_before(line):
            return _taken_away(line)
        return None

    def _saw_before(self, line: Logged) -> bool:
        """True when the event took a conversation out of this agent's sight."""
        left_queue = getattr(line.event, "from_queue_id", None)
        left_agent = getattr(line.event, "from_agent_id", None)
        return left_agent == self._agent_id or (
            left_queue is not None and left_queue in self._queues
        )


def _taken_away(line: Logged) -> str | None:
    for change in line.event.changes:
        if change.entity == "conversation" and change.id == line.conversation_id:
            return removal("conversation", change.id, change.rev)
    return None


UNSEEN_BY_VISITORS = frozenset({"message.noted", "draft.changed", "message.happened"})
"""What never reaches a visitor, not even as a change of a number."""


@dataclass
class VisitorAudience:
    """What a visitor may see: their own chat, without notes and without the desk's own fields.

    ``agent_name`` tells what an agent is called, ``file_url`` where a file can be had for a while.
    A conversation that this customer opens on the channel is added as its event passes.
    """

    customer_id: str
    channel: str
    conversation_ids: set[str]
    agent_name: Callable[[str], str]
    file_url: Callable[[str], str]

    def changes_for(self, line: Logged) -> str | None:
        """The event's changes in the visitor's words; None when it is none of theirs."""
        if line.customer_id != self.customer_id or line.conversation_id is None:
            return None
        if line.type == "conversation.opened" and self._is_here(line):
            self.conversation_ids.add(line.conversation_id)
        if line.conversation_id not in self.conversation_ids or line.type in UNSEEN_BY_VISITORS:
            return None
        seen = [
            made for change in line.event.changes if (made := self._as_visitor(change)) is not None
        ]
        return msgspec.json.encode(seen).decode() if seen else None

    def _is_here(self, line: Logged) -> bool:
        return getattr(line.event, "channel", None) == self.channel

    def _as_visitor(self, change: Change) -> dict[str, Any] | None:
        facts = change.full if change.full is not None else change.patch
        if facts is None:
            return None
        if not isinstance(facts, Mapping):
            facts = msgspec.to_builtins(facts)
        if change.entity == "conversation":
            shown = self.conversation(facts)
        elif change.entity == "message" and facts.get("direction", "in") in ("in", "out"):
            shown = self.message(facts)
        else:
            return None
        if not shown:
            return None
        kind = "full" if change.full is not None else "patch"
        return {"entity": change.entity, "id": change.id, "rev": change.rev, kind: shown}

    def conversation(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """A conversation as the visitor sees it."""
        shown = {name: facts[name] for name in _OF_CONVERSATION if name in facts}
        if "agent_id" in facts:
            agent_id = facts["agent_id"]
            shown["agent"] = {"name": self.agent_name(agent_id)} if agent_id else None
        return shown

    def message(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """A message, or a patch of one, as the visitor sees it."""
        shown = {name: facts[name] for name in _OF_MESSAGE if name in facts}
        if "author" in facts:
            shown["author"] = {"kind": facts["author"]["kind"], "name": facts["author"]["name"]}
        if "attachments" in facts:
            shown["attachments"] = [
                {name: file[name] for name in ("id", "name", "media_type", "size")}
                | {"url": self.file_url(file["id"])}
                for file in facts["attachments"]
            ]
        return shown


_OF_CONVERSATION = ("id", "rev", "status", "rating", "opened_at", "ended_at")
_OF_MESSAGE = ("id", "rev", "conversation_id", "ordinal", "direction", "text", "at", "state")
