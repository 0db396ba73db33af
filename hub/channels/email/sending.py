"""Answers leave: written once, handed over step by step, with what became of them for every
recipient.

Whoever has the letter never gets it again: what is refused for one recipient is tried again, or
fails, for that one alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection, select

from hub.channels.email import store
from hub.channels.email.account import MailAccount
from hub.channels.email.addresses import Mailbox, canonical
from hub.channels.email.compose import (
    OutboundFile,
    OutboundMail,
    QuotedLetter,
    compose,
    subject_of_answer,
)
from hub.channels.email.delivery import Fate as Delivered, Outcome, deliver
from hub.channels.email.mailbox import append_copy
from hub.channels.email.normal import reference_of
from hub.channels.email.token import LIVES, Marks, reply_address
from hub.channels.port import Account, Fate, Progress, Receipt
from hub.channels.registry import Registry
from hub.conversations.model import Outbound
from hub.conversations.store import messages
from hub.kernel.clock import Millis
from hub.kernel.errors import Invalid, StorageDown
from hub.kernel.ids import ConversationId
from hub.storage import jobs
from hub.storage.blobs import Blobs
from hub.storage.database import Database
from hub.storage.jobs import Job
from hub.storage.unit import Unit
from hub.web.outgoing import NotReached, Outgoing

COPY = "email.sent_copy"
QUOTED_MOST = 20_000

said = structlog.get_logger("hub.email")


class Sending:
    """Sends answers, and puts copies of them into the Sent folder."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        registry: Registry,
        outgoing: Outgoing,
        marks: Marks,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._registry = registry
        self._outgoing = outgoing
        self._marks = marks

    async def send(self, account: Account, message: Outbound, progress: Progress) -> Receipt:
        """Make one attempt for every recipient who is still to get it."""
        try:
            mail = MailAccount.of(account)
            smtp = mail.smtp
            await self._outgoing.check_line(
                smtp.host, smtp.port, is_secret=smtp.security != "plain"
            )
            letter = await self._write(mail, message)
        except Invalid as refusal:
            return Receipt(Fate.FAILED, _in_words(refusal))
        except NotReached as problem:
            return Receipt(Fate.LATER, str(problem))
        known = await self._database.read(store.recipients, message.message_id)
        listed = recipients_of(mail, message)
        due = due_recipients(listed, known)
        reference = self._marks.message_id(message.reference, mail.domain)
        if not due:
            return Receipt(Fate.SENT, reference=reference)
        fates = await deliver(mail.smtp, mail.address, due, letter, progress.handing_over)
        if len(due) > 1 or known:
            await self._database.write(partial(_note, message, fates))
        if mail.sent_folder and any(fate.outcome is Outcome.SENT for fate in fates):
            await self._ask_for_copy(account, message, letter)
        before = [_known(known[each]) for each in listed if each in known and each not in due]
        return receipt_of([*fates, *before], reference)

    async def _write(self, mail: MailAccount, message: Outbound) -> bytes:
        contents = [await self._blobs.get(file.digest) for file in message.attachments]
        quoted = await self._quoted(message) if mail.quotes else None
        return compose(letter_of(mail, message, self._marks, contents, quoted))

    async def _quoted(self, message: Outbound) -> QuotedLetter | None:
        answered = message.facts.get("message_id")
        if not answered:
            return None
        return await self._database.read(_quoted, message.conversation_id, str(answered))

    async def _ask_for_copy(self, account: Account, message: Outbound, letter: bytes) -> None:
        """The letter has left: whatever goes wrong with its copy must not touch what became of
        it."""
        try:
            digest = await self._blobs.put(letter)
            payload = {"channel_id": account.id, "digest": digest}
            ask = partial(_ask_for_copy, payload, f"{COPY}:{message.message_id}")
            await self._database.write(ask)
        except (StorageDown, OSError) as trouble:
            said.error("no copy was asked for", message=message.message_id, because=str(trouble))

    async def copy(self, job: Job) -> None:
        """Carry out ``email.sent_copy``. Raises to be tried again; the letter itself is never
        sent."""
        account = self._registry.get(job.payload["channel_id"])
        mail = MailAccount.of(account)
        if mail.sent_folder is None:
            return
        imap = mail.imap
        await self._outgoing.check_line(imap.host, imap.port, is_secret=imap.security != "plain")
        letter = await self._blobs.get(job.payload["digest"])
        await append_copy(imap, mail.sent_folder, letter)


# -- what is written ------------------------------------------------------------------------------


