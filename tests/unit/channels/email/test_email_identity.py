"""Nobody passes for somebody else: addresses with two readings, forged findings, look-alike
domains."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from hub.channels.email.addresses import canonical, parse_addresses
from hub.channels.email.identity import Checkpoint, Trust
from hub.channels.email.parse import ParsedMail, parse
from tests.support.mails import a_raw_mail

OURS = Checkpoint("mx.desk.example")
PASS = "Authentication-Results: mx.desk.example; dmarc=pass header.from=corp.example"
RECEIVED = "Received: from evil.example by mx.desk.example"


def read(*fields: str | bytes, checkpoint: Checkpoint = OURS) -> ParsedMail:
    return parse(a_raw_mail(*fields), checkpoint)


@pytest.mark.parametrize(
    "field",
    [
        "alice@corp.example)bob@evil.example",
        "alice@corp.example(bob@evil.example",
        "<alice@corp.example>, <bob@evil.example>",
        "<alice@corp.example> <bob@evil.example>",
        "<alice@corp.example> bob@evil.example",
        "alice@corp.example <bob@evil.example> (x",
        "Team: alice@corp.example;",
        "Team: alice@corp.example, bob@evil.example;",
        "alice@corp.example@evil.example",
        "<@evil.example:alice@corp.example>",
        '"alice@corp.example',
        "alice @corp.example",
        "alice\\@corp.example",
        "[alice@corp.example]",
        "al\x00ice@corp.example",
        "älice@corp.example",
        "",
        "no address at all",
        "=?utf-8?q?alice=40corp.example?=",
    ],
)
def test_a_sender_that_can_be_read_two_ways_is_nobody(field: str) -> None:
    mail = read(PASS, "From: " + field)

    assert mail.from_address is None
    assert mail.trust is Trust.FAILED
    assert mail.faults


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ('"a@corp.example" <x@evil.example>', "x@evil.example"),
        ("=?utf-8?q?alice=40corp.example?= <x@evil.example>", "x@evil.example"),
        ("=?utf-8?b?YWxpY2VAY29ycC5leGFtcGxl?= <x@evil.example>", "x@evil.example"),
        ("Pay <service@p\u0430ypal.example>", "service@xn--pypal-4ve.example"),
    ],
)
def test_a_sender_that_shows_another_address_has_failed(field: str, address: str) -> None:
    mail = read("From: " + field)

    assert mail.from_address == address
    assert mail.trust is Trust.FAILED


def test_two_from_fields_are_nobody() -> None:
    mail = read(PASS, "From: alice@corp.example", "From: bob@evil.example")

    assert (mail.from_address, mail.trust) == (None, Trust.FAILED)
    assert "from-repeated" in mail.faults


def test_the_author_is_the_from_field_whatever_reply_to_says() -> None:
    mail = read(
        "From: eve@evil.example", "Reply-To: agent@desk.example", "Sender: agent@desk.example"
    )

    assert mail.from_address == "eve@evil.example"


@pytest.mark.parametrize(
    ("fields", "trust"),
    [
        ([PASS], Trust.VERIFIED),
        ([PASS.replace("pass", "fail")], Trust.FAILED),
        ([PASS.replace("pass", "none")], Trust.UNVERIFIED),
        ([PASS.replace("corp.example", "evil.example")], Trust.UNVERIFIED),
        ([PASS.replace("mx.desk", "mx.evil")], Trust.UNVERIFIED),
        ([RECEIVED, PASS], Trust.UNVERIFIED),
        ([PASS.replace("pass", "fail"), RECEIVED, PASS], Trust.FAILED),
        ([PASS.replace("dmarc=pass", "spf=pass (dmarc=pass)")], Trust.UNVERIFIED),
        ([PASS.replace("dmarc=pass", "dmarc=pass (p=none; dis=none)")], Trust.VERIFIED),
        ([PASS.replace("mx.desk.example;", "mx.desk.example 1;")], Trust.VERIFIED),
        (["Authentication-Results: mx.evil.example; dmarc=fail", PASS], Trust.VERIFIED),
    ],
)
def test_only_our_own_servers_finding_counts(fields: list[str], trust: Trust) -> None:
    assert read(*fields, "From: alice@corp.example").trust is trust


def test_a_server_that_writes_its_received_line_first_is_configured_so() -> None:
    fields = [RECEIVED, PASS, RECEIVED, PASS, "From: alice@corp.example"]

    assert read(*fields).trust is Trust.UNVERIFIED
    assert read(*fields, checkpoint=Checkpoint("mx.desk.example", hops=1)).trust is Trust.VERIFIED


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("a@b.example", ["a@b.example"]),
        ("A B <a@B.Example>", ["a@b.example"]),
        ('"Lee, Ann" <ann@b.example>, 李 <li@c.example>', ["ann@b.example", "li@c.example"]),
        (
            "a@b.example (Ann (Lee)), c@d.example;e@f.example",
            ["a@b.example", "c@d.example", "e@f.example"],
        ),
        ("undisclosed-recipients:;", []),
        ("Team: a@b.example, c@d.example;", ["a@b.example", "c@d.example"]),
        ("a@例子.example", ["a@xn--fsqu00a.example"]),
        ("<>, ,, a@b.example", ["a@b.example"]),
        ("bad@, @bad, a@b.example", ["a@b.example"]),
        ("a@b.example.", ["a@b.example"]),
    ],
)
def test_address_lists_are_read_as_people_write_them(text: str, addresses: list[str]) -> None:
    assert [box.address for box in parse_addresses(text).mailboxes] == addresses


@given(st.text(alphabet=st.sampled_from('ab@.<>()",;:\\[] \tä'), max_size=60))
def test_whatever_the_list_every_address_is_canonical_and_stands_in_it(text: str) -> None:
    for box in parse_addresses(text).mailboxes:
        assert canonical(box.address) == box.address
        assert box.local in text


@given(st.text(max_size=60))
def test_canonical_is_settled(text: str) -> None:
    address = canonical(text)

    assert address is None or canonical(address) == address
