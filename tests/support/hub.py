"""A small hub for tests of channels: real storage and log, real routes on loopback, no screens.

async with running_hub(any_database, tmp_path) as hub:
    account = await hub.add_channel("memory", "memory")
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from starlette.applications import Starlette
from typing_extensions import override

from hub.agents import service as agents
from hub.agents.model import Agent, Role
from hub.channels import outbound, store as channel_store
from hub.channels.inbound import Inbox
from hub.channels.model import Account
from hub.channels.outbound import Outbox
from hub.channels.port import Channel
from hub.channels.registry import Registry
from hub.channels.secrets import Vault
from hub.conversations import service as conversations, store as conversation_store
from hub.conversations.events import Replied
from hub.conversations.model import (
    Attachment,
    Conversation,
    Direction,
    Inbound,
    Message,
    Received,
    Routing,
)
from hub.conversations.views import MessageView
from hub.kernel import ids
from hub.kernel.clock import SetClock, SystemClock
from hub.kernel.ids import ChannelId, QueueId
from hub.storage import log
from hub.storage.blobs import FolderBlobs
from hub.storage.bus import LocalBus
from hub.storage.chart import Chart
from hub.storage.database import Database
from hub.storage.log import Logged
from hub.storage.migrate import migrate
from hub.storage.tail import Tail
from hub.storage.unit import Unit
from hub.web.loopback import served
from hub.web.outgoing import Outgoing

NODE = "node-1"
QUEUE = QueueId("01900000-0000-7000-8000-00000000000a")


class Died(Exception):
    """The hub ended here, as far as the other side can tell."""


class DyingInbox(Inbox):
    """Receives; ``deaths`` says how often it dies between the commit and the answer."""

    deaths = 0

    @override
    async def receive(self, inbound: Inbound) -> Received:
        answer = await super().receive(inbound)
        if self.deaths:
            self.deaths -= 1
            raise Died
        return answer


@dataclass
class SmallHub:
    """The parts of a running hub, and what a test does with them."""

    database: Database
    blobs: FolderBlobs
    registry: Registry
    inbox: DyingInbox
    outbox: Outbox
    outgoing: Outgoing
    clock: SetClock
    agent: Agent
    url: str
    """Where its routes are served, ``http://127.0.0.1:port``."""

    async def add_channel(
        self,
        kind: str,
        key: str,
        *,
        settings: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Account:
        """Set up an account whose work waits in ``QUEUE``."""

        def add(unit: Unit) -> ChannelId:
            return self.registry.add(
                unit,
                kind=kind,
                key=key,
                name=key.title(),
                queue_id=QUEUE,
                settings=settings,
                secrets=secrets,
            )

        channel_id = await self.database.write(add)
        await self.registry.load()
        return self.registry.get(channel_id)

    async def change_channel(
        self, account: Account, secrets: Mapping[str, str] | None = None, **settings: Any
    ) -> Account:
        """Change settings and secrets of an account."""
        changes = {"settings": {**account.settings, **settings}}
        await self.database.write(
            lambda unit: self.registry.change(unit, account.id, changes, secrets, by="test")
        )
        await self.registry.load()
        return self.registry.get(account.id)

    # -- what an agent does ----------------------------------------------------------------------

    async def assign(self, conversation_id: str) -> None:
        """Make the agent the owner of a conversation."""

        def own(unit: Unit) -> None:
            conversations.place(
                unit,
                conversations.get(unit, conversation_id),
                Routing.ASSIGNED,
                queue_id=QUEUE,
                agent_id=self.agent.id,
            )

        await self.database.write(own)

    async def reply(
        self, conversation_id: str, text: str, files: Sequence[Attachment] = ()
    ) -> MessageView:
        """The agent takes the conversation and answers; the files' contents are among the blobs."""
        await self.assign(conversation_id)

        def answer(unit: Unit) -> MessageView:
            for file in files:
                conversations.keep_upload(unit, self.agent.actor, file)
            uploads = [file.id for file in files]
            return conversations.reply(unit, conversation_id, text, by=self.agent, uploads=uploads)

        return await self.database.write(answer)

    async def retry(self, message_id: str) -> MessageView:
        """The agent sends a message once more."""
        return await self.database.write(
            lambda unit: conversations.retry(unit, message_id, by=self.agent)
        )

    async def send_due(self) -> None:
        """Let the outbox send everything that is due now."""
        await self.outbox.drain()

    # -- what there is ---------------------------------------------------------------------------

    async def conversations(self) -> list[Conversation]:
        """Every conversation, oldest first."""
        rows = await self.database.read(
            lambda connection: (
                connection.execute(
                    select(conversation_store.conversations.c.id).order_by(
                        conversation_store.conversations.c.number
                    )
                )
                .scalars()
                .all()
            )
        )
        found = await self.database.read(conversation_store.find_several, rows)
        return [found[id_] for id_ in rows]

    async def messages(self, direction: Direction = Direction.IN) -> list[Message]:
        """Every message in one direction, conversation by conversation."""
        found: list[Message] = []
        for conversation in await self.conversations():
            thread = await self.database.read(
                conversation_store.thread, conversation.id, 1 << 30, 10_000
            )
            found += sorted(
                (m for m in thread if m.direction is direction), key=lambda m: m.ordinal
            )
        return found

    async def message(self, message_id: str) -> Message:
        found = await self.database.read(conversation_store.find_message, message_id)
        assert found is not None
        return found

    async def facts(self, conversation_id: str) -> Mapping[str, Any]:
        """What the channel noted of the customer's last message."""
        return await self.database.read(conversation_store.last_facts, conversation_id)

    async def outbox_rows(self, message_id: str) -> list[Any]:
        return await self.database.read(channel_store.outbox_of, message_id)

    async def quarantined(self) -> list[Any]:
        """What could not be understood and is kept."""
        return await self.database.read(channel_store.inbox_in, "quarantined")

    async def events(self, type_: str | None = None) -> list[Logged]:
        """What happened, in order."""
        lines = await self.database.read(log.read_since, 0)
        return [line for line in lines if type_ is None or line.type == type_]


async def eventually(
    is_so: Callable[[], Awaitable[bool]], what: str = "it to happen", seconds: float = 20
) -> None:
    """Wait until it is so; fail when it takes too long."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not await is_so():
        if loop.time() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}")
        await asyncio.sleep(0.02)


KindMaker = Callable[[SmallHub], Channel]


@contextlib.asynccontextmanager
async def running_hub(
    url: str,
    folder: Path,
    *kinds: KindMaker,
    allowed: Collection[str] = (),
    patience: float = 10.0,
) -> AsyncIterator[SmallHub]:
    """A hub with these kinds of channel, its clock standing at the present moment.

    ``allowed``: private ``host:port`` pairs it may call, the simulators'; ``patience``: how many
    seconds it waits for them. Nothing is sent by itself: a test calls ``send_due``.
    """
    ids._source = ids.IdSource()  # other tests' clocks went ahead, and ids never go back
    clock = SetClock(SystemClock().now())
    migrate(url, clock.now())
    chart = Chart()
    chart.within(Replied, outbound.enqueue)
    async with contextlib.AsyncExitStack() as stack:
        database = Database(url, chart=chart, clock=clock, readers=2, synchronous="OFF")
        await database.start()
        stack.push_async_callback(database.stop)
        bus = LocalBus()
        await bus.start()
        tail = Tail(database, bus, chart)
        await tail.start(None)
        stack.push_async_callback(tail.stop)
        blobs = FolderBlobs(folder / "blobs")
        registry = Registry(database, Vault(b"k" * 32))
        inbox = DyingInbox(database, blobs, registry)
        outgoing = Outgoing(allowed, timeout=patience)
        stack.push_async_callback(outgoing.close)
        agent = await database.write(
            lambda unit: agents.add_agent(
                unit,
                email="ann@desk.example",
                name="Ann",
                role=Role.AGENT,
                password_hash=None,
            )
        )
        app = Starlette()
        address = await stack.enter_async_context(served(app))
        hub = SmallHub(
            database=database,
            blobs=blobs,
            registry=registry,
            inbox=inbox,
            outbox=Outbox(database, registry, NODE),
            outgoing=outgoing,
            clock=clock,
            agent=agent,
            url=address,
        )
        for make in kinds:
            channel = make(hub)
            registry.add_kind(channel)
            app.router.routes.extend(channel.routes())
        yield hub
