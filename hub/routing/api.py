"""Routing over HTTP: answering offers, taking and handing on, wrap-up, presence, queues, the live
strip.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.responses import Response

from hub.agents.asking import Asked, may
from hub.conversations.views import ConversationView
from hub.kernel.clock import DAY, HOUR
from hub.kernel.crashpoint import crashpoint
from hub.kernel.errors import Fault, Invalid
from hub.routing import service
from hub.routing.board import Board
from hub.routing.model import Medium, Strategy, WrapUpMode
from hub.routing.views import (
    LiveStrip,
    OfferView,
    PresenceView,
    QueueView,
    as_json,
    queue_views,
)
from hub.storage.unit import Unit

routes = APIRouter(tags=["routing"])

Text100 = Annotated[str, Field(min_length=1, max_length=100)]
MediumName = Literal["voice", "video", "chat", "messaging", "email", "task", "callback"]
StrategyName = Literal["longest_idle", "strict_longest_idle"]
WrapUpName = Literal["none", "optional", "discretionary", "time_boxed", "cool_down"]
Target = Annotated[int, Field(ge=1_000, le=7 * DAY)]
Goal = Annotated[float, Field(ge=0, le=1)]
Members = Annotated[list[Text100], Field(max_length=20_000)]


class Body(BaseModel):
    """What requests have in common: exact types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid")


class DeclineBody(Body):
    reason: Text100


class PresenceBody(Body):
    status: Literal["available", "busy", "away", "offline"]
    reason: str | None = Field(None, max_length=100)


class WrapUpBody(Body):
    disposition: str | None = Field(None, max_length=100)


class TransferBody(Body):
    queue_id: Text100 | None = None
    agent_id: Text100 | None = None
    note: str | None = Field(None, max_length=10_000)


class NameBody(Body):
    zh: Text100
    en: Text100


class WrapUpRule(Body):
    mode: WrapUpName
    limit: int | None = Field(None, ge=1_000, le=8 * HOUR)


class QueueBody(Body):
    key: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,49}$")
    name: NameBody
    medium: MediumName
    target: Target
    goal: Goal = 0.8
    members: Members = []
    wrap_up: WrapUpRule = WrapUpRule(mode="none", limit=None)
    strategy: StrategyName = "longest_idle"


class QueueChange(Body):
    key: str | None = Field(None, pattern=r"^[a-z0-9][a-z0-9_-]{0,49}$")
    name: NameBody | None = None
    medium: MediumName | None = None
    target: Target | None = None
    goal: Goal | None = None
    members: Members | None = None
    wrap_up: WrapUpRule | None = None
    strategy: StrategyName | None = None


def board_of(asked: Asked) -> Board:
    board: Board = asked.parts.router.board
    return board


# -- offers ---------------------------------------------------------------------------------------


@routes.post("/offers/{offer_id}/accept", response_model=OfferView)
async def accept_offer(offer_id: str, asked: Annotated[Asked, may("offer.answer")]) -> Response:
    """Take the offered work on; 409 ``offer_gone`` with its ``state`` when it is over."""
    answer = await asked.change(service.accept_offer, offer_id, by=asked.agent)
    crashpoint("IN14")
    return answer


@routes.post("/offers/{offer_id}/decline", response_model=OfferView)
async def decline_offer(
    offer_id: str, body: DeclineBody, asked: Annotated[Asked, may("offer.answer")]
) -> Response:
    """Leave it to a colleague."""
    return await asked.change(service.decline_offer, offer_id, reason=body.reason, by=asked.agent)


# -- taking and handing on ------------------------------------------------------------------------


@routes.post("/conversations/{conversation_id}/take", response_model=ConversationView)
async def take(conversation_id: str, asked: Annotated[Asked, may("conversation.take")]) -> Response:
    """Pick a waiting conversation; 409 ``capacity`` beyond one's own."""
    return await asked.change(service.take, conversation_id, by=asked.agent)


@routes.post("/conversations/{conversation_id}/transfer", response_model=ConversationView)
async def transfer(
    conversation_id: str,
    body: TransferBody,
    asked: Annotated[Asked, may("conversation.transfer")],
) -> Response:
    """Hand a conversation on, to a queue or to a colleague."""
    if (body.queue_id is None) == (body.agent_id is None):
        raise Invalid("to whom?", Fault("/queue_id", "give either queue_id or agent_id"))
    return await asked.change(
        service.transfer,
        conversation_id,
        by=asked.agent,
        queue_id=body.queue_id,
        agent_id=body.agent_id,
        note=body.note,
    )


