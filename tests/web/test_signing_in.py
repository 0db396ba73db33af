"""Signing in and out over HTTP: what is let in, and what ends it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from hub.agents import api as agents_api, asking, service, store
from hub.agents.model import Agent, Role
from hub.agents.passwords import Passwords
from hub.app.limits import Limits
from hub.kernel.clock import HOUR, MINUTE
from tests.support.desk import HOST, Desk, Parts, open_desk

PASSWORD = "a good password"
_keys = itertools.count(1)


@dataclass
class Doors(Parts):
    """What signing in needs beside."""

    passwords: Passwords = field(default_factory=lambda: Passwords(memory_kib=8))
    limits: Limits = field(default_factory=lambda: Limits(None))

    def address_of(self, request: Any) -> str:
        return request.headers.get("x-test-address", "203.0.113.7")  # type: ignore[no-any-return]


@pytest.fixture
async def desk(sqlite_url: str) -> AsyncIterator[Desk]:
    async with open_desk(sqlite_url, agents_api.routes) as desk:
        parts = Doors(desk.database)
        desk.app.state.parts = desk.app.routes[0].app._app.state.parts = parts  # type: ignore[attr-defined]
        yield desk


@pytest.fixture
async def ann(desk: Desk) -> Agent:
    """An administrator with a password."""
    return await add(desk, "ann@desk.example", Role.ADMIN)


async def add(desk: Desk, email: str, role: Role = Role.AGENT) -> Agent:
    hashed = Passwords(memory_kib=8).hash(PASSWORD)
    return await desk.database.write(
        lambda unit: service.add_agent(
            unit, email=email, name="Somebody", role=role, password_hash=hashed
        )
    )


async def sign_in(
    browser: httpx2.AsyncClient,
    email: str = "ann@desk.example",
    password: str = PASSWORD,
    **headers: str,
) -> httpx2.Response:
    body = {"email": email, "password": password}
    return await browser.post("/api/session", json=body, headers=headers)


async def change(
    browser: httpx2.AsyncClient, method: str, path: str, body: Any = None, **headers: str | None
) -> httpx2.Response:
    """A change with everything it needs; a header given as None is left out."""
    csrf = (await browser.get("/api/session")).json().get("csrf", "")
    given = {"x-csrf": csrf, "idempotency-key": f"change-{next(_keys):04}", **headers}
    kept = {name: value for name, value in given.items() if value is not None}
    content = {} if body is None else {"json": body}
    return await browser.request(method, path, headers=kept, **content)


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# -- in --------------------------------------------------------------------------------------------


async def test_the_right_password_opens_a_session(desk: Desk, ann: Agent) -> None:
    browser = desk.browser()

    answer = await sign_in(browser, " ANN@desk.example ")

    assert answer.status_code == 200
    assert answer.json()["agent"]["id"] == ann.id
    assert (await browser.get("/api/session")).json() == answer.json()


async def test_the_cookie_is_for_the_hub_alone(desk: Desk, ann: Agent) -> None:
    answer = await sign_in(desk.browser())

    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    token = cookie.partition("=")[2].partition(";")[0]
    kept = await desk.database.read(lambda c: c.execute(store.sessions.select()).one())
    assert kept.mark == service.mark_of(token) != token


async def test_wrong_unknown_disabled_and_nonsense_get_the_same_answer(
    desk: Desk, ann: Agent
) -> None:
    bo = await add(desk, "bo@desk.example")
    await desk.database.write(
        lambda unit: service.change_agent(unit, bo.id, {"disabled": True}, by="test")
    )

    answers = [
        await sign_in(desk.browser(), email, password)
        for email, password in (
            ("ann@desk.example", "a wrong password"),
            ("nobody@desk.example", PASSWORD),
            ("bo@desk.example", PASSWORD),
            ("not an address", PASSWORD),
            ("ann@desk.example", ""),
        )
    ]

    assert {code(answer) for answer in answers} == {(401, "wrong_sign_in")}
    assert len({answer.content for answer in answers}) == 1
    assert not any("set-cookie" in answer.headers for answer in answers)


async def test_the_sixth_try_for_one_account_waits(desk: Desk, ann: Agent) -> None:
    for n in range(5):
        await sign_in(desk.browser(), password="wrong", **{"x-test-address": f"203.0.113.{n}"})

    answer = await sign_in(desk.browser(), **{"x-test-address": "203.0.113.99"})

    assert code(answer) == (429, "too_many")
    assert int(answer.headers["retry-after"]) > 0


async def test_an_address_that_tries_many_accounts_waits(desk: Desk, ann: Agent) -> None:
    answers = [await sign_in(desk.browser(), f"a{n}@desk.example", "wrong") for n in range(20)]

    assert {answer.status_code for answer in answers} == {401}
    assert code(await sign_in(desk.browser())) == (429, "too_many")
    elsewhere = await sign_in(desk.browser(), **{"x-test-address": "203.0.113.8"})
    assert elsewhere.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"{HOST}.evil.example"},
        {"sec-fetch-site": "cross-site"},
    ],
)
async def test_no_other_site_can_sign_somebody_in(
    desk: Desk, ann: Agent, headers: dict[str, str]
) -> None:
    assert code(await sign_in(desk.browser(), **headers)) == (403, "foreign_origin")
    assert (await sign_in(desk.browser(), origin=HOST)).status_code == 200


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"email": "ann@desk.example"}, "/password"),
        ({"email": 7, "password": PASSWORD}, "/email"),
        ({"email": {"$ne": None}, "password": PASSWORD}, "/email"),
        ({"email": "ann@desk.example", "password": None}, "/password"),
        ({"email": "a@b.c", "password": "x" * 1_025}, "/password"),
        ({"email": "a@b.c", "password": "x", "role": "admin"}, "/role"),
        ([], ""),
    ],
)
async def test_what_is_no_sign_in_is_refused_with_its_place(
    desk: Desk, body: Any, path: str
) -> None:
    answer = await desk.browser().post("/api/session", json=body)

    assert code(answer) == (422, "invalid")
    assert [fault["path"] for fault in answer.json()["faults"]] == [path]


# -- staying ---------------------------------------------------------------------------------------


async def test_a_session_used_now_and_then_lasts_a_working_day_and_no_longer(
    desk: Desk, ann: Agent
) -> None:
    browser = desk.browser()
    await sign_in(browser)

    for _ in range(13):
        desk.clock.move(HOUR)
        assert (await browser.get("/api/session")).status_code == 200
    desk.clock.move(HOUR)

    assert code(await browser.get("/api/session")) == (401, "not_signed_in")


async def test_a_session_that_rests_for_two_hours_is_over(desk: Desk, ann: Agent) -> None:
    browser = desk.browser()
    await sign_in(browser)

    desk.clock.move(2 * HOUR - 1)
    assert (await browser.get("/api/session")).status_code == 200
    desk.clock.move(2 * HOUR)

    assert code(await browser.get("/api/session")) == (401, "not_signed_in")


async def test_signing_out_ends_this_session_and_leaves_the_others(desk: Desk, ann: Agent) -> None:
    office, home = desk.browser(), desk.browser()
    await sign_in(office)
    await sign_in(home)
    token = office.cookies[asking.COOKIE]

    answer = await change(office, "DELETE", "/api/session")

    assert answer.status_code == 204
    assert (await office.get("/api/session")).status_code == 401
    stolen = desk.browser(cookies={asking.COOKIE: token})
    assert (await stolen.get("/api/session")).status_code == 401
    assert (await home.get("/api/session")).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "x" * 5_000, "'; DROP TABLE sessions"])
async def test_a_made_up_token_is_nobody(desk: Desk, ann: Agent, token: str) -> None:
    browser = desk.browser(cookies={asking.COOKIE: token})

    assert code(await browser.get("/api/session")) == (401, "not_signed_in")


# -- changing something ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"x-csrf": None}, "bad_csrf"),
        ({"x-csrf": "guessed"}, "bad_csrf"),
        ({"origin": "https://evil.example"}, "foreign_origin"),
        ({"sec-fetch-site": "cross-site"}, "foreign_origin"),
    ],
)
async def test_a_cookie_alone_changes_nothing(
    desk: Desk, ann: Agent, headers: dict[str, str | None], refused: str
) -> None:
    browser = desk.browser()
    await sign_in(browser)

    answer = await change(browser, "PUT", "/api/session/preferences", {"theme": "dark"}, **headers)

    assert code(answer) == (403, refused)
    assert (await browser.get("/api/session")).json()["agent"]["preferences"] == {}


async def test_the_csrf_value_of_another_session_does_not_fit(desk: Desk, ann: Agent) -> None:
    office, home = desk.browser(), desk.browser()
    other = (await sign_in(home)).json()["csrf"]
    await sign_in(office)

    answer = await change(
        office, "PUT", "/api/session/preferences", {"theme": "dark"}, **{"x-csrf": other}
    )

    assert code(answer) == (403, "bad_csrf")


@pytest.mark.parametrize("key", [None, "", "short", "x" * 101, "with\ttab!", "ümlaut-ümlaut"])
async def test_a_change_needs_a_key(desk: Desk, ann: Agent, key: str | None) -> None:
    browser = desk.browser()
    csrf = (await sign_in(browser)).json()["csrf"]
    headers = [(b"x-csrf", csrf.encode()), (b"origin", HOST.encode())]
    headers += [] if key is None else [(b"idempotency-key", key.encode())]

    answer = await browser.put("/api/session/preferences", json={"theme": "dark"}, headers=headers)

    assert code(answer) == (422, "invalid")
    assert answer.json()["faults"][0]["path"] == "/header/Idempotency-Key"


async def test_the_same_change_twice_is_one_and_another_under_its_key_is_refused(
    desk: Desk, ann: Agent
) -> None:
    browser = desk.browser()
    await sign_in(browser)
    path, key = "/api/session/preferences", {"idempotency-key": "the-same-key"}

    first = await change(browser, "PUT", path, {"theme": "dark"}, **key)
    again = await change(browser, "PUT", path, {"theme": "dark"}, **key)
    other = await change(browser, "PUT", path, {"theme": "light"}, **key)

    assert first.json() == again.json()
    assert ("idempotent-replay" in first.headers, again.headers["idempotent-replay"]) == (
        False,
        "true",
    )
    assert code(other) == (409, "command_reused")
    assert (await browser.get("/api/session")).json()["agent"]["preferences"] == {"theme": "dark"}


# -- what ends it from outside ---------------------------------------------------------------------


async def test_a_new_password_ends_every_session_of_that_agent(desk: Desk, ann: Agent) -> None:
    bo = await add(desk, "bo@desk.example")
    admin, office, home = desk.browser(), desk.browser(), desk.browser()
    await sign_in(admin)
    await sign_in(office, "bo@desk.example")
    await sign_in(home, "bo@desk.example")

    changed = await change(admin, "PATCH", f"/api/agents/{bo.id}", {"password": "another password"})

    assert changed.status_code == 200
    assert [(await b.get("/api/session")).status_code for b in (office, home, admin)] == [
        401,
        401,
        200,
    ]
    assert (await sign_in(desk.browser(), "bo@desk.example")).status_code == 401
    again = await sign_in(desk.browser(), "bo@desk.example", "another password")
    assert again.status_code == 200


async def test_a_disabled_agent_is_out_at_once(desk: Desk, ann: Agent) -> None:
    bo = await add(desk, "bo@desk.example")
    admin, office = desk.browser(), desk.browser()
    await sign_in(admin)
    await sign_in(office, "bo@desk.example")

    await change(admin, "PATCH", f"/api/agents/{bo.id}", {"disabled": True})

    assert (await office.get("/api/session")).status_code == 401
    await change(admin, "PATCH", f"/api/agents/{bo.id}", {"disabled": False})
    assert (await office.get("/api/session")).status_code == 401  # the old session stays ended


async def test_preferences_are_kept_one_by_one(desk: Desk, ann: Agent) -> None:
    browser = desk.browser()
    await sign_in(browser)

    await change(browser, "PUT", "/api/session/preferences", {"theme": "dark", "language": "zh"})
    await change(browser, "PUT", "/api/session/preferences", {"theme": "light", "sounds": False})

    agent = (await browser.get("/api/session")).json()["agent"]
    assert agent["preferences"] == {"theme": "light", "language": "zh", "sounds": False}


async def test_a_busy_session_is_touched_once_a_minute_at_most(desk: Desk, ann: Agent) -> None:
    browser = desk.browser()
    await sign_in(browser)
    seen = store.sessions.select()
    before = desk.database.counts.works

    for _ in range(5):
        desk.clock.move(MINUTE // 10)
        await browser.get("/api/session")
    assert desk.database.counts.works == before
    desk.clock.move(MINUTE)
    await browser.get("/api/session")

    kept = await desk.database.read(lambda c: c.execute(seen).one())
    assert kept.seen_at == desk.clock.now()
