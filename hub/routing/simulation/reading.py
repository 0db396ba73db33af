"""Reads YAML by the types of what it stands for; whatever does not fit is named with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from enum import Enum, IntEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import yaml

from hub.kernel.clock import Millis

TIMES = frozenset(
    {
        "after",
        "answered_at",
        "at",
        "began_at",
        "boost",
        "boost_by",
        "connect_boost",
        "connect_timeout",
        "day_begins",
        "deadline",
        "delay",
        "delivery_timeout",
        "due",
        "ends_at",
        "enqueued_at",
        "entered_at",
        "grace",
        "granted",
        "handle",
        "handling",
        "heard_at",
        "heartbeat_timeout",
        "held_until",
        "idle_since",
        "inactive_after",
        "lasts_at_most",
        "limit",
        "locked_until",
        "lost_at",
        "max_wait",
        "misroute_window",
        "offer_timeout",
        "offered_at",
        "offset",
        "origin_at",
        "over",
        "park_max",
        "patience",
        "presence_until",
        "refused_gap",
        "reject_gap",
        "requeue_boost",
        "resume_window",
        "returns_at",
        "rona_auto_return",
        "rona_gap",
        "short_abandon",
        "since",
        "sticky_max",
        "target",
        "transfer_boost",
        "until",
        "withdrawn_gap",
        "wrap_up_max",
    }
)
"""Whole numbers of the router that are moments or durations: here they are written in seconds."""
COUNTS = frozenset(
    {
        "accepted",
        "agents",
        "attempt",
        "attempts",
        "cap",
        "connect_failures",
        "connect_retries",
        "count",
        "count_by",
        "counted_on",
        "expiries",
        "goal",
        "inactive_weight",
        "kept",
        "level",
        "max_offers",
        "max_waiting",
        "most",
        "opened",
        "rona_limit",
        "seq",
        "step",
        "units",
        "units_by",
        "used",
        "value",
        "weight",
        "wrap_up_units",
    }
)
"""Whole numbers that are just that."""

NULL, BOOL = "tag:yaml.org,2002:null", "tag:yaml.org,2002:bool"
TIME = re.compile(r"(-?\d+(?:\.\d+)?) ?(ms|s|min|h|d)?")
IN_MS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


class Unreadable(Exception):
    """A file says something that cannot be; ``str`` names file, line and what is wrong."""


def fault(node: yaml.Node, text: str) -> Unreadable:
    """What is wrong, and where."""
    return Unreadable(f"{where(node)}: {text}")


def where(node: yaml.Node) -> str:
    """File and line."""
    return f"{node.start_mark.name}:{node.start_mark.line + 1}"


def documents(path: Path) -> list[yaml.Node]:
    """The documents of a file."""
    try:
        with path.open(encoding="utf-8") as stream:
            found = [node for node in yaml.compose_all(stream, yaml.SafeLoader) if node is not None]
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f":{mark.line + 1}"
        raise Unreadable(f"{path}{line}: {getattr(error, 'problem', error)}") from error
    if not found:
        raise Unreadable(f"{path}:1: there is nothing in it")
    return found


# The shapes of YAML


def is_null(node: yaml.Node) -> bool:
    """True for ``null`` and for nothing at all."""
    return isinstance(node, yaml.ScalarNode) and node.tag == NULL


def entries(node: yaml.Node) -> dict[str, yaml.Node]:
    """A mapping's values by key, in the order written."""
    if is_null(node):
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise fault(node, "here should be keys and values")
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if key.value in found:
            raise fault(key, f"{key.value} stands here a second time")
        found[key.value] = value
    return found


def known(node: yaml.Node, *keys: str) -> dict[str, yaml.Node]:
    """A mapping's values; a key that is none of these is a fault."""
    found = entries(node)
    for key in found:
        if key not in keys:
            raise unknown(node, key, keys)
    return found


def unknown(node: yaml.Node, key: str, keys: tuple[str, ...] | list[str]) -> Unreadable:
    """The fault of a key that means nothing here."""
    at = next((k for k, _ in node.value if k.value == key), node)
    return fault(at, f"unknown key {key}; known here: {', '.join(sorted(keys))}")


def elements(node: yaml.Node) -> list[yaml.Node]:
    """The elements of a list; a single value is a list of one, and nothing an empty one."""
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    return [] if is_null(node) else [node]


def text(node: yaml.Node) -> str:
    """A single value as it is written."""
    if not isinstance(node, yaml.ScalarNode):
        raise fault(node, "here should be a single value")
    return str(node.value)


def time(node: yaml.Node) -> int:
    """A moment or duration in ms: seconds, unless its unit is written behind it."""
    match = TIME.fullmatch(text(node))
    if match is None:
        raise fault(node, f"{text(node)} is no time; write seconds, or 250 ms, 20 s, 5 min, 8 h")
    exact = float(match[1]) * IN_MS[match[2] or "s"]
    if abs(exact - round(exact)) > 1e-6:
        raise fault(node, f"{text(node)} is finer than a millisecond")
    return round(exact)


def number(node: yaml.Node) -> float:
    """Any number."""
    try:
        return float(text(node))
    except ValueError:
        raise fault(node, f"{text(node)} is no number") from None


def whole(node: yaml.Node) -> int:
    """A whole number."""
    value = number(node)
    if value != int(value):
        raise fault(node, f"{text(node)} is no whole number")
    return int(value)


