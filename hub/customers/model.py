"""A customer, their identities, and what a channel claims about a sender."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from hub.kernel.clock import Millis
from hub.kernel.ids import CustomerId, IdentityId


@dataclass(frozen=True, slots=True)
class Identity:
    """One address of a customer. ``verified``: somebody proved that it is theirs."""

    id: IdentityId
    customer_id: CustomerId
    kind: str
    address: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Customer:
    """Whoever writes or calls. ``identities`` is empty where they were not asked for."""

    id: CustomerId
    rev: int
    name: str
    language: str | None
    vip: bool
    note: str
    tags: tuple[str, ...]
    created_at: Millis
    identities: tuple[Identity, ...] = ()


class Claim(Struct, frozen=True):
    """What a channel knows of a sender.

    ``kind`` and ``address`` (normalised) identify them. ``also`` are further addresses they gave,
    which nobody has proved: they are noted, but never lead to another customer's record.
    """

    kind: str
    address: str
    name: str = ""
    language: str | None = None
    verified: bool = False
    also: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityView:
    id: IdentityId
    kind: str
    address: str
    verified: bool


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer as screens hold one."""

    id: CustomerId
    rev: int
    name: str
    language: str | None
    vip: bool
    note: str
    tags: tuple[str, ...]
    created_at: Millis
    identities: tuple[IdentityView, ...]
    open_tickets: int = 0
    conversations: int = 0

    @classmethod
    def of(cls, customer: Customer, **counts: int) -> CustomerView:
        return cls(
            customer.id,
            customer.rev,
            customer.name,
            customer.language,
            customer.vip,
            customer.note,
            customer.tags,
            customer.created_at,
            tuple(
                IdentityView(known.id, known.kind, known.address, known.verified)
                for known in customer.identities
            ),
            **counts,
        )


class Recognised(Struct, frozen=True):
    """The customer behind a claim; ``is_new`` when this claim was the first we heard of them."""

    id: CustomerId
    name: str
    language: str | None
    is_new: bool
