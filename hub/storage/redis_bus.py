"""The bus between many nodes: Redis pub/sub."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import structlog
from redis import asyncio as redis
from redis.exceptions import RedisError

from hub.storage.bus import Listener

said = structlog.get_logger("hub.bus")


class RedisBus:
    """Nodes talk through Redis pub/sub. What cannot be said now is dropped and counted: the log is
    the record.
    """

    def __init__(self, url: str, *, name: str = "hub", most_waiting: int = 10_000) -> None:
        self._redis = redis.Redis.from_url(url, socket_connect_timeout=2, health_check_interval=10)
        self._name = f"{name}:bus".encode()
        self._listeners: list[Listener] = []
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(most_waiting)
        self._tasks: list[asyncio.Task[None]] = []
        self.is_up = False
        self.dropped = 0

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._speak()), asyncio.create_task(self._hear())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()
        self.is_up = False

    def say(self, topic: str, words: bytes) -> None:
        try:
            self._waiting.put_nowait(msgspec.msgpack.encode((topic, words)))
        except asyncio.QueueFull:
            self.dropped += 1

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def _speak(self) -> None:
        while True:
            words = await self._waiting.get()
            try:
                await self._redis.publish(self._name, words)
            except (RedisError, OSError) as error:
                self.dropped += 1
                said.warning("bus is away, nodes poll", error=str(error))
                await asyncio.sleep(0.5)

    async def _hear(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as line:
                    await line.subscribe(self._name)
                    self.is_up = True
                    while True:
                        message = await line.get_message(
                            ignore_subscribe_messages=True, timeout=5.0
                        )
                        if message is not None:
                            self._pass_on(message["data"])
            except (RedisError, OSError) as error:
                self.is_up = False
                said.warning("bus is away, nodes poll", error=str(error))
                await asyncio.sleep(0.5)

    def _pass_on(self, data: bytes) -> None:
        with contextlib.suppress(msgspec.DecodeError):
            topic, words = msgspec.msgpack.decode(data, type=tuple[str, bytes])
            for listener in self._listeners:
                listener(topic, words)
