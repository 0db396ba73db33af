"""What may come in as a body: bounded, and JSON that means one thing only."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.web.problems import problem

JSON_MOST = 1 << 20
UPLOAD_MOST = 32 << 20
DEPTH_MOST = 64
_NUL = b"%00"


class BadJson(ValueError):
    """This JSON cannot be read, or could be read in two ways."""


def strict_json(content: bytes) -> Any:
    """Decode JSON, refusing what readers disagree on: duplicate keys, NaN, lone surrogates, depth
    over 64.
    """
    try:
        words = content.decode("utf-8")
        value = json.loads(words, object_pairs_hook=_distinct, parse_constant=_no_constant)
    except RecursionError:
        raise BadJson("nested too deeply") from None
    except UnicodeDecodeError:
        raise BadJson("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BadJson(f"not JSON: {error.msg} at character {error.pos}") from None
    _check(value, 0)
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadJson("a key is given twice")
    return made


def _no_constant(name: str) -> None:
    raise BadJson(f"{name} is not JSON")


def _check(value: Any, depth: int) -> None:
    if depth > DEPTH_MOST:
        raise BadJson("nested too deeply")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise BadJson("a number is too large")
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check(item, depth + 1)


def _check_text(text: str) -> None:
    if any("\ud800" <= c <= "\udfff" for c in text) or "\x00" in text:
        raise BadJson("a text holds a character that is none")


class BoundedBodies:
    """ASGI middleware: refuses large bodies, JSON that is not strict, and NUL in addresses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and ("\x00" in scope["path"] or _NUL in scope["query_string"]):
            await problem(400, "bad_address", "An address holds no NUL.")(scope, receive, send)
            return
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        is_upload = headers.get(b"content-type", b"").startswith(b"multipart/")
        most = UPLOAD_MOST if is_upload else JSON_MOST
        body = await read_body(receive, most, headers.get(b"content-length"))
        if body is None:
            await problem(413, "too_large", f"At most {most} bytes.")(scope, receive, send)
            return
        if body and not is_upload:
            media_type = headers.get(b"content-type", b"").split(b";")[0].strip()
            if media_type != b"application/json":
                refused = problem(415, "wrong_media_type", "Send application/json.")
                await refused(scope, receive, send)
                return
            try:
                strict_json(body)
            except BadJson as error:
                await problem(400, "bad_json", str(error))(scope, receive, send)
                return
        await self._app(scope, _given(body, receive), send)


async def read_body(receive: Receive, most: int, length: bytes | None = None) -> bytes | None:
    """The whole body, or None when it is larger than ``most``."""
    if length is not None and length.isdigit() and int(length) > most:
        return None
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _given(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
