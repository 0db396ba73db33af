"""Files from outside: kept by content, named by what they are, given back so that nothing runs."""

from __future__ import annotations

import asyncio
import unicodedata
from urllib.parse import quote

from starlette.responses import Response

from hub.conversations.model import Attachment
from hub.kernel.clock import Millis
from hub.kernel.errors import Fault, Invalid
from hub.kernel.ids import AttachmentId, new_id
from hub.storage.blobs import Blobs
from hub.web.problems import TooLarge
from hub.web.security import FILE_POLICY

FILE_MOST = 25 << 20
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What a page may show inside itself; everything else is only downloaded."""


def media_type_of(content: bytes, declared: str) -> str:
    """What the content is, by its bytes; text stays what it was called, the unknown is bytes."""
    import puremagic  # noqa: PLC0415 - its long table is read when it is first needed

    try:
        found = puremagic.from_string(content[:8192], mime=True)
    except (puremagic.PureError, ValueError):
        found = ""
    if found:
        return str(found)
    return declared if declared.startswith("text/plain") else "application/octet-stream"


def clean_name(name: str) -> str:
    """A file name as it is shown and offered: no paths, no control or direction characters, at most
    200.
    """
    name = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(
        c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cs", "Cn"}
    )
    return shown.strip(" .")[:200] or "file"


async def keep_file(
    blobs: Blobs, name: str, declared: str, content: bytes, now: Millis
) -> Attachment:
    """Keep a file. ``TooLarge`` over 25 MiB, ``Invalid`` for an empty one."""
    if len(content) > FILE_MOST:
        raise TooLarge(most=FILE_MOST)
    if not content:
        raise Invalid("this file is empty", Fault("/file", "empty"))
    digest = await blobs.put(content)
    media_type = await asyncio.to_thread(media_type_of, content, declared)
    return Attachment(AttachmentId(new_id(now)), clean_name(name), media_type, len(content), digest)


def file_response(attachment: Attachment, content: bytes, *, inline: bool) -> Response:
    """A file for a browser: downloaded, or shown when it is a harmless picture; never run."""
    is_shown = inline and attachment.media_type in SHOWN
    kind = "inline" if is_shown else "attachment"
    plain = attachment.name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_")
    disposition = (
        f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(attachment.name, safe='')}"
    )
    return Response(
        content,
        media_type=attachment.media_type if is_shown else "application/octet-stream",
        headers={
            "content-disposition": disposition,
            "content-security-policy": FILE_POLICY,
            "x-content-type-options": "nosniff",
            "cache-control": "private, max-age=86400, immutable",
            "cross-origin-resource-policy": "same-origin",
        },
    )
