"""What happens to customers."""

from __future__ import annotations

from hub.kernel.events import Event, event
from hub.kernel.ids import CustomerId


@event("customer.appeared")
class CustomerAppeared(Event):
    """Somebody was heard of for the first time."""

    customer_id: CustomerId


@event("customer.changed")
class CustomerChanged(Event):
    """An agent changed the record, or an identity was added."""

    customer_id: CustomerId
    name: str
