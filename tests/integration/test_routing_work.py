"""Work in hand: taken, handed on, ended and wrapped up, and what happens when its agent is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hub.agents import service as agents
from hub.agents.model import Role
from hub.conversations import service as conversations
from hub.conversations.model import Routing
from hub.conversations.service import HasEnded, NoSuchConversation, NotYours
from hub.kernel.clock import MINUTE, SECOND
from hub.kernel.errors import Invalid
from hub.routing import service
from hub.routing.ledger import TooMuch
from hub.routing.rules import RULES
from hub.routing.service import CannotTake, NoEarlyExit, NoWrapUp, OfferedElsewhere
from tests.support.floor import Floor, open_floor, until


@pytest.fixture
async def floor(any_database: str) -> AsyncIterator[Floor]:
    async with open_floor(any_database) as made:
        yield made
        await made.is_sound()


# -- taking ---------------------------------------------------------------------------------------


async def test_an_agent_picks_a_waiting_conversation(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue], available=False)
    conversation = await floor.writes(queue)

    view = await floor.change(service.take, conversation, by=ann)

    assert (view.routing, view.agent_id) == (Routing.ASSIGNED, ann.id)
    await floor.rests()
    assert (await floor.load(ann)).used == 25
    following = floor.runner._following
    assert following is not None
    assert following.state.seats[ann.id].used == 25
    again = await floor.change(service.take, conversation, by=ann)
    assert again.agent_id == ann.id
    assert len(await floor.events("work.taken")) == 1


async def test_nobody_picks_more_than_they_can_carry(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue], available=False, capacity=50)
    three = [await floor.writes(queue) for _ in range(3)]
    for conversation in three[:2]:
        await floor.change(service.take, conversation, by=ann)

    with pytest.raises(TooMuch):
        await floor.change(service.take, three[2], by=ann)

    assert (await floor.load(ann)).used == 50


async def test_what_rings_at_a_colleague_is_not_taken_away(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    bob = await floor.agent("Bob", queues=[queue], available=False)
    conversation = await floor.writes(queue)
    await floor.offered(ann)

    with pytest.raises(OfferedElsewhere):
        await floor.change(service.take, conversation, by=bob)

    view = await floor.change(service.take, conversation, by=ann)
    assert view.agent_id == ann.id


async def test_work_of_a_foreign_queue_is_as_good_as_not_there(floor: Floor) -> None:
    queue = await floor.queue()
    other = await floor.queue("billing")
    ann = await floor.agent("Ann", queues=[other], available=False)
    conversation = await floor.writes(queue)

    with pytest.raises(NoSuchConversation):
        await floor.change(service.take, conversation, by=ann)


# -- handing on -----------------------------------------------------------------------------------


async def test_a_conversation_is_handed_on_to_another_queue(floor: Floor) -> None:
    sales, billing = await floor.queue("sales"), await floor.queue("billing")
    ann = await floor.agent("Ann", queues=[sales])
    bob = await floor.agent("Bob", queues=[billing])
    conversation = await floor.writes(sales)
    before = await floor.item(conversation)
    await floor.accepts(ann)

    view = await floor.change(
        service.transfer, conversation, by=ann, queue_id=billing.id, note="wants an invoice"
    )

    assert (view.routing, view.queue_id, view.agent_id) == (Routing.WAITING, billing.id, None)
    await floor.accepts(bob)
    assert await floor.is_assigned(conversation, bob)
    assert (await floor.load(ann)).used == 0
    assert (await floor.item(conversation)).due == before.due  # sent on at once: a misroute
    assert await floor.events("message.noted")


async def test_a_conversation_is_handed_on_to_a_colleague(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    conversation = await floor.writes(queue)
    await floor.accepts(ann)
    bob = await floor.agent("Bob", queues=[queue])
    await floor.agent("Cid", queues=[queue])

    await floor.change(service.transfer, conversation, by=ann, agent_id=bob.id)

    offer = await floor.offered(bob)
    assert offer.mode == "transferred"
    assert offer.shown["why"]["code"] == "transferred"
    await floor.change(service.accept_offer, offer.id, by=bob)
    assert await floor.is_assigned(conversation, bob)


async def test_nobody_is_handed_what_they_cannot_take(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    bob = await floor.agent("Bob", queues=[queue], available=False)
    conversation = await floor.writes(queue)
    await floor.accepts(ann)

    with pytest.raises(CannotTake):
        await floor.change(service.transfer, conversation, by=ann, agent_id=bob.id)
    with pytest.raises(Invalid):
        await floor.change(service.transfer, conversation, by=ann, queue_id="no such queue")

    assert await floor.is_assigned(conversation, ann)


async def test_only_its_agent_or_a_supervisor_hands_a_conversation_on(floor: Floor) -> None:
    sales, billing = await floor.queue("sales"), await floor.queue("billing")
    ann = await floor.agent("Ann", queues=[sales], available=False)
    eve = await floor.agent("Eve", role=Role.SUPERVISOR, available=False)
    bob = await floor.agent("Bob", queues=[billing])
    conversation = await floor.writes(sales)

    with pytest.raises(NotYours):
        await floor.change(service.transfer, conversation, by=ann, queue_id=billing.id)
    await floor.change(service.transfer, conversation, by=eve, queue_id=billing.id)

    await floor.accepts(bob)
    assert await floor.is_assigned(conversation, bob)


async def test_a_supervisor_hands_on_what_rings(floor: Floor) -> None:
    sales, billing = await floor.queue("sales"), await floor.queue("billing")
    ann = await floor.agent("Ann", queues=[sales])
    bob = await floor.agent("Bob", queues=[billing])
    eve = await floor.agent("Eve", role=Role.SUPERVISOR, available=False)
    conversation = await floor.writes(sales)
    await floor.offered(ann)

    await floor.change(service.transfer, conversation, by=eve, queue_id=billing.id)

    await floor.accepts(bob)
    assert (await floor.load(ann)).used == 0


# -- ending and wrap-up ---------------------------------------------------------------------------


async def test_wrap_up_follows_the_end_and_the_agent_ends_it(floor: Floor) -> None:
    queue = await floor.queue(wrap_up_mode="optional", wrap_up_limit=30 * SECOND)
    ann = await floor.agent("Ann", queues=[queue])
    conversation = await floor.writes(queue)
    await floor.accepts(ann)

    await floor.ends(conversation, by="agent")
    during = await floor.conversation(conversation)
    view = await floor.change(service.end_wrap_up, conversation, by=ann, disposition="solved")

    assert during.wrap_up_until == floor.clock.now() + 30 * SECOND
    assert view.wrap_up_until is None
    assert (await floor.item(conversation)).state == "done"
    with pytest.raises(NoWrapUp):
        await floor.change(service.end_wrap_up, conversation, by=ann)


async def test_wrap_up_ends_by_itself(floor: Floor) -> None:
    queue = await floor.queue(wrap_up_mode="time_boxed", wrap_up_limit=30 * SECOND)
    ann = await floor.agent("Ann", queues=[queue])
    conversation = await floor.writes(queue)
    await floor.accepts(ann)
    await floor.ends(conversation)
    await floor.rests()

    await floor.passes(30 * SECOND)

    assert (await floor.conversation(conversation)).wrap_up_until is None
    assert (await floor.item(conversation)).state == "done"
    (ended,) = await floor.events("wrap_up.ended")
    assert ended.by_router


async def test_a_cool_down_cannot_be_cut_short(floor: Floor) -> None:
    queue = await floor.queue(wrap_up_mode="cool_down", wrap_up_limit=30 * SECOND)
    ann = await floor.agent("Ann", queues=[queue])
    conversation = await floor.writes(queue)
    await floor.accepts(ann)
    await floor.ends(conversation)

    with pytest.raises(NoEarlyExit):
        await floor.change(service.end_wrap_up, conversation, by=ann)


async def test_the_room_that_ended_work_leaves_is_filled_at_once(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue], capacity=25)
    first = await floor.writes(queue)
    await floor.accepts(ann)
    second = await floor.writes(queue)
    await floor.rests()
    assert await floor.routing(second) == "waiting"

    await floor.ends(first)

    await floor.accepts(ann)
    assert await floor.is_assigned(second, ann)


async def test_a_conversation_that_ended_can_neither_be_taken_nor_handed_on(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue], available=False)
    conversation = await floor.writes(queue)
    await floor.ends(conversation)

    with pytest.raises(HasEnded):
        await floor.change(service.take, conversation, by=ann)


async def test_a_reopened_conversation_is_routed_anew(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    conversation = await floor.writes(queue)
    await floor.accepts(ann)
    await floor.ends(conversation, by="agent")

    await floor.change(conversations.reopen, conversation, by=ann)

    await floor.accepts(ann)
    assert await floor.is_assigned(conversation, ann)


# -- agents who are gone --------------------------------------------------------------------------


async def test_a_short_cut_costs_an_agent_nothing(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    floor.runner.connected(ann.id)
    conversation = await floor.writes(queue)
    await floor.accepts(ann)

    floor.runner.disconnected(ann.id)
    await floor.rests()
    assert floor.runner.presences()[ann.id].connected is False
    await floor.writes(queue)
    await floor.rests()
    assert await floor.offers_of(ann) == []
    await floor.passes(RULES.grace - SECOND)
    floor.runner.connected(ann.id)

    await floor.accepts(ann)
    assert await floor.is_assigned(conversation, ann)
    assert floor.runner.presences()[ann.id].status == "available"


async def test_an_offer_does_not_ring_at_a_closed_screen(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    bob = await floor.agent("Bob", queues=[queue])
    floor.runner.connected(ann.id)
    conversation = await floor.writes(queue)
    await floor.offered(ann)

    floor.runner.disconnected(ann.id)

    await floor.accepts(bob)
    assert await floor.is_assigned(conversation, bob)
    (ended,) = await floor.events("offer.ended")
    assert (ended.state, ended.reason) == ("withdrawn", "connection_lost")


async def test_a_second_tab_keeps_an_agent_there(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    floor.runner.connected(ann.id)
    floor.runner.connected(ann.id)

    floor.runner.disconnected(ann.id)
    await floor.writes(queue)

    await floor.accepts(ann)


async def test_work_of_an_agent_who_does_not_come_back_waits_again(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    floor.runner.connected(ann.id)
    conversation = await floor.writes(queue, channel="chat")
    before = await floor.item(conversation)
    await floor.accepts(ann)
    floor.runner.disconnected(ann.id)
    await floor.rests()
    bob = await floor.agent("Bob", queues=[queue])

    await floor.passes(RULES.grace)

    await floor.accepts(bob)
    assert await floor.is_assigned(conversation, bob)
    assert (await floor.item(conversation)).due < before.due
    assert floor.runner.presences()[ann.id].status == "offline"
    assert (await floor.load(ann)).used == 0


async def test_who_signs_in_again_after_that_is_away_until_they_say_otherwise(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    floor.runner.connected(ann.id)
    floor.runner.disconnected(ann.id)
    await floor.rests()
    await floor.passes(RULES.grace)
    assert floor.runner.presences()[ann.id].status == "offline"

    floor.runner.connected(ann.id)
    await floor.rests()

    assert floor.runner.presences()[ann.id].status == "away"


async def test_who_says_offline_stays_offline_with_an_open_screen(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    floor.runner.connected(ann.id)
    conversation = await floor.writes(queue, channel="chat")
    await floor.accepts(ann)

    await floor.says(ann, "offline")
    await floor.rests()
    floor.runner.disconnected(ann.id)
    floor.runner.connected(ann.id)
    await floor.rests()

    assert floor.runner.presences()[ann.id].status == "offline"
    assert await floor.routing(conversation) == "waiting"


async def test_the_work_of_a_disabled_agent_waits_again(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    conversation = await floor.writes(queue)
    await floor.accepts(ann)

    await floor.change(agents.change_agent, ann.id, {"disabled": True}, by="hub")

    async def waits() -> bool:
        return await floor.routing(conversation) == "waiting"

    await until(waits)


async def test_silent_conversations_weigh_less_and_wake_up(floor: Floor) -> None:
    queue = await floor.queue()
    ann = await floor.agent("Ann", queues=[queue])
    conversation = await floor.writes(queue)
    await floor.accepts(ann)
    await floor.rests()

    await floor.passes(10 * MINUTE)
    assert (await floor.load(ann)).used == 5
    assert (await floor.item(conversation)).state == "parked"
    await floor.writes(queue, again=conversation)
    await floor.rests()

    assert (await floor.load(ann)).used == 25
    assert (await floor.item(conversation)).state == "active"
    assert await floor.is_assigned(conversation, ann)
