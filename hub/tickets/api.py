"""The tickets' part of the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.responses import Response

from hub.agents.asking import Asked, may
from hub.tickets import service, store
from hub.tickets.model import Priority, Status, Ticket, TicketView
from hub.web.paging import Cursor, Limit, Page, cursor_of, place_of

routes = APIRouter(tags=["tickets"])

StatusName = Literal["new", "open", "pending", "on_hold", "solved", "closed"]
PriorityName = Literal["low", "normal", "high", "urgent"]
Subject = Annotated[str, Field(min_length=1, max_length=300)]
Id = Annotated[str, Field(min_length=1, max_length=64)]
IdInQuery = Annotated[str | None, Query(max_length=64)]
Reading = Annotated[Asked, may("ticket.read")]
Changing = Annotated[Asked, may("ticket.change")]


class NewTicket(BaseModel):
    """A ticket to open. ``requester_id`` may be left out with a ``conversation_id``."""

    model_config = ConfigDict(strict=True, extra="forbid")

    subject: Subject
    conversation_id: Id | None = None
    requester_id: Id | None = None
    priority: PriorityName = "normal"
    assignee_id: Id | None = None


class TicketChanges(BaseModel):
    """What to change; what is left out stays. ``assignee_id`` null takes it from whoever has it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    if_rev: Annotated[int, Field(ge=1)]
    status: StatusName | None = None
    priority: PriorityName | None = None
    assignee_id: Id | None = None
    subject: Subject | None = None

    def given(self) -> dict[str, Any]:
        """The fields that were sent, as the service names them."""
        changes: dict[str, Any] = {}
        if self.status is not None:
            changes["status"] = Status(self.status)
        if self.priority is not None:
            changes["priority"] = Priority(self.priority)
        if self.subject is not None:
            changes["subject"] = self.subject
        if "assignee_id" in self.model_fields_set:
            changes["assignee_id"] = self.assignee_id
        return changes


class LinkedConversation(BaseModel):
    """A conversation to link."""

    model_config = ConfigDict(strict=True, extra="forbid")

    conversation_id: Id


@routes.get("/tickets", response_model=Page[TicketView])
async def list_tickets(
    asked: Reading,
    status: Annotated[list[StatusName] | None, Query()] = None,
    assignee: Annotated[str | None, Query(max_length=64)] = None,
    requester: IdInQuery = None,
    conversation: IdInQuery = None,
    q: Annotated[str, Query(max_length=200)] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[TicketView]:
    """Tickets, latest change first.

    `status` may be given several times; `assignee` is an agent's id, `me` or `nobody`; `q` is words
    of the subject, or the number.
    """
    assignee_id = {"me": asked.agent.id, "nobody": ""}.get(assignee or "", assignee)
    wanted = store.Filter(
        statuses=tuple(Status(name) for name in status or ()),
        assignee_id=assignee_id,
        requester_id=requester,
        conversation_id=conversation,
        words=q.strip(),
    )
    return await asked.read(_page, wanted, limit, place_of(cursor, int, str))


def _page(
    connection: Connection, wanted: store.Filter, limit: int, after: tuple[Any, ...] | None
) -> Page[TicketView]:
    place = None if after is None else (after[0], after[1])
    found = store.find_page(connection, wanted, limit + 1, place)
    shown = found[:limit]
    more = len(found) > limit
    views = [TicketView.of(ticket) for ticket in shown]
    return Page(views, cursor_of(shown[-1].updated_at, shown[-1].id) if more else None)


@routes.post("/tickets", status_code=201, response_model=TicketView)
async def open_ticket(new: NewTicket, asked: Changing) -> Response:
    """Open a ticket, with the conversation it came from linked to it."""
    return await asked.change(
        service.open_ticket,
        by=asked.agent,
        subject=new.subject,
        conversation_id=new.conversation_id,
        requester_id=new.requester_id,
        priority=Priority(new.priority),
        assignee_id=new.assignee_id,
        status=201,
    )


@routes.get("/tickets/{ticket_id}", response_model=TicketView)
async def get_ticket(ticket_id: str, asked: Reading) -> TicketView:
    """One ticket."""
    ticket: Ticket | None = await asked.read(store.find, ticket_id)
    if ticket is None:
        raise service.NoSuchTicket
    return TicketView.of(ticket)


@routes.patch("/tickets/{ticket_id}", response_model=TicketView)
async def change_ticket(ticket_id: str, changes: TicketChanges, asked: Changing) -> Response:
    """Change a ticket. 409 `stale_rev` with `current`, or `cannot_become` with `from` and `to`."""
    return await asked.change(
        service.change_ticket, ticket_id, changes.given(), if_rev=changes.if_rev, by=asked.agent
    )


@routes.post("/tickets/{ticket_id}/conversations", response_model=TicketView)
async def link_conversation(
    ticket_id: str, linked: LinkedConversation, asked: Changing
) -> Response:
    """Link a conversation. 409 `already_linked`."""
    return await asked.change(
        service.link_conversation, ticket_id, linked.conversation_id, by=asked.agent
    )


@routes.delete("/tickets/{ticket_id}/conversations/{conversation_id}", response_model=TicketView)
async def unlink_conversation(ticket_id: str, conversation_id: str, asked: Changing) -> Response:
    """Unlink a conversation."""
    return await asked.change(
        service.unlink_conversation, ticket_id, conversation_id, by=asked.agent
    )
