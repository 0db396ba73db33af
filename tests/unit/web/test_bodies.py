"""Bodies are bounded, and JSON is taken only when it means one thing."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from hypothesis import given, strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message

from hub.web.bodies import DEPTH_MOST, JSON_MOST, BadJson, BoundedBodies, read_body, strict_json
from tests.support.desk import HOST

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 70), 1 << 70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(VALUES)
def test_what_every_reader_reads_alike_is_read(value: Any) -> None:
    assert strict_json(bytes(JSONResponse(value).body)) == value


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"a":1,"a":2}', "given twice"),
        (b'{"a":1,"\\u0061":2}', "given twice"),  # the same key, spelled otherwise
        (b'[{"b":{"a":1,"a":1}}]', "given twice"),
        (b"NaN", "NaN is not JSON"),
        (b"[Infinity]", "Infinity is not JSON"),
        (b'{"a":-Infinity}', "-Infinity is not JSON"),
        (b"[1e999]", "too large"),
        (b'["\\ud800"]', "a character that is none"),
        (b'{"\\udfff":1}', "a character that is none"),
        (b'["a\\u0000b"]', "a character that is none"),
        (b'["a\x01b"]', "not JSON"),  # a raw control character
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "nested too deeply"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        (b"\xef\xbb\xbf{}", "not JSON"),  # a byte order mark
        ('{"a":"ü"}'.encode("latin-1"), "not UTF-8"),
        (b"", "not JSON"),
        (b"{} {}", "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b"[1,]", "not JSON"),
        (b"// {}", "not JSON"),
        (b"01", "not JSON"),
    ],
)
def test_what_readers_disagree_on_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(BadJson, match=words):
        strict_json(content)


def test_names_that_mean_something_elsewhere_are_only_names() -> None:
    content = b'{"__proto__":{"x":1},"constructor":2,"__class__":3}'

    assert set(strict_json(content)) == {"__proto__", "constructor", "__class__"}


def test_depth_is_bounded_exactly() -> None:
    deepest = b"[" * DEPTH_MOST + b"1" + b"]" * DEPTH_MOST

    strict_json(deepest)
    with pytest.raises(BadJson):
        strict_json(b"[" + deepest + b"]")


async def echo(request: Request) -> Response:
    return Response(str(len(await request.body())))


@pytest.fixture
def caller() -> httpx2.AsyncClient:
    app = BoundedBodies(Starlette(routes=[Route("/x", echo, methods=["GET", "POST", "DELETE"])]))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=HOST)


async def posted(caller: httpx2.AsyncClient, content: Any, kind: str) -> httpx2.Response:
    return await caller.post("/x", content=content, headers={"content-type": kind})


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "application/json;v=1"]
)
async def test_json_goes_through_whole(caller: httpx2.AsyncClient, kind: str) -> None:
    assert (await posted(caller, b'{"a":1}', kind)).text == "7"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""]
)
async def test_another_media_type_is_refused(caller: httpx2.AsyncClient, kind: str) -> None:
    answer = await posted(caller, b'{"a":1}', kind)

    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_media_type")


async def test_a_change_without_a_body_needs_no_media_type(caller: httpx2.AsyncClient) -> None:
    assert (await caller.delete("/x")).text == "0"


async def test_json_of_two_meanings_is_refused_before_any_route(caller: httpx2.AsyncClient) -> None:
    answer = await posted(caller, b'{"a":1,"a":2}', "application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")


async def test_too_large_is_refused_by_what_it_says_and_by_what_it_is(
    caller: httpx2.AsyncClient,
) -> None:
    async def endless() -> Any:
        while True:
            yield b" " * 65_536

    told = await posted(caller, b" " * (JSON_MOST + 1), "application/json")
    untold = await posted(caller, endless(), "application/json")

    for answer in (told, untold):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("path", ["/x?q=a%00b", "/x%00"])
async def test_an_address_with_a_nul_is_refused(caller: httpx2.AsyncClient, path: str) -> None:
    answer = await caller.get(path)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_address")


async def test_a_body_that_breaks_off_is_what_came() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"abc", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    assert await read_body(receive, 10) == b"abc"
