"""The reference of the HTTP API: what FastAPI knows of the routes, with what holds for all of them
added, as JSON and as a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from hub.agents.access import POLICY, Reach
from hub.agents.asking import COOKIE, Asked, may, rights_of_routes
from hub.agents.model import Role
from hub.kernel.errors import Refusal
from hub.web.problems import MEDIA_TYPE, status_of

routes = APIRouter(include_in_schema=False)

KEYLESS = frozenset(
    {
        ("post", "/session"),
        ("delete", "/session"),
        ("post", "/uploads"),
        ("post", "/realtime/ticket"),
        ("post", "/quarantine/{quarantine_id}/replay"),
        ("post", "/parked/{parked_id}/replay"),
    }
)
"""Changes that need no Idempotency-Key: said twice, they do nothing that was not asked for."""

ABOUT = """\
JSON in and out. Names are `snake_case`, moments whole milliseconds since 1970 in UTC, ids UUIDv7 \
as text. Unknown fields and wrong types are refused with the path of each fault.

**Who asks**: the cookie of `POST /session`, and with anything but `GET` the header `X-CSRF` with \
the value that answer gave.

**A change has its effect once**: send it with an `Idempotency-Key` of your own making. The same \
key again gives the stored answer (`Idempotent-Replay: true`); the same key with other content is \
409 `command_reused`. A refusal is not stored.

**Refusals** are problem documents (RFC 9457). `code` is for programs.

