"""The other side of each channel, as the contract suite plays it: one small class for each channel.

To add a channel: subclass ``Peer``, say what it can do, and put it into ``PEERS``.
"""

from __future__ import annotations

import abc
import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import msgspec
from typing_extensions import override

from hub.channels.email.channel import EmailChannel
from hub.channels.email.identity import Checkpoint
from hub.channels.email.imap import ImapTrouble
from hub.channels.email.parse import ParsedMail, parse
from hub.channels.email.pool import SetAside
from hub.channels.email.reading import Pools, Reader
from hub.channels.email.simulator import MailServers, SmtpFault, mail_servers
from hub.channels.memory.channel import MemoryChannel
from hub.channels.model import Account, Fate, Receipt
from hub.channels.sms import simulator as twilio
from hub.channels.sms.channel import SmsChannel
from hub.channels.webhook import simulator as integrator
from hub.channels.webhook.channel import WebhookChannel
from tests.support.cutproxy import Cut, CutProxy, cut_proxy
from tests.support.hub import Died, SmallHub, running_hub
from tests.support.maildesk import email_channel, mailbox_settings
from tests.support.mails import a_mail


@dataclass(frozen=True)
class Got:
    """What a customer got: who, which words, and in which thread of theirs."""

    who: str
    text: str
    thread: str


class Peer(abc.ABC):
    """Customers and their provider, and the hub they talk to."""

    rubbish_is: ClassVar[str]
    """What becomes of what cannot be understood: *refused*, *kept*; *impossible* here."""
    reports: ClassVar[bool] = False
    """True when the other side tells what became of a message after taking it."""
    patience: ClassVar[float] = 2.0
    """How many seconds the hub waits for an answer: each lost one costs a test as much."""

    def __init__(self, hub: SmallHub, account: Account) -> None:
        self.hub = hub
        self.account = account

    @classmethod
    @abc.abstractmethod
    def joined(cls, url: str, folder: Path) -> contextlib.AbstractAsyncContextManager[Peer]:
        """A running hub on this database with one account of this channel, and its other side."""

    @abc.abstractmethod
    async def say(self, who: str, text: str, id_: str) -> bool:
        """A customer says something; True when the hub acknowledged it. ``id_`` names it."""

    async def say_to_dying_hub(self, who: str, text: str, id_: str) -> bool:
        """Say something to a hub that dies after its commit, before it acknowledges."""
        self.hub.inbox.deaths = 1
        return await self.say(who, text, id_)

    @abc.abstractmethod
    def got(self) -> Sequence[Got]:
        """What customers got, in order; what the other side itself recognises as repeated, once."""

    @abc.abstractmethod
    def thread_of(self, who: str) -> str:
        """How the customer knows their thread; what ``Got.thread`` must be."""

    @abc.abstractmethod
    def refuse_for_now(self) -> None:
        """The next message is refused: come back later."""

    @abc.abstractmethod
    def refuse_for_good(self) -> None:
        """The next message is refused: do not come back."""

    @abc.abstractmethod
    def lose_answer(self) -> None:
        """The next message is taken, and the hub never hears that it was."""

    async def say_rubbish(self) -> str:
        """Send what cannot be understood; returns the reason that the hub gave, if it refused."""
        raise NotImplementedError

    async def repair(self) -> None:
        """Make what was kept understandable, as an administrator would."""
        raise NotImplementedError

    async def report(self, state: str) -> None:
        """The other side says what became of the newest message: *sent*, *delivered*, *failed*."""
        raise NotImplementedError


class MemoryPeer(Peer):
    """Calls the channel's own method."""

    rubbish_is = "impossible"
    channel: MemoryChannel

    @classmethod
    @override
    @contextlib.asynccontextmanager
    async def joined(cls, url: str, folder: Path) -> AsyncIterator[Peer]:
        async with running_hub(url, folder, lambda hub: MemoryChannel(hub.inbox)) as hub:
            peer = cls(hub, await hub.add_channel("memory", "memory"))
            channel = hub.registry.kinds["memory"]
            assert isinstance(channel, MemoryChannel)
            peer.channel = channel
            yield peer

    @override
    async def say(self, who: str, text: str, id_: str) -> bool:
        try:
            await self.channel.say(self.account, who, text, id_)
        except Died:
            return False
        return True

    @override
    def got(self) -> Sequence[Got]:
        return [
            Got(str(sent.facts["to"]), sent.text, sent.thread_key) for sent in self.channel.sent
        ]

    @override
    def thread_of(self, who: str) -> str:
        return who

    @override
    def refuse_for_now(self) -> None:
        self.channel.fates.append(Receipt(Fate.LATER, "busy"))

    @override
    def refuse_for_good(self) -> None:
        self.channel.fates.append(Receipt(Fate.FAILED, "gone"))

    @override
    def lose_answer(self) -> None:
        self.channel.loses_answers += 1


