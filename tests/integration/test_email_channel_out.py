"""Answers leave as letters: in their thread, once for each recipient, with what became of them
shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from hub.channels.email.acknowledging import KIND
from hub.channels.email.parse import parse
from hub.channels.email.sending import COPY
from hub.channels.email.simulator import SmtpFault
from hub.conversations.model import Attachment, State
from hub.kernel.clock import DAY, HOUR, MINUTE
from hub.kernel.ids import AttachmentId, new_id
from hub.storage.schema import jobs
from tests.support.imap_servers import imap_port_of
from tests.support.maildesk import MailDesk, mail_desk
from tests.support.mails import a_raw_mail

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def imap_port() -> Iterator[int]:
    with imap_port_of("pymap") as port:
        yield port


@pytest_asyncio.fixture
async def desk(any_database: str, tmp_path: Path, imap_port: int) -> AsyncIterator[MailDesk]:
    async with mail_desk(any_database, tmp_path, imap_port) as running:
        yield running


async def waiting_jobs(desk: MailDesk) -> list[str]:
    rows = await desk.hub.database.read(
        lambda connection: connection.execute(select(jobs.c.kind)).scalars().all()
    )
    return list(rows)


# -- what the customer gets ----------------------------------------------------------------------


async def test_an_answer_lies_in_the_customers_mailbox_in_its_thread(desk: MailDesk) -> None:
    asked = await desk.writes(
        "我的沙发在哪？", subject="沙发", References="<a@x.example> <b@x.example>"
    )

    message_id = await desk.answer(asked, "今天发出。")

    [answer] = await desk.mailbox()
    [facts] = [await desk.hub.facts(asked.conversation_id)]
    assert answer.in_reply_to == (facts["message_id"],)
    assert answer.references == ("a@x.example", "b@x.example", facts["message_id"])
    assert answer.subject == "Re: 沙发"
    assert answer.author is not None
    assert (answer.author.address, answer.author.name) == (desk.address, "Ann (Desk)")
    assert answer.text.strip() == "今天发出。"
    assert "我的沙发在哪？" in answer.quoted
    [reply_to] = answer.reply_to
    assert reply_to.address.startswith(desk.address.partition("@")[0] + "+")
    assert answer.message_id is not None
    assert answer.message_id.startswith(message_id)
    assert (await desk.hub.message(message_id)).state is State.SENT


async def test_files_of_an_answer_arrive_whole(desk: MailDesk) -> None:
    asked = await desk.writes()
    content = bytes(range(256)) * 400
    digest = await desk.hub.blobs.put(content)
    id_ = AttachmentId(new_id(desk.hub.clock.now()))
    file = Attachment(id_, "说明书.pdf", "application/pdf", len(content), digest)

    await desk.answer(asked, "See the file.", files=[file])

    [answer] = await desk.mailbox()
    assert [(f.name, f.content) for f in answer.attachments] == [("说明书.pdf", content)]


async def test_the_same_answer_is_the_same_letter_at_every_attempt(desk: MailDesk) -> None:
    asked = await desk.writes()
    desk.servers.faults.append(SmtpFault("dot", "451 4.3.0 later", takes=True))
    await desk.answer(asked)
    desk.hub.clock.move(MINUTE)

    await desk.hub.send_due()

    first, second = desk.sent
    assert first.content == second.content
    assert first.message_id == second.message_id


async def test_no_recipient_can_be_smuggled_in_by_a_subject_or_a_name(desk: MailDesk) -> None:
    asked = await desk.receive(
        a_raw_mail(
            f'From: "Ann =?utf-8?B?DQpCY2M6IHhAZXZpbC5leGFtcGxl?=" <{desk.customer}>',
            f"To: {desk.address}",
            "Subject: =?utf-8?B?aGkNCkJjYzogeEBldmlsLmV4YW1wbGU=?=",
        )
    )

    await desk.answer(asked)

    [taken] = desk.sent
    assert taken.recipients == (desk.customer,)
    assert b"\nBcc:" not in taken.content


async def test_whoever_cannot_be_answered_is_not_answered(desk: MailDesk) -> None:
    asked = await desk.writes(sender=f"{desk.customer}, bob@evil.example")

    message_id = await desk.answer(asked)

    message = await desk.hub.message(message_id)
    assert message.state is State.FAILED
    assert "/to/0" in str(message.error)
    assert desk.sent == []


# -- several recipients --------------------------------------------------------------------------


async def test_only_the_customer_is_answered_unless_the_account_answers_all(
    any_database: str, tmp_path: Path, imap_port: int
) -> None:
    async with mail_desk(any_database, tmp_path, imap_port, answers_all=True) as desk:
        asked = await desk.writes(
            to=f"{desk.address}, bob@customer.example",
            Cc=f"eve@customer.example, {desk.address.replace('@', '+x@')}",
        )
        await desk.answer(asked)
        await desk.hub.change_channel(desk.account, answers_all=False)
        await desk.answer(asked)

        everybody, only = desk.sent
    assert everybody.recipients == (desk.customer, "bob@customer.example", "eve@customer.example")
    assert only.recipients == (desk.customer,)


@pytest.mark.parametrize("reply", ["550 5.1.1 unknown", "451 4.7.1 later"])
async def test_one_bad_recipient_of_five_takes_nothing_from_the_others(
    sqlite_url: str, tmp_path: Path, imap_port: int, reply: str
) -> None:
    others = [f"{name}@customer.example" for name in ("bob", "eve", "kim", "lee")]
    async with mail_desk(sqlite_url, tmp_path, imap_port, answers_all=True) as desk:
        asked = await desk.writes(Cc=", ".join(others))
        desk.servers.faults.append(SmtpFault("rcpt", reply, recipient=others[2]))

        message_id = await desk.answer(asked)
        message = await desk.hub.message(message_id)
        for _ in range(5):
            desk.hub.clock.move(HOUR)
            await desk.hub.send_due()

        is_final = reply.startswith("550")
        assert message.state is (State.FAILED if is_final else State.QUEUED)
        assert f"{others[2]}: " in str(message.error)
        assert f"{others[0]}: sent" in str(message.error)
        if is_final:
            assert len(desk.sent) == 1
            await desk.hub.retry(message_id)
            await desk.hub.send_due()
        got = [to for taken in desk.sent for to in taken.recipients]
        assert sorted(got) == sorted([desk.customer, *others])
        assert (await desk.hub.message(message_id)).state is State.SENT


async def test_who_was_written_to_takes_part(
    any_database: str, tmp_path: Path, imap_port: int
) -> None:
    async with mail_desk(any_database, tmp_path, imap_port, answers_all=True) as desk:
        bob = f"bob.{desk.customer}"
        asked = await desk.writes(Cc=bob)
        await desk.answer(asked)
        [answer] = await desk.mailbox(bob)

        joined = await desk.writes("I am Bob", sender=bob, In_Reply_To=f"<{answer.message_id}>")

        assert joined.conversation_id == asked.conversation_id


# -- copies --------------------------------------------------------------------------------------


async def test_a_copy_that_cannot_be_kept_sends_nothing_again(
    any_database: str, tmp_path: Path, imap_port: int
) -> None:
    async with mail_desk(any_database, tmp_path, imap_port, sent_folder="Sent") as desk:
        asked = await desk.writes()
        message_id = await desk.answer(asked)
        desk.account = await desk.hub.change_channel(
            desk.account, secrets={"imap_password": "wrong"}
        )
        await desk.worker.work_once()
        after_failure = await waiting_jobs(desk)
        desk.account = await desk.hub.change_channel(
            desk.account, secrets={"imap_password": desk.servers.password}
        )
        desk.hub.clock.move(HOUR)

        await desk.worker.work_once()
        await desk.hub.send_due()

        assert (after_failure, await waiting_jobs(desk)) == ([COPY], [])
        assert (await desk.hub.message(message_id)).state is State.SENT
        [taken] = desk.sent
        [copy] = await desk.servers.letters(desk.address, "Sent")
        assert copy == taken.content


# -- where the hub does not connect --------------------------------------------------------------


async def test_a_server_inside_that_is_not_listed_is_not_connected_to(desk: MailDesk) -> None:
    asked = await desk.writes()
    desk.account = await desk.hub.change_channel(desk.account, smtp_host="127.0.0.2")

    message_id = await desk.answer(asked)

    message = await desk.hub.message(message_id)
    assert message.state is State.FAILED
    assert "does not connect there" in str(message.error)


# -- acknowledgements ----------------------------------------------------------------------------


async def test_nothing_is_acknowledged_unless_the_account_says_so(desk: MailDesk) -> None:
    await desk.writes()

    assert await waiting_jobs(desk) == []


async def test_a_first_letter_is_acknowledged_once_and_quotes_nothing(
    any_database: str, tmp_path: Path, imap_port: int
) -> None:
    async with mail_desk(any_database, tmp_path, imap_port, acknowledge=True) as desk:
        first = await desk.writes("EVIL WORDS", subject="EVIL SUBJECT")
        await desk.writes("and again", subject="another thread")
        assert await waiting_jobs(desk) == [KIND]

        await desk.worker.work_once()
        await desk.worker.work_once()

        [taken] = desk.sent
        letter = parse(taken.content)
        facts = await desk.hub.facts(first.conversation_id)
        assert taken.recipients == (desk.customer,)
        assert letter.automatic == "auto-submitted"
        assert letter.in_reply_to == (facts["message_id"],)
        assert b"EVIL" not in taken.content
        answer = await desk.writes("Thanks", to=letter.reply_to[0].address)
        assert answer.conversation_id == first.conversation_id


@pytest.mark.parametrize(
    "machine",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "list"},
        {"List_Id": "<news.example>"},
        {"sender": "no-reply@shop.example"},
        {"subject": "Out of office: back on Monday"},
    ],
)
async def test_a_machine_is_never_acknowledged(
    sqlite_url: str, tmp_path: Path, imap_port: int, machine: dict[str, str]
) -> None:
    async with mail_desk(sqlite_url, tmp_path, imap_port, acknowledge=True) as desk:
        await desk.writes(**machine)

        assert await waiting_jobs(desk) == []
        assert len(await desk.hub.messages()) == 1


async def test_a_machine_without_any_sign_of_it_gets_one_answer_a_day(
    sqlite_url: str, tmp_path: Path, imap_port: int
) -> None:
    async with mail_desk(sqlite_url, tmp_path, imap_port, acknowledge=True) as desk:
        for n in range(24):
            await desk.writes(f"vacation {n}", subject=f"changed {n}")
            await desk.worker.work_once()
            desk.hub.clock.move(DAY // 12)

        assert len(desk.sent) == 2
        assert len(await desk.hub.messages()) == 24


async def test_an_acknowledgement_that_may_have_been_taken_is_not_repeated(
    sqlite_url: str, tmp_path: Path, imap_port: int
) -> None:
    async with mail_desk(sqlite_url, tmp_path, imap_port, acknowledge=True) as desk:
        await desk.writes()
        desk.servers.faults += [
            SmtpFault("rcpt", "451 later"),
            SmtpFault("dot", takes=True),
        ]

        for _ in range(4):
            await desk.worker.work_once()
            desk.hub.clock.move(HOUR)

        assert len(desk.sent) == 1
        assert await waiting_jobs(desk) == []


# -- looking -------------------------------------------------------------------------------------


async def test_the_doctor_signs_in_to_both_servers(desk: MailDesk) -> None:
    examine = desk.channel.examine

    assert await examine(desk.account) is None
    wrong = await desk.hub.change_channel(desk.account, secrets={"imap_password": "wrong"})
    assert str(await examine(wrong)).startswith("IMAP: SignInRefused")
    right = {"imap_password": desk.servers.password}
    no_smtp = await desk.hub.change_channel(desk.account, right)
    desk.servers.faults.append(SmtpFault("connect", "554 go away"))
    assert str(await examine(no_smtp)).startswith("SMTP: ")
    unset = await desk.hub.change_channel(desk.account, smtp_host="", address="nobody")
    assert "/settings/address" in str(await examine(unset))
    assert "/settings/smtp_host" in str(await examine(unset))


async def test_one_attempt_at_a_time_even_when_many_answers_wait(desk: MailDesk) -> None:
    asked = [await desk.writes(f"{n}", sender=f"c{n}@customer.example") for n in range(8)]
    await asyncio.gather(
        *(desk.hub.reply(message.conversation_id, f"to {message.text}") for message in asked)
    )

    await desk.hub.send_due()

    assert len({taken.message_id for taken in desk.sent}) == 8
    assert len(desk.sent) == 8
