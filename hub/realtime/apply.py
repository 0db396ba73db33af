"""The one rule by which a change alters what a screen holds: ``frontend/src/domain/apply.ts`` here.

The server does not need it to serve. Tests do: a snapshot with the events after it applied must
equal a later snapshot, and the recorded cases in ``tests/replay`` are run through this and through
the screens' own code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Outcome(Enum):
    """What became of a change."""

    APPLIED = "applied"
    STALE = "stale"
    """What is held is as new or newer."""
    MISSING = "missing"
    """A patch for something not held: nothing is known, so nothing is kept."""
    BEHIND = "behind"
    """A patch more than one ``rev`` ahead: the entity must be fetched again."""


@dataclass(frozen=True, slots=True)
class Held:
    """An entity as held. ``value`` is None when it was removed; ``rev`` stays as a tombstone."""

    rev: int
    value: Mapping[str, Any] | None


Key = tuple[str, str]
"""An entity's kind and id."""


def apply(held: dict[Key, Held], change: Mapping[str, Any]) -> Outcome:
    """Apply one change (``{entity, id, rev, full | patch | neither}``) to the entities held."""
    key = (change["entity"], change["id"])
    rev = change["rev"]
    before = held.get(key)
    if before is not None and rev <= before.rev:
        return Outcome.STALE
    if "full" in change:
        held[key] = Held(rev, change["full"])
    elif "patch" not in change:
        held[key] = Held(rev, None)
    elif before is None or before.value is None:
        return Outcome.MISSING
    elif rev > before.rev + 1:
        return Outcome.BEHIND
    else:
        held[key] = Held(rev, {**before.value, **change["patch"], "rev": rev})
    return Outcome.APPLIED
