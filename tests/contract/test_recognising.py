"""Whose words they are: an address belongs to whoever writes from it, whatever others say. On
SQLite and on PostgreSQL alike.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial

import pytest

from hub.customers import service, store
from hub.customers.model import Claim, Customer, CustomerView, Recognised
from hub.storage.database import Database
from hub.storage.unit import Unit
from tests.support.desk import Desk, open_desk
from tests.support.statements import heard

MIA = "mia@x.example"


@pytest.fixture
async def desk(any_database: str) -> AsyncIterator[Desk]:
    async with open_desk(any_database) as desk:
        yield desk


def a_mail(address: str = MIA, *, verified: bool = True) -> Claim:
    return Claim("email", address, verified=verified)


def a_visitor(who: str, *says: tuple[str, str]) -> Claim:
    """Somebody in the chat, who gave these addresses in its form."""
    return Claim("chat", who, name=who.title(), verified=True, also=says)


async def recognised(desk: Desk, *claims: Claim) -> list[Recognised]:
    """All of them, in one batch."""
    return await desk.database.write(lambda unit: service.recognise(unit, claims))


async def customer(desk: Desk, person: Recognised) -> Customer:
    found = await desk.database.read(store.find, person.id)
    assert found is not None
    return found


async def shown(desk: Desk, person: Recognised) -> list[tuple[str, str, str]]:
    """A customer's addresses as a screen shows them."""
    return [
        (i.kind, i.address, "verified" if i.verified else "claimed" if i.claimed else "")
        for i in CustomerView.of(await customer(desk, person)).identities
    ]


async def vouch(desk: Desk, person: Recognised, address: str) -> CustomerView:
    work = partial(service.add_identity, kind="email", address=address, by="agent:ann")
    return await desk.database.write(lambda unit: work(unit, person.id))


# -- what is only said -----------------------------------------------------------------------------


async def test_who_claims_an_address_first_does_not_get_its_owners_mail(desk: Desk) -> None:
    (eve,) = await recognised(desk, a_visitor("eve", ("email", MIA)))

    (mia,) = await recognised(desk, a_mail())
    (mia_again,) = await recognised(desk, a_mail())

    assert mia.is_new
    assert mia_again.id == mia.id != eve.id
    assert await shown(desk, mia) == [("email", MIA, "verified")]
    assert await shown(desk, eve) == [("chat", "eve", "verified"), ("email", MIA, "claimed")]


async def test_unproved_mail_does_not_follow_a_claim_either(desk: Desk) -> None:
    (eve,) = await recognised(desk, a_visitor("eve", ("email", MIA)))

    (somebody,) = await recognised(desk, a_mail(verified=False))

    assert somebody.id != eve.id


async def test_who_claims_somebodys_address_is_not_taken_for_them(desk: Desk) -> None:
    (mia,) = await recognised(desk, a_mail())

    (eve,) = await recognised(desk, a_visitor("eve", ("email", MIA)))

    assert eve.id != mia.id
    assert await shown(desk, eve) == [("chat", "eve", "verified"), ("email", MIA, "claimed")]
    assert await shown(desk, mia) == [("email", MIA, "verified")]


@pytest.mark.parametrize("owner_first", [True, False])
async def test_a_claim_in_the_same_batch_captures_nothing(desk: Desk, owner_first: bool) -> None:
    batch = [a_mail(), a_visitor("eve", ("email", MIA))]

    first, second = await recognised(desk, *(batch if owner_first else batch[::-1]))

    assert first.id != second.id
    assert first.is_new
    assert second.is_new


async def test_any_number_of_people_may_claim_one_address_and_several_at_once(desk: Desk) -> None:
    says = (("email", MIA), ("phone", "+4930123"), ("email", MIA))

    eve, bo = await recognised(desk, a_visitor("eve", *says), a_visitor("bo", *says))

    claimed = [("email", MIA, "claimed"), ("phone", "+4930123", "claimed")]
    assert await shown(desk, eve) == [("chat", "eve", "verified"), *claimed]
    assert await shown(desk, bo) == [("chat", "bo", "verified"), *claimed]


async def test_who_claims_an_address_is_found_by_it(desk: Desk) -> None:
    (eve,) = await recognised(desk, a_visitor("eve", ("email", MIA)))
    (mia,) = await recognised(desk, a_mail())

    found = await desk.database.read(store.search, "mia@x", 10)

    assert {one.id for one in found} == {eve.id, mia.id}


