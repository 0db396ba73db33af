"""Mails built to hurt: each is read, or refused as unreadable, quickly and without any other
error."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest
from hypothesis import example, given, settings, strategies as st

from hub.channels.email.limits import LIMITS, UnreadableMessage
from hub.channels.email.parse import ParsedMail, parse, summarise
from tests.support.mails import a_mail, a_raw_mail, letters_within_letters, many_parts, nested

UNREADABLE = {
    "ten thousand levels": (nested(10_000), "too-deep"),
    "one level too many": (nested(LIMITS.depth + 1), "too-deep"),
    "nearly a million parts": (many_parts(850_000), "too-many-parts"),
    "a hundred thousand files": (many_parts(100_000), "too-many-parts"),
    "a megabyte of subject": (
        a_raw_mail("From: a@b.example", "Subject: " + "x" * 1_000_000),
        "headers-too-large",
    ),
    "a megabyte of folded references": (
        a_raw_mail("From: a@b.example", "References: " + "<a@b>\r\n " * 150_000),
        "headers-too-large",
    ),
    "too many header lines": (a_raw_mail(*["X-A: b"] * 5_000), "too-many-headers"),
    "more than fifty megabytes": (a_mail() + b"x" * LIMITS.size, "too-large"),
}

READABLE = {
    "as deep as allowed": nested(LIMITS.depth),
    "letters within letters": letters_within_letters(20_000),
    "twenty thousand nested comments": a_raw_mail(
        "From: a@b.example", "To: " + "(" * 20_000 + ")" * 20_000
    ),
    "nested comments in From": a_raw_mail("From: " + "(" * 20_000 + "a@b.example"),
    "ten thousand recipients": a_raw_mail(
        "From: a@b.example", "To: " + ", ".join(f"u{n}@c.example" for n in range(10_000))
    ),
    "a boundary everywhere": a_raw_mail(
        "From: a@b.example", "Content-Type: multipart/mixed; boundary=a", body="--a " * 500_000
    ),
    "quotes without end in Content-Type": a_raw_mail(
        "From: a@b.example", "Content-Type: text/plain; " + 'a="\\";' * 30_000
    ),
    "semicolons without end": a_raw_mail(
        "From: a@b.example", "Content-Type: text/plain" + ";" * 200_000
    ),
    "encoded words without end": a_raw_mail(
        "From: a@b.example", "Subject: " + "=?utf-8?q?a" * 20_000
    ),
    "parameter pieces without end": a_raw_mail(
        "From: a@b.example", "Content-Type: text/plain; " + "".join(f"a*{n}=x;" for n in range(900))
    ),
    "angle brackets without end": a_raw_mail("From: " + "<" * 50_000),
    "quotes without end in From": a_raw_mail("From: " + '"\\' * 50_000),
    "a date of nines": a_raw_mail("From: a@b.example", "Date: " + "9" * 100_000),
    "nothing": b"",
    "one byte": b"\x00",
    "only line ends": b"\r\n" * 100_000,
    "only NUL": b"\x00" * 100_000,
    "a header and no end": b"Subject",
    "a multipart without a boundary": a_raw_mail(
        "From: a@b.example", "Content-Type: multipart/mixed"
    ),
    "a boundary of nothing": a_raw_mail(
        "From: a@b.example", 'Content-Type: multipart/mixed; boundary=""'
    ),
    "a header named Parse": a_raw_mail("Parse: x", "From: a@b.example", "__class__: y"),
    "deeply nested html": a_raw_mail(
        "From: a@b.example", "Content-Type: text/html", body="<div>" * 100_000 + "words"
    ),
    "html of attributes": a_raw_mail(
        "From: a@b.example",
        "Content-Type: text/html",
        body="<a " + " ".join(f"a{n}" for n in range(100_000)) + ">words</a>",
    ),
    "html of ampersands": a_raw_mail(
        "From: a@b.example", "Content-Type: text/html", body="&" * 800_000
    ),
    "html of open brackets": a_raw_mail(
        "From: a@b.example", "Content-Type: text/html", body="<" * 800_000
    ),
    "text of attributions": a_raw_mail(
        "From: a@b.example", body="在2026年" * 30 + "写道\n" + "On 写道：\n" * 50_000
    ),
    "text of almost attributions": a_raw_mail(
        "From: a@b.example", body=("于2026年" * 30 + "写道:x:\n") * 5_000
    ),
    "junk uuencoded": a_raw_mail(
        "From: a@b.example", "Content-Transfer-Encoding: x-uuencode", body="\xff" * 10_000
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_mail_past_the_limits_is_refused_quickly(name: str) -> None:
    raw, reason = UNREADABLE[name]
    began = time.process_time()

    with pytest.raises(UnreadableMessage) as refused:
        parse(raw)

    assert refused.value.reason == reason
    assert time.process_time() - began < 2
    assert summarise(raw).size == len(raw)


@pytest.mark.parametrize("name", READABLE)
def test_a_mail_built_to_hurt_is_read_quickly(name: str) -> None:
    began = time.process_time()

    mail = parse(READABLE[name])

    assert time.process_time() - began < 2
    assert len(mail.to) <= LIMITS.addresses
    assert_is_clean(mail)


def test_words_survive_html_that_only_means_to_hurt() -> None:
    mail = parse(READABLE["deeply nested html"])

    assert mail.html is None
    assert mail.text == "words"
    assert "html-hostile" in mail.faults


def assert_is_clean(mail: ParsedMail) -> None:
    """What is kept has nothing in it that a database or a screen cannot take."""
    for text in (mail.text, mail.quoted, mail.subject, mail.from_name, mail.html or ""):
        assert "\x00" not in text
        text.encode()
    for file in mail.attachments:
        file.name.encode()
        assert "/" not in file.name
    for id_ in (mail.message_id or "", *mail.references, *mail.in_reply_to):
        id_.encode()


_header_names = st.sampled_from(
    [
        "From", "To", "Cc", "Subject", "Date", "Message-ID", "References", "Reply-To", "Content-ID",
        "Content-Type", "Content-Disposition", "Content-Transfer-Encoding", "Received",
        "Authentication-Results", "Return-Path",
    ]
)  # fmt: skip
_pieces = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"multipart/mixed; boundary=b", b"multipart/alternative; boundary=b", b"message/rfc822",
            b"text/html; charset=gb18030", b"base64", b"quoted-printable", b"=?utf-8?B?5Lit?=",
            b"=?x?q?=ff?=", b"<a@b.c>", b'"', b"(", b")", b"<", b">", b"@", b",", b":", b";",
            b"attachment; filename*0*=utf-8''%ff", "中文".encode("gb18030"), b"\\",
            b"multipart/report; boundary=b", b"message/delivery-status",
        ]
    ),
)  # fmt: skip
_fields = st.builds(
    lambda name, value: name.encode() + b": " + b"".join(value),
    _header_names,
    st.lists(_pieces, max_size=5),
)
_blocks = st.builds(
    lambda fields, body: b"\r\n".join(fields) + b"\r\n\r\n" + b"".join(body),
    st.lists(_fields, max_size=8),
    st.lists(
        st.one_of(_pieces, st.sampled_from([b"\r\n--b\r\n", b"\r\n--b--\r\n", b"\r\n\r\n"])),
        max_size=12,
    ),
)
_mails = st.one_of(
    st.binary(max_size=400),
    st.lists(_blocks, min_size=1, max_size=4).map(b"\r\n--b\r\n".join),
    st.builds(
        lambda raw, at, junk: raw[: at % len(raw)] + junk + raw[at % len(raw) :],
        st.just(a_mail("你好", html="<p>你好</p>", files=(("a.png", "image/png", b"\x89PNG"),))),
        st.integers(min_value=0),
        st.binary(max_size=30),
    ),
)


@settings(max_examples=400, deadline=None)
@given(_mails)
@example(b"From: a@b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b--\r\n--b\r\n")
def test_no_bytes_whatever_raise_anything_but_unreadable(raw: bytes) -> None:
    try:
        mail = parse(raw)
    except UnreadableMessage:
        return

    assert_is_clean(mail)
    summarise(raw)


_names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), min_size=1, max_size=30
)


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), max_size=200),
    files=st.lists(st.tuples(_names, st.binary(max_size=300)), max_size=3),
    charset=st.sampled_from(["utf-8", "gb18030"]),
)
def test_we_read_what_the_standard_library_writes(
    text: str, files: list[tuple[str, bytes]], charset: str
) -> None:
    written = EmailMessage()
    written["From"] = "a@b.example"
    written.set_content(text, charset=charset, cte="base64")
    for name, content in files:
        written.add_attachment(content, maintype="application", subtype="x-test", filename=name)

    mail = parse(written.as_bytes())

    assert (mail.text + mail.quoted).split() == text.split()
    assert [file.content for file in mail.attachments] == [content for _, content in files]
