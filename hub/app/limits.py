"""How often somebody may try, and who that is."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from hub.web.problems import TooMany

if TYPE_CHECKING:
    from hub.app.windows import Windows

MINUTE = 60
SIGN_IN_ACCOUNT = (5, 15 * MINUTE)
SIGN_IN_ADDRESS = (20, 15 * MINUTE)
CHAT_START = (10, MINUTE)
UPLOAD = (60, MINUTE)
"""So many tries within so many seconds."""


class Limits:
    """Counts tries. ``scale`` loosens everything by a factor (a demo on one machine has one
    address).
    """

    def __init__(self, redis_url: str | None, *, scale: int = 1) -> None:
        self._redis_url = redis_url
        self._scale = scale

    @cached_property
    def _windows(self) -> Windows:
        # The libraries that count are large, and nobody tries anything before the hub is ready.
        from hub.app.windows import Windows  # noqa: PLC0415

        return Windows(self._redis_url)

    async def close(self) -> None:
        if "_windows" in self.__dict__:
            await self._windows.close()

    async def sign_in(self, address: str, account: str) -> None:
        """``TooMany`` after 5 tries in 15 minutes for an account, 20 for an address."""
        await self._count(SIGN_IN_ADDRESS, "sign-in", address)
        await self._count(SIGN_IN_ACCOUNT, "sign-in-account", account)

    async def chat_start(self, address: str) -> None:
        """``TooMany`` after 10 new chats a minute from one address."""
        await self._count(CHAT_START, "chat", address)

    async def upload(self, who: str) -> None:
        await self._count(UPLOAD, "upload", who)

    async def _count(self, limit: tuple[int, int], *key: str) -> None:
        tries, seconds = limit
        if not await self._windows.has_room(tries * self._scale, seconds, *key):
            raise TooMany(retry_after=max(1, seconds // tries))


def address_of(connection: HTTPConnection, trusted: tuple[str, ...]) -> str:
    """The caller's address; ``X-Forwarded-For`` is believed only of a listed proxy."""
    peer = connection.client.host if connection.client else "unknown"
    if peer in trusted:
        hops = [hop.strip() for hop in connection.headers.get("x-forwarded-for", "").split(",")]
        for hop in reversed(hops):
            if hop and hop not in trusted:
                return hop
    return peer