class WebhookPeer(Peer):
    """An integrator's system on loopback."""

    rubbish_is = "refused"
    other: integrator.Integrator

    @classmethod
    @override
    @contextlib.asynccontextmanager
    async def joined(cls, url: str, folder: Path) -> AsyncIterator[Peer]:
        secret = "whsec_" + "c2VjcmV0IG9mIHRoZSBjb250cmFjdCBzdWl0ZQ=="
        other = integrator.Integrator(entry="", secret=secret)
        async with (
            other.running(),
            running_hub(
                url,
                folder,
                lambda hub: WebhookChannel(
                    hub.registry, hub.inbox, hub.blobs, hub.outgoing, hub.clock
                ),
                allowed=[host_of(other.url)],
                patience=cls.patience,
            ) as hub,
        ):
            account = await hub.add_channel(
                "webhook", "shop", settings={"url": other.url}, secrets={"secret": secret}
            )
            other.entry, other.clock = f"{hub.url}/hooks/shop", hub.clock
            peer = cls(hub, account)
            peer.other = other
            yield peer

    @override
    async def say(self, who: str, text: str, id_: str) -> bool:
        body = self.other.body(id_, who, text, conversation=self.thread_of(who))
        content = msgspec.json.encode(body)
        answer = await self.other.post(content, self.other.signed(id_, content))
        return answer.status == 202

    @override
    def got(self) -> Sequence[Got]:
        return [
            Got(taken["to"], taken["text"], taken["conversation"])
            for taken in self.other.taken.values()
        ]

    @override
    def thread_of(self, who: str) -> str:
        return f"order of {who}"

    @override
    def refuse_for_now(self) -> None:
        self.other.troubles.append(integrator.Trouble(status=503))

    @override
    def refuse_for_good(self) -> None:
        self.other.troubles.append(integrator.Trouble(status=410))

    @override
    def lose_answer(self) -> None:
        self.other.troubles.append(integrator.Trouble(loses_answer=True))

    @override
    async def say_rubbish(self) -> str:
        content = b'{"id": "rubbish", "from": "mia", "text": 7}'
        answer = await self.other.post(content, self.other.signed("rubbish", content))
        assert answer.status == 422
        return str(answer.body["faults"][0]["problem"])


class SmsPeer(Peer):
    """Twilio on loopback."""

    rubbish_is = "kept"
    reports = True
    other: twilio.FakeTwilio
    channel: SmsChannel
    _numbers: Mapping[str, str] = {"mia": "+14155552671", "ben": "+14155552672"}

    @classmethod
    @override
    @contextlib.asynccontextmanager
    async def joined(cls, url: str, folder: Path) -> AsyncIterator[Peer]:
        public = "https://desk.example"
        other = twilio.FakeTwilio(webhook=f"{public}/channels/sms/line")
        async with (
            other.running(),
            running_hub(
                url,
                folder,
                lambda hub: SmsChannel(hub.registry, hub.inbox, hub.database, hub.outgoing, public),
                allowed=[host_of(other.api_base)],
                patience=cls.patience,
            ) as hub,
        ):
            account = await hub.add_channel(
                "sms",
                "line",
                settings={
                    "account_sid": other.account_sid,
                    "number": other.number,
                    "api_base": other.api_base,
                },
                secrets={"auth_token": other.auth_token},
            )
            other.reach, other.clock = hub.url, hub.clock
            peer = cls(hub, account)
            peer.other = other
            channel = hub.registry.kinds["sms"]
            assert isinstance(channel, SmsChannel)
            peer.channel = channel
            yield peer

    @override
    async def say(self, who: str, text: str, id_: str) -> bool:
        [answer] = await self.other.text(self._numbers[who], text, sid=f"SM{id_}")
        return answer.status == 200

    @override
    def got(self) -> Sequence[Got]:
        names = {number: who for who, number in self._numbers.items()}
        return [Got(names[sent.to], sent.body, sent.sender) for sent in self.other.sent]

    @override
    def thread_of(self, who: str) -> str:
        return self.other.number

    @override
    def refuse_for_now(self) -> None:
        self.other.troubles.append(twilio.Trouble(429, 20429, "Too Many Requests"))

    @override
    def refuse_for_good(self) -> None:
        self.other.troubles.append(twilio.Trouble(400, 21610, "The customer has opted out"))

    @override
    def lose_answer(self) -> None:
        self.other.troubles.append(twilio.Trouble(loses_answer=True))

    @override
    async def say_rubbish(self) -> str:
        [answer] = await self.other.text("138 0013 8000", "在吗", sid="SMrubbish")
        assert answer.status == 200
        return ""

    @override
    async def repair(self) -> None:
        self.account = await self.hub.change_channel(self.account, region="CN")

    @override
    async def report(self, state: str) -> None:
        error = (30003, "Unreachable destination handset") if state == "failed" else None
        status = {"failed": "undelivered"}.get(state, state)
        await self.other.report_only(self.other.sent[-1].sid, status, error=error)


