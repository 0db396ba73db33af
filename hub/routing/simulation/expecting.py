"""What a scenario expects, and how what came differs from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, get_args

import yaml
from typing_extensions import override

from hub.kernel.ids import AgentId, OfferId, WorkItemId
from hub.routing.core import position, snapshot
from hub.routing.effects import Effect, ItemMoved, Refused
from hub.routing.model import AgentRow, ItemRow
from hub.routing.simulation.reading import (
    build,
    elements,
    entries,
    fault,
    hints,
    is_null,
    keyed,
    known,
    plain,
    shows,
    text,
    time,
    unknown,
    where,
    whole,
)
from hub.routing.simulation.words import by_name, name_of

if TYPE_CHECKING:
    from hub.routing.simulation.playing import Play

Check = Callable[["Play"], Iterator[str]]

EFFECTS = by_name(get_args(Effect))
"""Every effect of the router, by its name in a file."""
OF_ITEMS = {**hints(ItemMoved), **hints(ItemRow)}
OF_AGENTS = {**hints(AgentRow), "used": int, "items": frozenset[str]}


@dataclass(frozen=True, slots=True)
class Expectation:
    """One line of ``expect``."""

    key: str
    place: str
    check: Check

    @property
    def covers_refusals(self) -> bool:
        """True when it says what the router should refuse."""
        return self.key == "refused"

    def differences(self, play: Play) -> list[str]:
        """What came otherwise, in words."""
        return [f"{self.key}: {difference}" for difference in self.check(play)]


def read_expectations(node: yaml.Node) -> tuple[Expectation, ...]:
    """Everything under an ``expect``."""
    nodes = known(node, *READERS)
    return tuple(Expectation(key, where(n), READERS[key](n)) for key, n in nodes.items())


# Effects


@dataclass(frozen=True, slots=True)
class Pattern:
    """An effect by its kind and as many of its fields as matter."""

    kind: type
    wanted: dict[str, Any]

    def fits(self, effect: Effect, play: Play) -> bool:
        """True when the effect is one of these."""
        return type(effect) is self.kind and all(
            _is_like(_of(effect, name, play), _meant(name, value, play))
            for name, value in self.wanted.items()
        )

    @override
    def __str__(self) -> str:
        return f"{name_of(self.kind)} {_fields(self.wanted)}".rstrip()


def _of(effect: Effect, name: str, play: Play) -> Any:
    held = getattr(effect, name)
    return held.as_dict() if name == "why" else held


def _meant(name: str, value: Any, play: Play) -> Any:
    return play.offer_of(value) if name == "offer" else value


def _read_pattern(node: yaml.Node) -> Pattern:
    if isinstance(node, yaml.ScalarNode):
        name, given = text(node), {}
    else:
        nodes = entries(node)
        if len(nodes) != 1:
            raise fault(node, "an effect is one key with its fields")
        name, body = next(iter(nodes.items()))
        given = {} if is_null(body) else entries(body)
    if name not in EFFECTS:
        if isinstance(node, yaml.ScalarNode):
            raise fault(node, f"unknown effect {name}; known here: {', '.join(sorted(EFFECTS))}")
        raise unknown(node, name, list(EFFECTS))
    return Pattern(EFFECTS[name], _read_fields(given, hints(EFFECTS[name]), node))


def _read_fields(given: dict[str, yaml.Node], types: dict[str, Any], at: yaml.Node) -> Any:
    found = {}
    for name, node in given.items():
        if name not in types:
            raise fault(node, f"unknown key {name}; known here: {', '.join(sorted(types))}")
        as_written = name == "why" or is_dataclass(types[name])
        found[name] = plain(node) if as_written else build(node, types[name], name)
    return found


def _same_step(node: yaml.Node) -> Check:
    patterns = [_read_pattern(one) for one in elements(node)]

    def check(play: Play) -> Iterator[str]:
        left = iter(play.told)
        for pattern in patterns:
            if not any(pattern.fits(effect, play) for effect in left):
                came = "; ".join(_in_words(effect) for effect in play.told) or "nothing"
                yield f"expected {pattern}, came: {came}"
                return

    return check


def _not_in_step(node: yaml.Node) -> Check:
    patterns = [_read_pattern(one) for one in elements(node)]

    def check(play: Play) -> Iterator[str]:
        for pattern in patterns:
            for effect in play.told:
                if pattern.fits(effect, play):
                    yield f"did not expect {pattern}, came: {_in_words(effect)}"

    return check


def _counts(node: yaml.Node) -> Check:
    wanted: list[tuple[Pattern, int]] = []
    for one in elements(node):
        nodes = known(one, "effect", "is")
        if len(nodes) != 2:
            raise fault(one, "a count needs effect and is")
        wanted.append((_read_pattern(nodes["effect"]), whole(nodes["is"])))

    def check(play: Play) -> Iterator[str]:
        for pattern, expected in wanted:
            came = sum(pattern.fits(effect, play) for effect in play.effects)
            if came != expected:
                yield f"expected {expected} of {pattern}, came {came}"

    return check


def _refused(node: yaml.Node) -> Check:
    codes = [text(one) for one in elements(node)]

    def check(play: Play) -> Iterator[str]:
        came = [effect.code for effect in play.told if isinstance(effect, Refused)]
        if came != codes:
            yield f"expected {codes}, came {came}"

    return check


# Offers


def _offered(node: yaml.Node) -> Check:
    wanted = [(item, None if is_null(n) else text(n)) for item, n in keyed(node, str)]

    def check(play: Play) -> Iterator[str]:
        for item, agent in wanted:
            holder = play.holders.get(item)
            if holder != agent:
                yield f"{item} is offered to {holder or 'nobody'}, not to {agent or 'nobody'}"

    return check


def _read_row(node: yaml.Node, *kinds: Callable[[yaml.Node], Any]) -> tuple[Any, ...]:
    values = elements(node)
    if len(values) != len(kinds):
        raise fault(node, f"here should be {len(kinds)} values")
    return tuple(kind(value) for kind, value in zip(kinds, values, strict=True))


def _grants(node: yaml.Node) -> Check:
    wanted = [_read_row(one, time, text, text) for one in elements(node)]

    def check(play: Play) -> Iterator[str]:
        came = [(grant.at, str(grant.item), str(grant.agent)) for grant in play.grants]
        if came != wanted:
            yield f"expected {_rows(wanted)}, came {_rows(came)}"

    return check


def _grants_of(node: yaml.Node) -> Check:
    wanted = [
        (item, [_read_row(one, time, text) for one in elements(rows)])
        for item, rows in keyed(node, str)
    ]

    def check(play: Play) -> Iterator[str]:
        for item, rows in wanted:
            came = [(grant.at, str(grant.agent)) for grant in play.grants if grant.item == item]
            if came != rows:
                yield f"{item}: expected {_rows(rows)}, came {_rows(came)}"

    return check


def _order(node: yaml.Node) -> Check:
    wanted = [text(one) for one in elements(node)]

    def check(play: Play) -> Iterator[str]:
        came = [str(grant.item) for grant in play.grants]
        if came != wanted:
            yield f"expected {', '.join(wanted)}; came {', '.join(came)}"

    return check


def _why(node: yaml.Node) -> Check:
    wanted = [(item, plain(body)) for item, body in keyed(node, str)]

    def check(play: Play) -> Iterator[str]:
        for item, part in wanted:
            records = [grant.why.as_dict() for grant in play.grants if grant.item == item]
            if not records:
                yield f"{item} was never granted"
                continue
            for path, says, held in _unlike(records[-1], part, item):
                yield f"{path} is {held}, not {says}"

    return check


# Items and agents


def _items(node: yaml.Node) -> Check:
    wanted = [(i, _read_fields(entries(n), OF_ITEMS, n)) for i, n in keyed(node, str)]

    def check(play: Play) -> Iterator[str]:
        rows = {row.id: row for row in snapshot(play.state).items}
        for item, expected in wanted:
            heard, row = play.items.get(item), rows.get(WorkItemId(item))
            if heard is None and row is None:
                yield f"nobody knows {item}"
                continue
            held = {**_values(heard), **_values(row)}
            if item in play.holders:
                held["state"] = "offered"
            yield from _compared(item, expected, held)

    return check


def _agents(node: yaml.Node) -> Check:
    wanted = [(a, _read_fields(entries(n), OF_AGENTS, n)) for a, n in keyed(node, str)]

    def check(play: Play) -> Iterator[str]:
        seen = snapshot(play.state)
        rows = {row.agent: row for row in seen.agent_rows}
        for agent, expected in wanted:
            row = rows.get(AgentId(agent))
            if row is None:
                yield f"nobody knows {agent}"
                continue
            works = [work for work in seen.assignments if work.agent == agent]
            offers = [offer for offer in seen.offers if offer.agent == agent]
            held = _values(row)
            held["used"] = sum(w.units for w in works) + sum(o.units for o in offers)
            held["items"] = frozenset(str(work.item) for work in works)
            yield from _compared(agent, expected, held)

    return check


def _position(node: yaml.Node) -> Check:
    wanted = [(item, None if is_null(n) else whole(n)) for item, n in keyed(node, str)]

    def check(play: Play) -> Iterator[str]:
        for item, expected in wanted:
            came = position(play.state, WorkItemId(item))
            if came != expected:
                yield f"{item} has place {came}, not {expected}"

    return check


def _values(row: Any) -> dict[str, Any]:
    return {} if row is None else {f.name: getattr(row, f.name) for f in fields(row)}


def _compared(whose: str, expected: dict[str, Any], held: dict[str, Any]) -> Iterator[str]:
    for name, value in expected.items():
        if name not in held:
            yield f"{whose}.{name} is not known any more"
        elif not _is_like(held[name], value):
            yield f"{whose}.{name} is {shows(held[name], name)}, not {shows(value, name)}"


# Likeness


def _is_like(held: Any, wanted: Any) -> bool:
    return next(_unlike(held, wanted, ""), None) is None


def _unlike(held: Any, wanted: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Where a value differs from what is wanted of it; what is not mentioned does not matter."""
    if isinstance(wanted, dict) and isinstance(held, dict):
        for key, part in wanted.items():
            if key not in held:
                yield f"{path}.{key}", part, "missing"
            else:
                yield from _unlike(held[key], part, f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(held, list | tuple) and len(held) == len(wanted):
        for number, part in enumerate(wanted):
            yield from _unlike(held[number], part, f"{path}[{number}]")
    elif held != wanted:
        yield path, wanted, held


def _rows(rows: list[Any]) -> str:
    return (
        ", ".join("[" + ", ".join(str(shows(v, "at")) for v in row) + "]" for row in rows) or "none"
    )


def _in_words(effect: Effect) -> str:
    held = {name: getattr(effect, name) for name in hints(type(effect)) if name != "why"}
    said = {name: value for name, value in held.items() if value is not None}
    for name, hint in hints(type(effect)).items():
        if hint is OfferId:
            del said[name]
    return f"{name_of(type(effect))} {_fields(said)}"


def _fields(values: dict[str, Any]) -> str:
    said = ", ".join(f"{name}: {shows(value, name)}" for name, value in values.items())
    return f"{{{said}}}" if said else ""


READERS: dict[str, Callable[[yaml.Node], Check]] = {
    "same_step": _same_step,
    "not_in_step": _not_in_step,
    "refused": _refused,
    "offered": _offered,
    "grants": _grants,
    "grants_of": _grants_of,
    "order": _order,
    "why": _why,
    "items": _items,
    "agents": _agents,
    "position": _position,
    "counts": _counts,
}
"""What can be expected, by its key."""
