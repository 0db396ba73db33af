"""One line to an IMAP server: every command ends with an answer, a refusal, or ``LineLost`` in
time.

aioimaplib leaves commands waiting for ever when the connection goes, and drops news that arrives
between commands; both are mended here and nowhere else.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from aioimaplib import aioimaplib

T = TypeVar("T")

_UIDVALIDITY = re.compile(rb"\[UIDVALIDITY (\d{1,10})\]")
_UIDNEXT = re.compile(rb"\[UIDNEXT (\d{1,10})\]")
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,19})\b")
_NEEDS_ENCODING = re.compile(r"[^\x20-\x25\x27-\x7e]+|&")


class ImapTrouble(Exception):
    """Something is wrong with the line or the account."""


class LineLost(ImapTrouble):
    """The connection is gone, or the server has not answered in time."""


class SignInRefused(ImapTrouble):
    """The server does not know this user name and password."""


class CommandRefused(ImapTrouble):
    """The server answered NO or BAD."""


@dataclass(frozen=True, slots=True)
class ImapRoute:
    """Where a mailbox is. ``plain`` is for loopback and tests only; there is no fallback to it."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    security: Literal["tls", "plain"] = "tls"
    timeout: float = 30.0
    """Seconds a command may stay without any answer."""
    tls: ssl.SSLContext | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Selected:
    """An opened folder."""

    uidvalidity: int
    uidnext: int | None


class ImapLine:
    """A signed-in connection. Not for use by two tasks at once."""

    def __init__(self, route: ImapRoute) -> None:
        self._timeout = route.timeout
        self._lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        context = None
        if route.security == "tls":
            context = route.tls or ssl.create_default_context()
        self._client = _Client(route.host, route.port, self._on_lost, context, route.timeout)

    @classmethod
    async def open(cls, route: ImapRoute) -> ImapLine:
        """Connect and sign in. Raises LineLost or SignInRefused."""
        line = cls(route)
        try:
            await line._run(line._client.wait_hello_from_server(), route.timeout)
            user = aioimaplib.quoted(route.username)
            answer = await line._run(line._client.login(user, route.password), route.timeout)
            if answer.result != "OK":
                raise SignInRefused(_words(answer.lines))
            if line._client.has_capability("ID"):
                # NetEase's servers open no folder for a client that does not introduce itself.
                await line._run(line._client.id(name="hub", version="1"), route.timeout)
        except BaseException:
            await line.close()
            raise
        return line

    async def select(self, folder: str) -> Selected:
        """Open a folder for reading and marking."""
        answer = await self._command("SELECT", self._client.select(_folder(folder)))
        head = b"\n".join(bytes(line) for line in answer.lines)
        validity, following = _UIDVALIDITY.search(head), _UIDNEXT.search(head)
        if validity is None:
            raise CommandRefused("the server gives no UIDVALIDITY")
        return Selected(int(validity[1]), int(following[1]) if following else None)

    async def uids_from(self, first: int) -> list[int]:
        """The UIDs from ``first`` on, rising."""
        self._client.news.clear()
        answer = await self._command(
            "SEARCH", self._client.uid_search(f"UID {first}:*", charset=None)
        )
        found = {
            int(word)
            for line in answer.lines[:-1]
            for word in bytes(line).split()
            if word.isdigit()
        }
        # "n:*" names the last mail even when it lies before n (RFC 3501, section 6.4.8).
        return sorted(uid for uid in found if uid >= first)

    async def sizes(self, uids: Iterable[int]) -> dict[int, int]:
        """How large these mails are, in bytes; those that have vanished are missing."""
        answer = await self._fetch(",".join(map(str, uids)), "(UID RFC822.SIZE)")
        found = {}
        for line in answer.lines:
            uid, size = _UID.search(bytes(line)), _SIZE.search(bytes(line))
            if uid and size:
                found[int(uid[1])] = int(size[1])
        return found

    async def fetch(self, uid: int, most: int, *, only_head: bool = False) -> bytes | None:
        """The mail, unchanged and still unread, at most ``most`` bytes; None when it has
        vanished."""
        what = "HEADER" if only_head else ""
        answer = await self._fetch(str(uid), f"(UID BODY.PEEK[{what}]<0.{most}>)")
        literals = [bytes(line) for line in answer.lines if isinstance(line, bytearray)]
        if literals:
            return literals[0]
        told = any(_UID.search(bytes(line)) for line in answer.lines[:-1])
        return b"" if told else None

    async def mark_seen(self, uids: Iterable[int]) -> None:
        """Set the flag that says a mail has been read."""
        numbers = ",".join(map(str, uids))
        await self._command(
            "STORE", self._client.uid("STORE", numbers, "+FLAGS.SILENT", r"(\Seen)")
        )

    async def move(self, uids: Iterable[int], folder: str) -> None:
        """Move mails into another folder, which is made when it is missing."""
        numbers = ",".join(map(str, uids))
        await self._with_folder(
            folder, "MOVE", lambda: self._client.uid("MOVE", numbers, _folder(folder))
        )

    async def append(self, folder: str, letter: bytes, *, seen: bool = False) -> None:
        """Put a letter into a folder, which is made when it is missing."""
        flags = r"\Seen" if seen else None
        await self._with_folder(
            folder, "APPEND", lambda: self._client.append(letter, _folder(folder), flags)
        )

    async def idle(self, seconds: float) -> None:
        """Return when something new may be there, at the latest after ``seconds``."""
        if self._client.news.is_set():
            return
        if not self._client.has_capability("IDLE"):
            await self._pause(seconds)
            return
        idling = await self._run(self._client.idle_start(timeout=seconds + 60), self._timeout)
        try:
            await self._pause(seconds)
        finally:
            if not self._lost.done():
                self._client.idle_done()
        await self._run(_joined(idling), self._timeout)

    async def close(self) -> None:
        """Say goodbye when the server still listens; never raises for what the server does."""
        if not self._lost.done() and self._client.is_signed_in():
            # We are leaving anyway: what the server makes of it changes nothing.
            with suppress(ImapTrouble):
                await self._run(self._client.logout(), 2)
        await self._client.hang_up()

    def _on_lost(self, reason: Exception | None) -> None:
        if not self._lost.done():
            self._lost.set_result(str(reason or "closed by the server"))

    async def _pause(self, seconds: float) -> None:
        waiting = asyncio.ensure_future(self._client.news.wait())
        try:
            await self._first_of(waiting, seconds)
        finally:
            waiting.cancel()
        if self._lost.done():
            raise LineLost(self._lost.result())

    async def _fetch(self, numbers: str, what: str) -> Any:
        return await self._command("FETCH", self._client.uid("FETCH", numbers, what), patient=True)

    async def _with_folder(
        self, folder: str, name: str, again: Callable[[], Coroutine[Any, Any, Any]]
    ) -> None:
        answer = await self._run(again(), None if name == "APPEND" else self._timeout)
        if answer.result == "NO" and b"TRYCREATE" in b" ".join(map(bytes, answer.lines)):
            await self._command("CREATE", self._client.create(_folder(folder)))
            answer = await self._run(again(), None if name == "APPEND" else self._timeout)
        if answer.result != "OK":
            raise CommandRefused(f"{name}: {_words(answer.lines)}")

    async def _command(
        self, name: str, work: Coroutine[Any, Any, Any], *, patient: bool = False
    ) -> Any:
        # A patient command has its own limit, which starts anew with every byte that arrives.
        answer = await self._run(work, None if patient else self._timeout)
        if answer.result != "OK":
            raise CommandRefused(f"{name}: {_words(answer.lines)}")
        return answer

    async def _first_of(self, work: asyncio.Future[Any], seconds: float | None) -> None:
        ends: list[asyncio.Future[Any]] = [work, self._lost]
        await asyncio.wait(ends, timeout=seconds, return_when="FIRST_COMPLETED")

    async def _run(self, work: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
        task = asyncio.ensure_future(work)
        try:
            await self._first_of(task, seconds)
            if task.done():
                return task.result()
            raise LineLost(self._lost.result() if self._lost.done() else "no answer in time")
        except (aioimaplib.AioImapException, TimeoutError, OSError, ssl.SSLError) as problem:
            raise LineLost(str(problem) or type(problem).__name__) from problem
        finally:
            # Not waited for here: a cancelled wait inside the library first wants a lock back that
            # another of its tasks holds for ever. ``hang_up`` ends them all together.
            task.cancel()
            self._client.left.add(task)
            task.add_done_callback(self._client.left.discard)


async def _joined(future: asyncio.Future[T]) -> T:
    return await future


class _Protocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]
    """Hears of new mail whenever the server speaks of it, not only inside IDLE."""

    def __init__(self, client: _Client, on_lost: Callable[[Exception | None], None]) -> None:
        super().__init__(asyncio.get_running_loop(), on_lost)
        self._client = client

    def _untagged_response(self, line: bytes) -> Any:
        if line.endswith(b" EXISTS"):
            self._client.news.set()
        return super()._untagged_response(line)


