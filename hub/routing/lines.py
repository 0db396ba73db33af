"""A line: things standing in order of a whole number, quick at the head, at the end and in between.

Both sides of routing wait in lines: items in one per demand, agents in one per supply. A line is a
row of sorted blocks, so that joining, leaving, the first, everybody in order and "how many stand
before?" all cost next to nothing at a million (the idea of Grant Jenks' ``sortedcontainers``).
Nothing is deleted lazily: who left is gone, and a count is a count.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain
from typing import Generic, TypeVar

T = TypeVar("T")

BLOCK = 1024
"""A block that grows to twice this is cut in two."""


class Line(Generic[T]):
    """Things in rising order of their keys; no two share one.

    ``head`` is the first one's key plus ``base``: lines are compared with each other by their
    heads, and a whole line moves forward or back by its base alone. It means nothing while the line
    is empty.
    """

    __slots__ = ("_keys", "_lasts", "_things", "base", "head")

    def __init__(self, base: int = 0) -> None:
        self.base = base
        self.head = base
        self._keys: list[list[int]] = []
        self._things: list[list[T]] = []
        self._lasts: list[int] = []
        """The last key of every block."""

    def __len__(self) -> int:
        return sum(map(len, self._keys))

    def __bool__(self) -> bool:
        return bool(self._lasts)

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self._things)

    def keys(self) -> Iterator[int]:
        """Every key, smallest first."""
        return chain.from_iterable(self._keys)

    def add(self, key: int, thing: T) -> None:
        """Let a thing stand where its key says."""
        lasts = self._lasts
        if not lasts:
            self._keys.append([key])
            self._things.append([thing])
            lasts.append(key)
            self.head = self.base + key
            return
        block = bisect_left(lasts, key) if key < lasts[-1] else len(lasts) - 1
        keys = self._keys[block]
        at = bisect_left(keys, key)
        keys.insert(at, key)
        self._things[block].insert(at, thing)
        if at == 0 and block == 0:
            self.head = self.base + key
        if key > lasts[block]:
            lasts[block] = key
        if len(keys) > 2 * BLOCK:
            self._split(block)

    def remove(self, key: int) -> None:
        """Let the thing with this key leave. A ``KeyError`` when there is none."""
        block = bisect_left(self._lasts, key)
        if block == len(self._lasts):
            raise KeyError(key)
        keys = self._keys[block]
        at = bisect_left(keys, key)
        if keys[at] != key:
            raise KeyError(key)
        del keys[at], self._things[block][at]
        if at == len(keys):
            self._close_up(block)
        if at == 0 and block == 0 and self._keys:
            self.head = self.base + self._keys[0][0]

    def rebase(self, base: int) -> None:
        """Move the whole line."""
        self.head += base - self.base
        self.base = base

    def before(self, key: int) -> int:
        """How many stand before this key."""
        block = bisect_left(self._lasts, key)
        if block == len(self._lasts):
            return len(self)
        return sum(map(len, self._keys[:block])) + bisect_left(self._keys[block], key)

    def first(self, most: int) -> list[T]:
        """The first of the line, at most so many."""
        return self._things[0][:most] if self._things else []

    def _close_up(self, block: int) -> None:
        """The last of a block has left: say who is last now, or forget an empty block."""
        keys = self._keys[block]
        if keys:
            self._lasts[block] = keys[-1]
        else:
            del self._keys[block], self._things[block], self._lasts[block]

    def _split(self, block: int) -> None:
        keys, things = self._keys[block], self._things[block]
        self._keys.insert(block + 1, keys[BLOCK:])
        self._things.insert(block + 1, things[BLOCK:])
        del keys[BLOCK:], things[BLOCK:]
        self._lasts.insert(block, keys[-1])
