"""The shop the demo begins with: queues, people, channels, articles, and a month of history."""

from __future__ import annotations

import base64
import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from hub.agents import service as agents, store as agent_store
from hub.agents.model import Agent, Role
from hub.app.hub import Hub
from hub.channels.email.simulator import NAME as MAIL_SERVER
from hub.conversations import service as conversations, store as conversation_store
from hub.conversations.model import Inbound, Routing
from hub.conversations.receiving import receive
from hub.customers.identities import EMAIL
from hub.customers.model import Claim
from hub.demo.talk import COMMENTS, NAMES, TALKS, Talk
from hub.kernel.clock import DAY, HOUR, MINUTE, SECOND, Millis
from hub.kernel.ids import ChannelId, QueueId
from hub.knowledge import seeds as articles
from hub.routing import service as routing
from hub.storage.unit import Unit
from hub.tickets import service as tickets

ORGANISATION = "云杉家居 Spruce Home"
MAIL_ADDRESS = "support@spruce.example"

QUEUES = (
    # key, zh, en, medium, target, goal
    ("shipping", "物流", "Shipping", "chat", MINUTE, 0.8),
    ("returns", "退换", "Returns", "chat", MINUTE, 0.8),
    ("billing", "账单", "Billing", "chat", MINUTE, 0.8),
    ("billing_en", "账单（英文）", "Billing, English", "chat", MINUTE, 0.8),
    ("returns_en", "退换（英文）", "Returns, English", "chat", MINUTE, 0.8),
    ("vip", "会员", "VIP", "chat", 30 * SECOND, 0.9),
    ("mail", "邮件", "E-mail", "email", 15 * MINUTE, 0.9),
)

PEOPLE = (
    # e-mail, name, role, languages, queues
    (
        "li.lei",
        "李雷",
        Role.AGENT,
        ("zh", "en"),
        "shipping returns billing billing_en returns_en vip mail",
    ),
    ("han.mei", "韩梅", Role.AGENT, ("zh", "en"), "shipping returns billing vip mail"),
    ("zhang.wei", "张伟", Role.AGENT, ("zh",), "shipping billing"),
    ("zhou.jing", "周静", Role.AGENT, ("zh",), "returns billing mail"),
    ("wu.yue", "吴越", Role.AGENT, ("zh", "en"), "shipping returns vip"),
    ("tom.hill", "Tom Hill", Role.AGENT, ("en",), "billing_en returns_en mail"),
    ("mary.jones", "Mary Jones", Role.AGENT, ("en", "zh"), "billing_en returns_en"),
    ("zhao.min", "赵敏", Role.SUPERVISOR, ("zh", "en"), ""),
    ("admin", "管理员 Admin", Role.ADMIN, ("zh", "en"), ""),
)
NEWCOMER, SUPERVISOR, ADMIN = "li.lei", "zhao.min", "admin"
DOMAIN = "spruce.example"
PASSWORD = "spruce-home"  # noqa: S105 - the demo's sign-in, printed at its start


@dataclass(frozen=True)
class Mail:
    """Where the demo's mail servers are."""

    smtp_port: int
    imap_port: int
    password: str


def email_of(login: str) -> str:
    return f"{login}@{DOMAIN}"


