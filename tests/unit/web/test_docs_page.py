"""An OpenAPI document as a page: complete, safe, and alone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hub.web.docs import page

PROBLEM = {"description": "No", "x-codes": ["not_found"]}


def document(**operation: Any) -> dict[str, Any]:
    """A document with one operation and two shapes."""
    made = {"tags": ["things"], "summary": "Get a thing", "responses": {}, **operation}
    return {
        "info": {"title": "Hub", "version": "1", "description": "**About** `it`."},
        "tags": [{"name": "things", "description": "All things."}],
        "paths": {"/things/{id}": {"get": made}},
        "components": {
            "schemas": {
                "Thing": {
                    "title": "Thing",
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string", "minLength": 1, "maxLength": 9},
                        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                    },
                },
                "Part": {"title": "Page[Part]", "properties": {"on": {"type": "boolean"}}},
            }
        },
        "x-problem-codes": [{"code": "not_found", "status": 404, "words": "There is none."}],
    }


def text_of(html: str) -> str:
    body = html.partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_an_operation_says_what_it_takes_gives_and_refuses() -> None:
    html = page(
        document(
            description="More of it.",
            parameters=[
                {
                    "name": "limit",
                    "in": "query",
                    "schema": {"type": "integer", "minimum": 1, "maximum": 9},
                }
            ],
            requestBody={
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
            },
            responses={
                "200": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                    }
                },
                "404": PROBLEM,
            },
            **{"x-right": "thing.read", "x-reach": {"agent": "own", "admin": "all"}},
        )
    )

    said = text_of(html)
    for words in (
        "Get a thing GET /api/things/{id} More of it.",
        "Right thing.read : agent own, admin all",
        "limit query whole number, 1 to 9",
        "Body Thing name required text, 1 to 9",
        "parts [ Page of Part ]",
        "Answer 200 Thing 2 fields",
        "404 not_found",
    ):
        assert words in said
    assert 'href="#shape-Part"' in html
    assert 'id="shape-Part"' in html
    assert 'href="#code-not_found"' in html
    assert 'id="code-not_found"' in html


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "maxLength": 5}, "text, up to 5"),
        ({"type": "string", "minLength": 2}, "text, 2 or more"),
        ({"enum": ["zh", "en"]}, "zh or en"),
        ({"const": "x"}, "x"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or null"),
        ({"type": "boolean"}, "true or false"),
        ({"type": "number"}, "number"),
        (
            {"type": "integer", "minimum": 0, "exclusiveMaximum": 2147483648},
            "whole number, 0 or more",
        ),
        ({"type": "integer", "default": 50}, "whole number, else 50"),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 3}, "[text], up to 3"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "{name: text}"),
        ({"type": "object", "additionalProperties": True}, "{name: …}"),
        ({"type": "string", "format": "binary"}, "a file"),
        ({}, "anything"),
    ],
)
def test_what_a_field_may_be_is_said_in_words(schema: dict[str, Any], words: str) -> None:
    parameter = {"name": "it", "in": "query", "schema": schema}

    said = text_of(page(document(parameters=[parameter])))

    assert f"it query {words}" in said


def test_words_in_a_document_never_become_markup() -> None:
    evil = "<script>alert(1)</script> [x](javascript:alert(1)) ![x](https://evil.example/x)"
    html = page(
        document(
            summary=evil,
            description=evil,
            parameters=[
                {"name": evil, "in": "query", "description": evil, "schema": {"enum": [evil]}}
            ],
        )
    )

    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "<img" not in html


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    html = page(document())

    assert not re.findall(r"<(?:script|link|img|iframe|object)\b", html)
    assert not re.findall(r"url\(|@import", html)
    assert not re.findall(r"\son\w+=", html)
    assert set(re.findall(r'(?:href|src)="([^#"][^"]*)"', html)) == {"openapi.json"}


@pytest.mark.parametrize(
    ("theme", "attribute"),
    [
        ("dark", ' data-theme="dark"'),
        ("light", ' data-theme="light"'),
        ("system", ""),
        ('"><b>', ""),
    ],
)
def test_the_page_is_light_or_dark_as_the_agent_chose(theme: str, attribute: str) -> None:
    assert f'<html lang="en"{attribute}>' in page(document(), theme=theme)


def test_every_link_in_the_page_leads_to_a_place_in_it() -> None:
    html = page(document(responses={"404": PROBLEM}))

    ids = set(re.findall(r'id="([^"]+)"', html))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= ids
