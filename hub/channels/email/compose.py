"""An answer to the bytes of a mail. The same answer always gives the same bytes, so a retry sends
the same letter."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from hub.channels.email.addresses import Mailbox, canonical
from hub.kernel.clock import Millis
from hub.kernel.errors import Fault, Invalid

_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MESSAGE_ID = re.compile(r"(?:(?![<>\"(),:;\[\]\\@])[!-~])+@(?:(?![<>\"(),;\\@])[!-~])+")
_REPEATABLE_ID = re.compile(r"(?:(?![<>\"(),;\\])[!-~]){1,500}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}", re.ASCII)
_NOT_IN_FILE_NAME = re.compile(r"[^A-Za-z0-9._ -]")
_WORD_BYTES = 45
_LONGEST_LINE = 900


class LetterRefused(Invalid):
    """This letter cannot be sent as it is written."""

    code = "letter_refused"


@dataclass(frozen=True, slots=True)
class OutboundFile:
    """A file to send. With a ``content_id`` it is a picture inside the HTML."""

    name: str
    media_type: str
    content: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class QuotedLetter:
    """What is answered, quoted below the answer."""

    author: str
    date: Millis
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMail:
    """A letter to send. Message ids are without angle brackets; ``bcc`` goes only on the
    envelope."""

    message_id: str
    date: Millis
    sender: Mailbox
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    reply_to: Mailbox | None = None
    subject: str
    text: str
    html: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    files: tuple[OutboundFile, ...] = ()
    quoted: QuotedLetter | None = None
    automatic: bool = False
    language: str = "en"
    zone_minutes: int = 0
    """Minutes east of UTC, for dates that people read."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """The envelope: everybody once."""
        return tuple(dict.fromkeys(box.address for box in (*self.to, *self.cc, *self.bcc)))


def subject_of_answer(subject: str) -> str:
    """``My order`` -> ``Re: My order``, once."""
    bare = re.sub(
        r"^(?:\s*(?:re|aw|sv|回复|答复|回覆)\s*[:：]\s*)+", "", subject[:500], flags=re.IGNORECASE
    )
    return f"Re: {bare.strip()}"


def compose(mail: OutboundMail) -> bytes:
    """Write the letter, with CRLF line ends. Raises LetterRefused for what would break or forge a
    header."""
    _check(mail)
    head = [f"{name}: {value}" for name, value in _fields(mail) if value]
    return "\r\n".join(head).encode("ascii") + b"\r\n" + _body(mail)


def _check(mail: OutboundMail) -> None:
    faults = [
        *_control_faults("/subject", mail.subject),
        *(
            fault
            for n, file in enumerate(mail.files)
            for fault in _file_faults(f"/files/{n}", file)
        ),
        *(fault for path, box in _boxes(mail) for fault in _box_faults(path, box)),
    ]
    if not _MESSAGE_ID.fullmatch(mail.message_id) or len(mail.message_id) > 500:
        faults.append(Fault("/message_id", "is no message id"))
    if not mail.recipients:
        faults.append(Fault("/to", "nobody would receive it"))
    if faults:
        raise LetterRefused(None, *faults)


def _boxes(mail: OutboundMail) -> Iterable[tuple[str, Mailbox]]:
    yield "/sender", mail.sender
    if mail.reply_to:
        yield "/reply_to", mail.reply_to
    for name, boxes in (("to", mail.to), ("cc", mail.cc), ("bcc", mail.bcc)):
        for n, box in enumerate(boxes):
            yield f"/{name}/{n}", box


def _control_faults(path: str, text: str) -> list[Fault]:
    return (
        [Fault(path, "holds a line break or control character")] if _CONTROLS.search(text) else []
    )


def _box_faults(path: str, box: Mailbox) -> list[Fault]:
    if canonical(box.address) != box.address:
        return [Fault(path, "is no address")]
    return _control_faults(path, box.name)


def _file_faults(path: str, file: OutboundFile) -> list[Fault]:
    faults = _control_faults(f"{path}/name", file.name)
    if file.content_id is not None and not re.fullmatch(
        r"[\w.@+-]{1,200}", file.content_id, re.ASCII
    ):
        faults.append(Fault(f"{path}/content_id", "is no content id"))
    return faults


def _fields(mail: OutboundMail) -> Iterable[tuple[str, str]]:
    yield "Date", format_datetime(_local(mail.date, mail.zone_minutes))
    yield "From", _mailbox(mail.sender)
    yield "To", _mailboxes(mail.to)
    yield "Cc", _mailboxes(mail.cc)
    yield "Reply-To", _mailbox(mail.reply_to) if mail.reply_to else ""
    yield "Subject", _text(mail.subject)
    yield "Message-ID", f"<{mail.message_id}>"
    yield "In-Reply-To", "".join(f"<{id_}>" for id_ in _repeatable(mail.in_reply_to))
    yield "References", "\r\n ".join(f"<{id_}>" for id_ in _chain(mail))
    if mail.automatic:
        yield "Auto-Submitted", "auto-replied"
        yield "X-Auto-Response-Suppress", "All"
    yield "MIME-Version", "1.0"


def _chain(mail: OutboundMail) -> tuple[str, ...]:
    """The first reference, the newest ones, and what is answered."""
    answered = _repeatable(mail.in_reply_to)
    known = [id_ for id_ in _repeatable(*mail.references) if id_ not in answered]
    unique = tuple(dict.fromkeys([*known, *answered]))
    return unique if len(unique) <= 30 else (unique[0], *unique[-29:])


def _repeatable(*ids: str | None) -> list[str]:
    """The ids fit to be repeated: a customer's strange one must not stop the answer."""
    return [id_ for id_ in ids if id_ and _REPEATABLE_ID.fullmatch(id_)]


