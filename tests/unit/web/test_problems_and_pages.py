"""Refusals become problem documents, places in lists become cursors."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from hub.agents.asking import BadCsrf
from hub.conversations.service import ColleagueReplied, NoSuchMessage
from hub.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound, Refusal
from hub.web.outgoing import ForbiddenTarget
from hub.web.paging import cursor_of, place_of
from hub.web.problems import NotSignedIn, TooLarge, TooMany, of_refusal, pointer, status_of
from hub.web.security import is_own_origin


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (NotSignedIn, 401),
        (Forbidden, 403),
        (BadCsrf, 403),
        (NotFound, 404),
        (NoSuchMessage, 404),
        (Conflict, 409),
        (ColleagueReplied, 409),
        (TooLarge, 413),
        (Invalid, 422),
        (ForbiddenTarget, 422),
        (TooMany, 429),
        (Refusal, 400),
    ],
)
def test_each_kind_of_refusal_has_its_status(kind: type[Refusal], status: int) -> None:
    assert status_of(kind) == status


def test_a_problem_says_what_where_and_with_which_facts() -> None:
    answer = of_refusal(Invalid("no good", Fault("/a/0", "too long"), most=3))

    assert answer.media_type == "application/problem+json"
    assert json.loads(bytes(answer.body)) == {
        "type": "about:blank",
        "title": "no good",
        "status": 422,
        "code": "invalid",
        "most": 3,
        "faults": [{"path": "/a/0", "problem": "too long"}],
    }


def test_too_many_says_when_to_come_back() -> None:
    assert of_refusal(TooMany(30)).headers["retry-after"] == "30"


@pytest.mark.parametrize(
    ("location", "path"),
    [
        (("body",), ""),
        (("body", "text"), "/text"),
        (("body", "attachments", 3), "/attachments/3"),
        (("query", "limit"), "/query/limit"),
        (("path", "mode"), "/path/mode"),
        (("body", "a/b", "~"), "/a~1b/~0"),
        (("body", "body"), "/body"),
        ((), ""),
    ],
)
def test_a_fault_is_named_by_a_json_pointer(location: tuple[Any, ...], path: str) -> None:
    assert pointer(location) == path


# -- cursors ---------------------------------------------------------------------------------------

PARTS = st.integers(-(1 << 63), (1 << 63) - 1) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
)


@given(st.lists(PARTS, min_size=1, max_size=3))
def test_a_cursor_leads_back_to_its_place(place: list[int | str]) -> None:
    cursor = cursor_of(*place)

    assert cursor.isascii()
    assert place_of(cursor, *map(type, place)) == tuple(place)


def of(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "?",
        "é",
        "x",
        "AAAA",
        of([]),
        of([1]),
        of([1, "a", 2]),
        of(["a", 1]),
        of([True, "a"]),
        of([None, "a"]),
        of([1.5, "a"]),
        of([1 << 63, "a"]),
        of([1, "\x00"]),
        of([1, ["a"]]),
        of({"0": 1, "1": "a"}),
        of("ab"),
    ],
)
def test_what_is_no_cursor_of_this_list_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        place_of(cursor, int, str)

    assert [fault.path for fault in refused.value.faults] == ["/query/cursor"]


def test_no_cursor_is_the_beginning() -> None:
    assert place_of(None, int, str) is None


# -- whose pages may call --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({"origin": "https://desk.example"}, True),
        ({"origin": "https://partner.example"}, True),  # listed
        ({"origin": "http://desk.example"}, False),
        ({"origin": "https://desk.example:444"}, False),
        ({"origin": "https://desk.example.evil.example"}, False),
        ({"origin": "https://evil.example", "host": "evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({}, True),  # no page at all: a program
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
    ],
)
def test_only_our_own_pages_and_listed_ones_may_call(headers: dict[str, str], is_own: bool) -> None:
    own, listed = "https://desk.example", ["https://partner.example"]

    assert is_own_origin(headers, own, listed) is is_own


@pytest.mark.parametrize(
    ("origin", "is_own"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.0.0.1:8001", False),
        ("http://localhost:8000", False),
        ("null", False),
    ],
)
def test_without_a_public_address_the_host_asked_for_counts(origin: str, is_own: bool) -> None:
    assert is_own_origin({"origin": origin, "host": "127.0.0.1:8000"}, "", ()) is is_own
