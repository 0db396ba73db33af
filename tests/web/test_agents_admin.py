"""The administration of agents over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.agents import api as agents_api
from hub.agents.model import Role
from hub.agents.passwords import Passwords
from tests.support.desk import Desk, Person, open_desk

NEW = {"email": "bo@desk.example", "name": "Bo", "role": "agent", "password": "a good password"}
UNKNOWN = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
async def desk(sqlite_url: str) -> AsyncIterator[Desk]:
    async with open_desk(sqlite_url, agents_api.routes) as desk:
        parts: Any = desk.app.state.parts
        parts.passwords = Passwords(memory_kib=8)
        yield desk


@pytest.fixture
async def ann(desk: Desk) -> Person:
    return await desk.signed_in(Role.ADMIN)


async def test_an_added_agent_is_seen_by_everybody_without_secrets(desk: Desk, ann: Person) -> None:
    answer = await ann.post("/api/agents", NEW | {"languages": ["zh"], "teams": ["north"]})

    assert answer.status_code == 201
    carl = await desk.signed_in(Role.AGENT, name="Carl")
    found = {a["name"]: a for a in (await carl.get("/api/agents")).json()["items"]}
    assert found["Bo"] == answer.json()
    assert found["Bo"] == {
        "id": found["Bo"]["id"],
        "rev": 1,
        "name": "Bo",
        "role": "agent",
        "languages": ["zh"],
        "teams": ["north"],
        "disabled": False,
    }


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
async def test_only_an_administrator_may(desk: Desk, ann: Person, role: Role) -> None:
    bo = await desk.signed_in(role, name="Bo")

    added = await bo.post("/api/agents", NEW)
    raised = await bo.patch(f"/api/agents/{bo.agent.id}", {"role": "admin"})

    for answer in (added, raised):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_an_address_belongs_to_one_agent_whatever_its_case(ann: Person) -> None:
    await ann.post("/api/agents", NEW)

    answer = await ann.post("/api/agents", NEW | {"email": "BO@desk.example "})

    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


@pytest.mark.parametrize(
    ("fault", "path"),
    [
        ({"email": "bo"}, "/email"),
        ({"password": "short"}, "/password"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"role": "owner"}, "/role"),
        ({"languages": ["fr"]}, "/languages/0"),
        ({"languages": "zh"}, "/languages"),
        ({"teams": ["x"] * 21}, "/teams"),
        ({"id": "mine"}, "/id"),
        ({"disabled": False}, "/disabled"),
    ],
)
async def test_each_fault_is_named(ann: Person, fault: dict[str, Any], path: str) -> None:
    answer = await ann.post("/api/agents", NEW | fault)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [f["path"] for f in answer.json()["faults"]] == [path]
    assert len((await ann.get("/api/agents")).json()["items"]) == 1


async def test_the_last_administrator_can_neither_leave_nor_step_down(
    desk: Desk, ann: Person
) -> None:
    path = f"/api/agents/{ann.agent.id}"

    for change in ({"disabled": True}, {"role": "agent"}):
        answer = await ann.patch(path, change)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")

    await desk.signed_in(Role.ADMIN, name="Bo")
    assert (await ann.patch(path, {"role": "agent"})).status_code == 200
    assert (await ann.patch(path, {"name": "Anna"})).status_code == 403


async def test_a_disabled_administrator_does_not_count(desk: Desk, ann: Person) -> None:
    bo = await desk.signed_in(Role.ADMIN, name="Bo")
    await ann.patch(f"/api/agents/{bo.agent.id}", {"disabled": True})

    answer = await ann.patch(f"/api/agents/{ann.agent.id}", {"disabled": True})

    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")


async def test_a_change_tells_what_screens_must_do_and_whether_rights_changed(
    desk: Desk, ann: Person
) -> None:
    bo = (await ann.post("/api/agents", NEW)).json()

    await ann.patch(f"/api/agents/{bo['id']}", {"name": "Bob"})
    await ann.patch(f"/api/agents/{bo['id']}", {"role": "supervisor"})

    told = [e for e in await desk.events() if e.type == "agent.changed" and e.agent_id == bo["id"]]
    assert [e.rights_changed for e in told] == [True, False, True]
    assert [(c.entity, c.rev) for e in told for c in e.changes] == [("agent", n) for n in (1, 2, 3)]
    assert told[-1].changes[0].full["role"] == "supervisor"
    assert {e.actor for e in told} == {ann.agent.actor}


async def test_nobody_unknown_can_be_changed(ann: Person) -> None:
    for agent_id in (UNKNOWN, "x", "' OR 1=1"):
        answer = await ann.patch(f"/api/agents/{agent_id}", {"name": "Bo"})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_adding_twice_under_one_key_adds_one(ann: Person) -> None:
    first = await ann.post("/api/agents", NEW, key="add-bo-once")
    again = await ann.post("/api/agents", NEW, key="add-bo-once")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len((await ann.get("/api/agents")).json()["items"]) == 2
