"""Forms keep all that was signed; a signature is believed for its own address only."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given, strategies as st
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from hub.channels.sms.form import Form, Unreadable, is_genuine

TOKEN = "0123456789abcdef" * 2
URL = "https://desk.example/channels/sms/line"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
forms = st.lists(st.tuples(texts.filter(bool), texts), min_size=1, max_size=8)


def signed(fields: list[tuple[str, str]], url: str = URL, token: str = TOKEN) -> str:
    """As Twilio signs, by its own library and another kind of multi-dict than ours."""
    signature: str = RequestValidator(token).compute_signature(url, ImmutableMultiDict(fields))
    return signature


@given(forms)
def test_whatever_is_signed_is_recognised(fields: list[tuple[str, str]]) -> None:
    form = Form.of(urlencode(fields).encode())

    assert form.fields == tuple(fields)
    assert is_genuine([TOKEN], URL, form, signed(fields))


@given(forms, st.data())
def test_one_changed_value_is_noticed(fields: list[tuple[str, str]], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(fields) - 1))
    changed = list(fields)
    changed[at] = (fields[at][0], fields[at][1] + "!")

    assert not is_genuine([TOKEN], URL, Form(tuple(changed)), signed(fields))


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (b"Body=&From=%2B1415", (("Body", ""), ("From", "+1415"))),
        (b"Body=a+b&Body=a%20b", (("Body", "a b"), ("Body", "a b"))),
        (b"Body=+two+spaces++", (("Body", " two spaces  "),)),
        (b"Body=%E5%9C%A8%E5%90%97%F0%9F%9B%8B", (("Body", "在吗🛋"),)),
        (b"Body=1%261%3D2%3Bx", (("Body", "1&1=2;x"),)),
        (b"Body=line%0D%0Aline", (("Body", "line\r\nline"),)),
        (b"Alone", (("Alone", ""),)),
        (b"", ()),
    ],
)
def test_a_form_is_read_exactly(content: bytes, fields: tuple[tuple[str, str], ...]) -> None:
    assert Form.of(content).fields == fields


@pytest.mark.parametrize("content", [b"Body=%ff%fe", b"\xff", b"&".join([b"a=1"] * 501)])
def test_what_is_no_form_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(Unreadable):
        Form.of(content)


@pytest.mark.parametrize(
    "other",
    [
        "http://desk.example/channels/sms/line",
        "https://desk.example.evil/channels/sms/line",
        "https://desk.example/channels/sms/other",
        "https://desk.example/channels/sms/line/status",
        "https://desk.example/channels/sms/line/",
        "https://desk.example/channels/sms/line?message=1",
        "https://desk.example:8443/channels/sms/line",
        "https://DESK.example/channels/sms/line",
    ],
)
def test_a_signature_for_another_address_is_none(other: str) -> None:
    fields = [("Body", "Hello"), ("MessageSid", "SM1")]
    form = Form(tuple(fields))

    assert not is_genuine([TOKEN], URL, form, signed(fields, other))
    assert is_genuine([TOKEN], other, form, signed(fields, other))


@pytest.mark.parametrize("signed_for", [URL, "https://desk.example:443/channels/sms/line"])
def test_the_port_that_everybody_means_may_be_named(signed_for: str) -> None:
    fields = [("Body", "Hello")]

    assert is_genuine([TOKEN], URL, Form(tuple(fields)), signed(fields, signed_for))


@pytest.mark.parametrize("signature", ["", "x", "é" * 28, "=" * 28, "A" * 27 + "="])
def test_what_is_no_signature_is_refused(signature: str) -> None:
    assert not is_genuine([TOKEN], URL, Form((("Body", "Hello"),)), signature)


def test_either_token_is_good_while_one_replaces_the_other() -> None:
    fields = [("Body", "Hello")]
    form = Form(tuple(fields))

    assert is_genuine(["new", TOKEN], URL, form, signed(fields))
    assert not is_genuine(["new"], URL, form, signed(fields))
    assert not is_genuine([], URL, form, signed(fields))


def test_repeated_fields_are_noticed() -> None:
    form = Form((("Body", "a"), ("Body", "a"), ("From", "b")))

    assert form.repeats(["From", "Body"])
    assert not form.repeats(["From", "To"])
