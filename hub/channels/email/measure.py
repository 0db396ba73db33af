"""How fast mails are read here: for ``hub bench``, on 200 mixed mails made the same way every
time."""

from __future__ import annotations

import base64
import email.parser
import hashlib
import time
from dataclasses import dataclass
from email.policy import compat32

from hub.channels.email.parse import parse

_ENGLISH = "Hello, I still have not received my order. Could you tell me where it is?\r\n"
_CHINESE = "您好，我的订单还没有收到，请帮我查一下物流信息。\r\n"


@dataclass(frozen=True, slots=True)
class ParseSpeed:
    """Mails a second: ours for everything the desk needs, and the standard library's for the parts
    alone."""

    mails_per_second: float
    raw_per_second: float


def measure_parse(count: int = 200) -> ParseSpeed:
    """Read ``count`` mixed mails in this process, after one round to warm up."""
    mails = some_mails(count)
    for mail in mails[:20]:
        parse(mail)
    began = time.perf_counter()
    for mail in mails:
        parse(mail)
    ours = time.perf_counter() - began
    bare = email.parser.BytesParser(policy=compat32)
    began = time.perf_counter()
    for mail in mails:
        bare.parsebytes(mail)
    return ParseSpeed(count / ours, count / (time.perf_counter() - began))


def some_mails(count: int) -> list[bytes]:
    """Mixed mails: plain, HTML with plain, Chinese in base64, a fifth answers, some with 30-120 kB
    files."""
    return [_mail(number) for number in range(count)]


def _mail(number: int) -> bytes:
    chinese = number % 2 == 1
    said = (_CHINESE if chinese else _ENGLISH) * 8
    if number % 5 == 0:
        said += (
            "\r\nOn Tue, 17 Nov 2026 at 09:12, Desk <support@desk.example> wrote:\r\n> Hello\r\n"
        )
    parts = [_text_part("plain", said)]
    if number % 3 == 0:
        rows = "".join(f'<p style="color:#333">{line}</p>' for line in said.splitlines())
        parts.append(_text_part("html", f"<html><body><div>{rows}</div></body></html>"))
    body = _multipart("alternative", "alt", parts) if len(parts) > 1 else parts[0]
    if number % 7 == 0:
        body = _multipart("mixed", "mix", [body, _file_part(number)])
    subject = base64.b64encode(f"订单 {number} 没有收到".encode()).decode()
    name = base64.b64encode("李安".encode()).decode()
    head = (
        f"From: =?utf-8?B?{name}?= <c{number}@customer.example>\r\n"
        "To: Support <support@desk.example>\r\n"
        f"Subject: {f'=?utf-8?B?{subject}?=' if chinese else f'Where is my order {number}?'}\r\n"
        f"Message-ID: <{number}@customer.example>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0800\r\n"
        "Received: from mx.customer.example by mx.desk.example; Sat, 21 Nov 2026 10:00:01 +0800\r\n"
        + ("References: <a@desk.example> <b@desk.example>\r\n" if number % 5 == 0 else "")
        + "MIME-Version: 1.0\r\n"
    )
    return head.encode() + body


def _text_part(kind: str, text: str) -> bytes:
    if text.isascii():
        return f"Content-Type: text/{kind}; charset=utf-8\r\n\r\n{text}".encode()
    head = (
        f"Content-Type: text/{kind}; charset=gb18030\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + base64.encodebytes(text.encode("gb18030")).replace(b"\n", b"\r\n")


def _file_part(number: int) -> bytes:
    size = 30_000 + number * 7919 % 90_000
    block = hashlib.sha256(str(number).encode()).digest()
    content = b"\xff\xd8\xff\xe0" + block * (size // len(block))
    head = (
        'Content-Type: image/jpeg; name="photo.jpg"\r\nContent-Transfer-Encoding: base64\r\n'
        'Content-Disposition: attachment; filename="photo.jpg"\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(content).replace(b"\n", b"\r\n")


def _multipart(kind: str, boundary: str, parts: list[bytes]) -> bytes:
    mark = f"--{boundary}".encode()
    inside = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    return (
        f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
        + inside
        + mark
        + b"--\r\n"
    )