def plain(node: yaml.Node) -> Any:
    """Plain values, as JSON would have them."""
    return yaml.SafeLoader("").construct_document(node)


# The shapes of Python


def build(node: yaml.Node, hint: Any, name: str = "", base: Any = None) -> Any:
    """The value of type ``hint`` that this stands for.

    ``name`` is the field it is for; ``base`` is what holds of it already, where it has parts.
    """
    if get_origin(hint) in (Union, UnionType):
        return _one_of(node, get_args(hint), name, base)
    if hint is Millis:
        return time(node)
    if isinstance(hint, NewType):
        return build(node, hint.__supertype__, name, base)
    if get_origin(hint) is not None:
        return _many(node, hint, name, base)
    if is_dataclass(hint):
        return record(node, hint, base)
    return _single(node, hint, name)


def _one_of(node: yaml.Node, options: tuple[Any, ...], name: str, base: Any) -> Any:
    if is_null(node) and NoneType in options:
        return None
    wanted = [option for option in options if option is not NoneType]
    for option in wanted[:-1]:
        try:
            return build(node, option, name, base)
        except Unreadable:
            continue
    return build(node, wanted[-1], name, base)


def _many(node: yaml.Node, hint: Any, name: str, base: Any) -> Any:
    kind, inner = get_origin(hint), get_args(hint)
    if kind in (frozenset, set):
        if get_origin(inner[0]) is tuple and isinstance(node, yaml.MappingNode):
            return frozenset(_pairs(node, *get_args(inner[0])))
        return frozenset(build(one, inner[0], name) for one in elements(node))
    if kind is tuple and (len(inner) != 2 or inner[1] is not Ellipsis):
        return tuple(build(o, h, name) for o, h in zip(elements(node), inner, strict=True))
    if kind in (tuple, list):
        return tuple(build(one, inner[0], name) for one in elements(node))
    found = dict(base or {})
    for key, value in keyed(node, inner[0]):
        found[key] = _entry(value, inner[1], key, found.get(key))
    return found


def _entry(node: yaml.Node, hint: Any, key: Any, base: Any) -> Any:
    if is_dataclass(hint):
        return record(node, hint, base, key)
    return build(node, hint, "count", base)


def _pairs(node: yaml.Node, key: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    for left, right in keyed(node, key):
        yield left, build(right, value, "level")


def keyed(node: yaml.Node, hint: Any) -> Iterator[tuple[Any, yaml.Node]]:
    """The entries of a mapping whose keys are of that type."""
    entries(node)
    for key, value in () if is_null(node) else node.value:
        yield build(key, hint), value


def hints(kind: Any) -> dict[str, Any]:
    """The fields of a value and their types."""
    types = get_type_hints(kind)
    return {field.name: types[field.name] for field in fields(kind)}


def record(node: yaml.Node, kind: Any, base: Any = None, key: Any = None) -> Any:
    """A value of this class. Its key, where it has one, is its first field; ``base`` fills gaps.

    Where a single value stands, it is that of the first field.
    """
    types = hints(kind)
    first = next(iter(types), "")
    given: dict[str, Any] = {}
    if key is not None and first in ("id", "code"):
        given[first] = key
    if isinstance(node, yaml.ScalarNode) and not is_null(node) and first and not given:
        given[first] = build(node, types[first], first)
    else:
        for name, value in known(node, *types).items():
            held = getattr(base, name, None) if base is not None else _default(kind, name)
            given[name] = build(value, types[name], name, held)
    if base is not None:
        return replace(base, **given)
    lacking = [f.name for f in fields(kind) if f.name not in given and _is_needed(f)]
    if lacking:
        raise fault(node, f"{kind.__name__} needs {', '.join(lacking)}")
    return kind(**given)


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _default(kind: Any, name: str) -> Any:
    """What a part holds by itself, where it is made of parts."""
    for field in fields(kind):
        if field.name == name and field.default is not MISSING:
            return field.default
        if field.name == name and field.default_factory is not MISSING:
            return field.default_factory()
    return None


def _single(node: yaml.Node, hint: Any, name: str) -> Any:
    if hint is str:
        return text(node)
    if hint is bool:
        if node.tag != BOOL:
            raise fault(node, f"{name} is true or false")
        return text(node).lower() in ("true", "yes", "on")
    if hint is int:
        return _integer(node, name)
    if hint is float:
        return number(node)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _choice(node, hint)
    return plain(node)


def _integer(node: yaml.Node, name: str) -> int:
    if name in TIMES or text(node)[-1:].isalpha():
        return time(node)
    if name in COUNTS:
        return whole(node)
    raise fault(
        node, f"{name}: write its unit, as in 20 s (a number of things? see reading.COUNTS)"
    )


def _choice(node: yaml.Node, kind: type[Enum]) -> Enum:
    says = text(node)
    names = {m.name.lower() if issubclass(kind, IntEnum) else str(m.value): m for m in kind}
    if says not in names:
        raise fault(node, f"{says} is none of {', '.join(names)}")
    return names[says]


def shows(value: Any, name: str = "") -> Any:
    """A value of the router as the files would write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, Enum):
        return value.value
    if name in TIMES and isinstance(value, int):
        return value / 1000 if value % 1000 else value // 1000
    if isinstance(value, Mapping):
        return {str(key): shows(held) for key, held in value.items()}
    if isinstance(value, tuple | list):
        return [shows(held) for held in value]
    return value
