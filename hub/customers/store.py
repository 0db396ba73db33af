"""Customers and identities as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Row,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    or_,
    select,
    tuple_,
)

from hub.customers.model import Customer, CustomerView, Identity
from hub.kernel.ids import CustomerId
from hub.storage.schema import metadata
from hub.storage.sql import BulkInsert, Json, json_text, one_of, texts
from hub.storage.unit import Unit

customers = Table(
    "customers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rev", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("language", Text),
    Column("vip", Boolean(create_constraint=False), nullable=False),
    Column("note", Text, nullable=False),
    Column("tags", Json, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
Index("ix_customers_name", customers.c.name, customers.c.id)

identities = Table(
    "identities",
    metadata,
    Column("id", Text, primary_key=True),
    Column("customer_id", Text, ForeignKey("customers.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("verified", Boolean(create_constraint=False), nullable=False),
    UniqueConstraint("address", "kind"),
)

_known = (
    select(
        identities.c.kind,
        identities.c.address,
        identities.c.customer_id,
        customers.c.name,
        customers.c.language,
    )
    .join_from(identities, customers)
    .where(one_of(identities.c.address, "addresses"))
)
_by_id = select(customers).where(customers.c.id == bindparam("id"))
_identities_of = (
    select(identities).where(one_of(identities.c.customer_id, "ids")).order_by(identities.c.id)
)
_insert_customers = BulkInsert(customers)
_insert_identities = BulkInsert(identities)
_insert_identity = identities.insert()


def known(connection: Connection, addresses: Iterable[str]) -> dict[tuple[str, str], Any]:
    """Who has these addresses: (kind, address) -> row of customer_id, name, language."""
    rows = connection.execute(_known, {"addresses": texts(dict.fromkeys(addresses))})
    return {(row.kind, row.address): row for row in rows}


def insert_many(
    connection: Connection, people: Sequence[CustomerView], addresses: Sequence[Identity]
) -> None:
    """Add customers with their identities."""
    _insert_customers(
        connection,
        [
            (p.id, p.rev, p.name, p.language, p.vip, p.note, json_text(p.tags), p.created_at)
            for p in people
        ],
    )
    _insert_identities(
        connection, [(a.id, a.customer_id, a.kind, a.address, a.verified) for a in addresses]
    )


def _customer(row: Row[Any], addresses: Iterable[Row[Any]]) -> Customer:
    return Customer(
        id=row.id,
        rev=row.rev,
        name=row.name,
        language=row.language,
        vip=row.vip,
        note=row.note,
        tags=tuple(row.tags),
        created_at=row.created_at,
        identities=tuple(
            Identity(a.id, a.customer_id, a.kind, a.address, a.verified) for a in addresses
        ),
    )


def _with_identities(connection: Connection, rows: Sequence[Row[Any]]) -> list[Customer]:
    addresses: dict[str, list[Row[Any]]] = {}
    if rows:
        for row in connection.execute(_identities_of, {"ids": texts(row.id for row in rows)}):
            addresses.setdefault(row.customer_id, []).append(row)
    return [_customer(row, addresses.get(row.id, ())) for row in rows]


def find(connection: Connection, customer_id: str) -> Customer | None:
    found = _with_identities(connection, connection.execute(_by_id, {"id": customer_id}).all())
    return found[0] if found else None


def search(
    connection: Connection, words: str, limit: int, after: tuple[Any, ...] | None = None
) -> list[Customer]:
    """Customers whose name begins with or holds the words, or who have that address; by name."""
    statement = select(customers).order_by(customers.c.name, customers.c.id).limit(limit)
    if words:
        like = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        addressed = select(identities.c.customer_id).where(
            or_(
                identities.c.address == words.lower(),
                identities.c.address.like(f"{like.lower()}%", escape="\\"),
            )
        )
        statement = statement.where(
            or_(customers.c.name.like(f"%{like}%", escape="\\"), customers.c.id.in_(addressed))
        )
    if after is not None:
        statement = statement.where(tuple_(customers.c.name, customers.c.id) > tuple_(*after))
    return _with_identities(connection, connection.execute(statement).all())


def update(unit: Unit, customer: Customer) -> None:
    unit.connection.execute(
        customers.update()
        .where(customers.c.id == customer.id)
        .values(
            rev=customer.rev,
            name=customer.name,
            language=customer.language,
            vip=customer.vip,
            note=customer.note,
            tags=list(customer.tags),
        )
    )


def insert_identity(unit: Unit, identity: Identity) -> None:
    unit.connection.execute(
        _insert_identity,
        {
            "id": identity.id,
            "customer_id": identity.customer_id,
            "kind": identity.kind,
            "address": identity.address,
            "verified": identity.verified,
        },
    )


def owner_of(connection: Connection, kind: str, address: str) -> CustomerId | None:
    row = known(connection, [address]).get((kind, address))
    return None if row is None else CustomerId(row.customer_id)
