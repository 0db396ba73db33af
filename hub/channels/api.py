"""Channels for administrators: set up, change, and what came in that could not be understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.responses import Response

from hub.agents.asking import Asked, may
from hub.channels import store
from hub.channels.events import QuarantinedDiscarded
from hub.channels.inbound import NotQuarantined
from hub.channels.model import Account
from hub.channels.registry import Registry, merged
from hub.channels.setting_up import check, door_of
from hub.channels.traffic import Traffic, traffic
from hub.kernel.clock import Millis
from hub.kernel.errors import Conflict, Fault, Invalid
from hub.kernel.ids import ChannelId
from hub.storage.blobs import DamagedBlob
from hub.storage.unit import Unit
from hub.web.paging import Cursor, Limit, Page, cursor_of, place_of

routes = APIRouter(tags=["channels"])

Text = Annotated[str, Field(max_length=500)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
Secret = Annotated[str, Field(min_length=1, max_length=4_000)]
Settings = Annotated[dict[Text, Any], Field(max_length=50)]
QUIET = Traffic()
SHOWN_MOST = 64 << 10
"""How many bytes of something unreadable are shown."""
WHOLE_MOST = 1 << 53
"""Up to here every reader of JSON agrees on whole numbers."""


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class ChannelBody(Body):
    kind: Text
    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")
    name: Name
    queue_id: Text | None = None
    language: str | None = Field(None, pattern="^(zh|en)$")
    reply_within: int | None = Field(None, ge=1, le=1 << 40)
    enabled: bool = True
    settings: Settings = {}
    secrets: Annotated[dict[Text, Secret], Field(max_length=20)] = {}


class ChannelChange(Body):
    if_rev: int | None = Field(None, ge=1, lt=1 << 31)
    name: Name | None = None
    queue_id: Text | None = None
    language: str | None = Field(None, pattern="^(zh|en)$")
    reply_within: int | None = Field(None, ge=1, le=1 << 40)
    enabled: bool | None = None
    settings: Settings | None = None
    secrets: Annotated[dict[Text, Secret | None], Field(max_length=20)] | None = None


_EMPTIED = frozenset({"queue_id", "language", "reply_within"})
"""What null takes away; anywhere else it leaves things as they are."""


@dataclass(frozen=True)
class ChannelView:
    """A channel without its secrets: only their names are told.

    ``url``: where others reach it, only a path while the hub does not know its own address.
    ``is_up`` and ``error``: whether it receives, and why not; None where nothing has to be reached,
    or nobody has tried. ``last_in``, ``last_out``: None is not lately.
    """

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
    url: str | None
    is_up: bool | None
    error: str | None
    quarantined: int
    last_in: Millis | None
    last_out: Millis | None


@dataclass(frozen=True)
class QuarantinedView:
    """Something that came in and could not be understood. ``key`` tells it from all others of its
    channel.
    """

    id: str
    at: Millis
    channel_id: str
    channel: str
    channel_name: str
    reason: str
    sender: str
    key: str
    attempts: int


@dataclass(frozen=True)
class QuarantinedText:
    """The beginning of it as text; what is no UTF-8 is replaced. ``size`` of the whole, in
    bytes.
    """

    id: str
    text: str
    size: int
    is_whole: bool


class StaleRev(Conflict):
    """Somebody else changed this channel meanwhile."""

    code = "stale_rev"


class Damaged(Conflict):
    """The disk no longer holds what came in."""

    code = "damaged"


def _check(asked: Asked, unit: Unit, account: Account) -> None:
    """``Invalid`` when this account could not work, or could not be shown."""
    queue_id = account.queue_id
    if queue_id is not None and not asked.parts.is_queue(unit.connection, queue_id):
        raise Invalid("there is no such queue", Fault("/queue_id", "no such queue"))
    unfit = [n for n, value in account.settings.items() if any(map(_is_too_large, _parts(value)))]
    if unfit:
        raise Invalid(None, *(Fault(f"/settings/{n}", "a number is too large") for n in unfit))
    check(account, asked.parts.public_url)


def _parts(value: Any) -> Iterator[Any]:
    """A value and all that is in it."""
    yield value
    inside = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, (Mapping, list)):
        for each in inside:
            yield from _parts(each)


def _is_too_large(value: Any) -> bool:
    return isinstance(value, int) and abs(value) > WHOLE_MOST


def _registry(asked: Asked) -> Registry:
    registry: Registry = asked.parts.registry
    return registry


def _view(
    asked: Asked, account: Account, last: Traffic = QUIET, quarantined: int = 0
) -> ChannelView:
    trouble: str | None = asked.parts.channel_error(account.id) if account.enabled else None
    return ChannelView(
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
        door_of(account, asked.parts.public_url),
        None if trouble is None else not trouble,
        trouble or None,
        quarantined,
        last.last_in,
        last.last_out,
    )


@routes.get("/channels")
async def list_channels(asked: Annotated[Asked, may("channels.manage")]) -> Page[ChannelView]:
    """Every channel, by key; secrets are never read back."""

    def query(connection: Connection) -> list[ChannelView]:
        last = traffic(connection)
        aside = store.quarantined_by_channel(connection)
        return [
            _view(asked, account, last.get(account.id, QUIET), aside.get(account.id, 0))
            for account in map(_registry(asked).account_of, store.every_channel(connection))
        ]

    return Page(await asked.read(query), None)


@routes.post("/channels", response_model=ChannelView, status_code=201)
async def add_channel(
    body: ChannelBody, asked: Annotated[Asked, may("channels.manage")]
) -> Response:
    """Set a channel up. 409 `key_taken`. One that is off may be unfinished."""
    registry = _registry(asked)

    def work(unit: Unit) -> ChannelView:
        given = body.model_dump()
        _check(asked, unit, Account(id=ChannelId(""), rev=0, **given))
        channel_id = registry.add(unit, **given, by=asked.agent.actor)
        return _view(asked, registry.read(unit, channel_id))

    return await asked.change(work, status=201)


@routes.patch("/channels/{channel_id}", response_model=ChannelView)
async def change_channel(
    channel_id: str, body: ChannelChange, asked: Annotated[Asked, may("channels.manage")]
) -> Response:
    """Change a channel. 409 `stale_rev` when `if_rev` is not its `rev`. Settings are replaced
    whole; of the secrets those that are given, and null takes one away.
    """
    registry = _registry(asked)

    def work(unit: Unit) -> ChannelView:
        before = registry.read(unit, channel_id)
        if body.if_rev is not None and body.if_rev != before.rev:
            raise StaleRev(current=msgspec.to_builtins(_view(asked, before)))
        given = body.model_dump(exclude_unset=True, exclude={"if_rev"})
        given = {n: value for n, value in given.items() if value is not None or n in _EMPTIED}
        secrets = given.pop("secrets", {})
        after = replace(before, **given, secrets=merged(before.secrets, secrets))
        if after != before:
            _check(asked, unit, after)
            registry.change(unit, channel_id, given, secrets, by=asked.agent.actor)
        return _view(asked, registry.read(unit, channel_id))

    return await asked.change(work)


# -- the quarantine --------------------------------------------------------------------------------


@routes.get("/quarantine")
async def list_quarantine(
    asked: Annotated[Asked, may("quarantine.manage")], cursor: Cursor = None, limit: Limit = 50
) -> Page[QuarantinedView]:
    """What came in and could not be understood, oldest first."""
    after = place_of(cursor, int, str)

    def query(connection: Connection) -> Page[QuarantinedView]:
        named = {row.id: (row.kind, row.name) for row in store.every_channel(connection)}
        rows = store.inbox_in(connection, "quarantined", limit + 1, after=after)
        shown = rows[:limit]
        views = [
            QuarantinedView(
                row.id,
                row.at,
                row.channel_id,
                *named.get(row.channel_id, ("", "")),
                row.reason,
                row.sender,
                row.key,
                row.attempts,
            )
            for row in shown
        ]
        more = len(rows) > limit
        return Page(views, cursor_of(shown[-1].at, shown[-1].id) if more else None)

    return await asked.read(query)


@routes.get("/quarantine/{quarantine_id}/raw")
async def quarantined_raw(
    quarantine_id: str, asked: Annotated[Asked, may("quarantine.manage")]
) -> Response:
    """It, as it came, to be downloaded."""
    content = await _bytes_of(asked, quarantine_id)
    headers = {"content-disposition": f'attachment; filename="{quarantine_id}.raw"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


@routes.get("/quarantine/{quarantine_id}/text")
async def quarantined_text(
    quarantine_id: str, asked: Annotated[Asked, may("quarantine.manage")]
) -> QuarantinedText:
    """The beginning of it, as text to be looked at."""
    content = await _bytes_of(asked, quarantine_id)
    text = content[:SHOWN_MOST].decode("utf-8", "replace")
    return QuarantinedText(quarantine_id, text, len(content), len(content) <= SHOWN_MOST)


async def _bytes_of(asked: Asked, quarantine_id: str) -> bytes:
    """What came in. ``NotQuarantined``, or ``Damaged``."""
    row = await asked.read(_find_quarantined, quarantine_id)
    try:
        content: bytes = await asked.parts.blobs.get(row.digest)
    except DamagedBlob as damage:
        raise Damaged from damage
    return content


def _find_quarantined(connection: Connection, quarantine_id: str) -> Any:
    row = store.find_inbox(connection, quarantine_id)
    if row is None or row.state != "quarantined":
        raise NotQuarantined
    return row


@routes.post("/quarantine/{quarantine_id}/replay", status_code=204)
async def replay_quarantined(
    quarantine_id: str, asked: Annotated[Asked, may("quarantine.manage")]
) -> Response:
    """Try again to understand it. 409 `still_unreadable` with the reason."""
    try:
        await asked.parts.inbox.replay(quarantine_id)
    except DamagedBlob as damage:
        raise Damaged from damage
    return Response(status_code=204)


@routes.delete("/quarantine/{quarantine_id}", status_code=204)
async def discard_quarantined(
    quarantine_id: str, asked: Annotated[Asked, may("quarantine.manage")]
) -> Response:
    """Decide that it need not be understood. Its bytes stay; the same again changes nothing."""

    def work(unit: Unit) -> None:
        row = _find_quarantined(unit.connection, quarantine_id)
        store.update_inbox(unit, row.id, state="discarded")
        unit.announce(
            QuarantinedDiscarded(
                at=unit.now,
                actor=asked.agent.actor,
                channel_id=row.channel_id,
                quarantine_id=row.id,
                reason=row.reason,
            )
        )

    return await asked.change(work)
