"""A customer writes in the widget, an agent answers from the workbench, a ticket remembers; in both
languages.
"""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.support.screens import Agent, Customer, Language, at_browser
from tests.support.shop import Shop

pytestmark = pytest.mark.browser

TALK = {
    "zh": (
        "林佳怡",
        "包裹在杭州三天没动了，什么时候能到？",
        "您好，我来查一下，请给我订单号。",
        "SH-20417",
    ),
    "en": (
        "Grace Park",
        "Where is my parcel? It stopped moving.",
        "Hello, I am looking into it.",
        "SH-20417",
    ),
}


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_from_a_customers_words_to_an_agents_answer(
    browser: Browser, shop: Shop, language: Language
) -> None:
    name, question, answer, number = TALK[language]
    customer = await at_browser(browser, Customer, language)
    agent = await at_browser(browser, Agent, language)
    words = agent.words

    # The customer writes, and is told their place.
    await customer.open_widget(shop.url)
    await customer.ask(question, name)
    await expect(customer.log).to_contain_text(question)
    await expect(customer.page.get_by_text(words.received)).to_be_visible()
    await expect(customer.page.get_by_text(words.next_up)).to_be_visible()

    # The agent comes to work, is offered the conversation, and accepts with Enter.
    await agent.sign_in(shop.url)
    await agent.go_available()
    await expect(agent.offer).to_contain_text(name)
    await agent.accept_with_enter()
    await expect(agent.log).to_contain_text(question)

    # Words go to and fro.
    await agent.reply(answer)
    await expect(customer.log).to_contain_text(answer)
    await expect(agent.log.get_by_text(words.read, exact=True)).to_be_visible()
    await customer.say(number)
    await expect(agent.log).to_contain_text(number)
    await expect(customer.log.locator(".stamp", has_text=words.read)).to_have_count(2)

    # A ticket, and an article.
    await agent.page.keyboard.press("Alt+N")
    await agent.page.get_by_label(words.subject).fill(f"{name} {number}")
    await agent.button(words.open_ticket).click()
    await expect(agent.page.locator(".tk", has_text=f"{name} {number}")).to_contain_text("T-")
    await agent.page.get_by_role("tab", name=words.articles).click()
    await agent.button(words.insert, exact=True).first.click()
    await expect(agent.box).not_to_have_value("")
    await agent.box.press("Enter")
    await expect(agent.box).to_have_value("")
    await expect(customer.log.locator(".msg:not(.out)")).to_have_count(2)

    # The end, and what the customer thought of it.
    await agent.page.keyboard.press("Alt+E")
    await customer.page.get_by_text(words.solved, exact=True).click()
    await customer.page.get_by_text(words.great, exact=True).click()
    await customer.button(words.rate, exact=True).click()
    await expect(customer.page.get_by_text(words.thanks)).to_be_visible()
    await expect(agent.log).to_contain_text(words.rated)
    assert (customer.said, agent.said) == ([], [])
