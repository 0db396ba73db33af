"""What happens in conversations."""

from __future__ import annotations

from typing import Any

from hub.kernel.events import Event, event
from hub.kernel.ids import AgentId, ConversationId, CustomerId, MessageId, QueueId


class ConversationEvent(Event):
    """Something that whoever sees the conversation may see. Queue and agent are those it
    has now.
    """

    conversation_id: ConversationId
    customer_id: CustomerId
    queue_id: QueueId | None
    agent_id: AgentId | None


@event("conversation.opened")
class ConversationOpened(ConversationEvent):
    """A customer began, or came back to an ended conversation (``again``); it needs somebody."""

    channel: str
    language: str | None
    again: bool = False
    last_agent_id: AgentId | None = None


@event("message.received")
class MessageReceived(ConversationEvent):
    """A customer's message was kept."""

    message_id: MessageId
    channel: str
    automatic: str | None = None


@event("message.replied")
class Replied(ConversationEvent):
    """An agent's message was kept and must leave. ``is_first`` in this conversation."""

    message_id: MessageId
    channel: str
    is_first: bool
    waited: int | None = None


@event("message.noted")
class NoteWritten(ConversationEvent):
    message_id: MessageId


@event("message.happened")
class LineWritten(ConversationEvent):
    """A line of what happened was added to the thread: ``code`` says what."""

    message_id: MessageId
    code: str


@event("message.state_changed")
class MessageStateChanged(ConversationEvent):
    message_id: MessageId
    state: str
    error: str | None = None


@event("conversation.read")
class ConversationRead(ConversationEvent):
    ordinal: int


@event("conversation.ended")
class ConversationEnded(ConversationEvent):
    """It is over. ``by`` agent, customer or hub."""

    channel: str
    by: str
    disposition: str | None = None


@event("conversation.changed")
class ConversationChanged(ConversationEvent):
    """Something about it changed: subject, tickets, customer's name, language."""

    what: str


@event("conversation.rated")
class ConversationRated(ConversationEvent):
    score: int
    solved: bool | None
    comment: str


@event("draft.changed")
class DraftChanged(Event):
    """An agent's unsent words were kept; for that agent's screens only."""

    conversation_id: ConversationId
    agent_id: AgentId
    mode: str
    facts: dict[str, Any] | None = None
