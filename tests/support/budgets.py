"""Measuring what people feel: probes in the page, the two rigs, and one line for each budget.

await watch(page)                                    # before the page is opened
await arm(page, "keydown", "() => isShown()")        # the next key starts the clock
await page.keyboard.press("j")
took = await measured(page)                          # ms from the key to the painted frame
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from playwright.async_api import Page

Rig = Literal["A", "B"]
"""``A``: this machine as it is; ``B``: a quarter of its speed behind a slow line."""

PROBE = """
(() => {
  // A frame is painted once a task runs after the callbacks that prepared it.
  const painted = (then) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => then(performance.now());
    port2.postMessage(null);
  });
  const whenPainted = (isThere, then) => requestAnimationFrame(() => {
    if (!isThere()) { whenPainted(isThere, then); return; }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => then(performance.now());
    port2.postMessage(null);
  });
  const clock = () => performance.timeOrigin + performance.now();
  const budget = {
    keys: [], pushes: [], interactions: {}, shifts: 0, longTasks: [], online: null, mark: null,
    whenPainted,
    arm(type, isThere) {
      budget.result = new Promise((resolve) => {
        window.addEventListener(type, (event) => {
          whenPainted(isThere, (now) => resolve(now - event.timeStamp));
        }, { capture: true, once: true });
      });
    },
    followKeys() {
      window.addEventListener('keydown', (event) => {
        painted((now) => budget.keys.push(now - event.timeStamp));
      }, { capture: true });
    },
    heard(data) {
      if (budget.mark === null || typeof data !== 'string' || !data.includes(budget.mark)) return;
      const arrived = clock();
      for (const frame of JSON.parse(data)) {
        if (frame.t !== 'event') continue;
        const said = JSON.stringify(frame.changes).match(new RegExp(budget.mark + '\\\\d+!'));
        if (said === null) continue;
        const isThere = () => [...document.querySelectorAll('.rows, .thread')]
          .some((pane) => pane.textContent.includes(said[0]));
        whenPainted(isThere, (now) => {
          const at = performance.timeOrigin + now;
          budget.pushes.push({ since_commit: at - frame.at, since_arrival: at - arrived });
        });
      }
    },
  };
  window.budget = budget;
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...how) {
      super(...how);
      this.addEventListener('message', (event) => budget.heard(event.data));
    }
  };
  window.addEventListener('online', () => { budget.online = performance.now(); });
  const observe = (type, see, more = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(see))
      .observe({ type, buffered: true, ...more });
  observe('layout-shift', (entry) => { budget.shifts += entry.value; });
  observe('longtask', (entry) => { budget.longTasks.push(entry.duration); });
  observe('event', (entry) => {
    if (entry.interactionId === 0) return;
    const known = budget.interactions[entry.interactionId];
    if (known === undefined || known.took < entry.duration) {
      budget.interactions[entry.interactionId] = { type: entry.name, took: entry.duration };
    }
  }, { durationThreshold: 16 });
})();
"""


async def watch(page: Page) -> None:
    """Let the page count; call it before the page is opened."""
    await page.add_init_script(PROBE)


async def arm(page: Page, event: str, is_there: str) -> None:
    """The next such event starts the clock; the first painted frame in which ``is_there`` stops
    it.
    """
    await page.evaluate(f"void budget.arm('{event}', {is_there})")


async def measured(page: Page) -> float:
    """Milliseconds between the two; waits for the second."""
    return float(await page.evaluate("budget.result"))


async def on_rig(page: Page, rig: Rig) -> None:
    """A page of rig B gets a quarter of the processor, 1.6 Mbit/s, and 150 ms to the hub and
    back.
    """
    if rig == "A":
        return
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    await devtools.send("Network.enable")
    line = {
        "offline": False,
        "latency": 150,
        "downloadThroughput": 1_600_000 / 8,
        "uploadThroughput": 750_000 / 8,
    }
    await devtools.send("Network.emulateNetworkConditions", line)


async def heap_of(page: Page) -> float:
    """MB of JavaScript objects that live, after the garbage is gone."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("HeapProfiler.enable")
    await devtools.send("HeapProfiler.collectGarbage")
    used: dict[str, Any] = await devtools.send("Runtime.getHeapUsage")
    await devtools.detach()
    return float(used["usedSize"]) / (1 << 20)


def share(values: Sequence[float], percent: int) -> float:
    """The value that so many percent do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]


@dataclass(frozen=True)
class Figure:
    """One measured value and what it may be at most."""

    name: str
    value: float
    most: float
    unit: str = "ms"

    @property
    def is_kept(self) -> bool:
        return self.value <= self.most

    @property
    def words(self) -> str:
        digits = 0 if self.value >= 10 or self.value == int(self.value) else 2
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.name} {self.value:,.{digits}f}{unit} (<= {self.most:,g})"


@dataclass(frozen=True)
class Ledger:
    """Where budgets are reported."""

    write: Callable[[str], None]

    def hold(self, budget: str, what: str, *figures: Figure, rig: Rig = "A") -> None:
        """Say what was measured, in one line, and fail when it is over."""
        over = [figure for figure in figures if not figure.is_kept]
        said = ", ".join(figure.words for figure in figures)
        line = f"{budget:<4} {rig}  {what:<48} {said}  {'OVER' if over else 'ok'}"
        self.write(f"{line}  [load {os.getloadavg()[0]:.1f}]")
        assert not over, (
            f"{budget} {what}: over budget: {', '.join(figure.words for figure in over)}"
        )
