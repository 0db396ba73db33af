"""Bytes of a mail to a ``ParsedMail``: everything the desk needs to know of it, safe to show and to
keep."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from hub.channels.email.addresses import Mailbox, parse_addresses
from hub.channels.email.automatic import Bounce, why_automatic
from hub.channels.email.bounces import read_bounce
from hub.channels.email.charsets import guess, to_text, without_controls
from hub.channels.email.headers import date_of, decode_words, message_ids_of, text_of
from hub.channels.email.identity import NOBODY, Checkpoint, Trust, author_of
from hub.channels.email.limits import LIMITS, Limits, UnreadableMessage
from hub.channels.email.markup import bare_words, html_to_text, sanitise
from hub.channels.email.media import media_type_by_content
from hub.channels.email.mime import Part, read_fields, split, walk
from hub.channels.email.quoting import split_quoted
from hub.channels.email.verification import asks_to_verify
from hub.kernel.clock import Millis

_UNSAFE_IN_NAME = re.compile(
    "[\x00-\x1f\x7f/\\\\\u2215\u2044\u29f8\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_MISLEADING = re.compile("[\u202a-\u202e\u2066-\u2069\u200b-\u200f]")
_EXTENSIONS = {
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "image/jpeg": "jpg",
    "image/png": "png",
    "text/html": "html",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail. ``name`` is for showing only, never a path; ``media_type`` is
    by content."""

    name: str
    media_type: str
    declared_type: str
    content: bytes
    content_id: str | None = None
    inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMail:
    """A mail as the desk sees it. Message ids are without angle brackets; ``html`` is sanitised."""

    message_id: str | None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    author: Mailbox | None
    trust: Trust
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    delivered_to: tuple[str, ...] = ()
    subject: str = ""
    date: Millis | None = None
    text: str = ""
    quoted: str = ""
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    automatic: str | None = None
    bounce: Bounce | None = None
    faults: tuple[str, ...] = ()

    @property
    def from_address(self) -> str | None:
        return self.author.address if self.author else None

    @property
    def from_name(self) -> str:
        return self.author.name if self.author else ""


@dataclass(frozen=True, slots=True)
class MailSummary:
    """What the quarantine shows of a mail that could not be read."""

    sender: str
    subject: str
    message_id: str | None
    date: Millis | None
    size: int


def parse(
    raw: bytes,
    checkpoint: Checkpoint = NOBODY,
    *,
    with_html: bool = True,
    limits: Limits = LIMITS,
) -> ParsedMail:
    """Read a mail. Raises UnreadableMessage, and nothing else, whatever the bytes are.

    ``with_html=False`` leaves the HTML alone but for its bare words: the last try for a mail whose
    HTML broke the reader.
    """
    root = split(raw, limits)
    author = author_of(root, checkpoint, limits)
    subject = text_of(root.first("subject") or b"", limits.header_text)
    body = _Body(limits, with_html)
    body.read(root)
    text, html = split_quoted(body.text()), body.html()
    if asks_to_verify(subject, text.visible):
        body.faults.append("verification")
    to, cc, reply_to = (_mailboxes(root, name, limits) for name in ("to", "cc", "reply-to"))
    faults = [
        *author.faults,
        *body.faults,
        *(fault for part in walk(root) for fault in part.faults),
    ]
    return ParsedMail(
        message_id=next(iter(message_ids_of(root.first("message-id") or b"", 1)), None),
        in_reply_to=message_ids_of(root.first("in-reply-to") or b"", 10),
        references=message_ids_of(root.first("references") or b"", limits.references),
        author=author.mailbox,
        trust=author.trust,
        to=to,
        cc=cc,
        reply_to=reply_to,
        delivered_to=_delivered_to(root),
        subject=subject,
        date=date_of(root.first("date") or b""),
        text=text.visible,
        quoted=text.quoted,
        html=html,
        attachments=tuple(body.attachments),
        automatic=why_automatic(root, author.mailbox.local if author.mailbox else "", subject),
        bounce=read_bounce(root),
        faults=tuple(dict.fromkeys(faults)),
    )


def summarise(raw: bytes, limits: Limits = LIMITS) -> MailSummary:
    """Read just enough of any bytes to show somebody what lies in the quarantine. Never raises."""
    start = raw.find(b"\n") + 1 if raw.startswith(b"From ") else 0
    try:
        fields = dict(
            reversed(read_fields(raw[: start + limits.headers], start, len(raw), limits)[0])
        )
    except UnreadableMessage:
        fields = {}
    return MailSummary(
        sender=text_of(fields.get("from", b""), 200),
        subject=text_of(fields.get("subject", b""), 200),
        message_id=next(iter(message_ids_of(fields.get("message-id", b"")[:2000], 1)), None),
        date=date_of(fields.get("date", b"")),
        size=len(raw),
    )


