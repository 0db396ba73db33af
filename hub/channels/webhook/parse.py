"""A webhook's body as an inbound message, and an agent's answer as a webhook's body."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from hub.channels.model import Account
from hub.conversations.model import Attachment, Inbound, Outbound
from hub.customers.identities import EMAIL, PHONE, WEBHOOK, NotAnAddress, normalise
from hub.customers.model import Claim
from hub.kernel.clock import Millis
from hub.kernel.errors import Fault, Invalid

TEXT_MOST = 50_000
FILES_MOST = 20
_LENGTH = "1 to 200 characters"


class From(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Who wrote."""

    address: str
    name: str = ""
    email: str | None = None
    phone: str | None = None


class File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An attachment; ``content`` in base64."""

    name: str
    content: str
    media_type: str = "application/octet-stream"


class Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename={"sender": "from"}):
    """One message.

    ``conversation`` names the caller's thread; without it all of a sender's words are one thread.
    """

    id: str
    sender: From
    text: str
    type: str = "message"
    at: int | None = None
    conversation: str | None = None
    language: str | None = None
    subject: str | None = None
    attachments: tuple[File, ...] = ()


_decoder = msgspec.json.Decoder(Body)
_names = re.compile(
    b"|".join(
        f'"{field.encode_name}"'.encode()
        for shape in (Body, From)
        for field in msgspec.structs.fields(shape)
    )
)
_place = re.compile(r" - at `\$(.*)`$")
_field = re.compile(r"(?:unknown|missing required) field `([^`]*)`")


class BadBody(Invalid):
    """The body cannot be used."""


def parse(content: bytes) -> Body:
    """Decode a body. ``BadBody`` names each fault by its path."""
    try:
        body = _decoder.decode(content)
        if _may_say_twice(content):
            json.loads(content, object_pairs_hook=_distinct)
    except msgspec.ValidationError as error:
        raise BadBody(None, _fault(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadBody(None, Fault("", str(error))) from None
    faults = _faults(body)
    if b"\\u0000" in content:
        faults += [Fault(path, "holds a NUL") for path, text in _texts(body) if "\x00" in text]
    if faults:
        raise BadBody(None, *faults)
    return body


def _may_say_twice(content: bytes) -> bool:
    """False when no key can be there twice: no name of a field is, not even with escapes."""
    if b"\\u00" in content or b'"attachments"' in content:
        return True
    names = _names.findall(content)
    return len(names) != len(set(names))


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key is given twice")


def _fault(message: str) -> Fault:
    """msgspec's words as a fault: ``$.attachments[1].name`` becomes ``/attachments/1/name``."""
    found = _place.search(message)
    path, words = ("", message) if found is None else (found[1], message[: found.start()])
    path = re.sub(r"\[(\d+)\]", r".\1", path).replace(".", "/")
    field = _field.search(words)
    if field is not None:
        path = f"{path}/{field[1].replace('~', '~0').replace('/', '~1')}"
    return Fault(path, words)


def _faults(body: Body) -> list[Fault]:
    thread, at = body.conversation, body.at
    wrong = (
        (body.type != "message", "/type", "must be message"),
        (not 1 <= len(body.id) <= 200, "/id", _LENGTH),
        (not 1 <= len(body.sender.address.strip()) <= 200, "/from/address", _LENGTH),
        (not body.text.strip() and not body.attachments, "/text", "write or attach something"),
        (len(body.text) > TEXT_MOST, "/text", f"at most {TEXT_MOST} characters"),
        (thread is not None and not 1 <= len(thread) <= 200, "/conversation", _LENGTH),
        (body.language not in (None, "zh", "en"), "/language", "zh or en"),
        (at is not None and not 0 <= at < 1 << 53, "/at", "milliseconds since 1970"),
        (len(body.attachments) > FILES_MOST, "/attachments", f"at most {FILES_MOST}"),
        (_is_no(EMAIL, body.sender.email), "/from/email", "no e-mail address"),
        (_is_no(PHONE, body.sender.phone), "/from/phone", "no phone number with country code"),
    )
    return [Fault(path, problem) for is_wrong, path, problem in wrong if is_wrong]


def _is_no(kind: str, given: str | None) -> bool:
    return given is not None and _address(kind, given) is None


def _texts(body: Body) -> Iterator[tuple[str, str]]:
    """Every text that is kept, with its path: no database keeps a NUL."""
    yield "/id", body.id
    yield "/text", body.text
    yield "/from/address", body.sender.address
    yield "/from/name", body.sender.name
    yield "/subject", body.subject or ""
    yield "/conversation", body.conversation or ""
    for at, file in enumerate(body.attachments):
        yield f"/attachments/{at}/name", file.name
        yield f"/attachments/{at}/media_type", file.media_type


def _address(kind: str, given: str) -> tuple[str, str] | None:
    try:
        return kind, normalise(kind, given)
    except NotAnAddress:
        return None


def files(body: Body) -> list[tuple[str, str, bytes]]:
    """The attachments: name, media type, content. ``BadBody`` when one is not base64."""
    found = []
    for at, file in enumerate(body.attachments):
        try:
            content = base64.b64decode(file.content, validate=True)
        except (binascii.Error, ValueError):
            raise BadBody(None, Fault(f"/attachments/{at}/content", "not base64")) from None
        found.append((file.name[:255] or "file", file.media_type[:100], content))
    return found


def inbound(account: Account, body: Body, attachments: tuple[Attachment, ...] = ()) -> Inbound:
    """A decoded body in normal form."""
    also = [(EMAIL, body.sender.email), (PHONE, body.sender.phone)]
    known = tuple(a for kind, given in also if given and (a := _address(kind, given)))
    address = f"{account.key}:{body.sender.address.strip()}"
    return Inbound(
        channel_id=account.id,
        channel=account.kind,
        key=body.id,
        sender=Claim(
            WEBHOOK, address, body.sender.name[:200], body.language, verified=True, also=known
        ),
        text=body.text,
        thread_key=f"{address}/{body.conversation or ''}",
        queue_id=account.queue_id,
        subject=body.subject,
        language=body.language or account.language,
        said_at=None if body.at is None else Millis(body.at),
        attachments=attachments,
        reply_within=account.reply_within,
        facts={"to": body.sender.address.strip(), "conversation": body.conversation},
    )


def compose(message: Outbound, contents: list[bytes]) -> bytes:
    """The body that delivers an agent's answer."""
    return msgspec.json.encode(
        {
            "type": "reply",
            "id": message.message_id,
            "conversation": message.facts.get("conversation"),
            "to": message.facts.get("to", message.to),
            "text": message.text,
            "author": message.author_name,
            "at": message.at,
            "attachments": [
                {
                    "name": file.name,
                    "media_type": file.media_type,
                    "content": base64.b64encode(content).decode(),
                }
                for file, content in zip(message.attachments, contents, strict=True)
            ],
        }
    )
