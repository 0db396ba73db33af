"""The line between a screen and the hub is lost, and comes back: nothing is missing, nothing is
there twice.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Locator, Page, Route, WebSocketRoute, expect

from hub.demo.http import Person
from tests.support.cutproxy import CutProxy, cut_proxy, eventually
from tests.support.screens import Agent, Customer, at_browser
from tests.support.shop import Shop, Visitor

pytestmark = pytest.mark.browser

NUMBERED = re.compile(r"第\d+句")


@asynccontextmanager
async def a_line(shop: Shop) -> AsyncIterator[tuple[str, CutProxy]]:
    """An address whose line to the hub can be pulled."""
    parts = urlsplit(shop.url)
    async with cut_proxy("127.0.0.1", parts.port or 0) as proxy:
        yield f"http://127.0.0.1:{proxy.port}", proxy


async def pull(page: Page, line: CutProxy) -> None:
    """The network is gone: open connections die, new ones find nobody."""
    line.is_dead = True
    line.cut_now()
    await page.context.set_offline(True)
    await page.evaluate("window.sameAsBefore = true")


async def plug(page: Page, line: CutProxy) -> None:
    line.is_dead = False
    await page.context.set_offline(False)


async def was_not_reloaded(page: Page) -> bool:
    return bool(await page.evaluate("window.sameAsBefore === true"))


async def shown(agent_or_customer: Agent | Customer, among: str = ".bubble") -> list[str]:
    """Every numbered sentence on the screen, in its order."""
    texts = await agent_or_customer.log.locator(among).all_inner_texts()
    return [found for text in texts for found in NUMBERED.findall(text)]


async def kept(person: Person, conversation_id: str) -> list[str]:
    """Every numbered sentence in the hub, in its order."""
    page = await person.get(f"/api/conversations/{conversation_id}/messages?limit=100")
    said = sorted(page["items"], key=lambda message: message["ordinal"])
    return [found for message in said for found in NUMBERED.findall(message["text"])]


def sentences(first: int, count: int) -> list[str]:
    return [f"第{number}句" for number in range(first, first + count)]


async def with_a_customer(agent: Agent, shop: Shop, url: str, said: int) -> tuple[Visitor, str]:
    """The agent has accepted a customer who has said so much; answers the conversation's id."""
    visitor = await shop.visit()
    for sentence in sentences(1, said):
        await visitor.say(f"{sentence}：我的沙发什么时候能到？订单号 SH-20417，家里周六要用。")
    await agent.sign_in(url)
    await agent.go_available()
    await agent.accept_with_enter()
    await expect(agent.log).to_contain_text(f"第{said}句")
    found = re.search(r"/desk/\w+/([0-9a-f-]{36})", agent.page.url)
    assert found is not None
    return visitor, found[1]


async def test_the_workbench_catches_up_after_the_network_was_pulled(
    browser: Browser, shop: Shop
) -> None:
    agent = await at_browser(browser, Agent)
    async with a_line(shop) as (url, line):
        visitor, conversation = await with_a_customer(agent, shop, url, 24)
        elsewhere = await shop.sign_in("zhao.min")
        scroll = agent.page.locator(".scroll-wrap .scroll")
        await agent.box.fill("写到一半的话")
        await scroll.evaluate("element => { element.scrollTop = element.scrollHeight / 3 }")
        place = await agent.log.locator(".bubble", has_text="第9句").bounding_box()

        await pull(agent.page, line)
        for sentence in sentences(25, 20):
            await visitor.say(sentence)
        await asyncio.sleep(5)  # the line stays down for a while
        await agent.page.keyboard.type("，断网时接着写")
        await plug(agent.page, line)

        everything = sentences(1, 44)
        await expect(agent.log).to_contain_text("第44句", timeout=10_000)
        assert await shown(agent) == everything == await kept(elsewhere, conversation)
        await expect(agent.box).to_have_value("写到一半的话，断网时接着写")
        now = await agent.log.locator(".bubble", has_text="第9句").bounding_box()
        assert place is not None
        assert now is not None
        assert abs(place["y"] - now["y"]) < 2, "what was being read has moved"
        assert await was_not_reloaded(agent.page)


def place_of(page: Page, place: str) -> Locator:
    return page.locator(f".rail a[href='/{place}']")


async def test_a_page_opens_without_a_line_though_it_never_was_before(
    browser: Browser, shop: Shop
) -> None:
    agent = await at_browser(browser, Agent)
    page = agent.page
    loaded: set[str] = set()
    page.on("requestfinished", lambda request: loaded.add(request.url.rpartition("/")[2]))
    async with a_line(shop) as (url, line):
        await agent.sign_in(url)
        await eventually(lambda: sum(name.startswith("pages-") for name in loaded) == 3)

        await pull(page, line)
        for place, title in (("tickets", "工单"), ("kb", "知识")):
            await place_of(page, place).click()
            await expect(page.get_by_role("heading", name=title)).to_be_visible()

        assert await was_not_reloaded(page)