def letter_of(
    mail: MailAccount,
    message: Outbound,
    marks: Marks,
    contents: Sequence[bytes],
    quoted: QuotedLetter | None,
) -> OutboundMail:
    """The letter for an answer; the same answer is the same letter."""
    facts = message.facts
    subject = str(message.subject or facts.get("subject") or mail.name or mail.address)
    to, *cc = recipients_of(mail, message)
    return OutboundMail(
        message_id=marks.message_id(message.reference, mail.domain),
        date=message.at,
        sender=Mailbox(mail.address, _sender_name(message.author_name, mail.name)),
        to=(Mailbox(to, "" if "@" in message.to_name else _shown(message.to_name)),),
        cc=tuple(Mailbox(address) for address in cc),
        reply_to=reply_to(mail, marks, message.conversation_id, message.at),
        subject=subject_of_answer(subject),
        text=message.text,
        in_reply_to=facts.get("message_id"),
        references=tuple(facts.get("references") or ()),
        files=tuple(
            OutboundFile(file.name, file.media_type, content)
            for file, content in zip(message.attachments, contents, strict=True)
        ),
        quoted=quoted,
        automatic=message.automatic,
        language="zh" if _is_chinese(message.text) else "en",
    )


def reply_to(
    mail: MailAccount, marks: Marks, conversation_id: ConversationId, at: Millis
) -> Mailbox | None:
    """Our address with the conversation's signed token, where the server delivers such
    addresses."""
    if not mail.plus_addressing:
        return None
    token = marks.token(conversation_id, mail.address, Millis(at + LIVES))
    address = reply_address(mail.address, token)
    return None if address is None else Mailbox(address, mail.name)


def recipients_of(mail: MailAccount, message: Outbound) -> list[str]:
    """The customer, and where the account answers everybody whoever else had the mail."""
    listed = [message.to]
    if mail.answers_all:
        listed += [str(address) for address in message.facts.get("cc") or ()]
    usable = [canonical(address) or address for address in listed]
    return list(dict.fromkeys(usable))


def _sender_name(author: str, name: str) -> str:
    author = _shown(author)
    if not author or author == name:
        return name
    return f"{author} ({name})" if name else author


def _shown(name: str) -> str:
    return "".join(c for c in name if c.isprintable())[:200]


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text[:2_000])


def _quoted(connection: Connection, conversation_id: str, answered: str) -> QuotedLetter | None:
    row = connection.execute(
        select(messages.c.author_name, messages.c.at, messages.c.text)
        .where(
            messages.c.reference == reference_of(answered),
            messages.c.conversation_id == conversation_id,
        )
        .limit(1)
    ).first()
    if row is None or not row.text.strip():
        return None
    return QuotedLetter(row.author_name, row.at, row.text[:QUOTED_MOST])


def _in_words(refusal: Invalid) -> str:
    faults = "; ".join(f"{fault.path} {fault.problem}" for fault in refusal.faults)
    return f"{refusal.message} {faults}".strip()[:500]


# -- what became of it ---------------------------------------------------------------------------


def due_recipients(listed: Sequence[str], known: Mapping[str, Any]) -> list[str]:
    """Who is still to get the letter. When nobody waits a person has asked for another attempt:
    for all who lack it."""
    state = {address: known[address].state if address in known else "" for address in listed}
    waiting = [address for address in listed if state[address] in ("", Outcome.LATER)]
    return waiting or [address for address in listed if state[address] != Outcome.SENT]


def receipt_of(fates: Sequence[Delivered], reference: str) -> Receipt:
    """One answer for all recipients: wait while anybody must, then the worst of them, with
    names."""
    order = (Outcome.LATER, Outcome.UNKNOWN, Outcome.FAILED)
    worst = next((o for o in order if any(fate.outcome is o for fate in fates)), Outcome.SENT)
    if worst is Outcome.SENT:
        return Receipt(Fate.SENT, reference=reference)
    detail = "; ".join(_told(each, len(fates) > 1) for each in fates)
    return Receipt(Fate(worst.value), detail[:500], reference)


def _told(delivered: Delivered, by_name: bool) -> str:
    words = " ".join(str(part) for part in (delivered.code, delivered.detail) if part)
    if not by_name:
        return words
    return f"{delivered.recipient}: {delivered.outcome.value} {words}".strip()


def _known(row: Any) -> Delivered:
    return Delivered(row.recipient, Outcome(row.state), None, row.detail)


def _note(message: Outbound, fates: Iterable[Delivered], unit: Unit) -> None:
    rows = [
        {
            "message_id": message.message_id,
            "recipient": fate.recipient,
            "conversation_id": message.conversation_id,
            "state": fate.outcome.value,
            "detail": fate.detail,
        }
        for fate in fates
    ]
    store.set_recipients(unit, rows)


def _ask_for_copy(payload: Mapping[str, Any], key: str, unit: Unit) -> None:
    jobs.ask_for(unit, COPY, payload, run_at=unit.now, key=key)
