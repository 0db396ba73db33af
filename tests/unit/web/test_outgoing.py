"""The hub calls what is public, or listed; nothing else hears from it, however it is written."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from hub.web import outgoing
from hub.web.loopback import served
from hub.web.outgoing import ANSWER_MOST, AnswerLost, ForbiddenTarget, NotReached, Outgoing


@pytest.fixture
async def calls() -> AsyncIterator[Outgoing]:
    made = Outgoing()
    yield made
    await made.close()


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Every address that anybody tried to connect to."""
    tried: list[tuple[str, int]] = []

    async def connect(loop: object, sock: socket.socket, address: tuple[str, int]) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
    return tried


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://0x7f.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://017700000001/",
        "http://0/",
        "http://0.0.0.0/",
        "http://localhost/",
        "http://localhost./",
        "http://LOCALHOST/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",  # carrier-grade NAT
        "http://169.254.169.254/latest/meta-data/",
        "http://192.0.2.1/",
        "http://198.18.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://[ff02::1]/",
        "http://[64:ff9b::a00:1]/",  # NAT64 of 10.0.0.1
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:a00:1::]/",  # 6to4 of 10.0.0.1
        "http://[2001:db8::1]/",
        "http://①②⑦.0.0.1/",
        "http://127。0。0。1/",
        "http://user@93.184.215.14/",
        "http://user:secret@93.184.215.14/",
        "http://93.184.215.14@127.0.0.1/",
        "http://93.184.215.14:22/",
        "http://93.184.215.14:8080/",
        "https://93.184.215.14:6379/",
        "file:///etc/passwd",
        "gopher://93.184.215.14/",
        "ftp://93.184.215.14/",
        "//93.184.215.14/",
        "http:///",
        "93.184.215.14",
        "",
        "javascript:alert(1)",
    ],
)
async def test_what_is_not_public_is_refused_before_any_connection(
    calls: Outgoing, connections: list[tuple[str, int]], url: str
) -> None:
    with pytest.raises(ForbiddenTarget) as refused:
        await calls.post(url, b"{}", {})

    assert [fault.path for fault in refused.value.faults] == ["/url"]
    assert connections == []


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://93.184.215.14/hook", "93.184.215.14"),
        ("http://93.184.215.14:443/", "93.184.215.14"),
        (
            "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
            "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
        ),
        ("https://[::ffff:93.184.215.14]/", "::ffff:93.184.215.14"),
        ("https://[64:ff9b::5db8:d70e]/", "64:ff9b::5db8:d70e"),  # NAT64 of a public address
    ],
)
async def test_what_is_public_may_be_called(calls: Outgoing, url: str, address: str) -> None:
    assert (await calls.check(url))[1] == address


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[list[str]]:
    """Names resolve to these, one answer after the other."""
    left = list(answers)

    async def resolve(host: str, port: int) -> list[str]:
        return left.pop(0)

    monkeypatch.setattr(outgoing, "_resolve", resolve)
    return left


async def test_a_name_with_one_private_address_is_refused(
    calls: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, ["93.184.215.14", "10.0.0.1"])

    with pytest.raises(ForbiddenTarget):
        await calls.post("https://partner.example/", b"{}", {})


async def test_a_name_is_asked_for_once_so_it_cannot_change_its_mind(
    calls: Outgoing, monkeypatch: pytest.MonkeyPatch, connections: list[tuple[str, int]]
) -> None:
    left = resolving(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])

    with pytest.raises(NotReached):
        await calls.post("https://rebinding.example/", b"{}", {})

    assert left == [["127.0.0.1"]]
    assert [address[0] for address in connections] == ["93.184.215.14"]


async def test_a_name_nobody_knows_is_not_reached(calls: Outgoing) -> None:
    with pytest.raises(NotReached):
        await calls.post("https://nobody.invalid/", b"{}", {})


@pytest.mark.parametrize(
    ("host", "port", "is_secret", "path"),
    [
        ("127.0.0.1", 993, True, "/host"),
        ("localhost", 587, True, "/host"),
        ("93.184.215.14", 22, True, "/port"),
        ("93.184.215.14", 6379, True, "/port"),
        ("93.184.215.14", 25, False, "/security"),
    ],
)
async def test_lines_for_mail_keep_the_same_rules(
    calls: Outgoing, host: str, port: int, is_secret: bool, path: str
) -> None:
    with pytest.raises(ForbiddenTarget) as refused:
        await calls.check_line(host, port, is_secret=is_secret)

    assert [fault.path for fault in refused.value.faults] == [path]


async def test_a_listed_mail_server_may_be_private_and_plain() -> None:
    calls = Outgoing(["127.0.0.1:2525"])

    await calls.check_line("127.0.0.1", 2525, is_secret=False)
    with pytest.raises(ForbiddenTarget):
        await calls.check_line("127.0.0.1", 2526, is_secret=True)
    await calls.close()


# -- what comes back -------------------------------------------------------------------------------


async def take(request: Request) -> Response:
    return PlainTextResponse(f"{request.headers['host']} {(await request.body()).decode()}")


async def lead_away(request: Request) -> Response:
    return RedirectResponse("http://169.254.169.254/")


async def pour(request: Request) -> Response:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536

    return StreamingResponse(endless())


async def drip(request: Request) -> Response:
    async def slow() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.05)

    return StreamingResponse(slow())


async def say_nothing(request: Request) -> Response:
    await asyncio.sleep(60)
    return PlainTextResponse("late")


@contextlib.asynccontextmanager
async def partner() -> AsyncIterator[tuple[Outgoing, str]]:
    """A listed partner on loopback, and a hub with little patience."""
    routes = [
        Route(f"/{each.__name__}", each, methods=["POST"])
        for each in (take, lead_away, pour, drip, say_nothing)
    ]
    async with served(Starlette(routes=routes)) as url:
        calls = Outgoing([url.removeprefix("http://")], timeout=0.4)
        yield calls, url
        await calls.close()


async def test_a_listed_address_gets_the_words_and_its_own_name() -> None:
    async with partner() as (calls, url):
        answer = await calls.post(f"{url}/take", b"hello", {"x": "y"})

    assert answer == outgoing.Answer(200, f"{url.removeprefix('http://')} hello".encode())


async def test_a_redirect_is_an_answer_and_never_followed() -> None:
    async with partner() as (calls, url):
        answer = await calls.post(f"{url}/lead_away", b"", {})

    assert answer.status == 307


async def test_an_endless_answer_is_cut() -> None:
    async with partner() as (calls, url):
        answer = await calls.post(f"{url}/pour", b"", {})

    assert len(answer.body) == ANSWER_MOST


async def test_a_dripping_answer_is_cut_by_time_and_keeps_its_status() -> None:
    async with partner() as (calls, url):
        async with asyncio.timeout(5):
            answer = await calls.post(f"{url}/drip", b"", {})

    assert answer == outgoing.Answer(200, b"")


async def test_no_answer_in_time_may_still_have_been_taken() -> None:
    async with partner() as (calls, url):
        with pytest.raises(AnswerLost):
            await calls.post(f"{url}/say_nothing", b"", {})


async def test_a_closed_door_took_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    calls = Outgoing([f"127.0.0.1:{port}"], timeout=1)

    with pytest.raises(NotReached):
        await calls.post(f"http://127.0.0.1:{port}/", b"", {})
    await calls.close()
