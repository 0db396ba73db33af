"""The Standard Webhooks signature, version 1: HMAC-SHA256 over id, timestamp and body."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable

from hub.kernel.clock import MINUTE, SECOND, Millis

TOLERANCE = Millis(5 * MINUTE)
PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The signing key in a secret: base64, with or without ``whsec_``. Else ``ValueError``."""
    text = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise ValueError("not a webhook secret") from None
    if len(key) < 16:
        raise ValueError("a webhook secret holds at least 16 bytes")
    return key


def sign(key: bytes, id_: str, now: Millis, body: bytes) -> dict[str, str]:
    """The three headers for a body."""
    timestamp = str(now // SECOND)
    return {
        "webhook-id": id_,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(_mac(key, id_, timestamp, body)).decode(),
    }


def is_genuine(
    keys: Iterable[bytes], id_: str, timestamp: str, signatures: str, body: bytes, now: Millis
) -> bool:
    """True when a signature was made with one of the keys, within five minutes of ``now``."""
    if not id_ or not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    if abs(now - int(timestamp) * SECOND) > TOLERANCE:
        return False
    given = [part[3:] for part in signatures.split(" ")[:8] if part.startswith("v1,")]
    good = False
    for key in keys:
        expected = base64.b64encode(_mac(key, id_, timestamp, body))
        for signature in given:
            good |= hmac.compare_digest(expected, signature.encode("latin-1", "replace"))
    return good


def _mac(key: bytes, id_: str, timestamp: str, body: bytes) -> bytes:
    return hmac.digest(key, f"{id_}.{timestamp}.".encode() + body, "sha256")
