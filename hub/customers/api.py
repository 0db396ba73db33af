"""Customers over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.responses import Response

from hub.agents.asking import Asked, may
from hub.customers import service, store
from hub.customers.identities import normalise
from hub.customers.model import CustomerView
from hub.customers.service import NoSuchCustomer
from hub.web.paging import Cursor, Limit, Page, cursor_of, place_of

routes = APIRouter(tags=["customers"])

Tag = Annotated[str, Field(min_length=1, max_length=40)]


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class CustomerBody(Body):
    if_rev: int = Field(ge=1, lt=1 << 31)
    name: str | None = Field(None, min_length=1, max_length=200)
    language: Literal["zh", "en"] | None = None
    note: str | None = Field(None, max_length=5_000)
    tags: Annotated[list[Tag], Field(max_length=30)] | None = None
    vip: bool | None = None


class IdentityBody(Body):
    kind: Literal["email", "phone"]
    address: str = Field(min_length=3, max_length=320)


@routes.get("/customers")
async def list_customers(
    asked: Annotated[Asked, may("customer.read")],
    q: Annotated[str, Query(max_length=200)] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[CustomerView]:
    """Customers by name; `q` is part of a name, or the beginning of an address."""
    after = place_of(cursor, str, str)
    found = await asked.read(store.search, q.strip(), limit + 1, after)
    items = found[:limit]
    following = cursor_of(items[-1].name, items[-1].id) if len(found) > limit else None
    return Page([CustomerView.of(customer) for customer in items], following)


@routes.get("/customers/{customer_id}")
async def get_customer(
    customer_id: str, asked: Annotated[Asked, may("customer.read")]
) -> CustomerView:
    """One customer, with identities and counts."""

    def query(connection: Connection) -> CustomerView:
        customer = store.find(connection, customer_id)
        if customer is None:
            raise NoSuchCustomer
        return CustomerView.of(customer, **asked.parts.customer_counts(connection, customer_id))

    return await asked.read(query)


@routes.patch("/customers/{customer_id}", response_model=CustomerView)
async def change_customer(
    customer_id: str, body: CustomerBody, asked: Annotated[Asked, may("customer.change")]
) -> Response:
    """Change what is known of a customer. 409 `stale_rev` with `current`. Null forgets the
    language, and leaves anything else as it is.
    """
    given: dict[str, Any] = body.model_dump(exclude_unset=True, exclude={"if_rev"})
    changes = {
        name: value for name, value in given.items() if value is not None or name == "language"
    }
    if "tags" in changes:
        changes["tags"] = tuple(dict.fromkeys(changes["tags"]))
    return await asked.change(
        service.change_customer, customer_id, changes, if_rev=body.if_rev, by=asked.agent.actor
    )


@routes.post("/customers/{customer_id}/identities", response_model=CustomerView)
async def add_identity(
    customer_id: str, body: IdentityBody, asked: Annotated[Asked, may("customer.change")]
) -> Response:
    """Vouch for another address of a customer: whoever writes from it is taken for them. 409
    `identity_taken` when it is another one's.
    """
    address = normalise(body.kind, body.address)
    return await asked.change(
        service.add_identity,
        customer_id,
        body.kind,
        address,
        by=asked.agent.actor,
    )
