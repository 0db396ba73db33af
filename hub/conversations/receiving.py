"""A customer's words are kept: de-duplicated, their customer recognised, their conversation found
or opened.

The hot path of the hub. It takes all that waits and does each step once for the whole batch; a
batch of one is the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.conversations import store
from hub.conversations.events import ConversationOpened, MessageReceived
from hub.conversations.model import (
    Author,
    Conversation,
    Direction,
    Inbound,
    Message,
    Received,
    Routing,
    State,
    Status,
    preview_of,
)
from hub.conversations.store import Outside
from hub.conversations.views import ConversationView, MessageView
from hub.customers import service as customers
from hub.customers.model import Recognised
from hub.kernel.clock import Millis
from hub.kernel.crashpoint import crashpoint
from hub.kernel.events import Change, Event
from hub.kernel.ids import ConversationId, MessageId, new_id
from hub.storage.sql import next_numbers
from hub.storage.unit import Unit


def receive(unit: Unit, batch: Sequence[Inbound]) -> list[Received]:
    """Keep each message exactly once and answer, in order, where it is.

    The same key on the same channel, in this batch or ever before, is the same message: the first
    one is the answer, marked ``duplicate``.
    """
    known = store.known_keys(unit.connection, (inbound.key for inbound in batch))
    answers: dict[tuple[str, str], Received] = {
        key: Received(message_id, conversation_id, duplicate=True)
        for key, (message_id, conversation_id) in known.items()
    }
    fresh: dict[tuple[str, str], Inbound] = {}
    for inbound in batch:
        key = (inbound.channel_id, inbound.key)
        if key not in answers:
            fresh.setdefault(key, inbound)
    if fresh:
        kept = _Keeping(unit, list(fresh.values())).keep()
        answers.update(zip(fresh, kept, strict=True))
    given: set[tuple[str, str]] = set()
    result = []
    for inbound in batch:
        key = (inbound.channel_id, inbound.key)
        answer = answers[key]
        if key in given:
            answer = Received(answer.message_id, answer.conversation_id, duplicate=True)
        result.append(answer)
        given.add(key)
    return result


class _Keeping:
    """One batch of messages not seen before, on its way into the database."""

    def __init__(self, unit: Unit, batch: list[Inbound]) -> None:
        self._unit = unit
        self._batch = batch
        self._threads: dict[tuple[str, str], Conversation] = {}
        self._by_id: dict[str, Conversation] = {}
        self._new: dict[str, Conversation] = {}
        self._touched: dict[str, None] = {}
        self._reopened: dict[str, None] = {}
        self._messages: list[Message] = []
        self._outside: list[Outside] = []
        self._events: list[tuple[Event, str | None]] = []

    def keep(self) -> list[Received]:
        connection = self._unit.connection
        people = customers.recognise(self._unit, [inbound.sender for inbound in self._batch])
        self._find_conversations()
        numbers = iter(self._numbers_needed())
        received = []
        for inbound, person in zip(self._batch, people, strict=True):
            conversation = self._conversation_for(inbound)
            if conversation is None:
                message = self._open(inbound, person, next(numbers))
            else:
                message = self._add(inbound, person, conversation)
            received.append(Received(message.id, message.conversation_id, duplicate=False))
        crashpoint("IN8")
        store.insert_conversations(connection, [self._by_id[id_] for id_ in self._new])
        store.insert_messages(connection, self._messages, self._outside)
        changed = [id_ for id_ in self._touched if id_ not in self._new]
        store.save_progress(
            connection, [self._by_id[id_] for id_ in changed if id_ not in self._reopened]
        )
        store.save_conversations(connection, [self._by_id[id_] for id_ in self._reopened])
        self._unit.announced.extend(self._events)
        return received

    def _find_conversations(self) -> None:
        connection = self._unit.connection
        named = [i.conversation_id for i in self._batch if i.conversation_id is not None]
        if named:
            self._by_id.update(store.find_several(connection, named, lock=True))
        keys = {(i.channel_id, i.thread_key) for i in self._batch}
        for key, conversation in store.open_threads(connection, keys).items():
            self._threads[key] = self._by_id.setdefault(conversation.id, conversation)

    def _numbers_needed(self) -> range:
        opening = {
            (i.channel_id, i.thread_key) for i in self._batch if self._conversation_for(i) is None
        }
        return (
            next_numbers(self._unit.connection, "conversation", len(opening))
            if opening
            else range(0)
        )

    def _conversation_for(self, inbound: Inbound) -> Conversation | None:
        if inbound.conversation_id is not None and inbound.conversation_id in self._by_id:
            return self._by_id[inbound.conversation_id]
        thread = self._threads.get((inbound.channel_id, inbound.thread_key))
        return None if thread is None else self._by_id[thread.id]

    def _open(self, inbound: Inbound, person: Recognised, number: int) -> Message:
        now = self._unit.now
        conversation_id = ConversationId(new_id(now))
        message = _message(inbound, person, conversation_id, 1, now)
        conversation = Conversation(
            id=conversation_id,
            rev=1,
            number=number,
            channel=inbound.channel,
            channel_id=inbound.channel_id,
            thread_key=inbound.thread_key,
            customer_id=person.id,
            customer_name=person.name,
            subject=inbound.subject,
            status=Status.OPEN,
            routing=Routing.WAITING if inbound.queue_id else Routing.NONE,
            queue_id=inbound.queue_id,
            agent_id=None,
            language=inbound.language or person.language,
            opened_at=now,
            ended_at=None,
            waiting_since=now,
            first_reply_due=_due(inbound, now),
            last_message_at=now,
            preview=preview_of(inbound.text, Direction.IN, person.name),
            unread=1,
            message_count=1,
            last_ordinal=1,
            ticket_ids=(),
            rating=None,
            wrap_up_until=None,
        )
        self._by_id[conversation_id] = conversation
        self._threads[(inbound.channel_id, inbound.thread_key)] = conversation
        self._new[conversation_id] = conversation
        change = Change("conversation", conversation_id, 1, full=ConversationView.of(conversation))
        self._events.append((_opened(conversation, now, (change,), again=False), None))
        self._keep_message(inbound, message, conversation, ())
        return message

    def _add(self, inbound: Inbound, person: Recognised, before: Conversation) -> Message:
        now = self._unit.now
        message = _message(inbound, person, before.id, before.last_ordinal + 1, now)
        patch: dict[str, Any] = {
            "last_message_at": now,
            "preview": preview_of(inbound.text, Direction.IN, person.name),
            "unread": before.unread + 1,
            "message_count": before.message_count + 1,
            "last_ordinal": before.last_ordinal + 1,
        }
        if before.waiting_since is None:
            patch |= {"waiting_since": now, "first_reply_due": _due(inbound, now)}
        wants_somebody = before.status is Status.ENDED or (
            before.routing is Routing.NONE and before.queue_id is not None
        )
        if wants_somebody:
            queue_id = before.queue_id or inbound.queue_id
            again: dict[str, Any] = {
                "status": Status.OPEN,
                "routing": Routing.WAITING if queue_id else Routing.NONE,
                "queue_id": queue_id,
                "agent_id": None,
                "ended_at": None,
                "wrap_up_until": None,
            }
            self._reopened[before.id] = None
            patch |= again
        after = before.but(**patch)
        self._by_id[before.id] = after
        self._touched[before.id] = None
        change = Change("conversation", before.id, after.rev, full=ConversationView.of(after))
        if wants_somebody:
            opened = _opened(after, now, (change,), again=True, last_agent=before)
            self._events.append((opened, None))
            change_of_message: tuple[Change, ...] = ()
        else:
            change_of_message = (change,)
        self._keep_message(inbound, message, after, change_of_message)
        return message

    def _keep_message(
        self,
        inbound: Inbound,
        message: Message,
        conversation: Conversation,
        changes: tuple[Change, ...],
    ) -> None:
        self._messages.append(message)
        self._outside.append(
            Outside(inbound.key, inbound.channel_id, inbound.facts or None, inbound.reference)
        )
        full = Change("message", message.id, 1, full=MessageView.of(message))
        heard = MessageReceived(
            at=message.at,
            actor=f"customer:{conversation.customer_id}",
            conversation_id=conversation.id,
            customer_id=conversation.customer_id,
            queue_id=conversation.queue_id,
            agent_id=conversation.agent_id,
            message_id=message.id,
            channel=inbound.channel,
            automatic=inbound.automatic,
            changes=(*changes, full),
        )
        self._events.append((heard, inbound.command_id))


def _due(inbound: Inbound, now: Millis) -> Millis | None:
    return None if inbound.reply_within is None else Millis(now + inbound.reply_within)


def _message(
    inbound: Inbound, person: Recognised, conversation_id: ConversationId, ordinal: int, now: Millis
) -> Message:
    return Message(
        id=MessageId(new_id(now)),
        rev=1,
        conversation_id=conversation_id,
        ordinal=ordinal,
        direction=Direction.IN,
        author=Author("customer", person.id, inbound.sender.name.strip()[:200] or person.name),
        text=inbound.text,
        html=inbound.html,
        quoted=inbound.quoted,
        subject=inbound.subject,
        at=now,
        state=State.RECEIVED,
        error=None,
        attachments=inbound.attachments,
        automatic=inbound.automatic is not None,
        trust=inbound.trust,
        raw=inbound.raw,
    )


def _opened(
    conversation: Conversation,
    now: Millis,
    changes: tuple[Change, ...],
    *,
    again: bool,
    last_agent: Conversation | None = None,
) -> ConversationOpened:
    return ConversationOpened(
        at=now,
        actor=f"customer:{conversation.customer_id}",
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        queue_id=conversation.queue_id,
        agent_id=None,
        channel=conversation.channel,
        language=conversation.language,
        again=again,
        last_agent_id=None if last_agent is None else last_agent.agent_id,
        changes=changes,
    )
