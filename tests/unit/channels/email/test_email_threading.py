"""A mail finds its conversation by a signed mark or a known mail, and only for those who take
part."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from hub.channels.email.addresses import Mailbox
from hub.channels.email.autoreply import Caps, History, judge
from hub.channels.email.identity import Trust
from hub.channels.email.parse import ParsedMail, parse
from hub.channels.email.threading import Begin, Continue, Known, decide, looked_up, token_of
from hub.channels.email.token import Marks, TokenRefused, reply_address, token_among
from hub.kernel.clock import DAY, HOUR, MINUTE, Millis
from hub.kernel.ids import ConversationId
from tests.support.mails import a_mail

NOON = Millis(1_795_262_400_000)
BOX = "support@desk.example"
MARKS = Marks([b"k" * 32])
ORDERS = ConversationId("019a0000-0000-7000-8000-000000000001")
BILLS = ConversationId("019a0000-0000-7000-8000-000000000002")
ANN = "ann@customer.example"
KNOWN = Known(
    {"m1@desk.example": ORDERS, "b1@desk.example": BILLS},
    {ORDERS: {ANN}, BILLS: {"bob@customer.example"}},
)


def a_letter(**changes: object) -> ParsedMail:
    return replace(parse(a_mail()), **changes)  # type: ignore[arg-type]


def addressed_to(token: str) -> dict[str, object]:
    return {"to": (Mailbox(f"support+{token}@desk.example"),)}


def thread(mail: ParsedMail, now: Millis = NOON) -> Continue | Begin:
    return decide(mail, KNOWN, token_of(mail, BOX, MARKS, now))


def test_a_participant_with_our_token_continues() -> None:
    mail = a_letter(**addressed_to(MARKS.token(ORDERS, BOX, Millis(NOON + DAY))))

    assert thread(mail) == Continue(ORDERS, "token")


def test_a_participant_who_answers_our_mail_continues() -> None:
    assert thread(a_letter(references=("x@y.example", "m1@desk.example"))) == Continue(
        ORDERS, "references"
    )


def test_letter_case_of_the_sender_does_not_matter() -> None:
    mail = a_letter(author=Mailbox("Ann@customer.example"), references=("m1@desk.example",))

    assert thread(mail) == Continue(ORDERS, "references")


def test_a_stranger_with_our_token_begins_anew_with_a_hint() -> None:
    token = MARKS.token(ORDERS, BOX, Millis(NOON + DAY))
    mail = a_letter(author=Mailbox("eve@evil.example"), **addressed_to(token))

    assert thread(mail) == Begin(ORDERS, "sender-takes-no-part")


def test_a_stranger_copied_in_who_answers_begins_anew() -> None:
    mail = a_letter(author=Mailbox("eve@evil.example"), in_reply_to=("m1@desk.example",))

    assert thread(mail) == Begin(ORDERS, "sender-takes-no-part")


def test_a_number_in_the_subject_threads_nobody_in() -> None:
    assert thread(a_letter(subject="Re: [#123] My order")) == Begin()


def test_a_guessed_message_id_threads_nobody_in() -> None:
    assert thread(a_letter(in_reply_to=("notify-1-2-3@desk.example",))) == Begin()


@pytest.mark.parametrize("trust", [Trust.FAILED])
def test_a_sender_who_is_not_believed_continues_nothing(trust: Trust) -> None:
    mail = a_letter(trust=trust, references=("m1@desk.example",))

    assert thread(mail) == Begin(ORDERS, "sender-not-believed")


def test_the_token_of_one_conversation_opens_no_other() -> None:
    mail = a_letter(**addressed_to(MARKS.token(BILLS, BOX, Millis(NOON + DAY))))

    assert thread(mail) == Begin(BILLS, "sender-takes-no-part")


def test_references_help_when_the_token_is_for_something_else() -> None:
    mail = a_letter(
        references=("m1@desk.example",), **addressed_to(MARKS.token(BILLS, BOX, Millis(NOON + DAY)))
    )

    assert thread(mail) == Continue(ORDERS, "references")


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (MARKS.token(ORDERS, BOX, Millis(NOON - DAY)), "token-expired"),
        (MARKS.token(ORDERS, "sales@desk.example", Millis(NOON + DAY)), "token-forged"),
        (
            Marks([b"other key of another hub"]).token(ORDERS, BOX, Millis(NOON + DAY)),
            "token-forged",
        ),
        ("a" * 48, "token-forged"),
        ("1" * 48, "token-malformed"),
    ],
)
def test_a_token_that_does_not_hold_is_refused(token: str, why: str) -> None:
    assert thread(a_letter(**addressed_to(token))) == Begin(None, why)


def test_a_token_is_valid_until_the_end_of_its_day() -> None:
    token = MARKS.token(ORDERS, BOX, NOON)

    assert MARKS.verify(token, BOX, Millis(NOON + 11 * HOUR)) == ORDERS
    assert MARKS.verify(token, BOX, Millis(NOON + DAY)) is TokenRefused.EXPIRED


def test_a_token_survives_capital_letters_and_a_new_key() -> None:
    token = MARKS.token(ORDERS, BOX, Millis(NOON + DAY))
    renewed = Marks([b"n" * 32, b"k" * 32])

    found = token_among([f"SUPPORT+{token.upper()}@DESK.EXAMPLE"], BOX)

    assert found is not None
    assert renewed.verify(found, BOX, NOON) == ORDERS


def test_one_changed_letter_breaks_a_token() -> None:
    token = MARKS.token(ORDERS, BOX, Millis(NOON + DAY))

    for at in range(len(token)):
        changed = token[:at] + ("b" if token[at] == "a" else "a") + token[at + 1 :]
        assert MARKS.verify(changed, BOX, NOON) is TokenRefused.FORGED


@given(st.text(max_size=60))
def test_no_text_is_a_token(text: str) -> None:
    assert isinstance(MARKS.verify(text, BOX, NOON), TokenRefused)


def test_a_reply_address_fits_into_an_address() -> None:
    token = MARKS.token(ORDERS, BOX, NOON)

    address = reply_address(BOX, token)

    assert address is not None
    assert len(address.partition("@")[0]) <= 64
    assert token_among([address], BOX) == token
    assert reply_address("customer-service-china@desk.example", token) is None


def test_our_message_ids_cannot_be_made_by_others() -> None:
    ours = MARKS.message_id("019a0000-0000-7000-8000-000000000009", "desk.example")

    assert MARKS.is_ours(ours)
    assert not Marks([b"x" * 16]).is_ours(ours)
    assert not MARKS.is_ours(ours.replace("desk", "dusk"))
    assert not MARKS.is_ours("notify-1-2-3@desk.example")


def test_the_nearest_mails_are_looked_up_first() -> None:
    mail = a_letter(in_reply_to=("c",), references=("a", "b", "c"))

    assert looked_up(mail) == ("c", "b", "a")


def test_a_person_may_get_one_automatic_answer_a_day() -> None:
    assert judge(a_letter(), {BOX}, History(), NOON).may_answer
    assert judge(a_letter(), {BOX}, History(answered_at=Millis(NOON - DAY)), NOON).may_answer
    assert not judge(
        a_letter(), {BOX}, History(answered_at=Millis(NOON - DAY + 1)), NOON
    ).may_answer


@pytest.mark.parametrize(
    ("changes", "history", "why_not"),
    [
        ({"automatic": "list"}, History(), "automatic: list"),
        ({"author": None}, History(), "sender-not-believed"),
        ({"trust": Trust.FAILED}, History(), "sender-not-believed"),
        ({"author": Mailbox("Support@desk.example")}, History(), "from-ourselves"),
        ({}, History(mailbox_last_hour=200), "mailbox-cap"),
        ({}, History(domain_last_hour=30), "domain-cap"),
        ({}, History(machine_exchanges=3), "loop"),
    ],
)
def test_no_automatic_answer_leaves(
    changes: dict[str, object], history: History, why_not: str
) -> None:
    verdict = judge(a_letter(**changes), {BOX}, history, NOON)

    assert (verdict.may_answer, verdict.why_not) == (False, why_not)


def test_two_hubs_that_answer_each_other_stop_at_one_mail_a_day() -> None:
    answered_at: dict[str, Millis | None] = {"a@one.example": None, "b@two.example": None}
    sent = dict.fromkeys(answered_at, 0)
    writer, now = "a@one.example", NOON
    letter = a_letter()

    while now < NOON + 7 * DAY:
        other = "b@two.example" if writer == "a@one.example" else "a@one.example"
        mail = replace(letter, author=Mailbox(writer), subject=f"changed {now}")
        if judge(mail, {other}, History(answered_at=answered_at[other]), now, Caps()).may_answer:
            answered_at[other] = now
            sent[other] += 1
            writer = other
        now = Millis(now + MINUTE)

    assert max(sent.values()) <= 7
