"""Two nodes on one PostgreSQL write to the same rows at the same time: nothing is lost, nothing is
doubled, and nobody is told that the storage is down.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import pytest
from sqlalchemy import event, text

from hub.agents import service as agents
from hub.agents.model import Agent, Role
from hub.app.verify import findings
from hub.conversations import service, store
from hub.conversations.model import Inbound, State
from hub.conversations.receiving import receive
from hub.customers import service as customers, store as customer_store
from hub.customers.model import Claim
from hub.kernel.clock import SetClock
from hub.kernel.errors import StorageDown
from hub.kernel.ids import ChannelId
from hub.storage import log
from hub.storage.database import TRIES, Database
from hub.storage.migrate import migrate
from hub.storage.unit import Unit
from hub.tickets import service as tickets
from tests.support.desk import NOON
from tests.support.statements import heard

pytestmark = pytest.mark.integration
T = TypeVar("T")


class Nodes:
    """Two nodes, and an agent who may do anything."""

    def __init__(self, one: Database, two: Database, agent: Agent) -> None:
        self.one, self.two, self.agent = one, two, agent

    @property
    def both(self) -> tuple[Database, Database]:
        return self.one, self.two

    @property
    def again(self) -> int:
        """How often something had to be run again."""
        return self.one.counts.again + self.two.counts.again

    async def do(self, *works: Callable[[Unit], T]) -> list[T]:
        """One work after another, on the first node."""
        return [await self.one.write(work) for work in works]

    async def race(self, one: Callable[[Unit], T], two: Callable[[Unit], T]) -> list[T]:
        """A work on each node: each takes what it wants first before either may go on."""
        return list(await asyncio.gather(self.one.write(one), self.two.write(two)))


@pytest.fixture
async def nodes(pg_database: str) -> AsyncIterator[Nodes]:
    migrate(pg_database, NOON)
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(a_node(pg_database))
        two = await stack.enter_async_context(a_node(pg_database))
        add = partial(agents.add_agent, email="s@x.example", name="Sam", role=Role.SUPERVISOR)
        agent = await one.write(lambda unit: add(unit, password_hash=None))
        yield Nodes(one, two, agent)


@asynccontextmanager
async def a_node(url: str) -> AsyncIterator[Database]:
    """A node that gives up waiting for a lock sooner than production does."""
    database = Database(url, clock=SetClock(NOON), readers=2)

    @event.listens_for(database._writing, "begin")
    def hasten(connection: Any) -> None:
        connection.exec_driver_sql("SET LOCAL deadlock_timeout = '50ms'")

    await database.start()
    try:
        yield database
    finally:
        await database.stop()


def words(key: str, who: str) -> Inbound:
    """A message on the shop's channel, in the thread of whoever writes."""
    return Inbound(
        channel_id=ChannelId("shop"),
        channel="memory",
        key=key,
        sender=Claim("memory", who, name=who.title(), verified=True),
        text="hello",
        thread_key=who,
    )


async def revs_told(database: Database, entity: str) -> dict[str, list[int]]:
    """The revs that screens were told of each thing, in the order of the log."""
    told: dict[str, list[int]] = defaultdict(list)
    for line in await database.read(log.read_since, 0, 1_000_000):
        for change in line.event.changes:
            if change.entity == entity:
                told[change.id].append(change.rev)
    return told


async def check_all(nodes: Nodes, *, written: int) -> None:
    """Revs and ordinals count 1, 2, 3, and so does everything else that ``hub verify`` asks."""
    everything = await nodes.one.read(store.listed, limit=1_000)
    told = await revs_told(nodes.one, "conversation")
    assert told == {c.id: list(range(1, c.rev + 1)) for c in everything}
    assert sum(c.last_ordinal for c in everything) == written
    for conversation in everything:
        thread = await nodes.two.read(store.thread, conversation.id, 1 << 30, 10_000)
        assert [m.ordinal for m in thread] == list(range(1, conversation.last_ordinal + 1))
    for revs in (await revs_told(nodes.one, "message")).values():
        assert revs == list(range(1, len(revs) + 1))
    found = await nodes.one.read(lambda connection: list(findings(connection)))
    assert [f.name for f in found if not f.holds] == []


# -- the same rows ---------------------------------------------------------------------------------