def _mailboxes(boxes: tuple[Mailbox, ...]) -> str:
    return ",\r\n ".join(_mailbox(box) for box in boxes)


def _mailbox(box: Mailbox) -> str:
    name = box.name.strip()
    if not name:
        return box.address
    if name.isascii() and len(name) <= 60 and "=?" not in name:
        shown = (
            name if _PLAIN_NAME.fullmatch(name) else '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
        )
    else:
        shown = _words(name)
    return f"{shown} <{box.address}>"


def _text(text: str) -> str:
    """An unstructured field: as it is when short ASCII, else as encoded words."""
    if text.isascii() and len(text) <= 60 and "=?" not in text:
        return text
    return _words(text)


def _words(text: str) -> str:
    """RFC 2047, whole characters in each word."""
    words, piece = [], b""
    for char in text:
        encoded = char.encode("utf-8", "replace")
        if len(piece) + len(encoded) > _WORD_BYTES:
            words.append(piece)
            piece = b""
        piece += encoded
    words.append(piece)
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(word).decode()}?=" for word in words)


def _body(mail: OutboundMail) -> bytes:
    inline = [file for file in mail.files if file.content_id]
    attached = [file for file in mail.files if not file.content_id]
    html = _text_part("html", _html_of(mail))
    if inline:
        html = _multipart(mail, "related", [html, *(_file_part(file) for file in inline)])
    body = _multipart(mail, "alternative", [_text_part("plain", _plain_of(mail)), html])
    return (
        _multipart(mail, "mixed", [body, *(_file_part(file) for file in attached)])
        if attached
        else body
    )


def _multipart(mail: OutboundMail, kind: str, parts: list[bytes]) -> bytes:
    boundary = _boundary(mail.message_id, kind, parts)
    head = f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    mark = f"--{boundary}".encode()
    inside = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    return head + inside + mark + b"--\r\n"


