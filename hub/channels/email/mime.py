"""Bytes of a mail to its tree of parts, in linear time, without recursion, under limits.

Why not the standard library's parser: it splits a mail into lines and keeps every line as text
(several times the size of the mail in memory), recurses once per level, and takes quadratic time
over some headers. This one keeps positions in the original bytes; nothing is copied until a leaf is
decoded.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from hub.channels.email.headers import media_type_of, parameters_of
from hub.channels.email.limits import LIMITS, Limits, UnreadableMessage

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_LEADING_BLANK = re.compile(rb"\r?\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_LINE_END = re.compile(rb"\r?\n")
_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*(.*)", re.DOTALL)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


@dataclass(slots=True)
class Part:
    """One part: its header fields in order (names in lower case, values unfolded) and where its
    body lies."""

    raw: bytes
    start: int
    end: int
    fields: tuple[tuple[str, bytes], ...]
    depth: int
    media_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    parent: Part | None = None
    children: list[Part] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def first(self, name: str) -> bytes | None:
        """The first field of that name."""
        return next((value for known, value in self.fields if known == name), None)

    def every(self, name: str) -> list[bytes]:
        """All fields of that name, in order."""
        return [value for known, value in self.fields if known == name]

    @property
    def is_multipart(self) -> bool:
        return self.media_type.startswith("multipart/")

    def disposition(self) -> dict[str, str]:
        """The parameters of Content-Disposition, such as ``filename``."""
        return parameters_of(self.first("content-disposition") or b"")

    def content(self) -> bytes:
        """The body with its transfer encoding undone. Junk never raises; it is noted in
        ``faults``."""
        encoding = (self.first("content-transfer-encoding") or b"").strip().lower()
        body = memoryview(self.raw)[self.start : self.end]
        if encoding == b"base64":
            content, clean = decode_base64(body)
            if not clean:
                self.faults.append("base64-junk")
            return content
        if encoding == b"quoted-printable":
            return binascii.a2b_qp(body)
        if encoding in (b"x-uuencode", b"uuencode", b"x-uue"):
            return _decode_uu(bytes(body))
        if encoding not in (b"", b"7bit", b"8bit", b"binary"):
            self.faults.append("encoding-unknown")
        return bytes(body)


def split(raw: bytes, limits: Limits = LIMITS) -> Part:
    """Return the tree of parts of a mail. Raises UnreadableMessage past the limits."""
    if len(raw) > limits.size:
        raise UnreadableMessage("too-large")
    start = raw.find(b"\n") + 1 if raw.startswith(b"From ") else 0
    root = _read_part(raw, start, len(raw), None, limits)
    count = 1
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if not part.is_multipart:
            continue
        for child_start, child_end in _sections(part):
            count += 1
            if count > limits.parts:
                raise UnreadableMessage("too-many-parts")
            child = _read_part(raw, child_start, child_end, part, limits)
            part.children.append(child)
        waiting.extend(part.children)
    return root


def walk(root: Part) -> Iterator[Part]:
    """Yield every part, parents before children, in reading order."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(reversed(part.children))


def read_fields(
    raw: bytes, start: int, end: int, limits: Limits = LIMITS
) -> tuple[tuple[tuple[str, bytes], ...], int]:
    """Return the header fields that begin at ``start`` and where the body begins."""
    if leading := _LEADING_BLANK.match(raw, start, end):
        return (), leading.end()
    gap = _BLANK_LINE.search(raw, start, min(end, start + limits.headers + 4))
    if gap is None:
        if end - start > limits.headers:
            raise UnreadableMessage("headers-too-large")
        block, body = raw[start:end], end
    else:
        block, body = raw[start : gap.start()], gap.end()
    lines = _LINE_END.split(_FOLD.sub(b"", block))
    if len(lines) > limits.header_lines:
        raise UnreadableMessage("too-many-headers")
    fields = tuple(
        (match[1].decode("ascii").lower(), match[2].strip())
        for line in lines
        if (match := _HEADER.fullmatch(line))
    )
    return fields, body


def decode_base64(body: bytes | memoryview) -> tuple[bytes, bool]:
    """Decode what there is to decode; False when something did not belong there."""
    try:
        return binascii.a2b_base64(body), True
    except binascii.Error:
        digits = _NOT_BASE64.sub(b"", body)
        if len(digits) % 4 == 1:
            digits = digits[:-1]
        return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4)), False


def _read_part(raw: bytes, start: int, end: int, parent: Part | None, limits: Limits) -> Part:
    depth = parent.depth + 1 if parent else 0
    if depth > limits.depth:
        raise UnreadableMessage("too-deep")
    fields, body = read_fields(raw, start, end, limits)
    part = Part(raw, body, end, fields, depth, parent=parent)
    declared = part.first("content-type")
    if declared is not None:
        part.media_type = media_type_of(declared)
        part.parameters = parameters_of(declared)
    elif parent is not None and parent.media_type == "multipart/digest":
        part.media_type = "message/rfc822"
    if part.is_multipart and not part.parameters.get("boundary"):
        part.faults.append("boundary-missing")
        part.media_type = "text/plain"
    return part


def _sections(part: Part) -> Iterator[tuple[int, int]]:
    """Yield where each child of a multipart begins and ends."""
    boundary = part.parameters["boundary"][:200].encode("utf-8", "surrogateescape")
    # The line break before a delimiter belongs to it, and the header's blank line supplies the
    # first one.
    delimiter = re.compile(rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]*\r?(?=\n|\Z)")
    opened: int | None = None
    for match in delimiter.finditer(part.raw, max(part.start - 1, 0), part.end):
        if opened is not None:
            close = match.start()
            if close > opened and part.raw[close - 1 : close] == b"\r":
                close -= 1
            yield opened, max(opened, close)
        if match[1]:
            return
        opened = min(match.end() + 1, part.end)
    part.faults.append("multipart-unclosed")
    if opened is not None:
        yield opened, part.end


def _decode_uu(body: bytes) -> bytes:
    out = []
    for line in body.splitlines():
        if line.startswith(b"begin ") or not line.strip() or line.strip() in (b"end", b"`"):
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            continue
    return b"".join(out)
