"""What happens after what: the chart of the whole hub, in the order in which it is lived.

``within`` happens in the same transaction, ``after`` a moment later and exactly once, ``follow`` live and from memory.
"""

from __future__ import annotations

from hub.channels import outbound
from hub.conversations import service as conversations
from hub.conversations.events import Replied
from hub.customers.events import CustomerChanged
from hub.storage.chart import Chart


def chart(journey: Chart) -> None:
    """Fill in what happens after what."""
    # An agent answers.
    journey.within(Replied, outbound.enqueue)
    # Somebody learns a name.
    journey.within(CustomerChanged, conversations.rename_customer)
