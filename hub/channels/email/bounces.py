"""What a delivery report (RFC 3464) says about a mail of ours."""

from __future__ import annotations

from hub.channels.email.automatic import Bounce
from hub.channels.email.charsets import guess
from hub.channels.email.headers import message_ids_of
from hub.channels.email.limits import UnreadableMessage
from hub.channels.email.mime import Part, read_fields, walk

_MOST_RECIPIENTS = 100


def read_bounce(root: Part) -> Bounce | None:
    """Return the report in a mail, or None when it carries none."""
    status = next(
        (part for part in walk(root) if part.media_type == "message/delivery-status"), None
    )
    if status is None:
        return None
    original = next(
        (
            part
            for part in walk(root)
            if part.media_type in ("message/rfc822", "text/rfc822-headers")
        ),
        None,
    )
    return Bounce(
        original_message_id=_original_id(original) if original else None,
        recipients=tuple(_recipients(status.content())),
    )


def _original_id(part: Part) -> str | None:
    content = part.content()
    try:
        fields, _ = read_fields(content, 0, len(content))
    except UnreadableMessage:
        return None
    value = next((value for name, value in fields if name == "message-id"), b"")
    return next(iter(message_ids_of(value, 1)), None)


def _recipients(content: bytes) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    at = 0
    while at < len(content) and len(found) < _MOST_RECIPIENTS:
        try:
            fields, next_at = read_fields(content, at, len(content))
        except UnreadableMessage:
            break
        named = dict(fields)
        recipient = named.get("final-recipient") or named.get("original-recipient")
        if recipient:
            found.append(
                (
                    guess(recipient.rpartition(b";")[2].strip()[:320]),
                    guess(named.get("action", b"").strip()[:40]).lower(),
                    guess(named.get("status", b"").strip()[:40]),
                )
            )
        at = max(next_at, at + 1)
    return found