# -- what is proved --------------------------------------------------------------------------------


async def test_the_first_proof_of_an_address_is_noted_and_told_once(desk: Desk) -> None:
    (before,) = await recognised(desk, a_mail(verified=False))
    assert await shown(desk, before) == [("email", MIA, "")]

    for _ in range(2):
        proved, again = await recognised(desk, a_mail(), a_mail(verified=False))
        assert proved.id == again.id == before.id

    after = await customer(desk, before)
    assert await shown(desk, before) == [("email", MIA, "verified")]
    assert after.rev == 2
    (told,) = [e for e in await desk.events() if e.type == "customer.identity_proved"]
    (identity,) = after.identities
    assert (told.customer_id, told.identity_id) == (before.id, identity.id)
    (change,) = told.changes
    assert (change.entity, change.id, change.rev) == ("customer", before.id, 2)
    (line,) = change.patch["identities"]
    assert (line["address"], line["verified"], line["claimed"]) == (MIA, True, False)


async def test_a_proof_and_an_unproved_mail_of_somebody_new_are_one_proved_address(
    desk: Desk,
) -> None:
    first, second = await recognised(desk, a_mail(verified=False), a_mail())

    assert first.id == second.id
    assert await shown(desk, first) == [("email", MIA, "verified")]


async def test_what_is_proved_stays_so_when_the_next_letter_proves_nothing(desk: Desk) -> None:
    (mia,) = await recognised(desk, a_mail())

    (again,) = await recognised(desk, a_mail(verified=False))

    assert again.id == mia.id
    assert await shown(desk, mia) == [("email", MIA, "verified")]


# -- what an agent vouches for ---------------------------------------------------------------------


async def test_what_an_agent_vouches_for_leads_but_no_letter_proves_it(desk: Desk) -> None:
    (mia,) = await recognised(desk, a_visitor("mia", ("email", MIA)))

    told = await vouch(desk, mia, MIA)
    (writing,) = await recognised(desk, a_mail())

    assert writing.id == mia.id
    assert told.rev == 2
    assert await shown(desk, mia) == [("chat", "mia", "verified"), ("email", MIA, "")]
    (_, identity) = (await customer(desk, mia)).identities
    assert identity.vouched_by == "agent:ann"


async def test_nobodys_claim_keeps_an_agent_from_vouching(desk: Desk) -> None:
    (eve,) = await recognised(desk, a_visitor("eve", ("email", MIA)))
    (mia,) = await recognised(desk, a_visitor("mia"))

    await vouch(desk, mia, MIA)

    (writing,) = await recognised(desk, a_mail())
    assert writing.id == mia.id
    assert await shown(desk, eve) == [("chat", "eve", "verified"), ("email", MIA, "claimed")]


async def test_an_agent_cannot_give_an_address_away_that_somebody_writes_from(desk: Desk) -> None:
    mia, eve = await recognised(desk, a_mail(), a_visitor("eve", ("email", MIA)))

    with pytest.raises(service.IdentityTaken) as refused:
        await vouch(desk, eve, MIA)

    assert refused.value.facts["customer_id"] == mia.id


# -- the hot path ----------------------------------------------------------------------------------


def statements(database: Database, claims: Sequence[Claim], unit: Unit) -> list[str]:
    """What recognising these claims says to the database."""
    with heard(database) as said:
        service.recognise(unit, claims)
    return [statement for statement, _ in said]


async def test_recognising_takes_as_many_statements_for_many_as_for_one(desk: Desk) -> None:
    known = [a_mail(f"known{n}@x.example") for n in range(50)]
    await recognised(desk, *known)
    unproved = [a_mail(f"unproved{n}@x.example", verified=False) for n in range(50)]
    await recognised(desk, *unproved)
    new = [a_mail(f"new{n}@x.example") for n in range(50)]
    saying = [a_visitor(f"v{n}", ("email", f"new{n}@x.example")) for n in range(50)]
    proving = [a_mail(claim.address) for claim in unproved]

    async def count(claims: Sequence[Claim]) -> int:
        return len(await desk.database.write(partial(statements, desk.database, claims)))

    assert await count([*known, *unproved]) == 1
    assert await count(new) == 3
    assert await count(saying) == 4
    assert await count(proving) == 6
    assert await count(proving) == 1
