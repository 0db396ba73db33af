"""The help centre in a real browser: it fits, everybody can use it, and pictures are kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser

from hub.agents.model import Role
from hub.knowledge import api, pages, seeds
from tests.support.desk import open_desk
from tests.support.fonts import give_fonts

pytestmark = pytest.mark.browser

ARTICLE = quote("物流停滞怎么办")
SCREENS = {
    "home-zh": "/hc/zh",
    "home-en": "/hc/en",
    "article-zh": f"/hc/zh/articles/{ARTICLE}",
    "article-en": "/hc/en/articles/what-to-do-when-a-parcel-stops-moving",
    "search-zh": f"/hc/zh/search?q={quote('发票')}",
    "search-en": "/hc/en/search?q=parcel",
    "elsewhere-zh": "/hc/zh/articles/ordering-from-abroad",
    "missing-en": "/hc/en/no/such/page",
}


@pytest.fixture
async def address(sqlite_url: str) -> AsyncIterator[str]:
    async with open_desk(sqlite_url, api.routes, pages=pages.routes()) as desk:
        ann = await desk.signed_in(Role.ADMIN)
        await desk.database.write(partial(seeds.plant, by=ann.agent.id))
        server = uvicorn.Server(uvicorn.Config(desk.app, port=0, log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        await serving


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "light"), (1440, "dark")])
async def test_every_page_fits_and_can_be_used_by_everybody(
    browser: Browser, address: str, artefacts: Path, width: int, scheme: str
) -> None:
    context = await browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,
    )
    page = await context.new_page()
    faults = []
    for name, path in SCREENS.items():
        await page.goto(address + path)
        await give_fonts(page)
        needed = await page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            faults.append(f"{name}: {needed} px wide")
        found = await Axe().run(page)
        faults += [
            f"{name}: {v['id']} {v['nodes'][0]['html']}" for v in found.response["violations"]
        ]
        await page.screenshot(path=artefacts / f"helpcentre-{name}-{width}-{scheme}.png")
    await context.close()

    assert faults == []


async def test_the_policy_lets_the_page_be_as_it_is(browser: Browser, address: str) -> None:
    page = await browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))

    for path in list(SCREENS.values())[:6]:
        await page.goto(address + path)

    assert said == []
    ground = await page.evaluate("getComputedStyle(document.querySelector('.top')).display")
    assert ground == "flex"


async def test_a_reader_without_scripts_finds_an_article(browser: Browser, address: str) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{address}/hc/zh")

    await page.get_by_role("searchbox").fill("发票")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="开电子发票").first.click()
    await page.get_by_role("link", name="也有英文版").click()

    assert await page.get_by_role("heading", level=1).inner_text() == "Get an invoice"
    await context.close()
