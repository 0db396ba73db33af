"""What is found over everything at once: the search of the palette, and a customer's timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection, func, select

from hub.agents.asking import Asked, may
from hub.conversations import store as conversations
from hub.conversations.api import reach_of
from hub.conversations.views import ConversationView
from hub.customers import store as customers
from hub.customers.model import CustomerView
from hub.customers.service import NoSuchCustomer
from hub.kernel.clock import Millis
from hub.knowledge.finding import find_articles
from hub.knowledge.views import ArticleFound
from hub.tickets import store as tickets
from hub.tickets.model import TicketView
from hub.web.paging import Cursor, Limit, Page, cursor_of, place_of

routes = APIRouter(tags=["lookup"])

OF_EACH = 5
_SAME_MOMENT = 50
"""How many things may have happened to one customer in the same millisecond."""


@dataclass(frozen=True, slots=True)
class Findings:
    """The first few of each kind."""

    conversations: list[ConversationView]
    customers: list[CustomerView]
    tickets: list[TicketView]
    articles: list[ArticleFound]


@routes.get("/search")
async def search(
    asked: Annotated[Asked, may("search")], q: Annotated[str, Query(max_length=200)]
) -> Findings:
    """The first few conversations, customers, tickets and articles that fit `q`."""
    return await asked.read(_search, asked, q.strip())


def _search(connection: Connection, asked: Asked, q: str) -> Findings:
    if not q:
        return Findings([], [], [], [])
    talks = conversations.listed(
        connection, reach_of(asked), conversations.matching(q), limit=OF_EACH
    )
    people = customers.search(connection, q, OF_EACH)
    promises = tickets.find_page(connection, tickets.Filter(words=q), OF_EACH)
    return Findings(
        [ConversationView.of(conversation) for conversation in talks],
        [CustomerView.of(customer) for customer in people],
        [TicketView.of(ticket) for ticket in promises],
        find_articles(connection, q, None, (), OF_EACH),
    )


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened with a customer: ``kind`` is conversation, ticket or rating.

    A conversation stands where it was opened, a rating where its conversation ended.
    """

    kind: str
    at: Millis
    id: str
    number: int | None = None
    subject: str | None = None
    status: str | None = None
    channel: str | None = None
    score: int | None = None
    comment: str | None = None
    conversation_id: str | None = None

    @property
    def place(self) -> tuple[int, str]:
        return self.at, f"{self.kind}:{self.id}"


@routes.get("/customers/{customer_id}/timeline")
async def timeline(
    customer_id: str,
    asked: Annotated[Asked, may("conversation.read")],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Moment]:
    """Everything that happened with a customer, the latest first, as far as one may see it."""
    return await asked.read(_timeline, asked, customer_id, place_of(cursor, int, str), limit)


def _timeline(
    connection: Connection, asked: Asked, customer_id: str, after: Any, limit: int
) -> Page[Moment]:
    if customers.find(connection, customer_id) is None:
        raise NoSuchCustomer
    until = after[0] if after is not None else (1 << 62)
    most = limit + 1 + _SAME_MOMENT
    moments = [
        *_talks(connection, asked, customer_id, until, most),
        *_ratings(connection, asked, customer_id, until, most),
        *_promises(connection, customer_id, until, most),
    ]
    moments = [moment for moment in moments if after is None or moment.place < tuple(after)]
    moments.sort(key=lambda moment: moment.place, reverse=True)
    shown = moments[:limit]
    return Page(shown, cursor_of(*shown[-1].place) if len(moments) > limit else None)


def _talks(
    connection: Connection, asked: Asked, customer_id: str, until: int, most: int
) -> list[Moment]:
    c = conversations.conversations.c
    rows = connection.execute(
        select(c.id, c.number, c.subject, c.status, c.channel, c.opened_at)
        .where(c.customer_id == customer_id, c.opened_at <= until, reach_of(asked))
        .order_by(c.opened_at.desc(), c.id.desc())
        .limit(most)
    )
    return [
        Moment(
            "conversation",
            row.opened_at,
            row.id,
            number=row.number,
            subject=row.subject,
            status=row.status,
            channel=row.channel,
        )
        for row in rows
    ]


def _ratings(
    connection: Connection, asked: Asked, customer_id: str, until: int, most: int
) -> list[Moment]:
    c = conversations.conversations.c
    at = func.coalesce(c.ended_at, c.last_message_at)
    rows = connection.execute(
        select(c.id, c.channel, c.rating, at.label("at"))
        .where(c.customer_id == customer_id, c.rating.is_not(None), at <= until, reach_of(asked))
        .order_by(at.desc(), c.id.desc())
        .limit(most)
    )
    return [
        Moment(
            "rating",
            row.at,
            row.id,
            channel=row.channel,
            score=row.rating["score"],
            comment=row.rating["comment"],
            conversation_id=row.id,
        )
        for row in rows
    ]


def _promises(connection: Connection, customer_id: str, until: int, most: int) -> list[Moment]:
    c = tickets.tickets.c
    rows = connection.execute(
        select(c.id, c.number, c.subject, c.status, c.created_at)
        .where(c.requester_id == customer_id, c.created_at <= until)
        .order_by(c.created_at.desc(), c.id.desc())
        .limit(most)
    )
    return [
        Moment(
            "ticket",
            row.created_at,
            row.id,
            number=row.number,
            subject=row.subject,
            status=row.status,
        )
        for row in rows
    ]
