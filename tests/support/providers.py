"""Providers between the hub and its customers: a mail server, an SMS carrier, and who uses them.

The servers are the simulators that ship with the hub, used as programs of others; what they took is
their ledger.
"""

from __future__ import annotations

import abc
import asyncio
import email
import itertools
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from typing_extensions import override

from hub.channels.email.simulator import MailServers, mail_servers
from hub.channels.sms.simulator import FakeTwilio
from tests.support.oracle import Delivery, Ledgers, Said
from tests.support.outsiders import LOST, PAUSE

ANSWER = re.compile(r"agent\d+ answers \d+")


@dataclass
class Provider(abc.ABC):
    """A server of somebody else's, and customers behind it."""

    customers: int = 2
    pause: float = 0.1
    ledgers: Ledgers = field(default_factory=Ledgers)
    url: str = ""
    is_done: bool = False

    @property
    @abc.abstractmethod
    def channel(self) -> Mapping[str, Any]:
        """The hub's account at this provider, as ``planting`` wants it."""

    @property
    @abc.abstractmethod
    def hosts(self) -> Sequence[str]:
        """What the hub must be allowed to call."""

    @abc.abstractmethod
    async def tell(self, said: Said) -> None:
        """Let a customer say this, until it is acknowledged."""

    @abc.abstractmethod
    def note(self) -> None:
        """Write into the ledger what customers got."""

    async def report(self) -> None:  # noqa: B027 - most say nothing more
        """Tell the hub for ever what became of its answers, where a provider does."""

    async def talk(self) -> None:
        """Customers say one thing after another, until it is done."""
        kind = str(self.channel["kind"])
        for number in itertools.count(1):
            for customer in range(self.customers):
                if self.is_done:
                    return
                who = f"{kind}{customer}"
                said = Said(who, number, f"{who} says {number}", kind)
                self.ledgers.said.append(said)
                await self.tell(said)
                await asyncio.sleep(self.pause)


@dataclass
class PostOffice(Provider):
    """SMTP and IMAP; a letter in the hub's mailbox counts as acknowledged: it must be read."""

    servers: MailServers = field(init=False)
    address: str = "support@desk.example"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[PostOffice]:
        async with mail_servers() as self.servers:
            yield self

    @property
    @override
    def channel(self) -> Mapping[str, Any]:
        servers = self.servers
        return {
            "kind": "email",
            "key": "mail",
            "settings": {
                "address": self.address,
                "imap_host": "127.0.0.1",
                "imap_port": servers.imap_port,
                "imap_security": "none",
                "smtp_host": "127.0.0.1",
                "smtp_port": servers.smtp_port,
                "smtp_security": "none",
                "sent_folder": "Sent",
            },
            "secrets": {"imap_password": servers.password},
        }

    @property
    @override
    def hosts(self) -> Sequence[str]:
        return [f"127.0.0.1:{port}" for port in (self.servers.imap_port, self.servers.smtp_port)]

    @override
    async def tell(self, said: Said) -> None:
        letter = EmailMessage()
        letter["From"] = f"{said.who}@customer.example"
        letter["To"] = self.address
        letter["Subject"] = said.text
        letter["Date"] = "Sat, 21 Nov 2026 12:00:00 +0000"
        letter["Message-ID"] = f"<{said.who}.{said.number}@customer.example>"
        letter.set_content(said.text)
        await self.servers.put(self.address, letter.as_bytes())
        said.is_acked = True

    @override
    def note(self) -> None:
        for taken in self.servers.taken:
            plain = email.message_from_bytes(taken.content)
            body = next(part for part in plain.walk() if part.get_content_type() == "text/plain")
            text = body.get_payload(decode=True)
            assert isinstance(text, bytes)
            found = ANSWER.search(text.decode())
            assert found is not None, text
            mark = taken.message_id or ""
            seen = {"to": taken.recipients, "subject": plain["Subject"]}
            self.ledgers.deliveries.append(Delivery(mark, found[0], seen))


@dataclass
class Carrier(Provider):
    """Text messages; every one that left is reported as delivered until the hub has heard it."""

    twilio: FakeTwilio = field(default_factory=FakeTwilio)

    @asynccontextmanager
    async def open(self, url: str) -> AsyncIterator[Carrier]:
        """``url``: how the carrier reaches the hub."""
        self.twilio.webhook = f"{url}/channels/sms/line"
        async with self.twilio.running():
            yield self

    @property
    @override
    def channel(self) -> Mapping[str, Any]:
        twilio = self.twilio
        return {
            "kind": "sms",
            "key": "line",
            "settings": {
                "account_sid": twilio.account_sid,
                "number": twilio.number,
                "api_base": twilio.api_base,
            },
            "secrets": {"auth_token": twilio.auth_token},
        }

    @property
    @override
    def hosts(self) -> Sequence[str]:
        return [self.twilio.api_base.partition("://")[2]]

    @override
    async def tell(self, said: Said) -> None:
        number = f"+1415555267{said.who[-1]}"
        while not said.is_acked:
            with suppress(*LOST):
                [heard] = await self.twilio.text(
                    number, said.text, sid=f"SM{said.who}{said.number:04}"
                )
                said.is_acked = heard.status == 200
                if heard.status in (401, 403, 404, 422):
                    self.ledgers.faults.append(f"{said.text!r} was refused: {heard}")
                    return
            await asyncio.sleep(PAUSE)

    @override
    async def report(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            for text in list(self.twilio.sent):
                with suppress(*LOST):
                    if text.status != "delivered":
                        heard = await self.twilio.report_only(text.sid, "delivered")
                        if all(each.status < 300 for each in heard):
                            text.status = "delivered"

    @override
    def note(self) -> None:
        for text in self.twilio.sent:
            self.ledgers.deliveries.append(Delivery(text.sid, text.body, {"to": text.to}))
