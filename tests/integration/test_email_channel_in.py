"""Letters become conversations: whose they are, where they belong, what comes along; each once."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from typing_extensions import override

from hub.channels import store as channel_store
from hub.channels.email import store
from hub.channels.email.account import MailAccount
from hub.channels.email.imap import ImapTrouble
from hub.channels.email.keeping import Shelf
from hub.channels.email.mailbox import Position, RawMail
from hub.channels.email.pool import ParserPool, PoolUnavailable, SetAside
from hub.channels.email.reading import Pools
from hub.channels.email.token import Marks
from hub.channels.inbound import StillUnreadable
from hub.conversations import service as conversations
from hub.conversations.model import Direction, Message, State
from hub.customers import store as customer_store
from hub.kernel.ids import ConversationId
from tests.support.cutproxy import Cut, cut_proxy
from tests.support.hub import eventually
from tests.support.imap_servers import imap_port_of
from tests.support.maildesk import MailDesk, email_channel, mail_desk, mailbox_settings
from tests.support.mails import a_mail, a_raw_mail

pytestmark = pytest.mark.integration

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
KEY = b"m" * 32


@pytest.fixture(scope="module")
def imap_port() -> Iterator[int]:
    with imap_port_of("pymap") as port:
        yield port


@pytest_asyncio.fixture
async def desk(any_database: str, tmp_path: Path, imap_port: int) -> AsyncIterator[MailDesk]:
    async with mail_desk(any_database, tmp_path, imap_port) as running:
        yield running


async def answered(desk: MailDesk) -> tuple[Message, str]:
    """Ann has asked and was answered; returns her message, and the Message-ID of the answer."""
    asked = await desk.writes()
    await desk.answer(asked)
    [answer] = await desk.mailbox()
    assert answer.message_id is not None
    return asked, answer.message_id


# -- what comes in -------------------------------------------------------------------------------


async def test_a_letter_with_a_file_is_a_conversation_a_customer_and_a_blob(
    desk: MailDesk,
) -> None:
    raw = a_mail(
        "您好，发票在附件里。",
        sender=f"李安 <{desk.customer}>",
        to=desk.address,
        subject="发票 invoice",
        files=(("发票.pdf", "application/pdf", b"%PDF-1.7 paid"),),
    )

    message = await desk.receive(raw)

    [conversation] = await desk.conversations()
    customer = await desk.hub.database.read(customer_store.find, conversation.customer_id)
    assert customer is not None
    assert (customer.name, [i.address for i in customer.identities]) == ("李安", [desk.customer])
    assert (conversation.subject, conversation.language) == ("发票 invoice", "zh")
    assert (message.text.strip(), message.trust) == ("您好，发票在附件里。", "verified")
    [file] = message.attachments
    assert (file.name, file.media_type, file.inline) == ("发票.pdf", "application/pdf", False)
    assert await desk.hub.blobs.get(file.digest) == b"%PDF-1.7 paid"
    assert message.raw is not None
    assert (await desk.hub.blobs.get(message.raw)).endswith(raw)


async def test_pictures_inside_a_letter_are_shown_where_they_belong(desk: MailDesk) -> None:
    picture = base64.encodebytes(PIXEL).decode().replace("\n", "\r\n")
    raw = (
        f"From: {desk.customer}\r\nTo: {desk.address}\r\nMessage-ID: <p@customer.example>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n'
        '--b\r\nContent-Type: text/html\r\n\r\n<p>See <img src="cid:sofa%40home"> and'
        ' <img src="https://tracker.example/x.gif"></p>\r\n'
        "--b\r\nContent-Type: image/png\r\nContent-ID: <sofa@home>\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{picture}\r\n"
        "--b\r\nContent-Type: image/png\r\nContent-ID: <unused@home>\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{picture}\r\n--b--\r\n"
    ).encode()

    message = await desk.receive(raw)

    shown, unused = message.attachments
    assert message.html is not None
    assert 'data-cid="sofa@home"' in message.html
    assert 'data-remote-src="https://tracker.example/x.gif"' in message.html
    assert " src=" not in message.html
    assert (shown.inline, shown.content_id) == (True, "sofa@home")
    assert (unused.inline, unused.content_id) == (False, None)


async def test_a_machines_letter_is_kept_and_marked(desk: MailDesk) -> None:
    message = await desk.writes("I am away", Auto_Submitted="auto-replied")

    assert message.automatic
    assert len(await desk.conversations()) == 1


# -- where it belongs ----------------------------------------------------------------------------


async def test_an_answer_to_an_answer_goes_on_in_the_conversation(desk: MailDesk) -> None:
    asked, answer_id = await answered(desk)

    by_token = await desk.writes("Thank you", to=(await desk.mailbox())[0].reply_to[0].address)
    by_reference = await desk.writes("One more thing", In_Reply_To=f"<{answer_id}>")

    assert by_token.conversation_id == by_reference.conversation_id == asked.conversation_id
    assert [m.ordinal for m in (asked, by_token, by_reference)] == [1, 3, 4]


async def test_what_was_quoted_is_folded_away(desk: MailDesk) -> None:
    _, answer_id = await answered(desk)

    message = await desk.writes(
        "Thank you!\n\nOn 2026-11-21 at 10:00, Ann wrote:\n> It leaves today.",
        In_Reply_To=f"<{answer_id}>",
    )

    assert message.text.strip() == "Thank you!"
    assert message.quoted is not None
    assert "It leaves today." in message.quoted


async def test_a_second_letter_to_the_first_goes_on_even_before_an_answer(desk: MailDesk) -> None:
    first = await desk.writes(message_id="<first@customer.example>")

    second = await desk.writes("I forgot: number 7", References="<first@customer.example>")
    alone = await desk.writes("Something else")

    assert second.conversation_id == first.conversation_id
    assert alone.conversation_id != first.conversation_id


async def test_letters_of_one_thread_fetched_together_are_one_conversation(desk: MailDesk) -> None:
    for n in range(5):
        letter = a_mail(
            f"letter {n}",
            sender=desk.customer,
            to=desk.address,
            message_id=f"<{n}@customer.example>",
            References="<0@customer.example>" if n else "",
        )
        await desk.servers.put(desk.address, letter)

    await desk.channel.look(desk.account)

    assert len(await desk.conversations()) == 1
    assert len(await desk.hub.messages()) == 5


async def test_an_ended_conversation_opens_again(desk: MailDesk) -> None:
    asked, answer_id = await answered(desk)
    await desk.hub.database.write(
        lambda unit: conversations.end(
            unit, asked.conversation_id, by="agent", actor=desk.hub.agent.actor
        )
    )

    again = await desk.writes("Not solved", References=f"<{answer_id}>")

    assert again.conversation_id == asked.conversation_id
    [conversation] = await desk.conversations()
    assert conversation.status.value == "open"


STRANGER = "Eve <eve@evil.example>"


async def test_a_stranger_never_gets_into_a_conversation(desk: MailDesk) -> None:
    asked, answer_id = await answered(desk)
    token_address = (await desk.mailbox())[0].reply_to[0].address
    [conversation] = await desk.conversations()
    before = conversation.rev

    tries = [
        await desk.writes(sender=STRANGER, In_Reply_To=f"<{answer_id}>"),
        await desk.writes(sender=STRANGER, to=token_address),
        await desk.writes(sender=STRANGER, subject=f"Re: [#{conversation.number}] My order"),
    ]

    assert asked.conversation_id not in {m.conversation_id for m in tries}
    [unchanged] = [c for c in await desk.conversations() if c.id == asked.conversation_id]
    assert unchanged.rev == before
    for forwarded in tries[:2]:
        facts = await desk.hub.facts(forwarded.conversation_id)
        assert facts["may_continue"] == asked.conversation_id
        assert facts["begins_because"] == "sender-takes-no-part"


async def test_a_guessed_message_id_or_token_leads_nowhere(desk: MailDesk) -> None:
    asked, answer_id = await answered(desk)
    id_, _, domain = answer_id.partition("@")
    guessed = f"{id_[:-1]}{'a' if id_[-1] != 'a' else 'b'}@{domain}"
    forged = Marks([b"another key of more than 16"]).token(
        ConversationId(asked.conversation_id), desk.address, desk.hub.clock.now()
    )
    local, _, domain = desk.address.partition("@")

    by_id = await desk.writes("hi", In_Reply_To=f"<{guessed}>")
    by_token = await desk.writes("hi", to=f"{local}+{forged}@{domain}")

    assert asked.conversation_id not in {by_id.conversation_id, by_token.conversation_id}


async def test_who_only_claims_to_be_the_customer_is_not_taken_for_them(desk: MailDesk) -> None:
    asked, answer_id = await answered(desk)
    desk.servers.dmarc["customer.example"] = "fail"

    forged = await desk.writes("Send it elsewhere!", In_Reply_To=f"<{answer_id}>")

    assert forged.trust == "failed"
    assert forged.conversation_id != asked.conversation_id
    first, second = await desk.conversations()
    assert first.customer_id != second.customer_id


async def test_two_authors_are_no_author(desk: MailDesk) -> None:
    message = await desk.writes(sender=f"{desk.customer}, bob@evil.example")

    [conversation] = await desk.conversations()
    customer = await desk.hub.database.read(customer_store.find, conversation.customer_id)
    assert customer is not None
    assert message.trust == "failed"
    assert [identity.kind for identity in customer.identities] == ["unproved"]


# -- each once -----------------------------------------------------------------------------------


async def test_new_numbers_at_the_server_change_nothing(desk: MailDesk) -> None:
    for n in range(3):
        await desk.writes(f"letter {n}")
    mail = MailAccount.of(desk.account)
    place = f"{mail.imap.username}@{mail.imap.host}/{mail.folder}"
    before = await desk.hub.database.read(store.position, desk.account.id, place)
    assert before is not None
    other = Position(before.uidvalidity + 1, before.uid)
    await desk.hub.database.write(
        lambda unit: store.set_position(unit, desk.account.id, place, other)
    )

    await desk.channel.look(desk.account)

    assert len(await desk.hub.messages()) == 3
    after = await desk.hub.database.read(store.position, desk.account.id, place)
    assert after == before


async def test_one_letter_to_two_mailboxes_is_a_message_in_each(desk: MailDesk) -> None:
    other = f"second.{desk.address}"
    settings = mailbox_settings(other, desk.servers.smtp_port, desk.servers.imap_port)
    second = await desk.hub.add_channel(
        "email", "second", settings=settings, secrets={"imap_password": desk.servers.password}
    )
    letter = a_mail(sender=desk.customer, to=f"{desk.address}, {other}")
    for address in (desk.address, other):
        await desk.servers.put(address, letter)

    for account in (desk.account, second):
        await desk.channel.look(account)

    assert {c.channel_id for c in await desk.conversations()} == {desk.account.id, second.id}


async def test_another_letter_under_a_used_message_id_is_kept_as_well(desk: MailDesk) -> None:
    await desk.writes("one", message_id="<same@customer.example>")

    await desk.writes("two", message_id="<same@customer.example>")

    assert [m.text.strip() for m in await desk.hub.messages()] == ["one", "two"]


async def test_what_was_kept_is_read_after_a_restart(desk: MailDesk) -> None:
    raw = a_mail(sender=desk.customer)
    await shelf_of(desk).keep([RawMail(1, raw, len(raw))], Position(1, 1))
    assert await desk.hub.messages() == []

    async with Pools() as readers:
        restarted = email_channel(desk.hub, readers)
        running = asyncio.create_task(restarted.run([]))
        await eventually(lambda: has_messages(desk, 1))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert await restarted.reading.read_some([desk.account.id]) == 0


async def has_messages(desk: MailDesk, count: int) -> bool:
    return len(await desk.hub.messages()) == count


def shelf_of(desk: MailDesk) -> Shelf:
    return Shelf(
        desk.account,
        MailAccount.of(desk.account),
        desk.hub.database,
        desk.hub.blobs,
        desk.channel.health,
        desk.channel.reading.wake,
    )


@pytest.mark.parametrize("pattern", [b"LOGIN", b"SELECT", b"FETCH", b"STORE"])
async def test_a_cut_line_loses_and_doubles_nothing(
    sqlite_url: str, tmp_path: Path, imap_port: int, pattern: bytes
) -> None:
    async with (
        cut_proxy("127.0.0.1", imap_port, Cut("up", pattern=pattern)) as line,
        mail_desk(sqlite_url, tmp_path, line.port) as desk,
    ):
        desk.servers.imap_port = imap_port
        for n in range(3):
            letter = a_mail(sender=desk.customer, message_id=f"<{n}@customer.example>")
            await desk.servers.put(desk.address, letter)
        with pytest.raises(ImapTrouble):
            await desk.channel.look(desk.account)

        await desk.channel.look(desk.account)

        assert len(await desk.hub.messages()) == 3


# -- what cannot be understood ---------------------------------------------------------------------


async def test_an_unreadable_letter_keeps_no_other_waiting(desk: MailDesk) -> None:
    letters = [
        a_mail(f"{n}", sender=desk.customer, message_id=f"<{n}@customer.example>") for n in range(3)
    ]
    endless = a_raw_mail("From: x@evil.example", *(f"X-{n}: y" for n in range(3_000)))
    for letter in (letters[0], endless, letters[1], letters[2]):
        await desk.servers.put(desk.address, letter)

    await desk.channel.look(desk.account)

    assert len(await desk.hub.messages()) == 3
    [kept] = await desk.hub.quarantined()
    assert kept.reason == "too-many-headers"
    with pytest.raises(StillUnreadable) as refused:
        await desk.hub.inbox.replay(kept.id)
    assert refused.value.facts["reason"] == kept.reason


class FaultyMarks(Marks):
    """Marks with a bug: one letter is too much for them."""

    @override
    def is_ours(self, message_id: str) -> bool:
        if message_id.startswith("bug"):
            raise ZeroDivisionError("a bug of ours")
        return super().is_ours(message_id)


async def test_a_letter_that_breaks_the_batch_stands_alone_in_the_end(
    any_database: str, tmp_path: Path, imap_port: int
) -> None:
    async with mail_desk(any_database, tmp_path, imap_port, marks=FaultyMarks([KEY])) as desk:
        for n in range(12):
            id_ = "<bug@customer.example>" if n == 7 else f"<{n}@customer.example>"
            letter = a_mail(f"{n}", sender=desk.customer, message_id=id_)
            await desk.servers.put(desk.address, letter)

        await desk.channel.look(desk.account)

        assert len(await desk.hub.messages()) == 11
        [kept] = await desk.hub.quarantined()
        assert (kept.attempts, kept.reason) == (3, "ZeroDivisionError: a bug of ours")
        assert len(await desk.hub.events("message.quarantined")) == 1


async def test_what_is_wrong_with_us_never_counts_against_a_letter(desk: MailDesk) -> None:
    await desk.servers.put(desk.address, a_mail(sender=desk.customer))
    readers = desk.channel.pools
    broken = ParserPool(1, program=("-m", "hub.no_such_program"))
    readers._pools[MailAccount.of(desk.account).checkpoint] = broken

    for _ in range(5):
        with pytest.raises(PoolUnavailable):
            await desk.channel.look(desk.account)
    [waiting] = await desk.hub.database.read(channel_store.inbox_in, "kept")
    readers._pools.clear()
    await desk.channel.look(desk.account)

    assert waiting.attempts == 0
    assert len(await desk.hub.messages()) == 1


async def test_of_a_letter_too_large_the_headers_are_kept_and_shown(desk: MailDesk) -> None:
    head = a_mail(sender=desk.customer).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    await shelf_of(desk).keep([RawMail(1, head, 90_000_000, truncated=True)], Position(1, 1))

    [kept] = await desk.hub.quarantined()
    assert (kept.reason, kept.sender) == ("headers-only: 90000000 bytes", desk.customer)
    assert len(await desk.hub.events("message.quarantined")) == 1
    with pytest.raises(StillUnreadable) as refused:
        await desk.hub.inbox.replay(kept.id)
    assert "lies in the mailbox" in str(refused.value.facts["reason"])


async def test_a_letter_set_aside_is_received_when_the_reader_is_mended(desk: MailDesk) -> None:
    readers = desk.channel.pools
    checkpoint = MailAccount.of(desk.account).checkpoint
    honest = readers.of(checkpoint)

    class Faulty:
        async def parse(self, mails: list[bytes]) -> list[SetAside]:
            return [SetAside("worker-hung", 3) for _ in mails]

    readers._pools[checkpoint] = Faulty()  # type: ignore[assignment]
    await desk.servers.put(desk.address, a_mail(sender=desk.customer))
    await desk.channel.look(desk.account)
    [kept] = await desk.hub.quarantined()
    readers._pools[checkpoint] = honest  # type: ignore[assignment]

    await desk.hub.inbox.replay(kept.id)

    [message] = await desk.hub.messages()
    row = await desk.hub.database.read(channel_store.find_inbox, kept.id)
    assert (row.state, row.message_id) == ("received", message.id)


# -- what bounces ----------------------------------------------------------------------------------


async def test_a_returned_letter_is_shown_as_failed_beside_what_was_sent(desk: MailDesk) -> None:
    asked, answer_id = await answered(desk)
    report = (
        "From: MAILER-DAEMON@mx.customer.example\r\n"
        f"To: {desk.address}\r\nSubject: Undelivered\r\nMessage-ID: <b@mx.customer.example>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        f"Final-Recipient: rfc822; {desk.customer}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{answer_id}>\r\n"
        "\r\n--b--\r\n"
    )

    bounce = await desk.receive(report.encode())

    [answer] = await desk.hub.messages(Direction.OUT)
    assert bounce.conversation_id == asked.conversation_id
    assert bounce.automatic
    assert answer.state is State.FAILED
    assert answer.error == f"returned as undeliverable ({desk.customer}: 5.1.1)"


async def test_bytes_that_no_database_takes_become_words_all_the_same(desk: MailDesk) -> None:
    nasty = b"a\x00b \xed\xa0\x80 \xff\xfe \x1b[31m \xf0\x9f\x9b\x8b"
    head = [
        b"From: N\x00asty \xed\xa0\x80 <" + desk.customer.encode() + b">",
        b"Subject: " + nasty,
        b"Message-ID: <n\x00\xed\xa0\x80@x>",
        b"References: <" + b"r" * 9_000 + b"@x>",
        b'Content-Type: multipart/mixed; boundary="b"',
    ]
    body = (
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + nasty + b"\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>" + nasty + b"</p>\r\n"
        b'--b\r\nContent-Disposition: attachment; filename="' + nasty + b'"\r\n\r\nx\r\n--b--\r\n'
    )
    raw = a_raw_mail(*head, body=body)

    await shelf_of(desk).keep([RawMail(1, raw, len(raw))], Position(1, 1))
    await desk.channel.reading.read_some([desk.account.id])

    [message] = await desk.hub.messages()
    assert "\x00" not in message.text
    assert message.text.startswith("a")
    assert message.text.isascii() is False
    assert await desk.hub.quarantined() == []
