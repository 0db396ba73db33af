"""Refusals as problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound, Refusal, StorageDown

said = structlog.get_logger("hub.web")

MEDIA_TYPE = "application/problem+json"


class NotSignedIn(Refusal):
    """Sign in first."""

    code = "not_signed_in"


class TooMany(Refusal):
    """Too many tries. Wait a little."""

    code = "too_many"

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)
        self.retry_after = retry_after


class TooLarge(Refusal):
    """This is larger than the hub takes."""

    code = "too_large"


_STATUS: tuple[tuple[type[Refusal], int], ...] = (
    (NotSignedIn, 401),
    (TooMany, 429),
    (TooLarge, 413),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Invalid, 422),
)


def status_of(refusal: type[Refusal]) -> int:
    """The HTTP status that says what kind of refusal it is."""
    return next((status for kind, status in _STATUS if issubclass(refusal, kind)), 400)


def problem(
    status: int,
    code: str,
    title: str,
    *,
    faults: Sequence[Fault] = (),
    headers: dict[str, str] | None = None,
    **facts: object,
) -> Response:
    """A problem document as a response."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        **facts,
    }
    if faults:
        body["faults"] = [{"path": fault.path, "problem": fault.problem} for fault in faults]
    return Response(msgspec.json.encode(body), status, headers, MEDIA_TYPE)


def of_refusal(refusal: Refusal) -> Response:
    """The problem document of a refusal."""
    headers = {"Retry-After": str(refusal.retry_after)} if isinstance(refusal, TooMany) else None
    faults = refusal.faults if isinstance(refusal, Invalid) else ()
    return problem(
        status_of(type(refusal)),
        refusal.code,
        refusal.message,
        faults=faults,
        headers=headers,
        **refusal.facts,
    )


def storage_down() -> Response:
    """503: nothing was kept; ask again with the same key."""
    return problem(
        503,
        "storage_down",
        "The hub cannot store anything now. Nothing was kept.",
        headers={"Retry-After": "2"},
    )


def install(app: FastAPI) -> None:
    """Answer every refusal, and every fault of ours, as a problem document."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(StorageDown, _storage_down)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _failed)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return of_refusal(error)


async def _storage_down(_: Request, __: Exception) -> Response:
    return storage_down()


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [Fault(pointer(fault["loc"]), str(fault["msg"])) for fault in error.errors()]
    return problem(422, "invalid", "What was sent cannot be used.", faults=faults)


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    codes = {
        401: "not_signed_in",
        403: "forbidden",
        404: "not_found",
        405: "wrong_method",
        413: "too_large",
    }
    return problem(error.status_code, codes.get(error.status_code, "refused"), str(error.detail))


async def _failed(request: Request, error: Exception) -> Response:
    said.error("request failed", path=request.url.path, method=request.method, exc_info=error)
    return problem(500, "failed", "Something of ours failed. It has been noted.")


def pointer(location: Sequence[Any]) -> str:
    """A JSON pointer (RFC 6901) for a place in the request; parameters as ``/query/name``,
    ``/path/name``.
    """
    parts = list(location)
    if parts and parts[0] == "body":
        parts = parts[1:]
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
