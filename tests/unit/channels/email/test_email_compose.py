"""What we write is one letter, says what it should, and is read by everybody."""

from __future__ import annotations

import email
from dataclasses import replace
from email.policy import default

import pytest
from hypothesis import example, given, settings, strategies as st

from hub.channels.email.addresses import Mailbox
from hub.channels.email.compose import (
    LetterRefused,
    OutboundFile,
    OutboundMail,
    QuotedLetter,
    compose,
    subject_of_answer,
)
from hub.channels.email.parse import parse
from hub.kernel.clock import Millis

NOON = Millis(1_795_262_400_000)


def a_letter(**changes: object) -> OutboundMail:
    letter = OutboundMail(
        message_id="m1@desk.example",
        date=NOON,
        sender=Mailbox("support@desk.example", "客服中心"),
        to=(Mailbox("ann@customer.example", "Ann Lee"),),
        subject="Re: My order",
        text="It is on its way.",
    )
    return replace(letter, **changes)  # type: ignore[arg-type]


def test_an_answer_says_what_it_answers() -> None:
    raw = compose(
        a_letter(
            in_reply_to="q2@customer.example",
            references=("q1@customer.example", "m0@desk.example"),
            reply_to=Mailbox("support+token@desk.example"),
            cc=(Mailbox("bob@customer.example"),),
        )
    )

    mail = parse(raw)

    assert mail.message_id == "m1@desk.example"
    assert mail.in_reply_to == ("q2@customer.example",)
    assert mail.references == ("q1@customer.example", "m0@desk.example", "q2@customer.example")
    assert (mail.from_address, mail.from_name) == ("support@desk.example", "客服中心")
    assert [box.address for box in mail.reply_to] == ["support+token@desk.example"]
    assert [box.address for box in mail.cc] == ["bob@customer.example"]
    assert mail.date == NOON
    assert mail.automatic is None


def test_the_same_letter_is_the_same_bytes() -> None:
    letter = a_letter(files=(OutboundFile("a.pdf", "application/pdf", b"%PDF-"),))

    assert compose(letter) == compose(letter)


def test_hidden_recipients_are_on_the_envelope_only() -> None:
    letter = a_letter(bcc=(Mailbox("boss@desk.example"),))

    assert b"boss@desk.example" not in compose(letter)
    assert letter.recipients == ("ann@customer.example", "boss@desk.example")


def test_files_and_pictures_travel() -> None:
    letter = a_letter(
        html='<p>see <img src="cid:pic1"></p>',
        files=(
            OutboundFile("发票 2026.pdf", "application/pdf", b"%PDF-1.7 \x00\xff"),
            OutboundFile("p.png", "image/png", b"\x89PNG\r\n\x1a\n\r\n", content_id="pic1"),
        ),
    )

    mail = parse(compose(letter))

    assert mail.html is not None
    assert 'data-cid="pic1"' in mail.html
    assert {(file.name, file.content, file.inline) for file in mail.attachments} == {
        ("发票 2026.pdf", b"%PDF-1.7 \x00\xff", False),
        ("p.png", b"\x89PNG\r\n\x1a\n\r\n", True),
    }


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_quoted_letter_is_folded_by_our_own_reading(language: str) -> None:
    letter = a_letter(
        text="好的。\nFine.",
        quoted=QuotedLetter("Ann Lee <ann@customer.example>", NOON, "Where?\n\n在哪里？"),
        language=language,
        zone_minutes=480,
    )

    mail = parse(compose(letter))

    assert mail.text == "好的。\nFine."
    assert "> 在哪里？" in mail.quoted
    assert "20:00" in mail.quoted


def test_text_becomes_html_that_runs_nothing() -> None:
    raw = compose(a_letter(text="<script>pwned=1</script> & more"))

    mail = parse(raw)

    assert mail.text == "<script>pwned=1</script> & more"
    assert mail.html is not None
    assert "&lt;script&gt;" in mail.html


def test_only_automatic_letters_say_so() -> None:
    assert b"Auto-Submitted" not in compose(a_letter())
    assert parse(compose(a_letter(automatic=True))).automatic == "auto-submitted"


