"""What can go wrong for somebody who asks.

    Refusal
    ├── NotFound      there is no such thing, or none that you may see
    ├── Conflict      it is there, but no longer as you think
    ├── Forbidden     you may not
    └── Invalid       what you sent cannot be used; says where

Each refusal a user can meet is a small subclass with a ``code``; its docstring is the message.
``StorageDown`` is no refusal: the hub itself cannot, for now. The web turns them into problem
documents (RFC 9457), the sockets into error frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class Refusal(Exception):
    """The hub refused."""

    code: ClassVar[str] = "refused"

    def __init__(self, message: str | None = None, **facts: object) -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.facts = facts
        super().__init__(self.message)


class NotFound(Refusal):
    """There is no such thing."""

    code = "not_found"


class Conflict(Refusal):
    """Something else happened first."""

    code = "conflict"


class Forbidden(Refusal):
    """You may not do this."""

    code = "forbidden"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what was sent: ``path`` as a JSON pointer, ``problem`` in words."""

    path: str
    problem: str


class Invalid(Refusal):
    """What was sent cannot be used."""

    code = "invalid"

    def __init__(self, message: str | None = None, *faults: Fault, **facts: object) -> None:
        super().__init__(message, **facts)
        self.faults = faults


class StorageDown(Exception):
    """The database cannot be written now. Nothing was promised; ask again with the same key."""


class StorageBroken(StorageDown):
    """The database failed in a way that only a restart may repair."""
