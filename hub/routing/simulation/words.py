"""The names of inputs and effects in a file, made from those of their classes."""

from __future__ import annotations

import re
from collections.abc import Iterable

CAPITAL = re.compile(r"(?<=.)([A-Z])")


def by_name(kinds: Iterable[type]) -> dict[str, type]:
    """The classes by their names in a file: ``ItemQueued`` is ``item_queued``."""
    return {name_of(kind): kind for kind in kinds}


def name_of(kind: type) -> str:
    """The name of a class in a file."""
    return CAPITAL.sub(r"_\1", kind.__name__).lower()