@pytest.mark.parametrize(
    "nasty",
    [
        "x\r\nBcc: x@evil.example",
        "x\nBcc: x@evil.example",
        "x\rBcc: y",
        "x\x00",
        "x\u2028y",
        "x\x85y",
    ],
)
@pytest.mark.parametrize(
    "where",
    [
        "subject",
        "sender name",
        "to name",
        "to address",
        "reply address",
        "file name",
        "content id",
        "message id",
    ],
)
def test_nobody_smuggles_a_header_in(where: str, nasty: str) -> None:
    letters: dict[str, dict[str, object]] = {
        "subject": {"subject": nasty},
        "sender name": {"sender": Mailbox("support@desk.example", nasty)},
        "to name": {"to": (Mailbox("ann@customer.example", nasty),)},
        "to address": {"to": (Mailbox(f"{nasty}@customer.example"),)},
        "reply address": {"reply_to": Mailbox(f"a@b.example{nasty}")},
        "file name": {"files": (OutboundFile(nasty, "text/plain", b""),)},
        "content id": {"files": (OutboundFile("a", "text/plain", b"", content_id=nasty),)},
        "message id": {"message_id": f"{nasty}@desk.example"},
    }

    with pytest.raises(LetterRefused) as refused:
        compose(a_letter(**letters[where]))

    assert refused.value.faults


def test_a_customers_strange_message_id_is_left_out_and_the_answer_leaves() -> None:
    letter = a_letter(
        in_reply_to="q\r\nBcc: x@evil.example",
        references=("a\r\nBcc: x@evil.example", "no-at-sign", "ok@[192.0.2.1]"),
    )

    mail = parse(compose(letter))

    assert mail.in_reply_to == ()
    assert mail.references == ("no-at-sign", "ok@[192.0.2.1]")


def test_a_letter_to_nobody_is_refused() -> None:
    with pytest.raises(LetterRefused):
        compose(a_letter(to=()))


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        ("My order", "Re: My order"),
        ("Re: My order", "Re: My order"),
        ("回复：Re: AW: 订单", "Re: 订单"),
        ("", "Re: "),
        ("Regarding: x", "Re: Regarding: x"),
    ],
)
def test_an_answers_subject_says_re_once(subject: str, answer: str) -> None:
    assert subject_of_answer(subject) == answer


_said = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), max_size=120)
_line = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn", "Zl", "Zp"]), max_size=120
)


@settings(max_examples=200, deadline=None)
@given(
    subject=_line,
    name=_line,
    text=st.text(
        st.one_of(st.characters(exclude_categories=["Cs", "Co", "Cn"]), st.sampled_from("\r\n.\t"))
    ),
    file_name=_line,
    content=st.binary(max_size=200),
)
@example(
    subject="=?utf-8?q?x?=",
    name='"Lee", Ann',
    text="\n.\r\n.\rfoo\n",
    file_name='a;b="c".txt',
    content=b"",
)
def test_what_we_write_we_read_and_so_does_everybody(
    subject: str, name: str, text: str, file_name: str, content: bytes
) -> None:
    letter = a_letter(
        subject=subject,
        to=(Mailbox("ann@customer.example", name),),
        text=text,
        files=(OutboundFile(file_name, "application/x-test", content),),
    )

    raw = compose(letter)

    mail = parse(raw)
    other = email.message_from_bytes(raw, policy=default)
    body = other.get_body(("plain",))
    assert body is not None
    assert mail.subject.split() == subject.split()
    assert mail.to[0].name.split() == name[: len(mail.to[0].name) + 60].split() or len(name) > 100
    assert said(mail.text + mail.quoted) == said(text)
    assert said(body.get_content()) == said(text)
    assert mail.attachments[0].content == content
    assert [part.get_content() for part in other.iter_attachments()] == [content]
    assert len(other.get_all("to", [])) == 1
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def said(text: str) -> str:
    """The letters of a text, without what line ends and folding may change."""
    return "".join(c for c in text if c.isprintable() and not c.isspace() and c not in "_-\ufffd")
