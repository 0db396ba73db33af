"""What can be done in a conversation: answer, note, read, end, reopen, and everything that changes
its row.

Every function takes the unit of work, does its deed in it, and answers what a screen shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub.agents.access import Reach, require
from hub.agents.model import Agent
from hub.conversations import store
from hub.conversations.events import (
    ConversationChanged,
    ConversationEnded,
    ConversationOpened,
    ConversationRated,
    ConversationRead,
    DraftChanged,
    LineWritten,
    MessageStateChanged,
    NoteWritten,
    Replied,
)
from hub.conversations.model import (
    Attachment,
    Author,
    Conversation,
    Direction,
    Message,
    Routing,
    State,
    Status,
    moves_up,
    preview_of,
)
from hub.conversations.store import Outside
from hub.conversations.views import (
    ConversationView,
    DraftView,
    MessageView,
    as_json,
    attachments_json,
)
from hub.customers.events import CustomerChanged
from hub.kernel.errors import Conflict, Fault, Invalid, NotFound
from hub.kernel.events import Change
from hub.kernel.ids import AgentId, ConversationId, MessageId, QueueId, TicketId, new_id
from hub.storage.unit import Unit

TEXT_MOST = 50_000
STREAMED = frozenset({"chat"})
"""Channels whose customer reads the log directly: a kept message is a sent one."""


class NoSuchConversation(NotFound):
    """There is no such conversation."""


class NoSuchMessage(NotFound):
    """There is no such message."""


class NotYours(Conflict):
    """This conversation is not with you. Take it first."""

    code = "not_yours"


class HasEnded(Conflict):
    """This conversation has ended."""

    code = "has_ended"


class ColleagueReplied(Conflict):
    """A colleague has replied meanwhile."""

    code = "colleague_replied"


class NothingToSend(Invalid):
    """There is nothing to send."""


class StaleRev(Conflict):
    """It was changed elsewhere meanwhile."""

    code = "stale_rev"


class NotToRetry(Conflict):
    """Only a message that failed, or whose fate is unknown, can be sent again."""

    code = "not_to_retry"


# -- finding -------------------------------------------------------------------------------------


def is_within_reach(agent: Agent, conversation: Conversation) -> bool:
    """True when the agent may see it: their own, their queues', or everything for whoever sees
    everything.
    """
    return (
        agent.sees_everything
        or conversation.agent_id == agent.id
        or (conversation.queue_id is not None and conversation.queue_id in agent.queues)
    )


def get(unit: Unit, conversation_id: str, *, lock: bool = True) -> Conversation:
    """The conversation; unless ``lock`` is False it stays as it is until the commit, whatever other
    nodes do.
    """
    conversation = store.find(unit.connection, conversation_id, lock=lock)
    if conversation is None:
        raise NoSuchConversation
    return conversation


def get_for(
    unit: Unit, conversation_id: str, agent: Agent, action: str, *, lock: bool = True
) -> Conversation:
    """The conversation, when ``agent`` may do ``action`` in it; as good as not there when they may
    not see it. ``lock`` as in ``get``.
    """
    conversation = get(unit, conversation_id, lock=lock)
    if require(agent, action) is Reach.OWN and not is_within_reach(agent, conversation):
        raise NoSuchConversation
    return conversation


# -- changing the row ----------------------------------------------------------------------------


def change(
    unit: Unit, before: Conversation, changes: Mapping[str, Any]
) -> tuple[Conversation, Change]:
    """Write fields of a conversation; returns it as it is now and what screens must do.

    Conversations always go out whole: a screen that never held this one can list it at once.
    """
    after = before.but(**changes)
    store.save_conversations(unit.connection, [after])
    return after, Change("conversation", after.id, after.rev, full=ConversationView.of(after))


def subjects(conversation: Conversation) -> dict[str, Any]:
    """The columns of the log for an event about this conversation, as it is now."""
    return {
        "conversation_id": conversation.id,
        "customer_id": conversation.customer_id,
        "queue_id": conversation.queue_id,
        "agent_id": conversation.agent_id,
    }


@dataclass(frozen=True, slots=True)
class _Words:
    direction: Direction
    author: Author
    text: str
    state: State
    attachments: tuple[Attachment, ...] = ()
    subject: str | None = None
    outside: Outside = Outside(None, None)  # noqa: RUF009 - frozen


def _say(
    unit: Unit, before: Conversation, words: _Words, changes: Mapping[str, Any]
) -> tuple[Conversation, Message, tuple[Change, Change]]:
    message = Message(
        id=MessageId(new_id(unit.now)),
        rev=1,
        conversation_id=before.id,
        ordinal=before.last_ordinal + 1,
        direction=words.direction,
        author=words.author,
        text=words.text,
        html=None,
        quoted=None,
        subject=words.subject,
        at=unit.now,
        state=words.state,
        error=None,
        attachments=words.attachments,
        automatic=False,
        trust=None,
    )
    after, changed = change(unit, before, {"last_ordinal": message.ordinal, **changes})
    store.insert_messages(unit.connection, [message], [words.outside])
    full = Change("message", message.id, 1, full=MessageView.of(message))
    return after, message, (changed, full)


# -- saying --------------------------------------------------------------------------------------


def reply(
    unit: Unit,
    conversation_id: str,
    text: str,
    *,
    by: Agent,
    uploads: Sequence[str] = (),
    seen_ordinal: int | None = None,
    subject: str | None = None,
    reference: str | None = None,
) -> MessageView:
    """Keep an agent's answer; it leaves through the outbox. Whose the conversation is may answer,
    and supervisors.

    ``seen_ordinal`` is the newest message the agent had seen: ``ColleagueReplied`` when another
    agent has answered after it.
    """
    conversation = get_for(unit, conversation_id, by, "conversation.reply")
    if conversation.status is Status.ENDED:
        raise HasEnded
    if conversation.agent_id != by.id and not by.sees_everything:
        raise NotYours(agent_id=conversation.agent_id)
    if seen_ordinal is not None:
        newest = store.colleagues_since(unit.connection, conversation.id, seen_ordinal, by.id)
        if newest is not None:
            raise ColleagueReplied(ordinal=newest)
    files = _uploads(unit, by.actor, uploads)
    _check_words(text, files)
    is_first = not store.has_reply(unit.connection, conversation.id)
    waited = None if conversation.waiting_since is None else unit.now - conversation.waiting_since
    state = State.SENT if conversation.channel in STREAMED else State.QUEUED
    after, message, changes = _say(
        unit,
        conversation,
        _Words(
            Direction.OUT,
            Author("agent", by.id, by.name),
            text,
            state,
            files,
            subject,
            Outside(None, None, None, reference),
        ),
        {
            "last_message_at": unit.now,
            "preview": preview_of(text, Direction.OUT, by.name),
            "message_count": conversation.message_count + 1,
            "waiting_since": None,
            "first_reply_due": None,
            "unread": 0,
        },
    )
    unit.announce(
        Replied(
            at=unit.now,
            actor=by.actor,
            message_id=message.id,
            channel=conversation.channel,
            is_first=is_first,
            waited=waited,
            changes=changes,
            **subjects(after),
        )
    )
    save_draft(unit, conversation.id, "reply", "", (), by=by, if_rev=None)
    return MessageView.of(message)


def note(
    unit: Unit, conversation_id: str, text: str, *, by: Agent, uploads: Sequence[str] = ()
) -> MessageView:
    """Keep a note that only agents see."""
    conversation = get_for(unit, conversation_id, by, "conversation.note")
    files = _uploads(unit, by.actor, uploads)
    _check_words(text, files)
    author = Author("agent", by.id, by.name)
    after, message, changes = _say(
        unit,
        conversation,
        _Words(Direction.NOTE, author, text, State.SENT, files),
        {"last_message_at": unit.now, "preview": preview_of(text, Direction.NOTE, by.name)},
    )
    unit.announce(
        NoteWritten(
            at=unit.now, actor=by.actor, message_id=message.id, changes=changes, **subjects(after)
        )
    )
    save_draft(unit, conversation.id, "note", "", (), by=by, if_rev=None)
    return MessageView.of(message)


def write_line(
    unit: Unit, conversation: Conversation, code: str, *, author: Author, about: str | None = None
) -> Conversation:
    """Add a line of what happened to the thread: ``code`` says what, ``about`` with whom or
    what.
    """
    after, message, changes = _say(
        unit, conversation, _Words(Direction.EVENT, author, code, State.SENT, (), about), {}
    )
    unit.announce(
        LineWritten(
            at=unit.now, message_id=message.id, code=code, changes=changes, **subjects(after)
        )
    )
    return after


def _uploads(unit: Unit, owner: str, ids: Sequence[str]) -> tuple[Attachment, ...]:
    found = store.find_uploads(unit.connection, owner, ids)
    if len(found) != len(ids):
        missing = next(at for at, id_ in enumerate(ids) if id_ not in {file.id for file in found})
        raise Invalid(
            "an attachment is not there", Fault(f"/attachments/{missing}", "no such upload")
        )
    return tuple(replace(file, id=type(file.id)(new_id(unit.now))) for file in found)


def _check_words(text: str, files: Sequence[Attachment]) -> None:
    if not text.strip() and not files:
        raise NothingToSend(None, Fault("/text", "write something or attach a file"))
    if len(text) > TEXT_MOST:
        raise Invalid("this is too long", Fault("/text", f"at most {TEXT_MOST} characters"))


# -- what became of a message --------------------------------------------------------------------


def report(
    unit: Unit, message_id: str, state: State, error: str | None = None, *, again: bool = False
) -> bool:
    """Note what became of a message; it never goes back. False when the report changes nothing.

    ``again``: a person sends it once more, which is the one way down.
    """
    message = store.find_message(unit.connection, message_id, lock=True)
    if message is None:
        raise NoSuchMessage
    if not again and not moves_up(message.state, state):
        return False
    conversation = get(unit, message.conversation_id, lock=False)
    rev = message.rev + 1
    store.set_message_state(unit, message_id, rev, state, error)
    patch = {"state": state.value, "error": error}
    unit.announce(
        MessageStateChanged(
            at=unit.now,
            message_id=message.id,
            state=state.value,
            error=error,
            changes=(Change("message", message.id, rev, patch=patch),),
            **subjects(conversation),
        )
    )
    return True


def mark_read(unit: Unit, conversation_id: str, ordinal: int, *, by: Agent) -> ConversationView:
    """The agent has seen everything up to ``ordinal``: the customer may know."""
    conversation = get_for(unit, conversation_id, by, "conversation.read")
    fresh = store.unread_messages(unit.connection, conversation.id, ordinal)
    if not fresh and conversation.unread == 0:
        return ConversationView.of(conversation)
    store.set_states(unit, fresh, State.READ)
    left = max(0, conversation.unread - len(fresh)) if ordinal < conversation.last_ordinal else 0
    after, changed = change(unit, conversation, {"unread": left})
    _tell_read(unit, after, fresh, ordinal, by.actor, changed)
    return ConversationView.of(after)


def customer_has(
    unit: Unit, conversation_id: str, ordinal: int, state: State, *, actor: str
) -> None:
    """The customer's side has taken (*delivered*) or seen (*read*) every answer up to
    ``ordinal``.
    """
    conversation = get(unit, conversation_id, lock=False)
    below = ("sent",) if state is State.DELIVERED else ("sent", "delivered")
    fresh = store.unseen_replies(unit.connection, conversation.id, ordinal, below)
    if fresh:
        store.set_states(unit, fresh, state)
        _tell_read(unit, conversation, fresh, ordinal, actor, state=state)


def _tell_read(
    unit: Unit,
    conversation: Conversation,
    ids: Sequence[tuple[str, int]],
    ordinal: int,
    actor: str,
    *changes: Change,
    state: State = State.READ,
) -> None:
    read = [Change("message", id_, rev + 1, patch={"state": state.value}) for id_, rev in ids]
    unit.announce(
        ConversationRead(
            at=unit.now,
            actor=actor,
            ordinal=ordinal,
            changes=(*changes, *read),
            **subjects(conversation),
        )
    )


# -- ending and coming back ----------------------------------------------------------------------


def end(
    unit: Unit, conversation_id: str, *, by: str, actor: str, disposition: str | None = None
) -> Conversation:
    """End a conversation. ``by``: agent, customer or hub. Ending an ended one changes nothing."""
    conversation = get(unit, conversation_id)
    if conversation.status is Status.ENDED:
        return conversation
    after, changed = change(
        unit,
        conversation,
        {
            "status": Status.ENDED,
            "ended_at": unit.now,
            "waiting_since": None,
            "first_reply_due": None,
            "routing": Routing.NONE,
        },
    )
    unit.announce(
        ConversationEnded(
            at=unit.now,
            actor=actor,
            channel=after.channel,
            by=by,
            disposition=disposition,
            changes=(changed,),
            **subjects(after),
        )
    )
    return write_line(unit, after, f"ended_by_{by}", author=_author_of(actor), about=disposition)


def end_for(
    unit: Unit, conversation_id: str, *, by: Agent, disposition: str | None = None
) -> ConversationView:
    """An agent ends a conversation of theirs (a supervisor: any)."""
    conversation = get_for(unit, conversation_id, by, "conversation.end")
    if conversation.agent_id != by.id and not by.sees_everything:
        raise NotYours(agent_id=conversation.agent_id)
    end(unit, conversation_id, by="agent", actor=by.actor, disposition=disposition)
    return ConversationView.of(get(unit, conversation_id))


def reopen(unit: Unit, conversation_id: str, *, by: Agent) -> ConversationView:
    """Open an ended conversation again; it is routed anew, to its last agent first."""
    conversation = get_for(unit, conversation_id, by, "conversation.end")
    if conversation.status is Status.OPEN:
        return ConversationView.of(conversation)
    taken = store.open_threads(
        unit.connection, [(conversation.channel_id, conversation.thread_key)]
    )
    if taken:
        raise Conflict(
            "the customer has another open conversation",
            conversation_id=next(iter(taken.values())).id,
        )
    after, changed = change(
        unit,
        conversation,
        {
            "status": Status.OPEN,
            "ended_at": None,
            "routing": Routing.WAITING if conversation.queue_id else Routing.NONE,
            "agent_id": None,
            "wrap_up_until": None,
        },
    )
    unit.announce(
        ConversationOpened(
            at=unit.now,
            actor=by.actor,
            channel=after.channel,
            language=after.language,
            again=True,
            last_agent_id=conversation.agent_id,
            changes=(changed,),
            **subjects(after),
        )
    )
    return ConversationView.of(get(unit, conversation_id))


def rate(
    unit: Unit, conversation_id: str, *, score: int, solved: bool | None, comment: str
) -> None:
    """Keep what the customer thought of it; a second rating replaces the first."""
    conversation = get(unit, conversation_id)
    rating = {"score": score, "solved": solved, "comment": comment}
    after, changed = change(unit, conversation, {"rating": rating})
    unit.announce(
        ConversationRated(
            at=unit.now,
            actor=f"customer:{after.customer_id}",
            score=score,
            solved=solved,
            comment=comment,
            changes=(changed,),
            **subjects(after),
        )
    )


def _author_of(actor: str) -> Author:
    kind, _, id_ = actor.partition(":")
    return Author(kind, id_ or None, "")


# -- what others change --------------------------------------------------------------------------


def place(
    unit: Unit,
    conversation: Conversation,
    routing: Routing,
    *,
    queue_id: QueueId | None,
    agent_id: AgentId | None,
) -> tuple[Conversation, Change]:
    """Say where a conversation stands with the router. The caller announces the change with its own
    event.
    """
    return change(
        unit, conversation, {"routing": routing, "queue_id": queue_id, "agent_id": agent_id}
    )


def set_tickets(
    unit: Unit, conversation_id: ConversationId, ticket_ids: Sequence[TicketId]
) -> None:
    """Note which tickets a conversation belongs to."""
    after, changed = change(unit, get(unit, conversation_id), {"ticket_ids": tuple(ticket_ids)})
    _tell_changed(unit, after, "tickets", changed)


def rename_customer(unit: Unit, events: Sequence[CustomerChanged]) -> None:
    """Within: conversations carry their customer's name for the lists; keep the open ones true."""
    for heard in events:
        for conversation in store.of_customer(unit.connection, heard.customer_id):
            if conversation.customer_name != heard.name:
                after, changed = change(unit, conversation, {"customer_name": heard.name})
                _tell_changed(unit, after, "customer", changed)


