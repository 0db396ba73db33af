"""Who is still to get a letter, what is told of it, and what the letter says of us."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from hub.channels.email.account import MailAccount, MailboxNotSetUp
from hub.channels.email.compose import QuotedLetter
from hub.channels.email.delivery import Fate as Delivered, Outcome
from hub.channels.email.sending import due_recipients, letter_of, receipt_of, recipients_of
from hub.channels.email.token import Marks, token_among
from hub.channels.model import Account, Fate
from hub.conversations.model import Outbound
from hub.kernel.clock import DAY, Millis
from hub.kernel.ids import ChannelId, ConversationId, MessageId

MARKS = Marks([b"k" * 32])
NOON = Millis(1_767_009_600_000)
A, B, C = "a@x.example", "b@x.example", "c@x.example"
SETTINGS: dict[str, Any] = {
    "address": "support@desk.example",
    "name": "Spruce Home",
    "imap_host": "imap.desk.example",
    "smtp_host": "smtp.desk.example",
}


def an_account(**settings: Any) -> MailAccount:
    return MailAccount.of(
        Account(
            id=ChannelId("mail"),
            rev=1,
            kind="email",
            key="support",
            name="Support",
            queue_id=None,
            language=None,
            reply_within=None,
            enabled=True,
            settings=SETTINGS | settings,
            secrets={"imap_password": "i", "smtp_password": "s"},
        )
    )


OUTBOUND = Outbound(
    message_id=MessageId("01a20053-435c-76d4-99a2-6f4b33a89445"),
    conversation_id=ConversationId("01a20053-435c-76d4-99a2-6f4b33a89444"),
    channel_id=ChannelId("mail"),
    channel="email",
    reference="01a20053-435c-76d4-99a2-6f4b33a89445",
    to=A,
    to_name="Ann",
    author_name="Li Lei",
    text="It leaves today.",
    subject="My order",
    at=NOON,
    attachments=(),
    thread_key="t",
    facts={"message_id": "q@x", "references": ["r@x"], "cc": [B, A]},
)


# -- who ------------------------------------------------------------------------------------------


def known(**states: str) -> dict[str, Any]:
    return {f"{name}@x.example": SimpleNamespace(state=state) for name, state in states.items()}


@pytest.mark.parametrize(
    ("states", "due"),
    [
        ({}, [A, B, C]),
        ({"a": "sent", "b": "later", "c": "failed"}, [B]),
        ({"a": "sent", "b": "later"}, [B, C]),
        ({"a": "sent", "b": "failed", "c": "unknown"}, [B, C]),  # a person asked again
        ({"a": "sent", "b": "sent", "c": "sent"}, []),
    ],
)
def test_whoever_has_the_letter_never_gets_it_again(states: dict[str, str], due: list[str]) -> None:
    assert due_recipients([A, B, C], known(**states)) == due


@pytest.mark.parametrize(
    ("outcomes", "fate"),
    [
        ((Outcome.SENT, Outcome.SENT), Fate.SENT),
        ((Outcome.SENT, Outcome.LATER), Fate.LATER),
        ((Outcome.UNKNOWN, Outcome.LATER), Fate.LATER),
        ((Outcome.UNKNOWN, Outcome.FAILED), Fate.UNKNOWN),
        ((Outcome.SENT, Outcome.FAILED), Fate.FAILED),
    ],
)
def test_one_answer_for_all_recipients(outcomes: tuple[Outcome, Outcome], fate: Fate) -> None:
    fates = [
        Delivered(to, outcome, 550, "words") for to, outcome in zip((A, B), outcomes, strict=True)
    ]

    receipt = receipt_of(fates, "ref")

    assert receipt.fate is fate
    assert (A in receipt.detail) is (fate is not Fate.SENT)


def test_everybody_is_answered_only_where_the_account_says_so() -> None:
    assert recipients_of(an_account(), OUTBOUND) == [A]
    assert recipients_of(an_account(answers_all=True), OUTBOUND) == [A, B]


# -- the letter -----------------------------------------------------------------------------------


def test_the_letter_carries_the_agents_name_the_thread_and_a_token() -> None:
    quoted = QuotedLetter("Ann", NOON, "Where is it?")

    letter = letter_of(an_account(), OUTBOUND, MARKS, [], quoted)

    assert (letter.sender.address, letter.sender.name) == (
        "support@desk.example",
        "Li Lei (Spruce Home)",
    )
    assert (letter.to[0].address, letter.to[0].name) == (A, "Ann")
    assert (letter.in_reply_to, letter.references, letter.quoted) == ("q@x", ("r@x",), quoted)
    assert letter.subject == "Re: My order"
    assert MARKS.is_ours(letter.message_id)
    assert letter.reply_to is not None
    token = token_among([letter.reply_to.address], "support@desk.example")
    assert token is not None
    verified = MARKS.verify(token, "support@desk.example", Millis(NOON + 300 * DAY))
    assert verified == OUTBOUND.conversation_id


def test_names_cannot_break_out_of_their_header() -> None:
    nasty = replace(OUTBOUND, to_name="Ann\r\nBcc: x", author_name="Li\r\nLei")

    letter = letter_of(an_account(), nasty, MARKS, [], None)

    assert letter.to[0].name == "AnnBcc: x"
    assert letter.sender.name == "LiLei (Spruce Home)"


def test_without_plus_addresses_answers_are_found_by_their_references() -> None:
    assert letter_of(an_account(plus_addressing=False), OUTBOUND, MARKS, [], None).reply_to is None


# -- what was set up ------------------------------------------------------------------------------


def test_a_mailbox_uses_tls_unless_told_otherwise() -> None:
    mail = an_account()

    assert (mail.imap.security, mail.imap.port, mail.imap.username) == (
        "tls",
        993,
        "support@desk.example",
    )
    assert (mail.smtp.security, mail.smtp.port, mail.smtp.username) == ("starttls", 587, None)
    assert "'i'" not in repr(mail)
    assert "'s'" not in repr(mail)


def test_everything_wrong_with_a_mailbox_is_told_at_once() -> None:
    with pytest.raises(MailboxNotSetUp) as refused:
        an_account(address="x", imap_host="", imap_security="starttls", smtp_port="25")

    assert [fault.path for fault in refused.value.faults] == [
        "/settings/address",
        "/settings/imap_host",
        "/settings/imap_security",
        "/settings/smtp_port",
    ]


@pytest.mark.parametrize(
    ("setting", "words"),
    [(None, None), (False, None), ("", None), ("Thanks!", "Thanks!")],
)
def test_an_acknowledgement_is_asked_for_in_so_many_words(
    setting: object, words: str | None
) -> None:
    assert an_account(acknowledge=setting).acknowledge == words
    assert "We have received" in str(an_account(acknowledge=True).acknowledge)
