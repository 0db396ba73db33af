"""What receiving promises for any batch of messages, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import func, select

from hub.conversations import service, store
from hub.conversations.model import Conversation, Inbound, Message, Received, Status
from hub.conversations.receiving import receive
from hub.customers import store as customer_store
from hub.customers.model import Claim
from hub.kernel.clock import HOUR, MINUTE, Millis
from hub.kernel.ids import ChannelId, ConversationId, QueueId
from hub.storage.unit import Unit
from tests.support.desk import NOON, Desk, open_desk

SHOP, FORUM = ChannelId("shop"), ChannelId("forum")
QUEUE = QueueId("01900000-0000-7000-8000-00000000000a")
NOBODY = ConversationId("01900000-0000-7000-8000-0000000000ff")


@pytest.fixture
async def desk(any_database: str) -> AsyncIterator[Desk]:
    async with open_desk(any_database) as desk:
        yield desk


def words(key: str, *, who: str = "mia", text: str = "hello", **more: Any) -> Inbound:
    """A message on the shop's channel, in the thread of whoever writes."""
    given: dict[str, Any] = {
        "channel_id": SHOP,
        "channel": "memory",
        "key": key,
        "sender": Claim("memory", who, name=who.title()),
        "text": text,
        "thread_key": who,
    }
    return Inbound(**(given | more))


async def received(desk: Desk, *batch: Inbound) -> list[Received]:
    """All of them, in one batch."""
    return await desk.database.write(lambda unit: receive(unit, batch))


async def thread(desk: Desk, conversation_id: str) -> list[Message]:
    return await desk.database.read(store.thread, conversation_id, 1 << 30, 1_000)


async def conversation(desk: Desk, conversation_id: str) -> Conversation:
    found = await desk.database.read(store.find, conversation_id)
    assert found is not None
    return found


async def everything(desk: Desk) -> list[Conversation]:
    return await desk.database.read(store.listed, limit=1_000)


async def end(desk: Desk, conversation_id: str) -> None:
    await desk.database.write(
        lambda unit: service.end(unit, conversation_id, by="agent", actor="agent:ann")
    )


async def count(desk: Desk, table: Any) -> int:
    statement = select(func.count()).select_from(table)
    return await desk.database.read(lambda c: int(c.execute(statement).scalar_one()))


# -- once ------------------------------------------------------------------------------------------


async def test_the_same_key_in_one_batch_is_one_message(desk: Desk) -> None:
    first, second, other = await received(
        desk, words("k1", text="first"), words("k1", text="changed"), words("k2")
    )

    assert (first.duplicate, second.duplicate, other.duplicate) == (False, True, False)
    assert second.message_id == first.message_id
    assert [m.text for m in await thread(desk, first.conversation_id)] == ["first", "hello"]


async def test_the_same_key_in_a_later_batch_is_the_same_message(desk: Desk) -> None:
    (first,) = await received(desk, words("k1"))

    again, fresh = await received(desk, words("k1"), words("k2"))

    assert again == Received(first.message_id, first.conversation_id, duplicate=True)
    assert not fresh.duplicate
    assert await count(desk, store.messages) == 2


async def test_a_repeat_changes_nothing_at_all(desk: Desk) -> None:
    (first,) = await received(desk, words("k1"))
    before = await conversation(desk, first.conversation_id)
    heard = await desk.events()

    desk.clock.move(MINUTE)
    await received(desk, words("k1", text="other words"))

    assert await conversation(desk, first.conversation_id) == before
    assert await desk.events() == heard


async def test_fifty_deliveries_at_once_are_one_message(desk: Desk) -> None:
    answers = await asyncio.gather(
        *(desk.database.write_together(receive, words("k1")) for _ in range(50))
    )

    assert len({answer.message_id for answer in answers}) == 1
    assert sum(not answer.duplicate for answer in answers) == 1
    assert await count(desk, store.messages) == 1


async def test_two_channels_may_use_the_same_key(desk: Desk) -> None:
    shop, forum = await received(desk, words("k1"), words("k1", channel_id=FORUM))

    assert shop.message_id != forum.message_id
    assert shop.conversation_id != forum.conversation_id
    again, _ = await received(desk, words("k1", channel_id=FORUM), words("k1"))
    assert again.message_id == forum.message_id


# -- one conversation ------------------------------------------------------------------------------


async def test_ten_first_messages_of_a_new_customer_are_one_conversation(desk: Desk) -> None:
    answers = await received(desk, *(words(f"k{n}", text=str(n)) for n in range(10)))

    (opened,) = await everything(desk)
    assert {answer.conversation_id for answer in answers} == {opened.id}
    assert [m.text for m in await thread(desk, opened.id)] == [str(n) for n in range(10)]
    assert [m.ordinal for m in await thread(desk, opened.id)] == list(range(1, 11))
    assert (opened.last_ordinal, opened.message_count, opened.unread, opened.rev) == (
        10,
        10,
        10,
        10,
    )
    assert await count(desk, customer_store.customers) == 1


async def test_ten_first_messages_arriving_at_once_are_one_conversation(desk: Desk) -> None:
    await asyncio.gather(
        *(desk.database.write_together(receive, words(f"k{n}")) for n in range(10))
    )

    (opened,) = await everything(desk)
    assert opened.last_ordinal == 10
    assert await count(desk, customer_store.customers) == 1


