"""Address lists read strictly enough that nobody can pass for somebody else (RFC 5322, section
3.4).

The standard library's ``parseaddr`` takes ``alice@corp.example)bob@evil.example`` for Alice. Here a
mailbox whose syntax allows two readings is no mailbox at all, and the list says so in its faults.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import idna

from hub.channels.email.charsets import without_controls
from hub.channels.email.headers import decode_words

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\.?")
_HOST = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_SPACES = re.compile(r"\s+")
_PLAIN = re.compile(r'[^"()<>,;:\\\[\]]+')
_MOST_COMMENTS = 50


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address and the name shown with it; the name proves nothing."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def local(self) -> str:
        return self.address.rpartition("@")[0]


@dataclass(frozen=True, slots=True)
class AddressList:
    """The mailboxes that could be read beyond doubt, and what was wrong with the others."""

    mailboxes: tuple[Mailbox, ...] = ()
    faults: tuple[str, ...] = ()


def parse_addresses(text: str, most: int = 1_000) -> AddressList:
    """Read an address list. Never raises; linear in the length of ``text``."""
    reader = _Reader(text, most)
    reader.read()
    return AddressList(tuple(reader.found), tuple(dict.fromkeys(reader.faults)))


def canonical(address: str) -> str | None:
    """``local@domain`` with the domain in lower-case ASCII (IDNA), or None when that is no address
    we would use."""
    local, at, domain = address.strip().rpartition("@")
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local):
        return None
    host = _ascii_host(domain)
    return f"{local}@{host}" if host else None


def looks_like_another(domain: str) -> bool:
    """True when a label of the domain mixes scripts, as in a Latin name with one Cyrillic
    letter."""
    if "xn--" not in domain:
        return False
    return any(_mixes_scripts(label) for label in domain.split("."))


def _ascii_host(domain: str) -> str | None:
    host = domain.strip().rstrip(".").lower()
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    return host if len(host) <= 253 and _HOST.fullmatch(host) else None


def _mixes_scripts(label: str) -> bool:
    if not label.startswith("xn--"):
        return False
    try:
        text = idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        return True
    scripts = {unicodedata.name(c, "?").split(" ")[0] for c in text if c.isalpha()}
    # Japanese, Korean and Chinese names mix their own scripts and Latin as a matter of course.
    return bool(scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}) and len(scripts) > 1


class _Reader:
    """A pass over the characters; ``comments`` counts how deep we are, so nothing recurses."""

    def __init__(self, text: str, most: int) -> None:
        self.text = text
        self.most = most
        self.found: list[Mailbox] = []
        self.faults: list[str] = []
        self.at = 0
        self._begin()

    def _begin(self) -> None:
        self.phrase: list[str] = []
        self.angle: str | None = None
        self.is_odd = False
        self.has_quoted = False

    def read(self) -> None:
        while self.at < len(self.text):
            if len(self.found) >= self.most:
                self.faults.append("addresses-cut")
                return
            self._step(self.text[self.at])
        self._end()

    def _step(self, char: str) -> None:
        if char == "(":
            self._skip_comment()
        elif char == '"':
            self._take_quoted()
        elif char == "<":
            self._take_angle()
        elif char in ",;":
            self.at += 1
            self._end()
        elif char == ":":
            self.at += 1
            self.faults.append("address-group")
            self._begin()
        elif char in ")>[]\\":
            self.at += 1
            self.is_odd = True
        else:
            self._take_plain()

    def _take_plain(self) -> None:
        match = _PLAIN.match(self.text, self.at)
        assert match
        self.at = match.end()
        if self.angle is not None and match[0].strip():
            self.is_odd = True
        self.phrase.append(match[0])

    def _take_quoted(self) -> None:
        end, out = self.at + 1, []
        while end < len(self.text) and self.text[end] != '"':
            if self.text[end] == "\\" and end + 1 < len(self.text):
                end += 1
            out.append(self.text[end])
            end += 1
        if end >= len(self.text) or self.angle is not None:
            self.is_odd = True
        self.at = end + 1
        self.has_quoted = True
        self.phrase.append("".join(out))

    def _take_angle(self) -> None:
        end = self.text.find(">", self.at)
        if end < 0 or self.angle is not None:
            self.is_odd = True
            self.at = len(self.text) if end < 0 else end + 1
            return
        self.angle = self.text[self.at + 1 : end]
        self.at = end + 1

    def _skip_comment(self) -> None:
        depth = seen = 0
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\\":
                self.at += 1
            elif char == "(":
                depth += 1
                seen += 1
            elif char == ")":
                depth -= 1
            self.at += 1
            if depth == 0:
                break
        if seen > _MOST_COMMENTS or depth:
            self.faults.append("address-comments")
            self.is_odd = True

    def _end(self) -> None:
        phrase = "".join(self.phrase).strip()
        address, is_odd, quoted = self.angle, self.is_odd, self.has_quoted
        self._begin()
        if address is None and not quoted:
            # Without angle brackets the words are the address, as they stand: nothing is decoded.
            address, phrase = phrase, ""
        good = None if is_odd or address is None else canonical(address)
        if good is not None:
            name = without_controls(_SPACES.sub(" ", decode_words(phrase)).strip())
            self.found.append(Mailbox(good, name[:200]))
        elif address or phrase or is_odd:
            self.faults.append("address-unreadable")
