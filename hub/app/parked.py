"""Events that a reader of the log could not digest, over HTTP: shown, and tried again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import Response

from hub.agents.asking import Asked, may
from hub.kernel.clock import Millis
from hub.kernel.errors import Conflict, NotFound
from hub.storage import log, subscriptions
from hub.web.paging import Page

routes = APIRouter(tags=["parked"])


class NoSuchParked(NotFound):
    """Nothing is parked there."""


class StillIndigestible(Conflict):
    """It still fails."""

    code = "still_indigestible"


@dataclass(frozen=True, slots=True)
class ParkedView:
    """One event that one reader could not digest. ``state``: retrying or parked."""

    id: str
    subscription: str
    seq: int
    type: str
    state: str
    attempts: int
    error: str
    since: Millis


@routes.get("/parked")
async def list_parked(asked: Annotated[Asked, may("parked.manage")]) -> Page[ParkedView]:
    """Everything set aside, the oldest first."""

    def query(connection: Connection) -> Page[ParkedView]:
        return Page(
            [
                ParkedView(
                    f"{each.subscription}:{each.seq}",
                    each.subscription,
                    each.seq,
                    line.type if (line := log.read_one(connection, each.seq)) else "",
                    each.state,
                    each.attempts,
                    each.error,
                    each.since,
                )
                for each in subscriptions.parked(connection)
            ],
            None,
        )

    return await asked.read(query)


@routes.post("/parked/{parked_id}/replay", status_code=204)
async def replay_parked(parked_id: str, asked: Annotated[Asked, may("parked.manage")]) -> Response:
    """Try one again. 409 `still_indigestible` when it fails again."""
    name, _, seq = parked_id.rpartition(":")
    reader = next((each for each in asked.parts.chart.subscriptions if each.name == name), None)
    waiting = await asked.read(subscriptions.parked)
    if reader is None or not any(f"{e.subscription}:{e.seq}" == parked_id for e in waiting):
        raise NoSuchParked
    if not await subscriptions.retry(asked.database, reader, int(seq)):
        raise StillIndigestible
    return Response(status_code=204)