def _tell_changed(unit: Unit, after: Conversation, what: str, changed: Change) -> None:
    unit.announce(
        ConversationChanged(at=unit.now, what=what, changes=(changed,), **subjects(after))
    )


# -- drafts and files ----------------------------------------------------------------------------


def save_draft(
    unit: Unit,
    conversation_id: str,
    mode: str,
    text: str,
    uploads: Sequence[str],
    *,
    by: Agent,
    if_rev: int | None,
) -> DraftView:
    """Keep an agent's unsent words. ``if_rev`` None: whatever it was; else ``StaleRev`` when it is
    another.

    An emptied draft keeps its row, so that its ``rev`` goes on rising.
    """
    before = store.find_draft(unit.connection, by.id, conversation_id, mode)
    if if_rev is not None and if_rev != (0 if before is None else before.rev):
        raise StaleRev(current=as_json(draft_of(before)) if before is not None else None)
    if before is None and not text and not uploads:
        return DraftView(
            f"{conversation_id}:{mode}", 0, ConversationId(conversation_id), mode, "", (), unit.now
        )
    files = store.find_uploads(unit.connection, by.actor, uploads)
    row = {
        "agent_id": by.id,
        "conversation_id": conversation_id,
        "mode": mode,
        "rev": 1 if before is None else before.rev + 1,
        "text": text,
        "attachments": attachments_json(tuple(files)),
        "updated_at": unit.now,
    }
    store.save_draft(unit, row)
    view = draft_of(store.find_draft(unit.connection, by.id, conversation_id, mode))
    unit.announce(
        DraftChanged(
            at=unit.now,
            actor=by.actor,
            conversation_id=view.conversation_id,
            agent_id=by.id,
            mode=mode,
            changes=(Change("draft", view.id, view.rev, full=view),),
        )
    )
    return view


