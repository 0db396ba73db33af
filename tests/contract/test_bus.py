"""What a bus promises, within one process and between several."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import redis

from hub.storage.bus import Bus, LocalBus
from hub.storage.redis_bus import RedisBus

Heard = list[tuple[str, bytes]]
PATIENCE = 10.0


@pytest.fixture(params=["local", pytest.param("redis", marks=pytest.mark.integration)])
def make_bus(request: pytest.FixtureRequest) -> Callable[[], Bus]:
    """Makes a bus of each kind; the second one made hears the first where nodes are several."""
    if request.param == "local":
        return LocalBus
    url: str = request.getfixturevalue("redis_url")
    return lambda: RedisBus(url)


@asynccontextmanager
async def running(bus: Bus) -> AsyncIterator[Bus]:
    await bus.start()
    await until(lambda: bus.is_up)
    try:
        yield bus
    finally:
        await bus.stop()


async def until(is_so: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not is_so():
        assert asyncio.get_running_loop().time() < deadline, "waited in vain"
        await asyncio.sleep(0.005)


def listening(bus: Bus) -> Heard:
    heard: Heard = []
    bus.listen(lambda topic, words: heard.append((topic, words)))
    return heard


async def test_whoever_speaks_is_heard_in_order_by_all_listeners_and_themselves(
    make_bus: Callable[[], Bus],
) -> None:
    async with running(make_bus()) as bus:
        first, second = listening(bus), listening(bus)

        for n in range(500):
            bus.say("count", str(n).encode())
        await until(lambda: len(first) == len(second) == 500)

        assert first == second == [("count", str(n).encode()) for n in range(500)]


@pytest.mark.parametrize("words", [b"", b"\x00\xff", "你好".encode(), b"x" * 1_000_000])
async def test_words_arrive_as_they_were_said(make_bus: Callable[[], Bus], words: bytes) -> None:
    async with running(make_bus()) as bus:
        heard = listening(bus)

        bus.say("a topic: 队列", words)
        await until(lambda: bool(heard))

        assert heard == [("a topic: 队列", words)]


async def test_nobody_is_called_from_within_say(make_bus: Callable[[], Bus]) -> None:
    async with running(make_bus()) as bus:
        heard = listening(bus)

        bus.say("a", b"1")

        assert heard == []
        await until(lambda: len(heard) == 1)


async def test_a_listener_may_speak(make_bus: Callable[[], Bus]) -> None:
    async with running(make_bus()) as bus:
        bus.listen(lambda topic, words: bus.say("answer", words) if topic == "ask" else None)
        heard = listening(bus)

        bus.say("ask", b"1")
        await until(lambda: len(heard) == 2)

        assert heard == [("ask", b"1"), ("answer", b"1")]


async def test_a_bus_is_up_only_while_it_runs(make_bus: Callable[[], Bus]) -> None:
    bus = make_bus()
    states = [bus.is_up]

    async with running(bus):
        states.append(bus.is_up)
    states.append(bus.is_up)

    assert states == [False, True, False]


@pytest.mark.integration
async def test_nodes_hear_each_other(redis_url: str) -> None:
    async with running(RedisBus(redis_url)) as one, running(RedisBus(redis_url)) as two:
        by_one, by_two = listening(one), listening(two)

        one.say("from", b"one")
        await until(lambda: bool(by_two))
        two.say("from", b"two")
        await until(lambda: len(by_one) == 2)

        assert by_one == by_two == [("from", b"one"), ("from", b"two")]


@pytest.mark.integration
async def test_two_hubs_on_one_redis_do_not_hear_each_other(redis_url: str) -> None:
    async with (
        running(RedisBus(redis_url)) as ours,
        running(RedisBus(redis_url, name="other")) as theirs,
    ):
        heard, strange = listening(ours), listening(theirs)

        theirs.say("a", b"theirs")
        ours.say("a", b"ours")
        await until(lambda: bool(heard) and bool(strange))

        assert heard == [("a", b"ours")]


@pytest.mark.integration
async def test_rubbish_on_the_line_is_passed_over(redis_url: str) -> None:
    async with running(RedisBus(redis_url)) as bus:
        heard = listening(bus)
        with redis.Redis.from_url(redis_url) as stranger:
            for rubbish in (b"", b"\xc1", b"not for us", b"\x92\xa1a"):
                stranger.publish("hub:bus", rubbish)

        bus.say("a", b"still here")
        await until(lambda: bool(heard))

        assert heard == [("a", b"still here")]


async def test_without_a_server_the_hub_goes_on_and_counts_what_it_could_not_say() -> None:
    bus = RedisBus("redis://127.0.0.1:1/0", most_waiting=3)
    await bus.start()
    try:
        for _ in range(10):
            bus.say("a", b"1")  # neither raises nor waits

        assert not bus.is_up
        assert bus.dropped >= 7
    finally:
        await bus.stop()


@pytest.mark.integration
async def test_a_line_that_was_cut_comes_back_by_itself(redis_url: str) -> None:
    async with running(RedisBus(redis_url)) as bus:
        heard = listening(bus)
        with redis.Redis.from_url(redis_url) as admin:
            admin.client_kill_filter(_type="pubsub")
            admin.client_kill_filter(_type="normal", skipme=True)
        await asyncio.sleep(0)

        async with asyncio.timeout(PATIENCE):
            while not heard:
                bus.say("a", b"back")
                await asyncio.sleep(0.05)

        assert heard[0] == ("a", b"back")
        assert bus.is_up
