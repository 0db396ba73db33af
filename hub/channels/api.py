"""Channels for administrators: set up, change, and what came in that could not be understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.responses import Response

from hub.agents.asking import Asked, may
from hub.channels import store
from hub.channels.inbound import NotQuarantined
from hub.channels.model import Account
from hub.channels.registry import Registry
from hub.kernel.clock import Millis
from hub.kernel.errors import Conflict, Fault, Invalid
from hub.storage.unit import Unit
from hub.web.paging import Page

routes = APIRouter(tags=["channels"])

Text = Annotated[str, Field(max_length=500)]
Secrets = Annotated[dict[Text, Annotated[str, Field(max_length=4_000)]], Field(max_length=20)]


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class ChannelBody(Body):
    kind: Text
    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")
    name: str = Field(min_length=1, max_length=100)
    queue_id: Text | None = None
    language: str | None = Field(None, pattern="^(zh|en)$")
    reply_within: int | None = Field(None, ge=1, le=1 << 40)
    enabled: bool = True
    settings: dict[Text, Any] = {}
    secrets: Secrets = {}


class ChannelChange(Body):
    if_rev: int | None = Field(None, ge=1, lt=1 << 31)
    name: str | None = Field(None, min_length=1, max_length=100)
    queue_id: Text | None = None
    language: str | None = Field(None, pattern="^(zh|en)$")
    reply_within: int | None = Field(None, ge=1, le=1 << 40)
    enabled: bool | None = None
    settings: dict[Text, Any] | None = None
    secrets: Secrets | None = None


_EMPTIED = frozenset({"queue_id", "language", "reply_within"})
"""What null takes away; anywhere else it leaves things as they are."""


@dataclass(frozen=True)
class ChannelView:
    """A channel without its secrets: only their names are told."""

    id: str
    rev: int
    kind: str
    key: str
    name: str
    queue_id: str | None
    language: str | None
    reply_within: int | None
    enabled: bool
    settings: dict[str, Any]
    secrets: tuple[str, ...]
    error: str | None

    @classmethod
    def of(cls, account: Account, error: str | None = None) -> ChannelView:
        return cls(
            account.id,
            account.rev,
            account.kind,
            account.key,
            account.name,
            account.queue_id,
            account.language,
            account.reply_within,
            account.enabled,
            dict(account.settings),
            tuple(sorted(account.secrets)),
            error or None,
        )


@dataclass(frozen=True)
class QuarantinedView:
    """Something that came in and could not be understood."""

    id: str
    at: Millis
    channel: str
    channel_id: str
    reason: str
    sender: str
    detail: str
    attempts: int


class StaleRev(Conflict):
    """Somebody else changed this channel meanwhile."""

    code = "stale_rev"


def _check_queue(asked: Asked, unit: Unit, queue_id: str | None) -> None:
    if queue_id is not None and not asked.parts.is_queue(unit.connection, queue_id):
        raise Invalid("there is no such queue", Fault("/queue_id", "no such queue"))


def _registry(asked: Asked) -> Registry:
    registry: Registry = asked.parts.registry
    return registry


@routes.get("/channels")
async def list_channels(asked: Annotated[Asked, may("channels.manage")]) -> Page[ChannelView]:
    """Every channel, by key; secrets are never read back."""
    registry, trouble = _registry(asked), asked.parts.channel_error
    rows = await asked.read(store.every_channel)
    accounts = [registry.account_of(row) for row in rows]
    return Page([ChannelView.of(account, trouble(account.id)) for account in accounts], None)


@routes.post("/channels", response_model=ChannelView, status_code=201)
async def add_channel(
    body: ChannelBody, asked: Annotated[Asked, may("channels.manage")]
) -> Response:
    """Set a channel up. 409 `key_taken`."""
    registry = _registry(asked)

    def work(unit: Unit) -> ChannelView:
        given = body.model_dump()
        _check_queue(asked, unit, given["queue_id"])
        channel_id = registry.add(unit, **given, by=asked.agent.actor)
        return ChannelView.of(registry.read(unit, channel_id))

    return await asked.change(work, status=201)


@routes.patch("/channels/{channel_id}", response_model=ChannelView)
async def change_channel(
    channel_id: str, body: ChannelChange, asked: Annotated[Asked, may("channels.manage")]
) -> Response:
    """Change a channel; secrets that are given replace those of the same name."""
    registry = _registry(asked)

    def work(unit: Unit) -> ChannelView:
        before = registry.read(unit, channel_id)
        if body.if_rev is not None and body.if_rev != before.rev:
            raise StaleRev(current=msgspec.to_builtins(ChannelView.of(before)))
        given = body.model_dump(exclude_unset=True, exclude={"if_rev"})
        given = {n: value for n, value in given.items() if value is not None or n in _EMPTIED}
        secrets = given.pop("secrets", None)
        _check_queue(asked, unit, given.get("queue_id"))
        registry.change(unit, channel_id, given, secrets, by=asked.agent.actor)
        return ChannelView.of(registry.read(unit, channel_id))

    return await asked.change(work)


@routes.get("/quarantine")
async def list_quarantine(
    asked: Annotated[Asked, may("quarantine.manage")],
) -> Page[QuarantinedView]:
    """What came in and could not be understood, oldest first."""

    def query(connection: Connection) -> list[QuarantinedView]:
        kinds = {row.id: row.kind for row in store.every_channel(connection)}
        return [
            QuarantinedView(
                row.id,
                row.at,
                kinds.get(row.channel_id, ""),
                row.channel_id,
                row.reason,
                row.sender,
                row.key,
                row.attempts,
            )
            for row in store.inbox_in(connection, "quarantined")
        ]

    return Page(await asked.read(query), None)


@routes.get("/quarantine/{quarantine_id}/raw")
async def quarantined_raw(
    quarantine_id: str, asked: Annotated[Asked, may("quarantine.manage")]
) -> Response:
    """It, as it came, to be downloaded."""
    row = await asked.read(store.find_inbox, quarantine_id)
    if row is None or row.state != "quarantined":
        raise NotQuarantined
    content = await asked.parts.blobs.get(row.digest)
    headers = {"content-disposition": f'attachment; filename="{quarantine_id}.raw"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


@routes.post("/quarantine/{quarantine_id}/replay", status_code=204)
async def replay_quarantined(
    quarantine_id: str, asked: Annotated[Asked, may("quarantine.manage")]
) -> Response:
    """Try again to understand it. 409 `still_unreadable` with the reason."""
    await asked.parts.inbox.replay(quarantine_id)
    return Response(status_code=204)