def draft_of(row: Any) -> DraftView:
    """A draft's row as screens hold it."""
    return DraftView(
        id=f"{row.conversation_id}:{row.mode}",
        rev=row.rev,
        conversation_id=row.conversation_id,
        mode=row.mode,
        text=row.text,
        attachments=tuple(row.attachments),
        updated_at=row.updated_at,
    )


def retry(unit: Unit, message_id: str, *, by: Agent) -> MessageView:
    """Send a message again that failed or whose fate is unknown."""
    message = store.find_message(unit.connection, message_id)
    if message is None:
        raise NoSuchMessage
    try:
        conversation = get_for(unit, message.conversation_id, by, "conversation.reply")
    except NoSuchConversation:
        raise NoSuchMessage from None
    if message.state not in (State.FAILED, State.UNKNOWN):
        raise NotToRetry(state=message.state.value)
    report(unit, message_id, State.QUEUED, again=True)
    unit.announce(
        Replied(
            at=unit.now,
            actor=by.actor,
            message_id=message.id,
            channel=conversation.channel,
            is_first=False,
            **subjects(conversation),
        )
    )
    made = store.find_message(unit.connection, message_id)
    assert made is not None
    return MessageView.of(made)


def keep_upload(unit: Unit, owner: str, attachment: Attachment) -> None:
    store.insert_upload(unit, owner, attachment)
