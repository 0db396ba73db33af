"""One leader at a time: taking over, starting again, racing for the same work, and mending."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence

import pytest

from hub.agents.model import Agent
from hub.kernel.clock import SECOND, SetClock, SystemClock
from hub.kernel.errors import Refusal
from hub.routing import service, store
from hub.routing.committing import LEASE, Judged, commit
from hub.routing.effects import PresenceChanged
from hub.routing.model import RoutingState
from hub.routing.rules import RULES
from hub.storage.bus import LocalBus
from hub.storage.leases import Superseded
from hub.storage.schema import leases
from tests.support.floor import NOON, Floor, open_floor, until


async def test_a_new_start_finds_everything_as_it_was(any_database: str) -> None:
    clock = SetClock(NOON)
    async with open_floor(any_database, clock=clock) as floor:
        queue = await floor.queue()
        ann = await floor.agent("Ann", queues=[queue], capacity=50)
        mine = await floor.writes(queue)
        await floor.accepts(ann)
        offered = await floor.writes(queue)
        offer = await floor.offered(ann)
        waiting = await floor.writes(queue)
        await floor.rests()
        before = await floor.item(waiting)

    async with open_floor(any_database, clock=clock, fresh=False, node="two") as floor:
        assert await floor.is_assigned(mine, ann)
        assert await floor.routing(offered) == "offered"
        assert (await floor.offered(ann)).id == offer.id
        floor.runner.connected(ann.id)
        await floor.change(service.accept_offer, offer.id, by=ann)
        assert await floor.is_assigned(offered, ann)
        await floor.ends(mine)
        await floor.accepts(ann)
        assert await floor.is_assigned(waiting, ann)
        after = await floor.item(waiting)
        assert (after.due, after.seq) == (before.due, before.seq)
        await floor.is_sound()


async def test_who_was_there_before_a_new_start_has_time_to_come_back(any_database: str) -> None:
    clock = SetClock(NOON)
    async with open_floor(any_database, clock=clock) as floor:
        queue = await floor.queue()
        ann = await floor.agent("Ann", queues=[queue])
        bob = await floor.agent("Bob", queues=[queue])
        floor.runner.connected(ann.id)
        floor.runner.connected(bob.id)
        await floor.rests()

    async with open_floor(any_database, clock=clock, fresh=False, node="two") as floor:
        floor.runner.connected(ann.id)
        await floor.rests()
        assert floor.runner.presences()[ann.id].status == "available"
        await floor.passes(RULES.grace)
        assert floor.runner.presences()[ann.id].status == "available"
        assert floor.runner.presences()[bob.id].status == "offline"
        await floor.is_sound()


async def test_an_offer_that_ran_out_while_nobody_routed_blames_nobody(any_database: str) -> None:
    clock = SetClock(NOON)
    async with open_floor(any_database, clock=clock) as floor:
        queue = await floor.queue()
        ann = await floor.agent("Ann", queues=[queue])
        conversation = await floor.writes(queue)
        before = await floor.item(conversation)
        offer = await floor.offered(ann)
        await floor.rests()
    clock.move(3_600 * SECOND)

    async with open_floor(any_database, clock=clock, fresh=False, node="two") as floor:
        with pytest.raises(service.OfferGone):
            await floor.change(service.accept_offer, offer.id, by=ann)
        after = await floor.item(conversation)
        assert after.due == before.due - 60 * SECOND
        floor.runner.connected(ann.id)
        await floor.accepts(ann)
        assert (await floor.load(ann)).expiries == 0
        await floor.is_sound()


async def test_a_leader_whose_epoch_is_over_writes_nothing(any_database: str) -> None:
    async with open_floor(any_database) as floor:
        queue = await floor.queue()
        ann = await floor.agent("Ann", queues=[queue])
        epoch = floor.runner._epoch
        gone = PresenceChanged(ann.id, RoutingState.OFFLINE, None, None, 0, "grace_over")
        stale = Judged(ann.id, gone, choice=1)
        await floor.database.write(
            lambda unit: unit.connection.execute(
                leases.update()
                .where(leases.c.name == LEASE)
                .values(epoch=epoch + 1, holder="other")
            )
        )

        with pytest.raises(Superseded):
            await floor.database.write(lambda unit: commit(unit, epoch, [stale]))

        assert floor.runner.presences()[ann.id].status == "available"


async def test_contradicting_rows_are_mended_and_said(any_database: str) -> None:
    async with open_floor(any_database) as floor:
        queue = await floor.queue()
        ann = await floor.agent("Ann", queues=[queue])
        conversation = await floor.writes(queue)
        await floor.accepts(ann)
        await floor.rests()
        await floor.database.write(
            lambda unit: unit.connection.execute(
                store.agent_loads.update()
                .where(store.agent_loads.c.agent_id == ann.id)
                .values(used=75)
            )
        )

        assert await floor.runner.reconcile() == 0
        assert await floor.runner.reconcile() == 1

        assert (await floor.load(ann)).used == 25
        assert await floor.events("routing.repaired")
        await until(lambda: floor.runner.is_leading)
        assert await floor.is_assigned(conversation, ann)
        assert await floor.runner.reconcile() == 0
        assert await floor.runner.reconcile() == 0


async def test_work_the_router_forgot_is_found_again(any_database: str) -> None:
    async with open_floor(any_database) as floor:
        queue = await floor.queue()
        ann = await floor.agent("Ann", queues=[queue], available=False)
        conversation = await floor.writes(queue)
        await floor.rests()
        following = floor.runner._following
        assert following is not None
        item = await floor.item(conversation)
        following.refuse(item.id, item_gone=True)
        forgotten = following.state.items.pop(item.id)
        following.state.index.leave(forgotten)

        await floor.runner.reconcile()
        await floor.runner.reconcile()

        await until(lambda: floor.runner.is_leading)
        assert floor.runner.counts.rebuilds == 1
        await floor.says(ann, "available")
        await floor.accepts(ann)


async def test_a_broken_core_begins_again_from_the_rows(any_database: str) -> None:
    async with open_floor(any_database) as floor:
        queue = await floor.queue()
        ann = await floor.agent("Ann", queues=[queue])
        await floor.rests()
        following = floor.runner._following
        assert following is not None
        following.state.seats[ann.id].used = 7  # the core contradicts itself

        conversation = await floor.writes(queue)

        await until(lambda: floor.runner.counts.rebuilds == 1 and floor.runner.is_leading)
        floor.runner.connected(ann.id)
        await floor.accepts(ann)
        assert await floor.is_assigned(conversation, ann)


# -- several nodes --------------------------------------------------------------------------------


@pytest.mark.integration
async def test_another_node_takes_over_and_offers_ring_on(pg_database: str) -> None:
    bus = LocalBus()
    clock = SystemClock()
    async with (
        open_floor(pg_database, clock=clock, bus=bus) as one,
        open_floor(pg_database, clock=clock, bus=bus, node="two", fresh=False) as two,
    ):
        assert (one.runner.is_leading, two.runner.is_leading) == (True, False)
        queue = await one.queue()
        ann = await one.agent("Ann", queues=[queue])
        two.runner.connected(ann.id)
        conversation = await two.writes(queue)
        offer = await one.offered(ann)
        epoch = one.runner._epoch

        await one.runner.stop()
        await until(lambda: two.runner.is_leading)

        assert two.runner._epoch > epoch
        await one.change(service.accept_offer, offer.id, by=ann)
        assert await two.is_assigned(conversation, ann)
        following = two.runner._following
        assert following is not None
        await until(lambda: following.state.seats[ann.id].used == 25)
        second = await one.writes(queue)
        await two.accepts(ann)
        assert await two.is_assigned(second, ann)
        await two.is_sound()


@pytest.mark.integration
async def test_agents_of_any_node_are_known_to_the_leader(pg_database: str) -> None:
    bus = LocalBus()
    clock = SystemClock()
    async with (
        open_floor(pg_database, clock=clock, bus=bus) as one,
        open_floor(pg_database, clock=clock, bus=bus, node="two", fresh=False) as two,
    ):
        queue = await one.queue()
        ann = await one.agent("Ann", queues=[queue])
        two.runner.connected(ann.id)
        await until(lambda: ann.id in one.runner._connected())

        two.runner.disconnected(ann.id)

        await until(lambda: not one.runner.presences()[ann.id].connected)
        await until(lambda: not two.runner.presences()[ann.id].connected)
        two.runner.connected(ann.id)
        await until(lambda: two.runner.presences()[ann.id].connected)


@pytest.mark.integration
async def test_two_nodes_never_give_one_conversation_to_two_agents(pg_database: str) -> None:
    """The router offers, agents of both nodes accept, and others pick by hand what they can get."""
    bus = LocalBus()
    clock = SystemClock()
    async with (
        open_floor(pg_database, clock=clock, bus=bus) as one,
        open_floor(pg_database, clock=clock, bus=bus, node="two", fresh=False) as two,
    ):
        queue = await one.queue()
        people = [await one.agent(f"A{n}", queues=[queue], capacity=75) for n in range(6)]
        await until(lambda: len(two.runner.presences()) == 6)
        wanted = await asyncio.gather(*(one.writes(queue) for _ in range(40)))

        await asyncio.gather(
            *(_accept_all(one, person) for person in people[:3]),
            *(_accept_all(two, person) for person in people[3:]),
            _pick(one, people[0], wanted),
            _pick(two, people[5], wanted[::-1]),
        )

        parts = await one.database.read(lambda c: c.execute(store.live_assignments).all())
        assert max(Counter(part.item_id for part in parts).values()) == 1
        assert len(parts) == 18, "six agents carry three each"
        held = await one.database.read(store.held_units)
        assert held == {person.id: 75 for person in people}
        await one.is_sound()


async def _accept_all(floor: Floor, person: Agent) -> None:
    for _ in range(60):
        for offer in await floor.offers_of(person):
            floor.runner.offer_shown(offer.id)
            with contextlib.suppress(Refusal):
                await floor.change(service.accept_offer, offer.id, by=person)
        await asyncio.sleep(0.01)


async def _pick(floor: Floor, person: Agent, wanted: Sequence[str]) -> None:
    for conversation in wanted:
        with contextlib.suppress(Refusal):
            await floor.change(service.take, conversation, by=person)


async def test_looking_while_work_flows_finds_nothing_wrong(any_database: str) -> None:
    async with open_floor(any_database) as floor:
        queue = await floor.queue()
        people = [await floor.agent(f"A{n}", queues=[queue], capacity=50) for n in range(4)]

        async def works() -> None:
            for _ in range(15):
                await asyncio.gather(*(floor.writes(queue) for _ in range(4)))
                for person in people:
                    for offer in await floor.offers_of(person):
                        with contextlib.suppress(Refusal):
                            await floor.change(service.accept_offer, offer.id, by=person)
                            await floor.ends(offer.conversation_id, by="agent")

        async def looks() -> None:
            for _ in range(60):
                await floor.runner.reconcile()
                await asyncio.sleep(0.005)

        await asyncio.gather(works(), looks())

        assert floor.runner.counts.repairs == 0
        await floor.is_sound()
