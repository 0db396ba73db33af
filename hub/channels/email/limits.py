"""How much of a mail we are willing to read: one table for the code, the documentation and the
tests."""

from __future__ import annotations

from dataclasses import dataclass


class UnreadableMessage(Exception):
    """This mail cannot be read within the limits; ``reason`` is a short code for the quarantine."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, text in characters. Past the first group a mail is unreadable, past the
    second it is cut."""

    size: int = 50 * 1024 * 1024
    headers: int = 256 * 1024
    header_lines: int = 2_000
    depth: int = 50
    parts: int = 1_000

    addresses: int = 1_000
    references: int = 100
    header_text: int = 1_000
    structured_header: int = 64 * 1024
    text: int = 1_000_000
    html: int = 1_000_000
    html_depth: int = 400
    name: int = 200


LIMITS = Limits()
