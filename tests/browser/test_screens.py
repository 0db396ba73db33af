"""Every screen of the workbench and the widget, in both languages, light and dark, wide and narrow:
it fits, everybody can use it, the console is silent, and a picture is kept.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, WebSocketRoute, async_playwright, expect

from tests.support import chromium as chromiums
from tests.support.photographer import Look, Photographer
from tests.support.scene import Scene, done, set_up
from tests.support.screens import WORDS, Agent, Customer, Language, Person, at_browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.faults,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
]

MANY = os.environ.get("HUB_FAULTS") == "many"
LOOKS: dict[Language, list[Look]] = {
    "zh": [Look("wide", "light"), Look("narrow", "dark")],
    "en": [Look("wide", "dark"), Look("narrow", "light")],
}
"""Each pair of language, scheme and width is there once; the rest are seen with many faults."""
AGENTS: dict[Language, str] = {"zh": "li.lei", "en": "tom.hill"}
IDLE: dict[Language, str] = {"zh": "zhao.min", "en": "mary.jones"}
MAIN = (
    "sign-in",
    "desk-thread",
    "desk-note",
    "desk-tickets",
    "desk-offer",
    "transfer",
    "tickets",
    "customer",
    "article",
    "live",
    "admin-channels",
    "admin-queues",
    "error",
    "widget-prechat",
    "widget-chat",
    "widget-ended",
)
RECONNECTING: dict[Language, str] = {"zh": "重连中", "en": "Reconnecting"}

Languages = pytest.mark.parametrize("language", ["zh", "en"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with set_up(tmp_path_factory.mktemp("scene")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chrome(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=chromium, args=chromiums.ARGUMENTS
        )
        yield running
        await running.close()


@pytest.fixture
def screens_folder(artefacts: Path) -> Path:
    folder = artefacts / "screens"
    folder.mkdir(exist_ok=True)
    return folder


async def photographer(person: Person, folder: Path, language: Language) -> Photographer:
    looks = LOOKS["zh"] + LOOKS["en"] if MANY else LOOKS[language]
    # What is wrong for those who cannot see or use a mouse is so in both languages.
    taken = Photographer(person.page, folder, language, looks, MAIN if language == "zh" else ())
    await taken.start()
    return taken


async def speaks(scene: Scene, login: str, language: Language) -> None:
    """Somebody prefers this language, whatever they were seen in before."""
    person = await scene.shop.sign_in(login)
    await done(person, "PUT", "/api/session/preferences", {"language": language})


async def no_more_work(scene: Scene, login: str) -> None:
    """Whatever is offered to somebody is declined, and nothing more comes."""
    person = await scene.shop.sign_in(login)
    await done(person, "PUT", "/api/presence", {"status": "busy"})
    for offer in (await person.get("/api/boot"))["offers"]:
        await person.ask("POST", f"/api/offers/{offer['id']}/decline", {"reason": "busy"})


async def follow(page: Page, path: str) -> None:
    """Go to another page of the workbench as a link would; answers once it is there."""
    await page.evaluate(
        """path => {
          for (const main of document.querySelectorAll('main')) main.dataset.left = '';
          history.pushState({}, '', path);
        }""",
        path,
    )
    await expect(page.locator("main:not([data-left])").first).to_be_visible()


@Languages
async def test_the_screens_of_an_agent(
    chrome: Browser, scene: Scene, screens_folder: Path, language: Language
) -> None:
    agent = await at_browser(chrome, Agent, language)
    page, url, words = agent.page, scene.shop.url, agent.words
    taken = await photographer(agent, screens_folder, language)
    talk, login = scene.talk[language], AGENTS[language]
    dialog, panel = page.get_by_role("dialog"), page.get_by_role("tabpanel")

    await page.goto(url)
    await expect(page.get_by_label(words.email)).to_be_visible()
    await taken.look_at("sign-in")
    await speaks(scene, login, language)
    await agent.sign_in(url, login)
    await expect(page.get_by_role("option").first).to_be_visible()
    await taken.look_at("desk-list")

    await page.goto(f"{url}/desk/mine/{talk}")
    await expect(agent.log.locator(".bubble").first).to_be_visible()
    await expect(panel).to_be_visible()
    await taken.look_at("desk-thread")
    await page.keyboard.press("Alt+P")
    note = {"zh": "客户很急，周五先打电话。", "en": "Call on Friday first."}[language]
    await agent.box.fill(note)
    await taken.look_at("desk-note")
    await agent.box.fill("")
    for at, tab in enumerate(("customer", "tickets", "articles", "wrap_up")):
        await page.locator("aside").get_by_role("tab").nth(at).click()
        await page.wait_for_url(f"**?panel={tab}")
        await expect(panel).to_be_visible()
        await taken.look_at(f"desk-{tab.replace('_', '-')}")

    await page.goto(f"{url}/desk/mine/{talk}")
    await expect(agent.log.locator(".bubble").first).to_be_visible()
    await page.keyboard.press("Alt+T")
    await expect(dialog).to_be_visible()
    await taken.look_at("transfer")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await page.keyboard.press("Alt+S")
    await expect(page.get_by_role("menuitemradio").first).to_be_visible()
    await taken.look_at("presence")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("menuitemradio").first).to_be_hidden()
    await page.keyboard.press("Control+K")
    await expect(dialog).to_be_visible()
    await page.keyboard.type("林" if language == "zh" else "Grace")
    await expect(dialog.get_by_role("option").nth(1)).to_be_visible()
    await taken.look_at("palette")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await page.keyboard.press("Alt+H")
    await expect(dialog).to_be_visible()
    await taken.look_at("shortcuts")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()

    await page.goto(f"{url}/desk/mine/{scene.letter[language]}")
    await expect(agent.log.locator(".bubble").first).to_be_visible()
    await expect(page.locator(".cust-name")).to_be_visible()
    await taken.look_at("desk-letter")
    for name, path in (
        ("tickets", "/tickets"),
        ("ticket", f"/tickets/{scene.ticket[language]}"),
        ("customers", "/customers"),
        ("customer", f"/customers/{scene.customer[language]}"),
        ("articles", "/kb"),
    ):
        await follow(page, path)
        await taken.look_at(name)
    await page.goto(f"{url}/kb/{scene.article[language]}")
    await expect(page.get_by_role("main").first).to_be_visible()
    await taken.look_at("article")

    # Last, since it asks for an answer: an offer.
    await done(await scene.shop.sign_in(login), "PUT", "/api/presence", {"status": "available"})
    await page.goto(f"{url}/desk/mine/{talk}")
    await expect(agent.offer).to_be_visible(timeout=20_000)
    await taken.look_at("desk-offer")
    await no_more_work(scene, login)
    await expect(agent.offer).to_be_hidden()
    await agent.context.close()

    assert taken.faults == []
    assert agent.said == []


@Languages
async def test_the_screens_when_there_is_nothing_or_no_answer(
    chrome: Browser, scene: Scene, screens_folder: Path, language: Language
) -> None:
    agent = await at_browser(chrome, Agent, language)
    page, url, login = agent.page, scene.shop.url, IDLE[language]
    taken = await photographer(agent, screens_folder, language)
    await speaks(scene, login, language)

    lines: list[WebSocketRoute] = []

    def connect(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    await page.route_web_socket(re.compile(r"/api/realtime\b(?!/)"), connect)
    await agent.sign_in(url, login)
    await page.goto(f"{url}/desk/mine")
    await expect(page.locator(".state").first).to_be_visible()
    await taken.look_at("empty-desk")
    await page.goto(f"{url}/desk/all?q=zzzzzz")
    await expect(page.locator(".state").first).to_be_visible()
    await taken.look_at("empty-search")
    assert agent.said == []

    await page.goto(f"{url}/customers")
    await expect(page.get_by_role("table")).to_be_visible()
    answered = asyncio.Event()

    async def fail_later(route: Route) -> None:
        await answered.wait()
        await route.fulfill(status=500, json={"code": "internal"})

    await page.route("**/api/tickets?*", fail_later)
    await follow(page, "/tickets")
    await expect(page.locator(".sk").first).to_be_visible()
    await taken.look_at("loading", settled=False)
    answered.set()
    await expect(agent.button(agent.words.retry)).to_be_visible(timeout=30_000)
    await taken.look_at("error")
    await page.unroute("**/api/tickets?*")
    await agent.button(agent.words.retry).click()
    await expect(page.get_by_role("table")).to_be_visible()

    await page.goto(f"{url}/desk/mine/{'0' * 8}-0000-7000-8000-{'0' * 12}")
    await expect(page.locator("main .state")).to_be_visible()
    await taken.look_at("not-found")
    await page.context.set_offline(True)
    await lines[-1].close()  # a browser that is taken off the net keeps its open sockets
    await expect(page.get_by_role("contentinfo")).to_contain_text(agent.words.offline)
    await taken.look_at("offline")
    await page.context.set_offline(False)
    await expect(page.get_by_role("contentinfo")).not_to_contain_text(RECONNECTING[language])
    await agent.context.close()

    assert taken.faults == []


@Languages
async def test_the_screens_of_those_who_watch_and_set_up(
    chrome: Browser, scene: Scene, screens_folder: Path, language: Language
) -> None:
    admin = await at_browser(chrome, Agent, language)
    page, url = admin.page, scene.shop.url
    taken = await photographer(admin, screens_folder, language)

    await speaks(scene, "admin", language)
    await admin.sign_in(url, "admin")
    for name, path in (
        ("live", "/live"),
        ("admin-agents", "/admin/agents"),
        ("admin-queues", "/admin/queues"),
        ("admin-channels", "/admin/channels"),
        ("admin-quarantine", "/admin/quarantine"),
        ("admin-parked", "/admin/parked"),
    ):
        await page.goto(url + path)
        await expect(page.get_by_role("main")).to_be_visible()
        await taken.look_at(name)
    await admin.context.close()

    assert taken.faults == []
    assert admin.said == []


FOLLOWS_THE_SCHEME = """
new MutationObserver((_, all) => {
  const script = document.querySelector('script[data-colour]');
  if (script === null) return;
  script.dataset.theme = 'auto';
  all.disconnect();
}).observe(document, { childList: true, subtree: true });
"""
"""As the shop's owner may ask in the widget's script tag."""


@Languages
async def test_the_screens_of_a_customer(
    chrome: Browser, scene: Scene, screens_folder: Path, language: Language
) -> None:
    words = WORDS[language]
    customer = await at_browser(chrome, Customer, language)
    page = customer.page
    taken = await photographer(customer, screens_folder, language)
    name = {"zh": "何静", "en": "Olivia Stone"}[language]
    await page.add_init_script(FOLLOWS_THE_SCHEME)

    await page.goto(scene.shop.url + words.shop)
    await expect(customer.button(words.open_chat)).to_be_visible()
    await taken.look_at("widget-closed")
    await customer.button(words.open_chat).click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await taken.look_at("widget-prechat")
    question = {
        "zh": "你好，我的沙发显示在杭州三天没动了，什么时候能到？",
        "en": "Hi, where is my order? Tracking stopped in Hangzhou three days ago.",
    }[language]
    await customer.ask(question, name)
    await expect(customer.log).to_contain_text(question)
    await expect(page.locator(".in-line")).to_be_visible()
    await taken.look_at("widget-queue")

    colleague = await scene.shop.sign_in("mary.jones" if language == "en" else "han.mei")
    waiting = (await colleague.get("/api/conversations?view=waiting&limit=50"))["items"]
    mine = next(one["id"] for one in waiting if one["customer"]["name"] == name)
    await done(colleague, "POST", f"/api/conversations/{mine}/take")
    answer = {
        "zh": "您好，查到了：杭州中转场爆仓，今晚会发出，预计周五 18:00 前送达。",
        "en": "Hello! Found it: the hub was overloaded, it leaves tonight and arrives by Friday.",
    }[language]
    await done(colleague, "POST", f"/api/conversations/{mine}/replies", {"text": answer})
    await done(colleague, "POST", f"/api/conversations/{mine}/read", {"ordinal": 1})
    await expect(customer.log).to_contain_text(answer)
    await customer.say({"zh": "太好了，谢谢！", "en": "Perfect, thank you!"}[language])
    await expect(customer.log.locator(".msg.out")).to_have_count(2)
    await taken.look_at("widget-chat")

    assert customer.said == []
    await customer.context.set_offline(True)
    await expect(page.get_by_text(words.lost)).to_be_visible(timeout=30_000)
    await customer.say({"zh": "对了，要带发票", "en": "Oh, and please add the invoice"}[language])
    await expect(page.get_by_text(words.not_yet_sent)).to_be_visible()
    await taken.look_at("widget-offline")
    await customer.context.set_offline(False)
    await expect(page.get_by_text(words.lost)).to_have_count(0, timeout=30_000)

    await done(colleague, "POST", f"/api/conversations/{mine}/end")
    await done(colleague, "POST", f"/api/wrap-up/{mine}/end")
    await expect(page.get_by_text(words.great, exact=True)).to_be_visible()
    await page.get_by_text(words.great, exact=True).click()
    await taken.look_at("widget-ended")
    await customer.button(words.rate, exact=True).click()
    await expect(page.get_by_text(words.thanks)).to_be_visible()
    await taken.look_at("widget-thanks")
    await customer.context.close()

    assert taken.faults == []
