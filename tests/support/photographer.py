"""Looks at a screen the way a careful person would: keeps a picture of it in each look, and notes
what is cut, what sticks out, and what somebody could not use.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

from tests.support.screens import Scheme

SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 360, "height": 740}}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

SETTLED = """() =>
  document.fonts.status === 'loaded' &&
  document.querySelector('.sk') === null &&
  [...document.images].every(image => image.complete)"""

MISFITS = """() => {
  const found = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width + 1)
    found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  const above = node => node.parentElement ?? node.getRootNode().host ?? null;
  const tell = node =>
    `<${node.localName} class="${node.className.baseVal ?? node.className}"> ` +
    `${(node.innerText ?? '').trim().slice(0, 40)}`;
  const mayScrollSideways = node => {
    for (let at = node; at; at = above(at))
      if (at.matches('nav, pre, [role=tablist]')) return true;
    return false;
  };
  const look = root => {
    for (const node of root.querySelectorAll('*')) {
      if (node.shadowRoot) look(node.shadowRoot);
      if (node.closest('svg, head, .vh, .skip, option')) continue;
      const box = node.getBoundingClientRect();
      if (box.width < 2 || box.height < 2 || !node.checkVisibility({ visibilityProperty: true }))
        continue;
      if (node.matches('button, a, input, select, textarea, h1, h2, h3, p'))
        if ((box.right > width + 1 || box.left < -1) && !mayScrollSideways(node))
          found.push(`sticks out ${Math.round(box.left)}..${Math.round(box.right)}: ${tell(node)}`);
      const style = getComputedStyle(node);
      const words = [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim());
      if (!words || node.matches('textarea, select')) continue;
      if (node.scrollWidth > node.clientWidth + 1 && style.display !== 'inline')
        if (/hidden|clip/.test(style.overflowX) && style.textOverflow !== 'ellipsis')
          found.push(`cut: ${tell(node)}`);
        else if (/hidden|clip|visible/.test(style.overflowX) && node.matches('button'))
          found.push(`runs over: ${tell(node)}`);
    }
  };
  look(document);
  return found;
}"""

FAULTS = """async (tags) => {
  const { violations } = await axe.run(
    { exclude: [['iframe']] },
    { runOnly: tags, resultTypes: ['violations'] });
  return violations
    .filter(one => one.impact === 'serious' || one.impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(node =>
      `${id} ${node.html.slice(0, 160)} ${node.failureSummary.replaceAll('\\n', ' ')}`));
}"""


@dataclass(frozen=True)
class Look:
    """How wide the screen is, and how bright."""

    size: str
    scheme: Scheme

    @property
    def name(self) -> str:
        return f"{self.size}-{self.scheme}"


@dataclass
class Photographer:
    """Goes from screen to screen with somebody, and notes every fault."""

    page: Page
    folder: Path
    prefix: str
    looks: list[Look]
    checks_use: Container[str]
    """The screens that are asked whether somebody without eyes or mouse can use them."""
    faults: list[str] = field(default_factory=list)

    async def start(self) -> None:
        await self._put_on(self.looks[0])

    async def look_at(self, name: str, *, settled: bool = True) -> None:
        """See the screen in every look, and leave it in the first one."""
        for look in self.looks:
            await self._put_on(look)
            if settled:
                await self.page.wait_for_function(SETTLED, timeout=15_000)
            file = f"{name}.{self.prefix}-{look.name}.png"
            await self.page.screenshot(path=self.folder / file)
            found = await self.page.evaluate(MISFITS)
            if name in self.checks_use:
                if not await self.page.evaluate("'axe' in window"):
                    await self.page.evaluate(AXE_SCRIPT)
                found += await self.page.evaluate(FAULTS, WCAG)
            self.faults += [f"{file}: {fault}" for fault in found]
        await self._put_on(self.looks[0])

    async def _put_on(self, look: Look) -> None:
        await self.page.emulate_media(color_scheme=look.scheme)
        size = SIZES[look.size]
        if self.page.viewport_size != size:
            await self.page.set_viewport_size(size)  # type: ignore[arg-type]
