"""Letters become messages, in one transaction: threaded, received, and what follows from them
noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.channels import store as channel_store
from hub.channels.email import store
from hub.channels.email.acknowledging import acknowledge
from hub.channels.email.normal import Letter, inbound_of, reference_of
from hub.channels.email.parse import ParsedMail
from hub.channels.email.threading import Continue, Known, decide, looked_up, token_of
from hub.channels.email.token import Marks, TokenRefused
from hub.channels.model import Account
from hub.channels.outbound import heard_back
from hub.conversations import store as conversation_store
from hub.conversations.model import Received, State
from hub.conversations.receiving import receive
from hub.kernel.ids import ConversationId
from hub.storage.unit import Unit


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the database knows about a batch of letters."""

    known: Known
    tokens: Sequence[ConversationId | TokenRefused | None]
    ours: Mapping[str, ConversationId]
    """Conversations by the id of our message."""


def receive_letters(
    unit: Unit, letters: Sequence[tuple[Account, Letter]], marks: Marks
) -> list[Received]:
    """Receive letters, in order. A letter that was received before is the same message."""
    if not letters:
        return []
    facts = _look_up(unit, letters, marks)
    batch = []
    for (account, letter), token in zip(letters, facts.tokens, strict=True):
        decided = _bounced(letter.mail, facts, marks) or decide(letter.mail, facts.known, token)
        batch.append(inbound_of(account, letter, decided, _automatic(letter.mail, marks)))
    received = receive(unit, batch)
    for (account, letter), inbound, one in zip(letters, batch, received, strict=True):
        if one.duplicate:
            continue
        _note_bounce(unit, letter.mail, marks)
        acknowledge(unit, account, letter.mail, inbound, one)
    return received


def _look_up(unit: Unit, letters: Sequence[tuple[Account, Letter]], marks: Marks) -> _Facts:
    connection = unit.connection
    tokens = [
        token_of(letter.mail, str(account.settings.get("address") or ""), marks, unit.now)
        for account, letter in letters
    ]
    named = {id_ for _, letter in letters for id_ in _named(letter.mail)}
    own = {id_: _message_of(id_) for id_ in named if marks.is_ours(id_)}
    ours = store.conversations_of(connection, own.values()) if own else {}
    foreign = {reference_of(id_): id_ for id_ in named if id_ not in own}
    theirs = conversation_store.by_reference(connection, foreign) if foreign else {}
    conversations = {foreign[reference]: id_ for reference, id_ in theirs.items()}
    conversations |= {id_: ours[message] for id_, message in own.items() if message in ours}
    candidates = {token for token in tokens if token and not isinstance(token, TokenRefused)}
    candidates |= set(conversations.values())
    participants = store.participants(connection, candidates) if candidates else {}
    return _Facts(Known(conversations, participants), tokens, ours)


def _named(mail: ParsedMail) -> tuple[str, ...]:
    reported = mail.bounce.original_message_id if mail.bounce else None
    return (*looked_up(mail), reported) if reported else looked_up(mail)


def _message_of(message_id: str) -> str:
    """The message of ours that carries this (sealed) Message-ID."""
    return message_id.partition(".")[0]


def _reported(mail: ParsedMail, marks: Marks) -> str | None:
    """The message of ours that this mail reports as undelivered for good."""
    bounce = mail.bounce
    if bounce is None or not bounce.is_final or bounce.original_message_id is None:
        return None
    id_ = bounce.original_message_id
    return _message_of(id_) if marks.is_ours(id_) else None


def _bounced(mail: ParsedMail, facts: _Facts, marks: Marks) -> Continue | None:
    """A report that names a letter of ours by its sealed id lies beside that letter."""
    message_id = _reported(mail, marks)
    if message_id is None or message_id not in facts.ours:
        return None
    return Continue(facts.ours[message_id], "references")


def _note_bounce(unit: Unit, mail: ParsedMail, marks: Marks) -> None:
    message_id = _reported(mail, marks)
    if message_id is None:
        return
    rows = channel_store.outbox_of(unit.connection, message_id)
    if not rows or mail.bounce is None:
        return
    said = "; ".join(
        f"{address}: {status or action}"
        for address, action, status in mail.bounce.recipients
        if action == "failed"
    )
    error = f"returned as undeliverable ({said})"[:500]
    heard_back(unit, message_id, State.FAILED, error, attempt=rows[0].attempt)


def _automatic(mail: ParsedMail, marks: Marks) -> str | None:
    """Why a mail counts as a machine's: our own letters that come back to us do, too."""
    if mail.automatic is None and mail.message_id and marks.is_ours(mail.message_id):
        return "our-own-letter"
    return mail.automatic
