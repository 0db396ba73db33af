"""What can be done with customers: recognise them, change their record, add an identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from hub.customers import store
from hub.customers.events import CustomerAppeared, CustomerChanged, IdentityProved
from hub.customers.identities import shown_name
from hub.customers.model import (
    Claim,
    ClaimedAddress,
    Customer,
    CustomerView,
    Identity,
    Recognised,
    views_of,
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
    """Find the customer behind each claim, or make one: one statement to know, three at most to
    add, for any number. Only when an address is proved for the first time are there more.

    Several claims of one address in the same batch are one customer. What a claim says ``also``
    is noted on a new customer's record and finds nobody.
    """
    known = store.known(unit.connection, [claim.address for claim in claims])
    proved = {(claim.kind, claim.address) for claim in claims if claim.verified}
    found: dict[tuple[str, str], Recognised] = {
        key: Recognised(CustomerId(row.customer_id), row.name, row.language, is_new=False)
        for key, row in known.items()
    }
    people: list[CustomerView] = []
    addresses: list[Identity] = []
    claimed: list[ClaimedAddress] = []
    answers = []
    for claim in claims:
        key = (claim.kind, claim.address)
        recognised = found.get(key)
        if recognised is None:
            identity, also = _addresses_of(unit, claim, verified=key in proved)
            person = _appear(unit, claim, identity, also)
            people.append(person)
            addresses.append(identity)
            claimed.extend(also)
            recognised = Recognised(person.id, person.name, person.language, is_new=True)
            found[key] = known_now(recognised)
        answers.append(recognised)
    store.insert_many(unit.connection, people, addresses, claimed)
    fresh = [key for key, row in known.items() if not row.verified and row.vouched_by is None]
    if not proved.isdisjoint(fresh):
        _prove(unit, {key: known[key].customer_id for key in proved.intersection(fresh)})
    return answers


def _addresses_of(
    unit: Unit, claim: Claim, *, verified: bool
) -> tuple[Identity, list[ClaimedAddress]]:
    customer_id = CustomerId(new_id(unit.now))
    own = (claim.kind, claim.address)
    also = [address for address in dict.fromkeys(claim.also) if address != own]
    return (
        Identity(IdentityId(new_id(unit.now)), customer_id, *own, verified),
        [
            ClaimedAddress(IdentityId(new_id(unit.now)), customer_id, kind, address)
            for kind, address in also
        ],
    )


def _appear(
    unit: Unit, claim: Claim, identity: Identity, claimed: Sequence[ClaimedAddress]
) -> CustomerView:
    person = CustomerView(
        identity.customer_id,
        1,
        claim.name.strip()[:200] or shown_name(claim.kind, claim.address),
        claim.language,
        vip=False,
        note="",
        tags=(),
        created_at=unit.now,
        identities=views_of((identity,), claimed),
    )
    change = Change("customer", person.id, 1, full=person)
    unit.announce(CustomerAppeared(at=unit.now, customer_id=person.id, changes=(change,)))
    return person


def _prove(unit: Unit, owners: Mapping[tuple[str, str], str]) -> None:
    """Note that it is certain now that these customers write from these addresses."""
    changed: list[Customer] = []
    ids: list[IdentityId] = []
    for before in store.to_change(unit.connection, owners.values()):
        fresh = [i for i in before.identities if (i.kind, i.address) in owners and not i.verified]
        if not fresh:
            continue
        identities = tuple(
            replace(known, verified=known.verified or known in fresh) for known in before.identities
        )
        after = replace(before, rev=before.rev + 1, identities=identities)
        change = Change("customer", after.id, after.rev, patch=_addresses(after))
        for identity in fresh:
            unit.announce(
                IdentityProved(
                    at=unit.now,
                    actor=f"customer:{after.id}",
                    customer_id=after.id,
                    identity_id=identity.id,
                    changes=(change,),
                )
            )
        changed.append(after)
        ids += [identity.id for identity in fresh]
    store.prove(unit.connection, changed, ids)


def known_now(recognised: Recognised) -> Recognised:
    """Somebody who was new a moment ago."""
    return Recognised(recognised.id, recognised.name, recognised.language, is_new=False)


def get_customer(unit: Unit, customer_id: str) -> Customer:
    """The customer, who stays as they are until the commit."""
    found = store.to_change(unit.connection, [customer_id])
    if not found:
        raise NoSuchCustomer
    return found[0]


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


def add_identity(unit: Unit, customer_id: str, kind: str, address: str, *, by: str) -> CustomerView:
    """Vouch for another (normalised) address of a customer, which leads to them from now on.
    ``IdentityTaken`` when it is another one's; that others only claim it is no hindrance.
    """
    customer = get_customer(unit, customer_id)
    owner = store.owner_of(unit.connection, kind, address)
    if owner == customer.id:
        return CustomerView.of(customer)
    if owner is not None:
        raise IdentityTaken(customer_id=owner)
    identity = Identity(
        IdentityId(unit.new_id()), customer.id, kind, address, verified=False, vouched_by=by
    )
    store.insert_identities(unit.connection, [identity])
    for said in customer.claimed:
        if (said.kind, said.address) == (kind, address):
            store.drop_claimed(unit.connection, said.id)
    after = replace(
        customer,
        rev=customer.rev + 1,
        identities=(*customer.identities, identity),
        claimed=tuple(c for c in customer.claimed if (c.kind, c.address) != (kind, address)),
    )
    store.update(unit, after)
    _tell(unit, after, _addresses(after), by)
    return CustomerView.of(after)


def _addresses(customer: Customer) -> dict[str, Any]:
    """What screens must hold of a customer's addresses."""
    views = views_of(customer.identities, customer.claimed)
    return {"identities": msgspec.to_builtins(views)}


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
