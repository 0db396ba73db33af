"""Whose address counts, how often one may try, and loops that die."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from starlette.requests import HTTPConnection

from hub.app import loops as loops_module
from hub.app.limits import Limits, address_of
from hub.app.loops import Loops
from hub.web.problems import TooMany


def calling(peer: str | None, forwarded: str | None = None) -> HTTPConnection:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    client = None if peer is None else (peer, 1)
    return HTTPConnection({"type": "http", "headers": headers, "client": client})


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # a stranger's word
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),  # only the last hop is known
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),  # two proxies of ours
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", " , ", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        (None, "198.51.100.1", "unknown"),
    ],
)
def test_only_a_listed_proxy_is_believed(
    peer: str | None, forwarded: str | None, address: str
) -> None:
    assert address_of(calling(peer, forwarded), ("10.0.0.1", "10.0.0.2")) == address


async def test_tries_are_counted_for_the_address_and_for_the_account() -> None:
    limits = Limits(None)
    for n in range(5):
        await limits.sign_in(f"10.0.0.{n}", "ann@desk.example")

    with pytest.raises(TooMany) as refused:
        await limits.sign_in("10.0.0.99", "ann@desk.example")

    assert refused.value.retry_after >= 1
    await limits.sign_in("10.0.0.99", "bo@desk.example")


async def test_limits_can_be_loosened_for_one_machine() -> None:
    limits = Limits(None, scale=3)

    for _ in range(15):
        await limits.sign_in("10.0.0.1", "ann@desk.example")

    with pytest.raises(TooMany):
        await limits.sign_in("10.0.0.1", "ann@desk.example")


@pytest.mark.integration
async def test_nodes_count_together(redis_url: str) -> None:
    one, two = Limits(redis_url), Limits(redis_url)
    for limits in (one, two, one, two, one):
        await limits.sign_in("10.0.0.1", "ann@desk.example")

    with pytest.raises(TooMany):
        await two.sign_in("10.0.0.2", "ann@desk.example")
    await one.close()
    await two.close()


async def test_without_redis_each_node_counts_alone() -> None:
    limits = Limits("redis://127.0.0.1:1/0")
    for _ in range(5):
        await limits.sign_in("10.0.0.1", "ann@desk.example")

    with pytest.raises(TooMany):
        await limits.sign_in("10.0.0.1", "ann@desk.example")
    await limits.close()


# -- loops -----------------------------------------------------------------------------------------


async def until(is_so: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + 5
    while not is_so():
        assert asyncio.get_running_loop().time() < deadline, "waited in vain"
        await asyncio.sleep(0.005)


async def test_a_loop_that_dies_is_seen_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops_module, "FIRST_PAUSE", 0.01)
    loops = Loops()
    begun: list[int] = []

    async def fragile() -> None:
        begun.append(1)
        if len(begun) == 1:
            raise ValueError("broke")
        await asyncio.Event().wait()

    loops.begin("fragile", fragile)
    await until(lambda: loops.sick == ["fragile"])
    assert loops.pulses["fragile"].error == "ValueError: broke"
    await until(lambda: len(begun) == 2)
    await until(lambda: loops.sick == [])
    await loops.stop()

    assert loops.pulses["fragile"].deaths == 1


async def test_a_loop_that_is_done_is_not_sick() -> None:
    loops = Loops()

    async def once() -> None:
        pass

    loops.begin("once", once)
    await asyncio.sleep(0)

    assert loops.sick == []
    await loops.stop()


async def test_loops_stop_youngest_first() -> None:
    loops = Loops()
    stopped: list[str] = []
    running: list[str] = []

    def named(name: str) -> Callable[[], asyncio.Future[None]]:
        async def run() -> None:
            running.append(name)
            try:
                await asyncio.Event().wait()
            finally:
                stopped.append(name)

        return lambda: asyncio.ensure_future(run())

    for name in ("first", "second", "third"):
        loops.begin(name, named(name))
    await until(lambda: len(running) == 3)
    await loops.stop()

    assert stopped == ["third", "second", "first"]
