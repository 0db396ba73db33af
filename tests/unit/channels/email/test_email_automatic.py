"""Mail of machines is recognised, so that no machine is ever answered by a machine."""

from __future__ import annotations

import pytest

from hub.channels.email.parse import parse
from tests.support.mails import a_mail, a_raw_mail


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ("Auto-Submitted: auto-replied", "auto-submitted"),
        ("Auto-Submitted: auto-generated; owner-email=x", "auto-submitted"),
        ("X-Autoreply: yes", "auto-reply"),
        ("X-Auto-Response-Suppress: OOF, AutoReply", "auto-response-suppressed"),
        ("Precedence: bulk", "precedence"),
        ("Precedence: LIST", "precedence"),
        ("Precedence: auto_reply", "precedence"),
        ("List-Id: <news.shop.example>", "list"),
        ("List-Unsubscribe: <mailto:x@y.example>", "list"),
        ("Return-Path: <>", "null-sender"),
        ("X-Failed-Recipients: a@b.example", "delivery-report"),
        (
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
            "delivery-report",
        ),
        (
            "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
            "read-receipt",
        ),
        ("Subject: Out of office: back on Monday", "subject"),
        ("Subject: Automatic reply: your order", "subject"),
        ("Subject: 自动回复：您的订单", "subject"),
        ("Subject: Re: 自动回复: 您的订单", "subject"),
        ("Subject: Undeliverable: your order", "subject"),
        ("Subject: 系统退信/Systems bounce", "subject"),
    ],
)
def test_a_machine_is_known_by_what_it_says(field: str, why: str) -> None:
    assert parse(a_raw_mail("From: ann@customer.example", field)).automatic == why


@pytest.mark.parametrize(
    "address",
    [
        "MAILER-DAEMON",
        "postmaster",
        "no-reply",
        "noreply",
        "do-not-reply",
        "shop-noreply",
        "bounces+x=y",
        "news-owner",
    ],
)
def test_a_machine_is_known_by_its_name(address: str) -> None:
    assert parse(a_raw_mail(f"From: {address}@shop.example")).automatic == "robot-address"


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: no",
        "Precedence: normal",
        "Return-Path: <ann@customer.example>",
        "Subject: My automatic door does not open",
        "Subject: Re: your reply",
        "Subject: Reading glasses",
        "Content-Type: multipart/mixed; boundary=b",
    ],
)
def test_a_person_is_taken_for_a_person(field: str) -> None:
    assert parse(a_raw_mail("From: noel.reply@customer.example", field)).automatic is None


def test_an_ordinary_mail_is_a_persons() -> None:
    assert parse(a_mail()).automatic is None


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Slack", "Your confirmation code is 123-456"),
        ("Confirm your email address", "Click https://service.example/c/abc"),
        ("登录提醒", "您的验证码是 8842，五分钟内有效。"),
        ("重置您的密码", "请点击 https://service.example/r/1"),
    ],
)
def test_a_code_sent_to_our_address_is_known_for_what_it_is(subject: str, text: str) -> None:
    assert "verification" in parse(a_mail(text, subject=subject)).faults


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("My order", "Order 123456 did not come. See https://shop.example/o/1"),
        ("验证码收不到", "我一直收不到验证码，怎么办？"),
        ("Invoice", "The total is 1,234.56 EUR, please verify."),
    ],
)
def test_a_customer_who_only_speaks_of_codes_is_not_suspected(subject: str, text: str) -> None:
    assert "verification" not in parse(a_mail(text, subject=subject)).faults
