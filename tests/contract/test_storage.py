"""What the storage promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, select

from hub.kernel.clock import MINUTE, SetClock
from hub.kernel.errors import Conflict
from hub.kernel.events import Change, Event, event
from hub.storage import commands, jobs, leases, log, subscriptions
from hub.storage.bus import LocalBus
from hub.storage.chart import Chart
from hub.storage.commands import Answer, CommandReused
from hub.storage.database import Database
from hub.storage.jobs import Job, Worker
from hub.storage.leases import Superseded
from hub.storage.log import Logged
from hub.storage.migrate import WrongSchema, check, migrate
from hub.storage.schema import hub_facts
from hub.storage.sql import next_numbers
from hub.storage.subscriptions import Reader
from hub.storage.tail import Tail
from hub.storage.unit import Unit
from tests.support.cutproxy import eventually
from tests.support.desk import NOON

marks = Table(
    "test_marks",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)


@event("test.noticed")
class Noticed(Event):
    """Something a test noticed."""

    what: str


@event("test.answered")
class Answered(Event):
    """Something that followed."""

    what: str


class Refused(Conflict):
    """No."""


@asynccontextmanager
async def a_database(
    url: str, chart: Chart | None = None, clock: SetClock | None = None
) -> AsyncIterator[Database]:
    migrate(url, NOON)
    engine = create_engine(url)
    with engine.begin() as connection:
        marks.create(connection, checkfirst=True)
    engine.dispose()
    database = Database(url, chart=chart, clock=clock or SetClock(NOON))
    await database.start()
    try:
        yield database
    finally:
        await database.stop()


def notice(what: str) -> Noticed:
    return Noticed(at=NOON, what=what)


def noticing(unit: Unit, items: Sequence[str]) -> Sequence[str]:
    for item in items:
        if item == "poison":
            raise ValueError("poison")
        unit.announce(notice(item))
        unit.connection.execute(marks.insert().values(name=item, count=1))
    return items


def noticed(what: str, unit: Unit) -> None:
    unit.announce(notice(what))


async def logged(database: Database) -> list[Logged]:
    return await database.read(log.read_since, 0, 10_000)


async def test_works_that_wait_are_committed_together_and_each_is_answered(
    any_database: str,
) -> None:
    async with a_database(any_database) as database:
        answers = await asyncio.gather(
            *(database.write_together(noticing, f"m{n}") for n in range(300))
        )

        assert answers == [f"m{n}" for n in range(300)]
        assert database.counts.commits < 100
        lines = await logged(database)
        assert [line.seq for line in lines] == list(range(1, 301))


async def test_one_that_fails_takes_nobody_with_it(any_database: str) -> None:
    async with a_database(any_database) as database:
        works = [database.write_together(noticing, name) for name in ("a", "poison", "b", "c")]
        answers = await asyncio.gather(*works, return_exceptions=True)

        assert [str(answer) for answer in answers] == ["a", "poison", "b", "c"]
        assert isinstance(answers[1], ValueError)
        assert [line.data for line in await logged(database)] == [
            '{"what":"a"}',
            '{"what":"b"}',
            '{"what":"c"}',
        ]


async def test_a_refusal_undoes_all_that_the_work_did(any_database: str) -> None:
    def refuse(unit: Unit) -> None:
        noticing(unit, ["kept?"])
        raise Refused

    async with a_database(any_database) as database:
        with pytest.raises(Refused):
            await database.write(refuse)

        assert await logged(database) == []
        assert await database.read(lambda c: c.execute(select(marks)).all()) == []


async def test_an_event_comes_back_as_it_was_announced(any_database: str) -> None:
    change = Change("thing", "t1", 3, patch={"name": "名"})
    announced = Noticed(at=NOON, actor="agent:a", what="你好", changes=(change,))

    async with a_database(any_database) as database:
        await database.write(lambda unit: unit.announce(announced))

        (line,) = await logged(database)
        assert line.event == announced


async def test_handlers_within_belong_to_the_transaction(any_database: str) -> None:
    def answer(unit: Unit, events: Sequence[Noticed]) -> None:
        for heard in events:
            if heard.what == "bad":
                raise Refused
            unit.announce(Answered(at=unit.now, what=heard.what))

    chart = Chart()
    chart.within(Noticed, answer)
    async with a_database(any_database, chart) as database:
        await database.write(lambda unit: unit.announce(notice("good")))
        with pytest.raises(Refused):
            await database.write(lambda unit: unit.announce(notice("bad")))

        assert [line.type for line in await logged(database)] == ["test.noticed", "test.answered"]


async def test_a_subscription_sees_each_event_once_across_restarts(any_database: str) -> None:
    def count(unit: Unit, events: Sequence[Noticed]) -> None:
        for heard in events:
            unit.connection.execute(marks.insert().values(name=heard.what, count=1))

    chart = Chart()
    chart.after(Noticed, count)
    (subscription,) = chart.subscriptions
    async with a_database(any_database, chart) as database:
        for name in ("a", "b"):
            await database.write(partial(noticed, name))
        while await Reader(database, subscription).advance():
            pass
        await database.write(lambda unit: unit.announce(notice("c")))
        again = Reader(database, subscription)
        while await again.advance():
            pass
        await again.advance()

        rows = await database.read(lambda c: c.execute(select(marks.c.name)).scalars().all())
        assert sorted(rows) == ["a", "b", "c"]


async def test_poison_is_set_aside_parked_and_can_be_replayed(any_database: str) -> None:
    cured = False

    def digest(unit: Unit, events: Sequence[Noticed]) -> None:
        for heard in events:
            if heard.what == "poison" and not cured:
                raise ValueError("cannot digest this")
            unit.connection.execute(marks.insert().values(name=heard.what, count=1))

    clock = SetClock(NOON)
    chart = Chart()
    chart.after(Noticed, digest)
    (subscription,) = chart.subscriptions
    async with a_database(any_database, chart, clock) as database:
        reader = Reader(database, subscription)
        for name in ("a", "poison", "b", "c"):
            await database.write(partial(noticed, name))

        while await reader.advance():
            pass
        for _ in range(subscriptions.TRIES):
            clock.move(10 * MINUTE)
            await reader.retry_due()

        names = select(marks.c.name).order_by(marks.c.name)
        assert await database.read(lambda c: c.execute(names).scalars().all()) == ["a", "b", "c"]
        (parked,) = await database.read(subscriptions.parked)
        assert (parked.seq, parked.state) == (2, "parked")
        assert "cannot digest this" in parked.error
        cured = True
        assert await subscriptions.retry(database, subscription, 2)
        assert await database.read(subscriptions.parked) == []
        assert "poison" in await database.read(lambda c: c.execute(names).scalars().all())


async def test_a_command_has_its_effect_once(any_database: str) -> None:
    digest = commands.digest_of(b"POST", b"/x", b"{}")

    def once(unit: Unit) -> Answer:
        stored = commands.stored_answer(unit.connection, "agent:a", "key-1", digest)
        if stored:
            return stored
        unit.announce(notice("effect"))
        answer = Answer(201, b'{"id":1}')
        commands.keep_answer(unit, "agent:a", "key-1", digest, answer)
        return answer

    def other(unit: Unit) -> Answer | None:
        changed = commands.digest_of(b"POST", b"/x", b"[]")
        return commands.stored_answer(unit.connection, "agent:a", "key-1", changed)

    async with a_database(any_database) as database:
        answers = await asyncio.gather(*(database.write(once) for _ in range(20)))

        assert {(answer.status, answer.body) for answer in answers} == {(201, b'{"id":1}')}
        assert sum(not answer.is_replay for answer in answers) == 1
        assert len(await logged(database)) == 1
        with pytest.raises(CommandReused):
            await database.write(other)


async def test_a_lease_has_one_holder_and_a_late_one_is_refused(any_database: str) -> None:
    clock = SetClock(NOON)
    async with a_database(any_database, clock=clock) as database:
        first = await database.write(lambda unit: leases.take(unit, "router", "one", MINUTE))
        second = await database.write(lambda unit: leases.take(unit, "router", "two", MINUTE))
        assert first is not None
        assert second is None

        await database.write(lambda unit: leases.give_back(unit, "router", "one"))
        taken = await database.write(lambda unit: leases.take(unit, "router", "two", MINUTE))
        assert taken is not None
        assert taken.epoch == first.epoch + 1
        with pytest.raises(Superseded):
            await database.write(lambda u: leases.check(u.connection, "router", first.epoch))
        await database.write(lambda u: leases.check(u.connection, "router", taken.epoch))


async def test_a_job_is_done_once_and_tried_again_when_it_fails(any_database: str) -> None:
    clock = SetClock(NOON)
    tried: list[Job] = []

    async def do(job: Job) -> None:
        tried.append(job)
        if job.payload["fails"] >= job.attempts:
            raise ValueError("not yet")

    def ask(unit: Unit) -> bool:
        return jobs.ask_for(unit, "count", {"fails": 1}, run_at=unit.now, key="once")

    async with a_database(any_database, clock=clock) as database:
        worker = Worker(database, {"count": do})
        assert await database.write(ask)
        assert not await database.write(ask)

        assert await worker.work_once() == 1
        assert await worker.work_once() == 0
        clock.move(MINUTE)
        assert await worker.work_once() == 1
        clock.move(60 * MINUTE)
        assert await worker.work_once() == 0
        assert [job.attempts for job in tried] == [1, 2]


async def test_numbers_are_given_without_a_gap(any_database: str) -> None:
    def refuse(unit: Unit) -> None:
        next_numbers(unit.connection, "ticket", 5)
        raise Refused

    async with a_database(any_database) as database:
        first = await database.write(lambda unit: next_numbers(unit.connection, "ticket", 3))
        with pytest.raises(Refused):
            await database.write(refuse)
        second = await database.write(lambda unit: next_numbers(unit.connection, "ticket", 1))

        assert [*first, *second] == [1, 2, 3, 4]


async def test_the_tail_passes_on_every_commit_in_order_and_once(any_database: str) -> None:
    chart = Chart()
    heard: list[int] = []
    chart.follow(Event, lambda lines: heard.extend(line.seq for line in lines))
    async with a_database(any_database, chart) as database:
        bus = LocalBus()
        await bus.start()
        tail = Tail(database, bus, chart)
        await tail.start(None)

        await asyncio.gather(*(database.write_together(noticing, f"m{n}") for n in range(200)))
        await eventually(lambda: len(heard) >= 200)
        await tail.stop()

    assert heard == list(range(1, 201))


async def test_two_writers_number_without_gap_and_the_tail_of_each_sees_both(
    pg_database: str,
) -> None:
    async with a_database(pg_database) as one, a_database(pg_database) as two:
        heard: list[int] = []
        bus = LocalBus()
        await bus.start()
        tail = Tail(two, bus, Chart())
        tail.follow(lambda lines: heard.extend(line.seq for line in lines))
        await tail.start(0.05)

        works = [one.write_together(noticing, f"one{n}") for n in range(100)]
        works += [two.write_together(noticing, f"two{n}") for n in range(100)]
        await asyncio.gather(*works)
        await eventually(lambda: len(heard) >= 200)
        await tail.stop()

        assert heard == list(range(1, 201))
        assert [line.seq for line in await logged(one)] == list(range(1, 201))


async def test_a_newer_schema_is_refused_in_words(any_database: str) -> None:
    migrate(any_database, NOON)
    check(any_database)
    async with a_database(any_database) as database:
        await database.write(
            lambda unit: unit.connection.exec_driver_sql(
                "UPDATE alembic_version SET version_num = '9999'"
            )
        )

    with pytest.raises(WrongSchema, match="written by a newer hub"):
        migrate(any_database, NOON)
    with pytest.raises(WrongSchema, match="written by a newer hub"):
        check(any_database)


async def test_the_epoch_is_made_once(any_database: str) -> None:
    async with a_database(any_database) as database:
        epoch = select(hub_facts.c.value).where(hub_facts.c.name == "epoch")
        before = await database.read(lambda c: c.execute(epoch).scalar_one())
        await asyncio.to_thread(migrate, any_database, NOON)
        assert await database.read(lambda c: c.execute(epoch).scalar_one()) == before