class _Client(aioimaplib.IMAP4):  # type: ignore[misc]
    def __init__(
        self,
        host: str,
        port: int,
        on_lost: Callable[[Exception | None], None],
        context: ssl.SSLContext | None,
        timeout: float,
    ) -> None:
        self.news = asyncio.Event()
        self.left: set[asyncio.Future[Any]] = set()
        super().__init__(host, port, None, timeout, on_lost, context)

    def create_client(
        self,
        host: str,
        port: int,
        loop: asyncio.AbstractEventLoop | None,
        conn_lost_cb: Callable[[Exception | None], None] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        assert conn_lost_cb is not None
        self.protocol = _Protocol(self, conn_lost_cb)
        self._client_task = asyncio.ensure_future(
            asyncio.get_running_loop().create_connection(
                lambda: self.protocol, host, port, ssl=ssl_context
            )
        )

    def is_signed_in(self) -> bool:
        return self.protocol.state in (aioimaplib.AUTH, aioimaplib.SELECTED)

    async def hang_up(self) -> None:
        """Close the connection and wait for what the library started."""
        self._client_task.cancel()
        if self.protocol.transport is not None:
            self.protocol.transport.abort()
        left = {self._client_task, *self.tasks, *self.protocol.tasks, *self.left}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if self._idle_waiter is not None:
            self._idle_waiter.cancel()


def _words(lines: Iterable[bytes | bytearray]) -> str:
    text = b" ".join(bytes(line)[:200] for line in lines)
    return text.decode("utf-8", "replace")[:400]


def _folder(name: str) -> str:
    """A folder's name as the wire has it: quoted, in modified UTF-7 (RFC 3501, section 5.1.3)."""
    return str(aioimaplib.quoted(_NEEDS_ENCODING.sub(_encoded, name)))


def _encoded(match: re.Match[str]) -> str:
    if match[0] == "&":
        return "&-"
    letters = base64.b64encode(match[0].encode("utf-16-be")).decode().rstrip("=")
    return f"&{letters.replace('/', ',')}-"
