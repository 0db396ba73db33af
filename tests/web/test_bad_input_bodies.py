"""What cannot be used is refused by its place, and what looks dangerous is only text."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.support.desk import HOST
from tests.support.fullhub import SECRET, FullHub, full_hub
from tests.support.outsiders import signature
from tests.support.schemas import kinds, misfits, resolved, sample

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOWHERE = "01900000-0000-7000-8000-0000000000ff"
CHANGING = ("post", "put", "patch", "delete")
NOT_ASKED = {"role", "tenant_id", "is_verified", "created_at", "bcc", "id", "rev", "agent_id"}
SHOP = {"origin": "https://shop.example"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def full(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FullHub]:
    async with full_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


class Caller:
    """The administrator, who may do everything, sending bytes as they are."""

    def __init__(self, full: FullHub) -> None:
        self.person = full.people["admin"]
        self.spec = full.api.openapi()

    async def send(self, method: str, path: str, content: bytes, **more: str) -> httpx2.Response:
        headers = {
            "content-type": "application/json",
            "x-csrf": self.person.csrf,
            "idempotency-key": f"key-{hash((method, path, content)):x}",
            **more,
        }
        where = "/api" + _filled(path)
        return await self.person.http.request(method, where, content=content, headers=headers)

    def bodies(self) -> Iterator[tuple[str, str, Any]]:
        """Every route that takes JSON, with the schema of its body."""
        for path, operations in self.spec["paths"].items():
            for method, operation in operations.items():
                content = operation.get("requestBody", {}).get("content", {})
                schema = content.get("application/json", {}).get("schema")
                if schema is not None:
                    yield method, path, _object(schema, self.spec)


def _object(schema: Any, spec: Any) -> Any:
    """The object among what a body may be."""
    schema = resolved(schema, spec)
    for each in schema.get("anyOf", ()):
        if "object" in kinds(each, spec):
            return resolved(each, spec)
    return schema


def _filled(path: str) -> str:
    """A path with ids of nothing."""
    return re.sub(r"{(\w+)}", lambda found: "note" if found[1] == "mode" else NOWHERE, path)


@pytest.fixture
def caller(full: FullHub) -> Caller:
    return Caller(full)


# -- types -----------------------------------------------------------------------------------------


async def test_a_value_of_the_wrong_kind_is_named_by_its_place(caller: Caller) -> None:
    tried = 0
    for method, path, schema in caller.bodies():
        whole = sample(schema, caller.spec)
        for name, value in misfits(schema, caller.spec):
            answer = await caller.send(method, path, json.dumps({**whole, name: value}).encode())
            tried += 1
            assert answer.status_code == 422, (method, path, name, value, answer.text)
            told = answer.json()
            assert told["code"] == "invalid"
            paths = [fault["path"] for fault in told["faults"]]
            assert any(p.startswith(f"/{name}") for p in paths), (method, path, name, value, paths)
            assert "Traceback" not in answer.text

    assert tried > 400


async def test_numbers_beyond_all_bounds_are_refused(caller: Caller) -> None:
    for method, path, schema in caller.bodies():
        whole = sample(schema, caller.spec)
        for name, field in schema.get("properties", {}).items():
            if "integer" not in kinds(field, caller.spec):
                continue
            for value in (1 << 63, -(1 << 63), 1e300, -1):
                content = json.dumps({**whole, name: value}).encode()
                answer = await caller.send(method, path, content)
                assert answer.status_code in (404, 422), (method, path, name, value, answer.text)


async def test_fields_nobody_asked_for_are_refused_and_named(caller: Caller) -> None:
    for method, path, schema in caller.bodies():
        whole = sample(schema, caller.spec)
        for name in (*NOT_ASKED, "__proto__", "constructor", "__class__", "a/b~c"):
            if name in schema.get("properties", {}):
                continue
            answer = await caller.send(method, path, json.dumps({**whole, name: 1}).encode())
            assert answer.status_code == 422, (method, path, name)
            pointer = "/" + name.replace("~", "~0").replace("/", "~1")
            assert pointer in [fault["path"] for fault in answer.json()["faults"]], answer.text


async def test_a_body_that_is_no_object_is_refused(caller: Caller) -> None:
    for method, path, _ in caller.bodies():
        for content in (b"[]", b'"text"', b"7", b"true", b"[{}]"):
            answer = await caller.send(method, path, content)
            assert answer.status_code == 422, (method, path, content, answer.text)


# -- JSON that means two things, or nothing --------------------------------------------------------

MALFORMED = {
    "a key twice": b'{"email": "a@b.example", "email": "c@d.example", "password": "x"}',
    "NaN": b'{"email": NaN}',
    "Infinity": b'{"email": -Infinity}',
    "a number too large": b'{"email": 1e309}',
    "a lone surrogate": b'{"email": "\\ud800"}',
    "a lone surrogate as a key": b'{"\\udc00": 1}',
    "a NUL": b'{"email": "a\\u0000b"}',
    "depth": b"[" * 100_000 + b"]" * 100_000,
    "depth of objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "half of it": b'{"email": "a@b',
    "no JSON": b"email=a@b.example",
    "half a character": b'{"email": "\xc3"}',
    "UTF-16": '{"email": "a"}'.encode("utf-16"),
    "two documents": b"{} {}",
    "a comment": b"{/* */}",
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=list(MALFORMED))
async def test_json_that_readers_disagree_on_is_refused_at_every_door(
    full: FullHub, caller: Caller, content: bytes
) -> None:
    doors = [
        await caller.send("post", "/session", content),
        await caller.send("post", "/tickets", content),
        await caller.send("put", "/presence", content),
    ]
    async with full.browser() as http:
        chat = await http.post("/chat/sessions", content=content, headers=SHOP)
        hook = await _hook(full, http, content)

    assert [answer.status_code for answer in doors] == [400] * 3
    assert chat.status_code in (400, 413, 422), chat.text
    assert hook.status_code in (400, 422), hook.text
    for answer in (*doors, chat, hook):
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) < 1_000


async def _hook(full: FullHub, http: httpx2.AsyncClient, content: bytes) -> httpx2.Response:
    now = str(full.hub.clock.now() // 1_000)
    headers = {
        "webhook-id": "1",
        "webhook-timestamp": now,
        "webhook-signature": signature(SECRET, "1", now, content),
    }
    return await http.post("/hooks/shop", content=content, headers=headers)


async def test_what_is_too_large_is_refused_at_every_door(full: FullHub, caller: Caller) -> None:
    ten = b'{"text": "' + b"x" * 10_000_000 + b'"}'
    statuses = [
        (await caller.send("post", path, ten)).status_code for path in ("/session", "/tickets")
    ]
    async with full.browser() as http:
        statuses.append((await http.post("/chat/sessions", content=ten, headers=SHOP)).status_code)
        statuses.append((await _hook(full, http, ten + b" " * 7_000_000)).status_code)

    assert statuses == [413] * 4


# -- texts that look like something else -----------------------------------------------------------

CHARMS = (
    "'; DROP TABLE messages; --",
    "1 OR 1=1",
    '" OR ""="',
    "%",
    "_",
    "%%%%%%%%%%%%%%%%%%%%%%%%_%",
    "\\",
    'NEAR("*',
    "NEAR(a b, 5)",
    "*",
    "a*",
    "^a",
    '"',
    "(((",
    ")",
    "text:x",
    "NOT",
    "a AND",
    "OR OR",
    "{x y}: z",
    "-",
    "+",
    "a & | ! <-> b",
    ":*",
    "{{7*7}}",
    "${7*7}",
    "<%= 7*7 %>",
    "{0.__init__.__globals__}",
    "__proto__",
    "\u202etxt.exe",
    "(a+)+$",
    "a" * 200,
    "%" * 200,
    "😀" * 100,
)


@pytest.mark.parametrize("charm", CHARMS)
async def test_search_takes_every_text_for_a_text(full: FullHub, charm: str) -> None:
    admin = full.people["admin"]
    lists = ("conversations", "customers", "tickets", "articles", "search")
    for path in lists:
        answer = await admin.get(f"/api/{path}", q=charm)
        assert answer.status_code == 200, (path, answer.text)
        assert "7*7" in charm or "49" not in answer.text
    async with full.browser() as http:
        page = await http.get("/hc/en/search", params={"q": charm})
        assert page.status_code == 200
        assert "<script" not in page.text.partition("<main")[2].partition("</main")[0]


async def test_signs_of_patterns_match_only_themselves(full: FullHub) -> None:
    admin = full.people["admin"]
    await full.customer_writes("A plain word", who="norbert")
    await full.customer_writes("Save 100% today", who="percy%percy")

    everybody = (await admin.get("/api/customers")).json()["items"]
    for sign in ("%", "_", "p%y", "n_rbert"):
        found = (await admin.get("/api/customers", q=sign)).json()["items"]
        assert all(sign in json.dumps(customer) for customer in found), (sign, found)
        assert len(found) < len(everybody)


async def test_texts_are_kept_as_they_came(full: FullHub) -> None:
    admin = full.people["admin"]
    for number, charm in enumerate(CHARMS):
        who = f"charmer{number}"
        received = await full.customer_writes(charm, who=who)
        path = f"/api/conversations/{received.conversation_id}"
        [message] = (await admin.get(f"{path}/messages")).json()["items"]
        assert message["text"] == charm
        note = await admin.post(f"{path}/notes", {"text": charm, "attachments": []})
        assert note.json()["text"] == charm
        ticket = await admin.post(
            "/api/tickets",
            {"subject": charm, "conversation_id": received.conversation_id},
        )
        assert ticket.json()["subject"] == charm


# -- queries ---------------------------------------------------------------------------------------

SIZES = ("0", "-1", "201", "1e9", "1000000000", "99999999999999999999999", "x", "NaN", "1.5", "")


async def test_a_page_of_any_other_size_is_refused(full: FullHub, caller: Caller) -> None:
    admin = full.people["admin"]
    tried = 0
    for path, operations in caller.spec["paths"].items():
        names = {p["name"] for p in operations.get("get", {}).get("parameters", ())}
        for name in names & {"limit", "before"}:
            for size in SIZES if name == "limit" else ("0", "-1", "1e9", str(1 << 63), "x"):
                answer = await admin.http.get("/api" + _filled(path), params={name: size})
                assert answer.status_code == 422, (path, name, size, answer.text)
                assert answer.json()["faults"][0]["path"] == f"/query/{name}"
                tried += 1

    assert tried >= 40


async def test_a_cursor_that_is_not_ours_is_refused(full: FullHub, caller: Caller) -> None:
    admin = full.people["admin"]
    cursors = ("x", "%00", "W10", "bnVsbA", "WzFlOTk5XQ", "eyJhIjoxfQ", "A" * 401, "WyInOy0tIiwxXQ")
    tried = 0
    for path, operations in caller.spec["paths"].items():
        names = {p["name"] for p in operations.get("get", {}).get("parameters", ())}
        if "cursor" not in names:
            continue
        for cursor in cursors:
            params = {"cursor": cursor, **({"q": "x"} if path == "/search" else {})}
            answer = await admin.http.get("/api" + _filled(path), params=params)
            assert answer.status_code in (400, 404, 422), (path, cursor, answer.text)
            tried += 1

    assert tried >= 20


async def test_unknown_orders_and_filters_change_nothing(full: FullHub) -> None:
    admin = full.people["admin"]
    plain = (await admin.get("/api/conversations")).json()

    odd = await admin.get(
        "/api/conversations",
        sort="(select password_hash from agents)",
        order="id; drop table agents",
        offset="1000000000000",
        fields="*",
        include="agents.password_hash",
    )

    assert odd.json() == plain


async def test_a_word_of_a_list_is_one_of_the_list(full: FullHub) -> None:
    admin = full.people["admin"]
    for path, params in (
        ("conversations", {"view": "everything"}),
        ("conversations", {"status": "' OR 1=1"}),
        ("conversations", {"q": "x" * 201}),
        ("tickets", {"status": "new,open"}),
        ("articles", {"language": "fr"}),
        ("search", {}),
    ):
        answer = await admin.http.get(f"/api/{path}", params=params)
        assert answer.status_code == 422, (path, params, answer.text)


@pytest.mark.parametrize(
    "id_", ["1", "+1", "-1", "0", "..%2f..%2fetc", "*", "null", "%20", "a" * 5_000, "你好", "'--"]
)
async def test_an_id_that_is_none_finds_nothing(full: FullHub, caller: Caller, id_: str) -> None:
    admin = full.people["admin"]
    missing = {}
    for path, operations in caller.spec["paths"].items():
        if "get" not in operations or "{" not in path or path.count("{") > 1:
            continue
        before, _, after = path.partition("{")
        answer = await admin.http.get("/api" + before + id_ + after.partition("}")[2])
        missing[path] = answer.status_code

    assert set(missing.values()) <= {404, 422}, missing


async def test_a_nul_in_an_address_is_refused(full: FullHub) -> None:
    admin = full.people["admin"]

    for path in ("/api/conversations/%00", "/api/customers?q=a%00b", "/api/tickets/a%00"):
        assert (await admin.http.get(path)).status_code == 400


# -- visitors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"channel": 7, "language": "en"}, "/channel"),
        ({"channel": "web", "language": None}, "/language"),
        ({"channel": "web", "language": "en", "name": ["x"]}, "/name"),
        ({"channel": "web", "language": "en", "email": "no address"}, "/email"),
        ({"channel": "web", "language": "en", "email": {"$ne": None}}, "/email"),
        ({"channel": "web", "language": "en", "phone": "abc"}, "/phone"),
        ({"channel": "web", "language": "en", "page": {"url": 7}}, "/page/url"),
        ({"channel": "web", "language": "en", "role": "admin"}, "/role"),
        ({"channel": "web", "language": "en", "visitor_id": "mine"}, "/visitor_id"),
        ({"channel": "web", "language": "e" * 21}, "/language"),
        ({"language": "en"}, "/channel"),
    ],
)
async def test_a_visitor_says_who_they_are_in_the_right_words(
    full: FullHub, body: Any, path: str
) -> None:
    async with full.browser() as http:
        answer = await http.post("/chat/sessions", json=body, headers=SHOP)

    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["faults"]] == [path]


async def test_a_chat_begins_on_listed_sites_only(full: FullHub) -> None:
    body = {"channel": "web", "language": "en"}
    async with full.browser() as http:
        for origin in ("https://evil.example", "null", "https://shop.example.evil.example", HOST):
            answer = await http.post("/chat/sessions", json=body, headers={"origin": origin})
            assert answer.status_code == 404, origin
            assert "access-control-allow-origin" not in answer.headers
        assert (await http.post("/chat/sessions", json=body)).status_code == 404


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "Bearer", "eyJhbGciOiJub25lIn0.e30."])
async def test_a_token_that_is_not_ours_opens_nothing(full: FullHub, token: str) -> None:
    async with full.browser() as http:
        upload = await http.post(
            "/chat/uploads",
            files={"file": ("a.txt", b"words", "text/plain")},
            headers={"authorization": f"Bearer {token}", **SHOP},
        )
        file = await http.get(f"/chat/files/{NOWHERE}?until=9999999999999&signature={token}")

    assert (upload.status_code, file.status_code) == (401, 404)


# -- limits ----------------------------------------------------------------------------------------


async def test_the_address_for_limits_is_not_what_the_caller_says(full: FullHub) -> None:
    full.hub.limits._scale = 1
    statuses = []
    try:
        async with full.browser() as http:
            for number in range(25):
                answer = await http.post(
                    "/api/session",
                    json={"email": f"nobody{number}@desk.example", "password": "wrong"},
                    headers={
                        "x-forwarded-for": f"10.0.0.{number}",
                        "cf-connecting-ip": f"10.0.1.{number}",
                        "forwarded": f"for=10.0.2.{number}",
                        "x-real-ip": f"10.0.3.{number}",
                    },
                )
                statuses.append(answer.status_code)
    finally:
        full.hub.limits._scale = 10_000

    assert statuses.count(401) == 20
    assert statuses[20:] == [429] * 5
