"""What happens to tickets."""

from __future__ import annotations

from hub.kernel.events import Event, event
from hub.kernel.ids import AgentId, ConversationId, CustomerId, TicketId


@event("ticket.opened")
class TicketOpened(Event):
    """Somebody made a promise to a customer (the requester)."""

    ticket_id: TicketId
    customer_id: CustomerId
    conversation_id: ConversationId | None
    number: int


@event("ticket.changed")
class TicketChanged(Event):
    """Its status, priority, assignee or subject changed: see ``before`` and ``after``, by field.

    ``why``: ``agent``, ``customer_wrote`` or ``customer_renamed``.
    """

    ticket_id: TicketId
    customer_id: CustomerId
    assignee_id: AgentId | None
    why: str
    before: dict[str, str | None]
    after: dict[str, str | None]


@event("ticket.conversation_linked")
class ConversationLinked(Event):
    """A conversation now belongs to a ticket. ``ticket_ids``: every ticket of that conversation."""

    ticket_id: TicketId
    customer_id: CustomerId
    conversation_id: ConversationId
    ticket_ids: tuple[TicketId, ...]


@event("ticket.conversation_unlinked")
class ConversationUnlinked(Event):
    """A conversation no longer belongs to a ticket. ``ticket_ids``: those it still has."""

    ticket_id: TicketId
    customer_id: CustomerId
    conversation_id: ConversationId
    ticket_ids: tuple[TicketId, ...]
