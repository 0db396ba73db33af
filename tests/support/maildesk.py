"""A small hub with mailboxes on real servers, and the customers who write to them.

async with mail_desk(any_database, tmp_path, imap_port) as desk:
    await desk.receive(a_mail(...))
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.channels.email.channel import EmailChannel
from hub.channels.email.parse import ParsedMail, parse
from hub.channels.email.reading import Pools
from hub.channels.email.simulator import NAME, MailServers, Taken, mail_servers
from hub.channels.email.token import Marks
from hub.channels.port import Account
from hub.conversations.model import Conversation, Message
from hub.storage.jobs import Worker
from tests.support.hub import NODE, SmallHub, running_hub
from tests.support.mails import a_mail

_tags = itertools.count(1)


@dataclass
class MailDesk:
    """A hub, its mail servers, one account; every desk has mailboxes of its own on the server."""

    hub: SmallHub
    servers: MailServers
    channel: EmailChannel
    account: Account
    address: str
    customer: str
    worker: Worker
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    async def receive(self, letter: bytes) -> Message:
        """A letter comes into our mailbox, and is read. Returns the newest message."""
        sender = parse(letter).from_address or "nobody@customer.example"
        to = [box.address for box in parse(letter).to] or [self.address]
        await self.servers.accept(sender, to, letter)
        await self.channel.look(self.account)
        return max(await self.hub.messages(), key=lambda message: message.id)

    async def writes(self, text: str = "Where is my order?", **more: Any) -> Message:
        """The customer writes; every letter has a Message-ID of its own unless one is given."""
        given = {
            "sender": f"Ann Lee <{self.customer}>",
            "to": self.address,
            "message_id": f"<{next(self._ids)}.{self.customer}>",
        }
        return await self.receive(a_mail(text, **given | more))

    async def answer(self, message: Message, text: str = "It leaves today.", **more: Any) -> str:
        """The agent answers, and the answer leaves. Returns its id."""
        reply = await self.hub.reply(message.conversation_id, text, **more)
        await self.hub.send_due()
        return reply.id

    async def mailbox(self, address: str | None = None, folder: str = "INBOX") -> list[ParsedMail]:
        """What lies in somebody's mailbox, the customer's unless said otherwise."""
        return [parse(raw) for raw in await self.servers.letters(address or self.customer, folder)]

    @property
    def sent(self) -> list[Taken]:
        """What the mail server took from the hub, in order."""
        return [taken for taken in self.servers.taken if taken.sender == self.address]

    async def conversations(self) -> list[Conversation]:
        return await self.hub.conversations()


@contextlib.asynccontextmanager
async def mail_desk(
    url: str, folder: Path, imap_port: int, *, marks: Marks | None = None, **settings: Any
) -> AsyncIterator[MailDesk]:
    """A running desk. ``settings`` are those of its mailbox."""
    tag = f"{next(_tags):x}"
    address = f"desk{tag}@desk.example"
    readers = Pools()
    async with (
        mail_servers(reads=False) as servers,
        readers,
        running_hub(
            url,
            folder,
            lambda hub: email_channel(hub, readers, marks=marks),
            allowed=[f"127.0.0.1:{servers.smtp_port}", f"127.0.0.1:{imap_port}"],
        ) as hub,
    ):
        servers.imap_port = imap_port
        account = await hub.add_channel(
            "email",
            f"desk{tag}",
            settings=mailbox_settings(address, servers.smtp_port, imap_port, **settings),
            secrets={"imap_password": servers.password},
        )
        channel = hub.registry.kinds["email"]
        assert isinstance(channel, EmailChannel)
        customer = f"ann{tag}@customer.example"
        worker = Worker(hub.database, channel.doers)
        yield MailDesk(hub, servers, channel, account, address, customer, worker)


def email_channel(
    hub: SmallHub, readers: Pools, *, node: str = NODE, marks: Marks | None = None
) -> EmailChannel:
    """The e-mail channel of a small hub."""
    return EmailChannel(
        hub.database,
        hub.registry,
        hub.blobs,
        hub.outgoing,
        marks or Marks([b"m" * 32]),
        hub.clock,
        readers,
        node,
    )


def mailbox_settings(address: str, smtp_port: int, imap_port: int, **more: Any) -> dict[str, Any]:
    """The settings of a mailbox on the servers of the tests."""
    return {
        "address": address,
        "name": "Desk",
        "imap_host": "127.0.0.1",
        "imap_port": imap_port,
        "imap_user": address,
        "imap_security": "none",
        "smtp_host": "127.0.0.1",
        "smtp_port": smtp_port,
        "smtp_security": "none",
        "authserv_id": NAME,
        **more,
    }
