"""Offers from beginning to end, on both databases, with real commits and a clock that is set."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hub.kernel.clock import MINUTE, SECOND
from hub.routing import service
from hub.routing.rules import RULES
from hub.routing.service import NoSuchOffer, OfferGone
from tests.support.floor import Floor, open_floor, until

TIMEOUT = 60 * SECOND


@pytest.fixture
async def floor(any_database: str) -> AsyncIterator[Floor]:
    async with open_floor(any_database) as made:
        yield made
        await made.is_sound()


async def test_a_waiting_conversation_is_offered_and_accepted(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])

    conversation = await floor.writes(queue)
    offer = await floor.offered(ann)
    assert await floor.routing(conversation) == "offered"
    answer = await floor.change(service.accept_offer, offer.id, by=ann)

    assert answer["state"] == "accepted"
    assert answer["customer"]["name"]
    assert answer["why"]["code"] == "only_one"
    assert await floor.is_assigned(conversation, ann)
    assert (await floor.load(ann)).used == 25
    kinds = [event.type for event in await floor.events()]
    assert kinds.index("work.queued") < kinds.index("offer.made") < kinds.index("offer.accepted")


async def test_work_that_came_before_anybody_was_there_is_offered_when_somebody_is(
    floor: Floor,
) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue], available=False)
    conversation = await floor.writes(queue)
    assert await floor.routing(conversation) == "waiting"

    await floor.says(ann, "available")

    await floor.accepts(ann)
    assert await floor.is_assigned(conversation, ann)


async def test_accepting_twice_is_accepting_once(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    await floor.writes(queue)
    offer = await floor.offered(ann)

    first = await floor.change(service.accept_offer, offer.id, by=ann)
    again = await floor.change(service.accept_offer, offer.id, by=ann)

    assert again == first
    assert len(await floor.events("offer.accepted")) == 1
    assert (await floor.load(ann)).used == 25


async def test_a_colleague_cannot_accept_ones_offer(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    bob = await floor.agent("Bob", queues=[queue], available=False)
    await floor.writes(queue)
    offer = await floor.offered(ann)

    with pytest.raises(NoSuchOffer):
        await floor.change(service.accept_offer, offer.id, by=bob)


async def test_a_declined_item_goes_to_a_colleague_and_keeps_its_place(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    bob = await floor.agent("Bob", queues=[queue])
    conversation = await floor.writes(queue)
    before = await floor.item(conversation)
    offer = await floor.offered(ann)

    answer = await floor.change(service.decline_offer, offer.id, reason="lunch", by=ann)

    assert answer["state"] == "declined"
    await floor.accepts(bob)
    after = await floor.item(conversation)
    assert await floor.is_assigned(conversation, bob)
    assert (after.due, after.seq, after.enqueued_at) == (before.due, before.seq, before.enqueued_at)
    assert (await floor.load(ann)).used == 0


async def test_whoever_declined_alone_is_asked_again_later(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    conversation = await floor.writes(queue)
    offer = await floor.offered(ann)
    await floor.change(service.decline_offer, offer.id, reason="lunch", by=ann)
    await floor.rests()
    assert await floor.offers_of(ann) == []
    assert await floor.routing(conversation) == "waiting"

    await floor.passes(RULES.reject_gap)

    assert (await floor.offered(ann)).id != offer.id


async def test_an_offer_left_alone_expires_and_the_customer_does_not_pay(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    bob = await floor.agent("Bob", queues=[queue], available=False)
    conversation = await floor.writes(queue)
    before = await floor.item(conversation)
    offer = await floor.offered(ann)

    await floor.passes(TIMEOUT)

    (ended,) = await floor.events("offer.ended")
    assert (ended.state, ended.reason) == ("expired", "no_answer")
    assert await floor.routing(conversation) == "waiting"
    assert (await floor.item(conversation)).due == before.due - TIMEOUT
    with pytest.raises(OfferGone) as gone:
        await floor.change(service.accept_offer, offer.id, by=ann)
    assert gone.value.facts["state"] == "expired"
    await floor.says(bob, "available")
    await floor.accepts(bob)


async def test_whoever_lets_offers_expire_is_held_not_to_respond(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    await floor.writes(queue)

    for _ in range(2):
        await floor.offered(ann)
        await floor.passes(TIMEOUT)
        await floor.passes(RULES.rona_gap)

    assert floor.runner.presences()[ann.id].routing_state == "unresponsive"
    assert [event.kind for event in await floor.events("routing.alerted")] == ["rona"]
    assert await floor.offers_of(ann) == []
    await floor.says(ann, "available")
    await floor.accepts(ann)


async def test_an_offer_that_no_screen_shows_expires_without_blame(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    await floor.writes(queue)
    await until(lambda: floor.offers_of(ann))
    await floor.rests()

    await floor.passes(RULES.delivery_timeout or 0)

    (ended,) = await floor.events("offer.ended")
    assert (ended.state, ended.reason) == ("expired", "undelivered")
    assert (await floor.load(ann)).expiries == 0


async def test_going_away_takes_back_what_rings(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    bob = await floor.agent("Bob", queues=[queue])
    conversation = await floor.writes(queue)
    await floor.offered(ann)

    await floor.says(ann, "away", "lunch")

    await floor.accepts(bob)
    assert await floor.is_assigned(conversation, bob)
    (ended,) = await floor.events("offer.ended")
    assert (ended.state, ended.reason) == ("withdrawn", "presence")


async def test_a_customer_who_leaves_takes_the_offer_along(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    conversation = await floor.writes(queue)
    offer = await floor.offered(ann)

    await floor.ends(conversation)

    with pytest.raises(OfferGone):
        await floor.change(service.accept_offer, offer.id, by=ann)
    assert (await floor.load(ann)).used == 0
    assert (await floor.item(conversation)).state == "abandoned"


async def test_the_last_agent_is_asked_first_when_the_customer_comes_back(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    conversation = await floor.writes(queue, who="mia")
    await floor.accepts(ann)
    bob = await floor.agent("Bob", queues=[queue])
    await floor.ends(conversation, by="agent")
    await floor.passes(MINUTE)

    await floor.writes(queue, who="mia", again=conversation)

    offer = await floor.offered(ann)
    assert offer.shown["why"]["code"] == "preferred"
    assert await floor.offers_of(bob) == []


async def test_who_speaks_the_language_comes_before_who_does_not(floor: Floor) -> None:
    queue = await floor.queue()
    bob = await floor.agent("Bob", queues=[queue], languages=["en"])
    await floor.passes(SECOND)
    li = await floor.agent("Li", queues=[queue], languages=["zh"], available=False)

    conversation = await floor.writes(queue, language="zh-CN")
    await floor.rests()
    assert await floor.offers_of(bob) == []

    await floor.says(li, "available")
    await floor.accepts(li)
    assert await floor.is_assigned(conversation, li)


async def test_nobody_waits_for_ever_for_a_language(floor: Floor) -> None:
    queue = await floor.queue(target=MINUTE)
    bob = await floor.agent("Bob", queues=[queue], languages=["en"])
    await floor.agent("Li", queues=[queue], languages=["zh"], available=False)
    await floor.writes(queue, language="zh")
    await floor.rests()
    assert await floor.offers_of(bob) == []

    await floor.passes(MINUTE)

    assert await floor.offered(bob)
