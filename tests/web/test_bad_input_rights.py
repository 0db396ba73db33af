"""Every route of the API, asked by everybody: each answers as the table of rights declares."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from hub.agents.access import POLICY, Reach
from hub.agents.asking import rights_of_routes
from hub.agents.model import Role
from tests.support.desk import Person
from tests.support.fullhub import FullHub, full_hub
from tests.support.schemas import sample

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOWHERE = "01900000-0000-7000-8000-0000000000ff"
OPEN = {("post", "/session"), ("get", "/session")}
CHANGING = {"post", "put", "patch", "delete"}
PLACED = {"conversation_id", "message_id", "attachment_id", "offer_id"}
"""Parameters that name something of one queue: others' are as good as not there."""
UNPLACED = {"/tickets/{ticket_id}/conversations/{conversation_id}"}
"""Tickets are everybody's; unlinking names a conversation without showing it."""
LAST = ("/end", "/session", "/transfer", "/take")
"""What changes the scene is asked last."""


@dataclass
class Scene:
    """A hub, and the id of something for each parameter of a path."""

    full: FullHub
    ids: Mapping[str, str]
    rights: Mapping[tuple[str, str], str | None]
    spec: Mapping[str, Any]

    def path(self, path: str, **other: str) -> str:
        return "/api" + path.format(**{**self.ids, **other})

    def body(self, method: str, path: str) -> Any:
        """A small body the route takes; None when it takes none."""
        operation = self.spec["paths"].get(path, {}).get(method, {})
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if path.endswith("/transfer"):
            return {"queue_id": self.full.queue_id}  # one of two, which no schema can say
        return None if schema is None else sample(schema, self.spec)

    def ordered(self) -> list[tuple[str, str]]:
        return sorted(self.rights, key=lambda route: (route[1].endswith(LAST), route[1], route[0]))

    async def ask(
        self, person: Person | None, method: str, path: str, **other: str
    ) -> httpx2.Response:
        body = self.body(method, path)
        where = self.path(path, **other)
        if person is None:
            async with self.full.browser() as http:
                return await http.request(method, where, json=body)
        if method in CHANGING:
            return await person.ask(method, where, body)
        return await person.get(where)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with full_hub(tmp_path_factory.mktemp("hub")) as full:
        received = await full.customer_writes()
        admin, boss = full.people["admin"], full.people["supervisor"]
        conversation = received.conversation_id
        upload = await admin.http.post(
            "/api/uploads",
            files={"file": ("a.txt", b"words", "text/plain")},
            headers={"x-csrf": admin.csrf, "idempotency-key": "upload-1"},
        )
        note = await admin.post(
            f"/api/conversations/{conversation}/notes",
            {"text": "look", "attachments": [upload.json()["id"]]},
        )
        ticket = await boss.post(
            "/api/tickets", {"subject": "Sofa", "conversation_id": conversation}
        )
        article = await boss.post(
            "/api/articles", {"language": "en", "title": "Sofas", "text": "Sit.", "tags": []}
        )
        talk = (await boss.get(f"/api/conversations/{conversation}")).json()
        ids = {
            "conversation_id": conversation,
            "message_id": received.message_id,
            "attachment_id": note.json()["attachments"][0]["id"],
            "ticket_id": ticket.json()["id"],
            "article_id": article.json()["id"],
            "customer_id": talk["customer"]["id"],
            "agent_id": full.people["inside"].agent.id,
            "queue_id": full.queue_id,
            "offer_id": NOWHERE,
            "mode": "note",
        }
        spec = full.api.openapi()
        wanted = {
            name
            for _, path in rights_of_routes(full.api)
            for name in (part[1:-1] for part in path.split("/") if part.startswith("{"))
        }
        ids = {**dict.fromkeys(wanted, NOWHERE), **ids}
        yield Scene(full, ids, rights_of_routes(full.api), spec)


async def test_every_documented_route_has_a_policy(scene: Scene) -> None:
    documented = {
        (method, path)
        for path, operations in scene.spec["paths"].items()
        for method in operations
        if method in CHANGING | {"get"}
    }

    assert documented <= set(scene.rights)
    assert {route for route, action in scene.rights.items() if action is None} == OPEN
    assert len(documented) >= 50


async def test_whoever_is_not_signed_in_is_asked_to(scene: Scene) -> None:
    answers = {
        route: await scene.ask(None, *route) for route in scene.ordered() if route not in OPEN
    }

    assert {a.status_code for a in answers.values()} == {401}, {
        route: a.status_code for route, a in answers.items() if a.status_code != 401
    }
    assert len({a.content for a in answers.values()}) == 1


@pytest.mark.parametrize("who", ["outside", "inside", "supervisor", "admin"])
async def test_each_answers_as_the_table_says(scene: Scene, who: str) -> None:
    person = scene.full.people[who]
    wrong = {}
    for method, path in scene.ordered():
        action = scene.rights[method, path]
        if action is None or path == "/session":
            continue
        reach = POLICY[action][person.agent.role]
        answer = await scene.ask(person, method, path)
        if not _is_as_declared(answer.status_code, reach, who, method, path, scene):
            wrong[method, path] = (reach.value, answer.status_code, answer.text[:200])

    assert not wrong


