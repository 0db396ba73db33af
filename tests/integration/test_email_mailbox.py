"""A mailbox is read over real IMAP: whatever breaks, every mail is kept exactly once."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from hub.channels.email.imap import ImapLine, ImapRoute, ImapTrouble, LineLost, SignInRefused
from hub.channels.email.mailbox import Mailbox, Position, RawMail, append_copy, seconds_before
from hub.channels.email.parse import content_key, parse
from hub.channels.email.simulator import HOST, MailServers
from tests.support.cutproxy import Cut, CutProxy, cut_proxy, eventually
from tests.support.imap_servers import imap_port_of
from tests.support.mails import a_mail, a_raw_mail
from tests.support.scripted_imap import ScriptedImap, scripted_imap

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module", params=["pymap", "dovecot"])
def imap_port(request: pytest.FixtureRequest) -> Iterator[int]:
    """One server for the whole file; every test has a mailbox of its own."""
    with imap_port_of(request.param) as port:
        yield port


@pytest.fixture
def servers(imap_port: int) -> MailServers:
    return MailServers(0, imap_port, "demo")


@pytest.fixture
def support(request: pytest.FixtureRequest) -> str:
    name = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
    return f"support.{name}@desk.example"


class Shelf:
    """Keeps mails in memory as the hub does in its database: each content once, with the
    position."""

    def __init__(self, position: Position | None = None) -> None:
        self.kept: dict[str, RawMail] = {}
        self.copies = 0
        self.at = position
        self.skips: list[tuple[int, str]] = []
        self.troubles: list[ImapTrouble] = []
        self.wells = 0
        self.is_full = False

    async def position(self) -> Position | None:
        return self.at

    async def keep(self, mails: Sequence[RawMail], position: Position) -> None:
        if self.is_full:
            raise LookupError("disk full")
        for mail in mails:
            self.copies += 1
            self.kept.setdefault(content_key(mail.raw), mail)
        self.at = position

    async def skipped(self, uid: int, reason: str) -> None:
        self.skips.append((uid, reason))

    async def trouble(self, problem: ImapTrouble, attempts: int) -> None:
        self.troubles.append(problem)

    async def well(self) -> None:
        self.wells += 1

    def subjects(self) -> list[str]:
        return sorted(parse(mail.raw).subject for mail in self.kept.values())


def a_letter(name: str, size: int = 0) -> bytes:
    return a_mail("x" * size, subject=name, message_id=f"<{name}@customer.example>")


def quick(route: ImapRoute, shelf: Shelf, **changes: object) -> Mailbox:
    options: dict[str, object] = {"pause": lambda attempts, problem: 0.01, "idle_seconds": 5}
    return Mailbox(route, shelf, **(options | changes))  # type: ignore[arg-type]


@asynccontextmanager
async def running(mailbox: Mailbox) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(mailbox.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def flags_of(route: ImapRoute) -> list[bytes]:
    line = await ImapLine.open(route)
    try:
        await line.select("INBOX")
        answer = await line._fetch("1:*", "(FLAGS)")
        return [bytes(row) for row in answer.lines if b"FLAGS" in bytes(row)]
    finally:
        await line.close()


async def test_mails_are_kept_and_then_marked(servers: MailServers, support: str) -> None:
    for name in "abc":
        await servers.put(support, a_letter(name))
    shelf = Shelf()

    async with running(quick(servers.imap_route(support), shelf)):
        await eventually(lambda: len(shelf.kept) == 3)

    assert shelf.subjects() == ["a", "b", "c"]
    flags = await flags_of(servers.imap_route(support))
    assert len(flags) == 3
    assert all(rb"\Seen" in row for row in flags)


async def test_a_mail_that_arrives_while_idle_is_there_at_once(
    servers: MailServers, support: str
) -> None:
    shelf = Shelf()
    async with running(quick(servers.imap_route(support), shelf, idle_seconds=60)):
        await eventually(lambda: shelf.wells == 1)
        for name in ("one", "two"):
            await servers.put(support, a_letter(name))
            await eventually(lambda name=name: name in shelf.subjects(), 5)  # type: ignore[misc]

    assert shelf.copies == 2


async def test_bytes_arrive_unchanged(servers: MailServers, support: str) -> None:
    letter = a_raw_mail(
        "From: ann@customer.example",
        "Content-Type: text/plain; charset=GB18030",
        body="您好 𠮷\r\n) OK (\r\nA1 OK done\r\n{12}\r\n".encode("gb18030")
        + bytes(range(14, 256)),
    )
    await servers.put(support, letter)
    shelf = Shelf()

    await quick(servers.imap_route(support), shelf).read_once()

    [mail] = shelf.kept.values()
    assert mail.raw == letter
    assert parse(mail.raw).text.startswith("您好 𠮷")


async def test_nothing_is_marked_before_it_is_kept(servers: MailServers, support: str) -> None:
    await servers.put(support, a_letter("a"))
    shelf = Shelf()
    shelf.is_full = True

    with pytest.raises(LookupError):
        await quick(servers.imap_route(support), shelf).read_once()

    assert not any(rb"\Seen" in row for row in await flags_of(servers.imap_route(support)))


async def test_kept_mails_move_to_another_folder_which_is_made(
    servers: MailServers, support: str
) -> None:
    await servers.put(support, a_letter("a"))
    shelf = Shelf()

    await quick(servers.imap_route(support), shelf, done_folder="已处理").read_once()

    assert await servers.letters(support) == []
    assert [parse(raw).subject for raw in await servers.letters(support, "已处理")] == ["a"]


STEPS = {
    "after the greeting": Cut("down", pattern=b"\r\n"),
    "before login": Cut("up", pattern=b"LOGIN", before=True),
    "after login": Cut("up", pattern=b"LOGIN"),
    "login answered": Cut("down", pattern=b"Login completed"),
    "before select": Cut("up", pattern=b"SELECT", before=True),
    "in the answer to select": Cut("down", pattern=b"UIDVALIDITY"),
    "before search": Cut("up", pattern=b"SEARCH", before=True),
    "in the answer to search": Cut("down", pattern=b"* SEARCH"),
    "before fetch": Cut("up", pattern=b"BODY.PEEK", before=True),
    "after fetch": Cut("up", pattern=b"BODY.PEEK"),
    "at the start of a literal": Cut("down", pattern=b"BODY[]"),
    "before store": Cut("up", pattern=b"STORE", before=True),
    "after store": Cut("up", pattern=b"STORE"),
    "before idle": Cut("up", pattern=b"IDLE", before=True),
    "in idle": Cut("down", pattern=b"Idling"),
}


@pytest.mark.parametrize("step", STEPS)
async def test_a_cut_at_any_step_loses_and_doubles_nothing(
    servers: MailServers, support: str, step: str
) -> None:
    names = ["a", "b", "c"]
    for name in names:
        await servers.put(support, a_letter(name, 3000))
    shelf = Shelf()
    cut = replace(STEPS[step])

    async with cut_proxy(HOST, servers.imap_port, cut) as proxy:
        route = servers.imap_route(support, port=proxy.port)
        async with running(quick(route, shelf)):
            await eventually(lambda: len(shelf.kept) == 3 and shelf.at is not None)
            await servers.put(support, a_letter("later"))
            await eventually(lambda: "later" in shelf.subjects())

    assert proxy.struck or step in ("login answered", "in idle")
    assert shelf.subjects() == [*names, "later"]


async def test_a_cut_anywhere_in_the_stream_loses_and_doubles_nothing(
    servers: MailServers, support: str
) -> None:
    names = [f"n{n}" for n in range(4)]
    for name in names:
        await servers.put(support, a_letter(name, 4000))
    async with cut_proxy(HOST, servers.imap_port) as proxy:
        route = servers.imap_route(support, port=proxy.port)
        whole = await session_bytes(route, proxy)

        for offset in range(1, whole, 512):
            shelf = Shelf()
            proxy.cuts = [Cut("down", bytes_=offset)]
            await read_until_whole(route, shelf)
            assert shelf.subjects() == names, offset
            assert proxy.struck, offset


async def session_bytes(route: ImapRoute, proxy: CutProxy) -> int:
    await quick(route, Shelf()).read_once()
    return proxy.passed["down"]


async def read_until_whole(route: ImapRoute, shelf: Shelf) -> None:
    """Sessions one after the other, as ``run`` makes them, until one ends well."""
    mailbox = quick(route, shelf)
    for _ in range(5):
        try:
            await mailbox.read_once()
        except LineLost:
            continue
        return
    raise AssertionError("five sessions and none ended well")


async def test_two_readers_of_one_mailbox_keep_each_mail_once(
    servers: MailServers, support: str
) -> None:
    names = sorted(f"n{n}" for n in range(10))
    for name in names:
        await servers.put(support, a_letter(name))
    shelf = Shelf()
    route = servers.imap_route(support)

    async with running(quick(route, shelf)), running(quick(route, shelf)):
        await eventually(lambda: len(shelf.kept) == 10)

    assert shelf.subjects() == names


async def test_only_who_holds_the_lease_reads(servers: MailServers, support: str) -> None:
    await servers.put(support, a_letter("a"))
    shelf = Shelf()
    asked = asyncio.Event()

    async def never() -> bool:
        asked.set()
        return False

    async with running(quick(servers.imap_route(support), shelf, may_work=never)):
        await asyncio.wait_for(asked.wait(), 5)

    assert shelf.copies == 0


async def test_a_copy_goes_to_the_sent_folder(servers: MailServers, support: str) -> None:
    await append_copy(servers.imap_route(support), "已发送 & done", a_letter("answer"))

    [copy] = await servers.letters(support, "已发送 & done")
    assert parse(copy).subject == "answer"


async def test_a_wrong_password_is_not_tried_often() -> None:
    shelf = Shelf()
    script = ScriptedImap(refuses={"LOGIN": "[AUTHENTICATIONFAILED] wrong"})
    async with scripted_imap(script) as server:
        route = ImapRoute(HOST, server.port, "u", "canary", "plain")
        async with running(Mailbox(route, shelf)):
            await eventually(lambda: len(shelf.troubles) == 1)

    assert isinstance(shelf.troubles[0], SignInRefused)
    assert "canary" not in repr(route) + str(shelf.troubles[0])
    assert seconds_before(1, shelf.troubles[0]) == 600
    assert seconds_before(1, LineLost("x")) == 2


async def test_a_server_without_tls_gets_no_password_in_the_clear() -> None:
    async with scripted_imap(ScriptedImap()) as server:
        with pytest.raises(LineLost):
            await ImapLine.open(ImapRoute(HOST, server.port, "u", "p"))

        assert "LOGIN" not in server.commands


async def test_new_numbers_mean_looking_at_everything_again() -> None:
    script = ScriptedImap({1: a_letter("a"), 2: a_letter("b")}, uidvalidity=1)
    shelf = Shelf()
    async with scripted_imap(script) as server:
        route = ImapRoute(HOST, server.port, "u", "p", "plain")
        await quick(route, shelf).read_once()

        script.uidvalidity = 2
        script.mails = {1: a_letter("c"), 5: a_letter("a"), 9: a_letter("b")}
        await quick(route, shelf).read_once()

    assert shelf.subjects() == ["a", "b", "c"]
    assert shelf.at == Position(2, 9)


async def test_a_server_restored_from_a_backup_is_read_again() -> None:
    script = ScriptedImap({1: a_letter("a"), 2: a_letter("b"), 3: a_letter("c")})
    shelf = Shelf()
    async with scripted_imap(script) as server:
        route = ImapRoute(HOST, server.port, "u", "p", "plain")
        await quick(route, shelf).read_once()

        script.mails = {1: a_letter("a"), 2: a_letter("new")}
        await quick(route, shelf).read_once()

    assert shelf.subjects() == ["a", "b", "c", "new"]


async def test_a_mail_that_vanishes_is_noted_and_the_others_are_kept() -> None:
    script = ScriptedImap({n: a_letter(f"n{n}") for n in (1, 2, 3)}, vanished={2})
    shelf = Shelf()
    async with scripted_imap(script) as server:
        await quick(ImapRoute(HOST, server.port, "u", "p", "plain"), shelf).read_once()

    assert shelf.subjects() == ["n1", "n3"]
    assert shelf.skips == [(2, "vanished")]
    assert script.seen == {1, 3}


@pytest.mark.parametrize("told", [0, 10, 100_000])
async def test_a_wrong_length_does_not_stop_the_mailbox(told: int) -> None:
    script = ScriptedImap({n: a_letter(f"n{n}") for n in (1, 2, 3)}, lengths={2: told})
    shelf = Shelf()
    async with scripted_imap(script) as server:
        route = ImapRoute(HOST, server.port, "u", "p", "plain", timeout=0.2)
        async with running(quick(route, shelf)):
            await eventually(lambda: shelf.at == Position(1, 3), 20)

    assert {"n1", "n3"} <= set(shelf.subjects())
    assert len(shelf.kept) == 3


async def test_a_mail_with_nul_bytes_is_kept_as_it_is() -> None:
    script = ScriptedImap({1: a_letter("a") + b"\x00\xff\x00", 2: a_letter("b")})
    shelf = Shelf()
    async with scripted_imap(script) as server:
        await quick(ImapRoute(HOST, server.port, "u", "p", "plain"), shelf).read_once()

    assert [mail.raw for mail in shelf.kept.values()] == list(script.mails.values())


async def test_of_a_mail_too_large_the_headers_are_kept() -> None:
    script = ScriptedImap({1: a_letter("large", 20_000), 2: a_letter("b")})
    shelf = Shelf()
    async with scripted_imap(script) as server:
        await quick(ImapRoute(HOST, server.port, "u", "p", "plain"), shelf, most=10_000).read_once()

    large, small = shelf.kept.values()
    assert (large.truncated, large.size > 20_000, small.truncated) == (True, True, False)
    assert parse(large.raw).subject == "large"


async def test_a_server_without_idle_is_asked_again_and_again() -> None:
    script = ScriptedImap({1: a_letter("a")}, has_idle=False)
    shelf = Shelf()
    async with scripted_imap(script) as server:
        route = ImapRoute(HOST, server.port, "u", "p", "plain")
        async with running(quick(route, shelf, idle_seconds=0.05)):
            await eventually(lambda: len(shelf.kept) == 1)
            script.mails[2] = a_letter("b")
            await eventually(lambda: len(shelf.kept) == 2)

    assert "IDLE" not in script.commands


async def test_idle_is_renewed_before_the_server_tires_of_it() -> None:
    script = ScriptedImap({1: a_letter("a")})
    shelf = Shelf()
    async with scripted_imap(script) as server:
        route = ImapRoute(HOST, server.port, "u", "p", "plain")
        async with running(quick(route, shelf, idle_seconds=0.05)):
            await eventually(lambda: script.commands.count("IDLE") >= 3)
            script.deliver(2, a_letter("b"))
            await eventually(lambda: len(shelf.kept) == 2)

    assert shelf.troubles == []


async def test_a_server_that_says_nothing_is_left() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            writer.write(b"* OK ready\r\n")
            await reader.read()
        gone.set()

    gone = asyncio.Event()
    server = await asyncio.start_server(mute, HOST, 0)
    route = ImapRoute(HOST, server.sockets[0].getsockname()[1], "u", "p", "plain", timeout=0.1)

    with pytest.raises(LineLost):
        await ImapLine.open(route)

    await asyncio.wait_for(gone.wait(), 10)
    server.close()
    await server.wait_closed()
