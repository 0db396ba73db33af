"""Which conversation does this mail belong to? Nobody gets into one by writing its number in the
subject.

A mail continues a conversation when it carries our signed reply token or answers a known mail,
*and* its sender already takes part. Everybody else begins a new one, with a hint for the agent.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Literal

from hub.channels.email.identity import Trust
from hub.channels.email.parse import ParsedMail
from hub.channels.email.token import Marks, TokenRefused, token_among
from hub.kernel.clock import Millis
from hub.kernel.ids import ConversationId

MOST_LOOKED_UP = 30


@dataclass(frozen=True, slots=True)
class Continue:
    """The mail continues this conversation."""

    conversation_id: ConversationId
    by: Literal["token", "references"]


@dataclass(frozen=True, slots=True)
class Begin:
    """The mail begins a conversation; ``hint`` is one it may continue, which an agent can look
    at."""

    hint: ConversationId | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the hub knows about a mail: found by ``looked_up`` ids, and who takes part in what."""

    conversations: Mapping[str, ConversationId]
    """Message-ID -> conversation, of mails we sent or received."""
    participants: Mapping[ConversationId, Set[str]]
    """Lower-case addresses that take part."""


def looked_up(mail: ParsedMail) -> tuple[str, ...]:
    """The Message-IDs worth looking up for this mail, the most telling first."""
    ids = dict.fromkeys((*mail.in_reply_to, *reversed(mail.references)))
    return tuple(ids)[:MOST_LOOKED_UP]


def token_of(
    mail: ParsedMail, mailbox: str, marks: Marks, now: Millis
) -> ConversationId | TokenRefused | None:
    """What the reply token of a mail says; None when it carries none."""
    addressed = (*mail.delivered_to, *(box.address for box in (*mail.to, *mail.cc)))
    token = token_among(addressed, mailbox)
    return None if token is None else marks.verify(token, mailbox, now)


def decide(
    mail: ParsedMail, known: Known, token: ConversationId | TokenRefused | None
) -> Continue | Begin:
    """Continue a conversation, or begin one."""
    refused = isinstance(token, TokenRefused)
    named: list[tuple[ConversationId, Literal["token", "references"]]] = []
    if token is not None and not isinstance(token, TokenRefused):
        named.append((token, "token"))
    for id_ in looked_up(mail):
        if id_ in known.conversations:
            named.append((known.conversations[id_], "references"))
    if not named:
        return Begin(why=f"token-{token}" if refused else None)
    hint = named[0][0]
    if mail.trust is Trust.FAILED:
        return Begin(hint, "sender-not-believed")
    for conversation_id, by in named:
        if _takes_part(mail, known, conversation_id):
            return Continue(conversation_id, by)
    return Begin(hint, "sender-takes-no-part")


def _takes_part(mail: ParsedMail, known: Known, conversation_id: ConversationId) -> bool:
    sender = (mail.from_address or "").lower()
    return bool(sender) and sender in known.participants.get(conversation_id, frozenset())
