"""A mail in the form every channel has: believed as far as it can be, threaded, its pictures in
place.
"""

from __future__ import annotations

import pytest

from hub.channels.email.identity import Checkpoint
from hub.channels.email.normal import (
    HTML_MOST,
    Letter,
    claim_of,
    files_of,
    inbound_of,
    reference_of,
    thread_key,
)
from hub.channels.email.parse import parse
from hub.channels.email.threading import Begin, Continue
from hub.channels.model import Account
from hub.conversations.model import Inbound
from hub.kernel.clock import MINUTE
from hub.kernel.ids import AttachmentId, ChannelId, ConversationId, QueueId
from tests.support.mails import a_mail, a_raw_mail

ACCOUNT = Account(
    id=ChannelId("mail"),
    rev=1,
    kind="email",
    key="support",
    name="Support",
    queue_id=QueueId("queue"),
    language=None,
    reply_within=MINUTE,
    enabled=True,
    settings={"address": "Support@desk.example"},
)
HERE = ConversationId("01a20053-435c-76d4-99a2-6f4b33a89444")


def a_letter(raw: bytes, key: str = "key", checkpoint: Checkpoint | None = None) -> Letter:
    mail = parse(raw, checkpoint or Checkpoint())
    ids = [AttachmentId(f"file-{n}") for n in range(len(mail.attachments))]
    files = files_of(mail, [f"digest-{n}" for n in range(len(ids))], ids)
    return Letter(key, "raw", "Ann as it stood", mail, files)


def normal(raw: bytes, decided: Begin | Continue | None = None) -> Inbound:
    letter = a_letter(raw)
    return inbound_of(ACCOUNT, letter, decided or Begin(), letter.mail.automatic)


def test_a_letter_carries_what_is_needed_to_answer_it() -> None:
    inbound = normal(
        a_mail(
            to="support+abc@desk.example, Bob <bob@customer.example>",
            Cc="eve@customer.example, SUPPORT@desk.example",
            References="<a@x> <b@x>",
        )
    )

    assert inbound.facts == {
        "to": "ann@customer.example",
        "cc": ["bob@customer.example", "eve@customer.example"],
        "message_id": "1@customer.example",
        "references": ("a@x", "b@x"),
        "subject": "My order",
    }
    assert (inbound.reference, inbound.queue_id, inbound.reply_within) == (
        "1@customer.example",
        "queue",
        MINUTE,
    )


def test_what_continues_names_its_conversation_and_what_begins_says_why() -> None:
    goes_on = normal(a_mail(), Continue(HERE, "token"))
    begins = normal(a_mail(), Begin(HERE, "sender-takes-no-part"))

    assert goes_on.conversation_id == HERE
    assert begins.conversation_id is None
    assert (begins.facts["may_continue"], begins.facts["begins_because"]) == (
        HERE,
        "sender-takes-no-part",
    )


@pytest.mark.parametrize(
    ("sender", "kind", "address", "name"),
    [
        ("Ann <Ann@Customer.Example>", "email", "ann@customer.example", "Ann"),
        ("李安 <an@例子.中国>", "email", "an@xn--fsqu00a.xn--fiqs8s", "李安"),
        ("Root <root@server>", "unproved", "key", "root@server"),
        ("a@x.example, b@x.example", "unproved", "key", "Ann as it stood"),
        (
            '"ceo@corp.example" <eve@evil.example>',
            "unproved",
            "eve@evil.example",
            "ceo@corp.example <eve@evil.example>",
        ),
    ],
)
def test_who_wrote_is_believed_as_far_as_it_can_be(
    sender: str, kind: str, address: str, name: str
) -> None:
    claim = claim_of(a_letter(a_raw_mail(f"From: {sender}")))

    assert (claim.kind, claim.address, claim.name, claim.verified) == (kind, address, name, False)


def test_only_our_own_mail_server_verifies_a_sender() -> None:
    raw = b"Authentication-Results: mx; dmarc=pass header.from=customer.example\r\n" + a_mail()

    assert claim_of(a_letter(raw, checkpoint=Checkpoint("mx"))).verified
    assert not claim_of(a_letter(raw, checkpoint=Checkpoint("another"))).verified


def test_what_follows_a_letter_of_the_same_sender_is_one_thread() -> None:
    def key(raw: bytes, name: str) -> str:
        letter = a_letter(raw, name)
        return thread_key(claim_of(letter), letter)

    first = key(a_mail(message_id="<root@x>"), "1")
    assert first == key(a_mail(References="<root@x> <other@x>"), "2")
    assert first == key(a_mail(In_Reply_To="<root@x>"), "3")
    assert first != key(a_mail(sender="eve@evil.example", References="<root@x>"), "4")
    assert first != key(a_mail(message_id="<another@x>"), "5")
    assert key(a_raw_mail("From: ann@customer.example"), "6") == "6"
    assert key(a_mail(sender="a@x.example, b@x.example", References="<root@x>"), "7") == "7"


def test_an_endless_message_id_is_looked_up_by_its_digest() -> None:
    long = "x" * 2_000 + "@x"

    assert reference_of("a@x") == "a@x"
    assert len(reference_of(long)) < 100
    assert reference_of(long) != reference_of(long + "y")


def test_html_that_is_too_much_is_left_out_and_no_picture_disappears_with_it() -> None:
    picture = ("p.png", "image/png", b"\x89PNG\r\n\x1a\n rest")
    raw = a_mail("words", html=f"<p>{'x' * HTML_MOST}</p>", files=(picture,))

    inbound = normal(raw)

    assert inbound.html is None
    assert [file.inline for file in inbound.attachments] == [False]
    assert inbound.text.strip() == "words"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我的 order 还没 shipped", "zh"),
        ("Hello, where is my order?", "en"),
        ("Bonjour, je voudrais savoir", None),
        ("123", None),
    ],
)
def test_the_language_is_told_when_the_words_say_it_plainly(
    text: str, language: str | None
) -> None:
    assert normal(a_mail(text, subject="-")).language == language


def test_line_ends_are_plain() -> None:
    assert "\r" not in normal(a_mail("one\ntwo\nthree")).text
