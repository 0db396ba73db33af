"""A letter with a file is offered, answered and made a ticket; the answer's answer reopens it."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from hub.channels.email.parse import ParsedMail, parse
from hub.demo.http import Person, frames
from hub.demo.seed import MAIL_ADDRESS
from tests.support.hub import eventually
from tests.support.shop import Shop, open_shop

pytestmark = pytest.mark.integration

CUSTOMER = "lin.jiayi@example.com"
INVOICE = b"%PDF-1.7 an invoice"


async def write(shop: Shop, text: str, to: str = MAIL_ADDRESS, **headers: str) -> None:
    """The customer sends a letter over SMTP."""
    assert shop.mail is not None
    letter = EmailMessage()
    letter["From"] = f"林佳怡 <{CUSTOMER}>"
    letter["To"] = to
    for name, value in {"Subject": "发票抬头", **headers}.items():
        letter[name.replace("_", "-")] = value
    letter.set_content(text)
    if "In_Reply_To" not in headers:
        letter.add_attachment(INVOICE, maintype="application", subtype="pdf", filename="发票.pdf")
    await aiosmtplib.send(letter, hostname="127.0.0.1", port=shop.mail.smtp_port)


async def offered(person: Person) -> dict[str, Any]:
    """Be available; the first offer that comes."""
    async with asyncio.timeout(20), person.socket() as (socket, _):
        async for frame in frames(socket):
            if frame["t"] == "caught_up":
                await person.ask("PUT", "/api/presence", {"status": "available"})
            for change in frame.get("changes", ()):
                full = change.get("full")
                if change["entity"] == "offer" and full and full["state"] == "pending":
                    answer = await person.ask("POST", f"/api/offers/{full['id']}/accept")
                    assert answer.status_code == 200, answer.text
                    return dict(full)
    raise AssertionError("no offer came")


async def answer_in(shop: Shop) -> ParsedMail:
    """The newest letter in the customer's mailbox, once there is one."""
    assert shop.mail is not None
    servers = shop.mail
    await eventually(lambda: has_letters(shop), "the answer")
    return parse((await servers.letters(CUSTOMER))[-1])


async def has_letters(shop: Shop) -> bool:
    assert shop.mail is not None
    return bool(await shop.mail.letters(CUSTOMER))


async def thread_of(person: Person, conversation_id: str) -> list[dict[str, Any]]:
    page = await person.get(f"/api/conversations/{conversation_id}/messages")
    return [message for message in page["items"] if message["direction"] != "event"]


async def test_an_email_becomes_a_solved_ticket(tmp_path: Path) -> None:
    async with open_shop(tmp_path, days=1, a_day=2, with_mail=True) as shop:
        li_lei = await shop.sign_in()

        # The letter comes in, and is offered to an agent who can see what came with it.
        await write(shop, "您好，发票抬头请改成公司名称。", Message_ID="<q1@example.com>")
        offer = await offered(li_lei)
        conversation_id = offer["conversation_id"]
        path = f"/api/conversations/{conversation_id}"
        conversation = await li_lei.get(path)
        assert (conversation["channel"], conversation["subject"]) == ("email", "发票抬头")
        assert conversation["customer"]["name"] == "林佳怡"
        [asked] = await thread_of(li_lei, conversation_id)
        assert asked["trust"] == "verified"
        [file] = asked["attachments"]
        answer = await li_lei._http.get(f"/api/attachments/{file['id']}")
        assert answer.content == INVOICE

        # It becomes a ticket, is answered, and solved.
        made = await li_lei.ask(
            "POST", "/api/tickets", {"subject": "改发票抬头", "conversation_id": conversation_id}
        )
        assert made.status_code == 201, made.text
        replied = await li_lei.ask("POST", f"{path}/replies", {"text": "已改好，请查收。"})
        assert replied.status_code == 201, replied.text
        ticket = await li_lei.get(f"/api/tickets/{made.json()['id']}")
        solved = await li_lei.ask(
            "PATCH", f"/api/tickets/{ticket['id']}", {"if_rev": ticket["rev"], "status": "solved"}
        )
        assert solved.status_code == 200, solved.text

        # The customer reads the answer over IMAP, in the thread of their letter.
        letter = await answer_in(shop)
        assert letter.text.strip() == "已改好，请查收。"
        assert letter.in_reply_to == ("q1@example.com",)
        assert letter.references == ("q1@example.com",)
        assert letter.author is not None
        assert "李雷" in letter.author.name

        # Their answer to it goes on in the same conversation and reopens the ticket.
        await write(
            shop,
            f"税号还不对。\n\n在 2026-11-21 10:00，李雷 写道：\n> {letter.text}",
            to=letter.reply_to[0].address,
            Subject=letter.subject,
            In_Reply_To=f"<{letter.message_id}>",
        )
        await eventually(lambda: has_messages(li_lei, conversation_id, 3), "the second letter")
        *_, again = await thread_of(li_lei, conversation_id)
        assert again["text"].strip() == "税号还不对。"
        assert "已改好" in again["quoted"]
        assert (await li_lei.get(f"/api/tickets/{ticket['id']}"))["status"] == "open"


async def has_messages(person: Person, conversation_id: str, count: int) -> bool:
    return len(await thread_of(person, conversation_id)) == count
