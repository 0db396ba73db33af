"""A mail that was read -> a customer's words in the form every channel has."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any
from urllib.parse import unquote

from hub.channels.email.addresses import Mailbox
from hub.channels.email.identity import Trust
from hub.channels.email.parse import Attachment as Part, ParsedMail
from hub.channels.email.threading import Begin, Continue
from hub.channels.model import Account
from hub.conversations.model import Attachment, Inbound
from hub.customers.identities import EMAIL, NotAnAddress, normalise
from hub.customers.model import Claim
from hub.kernel.ids import AttachmentId

UNPROVED = "unproved"
"""The kind of an address that is not believed: it never leads to anybody's record."""
TEXT_MOST = 100_000
HTML_MOST = 256 * 1024
REFERENCE_MOST = 500
REFERENCES_MOST = 29

_CID = re.compile(r' data-cid="([^"]*)"')
_PLAIN_CID = re.compile(r"[\w.@+$%-]{1,200}", re.ASCII)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ENGLISH = re.compile(
    r"\b(?:the|and|my|is|it|you|your|please|hello|have|where|what|not|for|with)\b"
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail on its way to be a message. ``files`` are its parts, their contents among the
    blobs."""

    key: str
    digest: str
    sender: str
    """The From field as it stood."""
    mail: ParsedMail
    files: tuple[Attachment, ...] = ()


def files_of(
    mail: ParsedMail, digests: Sequence[str], ids: Sequence[AttachmentId]
) -> tuple[Attachment, ...]:
    """The parts of a mail as attachments. Inline is only what the HTML shows: nothing
    disappears."""
    shown = _cids(_html_of(mail) or "")
    return tuple(
        Attachment(
            id_,
            part.name,
            part.media_type,
            len(part.content),
            digest,
            inline=_is_shown(part, shown),
            content_id=part.content_id if _is_shown(part, shown) else None,
        )
        for part, digest, id_ in zip(mail.attachments, digests, ids, strict=True)
    )


def _cids(html: str) -> frozenset[str]:
    return frozenset(_cid(match) for match in _CID.finditer(html))


def _cid(match: re.Match[str]) -> str:
    return unquote(unescape(match[1]))


def _is_shown(part: Part, shown: frozenset[str]) -> bool:
    cid = part.content_id
    return cid is not None and cid in shown and _PLAIN_CID.fullmatch(cid) is not None


def inbound_of(
    account: Account, letter: Letter, decided: Continue | Begin, automatic: str | None
) -> Inbound:
    """The mail in normal form; what is answered, and to whom, goes into ``facts``."""
    mail = letter.mail
    claim = claim_of(letter)
    html = _html_of(mail)
    subject = mail.subject.strip() or None
    return Inbound(
        channel_id=account.id,
        channel=account.kind,
        key=letter.key,
        sender=claim,
        text=_plain(mail.text),
        thread_key=thread_key(claim, letter),
        conversation_id=decided.conversation_id if isinstance(decided, Continue) else None,
        queue_id=account.queue_id,
        html=html,
        quoted=_plain(mail.quoted) or None,
        subject=subject,
        language=account.language or _language(f"{mail.subject} {mail.text[:2_000]}"),
        said_at=mail.date,
        attachments=letter.files,
        automatic=automatic,
        trust=mail.trust.value,
        raw=letter.digest,
        reference=None if mail.message_id is None else reference_of(mail.message_id),
        reply_within=account.reply_within,
        facts=_facts(account, mail, decided),
    )


def claim_of(letter: Letter) -> Claim:
    """Who wrote, as far as that is believed."""
    author, trust = letter.mail.author, letter.mail.trust
    if author is None:
        return Claim(UNPROVED, letter.key, letter.sender[:200] or "?")
    try:
        address = normalise(EMAIL, author.address)
    except NotAnAddress:
        return Claim(UNPROVED, letter.key, author.address[:200])
    if trust is Trust.FAILED:
        return Claim(UNPROVED, address, f"{author.name} <{address}>".strip()[:200])
    return Claim(EMAIL, address, author.name, verified=trust is Trust.VERIFIED)


def thread_key(claim: Claim, letter: Letter) -> str:
    """What follows one letter of one sender is one thread; whoever is not believed begins anew."""
    mail = letter.mail
    root = next(iter((*mail.references, *mail.in_reply_to)), mail.message_id)
    if claim.kind == UNPROVED or root is None:
        return letter.key
    return hashlib.sha256(f"{claim.address}\0{root}".encode()).hexdigest()


def reference_of(message_id: str) -> str:
    """A Message-ID in the form in which it is looked up; endless ones by their digest."""
    if len(message_id) <= REFERENCE_MOST:
        return message_id
    return f"sha256:{hashlib.sha256(message_id.encode()).hexdigest()}"


def _html_of(mail: ParsedMail) -> str | None:
    """The HTML with its ``data-cid`` naming our attachments; None when it is more than can be
    shown."""
    if mail.html is None or len(mail.html) > HTML_MOST:
        return None
    return _CID.sub(lambda match: f' data-cid="{escape(_cid(match), quote=True)}"', mail.html)


def _facts(account: Account, mail: ParsedMail, decided: Continue | Begin) -> Mapping[str, Any]:
    own = str(account.settings.get("address") or "").lower()
    sender = mail.author.address if mail.author else None
    facts: dict[str, Any] = {
        "to": sender,
        "cc": _others(mail, {own, (sender or "").lower()}),
        "message_id": mail.message_id,
        "references": (mail.references or mail.in_reply_to)[-REFERENCES_MOST:],
        "subject": mail.subject,
        "faults": mail.faults,
    }
    if isinstance(decided, Begin):
        facts |= {"may_continue": decided.hint, "begins_because": decided.why}
    return {name: value for name, value in facts.items() if value}


def _others(mail: ParsedMail, ours: set[str]) -> list[str]:
    """Who else the mail went to, without us (plus addresses included) and the sender."""
    found: dict[str, Mailbox] = {}
    for box in (*mail.to, *mail.cc):
        plain = f"{box.local.partition('+')[0]}@{box.domain}".lower()
        if plain not in ours and box.address.lower() not in ours:
            found.setdefault(box.address.lower(), box)
    return [box.address for box in found.values()][:50]


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")[:TEXT_MOST]


def _language(text: str) -> str | None:
    """Chinese or English when the words say so plainly; the hub speaks these two."""
    if _CHINESE.search(text):
        return "zh"
    return "en" if len(set(_ENGLISH.findall(text.lower()))) >= 2 else None
