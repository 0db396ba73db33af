"""Events that a reader of the log could not digest, over HTTP: shown, tried again, given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from sqlalchemy import Connection, Row, and_, select, tuple_
from starlette.responses import Response

from hub.agents.asking import Asked, may
from hub.kernel.clock import Millis
from hub.kernel.errors import Conflict, NotFound
from hub.kernel.events import Event, event
from hub.storage import subscriptions
from hub.storage.schema import events, parked_events
from hub.storage.unit import Unit
from hub.web.paging import Cursor, Limit, Page, cursor_of, place_of

routes = APIRouter(tags=["parked"])


class NoSuchParked(NotFound):
    """Nothing is parked there."""


class StillIndigestible(Conflict):
    """It still fails."""

    code = "still_indigestible"


class ReaderGone(Conflict):
    """The reader that could not digest it is no part of the hub any more."""

    code = "reader_gone"


@event("event.discarded")
class ParkedDiscarded(Event):
    """Somebody decided that one reader does without one event."""

    subscription: str
    seq: int
    error: str


@dataclass(frozen=True, slots=True)
class ParkedView:
    """One event that one reader could not digest. ``state``: retrying or parked; ``at``: when it
    happened; ``data``: what the log has of it.
    """

    id: str
    subscription: str
    seq: int
    type: str
    at: Millis
    data: dict[str, Any]
    state: str
    attempts: int
    error: str
    since: Millis


_p = parked_events.c
_aside = select(parked_events, events.c.type, events.c.at, events.c.data).join(
    events, events.c.seq == _p.seq
)


@routes.get("/parked")
async def list_parked(
    asked: Annotated[Asked, may("parked.manage")], cursor: Cursor = None, limit: Limit = 50
) -> Page[ParkedView]:
    """Everything set aside, the oldest first."""
    return await asked.read(_page, place_of(cursor, int, int, str), limit)


def _page(connection: Connection, after: tuple[Any, ...] | None, limit: int) -> Page[ParkedView]:
    place = (_p.since, _p.seq, _p.subscription)
    statement = _aside.order_by(*place).limit(limit + 1)
    if after is not None:
        statement = statement.where(tuple_(*place) > tuple_(*after))
    rows = list(connection.execute(statement))
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    more = None if last is None else cursor_of(last.since, last.seq, last.subscription)
    return Page([_view(row) for row in shown], more)


def _view(row: Row[Any]) -> ParkedView:
    return ParkedView(
        f"{row.subscription}:{row.seq}",
        row.subscription,
        row.seq,
        row.type,
        row.at,
        msgspec.json.decode(row.data),
        row.state,
        row.attempts,
        row.error,
        row.since,
    )


def _find(connection: Connection, parked_id: str) -> Row[Any]:
    """The one of this id. ``NoSuchParked``."""
    name, _, seq = parked_id.rpartition(":")
    if not (seq.isascii() and seq.isdigit()) or len(seq) > 18:
        raise NoSuchParked
    which = and_(_p.subscription == name, _p.seq == int(seq))
    row = connection.execute(_aside.where(which)).first()
    if row is None:
        raise NoSuchParked
    return row


@routes.post("/parked/{parked_id}/replay", status_code=204)
async def replay_parked(parked_id: str, asked: Annotated[Asked, may("parked.manage")]) -> Response:
    """Try one again. 409 `still_indigestible` when it fails again. 409 `reader_gone` when nobody
    is left who would read it.
    """
    row = await asked.read(_find, parked_id)
    readers = asked.parts.chart.subscriptions
    reader = next((each for each in readers if each.name == row.subscription), None)
    if reader is None:
        raise ReaderGone
    if not await subscriptions.retry(asked.database, reader, row.seq):
        await asked.read(_find, parked_id)  # somebody else may have been quicker
        raise StillIndigestible
    return Response(status_code=204)


@routes.delete("/parked/{parked_id}", status_code=204)
async def discard_parked(parked_id: str, asked: Annotated[Asked, may("parked.manage")]) -> Response:
    """Let its reader do without it. The event itself stays in the log."""

    def work(unit: Unit) -> None:
        row = _find(unit.connection, parked_id)
        which = and_(_p.subscription == row.subscription, _p.seq == row.seq)
        unit.connection.execute(parked_events.delete().where(which))
        unit.announce(
            ParkedDiscarded(
                at=unit.now,
                actor=asked.agent.actor,
                subscription=row.subscription,
                seq=row.seq,
                error=row.error[-500:],
            )
        )

    return await asked.change(work)
