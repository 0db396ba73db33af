"""What happens to customers."""

from __future__ import annotations

from hub.kernel.events import Event, event
from hub.kernel.ids import CustomerId, IdentityId


@event("customer.appeared")
class CustomerAppeared(Event):
    """Somebody was heard of for the first time."""

    customer_id: CustomerId


@event("customer.changed")
class CustomerChanged(Event):
    """An agent changed the record, or an identity was added."""

    customer_id: CustomerId
    name: str


@event("customer.identity_proved")
class IdentityProved(Event):
    """Somebody proved that an address is theirs: a letter really came from it, say."""

    customer_id: CustomerId
    identity_id: IdentityId
