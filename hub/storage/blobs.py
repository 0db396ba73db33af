"""Large things by their content: a folder of files named for their SHA-256, safe on disk before
anybody is told.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Protocol

from hub.kernel.crashpoint import crashpoint
from hub.kernel.errors import NotFound


class NoSuchBlob(NotFound):
    """The content is not there."""


class DamagedBlob(Exception):
    """The file no longer holds what it was named for."""


class Blobs(Protocol):
    """Keeps bytes by digest (lower-case hexadecimal SHA-256)."""

    async def put(self, content: bytes) -> str: ...
    async def get(self, digest: str) -> bytes: ...


class FolderBlobs:
    """Blobs in a folder, two levels deep."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def put(self, content: bytes) -> str:
        """Keep ``content``; when this returns it survives a power cut. Putting it again changes
        nothing.
        """
        return await asyncio.to_thread(self.put_now, content)

    async def get(self, digest: str) -> bytes:
        """The content. ``NoSuchBlob``, or ``DamagedBlob`` when the disk changed it."""
        return await asyncio.to_thread(self.get_now, digest)

    def put_now(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        place = self._place(digest)
        if place.exists() and place.stat().st_size == len(content):
            return digest
        fresh = [folder for folder in (place.parent.parent, place.parent) if not folder.exists()]
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            crashpoint("IN3")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(place)
        for folder in (place.parent, *(made.parent for made in fresh)):
            _sync(folder)
        crashpoint("IN4")
        return digest

    def get_now(self, digest: str) -> bytes:
        try:
            content = self._place(digest).read_bytes()
        except FileNotFoundError:
            raise NoSuchBlob(digest=digest) from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise DamagedBlob(digest)
        return content

    def _place(self, digest: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise NoSuchBlob(digest=digest)
        return self._folder / digest[:2] / digest[2:4] / digest


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