**Lists** are `{items, next}`: give `next` as `cursor` for the following page.
"""

TAGS = (
    ("agents", "Signing in, one's own preferences, and who answers."),
    ("conversations", "Lists, threads, replies, notes, drafts and files."),
    ("routing", "Offers, presence, queues and the live strip."),
    ("customers", "Whoever writes or calls, and their addresses."),
    ("tickets", "What was promised, and what became of it."),
    ("articles", "Articles: written, published, found."),
    ("channels", "Ways to reach us, and what came in that could not be understood."),
    ("parked", "Events that a reader of the log could not digest."),
    ("lookup", "Searching everything, and one customer's history."),
    ("realtime", "The snapshot, and the ticket that opens a socket: see `docs/realtime.md`."),
)

_NAMED = re.compile(r"(?<!\d)(4\d\d)[^`.;]*`+([a-z_]+)`+")
_WORDS_OF: Mapping[int, str] = {
    400: "It cannot be read",
    401: "Sign in first",
    403: "You may not",
    404: "There is no such thing, or none that you may see",
    409: "Something else happened first",
    413: "Too large",
    415: "Another media type is wanted",
    422: "It cannot be used; `faults` say where",
    429: "Too many tries; `Retry-After` says when",
    503: "Nothing can be stored now; ask again with the same key",
}

_BESIDE = (
    (400, "bad_address", "An address holds no NUL."),
    (400, "bad_json", "This JSON cannot be read, or could be read in two ways."),
    (405, "wrong_method", "This path is not asked that way."),
    (415, "wrong_media_type", "Send application/json."),
    (500, "failed", "Something of ours failed. It has been noted."),
    (503, "storage_down", "The hub cannot store anything now. Nothing was kept."),
)
"""Refusals that no class stands for."""

PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "A refusal (RFC 9457). Some carry further facts, such as `current` or `state`.",
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "additionalProperties": True,
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string", "description": "in words, for people"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "for programs"},
        "faults": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "problem"],
                "properties": {
                    "path": {"type": "string", "description": "a JSON pointer"},
                    "problem": {"type": "string"},
                },
            },
        },
    },
}

CSRF: dict[str, Any] = {
    "name": "X-CSRF",
    "in": "header",
    "required": True,
    "description": "the value that signing in gave",
    "schema": {"type": "string"},
}
KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "8 to 100 visible characters, one for each change, for example a UUID",
    "schema": {"type": "string", "minLength": 8, "maxLength": 100},
}


@routes.get("/openapi.json")
async def get_document(request: Request, asked: Annotated[Asked, may("docs.read")]) -> Response:
    """The API as an OpenAPI document."""
    return JSONResponse(document_of(request.app))


@routes.get("/docs")
async def get_page(request: Request, asked: Annotated[Asked, may("docs.read")]) -> Response:
    """The API as a page to read; it needs nothing else."""
    from hub.web.docs import page  # noqa: PLC0415 - rarely read, and not to be ready

    theme = asked.agent.preferences.get("theme", "system")
    return HTMLResponse(page(document_of(request.app), theme=theme))


def document_of(app: FastAPI) -> dict[str, Any]:
    """The whole document, made once for an application."""
    known: dict[str, Any] | None = getattr(app.state, "document", None)
    if known is None:
        known = app.state.document = complete(app.openapi(), rights_of_routes(app))
    return known


def complete(
    document: Mapping[str, Any], rights: Mapping[tuple[str, str], str | None]
) -> dict[str, Any]:
    """What FastAPI made of the routes, with who may, how to ask, and how it is refused.

    ``rights``: the action that (method, path) needs; None where everybody may.
    """
    schemas = {
        name: schema
        for name, schema in document["components"]["schemas"].items()
        if name not in {"HTTPValidationError", "ValidationError"}
    }
    return {
        **document,
        "info": {**document["info"], "description": ABOUT},
        "servers": [{"url": "/api"}],
        "tags": [{"name": name, "description": words} for name, words in TAGS],
        "paths": {
            path: {
                method: _operation(method, path, operation, rights[method, path])
                for method, operation in operations.items()
            }
            for path, operations in document["paths"].items()
        },
        "components": {
            "schemas": dict(sorted({**schemas, "Problem": PROBLEM}.items())),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
        "x-problem-codes": sorted(
            problem_codes(), key=lambda known: (known["status"], known["code"])
        ),
    }


def problem_codes() -> Iterator[dict[str, Any]]:
    """Every refusal the hub knows: status, code and words."""
    for status, code, words in _BESIDE:
        yield {"status": status, "code": code, "words": words}
    seen = set()
    waiting = list(Refusal.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.code not in seen:
            seen.add(kind.code)
            words = (kind.__doc__ or "").strip().splitlines()[0]
            yield {"status": status_of(kind), "code": kind.code, "words": words}


def _operation(
    method: str, path: str, operation: Mapping[str, Any], action: str | None
) -> dict[str, Any]:
    summary, description = _in_two(operation.get("description") or operation["summary"])
    made: dict[str, Any] = {
        **operation,
        "summary": summary,
        "description": description,
        "parameters": [*operation.get("parameters", ()), *_headers(method, path, action)],
        "responses": _responses(method, path, operation, action),
    }
    if action is not None:
        made["security"] = [{"session": []}]
        made["x-right"] = action
        made["x-reach"] = {role.value: POLICY[action][role].value for role in Role}
    for name in ("description", "parameters"):
        if not made[name]:
            del made[name]
    return made


def _in_two(words: str) -> tuple[str, str]:
    """The first sentence as plain text, and the rest."""
    words = " ".join(words.replace("``", "`").split())
    cut = re.search(r"[.;](\s+|$)", words)
    first, rest = (words[: cut.start()], words[cut.end() :]) if cut else (words, "")
    return first.replace("`", "").replace("*", ""), rest[:1].upper() + rest[1:]


def _headers(method: str, path: str, action: str | None) -> list[dict[str, Any]]:
    if method == "get" or action is None:
        return []
    return [CSRF] if (method, path) in KEYLESS else [CSRF, KEY]


def _responses(
    method: str, path: str, operation: Mapping[str, Any], action: str | None
) -> dict[str, Any]:
    codes = _codes_of_all(path, operation, action)
    if method != "get":
        for status, code in _codes_of_changes(method, path, action):
            codes.setdefault(status, []).append(code)
    for status, code in _NAMED.findall(operation.get("description") or ""):
        named = codes.setdefault(int(status), [])
        if code not in named:
            named.append(code)
    good = {
        status: {**answer, "description": "Done" if status != "204" else "Done; nothing to say"}
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    }
    return good | {str(status): _problem(status, named) for status, named in sorted(codes.items())}


def _codes_of_all(
    path: str, operation: Mapping[str, Any], action: str | None
) -> dict[int, list[str]]:
    """How a question or a change may be refused, by its shape."""
    codes: dict[int, list[str]] = {}
    if action is not None:
        codes[401] = ["not_signed_in"]
        if any(POLICY[action][role] is Reach.NONE for role in Role):
            codes[403] = ["forbidden"]
    if "{" in path:
        codes[404] = ["not_found"]
    if "requestBody" in operation:
        codes[413] = ["too_large"]
        if "application/json" in operation["requestBody"]["content"]:
            codes |= {400: ["bad_json"], 415: ["wrong_media_type"]}
    if "422" in operation["responses"]:
        codes[422] = ["invalid"]
    return codes


def _codes_of_changes(method: str, path: str, action: str | None) -> Iterator[tuple[int, str]]:
    """How only a change may be refused."""
    yield 403, "foreign_origin"
    yield 503, "storage_down"
    if action is not None:
        yield 403, "bad_csrf"
        if (method, path) not in KEYLESS:
            yield 409, "command_reused"


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    return {
        "description": f"{_WORDS_OF[status]}: {', '.join(f'`{code}`' for code in codes)}",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        "x-codes": codes,
    }
