"""The whole application: its health, its numbers, its headers, and what it says of itself."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from starlette.routing import Mount, Route

from hub.agents import asking, service
from hub.agents.access import POLICY
from hub.agents.model import Role
from hub.app.hub import Hub
from hub.app.reference import KEYLESS, document_of
from hub.channels.port import Account
from hub.kernel.clock import Millis, SetClock
from hub.kernel.ids import ChannelId
from hub.settings import Settings
from hub.storage.migrate import migrate
from hub.storage.unit import Unit
from tests.support.desk import HOST, NOON

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    """Everything put together, with its database at work and its loops at rest."""
    settings = Settings(
        folder=tmp_path,
        argon2_memory_kib=8,
        public_url=HOST,
        metrics_token=SecretStr("hush-hush"),
        synchronous="NORMAL",
        readers=1,
    )
    made = Hub(settings, clock=SetClock(NOON))
    migrate(made.database.url, NOON)
    await made.database.start()
    try:
        yield made
    finally:
        await made.database.stop()
        await made.outgoing.close()


def browser(hub: Hub, **more: Any) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=hub.app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url=HOST, **more)


async def signed_in(hub: Hub, role: Role, **preferences: str) -> httpx2.AsyncClient:
    """The browser of a new agent; its X-CSRF is set."""

    def add(unit: Unit) -> tuple[str, str]:
        agent = service.add_agent(
            unit, email=f"{role.value}@desk.example", name="Ann", role=role, password_hash=None
        )
        service.set_preferences(unit, agent.id, preferences)
        token, session = service.begin_session(unit, agent.id)
        return token, session.csrf

    token, csrf = await hub.database.write(add)
    return browser(hub, cookies={asking.COOKIE: token}, headers={"x-csrf": csrf})


def document(hub: Hub) -> dict[str, Any]:
    api = next(route for route in hub.app.routes if getattr(route, "path", "") == "/api")
    assert isinstance(api, Mount)
    return document_of(api.app._app)  # type: ignore[attr-defined]


def operations(hub: Hub) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, of in document(hub)["paths"].items():
        for method, operation in of.items():
            yield method, path, operation


# -- health and numbers ----------------------------------------------------------------------------


async def test_a_sound_hub_says_so_to_anybody(hub: Hub) -> None:
    answer = await browser(hub).get("/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "faults": []})
    assert answer.headers["cache-control"] == "no-store"


async def test_what_is_wrong_is_said_in_words(hub: Hub) -> None:
    hub.loops.lag = 3.2

    answer = await browser(hub).get("/health")

    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "faults": ["the event loop is 3.2 s late"]}


async def test_numbers_are_for_the_token_and_for_administrators(hub: Hub) -> None:
    admin, supervisor = await signed_in(hub, Role.ADMIN), await signed_in(hub, Role.SUPERVISOR)

    by_token = await browser(hub).get("/metrics", headers={"authorization": "Bearer hush-hush"})

    for answer in (by_token, await admin.get("/metrics")):
        assert answer.status_code == 200
        assert re.search(r"^hub_up 1\.0$", answer.text, re.MULTILINE)
        assert "hub_commits_total" in answer.text
    hidden = [
        await supervisor.get("/metrics"),
        await browser(hub).get("/metrics"),
        await browser(hub).get("/metrics", headers={"authorization": "Bearer hush"}),
        await browser(hub).get("/metrics?token=hush-hush"),
    ]
    assert {answer.status_code for answer in hidden} == {404}


# -- headers ---------------------------------------------------------------------------------------


async def test_every_route_sends_safe_headers_whatever_it_answers(hub: Hub) -> None:
    asked = browser(hub)
    paths = [route.path for route in hub.app.routes if isinstance(route, Route)]
    urls = {re.sub(r"\{[^}]*\}", "x", path) for path in paths}
    urls |= {f"/api{re.sub(r'{[^}]*}', 'x', path)}" for _, path, _ in operations(hub)}
    urls |= {"/api/openapi.json", "/api/docs", "/api/nothing", "/widget/nothing", "/hc/zh"}
    assert len(urls) > 50

    for url in sorted(urls):
        answer = await asked.get(url)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, url
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy, url
        assert "default-src" in policy, url
        assert "unsafe-eval" not in policy, url
        assert re.search(r"script-src[^;]*unsafe-inline", policy) is None, url
        assert "server" not in answer.headers, url


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT"])
async def test_a_wrong_method_changes_nothing(hub: Hub, method: str) -> None:
    answer = await browser(hub).request(method, "/api/session")

    assert answer.status_code == 405


async def test_a_method_cannot_be_smuggled(hub: Hub) -> None:
    admin = await signed_in(hub, Role.ADMIN)

    answer = await admin.get(
        "/api/session?_method=DELETE", headers={"x-http-method-override": "DELETE"}
    )

    assert answer.status_code == 200
    assert (await admin.get("/api/session")).status_code == 200


# -- rights ----------------------------------------------------------------------------------------


async def test_nobody_comes_in_anywhere_without_signing_in(hub: Hub) -> None:
    stranger = browser(hub)

    for method, path, operation in operations(hub):
        if "security" not in operation:
            continue
        body: dict[str, Any] = {"json": {}} if "requestBody" in operation else {}
        url = f"/api{re.sub(r'{[^}]*}', 'reply', path)}"
        answer = await stranger.request(method.upper(), url, **body)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), url


async def test_only_what_must_be_is_open_to_everybody(hub: Hub) -> None:
    opened = {(method, path) for method, path, of in operations(hub) if "security" not in of}

    assert opened == {("post", "/session"), ("get", "/session")}


async def test_whoever_lacks_a_right_is_refused_on_every_route_that_needs_it(hub: Hub) -> None:
    agent = await signed_in(hub, Role.AGENT)
    refused = [o for o in operations(hub) if o[2].get("x-reach", {}).get("agent") == "none"]
    assert len(refused) >= 5

    for method, path, operation in refused:
        body: dict[str, Any] = {"json": {}} if "requestBody" in operation else {}
        url = f"/api{re.sub(r'{[^}]*}', 'x', path)}"
        answer = await agent.request(method.upper(), url, **body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), url


# -- the reference ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/docs", "/api/openapi.json"])
async def test_the_reference_is_for_the_signed_in(hub: Hub, path: str) -> None:
    assert (await browser(hub).get(path)).status_code == 401
    assert (await (await signed_in(hub, Role.AGENT)).get(path)).status_code == 200


async def test_the_page_shows_every_operation_and_needs_nothing_else(hub: Hub) -> None:
    agent = await signed_in(hub, Role.AGENT, theme="dark")

    html = (await agent.get("/api/docs")).text

    assert '<html lang="en" data-theme="dark">' in html
    for method, path, operation in operations(hub):
        assert f"/api{path}" in html, path
        assert f'<span class="method {method.upper()}">' in html
        assert operation["summary"].replace("'", "&#39;") in html, operation["summary"]
    ids = set(re.findall(r'id="([^"]+)"', html))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= ids
    assert "<script" not in html


async def test_every_operation_says_what_it_does_who_may_and_how_it_is_refused(hub: Hub) -> None:
    named = {tag["name"] for tag in document(hub)["tags"]}
    codes = {known["code"] for known in document(hub)["x-problem-codes"]}

    for method, path, operation in operations(hub):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert set(operation["tags"]) <= named, where
        assert any(status.startswith("2") for status in operation["responses"]), where
        if "security" in operation:
            assert operation["x-right"] in POLICY, where
            assert "401" in operation["responses"], where
        for status, answer in operation["responses"].items():
            if not status.startswith("2"):
                assert set(answer["x-codes"]) <= codes, (where, answer["x-codes"])
                assert "application/problem+json" in answer["content"], where
        parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
        is_change = method != "get" and "security" in operation
        assert ("X-CSRF" in parameters) is is_change, where
        assert ("Idempotency-Key" in parameters) is (is_change and (method, path) not in KEYLESS), (
            where
        )


async def test_every_shape_of_the_reference_has_a_name_of_its_own(hub: Hub) -> None:
    names = document(hub)["components"]["schemas"]

    assert [name for name in names if "__" in name.strip("_")] == []  # of two, both name a module
    assert {"TicketView", "SocketTicket"} <= set(names)


def sample(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The smallest value that fits a schema."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], schemas)
    if "enum" in schema:
        return schema["enum"][0]
    if "pattern" in schema:
        return "a-key"
    made: dict[str, Any] = {
        "string": "a@b.example"[: schema.get("maxLength")].ljust(schema.get("minLength", 0), "x"),
        "integer": int(schema.get("minimum", 1)),
        "number": schema.get("minimum", 1),
        "boolean": True,
        "array": [],
    }
    if schema.get("type") == "object":
        needed = schema.get("required", ())
        return {name: sample(schema["properties"][name], schemas) for name in needed}
    return made[schema["type"]]


async def test_a_key_is_asked_for_exactly_where_the_reference_says(hub: Hub) -> None:
    admin = await signed_in(hub, Role.ADMIN)
    schemas = document(hub)["components"]["schemas"]

    for method, path, operation in operations(hub):
        if method == "get" or "security" not in operation or path in {"/session", "/uploads"}:
            continue
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        body: dict[str, Any] = (
            {} if content is None else {"json": sample(content["schema"], schemas)}
        )
        if path.endswith("/transfer"):
            body = {"json": {"queue_id": "somewhere"}}  # which of its fields is given is a choice
        url = f"/api{path.replace('{mode}', 'reply').replace('{', '').replace('}', '')}"
        answer = await admin.request(method.upper(), url, **body)
        faults = answer.json().get("faults", []) if answer.content else []
        wanted = any(fault["path"] == "/header/Idempotency-Key" for fault in faults)
        said = any(p["name"] == "Idempotency-Key" for p in operation["parameters"])
        assert wanted is said, (method, path, answer.status_code, answer.text)


# -- open or closed --------------------------------------------------------------------------------


async def test_the_chat_says_closed_while_nobody_of_its_queue_is_there(hub: Hub) -> None:
    account = Account(
        id=ChannelId("c"),
        rev=1,
        kind="chat",
        key="web",
        name="Web",
        queue_id=None,
        language="zh",
        reply_within=None,
        enabled=True,
        settings={},
        secrets={},
    )

    assert hub.chat.card(account)["open"] is False
    assert hub.router.live_figures().at == Millis(NOON)
