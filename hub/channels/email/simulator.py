"""Mail servers for the demo, the tests and rehearsals: SMTP that takes letters, IMAP where
everybody reads.

Every address is a mailbox; one password opens them all. The SMTP side keeps a ledger of what it
accepted and follows a script of faults. The IMAP side is pymap in a child process
(``imap_server``).
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, AnyStr, Literal

from aiosmtpd.smtp import SMTP, Envelope, Session
from typing_extensions import override

from hub.channels.email.imap import ImapLine, ImapRoute
from hub.channels.email.parse import parse, summarise

HOST = "127.0.0.1"
NAME = "mail.simulator.example"
_MOST_BYTES = 64 * 1024 * 1024

Step = Literal["connect", "mail", "rcpt", "data", "dot"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter the server accepted: the ledger the tests judge by."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    message_id: str | None


@dataclass(slots=True)
class SmtpFault:
    """What goes wrong at a step: an answer (``451 later``), or with none the line is reset.

    ``takes``: at the final dot, the letter is accepted all the same. ``after``: seconds before the
    answer. ``skips``: how often the step first goes well; ``times``: how often it then goes wrong.
    """

    step: Step
    reply: str = ""
    recipient: str | None = None
    takes: bool = False
    after: float = 0
    skips: int = 0
    times: int = 1

    def strikes(self, step: Step, recipient: str | None) -> bool:
        """True when this is the time; counts."""
        if self.step != step or self.recipient not in (None, recipient) or self.times == 0:
            return False
        if self.skips:
            self.skips -= 1
            return False
        self.times -= 1
        return True


@dataclass(slots=True)
class MailServers:
    """The running servers."""

    smtp_port: int
    imap_port: int
    """0 when there is no IMAP server: letters then go into the ledger only."""
    password: str = field(repr=False)
    taken: list[Taken] = field(default_factory=list)
    """What was accepted over SMTP, in order."""
    faults: list[SmtpFault] = field(default_factory=list)
    dmarc: dict[str, str] = field(default_factory=dict)
    """What the server's check of a sender's domain finds, when it is not ``pass``."""
    open_lines: set[_Smtp] = field(default_factory=set)

    def imap_route(self, address: str, **changes: Any) -> ImapRoute:
        """The way to somebody's mailbox."""
        route = ImapRoute(HOST, self.imap_port, mailbox_of(address), self.password, "plain")
        return replace(route, **changes)

    async def put(self, address: str, letter: bytes, folder: str = "INBOX") -> None:
        """Put a letter into a mailbox, as it is."""
        line = await ImapLine.open(self.imap_route(address))
        try:
            await line.append(folder, letter)
        finally:
            await line.close()

    async def letters(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """Everything in a folder of a mailbox, oldest first."""
        line = await ImapLine.open(self.imap_route(address))
        try:
            await line.select(folder)
            found = [await line.fetch(uid, _MOST_BYTES) for uid in await line.uids_from(1)]
        finally:
            await line.close()
        return [letter for letter in found if letter is not None]

    async def accept(self, sender: str, recipients: Sequence[str], letter: bytes) -> None:
        """Take a letter: into the ledger, and into the mailbox of each recipient."""
        self.taken.append(Taken(sender, tuple(recipients), letter, summarise(letter).message_id))
        if not self.imap_port:
            return
        found = self._finding(letter)
        for recipient in recipients:
            trace = (
                f"Authentication-Results: {NAME}; {found}\r\nDelivered-To: {recipient}\r\n"
                f"Return-Path: <{sender}>\r\nReceived: from localhost by {NAME} with ESMTP\r\n"
            )
            await self.put(recipient, trace.encode() + letter)

    def fault_at(self, step: Step, recipient: str | None = None) -> SmtpFault | None:
        """The fault that strikes now, if any."""
        return next((fault for fault in self.faults if fault.strikes(step, recipient)), None)

    def _finding(self, letter: bytes) -> str:
        author = parse(letter).author
        domain = author.domain if author else "unknown.invalid"
        return f"dmarc={self.dmarc.get(domain, 'pass')} header.from={domain}"


def mailbox_of(address: str) -> str:
    """``Support+token@desk.example`` -> ``support@desk.example``."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


@asynccontextmanager
async def mail_servers(
    smtp_port: int = 0,
    imap_port: int = 0,
    password: str = "demo",  # noqa: S107 - it guards nothing: loopback, in memory
    *,
    reads: bool = True,
) -> AsyncIterator[MailServers]:
    """Start both servers on loopback (SMTP and its ledger alone when nobody ``reads``).

    Both are gone when the block ends.
    """
    async with AsyncExitStack() as stack:
        if reads:
            imap_port = await stack.enter_async_context(imap_server(imap_port, password))
        servers = MailServers(smtp_port, imap_port, password)
        await stack.enter_async_context(_smtp_server(servers))
        yield servers


@asynccontextmanager
async def _smtp_server(servers: MailServers) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(lambda: _Smtp(servers, loop), HOST, servers.smtp_port)
    servers.smtp_port = smtp.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        smtp.close()
        for line in tuple(servers.open_lines):
            line.reset()
        await smtp.wait_closed()


@asynccontextmanager
async def imap_server(port: int, password: str) -> AsyncIterator[int]:
    """The IMAP server's child process; yields its port."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub.channels.email.imap_server", HOST, str(port),
        env=os.environ | {"HUB_IMAP_PASSWORD": password},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the parent: the child ends when its input closes
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        told = await child.stdout.readline()
        if not told.strip():
            raise RuntimeError(f"the IMAP server did not start on port {port}")
        yield int(told)
    finally:
        child.stdin.close()
        await child.wait()


class _Smtp(SMTP):
    """One connection. Faults strike before the server's own answer."""

    def __init__(self, servers: MailServers, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            _Desk(servers),
            hostname=NAME,
            ident="simulator",
            enable_SMTPUTF8=True,
            data_size_limit=_MOST_BYTES,
            loop=loop,
        )
        self._servers = servers
        self._has_greeted = False

    def reset(self) -> None:
        """Break the connection."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._servers.open_lines.add(self)
        super().connection_made(transport)

    @override
    def connection_lost(self, error: Exception | None) -> None:
        self._servers.open_lines.discard(self)
        super().connection_lost(error)

    @override
    async def push(self, status: AnyStr) -> None:
        is_greeting, self._has_greeted = not self._has_greeted, True
        fault = self._servers.fault_at("connect") if is_greeting else None
        if fault is None:
            await super().push(status)
        elif answer := await _struck(fault, self):
            await super().push(answer)

    @override
    async def smtp_DATA(self, arg: str) -> None:
        fault = self._servers.fault_at("data")
        if fault is None:
            await super().smtp_DATA(arg)
            return
        answer = await _struck(fault, self)
        if answer:
            await self.push(answer)


class _Desk:
    """What aiosmtpd asks about each step."""

    def __init__(self, servers: MailServers) -> None:
        self._servers = servers

    async def handle_MAIL(  # noqa: N802 - aiosmtpd finds it by its name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if fault := self._servers.fault_at("mail"):
            return await _struck(fault, server)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds it by its name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if fault := self._servers.fault_at("rcpt", address):
            return await _struck(fault, server)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd finds it by its name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        letter = envelope.original_content or b""
        fault = self._servers.fault_at("dot")
        if fault is None or fault.takes:
            await self._servers.accept(envelope.mail_from or "", envelope.rcpt_tos, letter)
        return await _struck(fault, server) if fault else "250 OK: taken"


async def _struck(fault: SmtpFault, line: SMTP) -> str:
    await asyncio.sleep(fault.after)
    if not fault.reply and isinstance(line, _Smtp):
        line.reset()
    return fault.reply or "421 gone"
