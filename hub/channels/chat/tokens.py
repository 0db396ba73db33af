"""What a visitor's browser keeps: a signed token that says whose chat it is, on which channel."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from hub.kernel.clock import DAY, MINUTE, SECOND, Clock, Millis

GOOD_FOR = Millis(30 * DAY)
FILE_GOOD_FOR = Millis(5 * MINUTE)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who writes: the channel account, the customer, and the address that is theirs alone."""

    channel_id: str
    customer_id: str
    visitor_id: str
    name: str

    @property
    def actor(self) -> str:
        return f"customer:{self.customer_id}"


class VisitorTokens:
    """Gives and reads tokens (JWT, HS256) and signs addresses of files."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = OctKey.import_key(key)
        self._raw = key
        self._clock = clock

    def give(self, visitor: Visitor) -> str:
        """A token for this visitor, good for thirty days."""
        now = self._clock.now() // SECOND
        claims = {
            "sub": visitor.visitor_id,
            "cus": visitor.customer_id,
            "cha": visitor.channel_id,
            "nam": visitor.name,
            "iat": now,
            "exp": now + GOOD_FOR // SECOND,
        }
        return jwt.encode({"alg": "HS256"}, claims, self._key)

    def read(self, token: str) -> Visitor | None:
        """The visitor, or None for a token that is not ours or too old."""
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"]).claims
            if claims["exp"] <= self._clock.now() // SECOND:
                return None
            return Visitor(claims["cha"], claims["cus"], claims["sub"], claims["nam"])
        except (JoseError, ValueError, KeyError, TypeError):
            return None

    def sign_file(self, attachment_id: str) -> str:
        """The query that opens one file for five minutes at least."""
        until = (self._clock.now() // FILE_GOOD_FOR + 2) * FILE_GOOD_FOR
        return f"until={until}&signature={self._file_mark(attachment_id, until)}"

    def opens_file(self, attachment_id: str, until: str, signature: str) -> bool:
        """True when the query was made here and is still good."""
        if not until.isascii() or not until.isdigit() or int(until) <= self._clock.now():
            return False
        return hmac.compare_digest(signature, self._file_mark(attachment_id, int(until)))

    def _file_mark(self, attachment_id: str, until: int) -> str:
        return hmac.new(self._raw, f"{attachment_id}|{until}".encode(), hashlib.sha256).hexdigest()
