"""The snapshot that a screen begins with, and the ticket for its socket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.responses import Response

from hub.agents import store as agents_store
from hub.agents.access import Reach, reach_of, rights_of
from hub.agents.asking import Asked, may
from hub.agents.model import Agent, AgentView, Me
from hub.conversations import store as conversation_store
from hub.conversations.views import ConversationView
from hub.kernel.clock import Millis
from hub.kernel.ids import AgentId
from hub.routing.views import (
    PresenceView,
    QueueView,
    offer_views,
    presence_views,
    queue_views,
)
from hub.storage import log
from hub.storage.migrate import epoch_of

routes = APIRouter(tags=["realtime"])

FIRST_ROWS = 50
STATUSES: tuple[dict[str, Any], ...] = (
    {"status": "available", "reasons": []},
    {"status": "busy", "reasons": ["paperwork", "coaching", "other"]},
    {"status": "away", "reasons": ["break", "meal", "meeting", "training"]},
    {"status": "offline", "reasons": []},
)
"""What an agent may say of themselves, and the reasons that go with it (words of the catalogues).
"""


@dataclass(frozen=True)
class ViewRows:
    """The first rows of a view, and how many there are."""

    count: int
    items: list[ConversationView]


@dataclass(frozen=True)
class Boot:
    """What is true at position ``seq`` of the log of this ``epoch``, for one agent."""

    epoch: str
    seq: int
    now: Millis
    me: Me
    rights: tuple[str, ...]
    agents: list[AgentView]
    queues: list[QueueView]
    views: dict[str, ViewRows]
    offers: list[dict[str, Any]]
    presence: dict[AgentId, PresenceView]
    statuses: tuple[dict[str, Any], ...]
    organisation: dict[str, Any]


class SocketTicket(BaseModel):
    """Opens one socket within 30 s."""

    ticket: str


def snapshot(connection: Connection, agent: Agent, now: Millis, organisation: str) -> Boot:
    """Everything a workbench begins with, as of one moment of the log."""
    reach = reach_of(agent, "conversation.read")
    visible = conversation_store.within_reach(
        agent.id, None if reach is Reach.ALL else agent.queues
    )
    return Boot(
        epoch=epoch_of(connection),
        seq=log.last_seq(connection),
        now=now,
        me=Me.of(agent),
        rights=rights_of(agent),
        agents=[AgentView.of(each) for each in agents_store.every(connection)],
        queues=queue_views(connection),
        views={
            view: _rows(connection, view, agent, visible) for view in ("mine", "waiting", "all")
        },
        offers=offer_views(connection, agent.id),
        presence=dict(presence_views(connection)),
        statuses=STATUSES,
        organisation={"name": organisation},
    )


def _rows(connection: Connection, view: str, agent: Agent, visible: Any) -> ViewRows:
    where = [visible, conversation_store.in_view(view, agent.id)]
    if view == "all":
        where.append(conversation_store.conversations.c.status == "open")
    items = conversation_store.listed(
        connection, *where, limit=FIRST_ROWS, oldest_first=view == "waiting"
    )
    count = (
        conversation_store.counted(connection, *where) if len(items) == FIRST_ROWS else len(items)
    )
    return ViewRows(count, [ConversationView.of(conversation) for conversation in items])


@routes.get("/boot", response_model=Boot)
async def boot(asked: Annotated[Asked, may("self")]) -> Response:
    """The snapshot; the socket goes on from its `seq`."""
    organisation = asked.parts.settings.organisation
    made = await asked.read(snapshot, asked.agent, asked.now, organisation)
    return Response(msgspec.json.encode(made), media_type="application/json")


@routes.post("/realtime/ticket", response_model=SocketTicket)
async def ticket(asked: Annotated[Asked, may("self")]) -> SocketTicket:
    """A ticket for one socket."""
    return SocketTicket(ticket=asked.parts.tickets.give(asked.session.mark))
