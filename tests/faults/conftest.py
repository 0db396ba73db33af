"""Hubs to be killed, and the people around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.nursery import Nursery, open_nursery


@pytest.fixture(scope="session")
def nursery_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One nursery for all tests of this worker."""
    with open_nursery(tmp_path_factory.mktemp("nursery")) as address:
        yield address


@pytest.fixture
async def nursery(nursery_address: Path) -> AsyncIterator[Nursery]:
    """Starts hubs quickly; what a test leaves running ends with it."""
    async with Nursery(nursery_address) as line:
        yield line