async def test_a_page_that_could_not_be_loaded_comes_with_the_line(
    browser: Browser, shop: Shop
) -> None:
    agent = await at_browser(browser, Agent)
    page = agent.page
    await page.route("**/assets/pages-*.js", lambda route: route.abort("internetdisconnected"))
    async with a_line(shop) as (url, line):
        await agent.sign_in(url)
        await expect(agent.button(agent.words.go_available).first).to_be_visible()
        await pull(page, line)
        await place_of(page, "tickets").click()
        await expect(page.get_by_text("这个页面没能打开")).to_be_visible()
        await expect(
            page.get_by_role("contentinfo")
        ).to_be_visible()  # the rest of the desk is there

        await page.unroute("**/assets/pages-*.js")
        await plug(page, line)

        await expect(page.get_by_role("table")).to_be_visible()
        assert await was_not_reloaded(page)


async def test_an_answer_written_without_a_line_is_sent_once(browser: Browser, shop: Shop) -> None:
    agent = await at_browser(browser, Agent)
    async with a_line(shop) as (url, line):
        visitor, conversation = await with_a_customer(agent, shop, url, 2)
        elsewhere = await shop.sign_in("zhao.min")

        await pull(agent.page, line)
        await agent.reply("第3句：断网时写的答复")
        await expect(agent.log.locator(".pending")).to_contain_text("第3句")
        await asyncio.sleep(3)
        await plug(agent.page, line)

        await visitor.hear(lambda frame: "第3句" in json.dumps(frame, ensure_ascii=False))
        await expect(agent.log.locator(".pending")).to_have_count(0)
        assert await shown(agent) == sentences(1, 3) == await kept(elsewhere, conversation)


async def test_an_answer_whose_receipt_was_lost_is_kept_once(browser: Browser, shop: Shop) -> None:
    agent = await at_browser(browser, Agent)
    _, conversation = await with_a_customer(agent, shop, shop.url, 1)
    elsewhere = await shop.sign_in("zhao.min")
    lost = 0

    async def lose_the_receipt(route: Route) -> None:
        nonlocal lost
        await route.fetch()
        if lost == 0:
            lost += 1
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await agent.page.route("**/api/conversations/*/replies", lose_the_receipt)
    await agent.reply("第2句：这句的回执丢了")

    await expect(agent.log.locator(".pending")).to_have_count(0, timeout=20_000)
    assert lost == 1
    assert await shown(agent) == sentences(1, 2) == await kept(elsewhere, conversation)


async def test_the_widget_catches_up_and_sends_what_was_written_meanwhile(
    browser: Browser, shop: Shop
) -> None:
    customer = await at_browser(browser, Customer)
    li_lei = await shop.sign_in()
    async with a_line(shop) as (url, line):
        await customer.open_widget(url)
        await customer.ask("第1句：你好", "林佳怡")
        await expect(customer.page.get_by_text(customer.words.received)).to_be_visible()
        conversation = (await li_lei.get("/api/boot"))["views"]["waiting"]["items"][0]["id"]
        (await li_lei.ask("POST", f"/api/conversations/{conversation}/take", {})).raise_for_status()

        await pull(customer.page, line)
        for sentence in sentences(2, 8):
            path = f"/api/conversations/{conversation}/replies"
            (await li_lei.ask("POST", path, {"text": sentence})).raise_for_status()
        await customer.say("第10句：断网时写的")
        await expect(customer.page.get_by_text(customer.words.not_yet_sent)).to_be_visible()
        await asyncio.sleep(5)
        await expect(customer.page.get_by_text(customer.words.lost)).to_be_visible()
        await customer.box.fill("还没写完")
        await plug(customer.page, line)

        everything = sentences(1, 10)
        await expect(customer.log).to_contain_text("第9句", timeout=10_000)
        await expect(customer.page.get_by_text(customer.words.not_yet_sent)).to_have_count(0)
        assert await shown(customer) == everything == await kept(li_lei, conversation)
        await expect(customer.box).to_have_value("还没写完")
        await expect(customer.page.get_by_text(customer.words.lost)).to_have_count(0)
        assert await was_not_reloaded(customer.page)


async def test_a_customer_presses_a_failed_message_and_it_is_sent_once(
    browser: Browser, shop: Shop
) -> None:
    customer = await at_browser(browser, Customer)
    refused: list[str] = []

    def refuse_once(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def from_page(message: str | bytes) -> None:
            frame = json.loads(message)
            if frame["t"] == "send" and "第2句" in frame["text"] and not refused:
                refused.append(frame["id"])
                no = {"t": "refused", "re": frame["id"], "code": "bad_frame"}
                route.send(json.dumps([no]))
            else:
                server.send(message)

        route.on_message(from_page)

    await customer.page.route_web_socket("**/chat/socket", refuse_once)
    await customer.open_widget(shop.url)
    await customer.ask("第1句：你好", "林佳怡")
    await expect(customer.page.get_by_text(customer.words.received)).to_be_visible()

    await customer.say("第2句：在吗")
    await customer.page.get_by_role("button", name="点此重试").click()

    await expect(customer.page.get_by_text(customer.words.received)).to_have_count(2)
    zhao_min = await shop.sign_in("zhao.min")
    conversation = (await zhao_min.get("/api/boot"))["views"]["waiting"]["items"][0]["id"]
    assert refused != []
    assert await shown(customer) == sentences(1, 2) == await kept(zhao_min, conversation)
