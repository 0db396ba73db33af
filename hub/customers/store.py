"""Customers and identities as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

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

from hub.customers.model import ClaimedAddress, Customer, CustomerView, Identity
from hub.kernel.ids import CustomerId
from hub.storage.schema import metadata
from hub.storage.sql import BulkInsert, BulkUpdate, Json, Lookup, held, json_text, one_of, texts
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
    Column("vouched_by", Text),
    UniqueConstraint("address", "kind"),
)

claimed_addresses = Table(
    "claimed_addresses",
    metadata,
    Column("id", Text, primary_key=True),
    Column("customer_id", Text, ForeignKey("customers.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    UniqueConstraint("customer_id", "address", "kind"),
)
Index("ix_claimed_addresses_address", claimed_addresses.c.address)

_known = Lookup(
    select(
        identities.c.kind,
        identities.c.address,
        identities.c.customer_id,
        identities.c.verified,
        identities.c.vouched_by,
        customers.c.name,
        customers.c.language,
    )
    .join_from(identities, customers)
    .where(one_of(identities.c.address, "addresses")),
    "addresses",
)
_by_id = select(customers).where(customers.c.id == bindparam("id"))
_identities_of = (
    select(identities).where(one_of(identities.c.customer_id, "ids")).order_by(identities.c.id)
)
_claimed_by = (
    select(claimed_addresses)
    .where(one_of(claimed_addresses.c.customer_id, "ids"))
    .order_by(claimed_addresses.c.id)
)
_to_change = held(select(customers).where(one_of(customers.c.id, "ids")), by_id=True)
_insert_customers = BulkInsert(customers)
_insert_identities = BulkInsert(identities)
_insert_claimed = BulkInsert(claimed_addresses)
_prove = identities.update().where(one_of(identities.c.id, "ids")).values(verified=True)
_raise = BulkUpdate(customers, ("rev",))


class Known(NamedTuple):
    """Whom an address leads to."""

    customer_id: CustomerId
    verified: bool
    vouched_by: str | None
    name: str
    language: str | None


def known(connection: Connection, addresses: Iterable[str]) -> dict[tuple[str, str], Known]:
    """Whose these addresses are, by kind and address. What is only claimed is nobody's."""
    rows = _known(connection, addresses)
    return {(kind, address): Known(*rest) for kind, address, *rest in rows}


def insert_many(
    connection: Connection,
    people: Sequence[CustomerView],
    addresses: Sequence[Identity],
    claimed: Sequence[ClaimedAddress],
) -> None:
    """Add customers with their identities and what they claimed."""
    _insert_customers(
        connection,
        [
            (p.id, p.rev, p.name, p.language, p.vip, p.note, json_text(p.tags), p.created_at)
            for p in people
        ],
    )
    insert_identities(connection, addresses)
    insert_claimed(connection, claimed)


def insert_identities(connection: Connection, addresses: Sequence[Identity]) -> None:
    _insert_identities(
        connection,
        [(a.id, a.customer_id, a.kind, a.address, a.verified, a.vouched_by) for a in addresses],
    )


def insert_claimed(connection: Connection, claimed: Sequence[ClaimedAddress]) -> None:
    _insert_claimed(connection, [(c.id, c.customer_id, c.kind, c.address) for c in claimed])


def _customer(
    row: Row[Any], addresses: Iterable[Row[Any]], claimed: Iterable[Row[Any]]
) -> Customer:
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
            Identity(a.id, a.customer_id, a.kind, a.address, a.verified, a.vouched_by)
            for a in addresses
        ),
        claimed=tuple(ClaimedAddress(c.id, c.customer_id, c.kind, c.address) for c in claimed),
    )


def _with_addresses(connection: Connection, rows: Sequence[Row[Any]]) -> list[Customer]:
    if not rows:
        return []
    ids = {"ids": texts(row.id for row in rows)}
    addresses = _by_customer(connection.execute(_identities_of, ids))
    claimed = _by_customer(connection.execute(_claimed_by, ids))
    return [_customer(row, addresses.get(row.id, ()), claimed.get(row.id, ())) for row in rows]


def _by_customer(rows: Iterable[Row[Any]]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(row)
    return found


def find(connection: Connection, customer_id: str) -> Customer | None:
    found = _with_addresses(connection, connection.execute(_by_id, {"id": customer_id}).all())
    return found[0] if found else None


def to_change(connection: Connection, ids: Iterable[str]) -> list[Customer]:
    """Customers who will be changed; they stay as they are until the commit."""
    rows = connection.execute(
        _to_change[connection.dialect.name], {"ids": texts(dict.fromkeys(ids))}
    ).all()
    return _with_addresses(connection, rows)


def search(
    connection: Connection, words: str, limit: int, after: tuple[Any, ...] | None = None
) -> list[Customer]:
    """Customers whose name holds the words, or who have or claim an address that begins with them;
    by name.
    """
    statement = select(customers).order_by(customers.c.name, customers.c.id).limit(limit)
    if words:
        like = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        addressed = [
            select(table.c.customer_id).where(
                or_(
                    table.c.address == words.lower(),
                    table.c.address.like(f"{like.lower()}%", escape="\\"),
                )
            )
            for table in (identities, claimed_addresses)
        ]
        statement = statement.where(
            or_(
                customers.c.name.like(f"%{like}%", escape="\\"),
                *(customers.c.id.in_(having) for having in addressed),
            )
        )
    if after is not None:
        statement = statement.where(tuple_(customers.c.name, customers.c.id) > tuple_(*after))
    return _with_addresses(connection, connection.execute(statement).all())


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


def prove(connection: Connection, changed: Sequence[Customer], proved: Iterable[str]) -> None:
    """Mark identities as verified, and write the ``rev`` of their customers."""
    connection.execute(_prove, {"ids": texts(proved)})
    _raise(connection, [(customer.rev, customer.id) for customer in changed])


def drop_claimed(connection: Connection, id_: str) -> None:
    connection.execute(claimed_addresses.delete().where(claimed_addresses.c.id == id_))


def owner_of(connection: Connection, kind: str, address: str) -> CustomerId | None:
    row = known(connection, [address]).get((kind, address))
    return None if row is None else CustomerId(row.customer_id)
