"""One letter to one SMTP server, step by step, with an outcome for every recipient (RFC 5321).

Up to the final dot nothing has been accepted, and a broken line means *later*. From the dot until
its answer nobody can say; whatever breaks there is *unknown*, and the same letter is never sent
again blindly (RFC 1047).
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, cast

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from hub.kernel.crashpoint import crashpoint

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"(?m)^\.")
_CHUNK = 64 * 1024


class Outcome(StrEnum):
    """What became of a letter for one recipient."""

    SENT = "sent"
    LATER = "later"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fate:
    """The outcome for one recipient, with the server's code and words."""

    recipient: str
    outcome: Outcome
    code: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SmtpRoute:
    """The server that takes our letters. ``plain`` is for loopback and tests; there is no fallback
    to it."""

    host: str
    port: int
    security: Literal["tls", "starttls", "plain"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    local_hostname: str = "localhost"
    command_seconds: float = 60.0
    final_seconds: float = 600.0
    """How long the answer to the final dot may take (RFC 5321, section 4.5.3.2.6)."""
    tls: ssl.SSLContext | None = field(default=None, repr=False)


async def nothing() -> None:
    """The hand-over of somebody who keeps no record."""


async def deliver(
    route: SmtpRoute,
    sender: str,
    recipients: Sequence[str],
    letter: bytes,
    handing_over: Callable[[], Awaitable[None]] = nothing,
) -> tuple[Fate, ...]:
    """Make one attempt, for each recipient once. Raises nothing for what the server does.

    ``handing_over`` is awaited just before the final dot: afterwards the attempt can no longer be
    repeated safely.
    """
    attempt = _Attempt(route, sender, tuple(dict.fromkeys(recipients)), letter, handing_over)
    try:
        await attempt.make()
    except aiosmtplib.SMTPResponseException as answer:
        attempt.rest(_meaning(answer.code), answer.code, answer.message)
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as problem:
        # Also an answer nobody can read: what was not refused in so many words may be tried again.
        attempt.rest(Outcome.LATER, None, str(problem) or type(problem).__name__)
    finally:
        attempt.hang_up()
    return attempt.fates()


class _Attempt:
    def __init__(
        self,
        route: SmtpRoute,
        sender: str,
        recipients: tuple[str, ...],
        letter: bytes,
        handing_over: Callable[[], Awaitable[None]],
    ) -> None:
        self._route = route
        self._sender = sender
        self._recipients = recipients
        self._letter = letter
        self._handing_over = handing_over
        self._fates: dict[str, Fate] = {}
        self._client = aiosmtplib.SMTP(
            hostname=route.host,
            port=route.port,
            use_tls=route.security == "tls",
            start_tls=False,
            username=None,
            local_hostname=route.local_hostname,
            timeout=route.command_seconds,
            tls_context=route.tls,
        )

    async def make(self) -> None:
        if not await self._connect():
            return
        crashpoint("OUT6")
        limit = self._size_limit()
        if limit and len(self._letter) > limit:
            self.rest(Outcome.FAILED, 552, f"larger than the {limit} bytes the server takes")
            return
        await self._client.mail(self._sender)
        for recipient in self._recipients:
            await self._name(recipient)
        crashpoint("OUT7")
        if len(self._fates) < len(self._recipients):
            await self._hand_over()

    async def _connect(self) -> bool:
        """Connect, secure, sign in. What is refused here is the server's or our setup's fault, not
        the letter's."""
        try:
            await self._client.connect()
            if self._route.security == "starttls":
                await self._client.starttls(tls_context=self._route.tls)
            if self._route.username is not None:
                await self._client.login(self._route.username, self._route.password or "")
            else:
                await self._client.ehlo()
        except aiosmtplib.SMTPResponseException as answer:
            self.rest(Outcome.LATER, answer.code, answer.message)
            return False
        return True

    def _size_limit(self) -> int:
        limit = self._client.esmtp_extensions.get("size", "")
        return int(limit) if limit.isdigit() else 0

    async def _name(self, recipient: str) -> None:
        try:
            await self._client.rcpt(recipient)
        except aiosmtplib.SMTPRecipientRefused as answer:
            self._decide(recipient, _meaning(answer.code), answer.code, answer.message)

    async def _hand_over(self) -> None:
        start = await self._client.execute_command(b"DATA")
        if start.code != 354:
            # A server that neither refuses nor goes on is not understood: try again.
            refused = 400 <= start.code < 600
            self.rest(_meaning(start.code) if refused else Outcome.LATER, start.code, start.message)
            return
        protocol = self._client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("connection lost")
        await self._write(protocol, canonical(self._letter))
        await self._handing_over()
        await asyncio.sleep(
            0
        )  # lets a line that broke meanwhile be noticed before the dot is written
        await self._end(protocol)

    async def _write(self, protocol: SMTPProtocol, content: bytes) -> None:
        """Write everything but the final dot, and wait until it has left this process."""
        transport = cast("asyncio.WriteTransport", protocol.transport)
        transport.set_write_buffer_limits(high=0)
        for at in range(0, len(content), _CHUNK):
            protocol.write(content[at : at + _CHUNK])
            async with asyncio.timeout(self._route.command_seconds):
                await protocol._drain_helper()

    async def _end(self, protocol: SMTPProtocol) -> None:
        if self._client.transport is None or self._client.transport.is_closing():
            raise aiosmtplib.SMTPServerDisconnected("connection lost before the final dot")
        try:
            protocol.write(b".\r\n")
            crashpoint("OUT8")
            answer = await protocol.read_response(timeout=self._route.final_seconds)
        except aiosmtplib.SMTPResponseException as strange:
            self.rest(Outcome.UNKNOWN, None, f"strange answer to the final dot: {strange.message}")
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as problem:
            self.rest(Outcome.UNKNOWN, None, f"no answer to the final dot: {problem}")
        else:
            crashpoint("OUT9")
            self.rest(_meaning(answer.code, Outcome.UNKNOWN), answer.code, answer.message)

    def _decide(self, recipient: str, outcome: Outcome, code: int | None, detail: str) -> None:
        plain = detail.encode("utf-8", "replace").decode().replace("\0", " ")[:500]
        self._fates.setdefault(recipient, Fate(recipient, outcome, code, plain))

    def rest(self, outcome: Outcome, code: int | None, detail: str) -> None:
        """The outcome for everybody not yet decided."""
        for recipient in self._recipients:
            self._decide(recipient, outcome, code, detail)

    def fates(self) -> tuple[Fate, ...]:
        return tuple(self._fates[recipient] for recipient in self._recipients)

    def hang_up(self) -> None:
        """Leave without waiting for a goodbye: the outcome is known, and QUIT could only delay
        it."""
        transport = self._client.transport
        if transport is not None and not transport.is_closing() and self._client.protocol:
            self._client.protocol.write(b"QUIT\r\n")
        self._client.close()


def canonical(letter: bytes) -> bytes:
    """The letter as DATA has it: CRLF line ends only, leading dots doubled, ending with a line end.

    Lone CR or LF never reach the wire, so no server can see a second letter inside (SMTP
    smuggling).
    """
    lines = _LINE_END.sub(b"\r\n", letter)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return _LEADING_DOT.sub(b"..", lines)


def _meaning(code: int, otherwise: Outcome = Outcome.LATER) -> Outcome:
    if 200 <= code < 300:
        return Outcome.SENT
    if 400 <= code < 500:
        return Outcome.LATER
    return Outcome.FAILED if 500 <= code < 600 else otherwise
