"""People at their browsers: what they open, and the words they look for, in both languages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Response,
    expect,
)

from hub.demo.seed import NEWCOMER, PASSWORD, email_of

Language = Literal["zh", "en"]
Scheme = Literal["light", "dark"]
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 740}


@dataclass(frozen=True)
class Words:
    """What the screens say in one language."""

    locale: str
    shop: str
    # widget
    open_chat: str
    question: str
    name: str
    start: str
    next_up: str
    write: str
    received: str
    read: str
    lost: str
    not_yet_sent: str
    great: str
    solved: str
    rate: str
    thanks: str
    # workbench
    email: str
    password: str
    go_available: str
    accept: str
    reply: str
    note: str
    save_note: str
    subject: str
    open_ticket: str
    articles: str
    insert: str
    rated: str
    offline: str
    mine: str
    failed: str
    retry: str


WORDS: dict[Language, Words] = {
    "zh": Words(
        locale="zh-CN",
        shop="/shop/",
        open_chat="打开在线客服",
        question="您的问题",
        name="称呼",
        start="开始",
        next_up="下一位就是您",
        write="写点什么",
        received="已收到",
        read="已读",
        lost="连接已断开",
        not_yet_sent="待发送",
        great="很好",
        solved="解决了",
        rate="提交",
        thanks="谢谢，您的评价已收到。",
        email="邮箱",
        password="密码",
        go_available="转为在线",
        accept="接受",
        reply="回复",
        note="备注",
        save_note="存为备注",
        subject="主题",
        open_ticket="建立工单",
        articles="知识",
        insert="插入",
        rated="评分 5/5",
        offline="连接断开，可以继续写",
        mine="我的",
        failed="没发出去",
        retry="重试",
    ),
    "en": Words(
        locale="en-GB",
        shop="/shop/en.html",
        open_chat="Open chat",
        question="Your question",
        name="Name",
        start="Start",
        next_up="You are next",
        write="Write…",
        received="Received",
        read="Read",
        lost="Connection lost",
        not_yet_sent="Waiting to send",
        great="Great",
        solved="Yes",
        rate="Send",
        thanks="Thank you, we have your rating.",
        email="E-mail",
        password="Password",
        go_available="Go available",
        accept="Accept",
        reply="Reply",
        note="Note",
        save_note="Save note",
        subject="Subject",
        open_ticket="Open ticket",
        articles="Articles",
        insert="Insert",
        rated="Rated 5 of 5",
        offline="Offline, keep writing",
        mine="Mine",
        failed="Not sent",
        retry="Retry",
    ),
}


@dataclass
class Person:
    """Somebody at a browser of their own."""

    page: Page
    words: Words
    said: list[str] = field(default_factory=list)
    """What the browser's console complained of."""

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.said.append(message.text)

    def _see(self, answer: Response) -> None:
        # Whether somebody is signed in is asked first, and the answer may be no.
        if answer.status >= 400 and answer.status != 401:
            self.said.append(f"{answer.status} {answer.url}")

    def button(self, name: str, **kw: Any) -> Locator:
        return self.page.get_by_role("button", name=name, **kw)


class Customer(Person):
    """A visitor of the shop, with the widget."""

    async def open_widget(self, url: str) -> None:
        await self.page.goto(url + self.words.shop)
        await self.button(self.words.open_chat).click()
        await expect(self.page.get_by_role("dialog")).to_be_visible()

    async def ask(self, question: str, name: str) -> None:
        """Begin the conversation, past the first form."""
        await self.page.get_by_label(self.words.question).fill(question)
        await self.page.get_by_label(self.words.name).fill(name)
        await self.button(self.words.start, exact=True).click()

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def box(self) -> Locator:
        return self.page.get_by_label(self.words.write)

    async def say(self, text: str) -> None:
        await self.box.fill(text)
        await self.box.press("Enter")


class Agent(Person):
    """Somebody of the staff at the workbench."""

    async def sign_in(self, url: str, login: str = NEWCOMER) -> None:
        await self.page.goto(url)
        await self.page.get_by_label(self.words.email).fill(email_of(login))
        await self.page.get_by_label(self.words.password).fill(PASSWORD)
        await self.page.keyboard.press("Enter")
        await expect(self.page.get_by_label(self.words.password)).to_be_hidden()

    async def go_available(self) -> None:
        await self.button(self.words.go_available).first.click()

    @property
    def offer(self) -> Locator:
        return self.page.get_by_role("alertdialog")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def box(self) -> Locator:
        """The writing box of the composer."""
        return self.page.locator("section.comp textarea")

    async def accept_with_enter(self) -> None:
        await expect(self.offer).to_be_visible(timeout=15_000)
        await expect(self.button(self.words.accept)).to_be_focused()
        await self.page.keyboard.press("Enter")
        await expect(self.box).to_be_visible()

    async def reply(self, text: str) -> None:
        await self.box.fill(text)
        await self.box.press("Enter")


P = TypeVar("P", bound=Person)


async def at_browser(
    browser: Browser,
    kind: type[P],
    language: Language = "zh",
    *,
    size: dict[str, int] | None = None,
    scheme: Scheme = "light",
    **options: Any,
) -> P:
    """A person of this kind at a new browser, with nothing remembered."""
    words = WORDS[language]
    context = await browser.new_context(
        locale=words.locale,
        viewport=size or DESK,  # type: ignore[arg-type]
        color_scheme=scheme,
        reduced_motion="reduce",
        **options,
    )
    page = await context.new_page()
    person = kind(page, words)
    page.on("console", person._hear)
    page.on("response", person._see)
    page.on("pageerror", lambda error: person.said.append(str(error)))
    return person
