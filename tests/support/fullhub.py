"""The whole hub in the test's own process: people of every role, and one of everything to touch."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI
from starlette.routing import Mount

from hub.agents import asking, service as agents
from hub.agents.model import Role
from hub.app.hub import Hub
from hub.conversations.model import Inbound, Received
from hub.conversations.receiving import receive
from hub.customers.model import Claim
from hub.kernel.ids import ChannelId, QueueId
from hub.routing import service as routing
from hub.settings import Settings
from hub.storage.unit import Unit
from hub.web.bodies import BoundedBodies
from tests.support.desk import HOST, Person

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSBiYWQgaW5wdXQgc3VpdGU="


@dataclass
class FullHub:
    """A running hub. ``people``: *inside* and *outside* the queue where the work is, *supervisor*,
    *admin*; each has a browser.
    """

    hub: Hub
    queue_id: QueueId
    elsewhere: QueueId
    people: Mapping[str, Person]
    _count: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def api(self) -> FastAPI:
        """The part under ``/api``."""
        mount = next(
            route
            for route in self.hub.app.routes
            if isinstance(route, Mount) and isinstance(route.app, BoundedBodies)
        )
        app = mount.app._app  # type: ignore[attr-defined]  # what the middleware wraps
        assert isinstance(app, FastAPI)
        return app

    def browser(self, **more: Any) -> httpx2.AsyncClient:
        """Somebody who is not signed in."""
        transport = httpx2.ASGITransport(app=self.hub.app, raise_app_exceptions=False)
        return httpx2.AsyncClient(transport=transport, base_url=HOST, **more)

    async def customer_writes(self, text: str = "Where is my sofa?", who: str = "mia") -> Received:
        """A customer's message, in the queue of those *inside*."""
        account = self.hub.registry.by_key("memory", "memory")
        assert account is not None
        inbound = Inbound(
            channel_id=ChannelId(account.id),
            channel="memory",
            key=f"key-{next(self._count)}",
            sender=Claim("memory", who, name=who.title()),
            text=text,
            thread_key=who,
            queue_id=self.queue_id,
        )
        return await self.hub.database.write_together(receive, inbound)

    async def signed_in(self, login: str, role: Role) -> Person:
        """One more agent, who has just signed in."""

        def add(unit: Unit) -> tuple[Any, str, str]:
            agent = agents.add_agent(
                unit,
                email=f"{login}@desk.example",
                name=login.title(),
                role=role,
                password_hash=self.hub.passwords.hash("a long enough word"),
            )
            token, session = agents.begin_session(unit, agent.id)
            return agent, token, session.csrf

        agent, token, csrf = await self.hub.database.write(add)
        browser = self.browser(cookies={asking.COOKIE: token}, headers={"origin": HOST})
        return Person(agent, browser, csrf)


@asynccontextmanager
async def full_hub(folder: Path) -> AsyncIterator[FullHub]:
    """Run one on a folder."""
    settings = Settings(
        folder=folder,
        public_url=HOST,
        synchronous="NORMAL",
        argon2_memory_kib=64,
        limits_scale=10_000,
        widget_origins=("https://shop.example",),
    )
    async with Hub(settings).running() as hub:
        full = FullHub(hub, QueueId(""), QueueId(""), {})
        roles = {
            "inside": Role.AGENT,
            "outside": Role.AGENT,
            "supervisor": Role.SUPERVISOR,
            "admin": Role.ADMIN,
        }
        people = {login: await full.signed_in(login, role) for login, role in roles.items()}

        def plant(unit: Unit) -> list[QueueId]:
            made = [
                routing.add_queue(
                    unit,
                    key=key,
                    name={"zh": key, "en": key},
                    medium="messaging",
                    target=60_000,
                    members=[people[member].agent.id],
                ).id
                for key, member in (("desk", "inside"), ("elsewhere", "outside"))
            ]
            add = hub.registry.add
            add(unit, kind="memory", key="memory", name="Memory", queue_id=made[0])
            add(unit, kind="chat", key="web", name="Web", queue_id=made[0])
            add(
                unit,
                kind="webhook",
                key="shop",
                name="Shop",
                queue_id=made[0],
                secrets={"secret": SECRET},
            )
            return made

        full.queue_id, full.elsewhere = await hub.database.write(plant)
        full.people = people
        await hub.registry.load()
        yield full
        for person in people.values():
            await person.http.aclose()
