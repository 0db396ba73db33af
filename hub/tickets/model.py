"""A ticket, and what a screen shows of one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hub.conversations.views import Person
from hub.kernel.clock import Millis
from hub.kernel.ids import AgentId, ConversationId, CustomerId, TicketId


class Status(Enum):
    """Where a ticket stands. *Pending* waits for the customer, *on hold* for somebody else."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"


class Priority(Enum):
    """How much it matters."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Ticket:
    """The promise that something will be solved. ``conversation_ids`` in the order of linking."""

    id: TicketId
    rev: int
    number: int
    subject: str
    status: Status
    priority: Priority
    requester_id: CustomerId
    requester_name: str
    assignee_id: AgentId | None
    created_at: Millis
    updated_at: Millis
    solved_at: Millis | None = None
    closed_at: Millis | None = None
    conversation_ids: tuple[ConversationId, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket as screens hold one."""

    id: TicketId
    rev: int
    number: int
    subject: str
    status: str
    priority: str
    requester: Person
    assignee_id: AgentId | None
    created_at: Millis
    updated_at: Millis
    solved_at: Millis | None
    conversation_ids: tuple[ConversationId, ...]

    @classmethod
    def of(cls, ticket: Ticket) -> TicketView:
        return cls(
            ticket.id,
            ticket.rev,
            ticket.number,
            ticket.subject,
            ticket.status.value,
            ticket.priority.value,
            Person(ticket.requester_id, ticket.requester_name),
            ticket.assignee_id,
            ticket.created_at,
            ticket.updated_at,
            ticket.solved_at,
            ticket.conversation_ids,
        )
