"""What happens after what: the chart of the whole hub, in the order in which it is lived.

``within`` happens in the same transaction, ``after`` a moment later and exactly once, ``follow``
(in ``app``, where the followers live) at once and from memory.
"""

from __future__ import annotations

from collections.abc import Sequence

from hub.agents.events import AgentChanged
from hub.channels import outbound
from hub.conversations import service as conversations
from hub.conversations.events import (
    ConversationEnded,
    ConversationOpened,
    MessageReceived,
    Replied,
)
from hub.customers.events import CustomerChanged
from hub.routing import handlers as routing
from hub.storage.chart import Chart
from hub.storage.unit import Unit
from hub.tickets import handlers as tickets
from hub.tickets.events import ConversationLinked, ConversationUnlinked


def chart(journey: Chart) -> None:
    """Fill in what happens after what."""
    # A customer writes.
    journey.within(ConversationOpened, routing.queue_work)
    journey.within(MessageReceived, tickets.customer_wrote)
    # An agent answers.
    journey.within(Replied, outbound.enqueue)
    # A promise is made, or taken back.
    journey.within(ConversationLinked, show_tickets)
    journey.within(ConversationUnlinked, show_tickets)
    # It is over.
    journey.within(ConversationEnded, routing.end_work)
    # Somebody learns a name.
    journey.within(CustomerChanged, conversations.rename_customer, tickets.customer_renamed)
    # Agents come, change and go.
    journey.within(AgentChanged, routing.keep_loads)


def show_tickets(unit: Unit, events: Sequence[ConversationLinked | ConversationUnlinked]) -> None:
    """Let the conversation show the tickets it belongs to."""
    for heard in events:
        conversations.set_tickets(unit, heard.conversation_id, heard.ticket_ids)