def content_key(raw: bytes) -> str:
    """The key under which a mailbox knows a mail: its Message-ID and what it says, not how it
    travelled.

    The same letter delivered twice has one key; another letter under a reused Message-ID has its
    own.
    """
    start = raw.find(b"\n") + 1 if raw.startswith(b"From ") else 0
    digest = hashlib.sha256()
    try:
        fields, body = read_fields(raw, start, len(raw))
    except UnreadableMessage:
        fields, body = (), 0
    for name, value in fields:
        if name in ("message-id", "from", "date", "subject", "content-type"):
            digest.update(f"{name}:{len(value)}:".encode())
            digest.update(value)
    digest.update(memoryview(raw)[body:])
    return digest.hexdigest()


class _Body:
    """Gathers the words, the HTML and the files of a mail, part by part in reading order."""

    def __init__(self, limits: Limits, with_html: bool) -> None:
        self._limits = limits
        self._with_html = with_html
        self._texts: list[str] = []
        self._htmls: list[str] = []
        self.attachments: list[Attachment] = []
        self.faults: list[str] = []

    def read(self, root: Part) -> None:
        for part in walk(root):
            if part.is_multipart:
                continue
            if self._is_words(part):
                self._take_words(part)
            else:
                self._take_file(part)

    def text(self) -> str:
        """The plain text; made from the HTML when there is no other."""
        text = "\n\n".join(text for text in self._texts if text.strip())
        if not text.strip() and self._htmls:
            html = "\n".join(self._htmls)
            text = html_to_text(html, self._limits) if self._with_html else bare_words(html)
        return self._cut(text, self._limits.text, "text-cut")

    def html(self) -> str | None:
        """The sanitised HTML, or None when there was none, or none that can be shown."""
        if not self._htmls:
            return None
        if not self._with_html:
            self.faults.append("html-hostile")
            return None
        clean = sanitise(
            self._cut("\n".join(self._htmls), self._limits.html, "html-cut"), self._limits
        )
        if clean is None:
            self.faults.append("html-hostile")
        return clean

    def _is_words(self, part: Part) -> bool:
        if part.media_type not in ("text/plain", "text/html"):
            return False
        disposition = (part.first("content-disposition") or b"").split(b";")[0].strip().lower()
        return disposition != b"attachment" and not _name_of(part)

    def _take_words(self, part: Part) -> None:
        text, fault = to_text(part.content(), part.parameters.get("charset"))
        if fault:
            self.faults.append(fault)
        if part.media_type == "text/html":
            self._htmls.append(text)
        elif not _has_other_form(part) or not self._htmls:
            self._texts.append(text)

    def _take_file(self, part: Part) -> None:
        content = part.content()
        name = _name_of(part)
        if _MISLEADING.search(name):
            self.faults.append("name-misleading")
        media_type = (
            "message/rfc822"
            if part.media_type == "message/rfc822"
            else media_type_by_content(content, part.media_type)
        )
        content_id = (part.first("content-id") or b"").strip(b"<> \t")
        disposition = (part.first("content-disposition") or b"").split(b";")[0].strip().lower()
        is_related = part.parent is not None and part.parent.media_type == "multipart/related"
        self.attachments.append(
            Attachment(
                name=safe_name(name, self._limits.name) or self._nameless(media_type),
                media_type=media_type,
                declared_type=part.media_type,
                content=content,
                content_id=without_controls(guess(content_id[:300])) or None,
                inline=bool(content_id) and (disposition == b"inline" or is_related),
            )
        )

    def _nameless(self, media_type: str) -> str:
        number = len(self.attachments) + 1
        return f"attachment-{number}.{_EXTENSIONS.get(media_type, 'bin')}"

    def _cut(self, text: str, most: int, fault: str) -> str:
        if len(text) > most:
            self.faults.append(fault)
            return text[:most]
        return text


def safe_name(name: str, most: int = 200) -> str:
    """A file name fit to be shown: no separators, no control or invisible characters, not too
    long."""
    shown = _UNSAFE_IN_NAME.sub("_", name).strip(" .")
    if len(shown) <= most:
        return shown
    stem, dot, extension = shown.rpartition(".")
    keep = f"{dot}{extension}" if dot and len(extension) <= 10 else ""
    return (stem if keep else shown)[: most - len(keep)] + keep


def _name_of(part: Part) -> str:
    from_disposition = part.first("content-disposition")
    name = ""
    if from_disposition is not None:
        name = part.disposition().get("filename", "")
    name = name or part.parameters.get("name", "")
    return without_controls(decode_words(name)) if name else ""


def _has_other_form(part: Part) -> bool:
    return part.parent is not None and part.parent.media_type == "multipart/alternative"


def _mailboxes(root: Part, name: str, limits: Limits) -> tuple[Mailbox, ...]:
    values = root.every(name)
    if not values:
        return ()
    text = guess(b", ".join(values)[: limits.structured_header])
    return parse_addresses(text, limits.addresses).mailboxes


def _delivered_to(root: Part) -> tuple[str, ...]:
    """The addresses this copy was delivered to, as our own mail server noted them."""
    found: list[str] = []
    for name in ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to"):
        for value in root.every(name)[:5]:
            found += [box.address for box in parse_addresses(guess(value[:1000]), 10).mailboxes]
    return tuple(dict.fromkeys(found))
