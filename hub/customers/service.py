"""What can be done with customers: recognise them, change their record, add an identity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from hub.customers import store
from hub.customers.events import CustomerAppeared, CustomerChanged
from hub.customers.identities import shown_name
from hub.customers.model import (
    Claim,
    Customer,
    CustomerView,
    Identity,
    IdentityView,
    Recognised,
)
from hub.kernel.errors import Conflict, NotFound
from hub.kernel.events import Change
from hub.kernel.ids import CustomerId, IdentityId, new_id
from hub.storage.unit import Unit


class NoSuchCustomer(NotFound):
    """There is no such customer."""


class StaleRev(Conflict):
    """Somebody else changed it meanwhile."""

    code = "stale_rev"


class IdentityTaken(Conflict):
    """Another customer has this address."""

    code = "identity_taken"


def recognise(unit: Unit, claims: Sequence[Claim]) -> list[Recognised]:
    """Find the customer behind each claim, or make one: two statements to know, two to add, for any
    number.

    Several claims of one address in the same batch are one customer.
    """
    wanted = [claim.address for claim in claims]
    wanted += [address for claim in claims for _, address in claim.also]
    known = store.known(unit.connection, wanted)
    found: dict[tuple[str, str], Recognised] = {
        key: Recognised(CustomerId(row.customer_id), row.name, row.language, is_new=False)
        for key, row in known.items()
    }
    people: list[CustomerView] = []
    addresses: list[Identity] = []
    answers = []
    for claim in claims:
        key = (claim.kind, claim.address)
        recognised = found.get(key)
        if recognised is None:
            recognised = _appear(unit, claim, found, people, addresses)
            found[key] = known_now(recognised)
        answers.append(recognised)
    store.insert_many(unit.connection, people, addresses)
    return answers


def _appear(
    unit: Unit,
    claim: Claim,
    found: dict[tuple[str, str], Recognised],
    people: list[CustomerView],
    addresses: list[Identity],
) -> Recognised:
    customer_id = CustomerId(new_id(unit.now))
    name = claim.name.strip()[:200] or shown_name(claim.kind, claim.address)
    given = [(claim.kind, claim.address, claim.verified)]
    given += [
        (kind, address, False) for kind, address in claim.also if (kind, address) not in found
    ]
    mine = [
        Identity(IdentityId(new_id(unit.now)), customer_id, kind, address, verified)
        for kind, address, verified in given
    ]
    person = CustomerView(
        customer_id,
        1,
        name,
        claim.language,
        vip=False,
        note="",
        tags=(),
        created_at=unit.now,
        identities=tuple(IdentityView(i.id, i.kind, i.address, i.verified) for i in mine),
    )
    people.append(person)
    addresses.extend(mine)
    recognised = Recognised(customer_id, name, claim.language, is_new=True)
    for kind, address, _ in given[1:]:
        found[(kind, address)] = known_now(recognised)
    change = Change("customer", customer_id, 1, full=person)
    unit.announce(CustomerAppeared(at=unit.now, customer_id=customer_id, changes=(change,)))
    return recognised


def known_now(recognised: Recognised) -> Recognised:
    """Somebody who was new a moment ago."""
    return Recognised(recognised.id, recognised.name, recognised.language, is_new=False)


def get_customer(unit: Unit, customer_id: str) -> Customer:
    customer = store.find(unit.connection, customer_id)
    if customer is None:
        raise NoSuchCustomer
    return customer


def change_customer(
    unit: Unit, customer_id: str, changes: dict[str, Any], *, if_rev: int, by: str
) -> CustomerView:
    """Change name, language, note, tags or vip. ``StaleRev`` when it is not at ``if_rev``
    any more.
    """
    before = get_customer(unit, customer_id)
    if before.rev != if_rev:
        raise StaleRev(current=msgspec.to_builtins(CustomerView.of(before)))
    after = replace(before, rev=before.rev + 1, **changes)
    store.update(unit, after)
    _tell(unit, after, msgspec.to_builtins(changes), by)
    return CustomerView.of(after)


def add_identity(
    unit: Unit, customer_id: str, kind: str, address: str, *, verified: bool, by: str
) -> CustomerView:
    """Note another (normalised) address of a customer. ``IdentityTaken`` when it is another
    one's.
    """
    customer = get_customer(unit, customer_id)
    owner = store.owner_of(unit.connection, kind, address)
    if owner == customer.id:
        return CustomerView.of(customer)
    if owner is not None:
        raise IdentityTaken(customer_id=owner)
    identity = Identity(IdentityId(unit.new_id()), customer.id, kind, address, verified)
    store.insert_identity(unit, identity)
    after = replace(customer, rev=customer.rev + 1, identities=(*customer.identities, identity))
    store.update(unit, after)
    view = CustomerView.of(after)
    _tell(unit, after, {"identities": msgspec.to_builtins(view.identities)}, by)
    return view


def _tell(unit: Unit, customer: Customer, patch: dict[str, Any], by: str) -> None:
    unit.announce(
        CustomerChanged(
            at=unit.now,
            actor=by,
            customer_id=customer.id,
            name=customer.name,
            changes=(Change("customer", customer.id, customer.rev, patch=patch),),
        )
    )
