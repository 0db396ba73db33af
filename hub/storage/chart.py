"""Which handlers hear of which events, and how: the register that ``hub/journey.py`` fills in.

- ``within``: in the same transaction, for what must never be half true;
- ``after``: a subscription with its own durable position, each event has its effect exactly once;
- ``follow``: live, from memory, no write: the sockets, counters, wake-ups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.kernel.events import Event

if TYPE_CHECKING:
    from hub.storage.log import Logged
    from hub.storage.unit import Unit

Handler = Callable[["Unit", Sequence[Any]], None]
"""Takes a unit of work and a batch of events of one type, oldest first."""

Follower = Callable[[Sequence["Logged"]], None]
"""Takes what has just been committed, oldest first, on the event loop. Must not block."""

ANY = Event
"""Every event there is."""


@dataclass(frozen=True)
class Subscription:
    """One reader of the log with a durable position. ``types`` empty: every event."""

    name: str
    types: frozenset[str]
    handler: Handler


class Chart:
    """What happens after what."""

    def __init__(self) -> None:
        self._within: dict[type[Event], list[Handler]] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._followers: list[tuple[type[Event], Follower]] = []

    def within(self, heard: type[Event], *handlers: Handler) -> None:
        """Run these in the transaction that announces the event, in this order."""
        self._within.setdefault(heard, []).extend(handlers)

    def after(self, heard: type[Event], *handlers: Handler) -> None:
        """Run each of these as a subscription of its own, named for the function."""
        types = frozenset() if heard is ANY else frozenset({heard.type})
        for handler in handlers:
            name = f"{handler.__module__.removeprefix('hub.')}.{handler.__qualname__}:{heard.type}"
            if name in self._subscriptions:
                raise ValueError(f"{name} is charted twice")
            self._subscriptions[name] = Subscription(name, types, handler)

    def follow(self, heard: type[Event], *followers: Follower) -> None:
        """Tell these of each committed event, live."""
        self._followers.extend((heard, follower) for follower in followers)

    def handlers_within(self, heard: type[Event]) -> Sequence[Handler]:
        return self._within.get(heard, ())

    @property
    def subscriptions(self) -> Sequence[Subscription]:
        return tuple(self._subscriptions.values())

    @property
    def followers(self) -> Sequence[tuple[type[Event], Follower]]:
        return tuple(self._followers)
