"""Our signatures and those of the ``standardwebhooks`` library are the same."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from hub.channels.webhook.signature import is_genuine, key_of, sign
from hub.kernel.clock import MINUTE, SECOND, Millis, SystemClock

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = Millis(1_767_009_600_000)

bodies = st.text(st.characters(exclude_categories=["Cs"])).map(str.encode)
names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


def theirs(id_: str, body: bytes, now: Millis = NOW, secret: str = SECRET) -> str:
    at = datetime.fromtimestamp(now // SECOND, UTC)
    return Webhook(secret).sign(id_, at, body.decode())


def ours(
    signature: str, body: bytes, *, id_: str = "1", at: str | None = None, now: int = NOW
) -> bool:
    timestamp = str(NOW // SECOND) if at is None else at
    return is_genuine([key_of(SECRET)], id_, timestamp, signature, body, Millis(now))


@given(names, bodies, st.binary(min_size=16, max_size=64))
def test_both_sign_alike(id_: str, body: bytes, key: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()

    headers = sign(key_of(secret), id_, NOW, body)

    assert headers["webhook-signature"] == theirs(id_, body, secret=secret)
    assert headers["webhook-id"] == id_


@given(names, bodies)
def test_the_library_believes_what_we_sign(id_: str, body: bytes) -> None:
    headers = sign(key_of(SECRET), id_, SystemClock().now(), body)

    Webhook(SECRET).verify(body, headers, json_parse=False)


@given(names, bodies)
def test_we_believe_what_the_library_signs(id_: str, body: bytes) -> None:
    assert ours(theirs(id_, body), body, id_=id_)


@given(bodies, st.data())
def test_one_changed_byte_is_noticed_by_both(body: bytes, data: st.DataObject) -> None:
    words = body.decode()
    at = data.draw(st.integers(0, len(words)))
    changed = f"{words[:at]}!{words[at:]}".encode()
    now = SystemClock().now()
    headers = sign(key_of(SECRET), "1", now, body)

    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(changed, headers, json_parse=False)
    assert not ours(theirs("1", body), changed)


@pytest.mark.parametrize(
    ("offset", "believed"),
    [
        (0, True),
        (5 * MINUTE, True),
        (-5 * MINUTE, True),
        (5 * MINUTE + SECOND, False),
        (-5 * MINUTE - SECOND, False),
        (10 * MINUTE, False),
    ],
)
def test_a_signature_is_good_for_five_minutes(offset: int, believed: bool) -> None:
    assert ours(theirs("1", b"{}"), b"{}", now=NOW + offset) is believed


@pytest.mark.parametrize(
    "timestamp",
    [
        "",
        "now",
        "-1",
        "1.5",
        "1e9",
        "9" * 13,
        "١٧٦٧٠٠٩٦٠٠",
        f"{NOW // SECOND} ",
        f"+{NOW // SECOND}",
    ],
)
def test_a_strange_timestamp_is_refused(timestamp: str) -> None:
    assert not ours(theirs("1", b"{}"), b"{}", at=timestamp)


@pytest.mark.parametrize("id_", ["", "2", "1.", "1.1767009600"])
def test_the_id_is_signed_too(id_: str) -> None:
    assert not ours(theirs("1", b"{}"), b"{}", id_=id_)


def test_one_good_signature_among_several_is_enough() -> None:
    good = theirs("1", b"{}")

    assert ours(f"v1,AAAA v1a,{good[3:]} {good}", b"{}")
    assert not ours(f"v1a,{good[3:]} v2,{good[3:]} {good[3:]}", b"{}")
    assert not ours(" ".join(["v1,AAAA"] * 8 + [good]), b"{}")


@pytest.mark.parametrize("signature", ["", "v1", "v1,", "v1,é", "v1,\udcff", " ", "," * 1000])
def test_what_is_no_signature_is_refused(signature: str) -> None:
    assert not ours(signature, b"{}")


def test_either_key_is_good_while_one_replaces_the_other() -> None:
    old, new = key_of(SECRET), b"n" * 32
    signature = theirs("1", b"{}")
    timestamp = str(NOW // SECOND)

    assert is_genuine([new, old], "1", timestamp, signature, b"{}", NOW)
    assert not is_genuine([new], "1", timestamp, signature, b"{}", NOW)
    assert not is_genuine([], "1", timestamp, signature, b"{}", NOW)


def test_a_secret_may_come_without_its_prefix_and_padding() -> None:
    key = bytes(range(25))
    text = base64.b64encode(key).decode()

    assert key_of(text) == key_of(f"whsec_{text}") == key_of(text.rstrip("=")) == key


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "short", "whsec_!!!!", "密码密码密码密码密码密码"]
)
def test_a_bad_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="webhook secret"):
        key_of(secret)
