"""Who asks, and may they? The one door through which every route of the API comes in.

    @routes.post("/offers/{offer_id}/accept")
    async def accept_offer(offer_id: str, asked: Annotated[Asked, may("offer.answer")]) -> Response:
        return await asked.change(service.accept_offer, offer_id, by=asked.agent)

A route that declares no right stops the start-up (``check_routes``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import Connection
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from hub.agents import service, store
from hub.agents.access import POLICY, Reach, require
from hub.agents.model import Agent, Session
from hub.kernel.clock import Millis
from hub.kernel.errors import Fault, Forbidden, Invalid, StorageDown
from hub.storage import commands
from hub.storage.commands import Answer
from hub.storage.database import Database
from hub.storage.unit import Unit
from hub.web.problems import NotSignedIn
from hub.web.security import is_own_origin

T = TypeVar("T")
COOKIE = "hub_session"
SAFE = frozenset({"GET", "HEAD"})


class BadCsrf(Forbidden):
    """The X-CSRF header does not fit the session."""

    code = "bad_csrf"


class ForeignOrigin(Forbidden):
    """Pages of other sites may not call the hub."""

    code = "foreign_origin"


class Surroundings(Protocol):
    """What the routes need of the application they run in (``app.state.parts``)."""

    database: Database
    public_url: str
    allowed_origins: Sequence[str]
    cookies_are_secure: bool


@dataclass(frozen=True)
class Asked:
    """One request of a signed-in agent."""

    request: Request
    parts: Any
    agent: Agent
    session: Session
    reach: Reach

    @property
    def database(self) -> Database:
        return self.parts.database  # type: ignore[no-any-return]

    @property
    def now(self) -> Millis:
        return self.database.clock.now()

    async def read(self, query: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Answer a question from the database."""
        return await self.database.read(query, *args, **kwargs)

    async def change(
        self, work: Callable[..., Any], *args: Any, status: int = 200, **kwargs: Any
    ) -> Response:
        """Carry out a command once: ``work(unit, …)`` answers a view, stored with its effect and
        sent.
        """
        command_id = command_id_of(self.request)
        digest = commands.digest_of(
            self.request.method.encode(),
            str(self.request.url.path).encode(),
            await self.request.body(),
        )
        actor = self.agent.actor

        def once(unit: Unit) -> Answer:
            stored = commands.stored_answer(unit.connection, actor, command_id, digest)
            if stored is not None:
                return stored
            unit.command_id = command_id
            made = work(unit, *args, **kwargs)
            body = b"" if made is None else msgspec.json.encode(made)
            answer = Answer(204 if made is None else status, body)
            commands.keep_answer(unit, actor, command_id, digest, answer)
            return answer

        return response_of(await self.database.write(once))


def response_of(answer: Answer) -> Response:
    """A stored answer as a response."""
    headers = {"Idempotent-Replay": "true"} if answer.is_replay else None
    media_type = "application/json" if answer.body else None
    return Response(answer.body, answer.status, headers, media_type)


def command_id_of(request: Request) -> str:
    """The ``Idempotency-Key``: 8 to 100 visible characters. ``Invalid`` without one."""
    key = request.headers.get("idempotency-key", "")
    if not 8 <= len(key) <= 100 or not key.isascii() or not key.isprintable():
        raise Invalid(
            "every change needs an Idempotency-Key",
            Fault("/header/Idempotency-Key", "8 to 100 visible characters, for example a UUID"),
        )
    return key


def find_signed_in(connection: Connection, token: str, now: Millis) -> tuple[Agent, Session] | None:
    """The agent and session a token stands for, while it is alive and the agent enabled."""
    return find_behind(connection, service.mark_of(token), now)


def find_behind(connection: Connection, mark: str, now: Millis) -> tuple[Agent, Session] | None:
    """The same, by the session's mark."""
    session = store.find_session(connection, mark)
    if session is None or not service.is_alive(session, now):
        return None
    agent = store.find(connection, session.agent_id)
    return None if agent is None or agent.disabled else (agent, session)


async def signed_in(connection: HTTPConnection, database: Database) -> tuple[Agent, Session]:
    """Who is behind this request or socket. ``NotSignedIn`` when nobody is."""
    token = connection.cookies.get(COOKIE)
    if not token:
        raise NotSignedIn
    now = database.clock.now()
    found = await database.read(find_signed_in, token, now)
    if found is None:
        raise NotSignedIn
    if now - found[1].seen_at > service.TOUCH_AFTER:
        mark = found[1].mark
        with contextlib.suppress(StorageDown):  # a full disk keeps nobody from reading
            await database.write(lambda unit: store.touch_session(unit, mark))
    return found


class _Right:
    """The dependency that lets a request in."""

    def __init__(self, action: str) -> None:
        self.action = action

    async def __call__(self, request: Request) -> Asked:
        parts = request.app.state.parts
        agent, session = await signed_in(request, parts.database)
        if request.method not in SAFE:
            if not is_own_origin(request.headers, parts.public_url, parts.allowed_origins):
                raise ForeignOrigin
            if request.headers.get("x-csrf") != session.csrf:
                raise BadCsrf
        return Asked(request, parts, agent, session, require(agent, self.action))


def may(action: str) -> Any:
    """The dependency of a route that needs the right to ``action``."""
    if action not in POLICY:
        raise KeyError(f"{action} has no policy")
    return Depends(_Right(action))


async def _open_to_all() -> None:
    """Marks a route that needs no sign-in."""


def anyone() -> Any:
    """The dependency of a route that is open to everybody; it must say so."""
    return Depends(_open_to_all)


def check_routes(app: FastAPI) -> None:
    """Refuse to start with a route that declares no right."""
    silent = [
        f"{sorted(route.methods or ())} {route.path}"
        for route in _routes_of(app)
        if _declared(route) is None
    ]
    if silent:
        raise RuntimeError(f"routes without a policy: {', '.join(silent)}")


def rights_of_routes(app: FastAPI) -> dict[tuple[str, str], str | None]:
    """The action each route needs, by (lower-case method, path); None: open to everybody."""
    found: dict[tuple[str, str], str | None] = {}
    for route in _routes_of(app):
        call = _declared(route)
        action = call.action if isinstance(call, _Right) else None
        found |= {(method.lower(), route.path): action for method in route.methods or ()}
    return found


def _routes_of(app: FastAPI) -> list[APIRoute]:
    found = [context.original_route for context in iter_route_contexts(app.routes)]
    return [route for route in found if isinstance(route, APIRoute)]


def _declared(route: APIRoute) -> Callable[..., Any] | None:
    """The dependency that says who may come in, if there is one."""
    calls = [dependency.call for dependency in route.dependant.dependencies]
    return next((call for call in calls if isinstance(call, _Right) or call is _open_to_all), None)
