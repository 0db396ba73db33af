"""A load as it is read: who comes and how often, how long they take, and who serves them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import yaml

from hub.routing.inputs import ItemQueued
from hub.routing.model import Agent, Queue, Rules
from hub.routing.simulation.laws import Law, Process, read_law, read_process
from hub.routing.simulation.reading import (
    elements,
    entries,
    fault,
    keyed,
    known,
    number,
    record,
    text,
    time,
    where,
    whole,
)
from hub.routing.simulation.setting import read_queues, read_rules

KEYS = (
    "title", "rules", "queues", "agents", "arrivals", "length", "seeds", "warm_up", "check",
    "expect",
)  # fmt: skip
OF_A_STREAM = ("process", "service", "patience", "wrap_up")
OF_A_TEAM = ("count", "accept", "ignores", "pace", "slowdown", "shifts")
MEASURES = (
    "offered", "answered", "abandoned", "blocked", "p_wait", "mean_wait", "mean_wait_of_waiting",
    "service_level", "service_level_answered", "p_abandon", "p_block", "occupancy",
)  # fmt: skip
TOTAL = "total"

_usual = Rules(heartbeat_timeout=None, delivery_timeout=None)
AT_ONCE = replace(
    _usual,
    media=MappingProxyType({m: replace(r, bridged=False) for m, r in _usual.media.items()}),
)
"""The usual rules in a world where every line is good and every screen is there."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Customers who want the same."""

    name: str
    item: ItemQueued
    """What the router is told of each, but for the item's name."""
    process: Process
    service: Law
    patience: Law | None = None
    wrap_up: Law | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """Agents who are alike."""

    name: str
    agent: Agent
    count: int = 1
    accept: Law | None = None
    """How long until an offer is accepted; at once without it."""
    ignores: float = 0.0
    """The part of offers that are left to ring."""
    pace: float = 1.0
    """What service takes is multiplied by this."""
    slowdown: float = 0.0
    """For each further item in hand, service takes so much longer."""
    shifts: tuple[tuple[int, int | None], ...] = ((0, None),)
    """When they are there, from and to."""


@dataclass(frozen=True, slots=True)
class Hope:
    """A measure that should come out so."""

    place: str
    whose: str
    measure: str
    exact: float
    within: float


@dataclass(frozen=True, slots=True)
class Load:
    """Everything a load says."""

    title: str
    rules: Rules
    queues: tuple[Queue, ...]
    teams: tuple[Team, ...]
    streams: tuple[Stream, ...]
    length: int
    """How long customers come."""
    seeds: tuple[int, ...]
    warm_up: float
    """The part of the length that is not measured."""
    check: bool
    """Whether every invariant is held against everything after every step: sure, and slow."""
    hopes: tuple[Hope, ...] = ()


def read_load(node: yaml.Node) -> Load:
    """One document of a file."""
    nodes = known(node, *KEYS)
    for needed in ("arrivals", "agents", "length"):
        if needed not in nodes:
            raise fault(node, f"a load needs {needed}")
    queues = read_queues(nodes)
    return Load(
        title=text(nodes["title"]) if "title" in nodes else where(node),
        rules=read_rules(nodes, AT_ONCE),
        queues=queues,
        teams=tuple(_team(name, one) for name, one in keyed(nodes["agents"], str)),
        streams=tuple(_stream(n, one, queues) for n, one in keyed(nodes["arrivals"], str)),
        length=time(nodes["length"]),
        seeds=_seeds(nodes["seeds"]) if "seeds" in nodes else (1, 2, 3, 4, 5),
        warm_up=number(nodes["warm_up"]) if "warm_up" in nodes else 0.05,
        check="check" in nodes and text(nodes["check"]) == "true",
        hopes=tuple(_hopes(nodes["expect"], queues)) if "expect" in nodes else (),
    )


def _parted(node: yaml.Node, keys: tuple[str, ...]) -> tuple[yaml.Node, dict[str, yaml.Node]]:
    """A mapping without these keys, and the keys' values."""
    own = {key: value for key, value in entries(node).items() if key in keys}
    rest = [(key, value) for key, value in node.value if key.value not in own]
    return yaml.MappingNode(node.tag, rest, node.start_mark, node.end_mark), own


def _stream(name: str, node: yaml.Node, queues: tuple[Queue, ...]) -> Stream:
    rest, own = _parted(node, OF_A_STREAM)
    key = yaml.ScalarNode("tag:yaml.org,2002:str", "item", node.start_mark)
    rest.value.append((key, yaml.ScalarNode(key.tag, name, node.start_mark)))
    for needed in ("process", "service"):
        if needed not in own:
            raise fault(node, f"{name} needs {needed}")
    item = record(rest, ItemQueued)
    if all(queue.id != item.queue for queue in queues):
        raise fault(node, f"there is no queue {item.queue}")
    laws = {key: read_law(own[key]) for key in OF_A_STREAM[1:] if key in own}
    return Stream(name, item, read_process(own["process"]), **laws)


def _team(name: str, node: yaml.Node) -> Team:
    rest, own = _parted(node, OF_A_TEAM)
    team = Team(name, record(rest, Agent, key=name))
    if "count" in own:
        team = replace(team, count=whole(own["count"]))
    if "accept" in own:
        team = replace(team, accept=read_law(own["accept"]))
    if "shifts" in own:
        team = replace(team, shifts=tuple(map(_shift, elements(own["shifts"]))))
    numbers: dict[str, Any] = {
        key: number(own[key]) for key in ("ignores", "pace", "slowdown") if key in own
    }
    return replace(team, **numbers)


def _shift(node: yaml.Node) -> tuple[int, int | None]:
    nodes = known(node, "from", "to")
    begins = time(nodes["from"]) if "from" in nodes else 0
    return begins, time(nodes["to"]) if "to" in nodes else None


def _seeds(node: yaml.Node) -> tuple[int, ...]:
    """So many, or these."""
    if isinstance(node, yaml.ScalarNode):
        return tuple(range(1, whole(node) + 1))
    return tuple(whole(one) for one in elements(node))


def _hopes(node: yaml.Node, queues: tuple[Queue, ...]) -> Iterator[Hope]:
    names = (TOTAL, *(queue.id for queue in queues))
    for whose, measures in known(node, *names).items():
        for measure, body in known(measures, *MEASURES).items():
            nodes = known(body, "is", "within")
            if len(nodes) != 2:
                raise fault(body, "a measure is expected by is and within")
            exact, says = number(nodes["is"]), text(nodes["within"])
            if says.endswith("%"):
                within = abs(exact) * float(says[:-1]) / 100
            else:
                within = number(nodes["within"])
            yield Hope(where(body), whose, measure, exact, within)