async def test_after_the_end_the_next_message_opens_a_new_one(desk: Desk) -> None:
    (first,) = await received(desk, words("k1"))
    await end(desk, first.conversation_id)

    answers = await received(desk, *(words(f"again{n}") for n in range(10)))

    (fresh,) = {answer.conversation_id for answer in answers}
    assert fresh != first.conversation_id
    old, new = await conversation(desk, first.conversation_id), await conversation(desk, fresh)
    assert (old.status, new.status) == (Status.ENDED, Status.OPEN)
    assert new.customer_id == old.customer_id
    assert (old.number, new.number) == (1, 2)


async def test_a_message_that_names_an_ended_conversation_opens_it_again(desk: Desk) -> None:
    (first,) = await received(desk, words("k1", queue_id=QUEUE))
    await end(desk, first.conversation_id)

    answers = await received(
        desk,
        *(words(f"again{n}", conversation_id=first.conversation_id) for n in range(3)),
    )

    assert {answer.conversation_id for answer in answers} == {first.conversation_id}
    found = await conversation(desk, first.conversation_id)
    assert (found.status, found.routing.value, found.agent_id) == (Status.OPEN, "waiting", None)
    assert found.ended_at is None
    opened = [e for e in await desk.events() if e.type == "conversation.opened"]
    assert [e.again for e in opened] == [False, True]


async def test_a_message_that_names_an_unknown_conversation_goes_by_its_thread(desk: Desk) -> None:
    (first,) = await received(desk, words("k1"))

    known, new = await received(
        desk,
        words("k2", conversation_id=NOBODY),
        words("k3", who="bo", conversation_id=NOBODY),
    )

    assert known.conversation_id == first.conversation_id
    assert new.conversation_id not in {NOBODY, first.conversation_id}


async def test_a_named_conversation_takes_the_message_whatever_its_thread(desk: Desk) -> None:
    (first,) = await received(desk, words("k1"))

    (second,) = await received(
        desk, words("k2", conversation_id=first.conversation_id, thread_key="another")
    )

    assert second.conversation_id == first.conversation_id
    assert [c.id for c in await everything(desk)] == [first.conversation_id]


async def test_order_is_kept_between_customers_who_write_in_turn(desk: Desk) -> None:
    batch = [words(f"k{n}", who="mia" if n % 2 else "bo", text=str(n)) for n in range(20)]

    answers = await received(desk, *batch)

    bo, mia = [await thread(desk, answers[n].conversation_id) for n in (0, 1)]
    assert [m.text for m in bo] == [str(n) for n in range(0, 20, 2)]
    assert [m.text for m in mia] == [str(n) for n in range(1, 20, 2)]
    told = [e.message_id for e in await desk.events() if e.type == "message.received"]
    assert told == [answer.message_id for answer in answers]


async def test_numbers_have_no_gap_though_repeats_and_refusals_come_between(desk: Desk) -> None:
    def refuse(unit: Unit) -> None:
        receive(unit, [words("lost", who="lost")])
        raise ValueError("not kept")

    await received(desk, words("a", who="a"), words("b", who="b"), words("a", who="a"))
    with pytest.raises(ValueError, match="not kept"):
        await desk.database.write(refuse)
    await received(desk, words("b", who="b"), words("c", who="c"), words("c2", who="c"))
    await received(desk, words("d", who="d"))

    numbers = sorted(c.number for c in await everything(desk))
    assert numbers == [1, 2, 3, 4]


# -- one customer ----------------------------------------------------------------------------------


async def test_one_address_in_two_kinds_is_two_customers(desk: Desk) -> None:
    one, two = await received(
        desk,
        words("1", sender=Claim("memory", "7"), thread_key="1"),
        words("2", sender=Claim("webhook", "7"), thread_key="2"),
    )

    first, second = [await conversation(desk, a.conversation_id) for a in (one, two)]
    assert first.customer_id != second.customer_id


async def test_a_known_customer_keeps_the_name_we_knew(desk: Desk) -> None:
    (first,) = await received(desk, words("k1", sender=Claim("memory", "mia", name="Mia Chen")))

    await received(desk, words("k2", sender=Claim("memory", "mia", name="anything else")))

    found = await conversation(desk, first.conversation_id)
    assert found.customer_name == "Mia Chen"
    assert [m.author.name for m in await thread(desk, found.id)] == ["Mia Chen", "anything else"]


# -- the promise to answer -------------------------------------------------------------------------


async def test_the_wait_begins_with_the_first_unanswered_message_and_stays(desk: Desk) -> None:
    (first,) = await received(desk, words("k1", reply_within=HOUR))
    desk.clock.move(MINUTE)
    await received(desk, words("k2", reply_within=HOUR))

    found = await conversation(desk, first.conversation_id)
    assert (found.waiting_since, found.first_reply_due) == (NOON, Millis(NOON + HOUR))
    assert found.last_message_at == NOON + MINUTE


@pytest.mark.parametrize(
    "text", ["你好,沙发到哪了?", "👩‍👩‍👧‍👦 مرحبا", "a\u0301\u200b\u202eb", " ", "x" * 40_000]
)
async def test_words_are_kept_as_they_were_said(desk: Desk, text: str) -> None:
    (told,) = await received(desk, words("k1", text=text))

    (message,) = await thread(desk, told.conversation_id)
    assert message.text == text
