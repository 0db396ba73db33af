"""A mail becomes what the desk needs, whatever program wrote it."""

from __future__ import annotations

import base64
import struct

import pytest

from hub.channels.email.identity import Checkpoint, Trust
from hub.channels.email.parse import content_key, parse, safe_name, summarise
from tests.support.mails import a_mail, a_raw_mail, with_file

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR"


def test_a_plain_mail_is_read_whole() -> None:
    raw = a_mail(
        "你好，我的订单还没有收到。",
        sender="李安 <ann@customer.example>",
        subject="订单 42 没有收到",
        to="Support <support@desk.example>, b@desk.example",
        Cc="c@desk.example",
        In_Reply_To="<0@desk.example>",
        References="<r1@desk.example> <r2@desk.example>",
        Reply_To="other@customer.example",
    )

    mail = parse(raw)

    assert (mail.from_address, mail.from_name) == ("ann@customer.example", "李安")
    assert mail.subject == "订单 42 没有收到"
    assert mail.text == "你好，我的订单还没有收到。"
    assert [box.address for box in mail.to] == ["support@desk.example", "b@desk.example"]
    assert [box.address for box in mail.cc] == ["c@desk.example"]
    assert [box.address for box in mail.reply_to] == ["other@customer.example"]
    assert mail.message_id == "1@customer.example"
    assert mail.in_reply_to == ("0@desk.example",)
    assert mail.references == ("r1@desk.example", "r2@desk.example")
    assert mail.date == 1_795_226_400_000
    assert mail.automatic is None
    assert mail.trust is Trust.UNVERIFIED
    assert mail.faults == ()


def test_files_keep_their_names_and_bytes() -> None:
    raw = a_mail(
        files=(("发票.pdf", "application/pdf", b"%PDF-1.7 x"), ("p.png", "image/png", PNG))
    )

    invoice, picture = parse(raw).attachments

    assert (invoice.name, invoice.media_type, invoice.content) == (
        "发票.pdf",
        "application/pdf",
        b"%PDF-1.7 x",
    )
    assert (picture.name, picture.media_type, picture.inline) == ("p.png", "image/png", False)


def test_an_inline_picture_is_found_by_its_content_id() -> None:
    raw = a_raw_mail(
        "From: ann@customer.example",
        'Content-Type: multipart/related; boundary="b"',
        body=b"--b\r\nContent-Type: text/html\r\n\r\n<p>see</p><img src='cid:pic@1'>\r\n"
        b"--b\r\nContent-Type: image/png\r\nContent-ID: <pic@1>\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(PNG) + b"\r\n--b--\r\n",
    )

    mail = parse(raw)

    assert mail.html == '<p>see</p><img data-cid="pic@1">'
    assert mail.text == "see"
    assert [(file.content_id, file.inline) for file in mail.attachments] == [("pic@1", True)]


def test_a_mail_of_html_alone_has_text() -> None:
    raw = a_raw_mail(
        "From: ann@customer.example",
        "Content-Type: text/html; charset=utf-8",
        body="<style>p{}</style><p>Hello</p><table><tr><td>a</td><td>b</td></tr></table>",
    )

    mail = parse(raw)

    assert mail.text.split() == ["Hello", "a", "b"]
    assert mail.html is not None
    assert "style" not in mail.html


def test_the_quoted_part_is_folded_away() -> None:
    raw = a_mail(
        "It came, thanks.\n\nOn Sat, 21 Nov 2026 at 10:00, Desk <d@desk.example>"
        " wrote:\n> Did it?\n"
    )

    mail = parse(raw)

    assert mail.text == "It came, thanks."
    assert mail.quoted.startswith("On Sat")


def test_two_texts_around_a_picture_are_both_read() -> None:
    raw = a_raw_mail(
        "From: ann@customer.example",
        'Content-Type: multipart/mixed; boundary="b"',
        body=b"--b\r\n\r\nbefore\r\n--b\r\nContent-Type: image/png\r\n"
        b"Content-Disposition: inline\r\n\r\n" + PNG + b"\r\n--b\r\n\r\nafter\r\n--b--\r\n",
    )

    mail = parse(raw)

    assert mail.text == "before\n\nafter"
    assert len(mail.attachments) == 1


