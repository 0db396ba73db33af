"""Writing at the workbench: drafts that stay where they were, and Enter that never sends half a
word.
"""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, CDPSession, expect

from tests.support.screens import Agent, Customer, at_browser
from tests.support.shop import Shop

pytestmark = pytest.mark.browser


async def at_work(agent: Agent, shop: Shop) -> None:
    """Signed in, with a customer's conversation accepted."""
    visitor = await shop.visit()
    await visitor.say("我的沙发什么时候能到？")
    await agent.sign_in(shop.url)
    await agent.go_available()
    await agent.accept_with_enter()


async def test_drafts_survive_a_reload_and_reply_and_note_keep_their_own(
    browser: Browser, shop: Shop
) -> None:
    agent = await at_browser(browser, Agent)
    words, tab = agent.words, agent.page.get_by_role("tab")
    await at_work(agent, shop)

    await agent.box.fill("给客户的半句话")
    await agent.page.keyboard.press("Alt+P")
    await expect(agent.box).to_have_value("")
    await agent.box.fill("给同事的备注")
    await agent.page.reload()

    await expect(agent.box).to_have_value("给客户的半句话")
    await tab.filter(has_text=words.note).click()
    await expect(agent.box).to_have_value("给同事的备注")

    # The note is saved as a note, the reply stays a draft.
    await agent.button(words.save_note).click()
    await expect(agent.log.locator(".note-msg")).to_contain_text("给同事的备注")
    await tab.filter(has_text=words.reply).click()
    await expect(agent.box).to_have_value("给客户的半句话")


async def test_a_draft_follows_its_author_to_another_computer(browser: Browser, shop: Shop) -> None:
    here, there = await at_browser(browser, Agent), await at_browser(browser, Agent)
    await at_work(here, shop)
    await there.sign_in(shop.url)
    await there.page.goto(here.page.url)

    await here.box.fill("写了一半就换了电脑")

    await expect(there.box).to_have_value("写了一半就换了电脑", timeout=10_000)


async def compose(typing: CDPSession, *stages: str) -> None:
    """An input method at work: each stage replaces the letters being composed."""
    for stage in stages:
        await typing.send(
            "Input.imeSetComposition",
            {"text": stage, "selectionStart": len(stage), "selectionEnd": len(stage)},
        )
        await asyncio.sleep(0.03)


async def choose(typing: CDPSession, word: str) -> None:
    """The input method puts its word in place of the letters."""
    await typing.send("Input.insertText", {"text": word})


async def press_enter_while_composing(typing: CDPSession) -> None:
    """What browsers tell of an Enter that the input method takes for itself: no letter comes of it.

    Most say key code 229, some say 13; all of them say that a composition goes on.
    """
    for key, code in (("Process", 229), ("Enter", 229), ("Enter", 13)):
        for kind in ("rawKeyDown", "keyUp"):
            await typing.send(
                "Input.dispatchKeyEvent",
                {"type": kind, "key": key, "code": "Enter", "windowsVirtualKeyCode": code},
            )


async def test_enter_that_chooses_a_word_does_not_send_at_the_workbench(
    browser: Browser, shop: Shop
) -> None:
    agent = await at_browser(browser, Agent)
    await at_work(agent, shop)
    typing = await agent.page.context.new_cdp_session(agent.page)
    await agent.box.focus()

    await compose(typing, "n", "ni", "ni hao")
    await press_enter_while_composing(typing)
    await expect(agent.box).to_have_value("ni hao")
    await expect(agent.log.locator(".msg.out")).to_have_count(0)
    await choose(typing, "你好")

    await expect(agent.box).to_have_value("你好")
    await expect(agent.log.locator(".msg.out")).to_have_count(0)
    await agent.page.keyboard.press("Enter")
    await expect(agent.log.locator(".msg.out")).to_have_count(1)
    await expect(agent.log.locator(".msg.out .bubble")).to_contain_text("你好")


async def test_enter_that_chooses_a_word_does_not_send_in_the_widget(
    browser: Browser, shop: Shop
) -> None:
    customer = await at_browser(browser, Customer)
    await customer.open_widget(shop.url)
    await customer.ask("您好", "林佳怡")
    await expect(customer.box).to_be_visible()
    typing = await customer.page.context.new_cdp_session(customer.page)
    await customer.box.focus()

    await compose(typing, "z", "zai", "zai ma")
    await press_enter_while_composing(typing)
    await expect(customer.log.locator(".msg.out")).to_have_count(1)
    await choose(typing, "在吗")

    await expect(customer.box).to_have_value("在吗")
    await expect(customer.log.locator(".msg.out")).to_have_count(1)
    await customer.page.keyboard.press("Enter")
    await expect(customer.log.locator(".msg.out")).to_have_count(2)
