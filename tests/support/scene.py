"""A moment in the shop's day, the same each time: who waits, and who talks with whom."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx2

from hub.demo.http import Person
from hub.demo.seed import MAIL_ADDRESS
from tests.support.screens import Language
from tests.support.shop import Shop, Visitor, open_shop

WAITING = (
    ("web", "沈一诺", "zh", "换货的话要自己寄回去吗？"),
    ("chat-returns", "郑爽爽", "zh", "餐椅有一条腿是歪的，怎么处理呀？"),
    ("web", "冯雪", "zh", "地址填错了，能改到望京吗？"),
    ("chat-billing", "蒋航", "zh", "发票抬头要换成公司的"),
    (
        "chat-returns-en",
        "Marco Rossi",
        "en",
        "The lamp is too tall for our shelf, can I return it?",
    ),
    ("web-en", "David Lin", "en", "I was charged twice for SH-20588"),
    ("chat-vip", "许晴晴", "zh", "想再订一套同款餐桌送父母"),
    ("web", "吕强", "zh", "安装师傅几点到？"),
    ("chat-returns-en", "Emma Clark", "en", "The screws are missing!! We wanted to build it today"),
    ("web-en", "Jonas Keller", "en", "We need a VAT invoice with our company name"),
)


@dataclass
class Scene:
    """The shop at that moment. ``talk`` has the most to see, a conversation in each language."""

    shop: Shop
    talk: dict[Language, str]
    letter: dict[Language, str]
    ticket: dict[Language, str]
    customer: dict[Language, str]
    article: dict[Language, str]


async def soon(is_so: Callable[[], Awaitable[Any]], seconds: float = 20) -> Any:
    """What it answers, once that is something."""
    async with asyncio.timeout(seconds):
        while not (found := await is_so()):  # noqa: ASYNC110 - asked over HTTP
            await asyncio.sleep(0.05)
    return found


async def done(person: Person, method: str, path: str, body: Any = None) -> Any:
    """A change that must be accepted; answers what it made."""
    answer = await person.ask(method, path, {} if body is None and method == "POST" else body)
    answer.raise_for_status()
    return answer.json() if answer.content else None


@asynccontextmanager
async def set_up(folder: Path) -> AsyncIterator[Scene]:
    """The shop with its fortnight of history, and the moment in it."""
    async with open_shop(folder, days=14, a_day=8, with_mail=True) as shop:
        li_lei, han_mei = await shop.sign_in(), await shop.sign_in("han.mei")
        tom_hill = await shop.sign_in("tom.hill")
        zh = await _parcel(shop, li_lei, han_mei)
        en = await _order(shop, tom_hill)
        for channel, name, language, words in WAITING:
            visitor = await shop.visit(channel, name=name, language=language)
            await visitor.say(words)
        letters = {"zh": await _letter(shop, li_lei), "en": await _question(shop, tom_hill)}
        tickets = {
            "zh": await _ticket(li_lei, zh, "SH-20417 沙发物流停滞，周六前补发"),
            "en": await _ticket(tom_hill, en, "SH-20417 stuck in Hangzhou, replace by Saturday"),
        }
        await _staff_about(shop)
        customers = {
            "zh": await _known(li_lei, zh, ["老客户", "杭州"], "对色差很在意，送货前先打电话。"),
            "en": await _known(tom_hill, en, ["trade", "London"], "Rings back after 5 p.m. only."),
        }
        articles = {
            language: (await li_lei.get(f"/api/articles?language={language}"))["items"][0]["id"]
            for language in ("zh", "en")
        }
        yield Scene(shop, {"zh": zh, "en": en}, letters, tickets, customers, articles)  # type: ignore[arg-type]


async def _ticket(agent: Person, conversation: str, subject: str) -> str:
    what = {"subject": subject, "conversation_id": conversation, "priority": "high"}
    return str((await done(agent, "POST", "/api/tickets", what))["id"])


async def _taken(shop: Shop, agent: Person, name: str) -> str:
    """The waiting conversation with this customer, taken by this agent."""

    async def waiting() -> str | None:
        items = (await agent.get("/api/conversations?view=waiting&limit=50"))["items"]
        return next((one["id"] for one in items if one["customer"]["name"] == name), None)

    conversation = str(await soon(waiting))
    await done(agent, "POST", f"/api/conversations/{conversation}/take")
    return conversation


async def _parcel(shop: Shop, li_lei: Person, han_mei: Person) -> str:
    visitor = await shop.visit("web", name="林佳怡", email="lin.jiayi@example.com")
    await visitor.say("你好，我的沙发显示在杭州三天没动了，什么时候能到？")
    conversation = await _taken(shop, li_lei, "林佳怡")
    path = f"/api/conversations/{conversation}"
    await done(li_lei, "POST", f"{path}/replies", {"text": "您好，我来查一下，请给我订单号。"})
    await _reads(visitor)
    await visitor.say("订单号 SH-20417，快递单号 SF1390 2217 46")
    await _sends_a_picture(visitor, "物流截图.png")
    note = "@仓库 SF1390 2217 46 是不是杭州爆仓了？超过 72 小时就可以补发。"
    await done(han_mei, "POST", f"{path}/notes", {"text": note})
    answer = "查到了，杭州中转场爆仓，今晚会发出。"
    await done(li_lei, "POST", f"{path}/replies", {"text": answer})
    await _reads(visitor)
    await visitor.say("好的，那周六之前能到吗？家里要用，晚了我就只能退货了。")
    return conversation


async def _order(shop: Shop, tom_hill: Person) -> str:
    visitor = await shop.visit(
        "web-en", name="Grace Park", language="en", email="grace.park@example.com"
    )
    await visitor.say(
        "Hi, where is my order? The page says Tuesday but tracking stopped in Hangzhou."
    )
    conversation = await _taken(shop, tom_hill, "Grace Park")
    path = f"/api/conversations/{conversation}"
    answer = "Hello Grace! I am looking into it. May I have the tracking number?"
    await done(tom_hill, "POST", f"{path}/replies", {"text": answer})
    await _reads(visitor)
    await visitor.say("SF1390 2217 46")
    await _sends_a_picture(visitor, "tracking.png")
    note = "@warehouse is Hangzhou overloaded? Over 72 h we may send a replacement."
    await done(tom_hill, "POST", f"{path}/notes", {"text": note})
    answer = "Found it: the hub was overloaded, it leaves tonight."
    await done(tom_hill, "POST", f"{path}/replies", {"text": answer})
    await _reads(visitor)
    await visitor.say("OK. I need it on Saturday, otherwise I will have to return it.")
    return conversation


async def _reads(visitor: Visitor) -> None:
    """The customer sees the agent's answer."""
    seen = set(visitor.messages)
    await visitor.hear(
        lambda _: any(
            said["direction"] == "out" for id_, said in visitor.messages.items() if id_ not in seen
        )
    )
    await visitor.read(next(reversed(visitor.messages)))


