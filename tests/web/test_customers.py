"""Customers over HTTP: found, changed by one at a time, their addresses their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from hub.customers import api as customers_api
from tests.support.desk import Desk, Person, open_desk

UNKNOWN = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
async def desk(sqlite_url: str) -> AsyncIterator[Desk]:
    async with open_desk(sqlite_url, customers_api.routes) as desk:
        parts: Any = desk.app.state.parts
        parts.customer_counts = lambda connection, customer_id: {
            "conversations": 3,
            "open_tickets": 1,
        }
        yield desk


@pytest.fixture
async def ann(desk: Desk) -> Person:
    return await desk.signed_in()


@pytest.fixture
async def mia(desk: Desk, ann: Person) -> dict[str, Any]:
    return await customer(desk, ann, "mia")


async def customer(desk: Desk, ann: Person, who: str) -> dict[str, Any]:
    """Whoever has just written for the first time."""
    await desk.customer_writes(who=who)
    (found,) = (await ann.get("/api/customers", q=who.title())).json()["items"]
    made: dict[str, Any] = found
    return made


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_one_customer_comes_with_addresses_and_counts(
    ann: Person, mia: dict[str, Any]
) -> None:
    found = (await ann.get(f"/api/customers/{mia['id']}")).json()

    assert (found["name"], found["rev"]) == ("Mia", 1)
    assert [(i["kind"], i["address"]) for i in found["identities"]] == [("memory", "mia")]
    assert (found["conversations"], found["open_tickets"]) == (3, 1)


@pytest.mark.parametrize("customer_id", [UNKNOWN, "x", "'; DROP TABLE customers"])
async def test_nobody_unknown_is_found(ann: Person, customer_id: str) -> None:
    assert code(await ann.get(f"/api/customers/{customer_id}")) == (404, "not_found")


async def test_a_change_is_kept_and_told(desk: Desk, ann: Person, mia: dict[str, Any]) -> None:
    body = {
        "if_rev": 1,
        "name": "陈米娅",
        "vip": True,
        "tags": ["b", "a", "b"],
        "note": "likes oak",
    }

    changed = (await ann.patch(f"/api/customers/{mia['id']}", body)).json()

    assert (changed["name"], changed["vip"], changed["tags"], changed["note"], changed["rev"]) == (
        "陈米娅", True, ["b", "a"], "likes oak", 2,
    )  # fmt: skip
    (told,) = [e for e in await desk.events() if e.type == "customer.changed"]
    assert told.changes[0].patch == {
        "name": "陈米娅", "vip": True, "tags": ["b", "a"], "note": "likes oak",
    }  # fmt: skip


async def test_the_second_of_two_agents_is_shown_what_the_first_wrote(
    desk: Desk, ann: Person, mia: dict[str, Any]
) -> None:
    bo = await desk.signed_in(name="Bo")
    path = f"/api/customers/{mia['id']}"
    await ann.patch(path, {"if_rev": 1, "note": "by Ann"})

    answer = await bo.patch(path, {"if_rev": 1, "note": "by Bo"})

    assert code(answer) == (409, "stale_rev")
    assert answer.json()["current"]["note"] == "by Ann"
    assert (await bo.patch(path, {"if_rev": 2, "note": "by both"})).status_code == 200


async def test_null_forgets_the_language_and_leaves_the_rest(
    ann: Person, mia: dict[str, Any]
) -> None:
    path = f"/api/customers/{mia['id']}"
    await ann.patch(path, {"if_rev": 1, "language": "zh", "note": "kept"})

    nothing = dict.fromkeys(("language", "name", "note", "vip", "tags"))
    found = (await ann.patch(path, {"if_rev": 2, **nothing})).json()

    assert (found["language"], found["name"], found["note"]) == (None, "Mia", "kept")
    assert (found["vip"], found["tags"]) == (False, [])


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({}, "/if_rev"),
        ({"if_rev": 0}, "/if_rev"),
        ({"if_rev": "1"}, "/if_rev"),
        ({"if_rev": 1, "name": ""}, "/name"),
        ({"if_rev": 1, "name": "x" * 201}, "/name"),
        ({"if_rev": 1, "language": "fr"}, "/language"),
        ({"if_rev": 1, "vip": "yes"}, "/vip"),
        ({"if_rev": 1, "tags": [""]}, "/tags/0"),
        ({"if_rev": 1, "tags": ["x"] * 31}, "/tags"),
        ({"if_rev": 1, "id": "other"}, "/id"),
        ({"if_rev": 1, "created_at": 0}, "/created_at"),
    ],
)
async def test_each_fault_is_named(
    ann: Person, mia: dict[str, Any], change: dict[str, Any], path: str
) -> None:
    answer = await ann.patch(f"/api/customers/{mia['id']}", change)

    assert code(answer) == (422, "invalid")
    assert [fault["path"] for fault in answer.json()["faults"]] == [path]


# -- addresses -------------------------------------------------------------------------------------


async def add(ann: Person, customer_id: str, kind: str, address: str) -> httpx2.Response:
    body = {"kind": kind, "address": address}
    return await ann.post(f"/api/customers/{customer_id}/identities", body)


async def test_an_address_is_kept_in_its_normal_form_and_once(
    ann: Person, mia: dict[str, Any]
) -> None:
    await add(ann, mia["id"], "email", " Mia@EXAMPLE.com ")
    await add(ann, mia["id"], "phone", "+86 138 0013 8000")
    again = await add(ann, mia["id"], "email", "mia@example.com")

    assert [(i["kind"], i["address"], i["verified"]) for i in again.json()["identities"]] == [
        ("memory", "mia", False),
        ("email", "mia@example.com", False),
        ("phone", "+8613800138000", False),
    ]
    assert again.json()["rev"] == 3


async def test_an_address_of_somebody_else_is_taken(
    desk: Desk, ann: Person, mia: dict[str, Any]
) -> None:
    bo = await customer(desk, ann, "bo")
    await add(ann, mia["id"], "email", "mia@example.com")

    answer = await add(ann, bo["id"], "email", "MIA@example.com")

    assert code(answer) == (409, "identity_taken")
    assert answer.json()["customer_id"] == mia["id"]
    assert len((await ann.get(f"/api/customers/{bo['id']}")).json()["identities"]) == 1


@pytest.mark.parametrize(
    ("kind", "address"),
    [("email", "mia"), ("email", "mia@"), ("phone", "13800138000"), ("phone", "hello")],
)
async def test_what_is_no_address_is_refused(
    ann: Person, mia: dict[str, Any], kind: str, address: str
) -> None:
    answer = await add(ann, mia["id"], kind, address)

    assert code(answer) == (422, "not_an_address")
    assert [fault["path"] for fault in answer.json()["faults"]] == ["/address"]


async def test_agents_cannot_make_up_addresses_that_only_channels_know(
    ann: Person, mia: dict[str, Any]
) -> None:
    assert code(await add(ann, mia["id"], "chat", "somebody-else")) == (422, "invalid")


# -- finding ---------------------------------------------------------------------------------------


async def test_customers_are_found_by_part_of_a_name_or_the_beginning_of_an_address(
    desk: Desk, ann: Person, mia: dict[str, Any]
) -> None:
    await customer(desk, ann, "bo")
    await add(ann, mia["id"], "phone", "+8613800138000")

    async def named(q: str) -> list[str]:
        return [c["name"] for c in (await ann.get("/api/customers", q=q)).json()["items"]]

    assert await named("") == ["Bo", "Mia"]
    assert await named("ia") == ["Mia"]
    assert await named("+86138") == ["Mia"]
    assert await named("0013") == []
    assert await named("%") == []
    assert await named("_ia") == []


async def test_many_customers_of_one_name_are_all_listed_page_by_page(
    desk: Desk, ann: Person
) -> None:
    for who in ("li wei", "LI WEI", "Li wei", "zoe", "li Wei"):
        await desk.customer_writes(who=who)

    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await ann.get("/api/customers", limit=2, **cursor)).json()
        seen += [c["id"] for c in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert len(seen) == len(set(seen)) == 5
