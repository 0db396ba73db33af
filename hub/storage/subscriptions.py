"""Readers of the log with a durable position: each event has its effect exactly once, and poison is
set aside.

A subscription reads in batches; the effects and the new position are committed together. A failing
batch is halved until the event to blame stands alone; that one is set aside, tried again with
growing pauses, then *parked*: shown to an administrator with its error and a replay button. Errors
of the storage are never an event's fault.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy import Connection, bindparam, func, select

from hub.kernel.clock import MINUTE, SECOND, Millis
from hub.kernel.errors import NotFound, StorageDown
from hub.kernel.events import event_types
from hub.kernel.retry import Backoff
from hub.storage import log
from hub.storage.chart import Subscription
from hub.storage.database import Database
from hub.storage.log import Logged
from hub.storage.schema import parked_events, subscriptions
from hub.storage.unit import Unit

BATCH = 500
TRIES = 5
PAUSES = Backoff(first=Millis(2 * SECOND), most=Millis(5 * MINUTE), give_up_after=Millis(1 << 62))

said = structlog.get_logger("hub.subscriptions")


class NotParked(NotFound):
    """No such event is parked."""


@dataclass(frozen=True, slots=True)
class Parked:
    """An event that a subscription could not digest. ``state``: *retrying* or *parked*."""

    subscription: str
    seq: int
    state: str
    attempts: int
    try_at: Millis
    error: str
    since: Millis


class _Poison(Exception):
    """One event cannot be digested."""

    def __init__(self, line: Logged, cause: Exception) -> None:
        super().__init__(line.seq)
        self.line = line
        self.cause = cause


class Reader:
    """Runs one subscription for as long as the hub lives."""

    def __init__(self, database: Database, subscription: Subscription) -> None:
        self._database = database
        self._subscription = subscription
        self._woken = asyncio.Event()

    def hear(self, lines: Sequence[Logged]) -> None:
        """Wake up when something of interest was committed."""
        types = self._subscription.types
        if not types or any(line.type in types for line in lines):
            self._woken.set()

    async def run(self, poll_after: float = 5.0) -> None:
        """Read until cancelled."""
        while True:
            self._woken.clear()
            try:
                while await self.advance():
                    pass
                await self.retry_due()
            except StorageDown:
                await asyncio.sleep(1)
            try:
                await asyncio.wait_for(self._woken.wait(), poll_after)
            except TimeoutError:
                continue

    async def advance(self) -> bool:
        """Digest one batch; True when there may be more."""
        try:
            return await self._database.write(partial(_advance_in, self._subscription, BATCH))
        except _Poison:
            return await self._advance_halving()

    async def _advance_halving(self) -> bool:
        most = BATCH
        while True:
            most = max(1, most // 2)
            try:
                return await self._database.write(partial(_advance_in, self._subscription, most))
            except _Poison as poison:
                if most > 1:
                    continue
                await self._set_aside(poison)
                return True

    async def _set_aside(self, poison: _Poison) -> None:
        error = "".join(traceback.format_exception(poison.cause))[-4_000:]
        said.error(
            "event set aside",
            subscription=self._subscription.name,
            seq=poison.line.seq,
            error=error,
        )

        def work(unit: Unit) -> None:
            _move_to(unit, self._subscription.name, poison.line.seq)
            unit.connection.execute(
                parked_events.insert().values(
                    subscription=self._subscription.name,
                    seq=poison.line.seq,
                    state="retrying",
                    attempts=1,
                    try_at=unit.now + PAUSES.pause(1),
                    error=error,
                    since=unit.now,
                )
            )

        await self._database.write(work)

    async def retry_due(self) -> None:
        """Try again what was set aside and is due."""
        now = self._database.clock.now()
        due = await self._database.read(_due, self._subscription.name, now)
        for seq in due:
            await retry(self._database, self._subscription, seq)


async def retry(database: Database, subscription: Subscription, seq: int) -> bool:
    """Try one set-aside event again; True when it was digested. Counts the attempt when it
    was not.
    """

    def digest(unit: Unit) -> None:
        line = log.read_one(unit.connection, seq)
        gone = unit.connection.execute(
            parked_events.delete().where(
                parked_events.c.subscription == subscription.name, parked_events.c.seq == seq
            )
        )
        if line is None or gone.rowcount == 0:
            raise NotParked
        subscription.handler(unit, [line.event])

    try:
        await database.write(digest)
    except StorageDown:
        raise
    except NotParked:
        return False
    except Exception as error:
        text = "".join(traceback.format_exception(error))[-4_000:]

        def count(unit: Unit) -> None:
            row = unit.connection.execute(
                _parked_one, {"name": subscription.name, "seq": seq}
            ).one()
            attempts = row.attempts + 1
            unit.connection.execute(
                parked_events.update()
                .where(
                    parked_events.c.subscription == subscription.name, parked_events.c.seq == seq
                )
                .values(
                    attempts=attempts,
                    error=text,
                    state="parked" if attempts >= TRIES else "retrying",
                    try_at=unit.now + PAUSES.pause(attempts),
                )
            )

        await database.write(count)
        return False
    return True


_position = select(subscriptions.c.position).where(subscriptions.c.name == bindparam("name"))
_parked_one = select(parked_events).where(
    parked_events.c.subscription == bindparam("name"), parked_events.c.seq == bindparam("seq")
)


def _advance_in(subscription: Subscription, most: int, unit: Unit) -> bool:
    position = _position_of(unit, subscription.name)
    if position is None:
        return False
    lines = log.read_since(unit.connection, position, most)
    if not lines:
        return False
    mine = [line for line in lines if not subscription.types or line.type in subscription.types]
    mine = [line for line in mine if line.type in event_types()]
    if mine:
        try:
            subscription.handler(unit, [line.event for line in mine])
            unit.settle()
        except Exception as error:
            if isinstance(error, StorageDown):
                raise
            raise _Poison(mine[0], error) from error
    _move_to(unit, subscription.name, lines[-1].seq)
    return len(lines) == most


def _position_of(unit: Unit, name: str) -> int | None:
    """Where the subscription stands; None while another node moves it."""
    statement = _position
    if unit.connection.dialect.name == "postgresql":
        statement = statement.with_for_update(skip_locked=True)
    position = unit.connection.execute(statement, {"name": name}).scalar()
    if position is not None:
        return int(position)
    known = unit.connection.execute(_position, {"name": name}).scalar()
    if known is not None:
        return None
    unit.connection.execute(subscriptions.insert().values(name=name, position=0))
    return 0


def _move_to(unit: Unit, name: str, position: int) -> None:
    unit.connection.execute(
        subscriptions.update()
        .where(subscriptions.c.name == name, subscriptions.c.position < position)
        .values(position=position)
    )


def _due(connection: Connection, name: str, now: Millis) -> list[int]:
    return list(
        connection.execute(
            select(parked_events.c.seq).where(
                parked_events.c.subscription == name,
                parked_events.c.state == "retrying",
                parked_events.c.try_at <= now,
            )
        ).scalars()
    )


def parked(connection: Connection) -> list[Parked]:
    """Everything set aside, oldest first."""
    return [
        Parked(*row)
        for row in connection.execute(select(parked_events).order_by(parked_events.c.since))
    ]


def lag(connection: Connection) -> dict[str, int]:
    """How many events each subscription is behind the head of the log."""
    head = log.last_seq(connection)
    rows = connection.execute(select(subscriptions.c.name, subscriptions.c.position))
    return {name: head - position for name, position in rows}


def count_parked(connection: Connection) -> int:
    """How many events are set aside."""
    return int(connection.execute(select(func.count()).select_from(parked_events)).scalar_one())
