"""What a channel is to the hub, and the hub to a channel.

A channel *receives*: a route or a loop of its own hands ``Inbound`` messages to
``Receiving.receive``, which answers only after they are committed; only then may the channel
acknowledge them outside. And it *sends*: the outbox hands it one ``Outbound`` and a ``Progress``,
and it answers what became of it.

The contract suite (``tests/contract/test_channels.py``) runs on every channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from starlette.routing import BaseRoute

from hub.channels.model import Account, Fate, Receipt
from hub.conversations.model import Inbound, Outbound, Received

__all__ = ["Account", "Channel", "Fate", "Progress", "Receipt", "Receiving"]


class Progress(Protocol):
    """How a channel tells the outbox that the point of no return is near."""

    async def handing_over(self) -> None:
        """Must be awaited just before the bytes that can make the other side accept.

        Until then a broken attempt is safely repeated; after it, a broken attempt is *unknown*.
        Durable.
        """


class Receiving(Protocol):
    """The hub's side of receiving."""

    async def receive(self, inbound: Inbound) -> Received:
        """Keep a message. Answers after the commit; the same key again answers the same message."""

    async def quarantine(
        self, account: Account, key: str, raw: bytes, reason: str, *, sender: str = ""
    ) -> None:
        """Keep what could not be understood, where an administrator sees it and can have it tried
        again.
        """


class Channel(Protocol):
    """One kind of channel.

    ``repeats_safely``: the other side recognises a second delivery by its reference, so an unknown
    attempt may simply be repeated.
    """

    kind: str
    repeats_safely: bool

    async def send(self, account: Account, message: Outbound, progress: Progress) -> Receipt:
        """Make one attempt. Raises nothing for what the other side does; a bug of ours counts as
        *later*.
        """

    async def run(self, accounts: Sequence[Account]) -> None:
        """Receive for these accounts until cancelled (pull channels and watchers); returns at once
        for push ones.
        """

    def routes(self) -> Sequence[BaseRoute]:
        """The HTTP and websocket routes by which others reach this channel."""

    async def replay(self, account: Account, key: str, raw: bytes) -> None:
        """Try again to understand what was quarantined; raises what is still wrong with it."""
