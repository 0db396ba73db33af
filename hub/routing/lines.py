"""A line: things standing in order of a whole number, quick at the head, at the end and in between.

Both sides of routing wait in lines: items in one per demand, agents in one per supply. A line is a
row of sorted blocks, so that joining, leaving, the first, everybody in order and "how many stand
before?" all cost next to nothing at a million (the idea of Grant Jenks' ``sortedcontainers``).
Nothing is deleted lazily: who left is gone, and a count is a count.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
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

    __slots__ = ("_keys", "_lasts", "_size", "_things", "base", "head")

    def __init__(self, base: int = 0) -> None:
        self.base = base
        self.head = base
        self._keys: list[list[int]] = []
        self._things: list[list[T]] = []
        self._lasts: list[int] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[T]:
        for things in self._things:
            yield from things

    def keys(self) -> Iterator[int]:
        """Every key, smallest first."""
        for keys in self._keys:
            yield from keys

    def add(self, key: int, thing: T) -> None:
        """Let a thing stand where its key says."""
        lasts = self._lasts
        if not lasts:
            self._keys.append([key])
            self._things.append([thing])
            lasts.append(key)
            self.head = self.base + key
        elif key > lasts[-1]:
            self._keys[-1].append(key)
            self._things[-1].append(thing)
            lasts[-1] = key
            if len(self._keys[-1]) > 2 * BLOCK:
                self._split(len(lasts) - 1)
        else:
            block = bisect_left(lasts, key) if len(lasts) > 1 else 0
            keys = self._keys[block]
            at = bisect_left(keys, key)
            keys.insert(at, key)
            self._things[block].insert(at, thing)
            if at == 0 and block == 0:
                self.head = self.base + key
            if len(keys) > 2 * BLOCK:
                self._split(block)
        self._size += 1

    def remove(self, key: int) -> None:
        """Let the thing with this key leave. A ``KeyError`` when there is none."""
        lasts = self._lasts
        block = bisect_left(lasts, key) if len(lasts) > 1 else 0
        if block == len(lasts):
            raise KeyError(key)
        keys = self._keys[block]
        at = bisect_left(keys, key) if keys[0] != key else 0
        if at == len(keys) or keys[at] != key:
            raise KeyError(key)
        del keys[at], self._things[block][at]
        self._size -= 1
        if not keys:
            del self._keys[block], self._things[block], lasts[block]
        elif at == len(keys):
            lasts[block] = keys[-1]
        if at == 0 and block == 0 and lasts:
            self.head = self.base + self._keys[0][0]

    def rebase(self, base: int) -> None:
        """Move the whole line."""
        self.head += base - self.base
        self.base = base

    def before(self, key: int) -> int:
        """How many stand before this key."""
        block = bisect_left(self._lasts, key)
        if block == len(self._lasts):
            return self._size
        return sum(map(len, self._keys[:block])) + bisect_left(self._keys[block], key)

    def first(self, most: int) -> list[T]:
        """The first of the line, at most so many."""
        return self._things[0][:most] if self._things else []

    def _split(self, block: int) -> None:
        keys, things = self._keys[block], self._things[block]
        self._keys.insert(block + 1, keys[BLOCK:])
        self._things.insert(block + 1, things[BLOCK:])
        del keys[BLOCK:], things[BLOCK:]
        self._lasts.insert(block, keys[-1])
