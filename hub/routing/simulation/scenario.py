"""A scenario as it is read: who is there, what happens when, and what should come true."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, get_args

import yaml

from hub.kernel.ids import AgentId, OfferId
from hub.routing import inputs
from hub.routing.model import Agent, Queue, Rules
from hub.routing.simulation.expecting import Expectation, read_expectations
from hub.routing.simulation.reading import (
    entries,
    fault,
    hints,
    keyed,
    known,
    record,
    text,
    time,
    unknown,
    where,
    whole,
)
from hub.routing.simulation.setting import read_queues, read_rules
from hub.routing.simulation.words import by_name

EVENTS = by_name(kind for kind in get_args(inputs.Input) if kind is not inputs.TimerFired)
"""Every input the router knows, by its name in a file. Timers fire by themselves."""
REFERRING = {
    kind: tuple(name for name, hint in hints(kind).items() if hint is OfferId)
    for kind in EVENTS.values()
}
"""The fields that name an offer; a file names its item instead."""
KEYS = ("title", "rules", "queues", "agents", "habits", "timeline", "until", "expect")
OF_AN_ENTRY = ("at", "every", "times", "expect")
COUNTED = re.compile(r"\{n\}")


@dataclass(frozen=True, slots=True)
class Habits:
    """What the world does without being told to in the timeline."""

    confirm: bool = True
    """The database agrees to every grant in the same moment."""
    deliver: bool = True
    """The agent's screen shows every offer in the same moment."""
    accept: bool = False
    """Agents accept whatever they are offered, in the same moment."""
    bridge: bool = True
    """Agent and customer hear each other as soon as the agent has accepted."""
    handle: int | None = None
    """How long agents work on whatever they accepted; without it the timeline says when it ends."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing told to the router, and what is expected of it."""

    at: int
    place: str
    event: inputs.Input | None
    expects: tuple[Expectation, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything a scenario says."""

    title: str
    rules: Rules
    queues: tuple[Queue, ...]
    agents: tuple[Agent, ...]
    ready: tuple[tuple[int, AgentId], ...]
    """Who says that they are available, and when."""
    habits: Habits
    entries: tuple[Entry, ...]
    until: int
    expects: tuple[Expectation, ...] = field(default=())
    """What should be so in the end."""


def read_scenario(node: yaml.Node) -> Scenario:
    """One document of a file."""
    nodes = known(node, *KEYS)
    agents, ready = _agents(nodes)
    timeline = _timeline(nodes["timeline"])
    last = timeline[-1].at if timeline else 0
    habits = record(nodes["habits"], Habits) if "habits" in nodes else Habits()
    return Scenario(
        title=text(nodes["title"]) if "title" in nodes else where(node),
        rules=read_rules(nodes, Rules(heartbeat_timeout=None)),
        queues=read_queues(nodes),
        agents=agents,
        ready=ready,
        habits=habits,
        entries=timeline,
        until=time(nodes["until"]) if "until" in nodes else last,
        expects=read_expectations(nodes["expect"]) if "expect" in nodes else (),
    )


def varied(first: yaml.Node, node: yaml.Node) -> yaml.Node:
    """A later document of a file is the first one with some of its keys said anew; what should come
    true in the end is its own.
    """
    own = entries(node)
    left = {*own, "title", "until", "expect"}
    kept = [(key, value) for key, value in first.value if key.value not in left]
    return yaml.MappingNode(node.tag, [*node.value, *kept], node.start_mark, node.end_mark)


def _agents(
    nodes: dict[str, yaml.Node],
) -> tuple[tuple[Agent, ...], tuple[tuple[int, AgentId], ...]]:
    agents: list[Agent] = []
    ready: list[tuple[int, AgentId]] = []
    for name, node in keyed(nodes["agents"], str) if "agents" in nodes else ():
        rest, since = taken(node, "ready")
        agents.append(record(rest, Agent, key=name))
        if since is not None:
            ready.append((time(since), AgentId(name)))
    return tuple(agents), tuple(sorted(ready, key=lambda one: one[0]))


def taken(node: yaml.Node, key: str) -> tuple[yaml.Node, yaml.Node | None]:
    """A mapping without one of its keys, and that key's value."""
    found = entries(node).get(key)
    if found is None:
        return node, None
    rest = [(k, v) for k, v in node.value if k.value != key]
    return yaml.MappingNode(node.tag, rest, node.start_mark, node.end_mark), found


def _timeline(node: yaml.Node) -> tuple[Entry, ...]:
    if not isinstance(node, yaml.SequenceNode):
        raise fault(node, "a timeline is a list of entries")
    found: list[Entry] = []
    before = 0
    for one in node.value:
        first = _read_entry(one, 0)
        if first.at < before:
            raise fault(one, "a timeline is written in the order of its moments")
        before = first.at
        nodes = entries(one)
        times = whole(nodes["times"]) if "times" in nodes else 1
        every = time(nodes["every"]) if "every" in nodes else 0
        found.append(first)
        found += [_read_entry(one, every * n, n) for n in range(1, times)]
    return tuple(sorted(found, key=lambda entry: entry.at))


def _read_entry(node: yaml.Node, later: int, n: int = 0) -> Entry:
    nodes = entries(_filled(node, n) if "every" in entries(node) else node)
    if "at" not in nodes:
        raise fault(node, "an entry needs at")
    events = [name for name in nodes if name not in OF_AN_ENTRY]
    for name in events:
        if name not in EVENTS:
            raise unknown(node, name, [*OF_AN_ENTRY, *EVENTS])
    if len(events) > 1:
        raise fault(node, f"an entry tells one thing, not {' and '.join(events)}")
    event = record(nodes[events[0]], EVENTS[events[0]]) if events else None
    expects = read_expectations(nodes["expect"]) if "expect" in nodes else ()
    return Entry(time(nodes["at"]) + later, where(node), event, expects)


def _filled(node: Any, n: int) -> Any:
    """A copy in which ``{n}`` stands for how often the entry was repeated, from 1 on."""
    if isinstance(node, yaml.ScalarNode):
        value = COUNTED.sub(str(n + 1), node.value)
        return yaml.ScalarNode(node.tag, value, node.start_mark, node.end_mark)
    if isinstance(node, yaml.MappingNode):
        pairs = [(_filled(key, n), _filled(value, n)) for key, value in node.value]
        return yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)
    values = [_filled(value, n) for value in node.value]
    return yaml.SequenceNode(node.tag, values, node.start_mark, node.end_mark)
