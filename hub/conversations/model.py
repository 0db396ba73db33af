"""Conversations, messages and attachments; what comes in and what goes out in normal form.

What the hot path makes thousands of a second is a msgspec ``Struct``: frozen like the dataclasses,
made and changed in a tenth of the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from hub.customers.model import Claim
from hub.kernel.clock import Millis
from hub.kernel.ids import (
    AgentId,
    AttachmentId,
    ChannelId,
    ConversationId,
    CustomerId,
    MessageId,
    QueueId,
    TicketId,
)

PREVIEW_MOST = 160


class Direction(Enum):
    """Which way a message goes."""

    IN = "in"
    OUT = "out"
    NOTE = "note"
    EVENT = "event"


class Status(Enum):
    """Whether a conversation goes on."""

    OPEN = "open"
    ENDED = "ended"


class Routing(Enum):
    """Where a conversation stands with the router."""

    NONE = "none"
    WAITING = "waiting"
    OFFERED = "offered"
    ASSIGNED = "assigned"


class State(Enum):
    """What became of a message. Of the customer's: received, read. Of ours: the rest, moving up
    only.
    """

    RECEIVED = "received"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"


_LATTICE: Mapping[State, int] = {
    State.RECEIVED: 0,
    State.QUEUED: 0,
    State.SENDING: 1,
    State.UNKNOWN: 2,
    State.SENT: 3,
    State.FAILED: 4,
    State.DELIVERED: 5,
    State.READ: 6,
}


def moves_up(before: State, after: State) -> bool:
    """True when a report may replace the state: it never goes back (reliability I24).

    What was sent can still fail further on (a bounce, a carrier's refusal); what was delivered
    cannot. A failure is final for one attempt; only a retry by a person sets a message back to
    *queued*.
    """
    return _LATTICE[after] > _LATTICE[before] and before is not State.FAILED


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message. ``digest`` names its content among the blobs."""

    id: AttachmentId
    name: str
    media_type: str
    size: int
    digest: str
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class AttachmentView:
    id: AttachmentId
    name: str
    media_type: str
    size: int
    inline: bool
    content_id: str | None

    @classmethod
    def of(cls, attachment: Attachment) -> AttachmentView:
        return cls(
            attachment.id,
            attachment.name,
            attachment.media_type,
            attachment.size,
            attachment.inline,
            attachment.content_id,
        )


class Author(Struct, frozen=True):
    """Who said it. ``kind``: customer, agent, hub or bot."""

    kind: str
    id: str | None
    name: str


class Inbound(Struct, frozen=True):
    """A customer's words in normal form, as every channel hands them to ``receive``.

    ``key`` is the channel's own name for the message: the same key on the same channel is one
    message. ``conversation_id`` is given when the channel decided which conversation this
    continues; else ``thread_key`` finds the open conversation of this thread, or opens one.
    ``reference`` is the name by which replies will refer to the message (Message-ID);
    ``reply_within`` the promised time to a first reply, in ms. ``facts`` is what the channel needs
    to answer (its own words).
    """

    channel_id: ChannelId
    channel: str
    key: str
    sender: Claim
    text: str
    thread_key: str
    conversation_id: ConversationId | None = None
    queue_id: QueueId | None = None
    html: str | None = None
    quoted: str | None = None
    subject: str | None = None
    language: str | None = None
    said_at: Millis | None = None
    attachments: tuple[Attachment, ...] = ()
    automatic: str | None = None
    trust: str | None = None
    raw: str | None = None
    reference: str | None = None
    reply_within: Millis | None = None
    command_id: str | None = None
    facts: Mapping[str, Any] = {}


class Received(Struct, frozen=True):
    """What became of an inbound message."""

    message_id: MessageId
    conversation_id: ConversationId
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Outbound:
    """An agent's words on their way out, as a channel gets them.

    ``reference`` (an e-mail's Message-ID, a webhook's id) is fixed when the message is queued, so a
    second attempt is recognisably the same. ``facts`` are those of the customer's last message,
    ``to`` the customer's address. ``attempt`` counts the tries, this one included.
    """

    message_id: MessageId
    conversation_id: ConversationId
    channel_id: ChannelId
    channel: str
    reference: str
    to: str
    to_name: str
    author_name: str
    text: str
    subject: str | None
    at: Millis
    attachments: tuple[Attachment, ...]
    thread_key: str
    facts: Mapping[str, Any]
    automatic: bool = False
    attempt: int = 1


class Conversation(Struct, frozen=True):
    """One customer's thread on one channel, open until ended."""

    id: ConversationId
    rev: int
    number: int
    channel: str
    channel_id: ChannelId
    thread_key: str
    customer_id: CustomerId
    customer_name: str
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
    preview: Mapping[str, Any]
    unread: int
    message_count: int
    last_ordinal: int
    ticket_ids: tuple[TicketId, ...]
    rating: Mapping[str, Any] | None
    wrap_up_until: Millis | None

    def but(self, **changes: Any) -> Conversation:
        """This conversation with some fields changed, one revision on."""
        return replace(self, rev=self.rev + 1, **changes)


class Message(Struct, frozen=True):
    """One thing said in a conversation. ``ordinal`` counts 1, 2, 3 within it."""

    id: MessageId
    rev: int
    conversation_id: ConversationId
    ordinal: int
    direction: Direction
    author: Author
    text: str
    html: str | None
    quoted: str | None
    subject: str | None
    at: Millis
    state: State
    error: str | None
    attachments: tuple[Attachment, ...]
    automatic: bool
    trust: str | None
    raw: str | None = None


def preview_of(text: str, direction: Direction, author_name: str) -> dict[str, Any]:
    """The line that a list shows of a conversation."""
    words = " ".join(text[: 4 * PREVIEW_MOST].split())
    return {"text": words[:PREVIEW_MOST], "direction": direction.value, "author_name": author_name}
