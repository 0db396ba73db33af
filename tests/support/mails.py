"""Builders of mails: honest ones, and the ones people send who mean no good."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from email.policy import SMTP


def a_mail(
    text: str = "Where is my order?",
    *,
    sender: str = "Ann Lee <ann@customer.example>",
    to: str = "support@desk.example",
    subject: str = "My order",
    message_id: str = "<1@customer.example>",
    html: str | None = None,
    files: tuple[tuple[str, str, bytes], ...] = (),
    **headers: str,
) -> bytes:
    """A well-made mail; ``headers`` use underscores for hyphens. Files are (name, media type,
    content)."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = message_id
    mail["Date"] = "Sat, 21 Nov 2026 10:00:00 +0800"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    for name, media_type, content in files:
        main, _, sub = media_type.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes(policy=SMTP)


def a_raw_mail(*fields: str | bytes, body: str | bytes = "hello\r\n") -> bytes:
    """A mail of exactly these header lines and this body, however wrong."""
    lines = [line.encode() if isinstance(line, str) else line for line in fields]
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body.encode() if isinstance(body, str) else body)


def nested(depth: int) -> bytes:
    """Multiparts inside multiparts."""
    mail = b"From: x@evil.example\r\nSubject: deep\r\n"
    for level in range(depth):
        mail += b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level)
    return mail + b"\r\nbottom\r\n"


def many_parts(count: int) -> bytes:
    """A multipart of very many small files."""
    head = b'From: x@evil.example\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    part = b"--b\r\nContent-Disposition: attachment; filename=a\r\n\r\nx\r\n"
    return head + part * count + b"--b--\r\n"


def letters_within_letters(depth: int) -> bytes:
    """message/rfc822 holding message/rfc822 and so on."""
    return (
        b"From: x@evil.example\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"end\r\n"
    )


def with_file(
    name_header: str, content: bytes, declared: str = "application/octet-stream"
) -> bytes:
    """A mail with one file whose Content-Disposition parameters are written out by the test."""
    return a_raw_mail(
        "From: ann@customer.example",
        'Content-Type: multipart/mixed; boundary="b"',
        body=(
            b"--b\r\nContent-Type: text/plain\r\n\r\nsee file\r\n--b\r\n"
            + f"Content-Type: {declared}\r\n".encode()
            + f"Content-Disposition: attachment; {name_header}\r\n".encode()
            + b"Content-Transfer-Encoding: base64\r\n\r\n"
            + base64.encodebytes(content)
            + b"--b--\r\n"
        ),
    )
