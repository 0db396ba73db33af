"""An event is a fact, in the past tense, that the log will keep.

Field packages define theirs in ``events.py``:

    @event("offer.accepted")
    class OfferAccepted(Event):
        offer_id: OfferId
        ...

The subject fields (``conversation_id`` and so on) become columns of the log, everything else
becomes its JSON ``data``. ``changes`` is what a screen must do to stay true: see ``Change``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar, dataclass_transform

from msgspec import Struct, StructMeta

from hub.kernel.clock import Millis

SUBJECTS = ("conversation_id", "customer_id", "ticket_id", "agent_id", "queue_id")
"""The fields of an event that the log keeps as columns."""


class Change(Struct, frozen=True, omit_defaults=True):
    """What one event does to one entity that screens hold.

    Exactly one of ``full`` (the whole entity, a view or a mapping) and ``patch`` (fields to
    replace, shallow) is given, or neither, when the entity is gone. ``rev`` rises with every change
    of that entity: a screen applies a change only when its ``rev`` is greater than the one it
    holds.

    As JSON it is what goes into the log and over the line; a view is encoded there.
    """

    entity: str
    id: str
    rev: int
    full: Any = None
    patch: Mapping[str, Any] | None = None


class _Facts(StructMeta):
    """Makes every event frozen, its fields given by name."""

    def __new__(cls, name: str, bases: Any, namespace: Any, **settings: Any) -> _Facts:
        fixed = settings | {"frozen": True, "kw_only": True}
        return super().__new__(cls, name, bases, namespace, **fixed)


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Event(Struct, metaclass=_Facts, frozen=True, kw_only=True):
    """What happened. ``at`` is when; ``actor`` is who: ``agent:<id>``, ``customer:<id>`` or
    ``hub``.
    """

    type: ClassVar[str] = "event"
    nobody: ClassVar[None] = None
    """What stands for a subject that an event has none of."""

    at: Millis
    actor: str = "hub"
    changes: tuple[Change, ...] = ()


E = TypeVar("E", bound=type[Event])
_types: dict[str, type[Event]] = {}


def event(type_: str) -> Callable[[E], E]:
    """Make a class the event of this type, known to the log by name."""

    def register(cls: E) -> E:
        if type_ in _types and _types[type_].__qualname__ != cls.__qualname__:
            raise ValueError(f"two events are called {type_}")
        cls.type = type_
        _types[type_] = cls
        return cls

    return register


def event_types() -> Mapping[str, type[Event]]:
    """Every event type known, by name."""
    return _types


def plain_fields(of: type[Event]) -> tuple[str, ...]:
    """The names of the fields that go into the log's ``data``."""
    names = _plain.get(of)
    if names is None:
        apart = {"at", "actor", "changes", *SUBJECTS}
        names = _plain[of] = tuple(name for name in of.__struct_fields__ if name not in apart)
    return names


_plain: dict[type[Event], tuple[str, ...]] = {}
