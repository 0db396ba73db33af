"""Signing in and out, one's own preferences, and the administration of agents."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from hub.agents import service, store
from hub.agents.asking import COOKIE, Asked, ForeignOrigin, anyone, may, signed_in
from hub.agents.model import Agent, AgentView, Me, Role, Session
from hub.kernel.errors import Invalid
from hub.storage.unit import Unit
from hub.web.paging import Page
from hub.web.problems import NotSignedIn
from hub.web.security import is_own_origin

routes = APIRouter(tags=["agents"])

Language = Literal["zh", "en"]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class SignInBody(Body):
    email: str = Field(max_length=254)
    password: str = Field(max_length=1_024)


class PreferencesBody(Body):
    language: Language | None = None
    theme: Literal["light", "dark", "system"] | None = None
    sounds: bool | None = None
    single_keys: bool | None = None
    density: Literal["compact", "comfortable"] | None = None
    enter_sends: bool | None = None


class AgentBody(Body):
    email: str = Field(max_length=254)
    name: Name
    role: Literal["agent", "supervisor", "admin"]
    password: str = Field(min_length=10, max_length=256)
    languages: Annotated[list[Language], Field(max_length=10)] = ["zh", "en"]
    teams: Annotated[list[Name], Field(max_length=20)] = []


class AgentChange(Body):
    name: Name | None = None
    role: Literal["agent", "supervisor", "admin"] | None = None
    languages: Annotated[list[Language], Field(max_length=10)] | None = None
    teams: Annotated[list[Name], Field(max_length=20)] | None = None
    capacity: int | None = Field(None, ge=0, le=1_000)
    disabled: bool | None = None
    password: str | None = Field(None, min_length=10, max_length=256)


class WrongSignIn(NotSignedIn):
    """The address or the password is wrong."""

    code = "wrong_sign_in"


class SessionView(BaseModel):
    """Who is signed in, and the value for X-CSRF."""

    agent: Me
    csrf: str


def _session_answer(agent: Agent, session: Session) -> Response:
    content = msgspec.json.encode({"agent": Me.of(agent), "csrf": session.csrf})
    return Response(content, media_type="application/json")


@routes.post("/session", response_model=SessionView, dependencies=[anyone()])
async def sign_in(body: SignInBody, request: Request) -> Response:
    """Sign in. 401 `wrong_sign_in`, the same whether the address is known or not; 429 after too
    many tries.
    """
    parts = request.app.state.parts
    if not is_own_origin(request.headers, parts.public_url, parts.allowed_origins):
        raise ForeignOrigin
    try:
        email = service.normal_email(body.email)
    except Invalid:
        raise WrongSignIn from None
    await parts.limits.sign_in(parts.address_of(request), email)
    secret = await parts.database.read(store.find_secret, email)
    fits = await parts.passwords.check(body.password, secret[1] if secret else None)
    if secret is None or not fits or secret[2]:
        raise WrongSignIn
    agent_id = secret[0]
    token, session = await parts.database.write(lambda unit: service.begin_session(unit, agent_id))
    agent = await parts.database.read(store.find, agent_id)
    response = _session_answer(agent, session)
    response.set_cookie(
        COOKIE,
        token,
        max_age=service.SESSION_MOST // 1_000,
        path="/",
        secure=parts.cookies_are_secure,
        httponly=True,
        samesite="lax",
    )
    return response


@routes.get("/session", response_model=SessionView, dependencies=[anyone()])
async def get_session(request: Request) -> Response:
    """Who I am, or 401."""
    return _session_answer(*await signed_in(request, request.app.state.parts.database))


@routes.delete("/session", status_code=204)
async def sign_out(asked: Annotated[Asked, may("self")]) -> Response:
    """Sign out; the sockets of this session close."""
    await asked.database.write(lambda unit: service.end_session(unit, asked.session))
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/")
    return response


@routes.put("/session/preferences", response_model=Me)
async def put_preferences(body: PreferencesBody, asked: Annotated[Asked, may("self")]) -> Response:
    """Set some of my preferences."""

    def work(unit: Unit) -> Me:
        chosen = body.model_dump(exclude_unset=True)
        return Me.of(service.set_preferences(unit, asked.agent.id, chosen))

    return await asked.change(work)


@routes.get("/agents")
async def list_agents(asked: Annotated[Asked, may("agents.read")]) -> Page[AgentView]:
    """Everybody who answers, by name."""
    found: Sequence[Agent] = await asked.read(store.every)
    return Page([AgentView.of(agent) for agent in found], None)


@routes.post("/agents", response_model=AgentView, status_code=201)
async def add_agent(body: AgentBody, asked: Annotated[Asked, may("agents.manage")]) -> Response:
    """Add an agent. 409 `email_taken`."""
    password = await asyncio.to_thread(asked.parts.passwords.hash, body.password)

    def work(unit: Unit) -> AgentView:
        return AgentView.of(
            service.add_agent(
                unit,
                email=body.email,
                name=body.name,
                role=Role(body.role),
                password_hash=password,
                languages=body.languages,
                teams=body.teams,
                by=asked.agent.actor,
            )
        )

    return await asked.change(work, status=201)


@routes.patch("/agents/{agent_id}", response_model=AgentView)
async def change_agent(
    agent_id: str, body: AgentChange, asked: Annotated[Asked, may("agents.manage")]
) -> Response:
    """Change an agent. Disabling one, or a new password, ends their sessions at once."""
    given: dict[str, Any] = body.model_dump(exclude_unset=True, exclude_none=True)
    secret = given.pop("password", None)
    password = (
        None if secret is None else await asyncio.to_thread(asked.parts.passwords.hash, secret)
    )
    if "role" in given:
        given["role"] = Role(given["role"])
    for name in ("languages", "teams"):
        if name in given:
            given[name] = tuple(given[name])

    def work(unit: Unit) -> AgentView:
        agent = service.change_agent(unit, agent_id, given, by=asked.agent.actor)
        if password is not None:
            service.change_password(unit, agent.id, password)
        return AgentView.of(agent)

    return await asked.change(work)
