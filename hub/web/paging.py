"""Lists are given a page at a time; the cursor is opaque outside and plain inside."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from fastapi import Query

from hub.kernel.errors import Fault, Invalid

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=400)]


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some items, and where the next ones begin."""

    items: Sequence[T]
    next: str | None


def cursor_of(*place: Any) -> str:
    """A place in an ordered list, as a cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def place_of(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The place a cursor stands for; ``Invalid`` when it is none of ours."""
    if cursor is None:
        return None
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise Invalid("this cursor is not ours", Fault("/query/cursor", "not a cursor")) from None
    if not isinstance(place, list) or [_kind(part) for part in place] != list(kinds):
        raise Invalid(
            "this cursor is not ours", Fault("/query/cursor", "not a cursor of this list")
        )
    return tuple(place)


def _kind(part: Any) -> type | None:
    """What a part of a place is; None for a whole number or text that no database takes."""
    if isinstance(part, int) and not -(1 << 63) <= part < 1 << 63:
        return None
    if isinstance(part, str) and "\x00" in part:
        return None
    return type(part)
