"""What a file really is, by its content: names and declared types are the sender's words."""

from __future__ import annotations

import re

_HTML = re.compile(
    rb"\s*(?:<!--.{0,500}-->\s*)?<(?:!doctype\s+html|html|head|body|script|iframe|meta|title)\b",
    re.IGNORECASE | re.DOTALL,
)
_SVG = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,500}-->\s*)?(?:<!doctype\s+svg[^>]{0,300}>\s*)?<svg\b",
    re.IGNORECASE | re.DOTALL,
)
_TEXT_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_KNOWN = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"x\x9f\x3e\x22", "application/vnd.ms-tnef"),
)
_ZIPPED = re.compile(
    r"application/(?:zip|x-zip-compressed|vnd\.openxmlformats-officedocument\.[\w.]+|vnd\.oasis\.opendocument\.[\w.]+|epub\+zip)"
)
_PLAIN = re.compile(
    r"text/(?:plain|csv|calendar|markdown|vcard|x-vcard|tab-separated-values)|application/(?:json|xml)"
)
OPAQUE = "application/octet-stream"


def media_type_by_content(content: bytes, declared: str) -> str:
    """Return the media type the bytes speak for; ``declared`` only chooses between types that look
    the same."""
    for magic, media_type in _KNOWN:
        if content.startswith(magic):
            return media_type
    head = content[:4096]
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"PK\x03\x04"):
        return declared if _ZIPPED.fullmatch(declared) else "application/zip"
    if not _TEXT_CONTROLS.search(head):
        return _text_type(head, declared)
    import puremagic  # noqa: PLC0415 - its long table is read when it is first needed

    try:
        found: str = puremagic.from_string(content, mime=True)
    except (puremagic.PureError, ValueError):
        return OPAQUE
    return found if "/" in found else OPAQUE


def _text_type(head: bytes, declared: str) -> str:
    head = head.removeprefix(b"\xef\xbb\xbf")
    if _SVG.match(head):
        return "image/svg+xml"
    if _HTML.match(head) or declared in ("text/html", "application/xhtml+xml"):
        return "text/html"
    return declared if _PLAIN.fullmatch(declared) else "text/plain"
