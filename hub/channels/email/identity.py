"""How far the From address of a mail can be believed: verified, unverified or failed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from hub.channels.email.addresses import Mailbox, looks_like_another, parse_addresses
from hub.channels.email.charsets import guess
from hub.channels.email.limits import LIMITS, Limits
from hub.channels.email.mime import Part

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*dmarc\s*=\s*([a-z]+)", re.IGNORECASE)
_HEADER_FROM = re.compile(r"\bheader\.from\s*=\s*\"?@?([^\s;\"]+)", re.IGNORECASE)
_ADDRESS_IN_NAME = re.compile(r"[^\s@]@[^\s@]")


class Trust(StrEnum):
    """``verified``: our own mail server saw DMARC pass for this domain. ``failed``: it saw it fail,
    or two readings."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Our own mail server: the name it signs its findings with, and how many Received lines of ours
    stand above them.

    Without a name nothing is ever verified. Mail servers that add their Received line above their
    findings (Gmail: two) need ``hops``; for the others anything below a Received line came from
    outside.
    """

    authserv_id: str | None = None
    hops: int = 0


NOBODY = Checkpoint()
"""No mail server whose findings we would believe."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote, as far as it can be known."""

    mailbox: Mailbox | None
    trust: Trust
    faults: tuple[str, ...] = ()


def author_of(root: Part, checkpoint: Checkpoint, limits: Limits = LIMITS) -> Author:
    """Read the From field and judge it. An ambiguous author is no author, and has failed."""
    fields = root.every("from")
    listed = parse_addresses(guess(fields[0][: limits.structured_header]), 10) if fields else None
    faults = list(listed.faults) if listed else []
    if len(fields) > 1:
        faults.append("from-repeated")
    mailboxes = listed.mailboxes if listed else ()
    if len(mailboxes) > 1:
        faults.append("from-several")
    if faults or len(mailboxes) != 1:
        return Author(None, Trust.FAILED, tuple(faults or ["from-missing"]))
    return _judge(root, mailboxes[0], checkpoint)


def _judge(root: Part, author: Mailbox, checkpoint: Checkpoint) -> Author:
    faults = []
    if _ADDRESS_IN_NAME.search(author.name) and author.address.lower() not in author.name.lower():
        faults.append("name-holds-address")
    if looks_like_another(author.domain):
        faults.append("domain-looks-like-another")
    if faults:
        return Author(author, Trust.FAILED, tuple(faults))
    finding = dmarc_finding(root, checkpoint, author.domain)
    if finding == "fail":
        return Author(author, Trust.FAILED, ("dmarc-fail",))
    return Author(author, Trust.VERIFIED if finding == "pass" else Trust.UNVERIFIED)


def dmarc_finding(root: Part, checkpoint: Checkpoint, domain: str) -> str | None:
    """What our own mail server found for this domain; findings that anybody could have written are
    not looked at."""
    if checkpoint.authserv_id is None:
        return None
    received = 0
    for name, value in root.fields:
        if name == "received":
            received += 1
            if received > checkpoint.hops:
                return None
        elif name == "authentication-results":
            result = _read_finding(guess(value[:8192]), checkpoint.authserv_id, domain)
            if result is not None:
                return result
    return None


def _read_finding(value: str, authserv_id: str, domain: str) -> str | None:
    plain = _without_comments(value)
    serv, *results = plain.split(";")
    if serv.split()[:1] != [authserv_id] and serv.strip().lower() != authserv_id.lower():
        return None
    for result in results:
        if match := _RESULT.match(result):
            about = _HEADER_FROM.search(result)
            if about is not None and about[1].lower().rstrip(".") != domain:
                return None
            return match[1].lower()
    return None


def _without_comments(value: str) -> str:
    for _ in range(5):
        shorter = _COMMENT.sub(" ", value)
        if shorter == value:
            break
        value = shorter
    return value
