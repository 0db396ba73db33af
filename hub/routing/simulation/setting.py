"""Rules, queues and agents: what scenarios and loads have in common."""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from hub.kernel.ids import QueueId
from hub.routing.core import State, rebuild
from hub.routing.model import Agent, Queue, Rules, Snapshot
from hub.routing.simulation.reading import keyed, record


def read_rules(nodes: dict[str, yaml.Node], base: Rules) -> Rules:
    """The rules written, over those that hold anyway."""
    rules = record(nodes["rules"], Rules, base) if "rules" in nodes else base
    assert isinstance(rules, Rules)
    return rules


def read_queues(nodes: dict[str, yaml.Node]) -> tuple[Queue, ...]:
    """The queues written; with none there is one, ``q``, with a target of 20 s."""
    if "queues" not in nodes:
        return (Queue(QueueId("q"), 20_000),)
    return tuple(record(node, Queue, key=key) for key, node in keyed(nodes["queues"], str))


def open_hall(rules: Rules, queues: Iterable[Queue], agents: Iterable[Agent]) -> State:
    """The router at moment 0, with nobody there yet."""
    return rebuild(Snapshot(rules=rules, queues=tuple(queues), agents=tuple(agents)), 0)


def routable_presence(rules: Rules) -> str:
    """What agents say who are ready: the first presence in which work is offered."""
    return next(code for code, presence in rules.presences.items() if presence.routable)
