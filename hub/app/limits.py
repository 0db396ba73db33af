"""How often somebody may try: sliding windows, shared between nodes where there is a Redis."""

from __future__ import annotations

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis import asyncio as redis
from redis.exceptions import RedisError
from starlette.requests import HTTPConnection

from hub.web.problems import TooMany

said = structlog.get_logger("hub.limits")

SIGN_IN_ACCOUNT = parse("5 per 15 minutes")
SIGN_IN_ADDRESS = parse("20 per 15 minutes")
CHAT_START = parse("10 per minute")
UPLOAD = parse("60 per minute")


class Limits:
    """Counts tries. ``scale`` loosens everything by a factor (a demo on one machine has one
    address).
    """

    def __init__(self, redis_url: str | None, *, scale: int = 1) -> None:
        self._scale = scale
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._pool: redis.ConnectionPool | None = None
        self._shared: MovingWindowRateLimiter | None = None
        if redis_url:
            self._pool = redis.ConnectionPool.from_url(
                redis_url, socket_connect_timeout=1, socket_timeout=1
            )
            storage = RedisStorage(
                f"async+{redis_url}",
                connection_pool=self._pool,  # type: ignore[arg-type]  # their types forgot it
                implementation="redispy",
            )
            self._shared = MovingWindowRateLimiter(storage)

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()

    async def sign_in(self, address: str, account: str) -> None:
        """``TooMany`` after 5 tries in 15 minutes for an account, 20 for an address."""
        await self._count(SIGN_IN_ADDRESS, "sign-in", address)
        await self._count(SIGN_IN_ACCOUNT, "sign-in-account", account)

    async def chat_start(self, address: str) -> None:
        """``TooMany`` after 10 new chats a minute from one address."""
        await self._count(CHAT_START, "chat", address)

    async def upload(self, who: str) -> None:
        await self._count(UPLOAD, "upload", who)

    async def _count(self, limit: RateLimitItem, *key: str) -> None:
        allowed = type(limit)(limit.amount * self._scale, limit.multiples, limit.namespace)
        if not await self._hit(allowed, *key):
            raise TooMany(retry_after=max(1, limit.get_expiry() // limit.amount))

    async def _hit(self, limit: RateLimitItem, *key: str) -> bool:
        if self._shared is not None:
            try:
                return await self._shared.hit(limit, *key)
            except (RedisError, OSError) as error:
                said.warning("tries are counted by each node alone", error=str(error))
        return await self._own.hit(limit, *key)


def address_of(connection: HTTPConnection, trusted: tuple[str, ...]) -> str:
    """The caller's address; ``X-Forwarded-For`` is believed only of a listed proxy."""
    peer = connection.client.host if connection.client else "unknown"
    if peer in trusted:
        hops = [hop.strip() for hop in connection.headers.get("x-forwarded-for", "").split(",")]
        for hop in reversed(hops):
            if hop and hop not in trusted:
                return hop
    return peer
