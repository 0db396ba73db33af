"""The few header fields a service desk needs, decoded leniently and in linear time (RFC 2047, 2231,
5322)."""

from __future__ import annotations

import binascii
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from hub.channels.email.charsets import guess, to_text, without_controls
from hub.kernel.clock import Millis

_WORD = re.compile(r"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z0-9-]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CONTINUED = re.compile(r"([^*]+)\*(\d{1,3})(\*?)")
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}", re.ASCII)
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,500})>")
_SPACES = re.compile(r"\s+")
_EARLIEST, _LATEST = 0, 4_102_444_800_000
"""1970 and 2100: dates outside are a sender's mistake."""


def text_of(value: bytes, most: int) -> str:
    """An unstructured field as text on one line: encoded words undone, at most ``most``
    characters."""
    text = decode_words(guess(value[: most * 12]))
    return without_controls(_SPACES.sub(" ", text).strip())[:most]


def decode_words(text: str) -> str:
    """Undo RFC 2047 encoded words. Neighbours of one character set are joined first: senders split
    characters."""
    if "=?" not in text:
        return text
    out: list[str] = []
    joined = b""
    charset: str | None = None
    at = 0
    for match in _WORD.finditer(text):
        between = text[at : match.start()]
        is_neighbour = charset is not None and not between.strip()
        if not is_neighbour or match[1].lower() != charset:
            out.append(_decoded(joined, charset))
            # White space between two neighbours belongs to neither.
            out.append("" if is_neighbour else between)
            joined = b""
        joined += _word_bytes(match[2], match[3])
        charset = match[1].lower()
        at = match.end()
    out.append(_decoded(joined, charset))
    out.append(text[at:])
    return "".join(out)


def _decoded(content: bytes, charset: str | None) -> str:
    return to_text(content, charset)[0] if content else ""


def _word_bytes(encoding: str, body: str) -> bytes:
    content = body.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return binascii.a2b_qp(content.replace(b" ", b"_"), header=True)
    try:
        return binascii.a2b_base64(content + b"=" * (-len(content) % 4))
    except binascii.Error:
        return content


def media_type_of(value: bytes) -> str:
    """``text/html; charset=x`` -> ``text/html``; what is no media type becomes
    ``application/octet-stream``."""
    text = value.split(b";", 1)[0].strip().decode("ascii", "replace").lower()
    if _MEDIA_TYPE.fullmatch(text):
        return text
    return "text/plain" if text in ("", "text") else "application/octet-stream"


def parameters_of(value: bytes, most: int = 16 * 1024) -> dict[str, str]:
    """The parameters after the first semicolon, names in lower case, RFC 2231 pieces put
    together."""
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    semicolon = value[:most].find(b";")
    if semicolon < 0:
        return {}
    for match in _PARAMETER.finditer(guess(value[semicolon:most])):
        name, content = match[1].lower(), match[2].strip()
        if content.startswith('"') and content.endswith('"') and len(content) > 1:
            content = _ESCAPED.sub(r"\1", content[1:-1])
        if continued := _CONTINUED.fullmatch(name):
            pieces.setdefault(continued[1], {})[int(continued[2])] = (content, bool(continued[3]))
        elif name.endswith("*"):
            plain[name[:-1]] = _extended(content)
        else:
            plain.setdefault(name, content)
    for name, numbered in pieces.items():
        plain[name] = _joined([numbered[at] for at in sorted(numbered)])
    return plain


def _extended(content: str) -> str:
    """``UTF-8''%e4%b8%ad`` -> text (RFC 2231, section 4)."""
    charset, quote, rest = content.partition("'")
    if not quote:
        return to_text(unquote_to_bytes(content), None)[0]
    return to_text(unquote_to_bytes(rest.partition("'")[2]), charset or None)[0]


def _joined(pieces: list[tuple[str, bool]]) -> str:
    charset: str | None = None
    if pieces[0][1]:
        charset, _, rest = pieces[0][0].partition("'")
        pieces = [(rest.partition("'")[2], True), *pieces[1:]]
    joined = b"".join(
        unquote_to_bytes(content) if encoded else content.encode("utf-8", "surrogateescape")
        for content, encoded in pieces
    )
    return to_text(joined, charset or None)[0]


def message_ids_of(value: bytes, most: int) -> tuple[str, ...]:
    """The message ids in a field, without their angle brackets, each once; the first and the newest
    are kept."""
    text = value.decode("utf-8", "replace")
    found = list(dict.fromkeys(_MESSAGE_ID.findall(text)))
    if not found and text.strip() and not _SPACES.search(text.strip()):
        found = [text.strip()[:500]]
    if len(found) > most:
        found = [found[0], *found[1 - most :]]
    return tuple(without_controls(id_) for id_ in found)


def date_of(value: bytes) -> Millis | None:
    """The Date field, in milliseconds since 1970; None when it is none."""
    try:
        moment = parsedate_to_datetime(value[:100].decode("ascii", "replace"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        at = int(moment.timestamp() * 1000)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return Millis(at) if _EARLIEST <= at < _LATEST else None
