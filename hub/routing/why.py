"""Why a grant was made: the record that goes with it, small enough to keep for every one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.kernel.ids import AgentId, WorkItemId

CORE_VERSION = "1"
"""Raised whenever the same inputs may lead to another choice."""


@dataclass(frozen=True, slots=True)
class ItemStanding:
    """Where an item stood in the order: smallest ``(band, due - offset, seq)`` first."""

    item: WorkItemId
    band: int
    due: int
    offset: int
    seq: int


@dataclass(frozen=True, slots=True)
class AgentStanding:
    """Where an agent stood in the order: smallest ``(fit, scarcity, load, idle_since, seq)`` first."""

    agent: AgentId
    fit: int
    scarcity: int
    load: int
    idle_since: int
    seq: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """Who came earlier in the order and was passed over, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Why:
    """The record of one grant. ``as_dict`` gives the JSON form of it."""

    at: int
    trigger: str
    """The input that led to it."""
    item: ItemStanding
    demand: str
    """The class the item waited in: queue, medium and step."""
    agent: AgentStanding
    used_units: int
    """What the agent carried before."""
    mode: str
    items_behind: tuple[ItemStanding, ...] = ()
    """The next items the agent could have had, best first."""
    agents_behind: tuple[AgentStanding, ...] = ()
    """The next agents who could have had the item, best first."""
    skipped: tuple[Skipped, ...] = ()
    agents_out: tuple[tuple[str, int], ...] = ()
    """How many agents could not be offered anything, by reason."""
    rules: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        raise NotImplementedError