def _boundary(message_id: str, kind: str, parts: list[bytes]) -> str:
    for attempt in range(100):
        boundary = "=_" + hashlib.sha256(f"{message_id} {kind} {attempt}".encode()).hexdigest()[:32]
        if not any(boundary.encode() in part for part in parts):
            return boundary
    raise LetterRefused("no boundary could be found that the letter does not hold")


def _text_part(kind: str, text: str) -> bytes:
    lines = _LINE_END.split(text.encode("utf-8", "replace").decode())
    canonical_text = "\r\n".join(lines)
    content = canonical_text.encode()
    if content.isascii() and b"\0" not in content and max(map(len, lines)) <= _LONGEST_LINE:
        return f"Content-Type: text/{kind}; charset=utf-8\r\n\r\n".encode() + content
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + _base64(content)


def _file_part(file: OutboundFile) -> bytes:
    media_type = (
        file.media_type if _MEDIA_TYPE.fullmatch(file.media_type) else "application/octet-stream"
    )
    if media_type.startswith(("multipart/", "message/")):
        media_type = "application/octet-stream"
    kind = "inline" if file.content_id else "attachment"
    head = [
        f"Content-Type: {media_type}",
        f"Content-Disposition: {kind};{_file_name(file.name)}",
        "Content-Transfer-Encoding: base64",
    ]
    if file.content_id:
        head.append(f"Content-ID: <{file.content_id}>")
    return "\r\n".join(head).encode("ascii") + b"\r\n\r\n" + _base64(file.content)


def _file_name(name: str) -> str:
    """The ``filename`` parameter, as RFC 2231 pieces when it needs more than plain letters."""
    name = name[:200] or "file"
    if not _NOT_IN_FILE_NAME.search(name) and len(name) <= 60:
        return f'\r\n filename="{name}"'
    characters = [quote(char.encode("utf-8", "replace"), safe="") for char in name]
    pieces, piece = [], "UTF-8''"
    for char in characters:
        if len(piece) + len(char) > 60:
            pieces.append(piece)
            piece = ""
        piece += char
    pieces.append(piece)
    if len(pieces) == 1:
        return f"\r\n filename*={pieces[0]}"
    return ";".join(f"\r\n filename*{n}*={piece}" for n, piece in enumerate(pieces))


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n").removesuffix(b"\r\n")


def _plain_of(mail: OutboundMail) -> str:
    if mail.quoted is None:
        return mail.text
    quoted = "\n".join(f"> {line}".rstrip() for line in _LINE_END.split(mail.quoted.text))
    return f"{mail.text}\n\n{_attribution(mail, mail.quoted)}\n\n{quoted}"


def _html_of(mail: OutboundMail) -> str:
    said = mail.html if mail.html is not None else f"<div>{_as_html(mail.text)}</div>"
    quoted = ""
    if mail.quoted is not None:
        quoted = (
            f"<div><br>{escape(_attribution(mail, mail.quoted))}</div>"
            '<blockquote style="margin:0 0 0 8px;padding-left:8px;border-left:2px solid #ccc">'
            f"{_as_html(mail.quoted.text)}</blockquote>"
        )
    head = f'<!DOCTYPE html>\n<html lang="{escape(mail.language)}">'
    return f"{head}\n<body>\n{said}\n{quoted}\n</body>\n</html>"


def _as_html(text: str) -> str:
    return "<br>\n".join(escape(line) for line in _LINE_END.split(text))


def _attribution(mail: OutboundMail, quoted: QuotedLetter) -> str:
    at = _local(quoted.date, mail.zone_minutes)
    author = _CONTROLS.sub(" ", quoted.author)
    if mail.language.startswith("zh"):
        return f"在 {at:%Y-%m-%d %H:%M}，{author} 写道："
    return f"On {at:%Y-%m-%d} at {at:%H:%M}, {author} wrote:"


def _local(moment: Millis, minutes: int) -> datetime:
    zone = timezone(timedelta(minutes=minutes)) if minutes else UTC
    return datetime.fromtimestamp(moment / 1000, zone).replace(microsecond=0)
