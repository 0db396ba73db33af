"""Signed marks in the addresses and message ids we send, by which an answer finds its conversation.

A reply token is 30 bytes as 48 letters: the conversation (16), the day it expires (2), an
HMAC-SHA256 cut to 96 bits (12). It is bound to the mailbox, so a token of one mailbox means nothing
in another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from hub.kernel.clock import DAY, Millis
from hub.kernel.ids import ConversationId

TOKEN_LENGTH = 48
_DAY_ZERO = 18_262  # 2020-01-01, in days since 1970
_LAST_DAY = 0xFFFF
_MAC = 12
_OURS = re.compile(r"([0-9a-f-]{36})\.([a-z2-7]{16})@(\S{1,255})")
LIVES = Millis(400 * DAY)
"""How long an answer to a mail of ours is expected."""


class TokenRefused(StrEnum):
    """Why a reply token does not count."""

    MALFORMED = "malformed"
    FORGED = "forged"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Marks:
    """Makes and checks the marks. ``keys``: the newest first; the older ones still verify."""

    keys: Sequence[bytes]

    def __post_init__(self) -> None:
        if not self.keys or any(len(key) < 16 for key in self.keys):
            raise ValueError("marks need at least one key of 16 bytes or more")

    def token(self, conversation_id: ConversationId, mailbox: str, expires_at: Millis) -> str:
        """The reply token of a conversation, in lower-case letters and digits."""
        day = min(max(expires_at // DAY - _DAY_ZERO, 0), _LAST_DAY)
        payload = UUID(conversation_id).bytes + day.to_bytes(2, "big")
        return _letters(payload + _sign(self.keys[0], b"reply", _about(mailbox, payload)))

    def verify(self, token: str, mailbox: str, now: Millis) -> ConversationId | TokenRefused:
        """The conversation a token speaks for, or why it speaks for none."""
        try:
            content = base64.b32decode(token.upper())
        except (binascii.Error, ValueError):
            return TokenRefused.MALFORMED
        if len(content) != 30:
            return TokenRefused.MALFORMED
        payload, mac = content[:18], content[18:]
        about = _about(mailbox, payload)
        # Every key is tried, so the time taken does not tell which one fits.
        fits = [hmac.compare_digest(mac, _sign(key, b"reply", about)) for key in self.keys]
        if not any(fits):
            return TokenRefused.FORGED
        if now // DAY > int.from_bytes(payload[16:], "big") + _DAY_ZERO:
            return TokenRefused.EXPIRED
        return ConversationId(str(UUID(bytes=payload[:16])))

    def message_id(self, id_: str, domain: str) -> str:
        """The Message-ID, without angle brackets, of the message we keep under this id."""
        return f"{id_}.{self._seal(self.keys[0], id_, domain)}@{domain}"

    def is_ours(self, message_id: str) -> bool:
        """True when we made this Message-ID; nobody can guess one."""
        match = _OURS.fullmatch(message_id)
        if match is None:
            return False
        seals = [self._seal(key, match[1], match[3]) for key in self.keys]
        fits = [hmac.compare_digest(seal, match[2]) for seal in seals]
        return any(fits)

    def _seal(self, key: bytes, id_: str, domain: str) -> str:
        return _letters(_sign(key, b"message-id", f"{id_}@{domain.lower()}".encode())[:10])


def reply_address(mailbox: str, token: str) -> str | None:
    """``support@desk.example`` -> ``support+<token>@desk.example``.

    None when the local part is too long for the token (64 characters in all, RFC 5321): answers are
    then found by their references alone, or the mailbox gets a short address for replies.
    """
    local, _, domain = mailbox.rpartition("@")
    marked = f"{local}+{token}"
    return f"{marked}@{domain}" if len(marked) <= 64 else None


def token_among(addresses: Iterable[str], mailbox: str) -> str | None:
    """The first reply token for this mailbox among the addresses a mail was sent or delivered
    to."""
    local, _, domain = mailbox.lower().rpartition("@")
    prefix, suffix = f"{local}+", f"@{domain}"
    for address in addresses:
        lowered = address.lower()
        if lowered.startswith(prefix) and lowered.endswith(suffix):
            token = lowered[len(prefix) : -len(suffix)]
            if len(token) == TOKEN_LENGTH:
                return token
    return None


def _about(mailbox: str, payload: bytes) -> bytes:
    return mailbox.lower().encode() + b"\0" + payload


def _sign(key: bytes, purpose: bytes, content: bytes) -> bytes:
    return hmac.digest(key, b"hub " + purpose + b"\0" + content, hashlib.sha256)[:_MAC]


def _letters(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=").lower()
