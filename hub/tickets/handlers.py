"""What tickets do when they hear of something. Charted ``within``: it must never be half true."""

from __future__ import annotations

from collections.abc import Sequence

from hub.conversations.events import MessageReceived
from hub.customers.events import CustomerChanged
from hub.storage.unit import Unit
from hub.tickets import service


def customer_wrote(unit: Unit, received: Sequence[MessageReceived]) -> None:
    """Reopen the tickets of these conversations. An automatic answer is nobody's word."""
    spoken = [message.conversation_id for message in received if message.automatic is None]
    if spoken:
        service.reopen_for(unit, spoken)


def customer_renamed(unit: Unit, changed: Sequence[CustomerChanged]) -> None:
    """Show the requester by the name they have now."""
    service.rename_requesters(unit, {event.customer_id: event.name for event in changed})
