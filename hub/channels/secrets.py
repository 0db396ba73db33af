"""Secrets of channels are encrypted at rest (AES-256-GCM) and never read back through the API."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class WrongKey(Exception):
    """The master key does not open what it should: is it the one of this installation?"""


class Vault:
    """Closes and opens small maps of secrets; derives further keys for signing."""

    def __init__(self, master: bytes) -> None:
        if len(master) != 32:
            raise WrongKey("the master key is 32 bytes in base64")
        self._master = master
        self._cipher = AESGCM(self.derive("channels"))

    @classmethod
    def of(cls, folder: Path, master_key: str | None) -> Vault:
        """From the setting, else from ``master.key`` in the folder, made once with mode 0600."""
        if master_key:
            return cls(base64.b64decode(master_key))
        place = folder / "master.key"
        if not place.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(base64.b64encode(os.urandom(32)))
                file.flush()
                os.fsync(file.fileno())
        return cls(base64.b64decode(place.read_bytes()))

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose."""
        return HKDF(SHA256(), 32, None, f"hub:{purpose}".encode()).derive(self._master)

    def close(self, secrets: Mapping[str, str], about: str) -> str:
        """Encrypt; ``about`` (an id) binds the result to its place."""
        nonce = os.urandom(12)
        sealed = self._cipher.encrypt(nonce, msgspec.json.encode(secrets), about.encode())
        return base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, about: str) -> dict[str, str]:
        """Decrypt; ``WrongKey`` when it was closed with another key or for another place."""
        raw = base64.b64decode(sealed)
        try:
            content = self._cipher.decrypt(raw[:12], raw[12:], about.encode())
        except InvalidTag:
            raise WrongKey("a channel's secrets cannot be opened with this master key") from None
        return msgspec.json.decode(content, type=dict[str, str])
