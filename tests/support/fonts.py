"""Letters for pictures of pages that rely on the reader's own fonts, where a machine has none."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, Route

FONTS = Path(__file__).parents[2] / "frontend/node_modules/@fontsource-variable"
NAMES = ("noto-sans-sc", "inter")
HOST = "https://fonts.test/"


async def give_fonts(page: Page) -> None:
    """Let a loaded page use the workbench's fonts. Its context must bypass the page's policy."""

    async def serve(route: Route) -> None:
        path = FONTS / route.request.url.removeprefix(HOST)
        await route.fulfill(
            path=path, headers={"access-control-allow-origin": "*"}, content_type="font/woff2"
        )

    await page.route(f"{HOST}**", serve)
    for name in NAMES:
        css = (FONTS / name / "index.css").read_text("utf-8")
        await page.add_style_tag(content=css.replace("url(./", f"url({HOST}{name}/"))
    await page.add_style_tag(
        content=":root { --font: 'Inter Variable', 'Noto Sans SC Variable', sans-serif !important }"
    )
    await page.evaluate("document.fonts.ready")
    await page.wait_for_load_state("networkidle")
