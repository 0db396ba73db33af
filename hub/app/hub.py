"""The composition root: settings -> parts -> one application, started and stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI
from sqlalchemy import Connection
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Mount, Route

from hub.agents import api as agents_api, service as agents, store as agent_store
from hub.agents.asking import check_routes
from hub.agents.events import AgentChanged
from hub.agents.passwords import Passwords
from hub.app import health, lookup, pages, parked, reference
from hub.app.limits import Limits, address_of
from hub.app.live import LiveFrames
from hub.app.loops import Loops
from hub.app.server import Application
from hub.channels import api as channels_api, outbound
from hub.channels.chat.channel import ChatChannel
from hub.channels.chat.tokens import VisitorTokens
from hub.channels.email.channel import EmailChannel
from hub.channels.email.reading import Pools
from hub.channels.email.token import Marks
from hub.channels.events import ChannelChanged
from hub.channels.inbound import Inbox
from hub.channels.memory.channel import MemoryChannel
from hub.channels.outbound import Outbox
from hub.channels.port import Account
from hub.channels.registry import Registry
from hub.channels.secrets import Vault
from hub.channels.sms.channel import SmsChannel
from hub.channels.webhook.channel import WebhookChannel
from hub.conversations import api as conversations_api, store as conversation_store
from hub.conversations.events import Replied
from hub.customers import api as customers_api
from hub.journey import chart
from hub.kernel.clock import DAY, Clock, Millis, SystemClock
from hub.knowledge import api as knowledge_api, pages as help_centre
from hub.realtime import api as realtime_api
from hub.realtime.passing import Passing
from hub.realtime.sockets import AgentSockets, Desk
from hub.realtime.switchboard import Switchboard
from hub.realtime.tickets import Tickets
from hub.realtime.visitors import VisitorSockets
from hub.routing import api as routing_api
from hub.routing.runner import Runner
from hub.routing.store import find_queue
from hub.settings import Settings
from hub.storage import commands
from hub.storage.blobs import FolderBlobs
from hub.storage.bus import Bus, LocalBus
from hub.storage.chart import Chart
from hub.storage.database import Database
from hub.storage.jobs import Worker
from hub.storage.log import Logged
from hub.storage.migrate import check, epoch_of, migrate
from hub.storage.subscriptions import Reader
from hub.storage.tail import Tail
from hub.storage.unit import Unit
from hub.tickets import api as tickets_api, store as tickets_store
from hub.web import problems
from hub.web.bodies import BoundedBodies
from hub.web.outgoing import Outgoing
from hub.web.security import SecurityHeaders

said = structlog.get_logger("hub")

TIDY_AFTER = 600.0
RESTART_AFTER = 2_000


class Hub:
    """One node of the hub. ``async with Hub(settings).running():`` makes it live; ``app`` is its
    ASGI application.
    """

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.node = settings.node or f"{settings.host}:{settings.port}"
        self.public_url = settings.public_url
        self.allowed_origins = settings.allowed_origins
        self.cookies_are_secure = settings.cookies_are_secure
        settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

        self.chart = Chart()
        chart(self.chart)
        self.database = Database(
            settings.database,
            chart=self.chart,
            clock=self.clock,
            readers=settings.readers,
            synchronous=settings.synchronous,
        )
        self.database.on_broken = self._end
        self.bus = _bus(settings.redis_url)
        self.tail = Tail(self.database, self.bus, self.chart)
        self.blobs = FolderBlobs(settings.folder / "blobs")
        self.passwords = Passwords(settings.argon2_memory_kib)
        self.limits = Limits(settings.redis_url, scale=settings.limits_scale)
        self.outgoing = Outgoing(settings.outgoing_allowed)
        self.loops = Loops()

        key = settings.master_key.get_secret_value() if settings.master_key else None
        self.vault = Vault.of(settings.folder, key)
        self.registry = Registry(self.database, self.vault)
        self.inbox = Inbox(self.database, self.blobs, self.registry)
        self.outbox = Outbox(self.database, self.registry, self.node)
        self.memory = MemoryChannel(self.inbox)
        self.registry.add_kind(self.memory)
        self.webhook = WebhookChannel(
            self.registry, self.inbox, self.blobs, self.outgoing, self.clock
        )
        self.registry.add_kind(self.webhook)
        self.registry.add_kind(
            SmsChannel(self.registry, self.inbox, self.database, self.outgoing, settings.public_url)
        )
        self.chat = ChatChannel(
            self.database,
            self.registry,
            self.inbox,
            self.blobs,
            VisitorTokens(self.vault.derive("visitors"), self.clock),
            self.limits,
            self.clock,
            organisation=settings.organisation,
            origins=settings.widget_origins,
            address_of=self.address_of,
        )
        self.chat.is_open = self._is_staffed
        self.registry.add_kind(self.chat)
        self.mail = EmailChannel(
            self.database,
            self.registry,
            self.blobs,
            self.outgoing,
            Marks([self.vault.derive("mail")]),
            self.clock,
            Pools(settings.parser_processes),
            self.node,
        )
        self.registry.add_kind(self.mail)

        self.epoch = ""
        self.switchboard = Switchboard(self.clock)
        self.passing = Passing(self.switchboard, self.bus, self.clock)
        self.tickets = Tickets(self.vault.derive("tickets"), self.clock)
        self.desk = Desk()
        self.agent_sockets = AgentSockets(
            self.database,
            self.tail,
            self.switchboard,
            self.passing,
            self.tickets,
            self.desk,
            self.clock,
            epoch=lambda: self.epoch,
            public_url=self.public_url,
            allowed_origins=self.allowed_origins,
        )
        self.visitors = VisitorSockets(
            self.database,
            self.tail,
            self.switchboard,
            self.passing,
            self.chat,
            self.registry,
            self.clock,
            epoch=lambda: self.epoch,
            agent_name=self.agent_name,
        )
        self.agent_names: dict[str, str] = {}
        self.router = Runner(self.database, self.bus, node=self.node)
        self.desk.connected = self.router.connected
        self.desk.disconnected = self.router.disconnected
        self.desk.offer_shown = lambda agent_id, offer_id: self.router.offer_shown(
            offer_id, agent_id
        )
        self.live = LiveFrames(self.router)
        self.desk.live_frames = lambda agent: [self.live.everything()]
        self.visitors.place_of = self._place_of
        self.app = self._application()

    def _place_of(self, conversation_id: str) -> dict[str, Any] | None:
        """Where a waiting customer stands, as the widget is told."""
        waiting = self.router.waiting(conversation_id)
        return None if waiting is None else msgspec.to_builtins(waiting)

    def _is_staffed(self, account: Account) -> bool:
        """Whether anybody of an account's queue is there: free, busy, or finishing. Without a
        queue: anybody at all.
        """
        figures = self.router.live_figures()
        if account.queue_id is None:
            return bool(figures.agents.available + figures.agents.busy + figures.agents.wrap_up)
        return any(
            queue.idle + queue.busy + queue.wrap_up
            for queue in figures.queues
            if queue.id == account.queue_id
        )

    def agent_name(self, agent_id: str) -> str:
        """What customers know an agent by."""
        return self.agent_names.get(agent_id, "")

    @property
    def sockets(self) -> int:
        return len(self.switchboard)

    def address_of(self, connection: HTTPConnection) -> str:
        """Who calls, for limits."""
        return address_of(connection, self.settings.trusted_proxies)

    def is_queue(self, connection: Connection, queue_id: str) -> bool:
        """Whether there is such a queue."""
        return find_queue(connection, queue_id) is not None

    def channel_error(self, channel_id: str) -> str | None:
        """Why a channel does not receive, as far as this node knows."""
        return self.mail.health.trouble(channel_id)

    def customer_counts(self, connection: Connection, customer_id: str) -> dict[str, int]:
        """How many conversations and open tickets a customer has."""
        mine = conversation_store.conversations.c.customer_id == customer_id
        tickets = tickets_store.open_tickets_of(connection, [customer_id])
        return {
            "conversations": conversation_store.counted(connection, mine),
            "open_tickets": sum(tickets.values()),
        }

    # -- the application -------------------------------------------------------------------------

    def _application(self) -> Application:
        parts = (
            agents_api,
            conversations_api,
            customers_api,
            realtime_api,
            routing_api,
            tickets_api,
            knowledge_api,
            lookup,
            channels_api,
            parked,
            reference,
        )
        api = FastAPI(
            title="Hub",
            version="1",
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
            # the routes themselves: including their routers would build each of them once more
            routes=[route for part in parts for route in part.routes.routes],
        )
        api.state.parts = self
        problems.install(api)
        check_routes(api)
        routes: list[BaseRoute] = [
            Route("/health", health.health),
            Route("/metrics", health.metrics),
            *(route for kind in self.registry.kinds.values() for route in kind.routes()),
            Mount("/api", app=BoundedBodies(api)),
            *help_centre.routes(),
            *pages.routes(),
        ]
        app = Application(
            bare={
                ("http", "/hooks/"): self.webhook.entry,
                ("websocket", "/api/realtime"): self.agent_sockets,
                ("websocket", "/chat/socket"): self.visitors,
            },
            routes=routes,
            middleware=[Middleware(SecurityHeaders, is_https=self.cookies_are_secure)],
        )
        app.state.parts = self
        return app

    # -- life ------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Hub]:
        """Start every part in order; stop in the opposite order."""
        async with contextlib.AsyncExitStack() as stack:
            await self._prepare_schema()
            await self.database.start()
            stack.push_async_callback(self.database.stop)
            await self.bus.start()
            stack.push_async_callback(self.bus.stop)
            stack.push_async_callback(self.outgoing.close)
            stack.push_async_callback(self.limits.close)
            await stack.enter_async_context(self.mail.pools)
            readers = [Reader(self.database, each) for each in self.chart.subscriptions]
            for reader in readers:
                self.tail.follow(reader.hear)
            self.chart_live()
            self.epoch = await self.database.read(epoch_of)
            for agent in await self.database.read(agent_store.every):
                self.agent_names[agent.id] = agent.name
            await self.tail.start(None if self.database.is_sqlite else 1.0)
            stack.push_async_callback(self.tail.stop)
            await self.registry.load()
            await self.database.write(partial(outbound.take_back, self.node))
            for reader, subscription in zip(readers, self.chart.subscriptions, strict=True):
                self.loops.begin(f"after {subscription.name}", reader.run)
            await self.router.start()
            stack.push_async_callback(self.router.stop)
            self.loops.begin("outbox", self.outbox.run)
            self.loops.begin("jobs", Worker(self.database, self.mail.doers).run)
            self.loops.begin("tidy", self._tidy)
            self.loops.begin("channels", self._run_channels)
            self.loops.begin("sockets", self._tick)
            self.loops.watch_lag()
            stack.push_async_callback(self.loops.stop)
            yield self

    def chart_live(self) -> None:
        """Who follows the log live on this node."""
        self.tail.follow(self.router.hear)
        self.tail.follow(self.passing.follow)
        self.tail.follow(_only(AgentChanged, self._rename))
        self.tail.follow(self.visitors.follow)
        self.tail.follow(self.switchboard.tell)
        self.tail.follow(_only(Replied, self.outbox.hear))
        self.tail.follow(_only(ChannelChanged, self.registry.hear))

    def _rename(self, lines: Sequence[Logged]) -> None:
        for line in lines:
            for change in line.event.changes:
                self.agent_names[change.id] = change.full["name"]

    async def _tick(self) -> None:
        """Once a second: beats, silent clients, passing things that passed."""
        while True:
            await asyncio.sleep(1)
            self.switchboard.tick(self.tail.position)
            self.passing.tick()
            await self.visitors.tick()
            self._tell_live()

    def _tell_live(self) -> None:
        """Once a second: the live strip, and how those are who have changed."""
        if not len(self.switchboard):
            return
        news = self.live.news()
        for connection in self.switchboard.agents():
            connection.say(news)

    async def part(self) -> None:
        """Tell everybody to come back in a while, and give them a moment to hear it."""
        self.switchboard.part_all(RESTART_AFTER)
        await asyncio.sleep(0.1 if len(self.switchboard) else 0)

    async def _prepare_schema(self) -> None:
        if self.database.is_sqlite:
            before, after = await asyncio.to_thread(migrate, self.database.url, self.clock.now())
            if before != after:
                said.info("schema brought up to date", before=before, after=after)
        else:
            await asyncio.to_thread(check, self.database.url)

    async def _run_channels(self) -> None:
        """Run the receiving loops of all channels; begin anew when an account changes."""
        while True:
            self.registry.changed.clear()
            async with asyncio.TaskGroup() as group:
                running = [
                    group.create_task(channel.run(self.registry.of_kind(kind)))
                    for kind, channel in self.registry.kinds.items()
                ]
                await self.registry.changed.wait()
                for task in running:
                    task.cancel()

    async def _tidy(self) -> None:
        """Drop what has served its time: old command answers, sessions, unused uploads."""
        while True:
            await self.database.write(commands.forget_old)
            await self.database.write(agents.drop_old_sessions)
            await self.database.write(_drop_uploads)
            await asyncio.sleep(TIDY_AFTER)

    def _end(self, error: BaseException) -> None:
        """The storage is broken: nothing may be accepted any more, so the process ends, loudly."""
        said.critical("ending: the storage is broken", error=str(error))
        os.kill(os.getpid(), signal.SIGTERM)


def _bus(redis_url: str | None) -> Bus:
    if not redis_url:
        return LocalBus()
    from hub.storage.redis_bus import RedisBus  # noqa: PLC0415 - most hubs start without Redis

    return RedisBus(redis_url)


def _drop_uploads(unit: Unit) -> None:
    conversation_store.drop_uploads_before(unit, Millis(unit.now - DAY))


def _only(kind: Any, follower: Any) -> Any:
    """A follower of one kind of event."""

    def follow(lines: Any) -> None:
        wanted = [line for line in lines if line.type == kind.type]
        if wanted:
            follower(wanted)

    return follow
