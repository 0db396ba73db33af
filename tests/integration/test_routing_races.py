"""Whoever is quicker: people and the router decide about the same work, in any order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from hub.agents.model import Agent, Role
from hub.kernel.clock import SECOND, SetClock
from hub.kernel.errors import Refusal
from hub.kernel.ids import ConversationId
from hub.routing import service, store
from hub.routing.board import Board, read_opening
from hub.routing.committing import Judged, commit
from hub.routing.effects import PresenceChanged
from hub.routing.model import RoutingState
from hub.routing.views import QueueView
from tests.support.floor import NOON, Floor, open_floor, until

TIMEOUT = 60 * SECOND


@pytest.fixture
async def floor(any_database: str) -> AsyncIterator[Floor]:
    async with open_floor(any_database) as made:
        yield made
        await made.is_sound()


async def test_an_accept_just_before_the_expiry_is_written_wins(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    await floor.agent("Bob", queues=[queue])
    conversation = await floor.writes(queue)
    offer = await floor.offered(ann)
    await floor.rests()
    clock = floor.clock
    assert isinstance(clock, SetClock)

    clock.move(TIMEOUT)
    floor.runner.advance()  # the router has decided, and not written it yet
    answer = await floor.change(service.accept_offer, offer.id, by=ann)

    assert answer["state"] == "accepted"
    await floor.rests()
    assert await floor.is_assigned(conversation, ann)
    assert floor.runner._following is not None
    assert floor.runner._following.put_right == 1
    assert floor.runner.counts.late > 0


async def test_who_says_available_while_their_arrival_is_being_written_is(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue], available=False)
    await floor.rests()
    saying = asyncio.create_task(floor.says(ann, "available"))
    floor.runner.connected(ann.id)
    await saying

    await until(lambda: floor.runner.presences()[ann.id].status == "available")
    await floor.rests()
    await floor.writes(queue)

    await floor.accepts(ann)
    assert floor.runner.presences()[ann.id].status == "available"


async def test_what_the_router_made_of_who_has_said_something_since_is_stale(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    await floor.rests()
    following = floor.runner._following
    assert following is not None
    away = PresenceChanged(ann.id, RoutingState.NOT_ROUTABLE, "away", None, 0, "signed_in")
    known = following._choices[ann.id]

    for choice, status in ((known - 1, "available"), (known, "away")):
        stale = [Judged(ann.id, away, choice)]
        await floor.database.write(partial(commit, epoch=floor.runner._epoch, deeds=stale))
        assert (await floor.presence(ann)).status == status


async def test_who_says_available_while_nobody_leads_is_given_work(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue], available=False)
    await floor.rests()
    floor.runner._step_down("for a moment")
    floor.runner.connected(ann.id)
    await floor.says(ann, "available")
    conversation = await floor.writes(queue)

    await floor.runner._try_to_lead()

    await floor.accepts(ann)
    assert await floor.is_assigned(conversation, ann)


async def test_an_expiry_that_is_written_first_wins(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    conversation = await floor.writes(queue)
    offer = await floor.offered(ann)

    await floor.passes(TIMEOUT)

    with pytest.raises(service.OfferGone):
        await floor.change(service.accept_offer, offer.id, by=ann)
    assert await floor.routing(conversation) == "waiting"


async def test_work_picked_while_the_router_grants_it_is_the_pickers(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue], available=False)
    bob = await floor.agent("Bob", queues=[queue], available=False)
    conversation = await floor.writes(queue)
    await floor.rests()

    said = floor.says(bob, "available")
    taken = floor.change(service.take, conversation, by=ann)
    await asyncio.gather(said, taken)

    await floor.rests()
    assert await floor.is_assigned(conversation, ann)
    assert (await floor.load(bob)).used == 0


async def test_three_tabs_accept_once(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    await floor.writes(queue)
    offer = await floor.offered(ann)

    answers = await asyncio.gather(
        *(floor.change(service.accept_offer, offer.id, by=ann) for _ in range(3))
    )

    assert answers[0] == answers[1] == answers[2]
    assert len(await floor.events("offer.accepted")) == 1


async def test_a_customer_who_leaves_while_the_agent_accepts(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    conversation = await floor.writes(queue)
    offer = await floor.offered(ann)

    left: object
    accepted: object
    left, accepted = await asyncio.gather(
        floor.ends(conversation),
        floor.change(service.accept_offer, offer.id, by=ann),
        return_exceptions=True,
    )

    assert left is None
    assert isinstance(accepted, service.OfferGone)
    assert (await floor.load(ann)).used == 0


class Day:
    """A busy day: everybody does anything, several at once, and time passes."""

    def __init__(self, floor: Floor, seed: int) -> None:
        self.floor = floor
        self.random = random.Random(seed)
        self.queues: list[QueueView] = []
        self.people: list[Agent] = []
        self.conversations: list[ConversationId] = []
        self.deeds: Counter[str] = Counter()

    async def begins(self) -> None:
        floor = self.floor
        wrap_ups = (("none", None), ("time_boxed", 20 * SECOND), ("optional", None))
        for number, (mode, limit) in enumerate(wrap_ups):
            self.queues.append(
                await floor.queue(f"queue{number}", wrap_up_mode=mode, wrap_up_limit=limit)
            )
        for number in range(6):
            role = Role.SUPERVISOR if number == 5 else Role.AGENT
            self.people.append(
                await floor.agent(
                    f"A{number}",
                    queues=self.random.sample(self.queues, 2),
                    role=role,
                    capacity=self.random.choice([50, 75, 100]),
                    languages=self.random.choice([["zh"], ["en"], ["zh", "en"]]),
                )
            )

    async def goes_on(self, steps: int) -> None:
        for _ in range(steps):
            at_once = self.random.randint(1, 4)
            done = await asyncio.gather(
                *(self.something() for _ in range(at_once)), return_exceptions=True
            )
            for error in done:
                if isinstance(error, BaseException) and not isinstance(error, Refusal):
                    raise error
            if self.random.random() < 0.3:
                await self.floor.rests()

    async def something(self) -> None:
        deeds = (
            [self.write] * 4
            + [self.accept] * 5
            + [self.decline, self.take, self.hand_on, self.end, self.end]
            + [self.wrap_up, self.say, self.come, self.go, self.pass_time, self.pass_time]
        )
        deed = self.random.choice(deeds)
        with contextlib.suppress(Refusal):
            await deed()
            self.deeds[deed.__name__] += 1

    @property
    def anybody(self) -> Agent:
        return self.random.choice(self.people)

    async def write(self) -> None:
        again = None
        if self.conversations and self.random.random() < 0.3:
            again = self.random.choice(self.conversations)
        conversation = await self.floor.writes(
            self.random.choice(self.queues),
            language=self.random.choice([None, "zh", "en", "fr"]),
            channel=self.random.choice(["chat", "memory", "email"]),
            again=again,
        )
        if conversation not in self.conversations:
            self.conversations.append(conversation)

    async def accept(self) -> None:
        who = self.anybody
        for offer in await self.floor.offers_of(who):
            self.floor.runner.offer_shown(offer.id)
            await self.floor.change(service.accept_offer, offer.id, by=who)

    async def decline(self) -> None:
        who = self.anybody
        for offer in await self.floor.offers_of(who):
            await self.floor.change(service.decline_offer, offer.id, reason="no", by=who)

    async def take(self) -> None:
        if self.conversations:
            conversation = self.random.choice(self.conversations)
            await self.floor.change(service.take, conversation, by=self.anybody)

    async def hand_on(self) -> None:
        if not self.conversations:
            return
        conversation = self.random.choice(self.conversations)
        owner = (await self.floor.conversation(conversation)).agent_id
        by = next((p for p in self.people if p.id == owner), self.people[5])
        if self.random.random() < 0.5:
            to: dict[str, Any] = {"queue_id": self.random.choice(self.queues).id}
        else:
            to = {"agent_id": self.anybody.id}
        await self.floor.change(service.transfer, conversation, by=by, **to)

    async def end(self) -> None:
        if self.conversations:
            conversation = self.random.choice(self.conversations)
            await self.floor.ends(conversation, by=self.random.choice(["agent", "customer", "hub"]))

    async def wrap_up(self) -> None:
        if self.conversations:
            conversation = self.random.choice(self.conversations)
            await self.floor.change(service.end_wrap_up, conversation, by=self.anybody)

    async def say(self) -> None:
        status = self.random.choice(["available", "available", "available", "away", "offline"])
        await self.floor.says(self.anybody, status)

    async def come(self) -> None:
        self.floor.runner.connected(self.anybody.id)

    async def go(self) -> None:
        self.floor.runner.disconnected(self.anybody.id)

    async def pass_time(self) -> None:
        assert isinstance(self.floor.clock, SetClock)
        self.floor.clock.move(self.random.choice([1, 3, 10, 30, 61]) * SECOND)
        self.floor.runner.advance()

    async def is_in_order(self) -> None:
        """Nothing is lost, nothing doubled, the board is right, and router and rows agree."""
        floor = self.floor
        await floor.is_sound()
        rows = await floor.database.read(lambda c: c.execute(store.work_items.select()).all())
        live = Counter(row.conversation_id for row in rows if row.state in store.LIVE)
        assert max(live.values(), default=0) <= 1
        for conversation_id in self.conversations:
            found = await floor.conversation(conversation_id)
            expected = 1 if found.status.value == "open" else 0
            assert live[conversation_id] == expected, found
            item = next(
                (r for r in rows if r.conversation_id == found.id and r.state in store.LIVE), None
            )
            if item is not None:
                assert _stage(item.state) == found.routing.value
                assert item.queue_id == found.queue_id
                assert item.agent_id == found.agent_id
        following = floor.runner._following
        assert following is not None
        for row in rows:
            if row.state in store.WAITING:
                mine = following.state.items[row.id]
                place = (mine.enqueued_at, mine.due, mine.demand.course.queue)
                assert place == (row.enqueued_at, row.due, row.queue_id)
        loads = await floor.database.read(lambda c: c.execute(store.agent_loads.select()).all())
        for load in loads:
            assert 0 <= load.used <= load.capacity, load
        await self.board_is_right()

    async def board_is_right(self) -> None:
        now = self.floor.clock.now()
        board = Board()
        opening = await self.floor.database.read(read_opening, board.midnight(now))
        board.open(opening, now)
        mine, counted = self.floor.runner.live_figures(), board.live(now)
        assert list(zip(mine.queues, counted.queues, strict=True)) == [(q, q) for q in mine.queues]
        assert mine == counted
        assert self.floor.runner.presences() == board.presences()


def _stage(state: str) -> str:
    return {"queued": "waiting", "offered": "offered"}.get(state, "assigned")


SEEDS = range(200) if os.environ.get("HUB_FAULTS") == "many" else range(3)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_busy_day_loses_and_doubles_nothing(any_database: str, seed: int) -> None:
    async with open_floor(any_database, clock=SetClock(NOON)) as floor:
        day = Day(floor, seed)
        await day.begins()
        for _ in range(4):
            await day.goes_on(60)
            await day.is_in_order()
        assert len(day.deeds) >= 10, day.deeds
        assert floor.runner.counts.rebuilds == 0


async def test_who_takes_back_what_they_handed_on_is_no_longer_wrapping_it_up(
    any_database: str,
) -> None:
    async with open_floor(any_database) as floor:
        sales = await floor.queue("sales", wrap_up_mode="time_boxed", wrap_up_limit=30 * SECOND)
        billing = await floor.queue("billing")
        ann = await floor.agent("Ann", queues=[sales, billing], role=Role.SUPERVISOR)
        conversation = await floor.writes(sales)
        await floor.accepts(ann)
        await floor.says(ann, "away")
        await floor.change(service.transfer, conversation, by=ann, queue_id=billing.id)

        await floor.change(service.take, conversation, by=ann)
        await floor.passes(30 * SECOND)

        assert await floor.is_assigned(conversation, ann)
        assert (await floor.load(ann)).used == 25
        await floor.is_sound()