async def test_a_storm_on_the_same_conversations_leaves_no_gap(nodes: Nodes) -> None:
    luck = random.Random(7)
    people = ["ann", "bo", "cy"]
    begun = await nodes.one.write(lambda unit: receive(unit, [words(who, who) for who in people]))
    ids = [received.conversation_id for received in begun]
    keys = (f"key-{n}" for n in itertools.count())
    written = len(people)

    def a_deed(node: Database, stranger: str) -> tuple[int, Coroutine[Any, Any, Any]]:
        id_ = luck.choice(ids)
        deed = luck.randrange(4)
        if deed == 0:
            who = luck.choice([*people, stranger])
            return 1, node.write_together(receive, words(next(keys), who))
        if deed == 1:
            return 1, node.write(partial(service.note, conversation_id=id_, text="!", by=sam))
        if deed == 2:
            rate = partial(service.rate, conversation_id=id_, score=5, solved=True, comment="")
            return 0, node.write(rate)
        return 0, node.write(partial(service.mark_read, conversation_id=id_, ordinal=999, by=sam))

    sam = nodes.agent
    for n in range(100):
        deeds = [a_deed(node, f"stranger{n}") for node in nodes.both * 4]
        written += sum(count for count, _ in deeds)
        await asyncio.gather(*(work for _, work in deeds))

    await check_all(nodes, written=written)


async def test_the_same_message_to_both_nodes_is_kept_once(nodes: Nodes) -> None:
    for n in range(50):
        inbound = words(f"key-{n}", f"person{n % 25}")
        one, two = await asyncio.gather(
            *(node.write_together(receive, inbound) for node in nodes.both)
        )
        assert one.message_id == two.message_id
        assert one.duplicate != two.duplicate

    await check_all(nodes, written=50)
    people = await nodes.one.read(customer_store.search, "", 100)
    assert len(people) == 25


async def test_batches_of_the_same_messages_to_both_nodes_are_kept_once(nodes: Nodes) -> None:
    batch = [words(f"key-{n}", f"person{n % 7}") for n in range(200)]

    answers = await asyncio.gather(
        *(nodes.one.write_together(receive, inbound) for inbound in batch),
        *(nodes.two.write_together(receive, inbound) for inbound in batch[::-1]),
    )

    pairs = list(zip(answers[:200], answers[200:][::-1], strict=True))
    assert all(one.message_id == two.message_id for one, two in pairs)
    assert all(one.duplicate != two.duplicate for one, two in pairs)
    await check_all(nodes, written=200)
    people = await nodes.one.read(customer_store.search, "", 100)
    assert len(people) == 7


async def test_what_became_of_a_message_is_told_without_a_gap(nodes: Nodes) -> None:
    (begun,) = await nodes.one.write(lambda unit: receive(unit, [words("k", "mia")]))
    id_ = begun.conversation_id
    say = partial(service.reply, conversation_id=id_, text="yes", by=nodes.agent)
    said = [await nodes.one.write(say) for _ in range(30)]
    has = partial(service.customer_has, conversation_id=id_, actor="customer:mia")

    tasks = []
    for message in said:
        sent = partial(service.report, message_id=message.id, state=State.SENT)
        arrived = partial(service.report, message_id=message.id, state=State.DELIVERED)
        seen = partial(has, ordinal=message.ordinal, state=State.READ)
        tasks += [
            nodes.one.write(sent),
            nodes.two.write(arrived),
            nodes.two.write(seen),
            nodes.one.write(seen),
        ]
    await asyncio.gather(*tasks)

    told = await revs_told(nodes.one, "message")
    for message in said:
        assert told[message.id] == list(range(1, len(told[message.id]) + 1))
        kept = await nodes.one.read(store.find_message, message.id)
        assert kept is not None
        assert kept.rev == len(told[message.id])


async def test_of_two_who_change_a_customer_from_the_same_rev_one_is_refused(nodes: Nodes) -> None:
    (person,) = await nodes.do(lambda unit: customers.recognise(unit, [Claim("memory", "mia")])[0])

    for rev in range(1, 31):
        work = partial(
            customers.change_customer, customer_id=person.id, if_rev=rev, by=nodes.agent.actor
        )
        answers = await asyncio.gather(
            *(node.write(partial(work, changes={"note": f"{rev}"})) for node in nodes.both),
            return_exceptions=True,
        )
        refused = [a for a in answers if isinstance(a, customers.StaleRev)]
        assert len(refused) == 1, answers

    assert (await revs_told(nodes.one, "customer"))[person.id] == list(range(1, 32))