def test_a_forwarded_letter_stays_a_file() -> None:
    raw = a_raw_mail(
        "From: ann@customer.example",
        'Content-Type: multipart/mixed; boundary="b"',
        body=b"--b\r\n\r\nlook\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        + a_mail()
        + b"\r\n--b--\r\n",
    )

    mail = parse(raw)

    assert mail.text == "look"
    assert [(file.name, file.media_type) for file in mail.attachments] == [
        ("attachment-1.eml", "message/rfc822")
    ]


@pytest.mark.parametrize(
    ("charset", "declared"),
    [
        ("gb18030", "gb2312"),  # a character outside GB2312, under the name of the smaller set
        ("gb18030", "GB18030"),
        ("gb18030", "x-unknown"),
        ("gb18030", "us-ascii"),
        ("gb18030", None),
        ("utf-8", "utf-8"),
        ("utf-8", None),
        ("utf-8", "utf-7"),
        ("utf-8", "rot13"),
        ("utf-8", "unicode_escape"),
        ("utf-8", "gb2312"),
    ],
)
def test_chinese_is_readable_under_any_declared_charset(charset: str, declared: str | None) -> None:
    kind = "text/plain" + (f"; charset={declared}" if declared else "")
    words = "您好，朱镕基先生的订单已发货，请注意查收。" * 3
    raw = a_raw_mail(
        b"From: " + "李安".encode(charset) + b" <ann@customer.example>",
        f"Content-Type: {kind}",
        "Content-Transfer-Encoding: 8bit",
        b"Subject: " + "订单问题".encode(charset),
        body=words.encode(charset),
    )

    mail = parse(raw)

    assert mail.text == words
    assert mail.subject == "订单问题"
    assert mail.from_name == "李安"


def test_a_four_byte_gb18030_letter_is_read() -> None:
    raw = a_raw_mail(
        "From: =?GB18030?B?"
        + base64.b64encode("𠮷野".encode("gb18030")).decode()
        + "?= <y@a.example>",
        "Content-Type: text/plain; charset=GB18030",
        "Content-Transfer-Encoding: base64",
        body=base64.encodebytes("𠮷野家 😀".encode("gb18030")),
    )

    mail = parse(raw)

    assert (mail.from_name, mail.text) == ("𠮷野", "𠮷野家 😀")


def test_utf_7_is_never_decoded() -> None:
    raw = a_raw_mail(
        "From: ann@customer.example",
        "Content-Type: text/html; charset=utf-7",
        body="+ADw-script+AD4-pwned=1+ADw-/script+AD4-",
    )

    mail = parse(raw)

    assert "charset-unknown" in mail.faults
    assert "<script" not in (mail.html or "") + mail.text


def test_big5_is_read() -> None:
    raw = a_raw_mail(
        "From: ann@customer.example",
        "Content-Type: text/plain; charset=big5",
        body="您好，請問訂單".encode("big5"),
    )

    assert parse(raw).text == "您好，請問訂單"


def test_a_character_split_over_two_encoded_words_is_whole() -> None:
    whole = "中文主题".encode()
    halves = [base64.b64encode(piece).decode() for piece in (whole[:4], whole[4:])]
    raw = a_raw_mail(
        "From: a@b.example", f"Subject: =?utf-8?B?{halves[0]}?=\r\n =?utf-8?B?{halves[1]}?="
    )

    assert parse(raw).subject == "中文主题"


def test_words_between_encoded_words_keep_their_spaces() -> None:
    raw = a_raw_mail(
        "From: a@b.example", "Subject: Re: =?utf-8?Q?caf=C3=A9?= at =?utf-8?B?5Lit?= ok"
    )

    assert parse(raw).subject == "Re: café at 中 ok"


