"""The database: one thread writes in groups, a few threads read, and a broken disk stops
everything.

``write`` hands a function to the writer, which runs all that is waiting in one transaction (each in
a savepoint), commits once and then answers each: group commit, without a timer. ``write_together``
is the hot path: all that waits for the same function is given to it in one call.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from hub.kernel.clock import Clock, SystemClock
from hub.kernel.crashpoint import crashpoint
from hub.kernel.errors import Refusal, StorageBroken, StorageDown
from hub.storage import log
from hub.storage.chart import Chart
from hub.storage.log import Logged
from hub.storage.sql import straight
from hub.storage.unit import Unit

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")
A = TypeVar("A")

MOST_AT_ONCE = 512
"""How many waiting works one transaction takes."""

TRIES = 5
"""How often works are run before another node's being quicker counts as a failure."""

said = structlog.get_logger("hub.storage")


@dataclass(eq=False, slots=True)
class _Wish:
    """One work waiting for the writer, and whoever waits for its answer."""

    work: Callable[..., Any]
    item: Any
    together: bool
    future: asyncio.Future[Any]


@dataclass(eq=False)
class _Group:
    """Wishes that run in one call."""

    work: Callable[..., Any]
    together: bool
    wishes: list[_Wish]
    tries: int = 1

    def run(self, unit: Unit) -> list[Any]:
        if not self.together:
            return [self.work(unit)]
        answers = list(self.work(unit, [wish.item for wish in self.wishes]))
        if len(answers) != len(self.wishes):
            raise RuntimeError(f"{self.work} answered {len(answers)} of {len(self.wishes)}")
        return answers

    def answered(self, answers: list[Any]) -> list[_Outcome]:
        """Each wish with its answer."""
        return [_Outcome(wish, answer) for wish, answer in zip(self.wishes, answers, strict=True)]

    def halves(self) -> list[_Group]:
        middle = len(self.wishes) // 2
        return [
            _Group(self.work, True, part) for part in (self.wishes[:middle], self.wishes[middle:])
        ]


@dataclass
class Counts:
    """What the writer has done since the start."""

    commits: int = 0
    works: int = 0
    events: int = 0
    refused: int = 0
    again: int = 0


@dataclass(eq=False, slots=True)
class _Outcome:
    wish: _Wish
    answer: Any = None
    error: BaseException | None = None


