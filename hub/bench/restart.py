"""How soon a hub with a long log is ready after its start."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, select, update

from hub.bench.peer import now
from hub.bench.result import Result
from hub.bench.stage import answering, environment, free_port, process, set_up
from hub.kernel.ids import new_id
from hub.settings import Settings
from hub.storage.database import migrating_engine
from hub.storage.log import last_seq
from hub.storage.schema import events, subscriptions
from hub.storage.sql import BulkInsert

AT_ONCE = 20_000
_insert = BulkInsert(events)


async def measure(folder: Path, *, quick: bool) -> list[Result]:
    """From the start of the process to the first answer, with a million events in the log."""
    count = 50_000 if quick else 1_000_000
    home = folder / "hub"
    await set_up(home)
    await _serve_once(home)  # what is made once at the first start is made
    await asyncio.to_thread(_lengthen, Settings(folder=home).database, count)
    took = sorted([await _serve_once(home) for _ in range(3)])
    empty = folder / "empty"
    await set_up(empty)
    await _serve_once(empty)
    bare = await _serve_once(empty)
    return [
        Result(f"ready after start, {count:,} events", took[1], "s", None, 2, at_most=True),
        Result("ready after start, an empty log", bare, "s"),
    ]


async def _serve_once(home: Path) -> float:
    port = free_port()
    began = time.perf_counter()
    with process("-m", "hub", "serve", env=environment(home, port)):
        await answering(port, "/health")
        return time.perf_counter() - began


def _lengthen(url: str, count: int) -> None:
    """Make the log ``count`` events long, all of them read by every subscription."""
    engine = migrating_engine(url)
    with engine.connect() as connection, connection.begin():
        last = last_seq(connection)
        rows = _events(connection, last, count - last)
        while some := list(islice(rows, AT_ONCE)):
            _insert(connection, some)
        connection.execute(update(subscriptions).values(position=count))
    engine.dispose()


def _events(connection: Connection, last: int, count: int) -> Iterator[tuple[object, ...]]:
    """Events as long as those of messages. Readers are past them: only their size matters."""
    model = connection.execute(select(events).order_by(events.c.seq.desc()).limit(1)).one()
    row = dict(model._mapping)
    at = now()
    for n in range(count):
        talk = new_id(at)
        row |= {"seq": last + 1 + n, "at": at, "conversation_id": talk, "customer_id": talk}
        row["changes"] = "[" + f'{{"entity":"message","id":"{talk}","rev":1}}'.ljust(900) + "]"
        yield tuple(row[column.name] for column in events.c)
