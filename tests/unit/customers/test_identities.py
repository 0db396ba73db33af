"""Addresses are compared in one form, whatever form they came in."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from hub.customers.identities import (
    CHAT,
    EMAIL,
    MEMORY,
    PHONE,
    NotAnAddress,
    normalise,
    shown_name,
)


@pytest.mark.parametrize(
    ("given", "region", "normal"),
    [
        # China
        ("+86 138 0013 8000", None, "+8613800138000"),
        ("138 0013 8000", "CN", "+8613800138000"),
        ("0086 138-0013-8000", "CN", "+8613800138000"),
        ("(010) 6552 9988", "CN", "+861065529988"),
        ("\uff11\uff13\uff18 \uff10\uff10\uff11\uff13 8000", "CN", "+8613800138000"),  # full width
        # Germany
        ("+49 (0)30 901820", None, "+4930901820"),
        ("030 / 901 820", "DE", "+4930901820"),
        ("0049 30 901820", "DE", "+4930901820"),
        ("0171 1234567", "DE", "+491711234567"),
        # United States
        ("+1 (202) 456-1111", None, "+12024561111"),
        ("202.456.1111", "US", "+12024561111"),
        ("1-202-456-1111", "US", "+12024561111"),
        ("tel:+1-202-456-1111", None, "+12024561111"),
        ("011 49 30 901820", "US", "+4930901820"),
    ],
)
def test_a_phone_number_becomes_e164(given: str, region: str | None, normal: str) -> None:
    assert normalise(PHONE, given, region=region) == normal
    assert normalise(PHONE, normal) == normal


@pytest.mark.parametrize(
    "given", ["", "  ", "hello", "138 0013 8000", "+86 1", "+999 12345678", "+1" + "2" * 30, "+"]
)
def test_what_cannot_be_called_is_refused(given: str) -> None:
    with pytest.raises(NotAnAddress) as refused:
        normalise(PHONE, given)

    assert refused.value.code == "not_an_address"
    assert [fault.path for fault in refused.value.faults] == ["/address"]


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("mia@example.com", "mia@example.com"),
        ("  Mia.Chen@EXAMPLE.Com \n", "mia.chen@example.com"),
        ("mia+sofa@example.com", "mia+sofa@example.com"),
        ("mia@example.com.", "mia@example.com"),  # the root's dot
        ("mia@bücher.example", "mia@xn--bcher-kva.example"),
        ("mia@BÜCHER.example", "mia@xn--bcher-kva.example"),
        ("mia@bu\u0308cher.example", "mia@xn--bcher-kva.example"),  # ü in two characters
        ("米娅@例子.中国", "米娅@xn--fsqu00a.xn--fiqs8s"),
        ("mia@xn--bcher-kva.example", "mia@xn--bcher-kva.example"),
        ("mia@localhost", "mia@localhost"),
        ('"odd@local"@example.com', '"odd@local"@example.com'),
    ],
)
def test_an_email_address_becomes_lower_case_with_its_domain_in_ascii(
    given: str, normal: str
) -> None:
    assert normalise(EMAIL, given) == normal
    assert normalise(EMAIL, normal) == normal


@pytest.mark.parametrize(
    "given",
    [
        "",
        "mia",
        "@example.com",
        "mia@",
        "mia@shop",  # no dot
        "mia@.",
        "mia@example..com",
        "mia chen@example.com",
        "mia@example.com, eve@example.com",
        "Mia <mia@example.com>",
        "mia@example.com\r\nBcc: eve@example.com",
        "mia@exa\x00mple.com",
        "mia@" + "a" * 64 + ".example",  # a label of 64
        "x" * 320 + "@example.com",
    ],
)
def test_what_cannot_be_written_to_is_refused(given: str) -> None:
    with pytest.raises(NotAnAddress):
        normalise(EMAIL, given)


def test_a_look_alike_domain_is_another_domain() -> None:
    cyrillic = normalise(EMAIL, "help@pаypal.example")  # noqa: RUF001 - that is the point

    assert cyrillic != normalise(EMAIL, "help@paypal.example")
    assert cyrillic.isascii()


@given(st.text(max_size=60))
def test_whatever_is_given_is_normalised_once_or_refused(address: str) -> None:
    for kind in (EMAIL, PHONE, CHAT):
        try:
            normal = normalise(kind, address, region="CN")
        except NotAnAddress:
            continue
        assert normalise(kind, normal, region="CN") == normal


@pytest.mark.parametrize(
    ("kind", "address", "name"),
    [
        (EMAIL, "mia.chen@example.com", "mia.chen"),
        (PHONE, "+8613800138000", "+8613800138000"),
        (CHAT, "01900000-0000-7000-8000-000000abcdef", "# abcdef"),
        (MEMORY, "shop:mia", "# op:mia"),
    ],
)
def test_somebody_without_a_name_is_called_by_their_address(
    kind: str, address: str, name: str
) -> None:
    assert shown_name(kind, address) == name