async def plant(hub: Hub, mail: Mail, seed: int, days: int = 14, a_day: int = 14) -> None:
    """Set the shop up, once; on a folder that has it only the mail servers' ports are renewed."""
    if await hub.database.read(agent_store.every):
        await _renew_mail(hub, mail)
        return
    password = hub.passwords.hash(PASSWORD)

    def people_and_queues(unit: Unit) -> dict[str, Agent]:
        made = {
            login: agents.add_agent(
                unit,
                email=email_of(login),
                name=name,
                role=role,
                password_hash=password,
                languages=languages,
                teams=("service",),
            )
            for login, name, role, languages, _ in PEOPLE
        }
        queue_ids: dict[str, QueueId] = {}
        for key, zh, en, medium, target, goal in QUEUES:
            members = [made[login].id for login, *_, queues in PEOPLE if key in queues.split()]
            view = routing.add_queue(
                unit,
                key=key,
                name={"zh": zh, "en": en},
                medium=medium,
                target=target,
                goal=goal,
                members=members,
                wrap_up_mode="optional" if medium == "chat" else "none",
                wrap_up_limit=20 * SECOND if medium == "chat" else None,
            )
            queue_ids[key] = view.id
        _channels(unit, hub, mail, queue_ids)
        articles.plant(unit, by=made[ADMIN].id)
        return made

    made = await hub.database.write(people_and_queues)
    await hub.registry.load()
    staff = [agent for agent in made.values() if agent.role is Role.AGENT]
    luck = random.Random(seed)  # noqa: S311 - a rehearsal, not a secret
    now = hub.clock.now()
    for day in range(days, 0, -1):
        midnight = Millis(now - now % DAY - day * DAY)
        await hub.database.write(partial(_one_day, hub, staff, luck, midnight, a_day))


