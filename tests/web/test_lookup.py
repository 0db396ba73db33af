"""The search over everything, and a customer's timeline, through HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.agents.model import Role
from hub.app import lookup
from hub.conversations import service as conversations
from hub.knowledge import api as knowledge_api
from hub.storage.unit import Unit
from hub.tickets import api as tickets_api
from tests.support.desk import NOON, Desk, Person, open_desk

UNKNOWN = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
async def desk(any_database: str) -> AsyncIterator[Desk]:
    async with open_desk(
        any_database, lookup.routes, tickets_api.routes, knowledge_api.routes
    ) as desk:
        yield desk


@pytest.fixture
async def ann(desk: Desk) -> Person:
    return await desk.signed_in(Role.SUPERVISOR)


async def ticket(ann: Person, conversation_id: str, subject: str) -> dict[str, Any]:
    answer = await ann.post(
        "/api/tickets", {"subject": subject, "conversation_id": conversation_id}
    )
    made: dict[str, Any] = answer.json()
    return made


async def test_the_first_few_of_each_kind_are_found(desk: Desk, ann: Person) -> None:
    said = await desk.customer_writes("Where is my parcel?", who="parcelina")
    await ticket(ann, said.conversation_id, "A parcel is late")
    await ann.post("/api/articles", {"language": "en", "title": "Parcels", "text": "…"})

    found = (await ann.get("/api/search", q="parcel")).json()

    assert [c["id"] for c in found["conversations"]] == [said.conversation_id]
    assert [c["name"] for c in found["customers"]] == ["Parcelina"]
    assert [t["subject"] for t in found["tickets"]] == ["A parcel is late"]
    assert [a["title"] for a in found["articles"]] == ["Parcels"]


async def test_searching_for_nothing_finds_nothing(ann: Person) -> None:
    found = (await ann.get("/api/search", q=" ")).json()

    assert found == {"conversations": [], "customers": [], "tickets": [], "articles": []}
    assert (await ann.get("/api/search")).status_code == 422


@pytest.mark.parametrize(
    "q", ['"', "%", "_", "NEAR(", "author_name", "'; DROP TABLE x", "\\", "9" * 40]
)
async def test_whatever_is_typed_is_literal(desk: Desk, ann: Person, q: str) -> None:
    await desk.customer_writes("hello")

    answer = await ann.get("/api/search", q=q)

    assert answer.status_code == 200
    assert answer.json()["conversations"] == []


async def test_the_timeline_has_everything_latest_first_a_page_at_a_time(
    desk: Desk, ann: Person
) -> None:
    said = await desk.customer_writes(who="mia")
    desk.clock.move(10)
    made = await ticket(ann, said.conversation_id, "A sofa is late")
    desk.clock.move(10)

    def end_and_rate(unit: Unit) -> None:
        conversations.end(unit, said.conversation_id, by="agent", actor=ann.agent.actor)
        conversations.rate(unit, said.conversation_id, score=5, solved=True, comment="Danke")

    await desk.database.write(end_and_rate)
    path = f"/api/customers/{made['requester']['id']}/timeline"

    first = (await ann.get(path, limit=2)).json()
    second = (await ann.get(path, limit=2, cursor=first["next"])).json()

    assert [(m["kind"], m["at"] - NOON) for m in first["items"]] == [("rating", 20), ("ticket", 10)]
    assert [(m["kind"], m["at"] - NOON) for m in second["items"]] == [("conversation", 0)]
    assert second["next"] is None
    rating, promise = first["items"]
    assert (rating["score"], rating["conversation_id"]) == (5, said.conversation_id)
    assert (promise["number"], promise["subject"], promise["status"]) == (
        1, "A sofa is late", "new",
    )  # fmt: skip


async def test_an_agent_sees_only_conversations_within_reach(desk: Desk, ann: Person) -> None:
    said = await desk.customer_writes("parcel", who="mia")
    made = await ticket(ann, said.conversation_id, "A sofa is late")
    bob = await desk.signed_in(Role.AGENT)

    moments = (await bob.get(f"/api/customers/{made['requester']['id']}/timeline")).json()
    found = (await bob.get("/api/search", q="mia")).json()

    assert [m["kind"] for m in moments["items"]] == ["ticket"]
    assert found["conversations"] == []
    assert len(found["customers"]) == 1


async def test_an_unknown_customer_has_no_timeline(ann: Person) -> None:
    assert (await ann.get(f"/api/customers/{UNKNOWN}/timeline")).status_code == 404
