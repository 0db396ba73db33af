"""A customer, their identities, and what a channel claims about a sender."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec import Struct

from hub.kernel.clock import Millis
from hub.kernel.ids import CustomerId, IdentityId


@dataclass(frozen=True, slots=True)
class Identity:
    """One address of a customer, which leads to them: they wrote from it, or ``vouched_by`` says
    so. ``verified``: it is proved that it was they who wrote from it; no word of others makes it
    so.
    """

    id: IdentityId
    customer_id: CustomerId
    kind: str
    address: str
    verified: bool
    vouched_by: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimedAddress:
    """An address somebody said was theirs. It leads nobody anywhere, and others may claim it
    too.
    """

    id: IdentityId
    customer_id: CustomerId
    kind: str
    address: str


@dataclass(frozen=True, slots=True)
class Customer:
    """Whoever writes or calls. ``identities`` and ``claimed`` are empty where they were not asked
    for.
    """

    id: CustomerId
    rev: int
    name: str
    language: str | None
    vip: bool
    note: str
    tags: tuple[str, ...]
    created_at: Millis
    identities: tuple[Identity, ...] = ()
    claimed: tuple[ClaimedAddress, ...] = ()


class Claim(Struct, frozen=True):
    """What a channel knows of a sender.

    ``kind`` and ``address`` (normalised) identify them; ``verified`` when it is proved that it was
    they who wrote. ``also`` are further addresses they gave, which nobody has proved: they are
    noted on their record, but never lead to another's, nor anybody else to theirs.
    """

    kind: str
    address: str
    name: str = ""
    language: str | None = None
    verified: bool = False
    also: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityView:
    """``claimed``: they only said so; it leads nobody to this customer."""

    id: IdentityId
    kind: str
    address: str
    verified: bool
    claimed: bool = False


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
            views_of(customer.identities, customer.claimed),
            **counts,
        )


def views_of(
    identities: Iterable[Identity], claimed: Iterable[ClaimedAddress] = ()
) -> tuple[IdentityView, ...]:
    """Addresses as screens hold them: those that lead to the customer first."""
    return (
        *(IdentityView(i.id, i.kind, i.address, i.verified) for i in identities),
        *(IdentityView(c.id, c.kind, c.address, verified=False, claimed=True) for c in claimed),
    )


class Recognised(Struct, frozen=True):
    """The customer behind a claim; ``is_new`` when this claim was the first we heard of them."""

    id: CustomerId
    name: str
    language: str | None
    is_new: bool