@pytest.mark.parametrize(
    "parameters",
    [
        "filename*=UTF-8''%E5%8F%91%E7%A5%A8.pdf",
        "filename*0*=UTF-8''%E5%8F%91; filename*1*=%E7%A5%A8; filename*2=.pdf",
        'filename="=?utf-8?B?5Y+R56WoLnBkZg==?="',
        'filename="发票.pdf"',
    ],
)
def test_file_names_are_read_in_all_their_spellings(parameters: str) -> None:
    [file] = parse(with_file(parameters, b"%PDF-")).attachments

    assert file.name == "发票.pdf"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\u2215..\u2215x", "_.._x"),
        ("report.htm\u200bl", "report.htm_l"),
        ("a\x00b.txt", "a_b.txt"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ("a.php.", "a.php"),
        ("x" * 400 + ".pdf", "x" * 196 + ".pdf"),
        (".htaccess\u200b", "htaccess_"),
    ],
)
def test_a_file_name_is_only_ever_shown(given: str, shown: str) -> None:
    assert safe_name(given) == shown


@pytest.mark.parametrize(
    ("name", "declared", "content", "media_type"),
    [
        ("a.pdf", "application/pdf", b"<html><script>1</script>", "text/html"),
        ("a.jpg", "image/jpeg", b"  <!DOCTYPE html><body>", "text/html"),
        ("a.png", "image/png", b"<svg xmlns='x' onload=alert(1)>", "image/svg+xml"),
        ("a.txt", "text/plain", PNG, "image/png"),
        ("a.csv", "text/csv", "姓名,电话".encode("gb18030"), "text/csv"),
        ("winmail.dat", "application/ms-tnef", b"\x78\x9f\x3e\x22rest", "application/vnd.ms-tnef"),
        (
            "a.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            b"PK\x03\x04rest",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("a.bin", "image/png", b"\x00\x01\x02\x03junk", "application/octet-stream"),
    ],
)
def test_the_type_of_a_file_is_what_its_bytes_say(
    name: str, declared: str, content: bytes, media_type: str
) -> None:
    [file] = parse(with_file(f"filename={name}", content, declared)).attachments

    assert (file.media_type, file.declared_type) == (media_type, declared)


def test_base64_with_junk_in_it_is_read_as_far_as_it_goes() -> None:
    raw = a_raw_mail(
        "From: a@b.example",
        "Content-Transfer-Encoding: base64",
        body="aGVsbG8g!!\r\nd29ybGQ\r\n-- \r\n",
    )

    assert parse(raw).text.startswith("hello world")


def test_a_delivery_report_names_our_mail_and_who_did_not_get_it() -> None:
    raw = a_raw_mail(
        "From: MAILER-DAEMON@mx.example",
        "Return-Path: <>",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        body="--b\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; gone@customer.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        "Message-ID: <ours@desk.example>\r\n\r\n--b--\r\n",
    )

    mail = parse(raw)

    assert mail.automatic == "null-sender"
    assert mail.bounce is not None
    assert mail.bounce.original_message_id == "ours@desk.example"
    assert mail.bounce.recipients == (("gone@customer.example", "failed", "5.1.1"),)
    assert mail.bounce.is_final


def test_the_delivery_address_is_known() -> None:
    raw = a_raw_mail("Delivered-To: support+abc@desk.example", "From: a@b.example")

    assert parse(raw).delivered_to == ("support+abc@desk.example",)


def test_one_letter_has_one_key_however_it_travelled() -> None:
    letter = a_mail()
    again = b"Received: from elsewhere by desk.example\r\nX-Spam: no\r\n" + letter

    assert content_key(letter) == content_key(again)


def test_another_letter_under_a_used_message_id_has_its_own_key() -> None:
    assert content_key(a_mail("one")) != content_key(a_mail("two"))


def test_what_cannot_be_read_can_still_be_summed_up() -> None:
    summary = summarise(a_mail(subject="订单") + b"\xff" * 1000)

    assert (summary.sender, summary.subject) == ("Ann Lee <ann@customer.example>", "订单")
    assert summary.message_id == "1@customer.example"


def test_a_verified_sender_needs_our_own_server_to_say_so() -> None:
    raw = (
        b"Authentication-Results: mx.desk.example; dmarc=pass header.from=customer.example\r\n"
        + a_mail()
    )

    assert parse(raw).trust is Trust.UNVERIFIED
    assert parse(raw, Checkpoint("mx.desk.example")).trust is Trust.VERIFIED
