"""A small hub for the tests of routes: a database, agents who sign in, customers who write."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import httpx2
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from hub.agents import asking, service as agents, store as agents_store
from hub.agents.model import Agent, Role
from hub.conversations.model import Inbound, Received
from hub.conversations.receiving import receive
from hub.customers.model import Claim
from hub.kernel.clock import Millis, SetClock
from hub.kernel.ids import ChannelId, QueueId
from hub.storage import log
from hub.storage.chart import Chart
from hub.storage.database import Database
from hub.storage.migrate import migrate
from hub.storage.unit import Unit
from hub.web import problems
from hub.web.bodies import BoundedBodies

NOON = Millis(1_767_009_600_000)
HOST = "https://desk.example"


@dataclass
class Parts:
    """What routes find in ``app.state.parts``."""

    database: Database
    public_url: str = HOST
    allowed_origins: Sequence[str] = ()
    cookies_are_secure: bool = False
    settings: Any = field(
        default_factory=lambda: SimpleNamespace(organisation="云杉家居 / Spruce Home")
    )


@dataclass
class Person:
    """A signed-in agent's browser. Every change gets a fresh Idempotency-Key, or the one given."""

    agent: Agent
    http: httpx2.AsyncClient
    csrf: str
    _keys: Any = field(default_factory=lambda: itertools.count(1))

    async def get(self, path: str, **params: Any) -> httpx2.Response:
        return await self.http.get(path, params=params or None)

    async def ask(
        self, method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> httpx2.Response:
        headers = {
            "X-CSRF": self.csrf,
            "Idempotency-Key": key or f"{self.agent.id}-{next(self._keys)}",
        }
        given = {} if body is None else {"json": body}
        return await self.http.request(method, path, headers=headers, **given)

    async def post(self, path: str, body: Any = None, **kw: Any) -> httpx2.Response:
        return await self.ask("POST", path, body, **kw)

    async def patch(self, path: str, body: Any, **kw: Any) -> httpx2.Response:
        return await self.ask("PATCH", path, body, **kw)

    async def delete(self, path: str) -> httpx2.Response:
        return await self.ask("DELETE", path)


@dataclass
class Desk:
    """The hub under test."""

    app: Starlette
    database: Database
    clock: SetClock
    _count: Any = field(default_factory=lambda: itertools.count(1))

    def browser(self, **kw: Any) -> httpx2.AsyncClient:
        """Somebody's browser that is not signed in."""
        transport = httpx2.ASGITransport(app=self.app)
        return httpx2.AsyncClient(transport=transport, base_url=HOST, **kw)

    async def signed_in(
        self, role: Role = Role.AGENT, *, queues: Sequence[QueueId] = (), name: str = "Ann"
    ) -> Person:
        """A new agent who has just signed in."""
        number = next(self._count)

        def add(unit: Unit) -> tuple[Agent, str, str]:
            agent = agents.add_agent(
                unit, email=f"a{number}@desk.example", name=name, role=role, password_hash=None
            )
            for queue in queues:
                agents_store.set_members(unit, queue, [agent.id])
            token, session = agents.begin_session(unit, agent.id)
            return agent, token, session.csrf

        agent, token, csrf = await self.database.write(add)
        return Person(agent, self.browser(cookies={asking.COOKIE: token}), csrf)

    async def customer_writes(
        self, text: str = "Where is my sofa?", *, who: str = "mia", automatic: str | None = None
    ) -> Received:
        """A customer's message, in their open conversation or a new one."""
        inbound = Inbound(
            channel_id=ChannelId("channel"),
            channel="memory",
            key=f"key-{next(self._count)}",
            sender=Claim("memory", who, name=who.title()),
            text=text,
            thread_key=who,
            automatic=automatic,
        )
        return await self.database.write_together(receive, inbound)

    async def events(self) -> list[Any]:
        """Every event that happened, oldest first, as the log gives it back."""
        return [line.event for line in await self.database.read(log.read_since, 0)]


@asynccontextmanager
async def open_desk(
    url: str,
    *routes: APIRouter,
    pages: Sequence[BaseRoute] = (),
    chart: Chart | None = None,
) -> AsyncIterator[Desk]:
    """A running hub with these routes under ``/api``, and these pages."""
    clock = SetClock(NOON)
    migrate(url, clock.now())
    database = Database(url, clock=clock, chart=chart, readers=2, synchronous="OFF")
    await database.start()
    api = FastAPI(openapi_url=None)
    problems.install(api)
    for routing in routes:
        api.include_router(routing)
    asking.check_routes(api)
    app = Starlette(routes=[Mount("/api", app=BoundedBodies(api)), *pages])
    api.state.parts = app.state.parts = Parts(database)
    try:
        yield Desk(app, database, clock)
    finally:
        await database.stop()
