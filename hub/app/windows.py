"""Sliding windows that count tries, shared between nodes where there is a Redis."""

from __future__ import annotations

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis import asyncio as redis
from redis.exceptions import RedisError

said = structlog.get_logger("hub.limits")


class Windows:
    """Counts in this process; in Redis too, where there is one, for all nodes together."""

    def __init__(self, redis_url: str | None) -> None:
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

    async def has_room(self, tries: int, seconds: int, *key: str) -> bool:
        """Count a try; False when it is one too many."""
        return await self._hit(RateLimitItemPerSecond(tries, seconds), *key)

    async def _hit(self, limit: RateLimitItem, *key: str) -> bool:
        if self._shared is not None:
            try:
                return await self._shared.hit(limit, *key)
            except (RedisError, OSError) as error:
                said.warning("tries are counted by each node alone", error=str(error))
        return await self._own.hit(limit, *key)
