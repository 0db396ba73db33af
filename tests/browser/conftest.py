"""What the browser tests share: the demo's shop, running, without its simulated people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support.shop import Shop, open_shop

expect.set_options(timeout=15_000)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """The shop, open, with nobody in it."""
    async with open_shop(tmp_path) as running:
        yield running
