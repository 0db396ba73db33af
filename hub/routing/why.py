"""Why a grant was made: the record that goes with it, small enough to keep for every one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.kernel.ids import AgentId, WorkItemId
from hub.routing.facts import fact
from hub.routing.model import OfferMode

CORE_VERSION = "1"
"""Raised whenever the same inputs may lead to another choice."""


@fact
class ItemStanding:
    """Where an item stood in the order: smallest ``(band, due - offset, seq)`` first."""

    item: WorkItemId
    band: int
    due: int
    offset: int
    seq: int

    @property
    def key(self) -> tuple[int, int, int]:
        """What it was compared by."""
        return (self.band, self.due - self.offset, self.seq)

    def as_dict(self) -> dict[str, Any]:
        key = [int(part) for part in self.key]
        return {"item": self.item, "due": self.due, "offset": self.offset, "key": key}


@fact
class AgentStanding:
    """Where an agent stood: smallest ``(fit, scarcity, load, count, idle_since, seq)`` first."""

    agent: AgentId
    fit: int
    scarcity: int
    load: int
    """In quarters of capacity; in units where the least loaded is asked."""
    count: int
    """Offers accepted today, where that is asked."""
    idle_since: int
    """Under round robin, when they were last offered something."""
    seq: int

    @property
    def rank(self) -> tuple[int, int, int, int, int, int]:
        """What they were compared by; under strict longest idle only the last two count."""
        return (self.fit, self.scarcity, self.load, self.count, self.idle_since, self.seq)

    def as_dict(self) -> dict[str, Any]:
        return {"agent": self.agent, "rank": list(self.rank)}


@fact
class Why:
    """The record of one grant. ``as_dict`` gives its JSON form."""

    at: int
    trigger: str
    """The input that led to it."""
    mode: OfferMode
    item: ItemStanding
    demand: str
    """The class the item waited in: queue and step."""
    agent: AgentStanding
    used: int
    """The units the agent carried before."""
    items_behind: tuple[ItemStanding, ...]
    """The item that came next in the order."""
    agents_behind: tuple[AgentStanding, ...]
    """The next agents who could have had the item, best first."""
    passed_over: tuple[tuple[str, str], ...]
    """Items that stood before the winner, and what kept them from this agent."""
    agents_out: Mapping[str, int]
    """How many agents could not be offered it, by reason."""
    rules: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The record as plain JSON values; ``lost_by_ms`` is by how much the winner came first."""
        return {
            "at": self.at,
            "trigger": self.trigger,
            "mode": self.mode.value,
            "winner": {**self.item.as_dict(), "demand": self.demand},
            "items_behind": [
                {**i.as_dict(), "lost_by_ms": i.key[1] - self.item.key[1]}
                for i in self.items_behind
            ],
            "agent": {**self.agent.as_dict(), "used": self.used},
            "agents_behind": [
                {**a.as_dict(), "lost_by_ms": a.idle_since - self.agent.idle_since}
                for a in self.agents_behind
            ],
            "passed_over": [{"item": item, "reason": reason} for item, reason in self.passed_over],
            "agents_out": dict(sorted(self.agents_out.items())),
            "rules": list(self.rules),
            "core_version": CORE_VERSION,
        }
