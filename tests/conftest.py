"""What every test may ask for: real databases and browsers, and a place for pictures."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.support import chromium as chromiums, servers


@pytest.fixture(scope="module", autouse=True)
def _what_leaks_shows_where_it_leaks() -> Iterator[None]:
    """What a file of tests left open is found at its end, not in the middle of another."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def pg_url() -> Iterator[str]:
    """The address of a real PostgreSQL server; take ``pg_database`` for a database of one's own."""
    with servers.postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def pg_template(pg_url: str) -> Iterator[str]:
    """The name of a PostgreSQL database with the tables made and nothing in them."""
    with servers.fresh_database(pg_url) as url:
        servers.make_tables(url)
        yield url.rpartition("/")[2].partition("?")[0]


@pytest.fixture
def pg_database(pg_url: str, pg_template: str) -> Iterator[str]:
    """The address of a PostgreSQL database that no other test has seen: tables, and nothing in
    them.
    """
    with servers.fresh_database(pg_url, template=pg_template) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with the tables made and nothing in them."""
    path = tmp_path_factory.mktemp("template") / "hub.db"
    servers.make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """The address of an SQLite database of one's own: tables, and nothing in them."""
    shutil.copyfile(sqlite_template, tmp_path / "hub.db")
    return f"sqlite:///{tmp_path / 'hub.db'}"


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)],
)
def any_database(request: pytest.FixtureRequest) -> str:
    """The address of a database of one's own, once of each kind: what passes must pass on both."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "pg_database"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The address of a real Valkey server; take ``redis_url`` for an empty one."""
    with servers.valkey() as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> Iterator[str]:
    """The address of a Valkey database with nothing in it."""
    servers.empty_redis(redis_server)
    yield redis_server
    servers.empty_redis(redis_server)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real Chromium."""
    return chromiums.find_chromium()


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A running Chromium. Open a context for each person who takes part."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=chromium, args=chromiums.ARGUMENTS
        )
        yield running
        await running.close()


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where a test leaves what a person should look at: screenshots, traces, reports."""
    folder = Path(__file__).parent / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def many_faults() -> bool:
    """Whether to try a fault thousands of times (`make test-faults`), not a few (`make test`)."""
    return os.environ.get("HUB_FAULTS") == "many"