def _is_as_declared(
    status: int, reach: Reach, who: str, method: str, path: str, scene: Scene
) -> bool:
    if reach is Reach.NONE:
        return status == 403
    names = {part[1:-1] for part in path.split("/") if part.startswith("{")}
    is_foreign = reach is Reach.OWN and who == "outside" and names & PLACED
    if is_foreign and path not in UNPLACED:
        return status == 404
    is_there = all(scene.ids[name] != NOWHERE for name in names)
    if method == "get" and is_there and not path.endswith("/raw"):
        return status in (200, 422)
    return status < 500 and status not in (401, 403)


async def test_what_belongs_to_others_is_as_good_as_not_there(scene: Scene) -> None:
    outside = scene.full.people["outside"]
    tried, told_apart = 0, []
    for method, path in scene.ordered():
        for name in PLACED & {part[1:-1] for part in path.split("/") if part.startswith("{")}:
            foreign = await scene.ask(outside, method, path)
            missing = await scene.ask(outside, method, path, **{name: NOWHERE})
            tried += 1
            if (foreign.status_code, foreign.content) != (missing.status_code, missing.content):
                told_apart.append((method, path, foreign.text, missing.text))

    assert not told_apart
    assert tried >= 10


async def test_lists_and_searches_show_nothing_of_others(scene: Scene) -> None:
    outside = scene.full.people["outside"]
    hidden = scene.ids["conversation_id"]

    for path in ("/conversations", "/conversations?view=waiting", "/boot"):
        assert hidden not in (await outside.get(f"/api{path}")).text, path
    assert (await outside.get("/api/search?q=sofa")).json()["conversations"] == []
    assert hidden in (await scene.full.people["inside"].get("/api/conversations")).text


@pytest.mark.parametrize("role", list(Role))
async def test_rights_told_to_screens_are_those_of_the_table(scene: Scene, role: Role) -> None:
    person = next(p for p in scene.full.people.values() if p.agent.role is role)

    told = (await person.get("/api/boot")).json()["rights"]

    assert set(told) == {a for a, roles in POLICY.items() if roles[role] is not Reach.NONE}


# -- changes come from our own pages only ---------------------------------------------------------


async def test_a_change_needs_the_value_of_the_session(scene: Scene) -> None:
    admin = scene.full.people["admin"]
    for method, path in scene.ordered():
        if method not in CHANGING or (method, path) in OPEN:
            continue
        for csrf in ({}, {"x-csrf": ""}, {"x-csrf": "x" * len(admin.csrf)}):
            answer = await admin.http.request(
                method,
                scene.path(path),
                json=scene.body(method, path),
                headers={"idempotency-key": "12345678", **csrf},
            )
            assert (answer.status_code, answer.json()["code"]) == (403, "bad_csrf"), (method, path)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://desk.example.evil.example", "http://desk"]
)
async def test_a_change_from_a_foreign_page_is_refused(scene: Scene, origin: str) -> None:
    admin = scene.full.people["admin"]
    for method, path in scene.ordered():
        if method not in CHANGING:
            continue
        answer = await admin.http.request(
            method,
            scene.path(path),
            json=scene.body(method, path),
            headers={"x-csrf": admin.csrf, "idempotency-key": "12345678", "origin": origin},
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin"), (
            method,
            path,
        )


async def test_no_reading_method_changes_anything(scene: Scene) -> None:
    admin = scene.full.people["admin"]
    before = (await admin.get("/api/boot")).json()["seq"]
    for method, path in scene.ordered():
        if method not in CHANGING or ("get", path) in scene.rights:
            continue
        for query in ("", "?_method=POST", "?method=DELETE"):
            answer = await admin.http.get(
                scene.path(path) + query, headers={"x-http-method-override": method.upper()}
            )
            assert answer.status_code in (404, 405), (method, path, answer.status_code)

    assert (await admin.get("/api/boot")).json()["seq"] == before


async def test_a_form_is_no_request_of_ours(scene: Scene) -> None:
    admin = scene.full.people["admin"]
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        answer = await admin.http.post(
            "/api/tickets",
            content=b'{"subject": "smuggled"}',
            headers={
                "content-type": media_type,
                "x-csrf": admin.csrf,
                "idempotency-key": "12345678",
            },
        )
        assert answer.status_code == 415


async def test_identity_headers_of_strangers_mean_nothing(scene: Scene) -> None:
    claims = {
        "x-forwarded-for": "127.0.0.1",
        "x-remote-user": "admin@desk.example",
        "x-original-url": "/api/agents",
        "x-rewrite-url": "/api/agents",
        "authorization": "Bearer admin",
    }
    async with scene.full.browser(headers=claims) as http:
        assert (await http.get("/api/boot")).status_code == 401
        assert (await http.get("/metrics")).status_code == 404