class _MendedLater(Pools):
    """A reader with a fault: some mails are too much for it, until it is mended."""

    is_mended = False

    @override
    def of(self, checkpoint: Checkpoint) -> Reader:
        honest = super().of(checkpoint)
        return honest if self.is_mended else _Faulty(honest)


@dataclass
class _Faulty:
    honest: Reader

    async def parse(self, mails: Sequence[bytes]) -> list[ParsedMail | SetAside]:
        read = await self.honest.parse(mails)
        return [
            SetAside("worker-ended: 11", 3) if b"X-Rubbish" in raw else mail
            for raw, mail in zip(mails, read, strict=True)
        ]


class EmailPeer(Peer):
    """Customers' and our own mailboxes on real servers on loopback."""

    rubbish_is = "kept"
    servers: MailServers
    line: CutProxy
    """Between the hub and the IMAP server."""
    channel: EmailChannel
    readers: _MendedLater
    looking: asyncio.Lock

    @classmethod
    @override
    @contextlib.asynccontextmanager
    async def joined(cls, url: str, folder: Path) -> AsyncIterator[Peer]:
        readers = _MendedLater()
        async with (
            mail_servers() as servers,
            cut_proxy("127.0.0.1", servers.imap_port) as line,
            readers,
            running_hub(
                url,
                folder,
                lambda hub: email_channel(hub, readers),
                allowed=[f"127.0.0.1:{servers.smtp_port}", f"127.0.0.1:{line.port}"],
            ) as hub,
        ):
            account = await hub.add_channel(
                "email",
                "support",
                settings=mailbox_settings("support@desk.example", servers.smtp_port, line.port),
                secrets={"imap_password": servers.password},
            )
            peer = cls(hub, account)
            peer.servers, peer.line, peer.readers = servers, line, readers
            peer.looking = asyncio.Lock()
            channel = hub.registry.kinds["email"]
            assert isinstance(channel, EmailChannel)
            peer.channel = channel
            yield peer

    @override
    async def say(self, who: str, text: str, id_: str) -> bool:
        root = f"<{self.thread_of(who)}>"
        letter = a_mail(
            text,
            sender=f"{who.title()} <{who}@customer.example>",
            message_id=f"<{who}-{id_}@customer.example>",
            References=root,
        )
        await self.servers.put("support@desk.example", letter)
        try:
            async with self.looking:
                await self.channel.look(self.account)
        except ImapTrouble:
            return False
        return True

    @override
    async def say_to_dying_hub(self, who: str, text: str, id_: str) -> bool:
        self.line.cuts.append(Cut("up", pattern=b"STORE", before=True))
        return await self.say(who, text, id_)

    @override
    def got(self) -> Sequence[Got]:
        return [
            Got(taken.recipients[0].partition("@")[0], mail.text, mail.references[0])
            for taken in self.servers.taken
            for mail in [parse(taken.content)]
        ]

    @override
    def thread_of(self, who: str) -> str:
        return f"first-{who}@customer.example"

    @override
    def refuse_for_now(self) -> None:
        self.servers.faults.append(SmtpFault("rcpt", "451 4.7.1 try again later"))

    @override
    def refuse_for_good(self) -> None:
        self.servers.faults.append(SmtpFault("rcpt", "550 5.1.1 no such mailbox"))

    @override
    def lose_answer(self) -> None:
        self.servers.faults.append(SmtpFault("dot", takes=True))

    @override
    async def say_rubbish(self) -> str:
        letter = a_mail(message_id="<rubbish@customer.example>", X_Rubbish="yes")
        await self.servers.put("support@desk.example", letter)
        await self.channel.look(self.account)
        return ""

    @override
    async def repair(self) -> None:
        self.readers.is_mended = True


PEERS: Mapping[str, type[Peer]] = {
    "memory": MemoryPeer,
    "webhook": WebhookPeer,
    "sms": SmsPeer,
    "email": EmailPeer,
}


def host_of(url: str) -> str:
    """``host:port`` of a simulator's address."""
    return url.partition("://")[2].partition("/")[0]


async def all_at_once(peer: Peer, words: Sequence[tuple[str, str, str]]) -> list[bool]:
    """Several things are said at the same moment: who, text, id."""
    return list(await asyncio.gather(*(peer.say(who, text, id_) for who, text, id_ in words)))
