"""Work for later: a row, committed with whatever asked for it, carried out at its time and kept
when it fails.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, bindparam, select

from hub.kernel.clock import HOUR, MINUTE, SECOND, Millis
from hub.kernel.errors import StorageDown
from hub.kernel.retry import Backoff
from hub.storage.database import Database
from hub.storage.schema import jobs
from hub.storage.unit import Unit

TRIES = 8
LEASE = Millis(5 * MINUTE)
PAUSES = Backoff(first=Millis(5 * SECOND), most=HOUR, give_up_after=Millis(1 << 62))

said = structlog.get_logger("hub.jobs")


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. ``attempts`` counts the tries so far, this one included."""

    id: str
    kind: str
    payload: Mapping[str, Any]
    attempts: int


Doer = Callable[[Job], Awaitable[None]]
"""Carries a job out. It may run twice when the hub ends between its effect and the note of it."""


def ask_for(
    unit: Unit, kind: str, payload: Mapping[str, Any], *, run_at: Millis, key: str | None = None
) -> bool:
    """Ask for a job. With a ``key`` it is asked for once, however often; False when it was there
    already.
    """
    if key is not None:
        there = unit.connection.execute(select(jobs.c.id).where(jobs.c.key == key)).first()
        if there:
            return False
    unit.connection.execute(
        jobs.insert().values(
            id=unit.new_id(),
            kind=kind,
            key=key,
            payload=msgspec.json.encode(payload).decode(),
            state="waiting",
            run_at=run_at,
            attempts=0,
        )
    )
    return True


_due = (
    select(jobs.c.id, jobs.c.kind, jobs.c.payload, jobs.c.attempts)
    .where(jobs.c.state.in_(("waiting", "leased")), jobs.c.run_at <= bindparam("now"))
    .order_by(jobs.c.run_at)
    .limit(bindparam("most"))
)


def claim(unit: Unit, most: int) -> list[Job]:
    """Take due jobs for ``LEASE``: a job whose taker died comes back by itself."""
    statement = _due
    if unit.connection.dialect.name == "postgresql":
        statement = statement.with_for_update(skip_locked=True)
    rows = unit.connection.execute(statement, {"now": unit.now, "most": most}).all()
    for row in rows:
        unit.connection.execute(
            jobs.update()
            .where(jobs.c.id == row.id)
            .values(state="leased", run_at=unit.now + LEASE, attempts=row.attempts + 1)
        )
    return [
        Job(row.id, row.kind, msgspec.json.decode(row.payload), row.attempts + 1) for row in rows
    ]


class Worker:
    """Carries out jobs by kind, a few at a time."""

    def __init__(self, database: Database, doers: Mapping[str, Doer], *, at_once: int = 8) -> None:
        self._database = database
        self._doers = doers
        self._at_once = at_once

    async def run(self, poll_after: float = 1.0) -> None:
        """Work until cancelled."""
        while True:
            try:
                if await self.work_once():
                    continue
            except StorageDown:
                said.warning("jobs wait for the storage")
            await asyncio.sleep(poll_after)

    async def work_once(self) -> int:
        """Carry out what is due now; returns how many jobs were tried."""
        claimed = await self._database.write(lambda unit: claim(unit, self._at_once))
        await asyncio.gather(*(self._carry_out(job) for job in claimed))
        return len(claimed)

    async def _carry_out(self, job: Job) -> None:
        try:
            await self._doers[job.kind](job)
        except StorageDown:
            raise
        except Exception as error:
            text = "".join(traceback.format_exception(error))[-4_000:]
            said.error("job failed", kind=job.kind, id=job.id, attempts=job.attempts, error=text)
            await self._database.write(lambda unit: _failed(unit, job, text))
            return
        await self._database.write(lambda unit: _done(unit, job))


def _failed(unit: Unit, job: Job, error: str) -> None:
    spent = job.attempts >= TRIES
    unit.connection.execute(
        jobs.update()
        .where(jobs.c.id == job.id)
        .values(
            state="failed" if spent else "waiting",
            run_at=unit.now + PAUSES.pause(job.attempts),
            error=error,
        )
    )


def _done(unit: Unit, job: Job) -> None:
    unit.connection.execute(jobs.delete().where(jobs.c.id == job.id))


def failed(connection: Connection) -> list[tuple[str, str, str]]:
    """Jobs that were given up: id, kind, error."""
    rows = connection.execute(
        select(jobs.c.id, jobs.c.kind, jobs.c.error).where(jobs.c.state == "failed")
    )
    return [(row.id, row.kind, row.error) for row in rows]