def _channels(unit: Unit, hub: Hub, mail: Mail, queue_ids: dict[str, QueueId]) -> None:
    add = hub.registry.add
    chats = (("web", "shipping", "zh"), ("web-en", "billing_en", "en"))
    for key, queue, language in chats:
        add(
            unit,
            kind="chat",
            key=key,
            name="网站聊天" if language == "zh" else "Web chat",
            queue_id=queue_ids[queue],
            language=language,
            reply_within=MINUTE,
            settings={
                "colour": "#35513d",
                "title": "云杉家居" if language == "zh" else "Spruce Home",
            },
        )
    for key, queue in (
        ("chat-returns", "returns"),
        ("chat-billing", "billing"),
        ("chat-returns-en", "returns_en"),
        ("chat-vip", "vip"),
    ):
        language = "en" if key.endswith("-en") else "zh"
        add(
            unit,
            kind="chat",
            key=key,
            name=key,
            queue_id=queue_ids[queue],
            language=language,
            reply_within=MINUTE,
            settings={"colour": "#35513d"},
        )
    add(
        unit,
        kind="webhook",
        key="orders",
        name="订单系统 Orders",
        queue_id=queue_ids["billing"],
        reply_within=Millis(10 * MINUTE),
        secrets={"secret": "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()},
    )
    if "email" in hub.registry.kinds:
        add(
            unit,
            kind="email",
            key="support",
            name=MAIL_ADDRESS,
            queue_id=queue_ids["mail"],
            reply_within=Millis(15 * MINUTE),
            settings=_mail_settings(mail),
            secrets={"imap_password": mail.password, "smtp_password": mail.password},
        )


def _mail_settings(mail: Mail) -> dict[str, object]:
    return {
        "address": MAIL_ADDRESS,
        "name": "云杉家居 Spruce Home",
        "imap_host": "127.0.0.1",
        "imap_port": mail.imap_port,
        "imap_user": MAIL_ADDRESS,
        "imap_security": "none",
        "smtp_host": "127.0.0.1",
        "smtp_port": mail.smtp_port,
        "smtp_security": "none",
        "authserv_id": MAIL_SERVER,
        "sent_folder": "Sent",
    }


async def _renew_mail(hub: Hub, mail: Mail) -> None:
    for account in hub.registry.accounts:
        if account.kind == "email":
            settings = dict(account.settings) | _mail_settings(mail)
            secrets_ = {"imap_password": mail.password, "smtp_password": mail.password}
            changes = {"settings": settings}
            await hub.database.write(partial(_change, hub, account.id, changes, secrets_))
    await hub.registry.load()


def _change(
    hub: Hub, channel_id: str, changes: Mapping[str, object], secrets_: dict[str, str], unit: Unit
) -> None:
    hub.registry.change(unit, channel_id, changes, secrets_, by="hub")


# -- history -------------------------------------------------------------------------------------


def _one_day(
    hub: Hub, staff: list[Agent], luck: random.Random, midnight: Millis, count: int, unit: Unit
) -> None:
    """A past day: conversations that were opened, answered, ended and rated, through the same
    functions as today's.
    """
    real_now = unit.now
    weekday = (midnight // DAY + 3) % 7
    share = 0.5 if weekday >= 5 else 1.0
    for _ in range(int(count * share)):
        hour = luck.choice((9, 10, 10, 11, 11, 13, 14, 14, 15, 16, 17, 19, 20))
        unit.now = Millis(midnight + hour * HOUR + luck.randrange(HOUR))
        _one_talk(unit, hub, staff, luck)
    unit.now = real_now


def _one_talk(unit: Unit, hub: Hub, staff: list[Agent], luck: random.Random) -> None:
    talk = luck.choice(TALKS)
    name = luck.choice(NAMES[talk.language])
    able = [agent for agent in staff if talk.language in agent.languages]
    agent = luck.choice(able)
    account = luck.choice(hub.registry.of_kind("chat"))
    address = f"{_latin(name)}@example.com"
    key = f"history-{unit.new_id()}"
    inbound = Inbound(
        channel_id=ChannelId(account.id),
        channel=account.kind,
        key=key,
        sender=Claim(EMAIL, address, name, talk.language, verified=True),
        text=talk.customer[0],
        thread_key=key,
        language=talk.language,
    )
    (received,) = receive(unit, [inbound])
    unit.now = Millis(unit.now + luck.randrange(5, 90) * SECOND)
    _assign(unit, received.conversation_id, agent, account.queue_id)
    for said, answer in zip((*talk.customer[1:], ""), talk.agent, strict=False):
        _answer(unit, received.conversation_id, agent, answer)
        unit.now = Millis(unit.now + luck.randrange(20, 150) * SECOND)
        if said:
            again = Inbound(
                channel_id=inbound.channel_id,
                channel=inbound.channel,
                key=f"{key}-{said[:8]}",
                sender=inbound.sender,
                text=said,
                thread_key=key,
                conversation_id=received.conversation_id,
            )
            receive(unit, [again])
    if luck.random() < 0.12:
        _open_ticket(unit, received.conversation_id, talk, agent)
    conversations.end(unit, received.conversation_id, by="agent", actor=agent.actor)
    if luck.random() < 0.5:
        score = luck.choices((1, 2, 3, 4, 5), (1, 1, 2, 6, 10))[0]
        conversations.rate(
            unit,
            received.conversation_id,
            score=score,
            solved=score > 2,
            comment=luck.choice(COMMENTS[talk.language]) if score > 2 else "",
        )


def _assign(unit: Unit, conversation_id: str, agent: Agent, queue_id: QueueId | None) -> None:
    """History was routed long ago: the row says by whom it was answered."""
    before = conversation_store.find(unit.connection, conversation_id)
    assert before is not None
    conversations.change(
        unit, before, {"agent_id": agent.id, "queue_id": queue_id, "routing": Routing.ASSIGNED}
    )


def _answer(unit: Unit, conversation_id: str, agent: Agent, text: str) -> None:
    conversations.reply(unit, conversation_id, text, by=agent)


def _open_ticket(unit: Unit, conversation_id: str, talk: Talk, agent: Agent) -> None:
    tickets.open_ticket(
        unit,
        subject=talk.subject,
        conversation_id=conversation_id,
        by=agent,
    )


_LATIN = {
    "王小明": "wang.xiaoming",
    "周婷": "zhou.ting",
    "陈思远": "chen.siyuan",
    "孙悦": "sun.yue",
    "林佳怡": "lin.jiayi",
    "赵雨": "zhao.yu",
    "吴迪": "wu.di",
    "郑爽爽": "zheng.ss",
    "冯雪": "feng.xue",
    "蒋航": "jiang.hang",
    "沈一诺": "shen.yinuo",
    "韩冰": "han.bing",
    "杨帆": "yang.fan",
    "朱莉": "zhu.li",
    "秦川": "qin.chuan",
    "许晴晴": "xu.qq",
    "何静": "he.jing",
    "吕强": "lv.qiang",
}


def _latin(name: str) -> str:
    return _LATIN.get(name) or name.lower().replace(" ", ".")