@routes.post("/wrap-up/{conversation_id}/end", response_model=ConversationView)
async def end_wrap_up(
    conversation_id: str,
    asked: Annotated[Asked, may("wrap_up.end")],
    body: WrapUpBody | None = None,
) -> Response:
    """The agent has finished with the conversation."""
    disposition = None if body is None else body.disposition
    return await asked.change(
        service.end_wrap_up, conversation_id, by=asked.agent, disposition=disposition
    )


# -- presence -------------------------------------------------------------------------------------


@routes.put("/presence", response_model=PresenceView)
async def set_presence(
    body: PresenceBody, asked: Annotated[Asked, may("presence.set")]
) -> Response:
    """Say how one is."""
    return await _set_presence(asked, asked.agent.id, body)


@routes.put("/agents/{agent_id}/presence", response_model=PresenceView)
async def set_presence_of(
    agent_id: str, body: PresenceBody, asked: Annotated[Asked, may("presence.set_for_others")]
) -> Response:
    """Say how somebody else is."""
    return await _set_presence(asked, agent_id, body)


async def _set_presence(asked: Asked, agent_id: str, body: PresenceBody) -> Response:
    def work(unit: Unit) -> PresenceView:
        return service.set_presence(
            unit, agent_id, status=body.status, reason=body.reason, by=asked.agent
        )

    return await asked.change(work)


# -- queues and figures ---------------------------------------------------------------------------


@routes.get("/queues")
async def list_queues(asked: Annotated[Asked, may("queues.read")]) -> dict[str, Any]:
    """All queues, each with its live figures."""
    figures = board_of(asked).figures()
    views = await asked.read(queue_views)
    items = [
        {**as_json(view), "live": as_json(figures[view.id]) if view.id in figures else None}
        for view in views
    ]
    return {"items": items, "next": None}


@routes.get("/live")
async def live(asked: Annotated[Asked, may("live.read")]) -> LiveStrip:
    """The live strip."""
    return board_of(asked).live(asked.now)


@routes.post("/queues", response_model=QueueView, status_code=201)
async def add_queue(body: QueueBody, asked: Annotated[Asked, may("queues.manage")]) -> Response:
    """Set up a queue."""

    def work(unit: Unit) -> QueueView:
        return service.add_queue(
            unit,
            key=body.key,
            name=body.name.model_dump(),
            medium=Medium(body.medium).value,
            target=body.target,
            goal=body.goal,
            members=body.members,  # type: ignore[arg-type]  # checked against the agents there are
            wrap_up_mode=WrapUpMode(body.wrap_up.mode).value,
            wrap_up_limit=body.wrap_up.limit,
            strategy=Strategy(body.strategy).value,
            by=asked.agent.actor,
        )

    return await asked.change(work, status=201)


@routes.patch("/queues/{queue_id}", response_model=QueueView)
async def change_queue(
    queue_id: str, body: QueueChange, asked: Annotated[Asked, may("queues.manage")]
) -> Response:
    """Change a queue or its members."""
    given = body.model_dump(exclude_none=True)
    members = given.pop("members", None)
    name, wrap_up = given.pop("name", None), given.pop("wrap_up", None)
    if name is not None:
        given |= {"name_zh": name["zh"], "name_en": name["en"]}
    if wrap_up is not None:
        given |= {"wrap_up_mode": wrap_up["mode"], "wrap_up_limit": wrap_up.get("limit")}

    def work(unit: Unit) -> QueueView:
        return service.change_queue(unit, queue_id, given, members=members, by=asked.agent.actor)

    return await asked.change(work)


@routes.get("/queues/{queue_id}")
async def one_queue(queue_id: str, asked: Annotated[Asked, may("queues.read")]) -> QueueView:
    """One queue."""

    def find(connection: Connection) -> QueueView | None:
        return next((view for view in queue_views(connection) if view.id == queue_id), None)

    view = await asked.read(find)
    if view is None:
        raise service.NoSuchQueue
    return view
