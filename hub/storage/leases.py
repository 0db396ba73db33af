"""A lease: one node at a time does a thing, and the epoch tells a late one that it no
longer may.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, literal_column, select

from hub.kernel.clock import Millis
from hub.kernel.errors import Conflict
from hub.storage.schema import leases
from hub.storage.unit import Unit


class Superseded(Conflict):
    """Another node has taken over."""

    code = "superseded"


@dataclass(frozen=True, slots=True)
class Lease:
    """Held by ``holder`` until ``until``. ``epoch`` rises each time the holder changes."""

    name: str
    holder: str
    epoch: int
    until: Millis


_find = select(leases).where(leases.c.name == bindparam("name"))


_DATABASE_NOW = select(func.floor(literal_column("extract(epoch from clock_timestamp()) * 1000")))


def _now(connection: Connection, now: Millis) -> int:
    """The database's clock where there are several nodes, ours where there is one."""
    if connection.dialect.name == "postgresql":
        return int(connection.execute(_DATABASE_NOW).scalar_one())
    return now


def take(unit: Unit, name: str, holder: str, length: Millis) -> Lease | None:
    """Take or renew the lease for ``length``; None while somebody else holds it."""
    connection = unit.connection
    now = _now(connection, unit.now)
    statement = _find.with_for_update() if connection.dialect.name == "postgresql" else _find
    row = connection.execute(statement, {"name": name}).first()
    until = Millis(now + length)
    if row is None:
        lease = Lease(name, holder, 1, until)
        connection.execute(leases.insert().values(name=name, holder=holder, epoch=1, until=until))
        return lease
    if row.holder != holder and row.until > now:
        return None
    epoch = row.epoch if row.holder == holder else row.epoch + 1
    connection.execute(
        leases.update().where(leases.c.name == name).values(holder=holder, epoch=epoch, until=until)
    )
    return Lease(name, holder, epoch, until)


def check(connection: Connection, name: str, epoch: int) -> None:
    """Refuse (``Superseded``) whoever writes under an epoch that is over. Part of the transaction
    it guards.
    """
    statement = (
        _find.with_for_update(read=True) if connection.dialect.name == "postgresql" else _find
    )
    row = connection.execute(statement, {"name": name}).first()
    if row is None or row.epoch != epoch:
        raise Superseded


def give_back(unit: Unit, name: str, holder: str) -> None:
    """Let others have it at once."""
    unit.connection.execute(
        leases.update().where(leases.c.name == name, leases.c.holder == holder).values(until=0)
    )
