"""One-time tickets: what lets a signed-in page open a socket, so that a cookie alone cannot."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from hub.kernel.clock import SECOND, Clock, Millis

GOOD_FOR = Millis(30 * SECOND)


class Tickets:
    """Signed with a key of the hub, bound to a session, good for 30 s, taken once on a node."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock
        self._taken: dict[str, Millis] = {}

    def give(self, mark: str) -> str:
        """A ticket for the session with this mark."""
        until = self._clock.now() + GOOD_FOR
        body = f"{until}.{secrets.token_urlsafe(12)}"
        return f"{body}.{self._sign(body, mark)}"

    def take(self, ticket: str, mark: str) -> bool:
        """True once, within its time, for the session it was given to."""
        body, _, signature = ticket.rpartition(".")
        until, _, _ = body.partition(".")
        now = self._clock.now()
        if not until.isascii() or not until.isdigit() or not now < int(until) <= now + GOOD_FOR:
            return False
        if not hmac.compare_digest(signature, self._sign(body, mark)) or ticket in self._taken:
            return False
        self._taken = {known: end for known, end in self._taken.items() if end > now}
        self._taken[ticket] = Millis(int(until))
        return True

    def _sign(self, body: str, mark: str) -> str:
        made = hmac.new(self._key, f"{body}|{mark}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made[:24]).decode()