async def test_of_two_who_change_a_ticket_from_the_same_rev_one_is_refused(nodes: Nodes) -> None:
    (begun,) = await nodes.one.write(lambda unit: receive(unit, [words("k", "mia")]))
    opening = partial(tickets.open_ticket, subject="Sofa", by=nodes.agent)
    ticket = await nodes.one.write(
        lambda unit: opening(unit, conversation_id=begun.conversation_id)
    )

    for rev in range(ticket.rev, ticket.rev + 30):
        work = partial(tickets.change_ticket, ticket_id=ticket.id, if_rev=rev, by=nodes.agent)
        answers = await asyncio.gather(
            *(node.write(partial(work, changes={"subject": f"{rev}"})) for node in nodes.both),
            return_exceptions=True,
        )
        assert len([a for a in answers if isinstance(a, tickets.StaleRev)]) == 1, answers

    told = (await revs_told(nodes.one, "ticket"))[ticket.id]
    assert told == list(range(1, ticket.rev + 31))


def plan_of(database: Database, unit: Unit) -> str:
    """How PostgreSQL looks for open threads while it knows that there are none yet."""
    unit.connection.exec_driver_sql("ANALYZE conversations")
    with heard(database) as said:
        store.open_threads(unit.connection, [("shop", "mia")])
    ((statement, given),) = said
    rows = unit.connection.exec_driver_sql(f"EXPLAIN {statement}", given).scalars()
    return "\n".join(rows)


async def test_rows_are_taken_in_order_but_looked_up_by_their_keys(nodes: Nodes) -> None:
    plan = await nodes.one.write(partial(plan_of, nodes.one))

    assert "LockRows" in plan
    assert "uq_conversations_open_thread" in plan


# -- in each other's way ---------------------------------------------------------------------------


def crossing(nodes: Nodes, barrier: threading.Barrier, first: str, second: str) -> Any:
    """A work that notes something in two conversations, and the first time waits in between until
    another such work is as far.
    """
    waited: list[None] = []

    def work(unit: Unit) -> None:
        service.note(unit, first, f"first of {first}", by=nodes.agent)
        if not waited:
            waited.append(None)
            barrier.wait(10)
        service.note(unit, second, f"second of {first}", by=nodes.agent)

    return work


async def test_a_deadlock_is_undone_and_run_again(nodes: Nodes) -> None:
    begun = await nodes.one.write(lambda unit: receive(unit, [words("a", "ann"), words("b", "bo")]))
    ann, bo = (received.conversation_id for received in begun)
    barrier = threading.Barrier(2)

    await nodes.race(crossing(nodes, barrier, ann, bo), crossing(nodes, barrier, bo, ann))

    assert nodes.again >= 1
    for id_ in (ann, bo):
        thread = await nodes.one.read(store.thread, id_, 1 << 30, 100)
        assert {m.text for m in thread} == {"hello", f"first of {id_}"} | {
            f"second of {other}" for other in (ann, bo) if other != id_
        }
    await check_all(nodes, written=6)


def undone(unit: Unit) -> None:
    """PostgreSQL undoes this transaction for the sake of another."""
    unit.connection.execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"))


@pytest.mark.parametrize("times", range(1, TRIES))
async def test_all_that_was_undone_with_one_work_is_done_once(nodes: Nodes, times: int) -> None:
    left = [None] * times

    def unlucky(unit: Unit) -> None:
        if left:
            left.pop()
            undone(unit)

    await asyncio.gather(
        nodes.one.write_together(receive, words("a", "ann")),
        nodes.one.write(unlucky),
        nodes.one.write_together(receive, words("b", "bo")),
    )

    assert nodes.again == times
    await check_all(nodes, written=2)


async def test_who_is_undone_every_time_is_told_and_the_next_is_served(nodes: Nodes) -> None:
    with pytest.raises(StorageDown):
        await nodes.one.write(undone)

    assert nodes.again == TRIES - 1
    await nodes.one.write_together(receive, words("a", "ann"))
    assert not nodes.one.is_full
    await check_all(nodes, written=1)
