"""What routing does, in the same transaction, when conversations open and end and when agents
change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.agents import store as agents
from hub.agents.events import AgentChanged
from hub.conversations.events import ConversationEnded, ConversationOpened
from hub.kernel.crashpoint import crashpoint
from hub.kernel.events import Change
from hub.kernel.ids import WorkItemId, new_id
from hub.routing import store
from hub.routing.events import WorkEnded, WorkQueued
from hub.routing.ledger import SEQ, Item, Ledger
from hub.routing.rules import RULES, medium_of
from hub.storage.sql import next_numbers
from hub.storage.unit import Unit

NOBODY = "[]"


def queue_work(unit: Unit, opened: Sequence[ConversationOpened]) -> None:
    """Queue each conversation that has a queue to wait in: the same few statements for any
    number.
    """
    wanting = [heard for heard in opened if heard.queue_id is not None]
    if not wanting:
        return
    connection = unit.connection
    ids = {heard.queue_id for heard in wanting if heard.queue_id is not None}
    queues = {row.id: row for row in store.found(connection, store.some_queues, ids, lock=False)}
    wanting = [heard for heard in wanting if heard.queue_id in queues]
    if not wanting:
        return
    numbers = next_numbers(connection, SEQ, len(wanting))
    now = unit.now
    rows = []
    events = []
    for seq, heard in zip(numbers, wanting, strict=True):
        assert heard.queue_id is not None
        queue = queues[heard.queue_id]
        medium = medium_of(heard.channel)
        item_id = WorkItemId(new_id(now))
        due = now + queue.target
        weight = RULES.media[medium].weight
        last = heard.last_agent_id if heard.again else None
        rows.append(
            (
                item_id,
                heard.conversation_id,
                heard.queue_id,
                medium.value,
                weight,
                queue.band,
                heard.language,
                seq,
                now,
                now,
                due,
                0,
                "queued",
                1,
                None,
                None,
                None,
                0,
                0,
                NOBODY if last is None else f'["{last}"]',
                NOBODY,
                None,
                None,
            )
        )
        events.append(
            WorkQueued(
                at=now,
                conversation_id=heard.conversation_id,
                customer_id=heard.customer_id,
                queue_id=heard.queue_id,
                agent_id=None,
                item_id=item_id,
                seq=seq,
                medium=medium.value,
                weight=weight,
                language=heard.language,
                enqueued_at=now,
                due=due,
                preferred=() if last is None else (last,),
            )
        )
    store.insert_items(connection, rows)
    crashpoint("IN9")
    unit.announce(*events)


def end_work(unit: Unit, ended: Sequence[ConversationEnded]) -> None:
    """The conversation is over: whoever had it wraps up, and nobody waits for it any more."""
    ledger = Ledger(unit)
    ledger.read(conversations=[heard.conversation_id for heard in ended])
    queues = {row.id: row for row in store.queue_rows(unit.connection)} if ledger.items else {}
    for heard in ended:
        item = ledger.item_of(heard.conversation_id)
        if item is not None:
            _end(ledger, item, heard, queues[item.queue_id])
    ledger.save()


def _end(ledger: Ledger, item: Item, heard: ConversationEnded, queue: Any) -> None:
    before, load, wrap_up_until = item.state, None, None
    changes: tuple[Change, ...] = ()
    offer = ledger.offer_of(item)
    part = ledger.part_in_hand(item)
    if offer is not None:
        ledger.end_offer(offer, "withdrawn", f"{heard.by}_ended", actor=heard.actor, waits=False)
    if part is not None:
        wrap_up_until = ledger.begin_wrap_up(part, queue)
        load = ledger.loads[part.agent_id].used
    if wrap_up_until is not None:
        ledger.finish(item, "wrap_up")
        changes = (ledger.wrap_up_until(item.conversation_id, wrap_up_until),)
    elif part is not None:
        ledger.finish(item, "done")
    else:
        ledger.finish(item, "abandoned" if heard.by == "customer" else "cancelled")
    ledger.tell(
        WorkEnded(
            at=heard.at,
            actor=heard.actor,
            item_id=item.id,
            before=before,
            state=item.state,
            by=heard.by,
            waited=None if part is not None else heard.at - item.enqueued_at,
            load=load,
            wrap_up_until=wrap_up_until,
            changes=changes,
            **ledger.about(item, None if part is None else part.agent_id),
        )
    )


def keep_loads(unit: Unit, changed: Sequence[AgentChanged]) -> None:
    """Every agent has a presence and a load, and the load's limit is the agent's capacity."""
    connection = unit.connection
    for agent_id in dict.fromkeys(heard.agent_id for heard in changed):
        agent = agents.find(connection, agent_id)
        if agent is not None:
            store.keep_agent(unit, agent.id, agent.capacity)
