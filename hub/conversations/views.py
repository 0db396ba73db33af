"""Conversations and messages as screens hold them.

Views are made once, encoded and let go; not frozen, because that would cost the hot path a good
part of its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from hub.conversations.model import (
    Attachment,
    AttachmentView,
    Conversation,
    Direction,
    Message,
    Routing,
    State,
    Status,
)
from hub.kernel.clock import Millis
from hub.kernel.ids import (
    AgentId,
    ChannelId,
    ConversationId,
    CustomerId,
    MessageId,
    QueueId,
    TicketId,
)


@dataclass(slots=True)
class Person:
    id: str
    name: str


@dataclass(slots=True)
class Preview:
    text: str
    direction: str
    author_name: str


@dataclass(slots=True)
class Rating:
    score: int
    solved: bool | None
    comment: str


@dataclass(slots=True)
class ConversationView:
    id: ConversationId
    rev: int
    number: int
    channel: str
    channel_id: ChannelId
    customer: Person
    subject: str | None
    status: Status
    routing: Routing
    queue_id: QueueId | None
    agent_id: AgentId | None
    language: str | None
    opened_at: Millis
    ended_at: Millis | None
    waiting_since: Millis | None
    first_reply_due: Millis | None
    last_message_at: Millis
    preview: Preview
    unread: int
    message_count: int
    last_ordinal: int
    ticket_ids: tuple[TicketId, ...]
    rating: Rating | None
    wrap_up_until: Millis | None

    @classmethod
    def of(cls, conversation: Conversation) -> ConversationView:
        rating = conversation.rating
        return cls(
            id=conversation.id,
            rev=conversation.rev,
            number=conversation.number,
            channel=conversation.channel,
            channel_id=conversation.channel_id,
            customer=Person(conversation.customer_id, conversation.customer_name),
            subject=conversation.subject,
            status=conversation.status,
            routing=conversation.routing,
            queue_id=conversation.queue_id,
            agent_id=conversation.agent_id,
            language=conversation.language,
            opened_at=conversation.opened_at,
            ended_at=conversation.ended_at,
            waiting_since=conversation.waiting_since,
            first_reply_due=conversation.first_reply_due,
            last_message_at=conversation.last_message_at,
            preview=Preview(**conversation.preview),
            unread=conversation.unread,
            message_count=conversation.message_count,
            last_ordinal=conversation.last_ordinal,
            ticket_ids=conversation.ticket_ids,
            rating=None if rating is None else Rating(**rating),
            wrap_up_until=conversation.wrap_up_until,
        )


@dataclass(slots=True)
class AuthorView:
    kind: str
    id: str | None
    name: str


@dataclass(slots=True)
class MessageView:
    id: MessageId
    rev: int
    conversation_id: ConversationId
    ordinal: int
    direction: Direction
    author: AuthorView
    text: str
    html: str | None
    quoted: str | None
    subject: str | None
    at: Millis
    state: State
    error: str | None
    attachments: tuple[AttachmentView, ...]
    automatic: bool
    trust: str | None
    has_raw: bool

    @classmethod
    def of(cls, message: Message) -> MessageView:
        return cls(
            id=message.id,
            rev=message.rev,
            conversation_id=message.conversation_id,
            ordinal=message.ordinal,
            direction=message.direction,
            author=AuthorView(message.author.kind, message.author.id, message.author.name),
            text=message.text,
            html=message.html,
            quoted=message.quoted,
            subject=message.subject,
            at=message.at,
            state=message.state,
            error=message.error,
            attachments=tuple(AttachmentView.of(attachment) for attachment in message.attachments),
            automatic=message.automatic,
            trust=message.trust,
            has_raw=message.raw is not None,
        )


@dataclass(slots=True)
class DraftView:
    id: str
    rev: int
    conversation_id: ConversationId
    mode: str
    text: str
    attachments: tuple[AttachmentView, ...]
    updated_at: Millis


@dataclass(slots=True)
class UploadView:
    id: str
    name: str
    size: int
    media_type: str


def as_json(view: ConversationView | MessageView | DraftView) -> dict[str, Any]:
    """A view as plain JSON values, for the log."""
    made: dict[str, Any] = msgspec.to_builtins(view)
    return made


def attachments_json(attachments: tuple[Attachment, ...]) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(AttachmentView.of(attachment)) for attachment in attachments]


def person_key(customer_id: CustomerId, name: str) -> Mapping[str, str]:
    return {"id": customer_id, "name": name}