async def _sends_a_picture(visitor: Visitor, name: str) -> None:
    async with httpx2.AsyncClient(base_url=visitor.url, trust_env=False) as http:
        answer = await http.post(
            "/chat/uploads",
            files={"file": (name, a_picture(), "image/png")},
            headers={"authorization": f"Bearer {visitor.token}", "origin": visitor.url},
        )
        answer.raise_for_status()
        await visitor.say("", attachments=[answer.json()["id"]])


async def _known(agent: Person, conversation: str, tags: list[str], note: str) -> str:
    """The customer of a conversation, with what the desk knows of them; answers their id."""
    id_ = (await agent.get(f"/api/conversations/{conversation}"))["customer"]["id"]
    rev = (await agent.get(f"/api/customers/{id_}"))["rev"]
    what = {"tags": tags, "note": note, "vip": True, "if_rev": rev}
    await done(agent, "PATCH", f"/api/customers/{id_}", what)
    return str(id_)


async def _question(shop: Shop, tom_hill: Person) -> str:
    assert shop.mail is not None
    letter = EmailMessage()
    letter["From"] = "Alice Chen <alice.chen@example.com>"
    letter["To"] = MAIL_ADDRESS
    letter["Subject"] = "Return label for SH-20417"
    letter["Message-ID"] = "<label-1@example.com>"
    letter.set_content(
        "Hello,\n\ncould you send me a return label for SH-20417? The lamp is too tall for our\n"
        "shelf. It is still in its box.\n\nThanks,\nAlice\n\n"
        "On Tue, 17 Nov 2026 at 09:12, Spruce Home wrote:\n> Your order is on its way.\n"
    )
    await aiosmtplib.send(letter, hostname="127.0.0.1", port=shop.mail.smtp_port)
    return await _taken(shop, tom_hill, "Alice Chen")


async def _letter(shop: Shop, li_lei: Person) -> str:
    assert shop.mail is not None
    letter = EmailMessage()
    letter["From"] = "孙悦 <sun.yue@example.com>"
    letter["To"] = MAIL_ADDRESS
    letter["Subject"] = "发票抬头需要改成公司名称"
    letter["Message-ID"] = "<invoice-1@example.com>"
    letter.set_content(
        "您好，\n\n发票抬头需要改成公司名称，原订单是个人的。\n\n孙悦\n\n"
        "在 2026年11月17日 09:12，云杉家居 写道：\n> 您的订单已发货。\n"
    )
    letter.add_alternative(
        "<p>您好，</p><p>发票抬头需要改成<b>公司名称</b>，原订单是个人的。</p>"
        "<table border=1><tr><td>公司</td><td>北京云图设计有限公司</td></tr>"
        "<tr><td>税号</td><td>91110105MA01ABCD2X</td></tr></table><p>孙悦</p>",
        subtype="html",
    )
    letter.add_attachment(a_picture(), maintype="image", subtype="png", filename="营业执照.png")
    await aiosmtplib.send(letter, hostname="127.0.0.1", port=shop.mail.smtp_port)
    return await _taken(shop, li_lei, "孙悦")


async def _staff_about(shop: Shop) -> None:
    """Some of the staff are at their screens, in one way or another."""
    at_work = (
        ("zhou.jing", "away", "lunch"),
        ("wu.yue", "busy", None),
        ("tom.hill", "away", "break"),
    )
    for login, status, reason in at_work:
        person = await shop.sign_in(login)
        await shop.stay(person)
        await soon(partial(_is_there, person))
        body = {"status": status} | ({"reason": reason} if reason else {})
        await done(person, "PUT", "/api/presence", body)


async def _is_there(person: Person) -> bool:
    presences = (await person.get("/api/boot"))["presence"]
    return bool(presences[person.me["id"]]["status"] == "away")


def a_picture(width: int = 240, height: int = 150) -> bytes:
    """A small PNG: three warm bands."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        mark = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + mark

    bands = (b"\xe4\xe1\xdb", b"\xb9\xc9\xb6", b"\x35\x51\x3d")
    rows = b"".join(b"\0" + bands[y * 3 // height] * width for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