class Database:
    """SQLite or PostgreSQL behind one writer and a pool of readers.

    ``url``: ``sqlite:///path`` or ``postgresql+psycopg://…``. ``on_commit`` is called on the event
    loop with what was appended to the log, oldest first, after each commit. ``on_broken`` is called
    on the event loop when the database failed for good: the process must end.
    """

    def __init__(
        self,
        url: str,
        *,
        chart: Chart | None = None,
        clock: Clock | None = None,
        readers: int = 4,
        synchronous: str = "FULL",
    ) -> None:
        self.url = url
        self.chart = chart or Chart()
        self.clock = clock or SystemClock()
        self.counts = Counts()
        self.on_commit: Callable[[Sequence[Logged]], None] = _nobody
        self.on_broken: Callable[[BaseException], None] = _nobody_broken
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._writing = (
            _sqlite_writer(url, synchronous) if self.is_sqlite else _postgres_writer(url)
        )
        self._reading = (
            _sqlite_readers(url, readers) if self.is_sqlite else _postgres_readers(url, readers)
        )
        self._threads = ThreadPoolExecutor(readers, thread_name_prefix="hub-reader")
        self._waiting: queue.SimpleQueue[_Wish | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last_seq: int | None = None
        self._broken: BaseException | None = None
        self.is_full = False

    # -- life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to write and read. The schema must be there (see ``migrations``)."""
        self._loop = asyncio.get_running_loop()
        self._writer = threading.Thread(target=self._write_for_ever, name="hub-writer", daemon=True)
        self._writer.start()

    async def stop(self) -> None:
        """Finish what is waiting, then close."""
        if self._writer is not None:
            self._waiting.put(None)
            await asyncio.get_running_loop().run_in_executor(None, self._writer.join)
            self._writer = None
        self._threads.shutdown(wait=True)
        self._writing.dispose()
        self._reading.dispose()

    @property
    def is_broken(self) -> bool:
        return self._broken is not None

    # -- asking ----------------------------------------------------------------------------------

    async def write(self, work: Callable[[Unit], T]) -> T:
        """Run ``work`` in a transaction and answer after the commit.

        A ``Refusal`` or other exception of ``work`` undoes all it did and is raised here.
        ``StorageDown``: nothing is known to be committed.
        """
        answer: T = await self._wish(work, None, together=False)
        return answer

    async def write_together(self, work: Callable[[Unit, Sequence[A]], Sequence[T]], item: A) -> T:
        """Like ``write``, with all items that now wait for the same ``work`` given to it in one
        call.

        ``work`` answers one result for each item. When it raises, the batch is halved until whoever
        is to blame stands alone.
        """
        answer: T = await self._wish(work, item, together=True)
        return answer

    def _wish(self, work: Callable[..., Any], item: Any, *, together: bool) -> asyncio.Future[Any]:
        if self._broken is not None:
            raise StorageBroken(str(self._broken))
        if self._loop is None or self._writer is None:
            raise RuntimeError("the database has not been started")
        future: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.put(_Wish(work, item, together, future))
        return future

    async def read(self, query: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run ``query(connection, …)`` on a reader thread, in one read-only transaction that sees
        one moment.
        """

        def run() -> T:
            with self._reading.connect() as connection, connection.begin():
                return query(connection, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    # -- the writer's thread ---------------------------------------------------------------------

    def _write_for_ever(self) -> None:
        while True:
            wish = self._waiting.get()
            if wish is None:
                return
            taken, ends = [wish], False
            while len(taken) < MOST_AT_ONCE:
                try:
                    wish = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if wish is None:
                    ends = True
                    break
                taken.append(wish)
            self._write_group(taken)
            if ends:
                return

    def _write_group(self, wishes: list[_Wish]) -> None:
        outcomes: list[_Outcome] = []
        lines: list[Logged] = []
        try:
            outcomes, lines = self._transact_at_last(wishes)
        except Exception as error:
            self._last_seq = None
            verdict = self._judge(error)
            outcomes = [_Outcome(wish, error=verdict) for wish in wishes]
            lines = []
        crashpoint("IN6")
        self._answer(outcomes, lines)

    def _transact_at_last(self, wishes: list[_Wish]) -> tuple[list[_Outcome], list[Logged]]:
        """Run the works in a transaction; anew, when another node's got in its way and PostgreSQL
        has undone this one.
        """
        for _ in range(TRIES - 1):
            try:
                return self._transact(wishes)
            except DBAPIError as error:
                if _sqlstate(error) not in _POSTGRES_UNDONE:
                    raise
                self.counts.again += 1
                said.info("another node was in the way; once more", error=str(error.orig))
        return self._transact(wishes)

    def _transact(self, wishes: list[_Wish]) -> tuple[list[_Outcome], list[Logged]]:
        if self._broken is not None:
            raise StorageBroken(str(self._broken))
        groups = _grouped(wishes)
        done = self._run_alone(groups[0]) if len(groups) == 1 else None
        outcomes, lines = done or self._run_in_turn(groups)
        if lines:
            self._last_seq = lines[-1].seq
        self.is_full = False
        self.counts.commits += 1
        self.counts.works += len(wishes)
        self.counts.events += len(lines)
        return outcomes, lines

    def _run_alone(self, group: _Group) -> tuple[list[_Outcome], list[Logged]] | None:
        """One group in a transaction of its own, which needs no savepoint; None when it failed and
        has to be tried again, with care.
        """
        try:
            with self._writing.connect() as connection, connection.begin():
                unit = Unit(connection, self.clock.now(), self.chart)
                answers = group.run(unit)
                unit.settle()
                lines = self._append(connection, unit.announced)
        except Exception as error:
            if _is_storage(error):
                raise
            if len(group.wishes) > 1 or _was_overtaken(error):
                return None
            return self._blamed(group, error), []
        return group.answered(answers), lines

    def _run_in_turn(self, groups: list[_Group]) -> tuple[list[_Outcome], list[Logged]]:
        """Several groups in one transaction: what fails undoes only itself."""
        outcomes: list[_Outcome] = []
        announced: list[Any] = []
        with self._writing.connect() as connection, connection.begin():
            pending = groups[::-1]
            while pending:
                group = pending.pop()
                outcome, said_now = self._run(connection, group)
                if outcome is None:
                    pending.extend(reversed(group.halves()))
                    continue
                outcomes.extend(outcome)
                announced.extend(said_now)
            lines = self._append(connection, announced)
        return outcomes, lines

    def _append(self, connection: Connection, announced: list[Any]) -> list[Logged]:
        lines = log.append(connection, announced, self._last_seq if self.is_sqlite else None)
        crashpoint("IN5")
        return lines

    def _run(
        self, connection: Connection, group: _Group
    ) -> tuple[list[_Outcome] | None, list[Any]]:
        unit = Unit(connection, self.clock.now(), self.chart)
        connection.exec_driver_sql("SAVEPOINT work")
        try:
            answers = group.run(unit)
            unit.settle()
        except Exception as error:
            if _is_storage(error):
                raise
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT work")
            connection.exec_driver_sql("RELEASE SAVEPOINT work")
            if _was_overtaken(error) and group.tries < TRIES:
                group.tries += 1
                self.counts.again += 1
                return self._run(connection, group)
            if len(group.wishes) > 1:
                return None, []
            return self._blamed(group, error), []
        connection.exec_driver_sql("RELEASE SAVEPOINT work")
        return group.answered(answers), unit.announced

    def _blamed(self, group: _Group, error: Exception) -> list[_Outcome]:
        """The one wish of a group that failed, with its error."""
        self.counts.refused += 1
        if not isinstance(error, Refusal):
            said.warning("work failed", work=_name(group.work), exc_info=error)
        return [_Outcome(group.wishes[0], error=error)]

    def _judge(self, error: Exception) -> BaseException:
        """What a failed transaction means: come back later, or never again."""
        if isinstance(error, StorageDown):
            return error
        if _is_passing(error):
            self.is_full = True
            said.error("storage refuses to write", error=str(error))
            return StorageDown("the storage is full or away; nothing was kept")
        if not _is_broken(error):
            said.error("the writer failed", exc_info=error)
            return error
        self._broken = error
        said.critical("storage is broken: nothing more will be accepted", error=str(error))
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.on_broken, error)
        return StorageBroken(str(error))

    def _answer(self, outcomes: list[_Outcome], lines: list[Logged]) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._tell, outcomes, lines)
        except RuntimeError:
            said.warning("the loop ended before the answers", works=len(outcomes))

    def _tell(self, outcomes: list[_Outcome], lines: list[Logged]) -> None:
        for outcome in outcomes:
            future = outcome.wish.future
            if future.done():
                continue
            if outcome.error is not None:
                future.set_exception(outcome.error)
            else:
                future.set_result(outcome.answer)
        if lines:
            self.on_commit(lines)


def _grouped(wishes: Sequence[_Wish]) -> list[_Group]:
    groups: list[_Group] = []
    batches: dict[Callable[..., Any], _Group] = {}
    for wish in wishes:
        if wish.together and wish.work in batches:
            batches[wish.work].wishes.append(wish)
            continue
        group = _Group(wish.work, wish.together, [wish])
        groups.append(group)
        if wish.together:
            batches[wish.work] = group
    return groups


def _name(work: Callable[..., Any]) -> str:
    return getattr(work, "__qualname__", repr(work))


def _nobody(lines: Sequence[Logged]) -> None: ...


def _nobody_broken(error: BaseException) -> None: ...


# -- what errors mean ----------------------------------------------------------------------------


_SQLITE_PASSING = ("SQLITE_FULL", "SQLITE_BUSY", "SQLITE_LOCKED")
_SQLITE_BROKEN = (
    "SQLITE_IOERR",
    "SQLITE_CORRUPT",
    "SQLITE_NOTADB",
    "SQLITE_READONLY",
    "SQLITE_CANTOPEN",
)
_POSTGRES_PASSING = {"08", "40", "53", "57"}  # connection, serialization, resources, operator
_POSTGRES_BROKEN = {"58", "XX"}  # system error, internal error
_POSTGRES_UNDONE = {"40001", "40P01"}  # serialization failure, deadlock
_POSTGRES_OVERTAKEN = "23505"  # unique violation


def _is_storage(error: BaseException) -> bool:
    """True when the database itself failed, rather than the work that used it."""
    return _is_passing(error) or _is_broken(error)


def _is_broken(error: BaseException) -> bool:
    if not isinstance(error, DBAPIError):
        return isinstance(error, OSError)
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorname", "").startswith(_SQLITE_BROKEN)
    return _sqlstate(error)[:2] in _POSTGRES_BROKEN


def _is_passing(error: BaseException) -> bool:
    """True for a full disk, a locked database or a server that went away: trying again may help."""
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorname", "").startswith(_SQLITE_PASSING)
    state = _sqlstate(error)
    return (
        error.connection_invalidated
        or state[:2] in _POSTGRES_PASSING
        or state in {"", "55P03", "25P03"}
    )


def _was_overtaken(error: BaseException) -> bool:
    """True when something is there already that was not when the work looked: another node may have
    added it, and the work will see it now.
    """
    return isinstance(error, DBAPIError) and _sqlstate(error) == _POSTGRES_OVERTAKEN


def _sqlstate(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


# -- engines -------------------------------------------------------------------------------------


def sqlite_path(url: str) -> Path:
    """The file of a SQLite URL."""
    name = make_url(url).database
    if not name or name == ":memory:":
        raise ValueError("the hub keeps its data in a file: sqlite:///path")
    return Path(name)


def _sqlite_writer(url: str, synchronous: str) -> Engine:
    path = sqlite_path(url)
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": 10},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "busy_timeout=10000",
            "wal_autocheckpoint=10000",
            "cache_size=-65536",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        straight(connection, "BEGIN IMMEDIATE")

    return engine


def _sqlite_readers(url: str, readers: int) -> Engine:
    path = sqlite_path(url).absolute()
    engine = create_engine(
        f"sqlite:///file:{path}?mode=ro&uri=true",
        poolclass=QueuePool,
        pool_size=readers,
        max_overflow=0,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": 10},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        for pragma in (
            "query_only=ON",
            "cache_size=-32768",
            "temp_store=MEMORY",
            "mmap_size=268435456",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _postgres_writer(url: str) -> Engine:
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: psycopg.Connection[Any], _: object) -> None:
        # The writer looks rows up by key. A plan made while a table was small is kept, and would
        # walk through it when it has grown.
        connection.autocommit = True
        connection.execute("SET enable_seqscan = off")
        connection.execute("SET jit = off")
        # A node that sleeps within a transaction must not hold its rows against the others.
        connection.execute("SET idle_in_transaction_session_timeout = '5s'")
        connection.autocommit = False

    return engine


def _postgres_readers(url: str, readers: int) -> Engine:
    return create_engine(
        url,
        pool_size=readers,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
    )


def migrating_engine(url: str) -> Engine:
    """The engine that migrations use: alone, before anything else has begun."""
    return (
        _sqlite_writer(url, "FULL")
        if make_url(url).get_backend_name() == "sqlite"
        else _postgres_writer(url)
    )


def is_alive(connection: Connection) -> bool:
    """True when the database answers."""
    return connection.execute(text("SELECT 1")).scalar() == 1
