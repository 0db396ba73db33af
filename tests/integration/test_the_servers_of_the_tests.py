"""The tests' own ground: the servers and the browser start, and every test gets clean ones."""

from __future__ import annotations

import pytest
import redis
import sqlalchemy as sa
from playwright.async_api import Browser

SEEN: set[str] = set()


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_gets_an_empty_database_of_its_own(any_database: str, turn: int) -> None:
    engine = sa.create_engine(any_database)

    with engine.begin() as connection:
        tables = sa.inspect(connection).get_table_names()
        events = connection.execute(sa.text("SELECT count(*) FROM events")).scalar_one()
        connection.execute(sa.text("CREATE TABLE mark (said TEXT)"))
        connection.execute(sa.text("INSERT INTO mark VALUES ('你好')"))
        said = connection.execute(sa.text("SELECT said FROM mark")).scalar_one()
    engine.dispose()

    assert "mark" not in tables
    assert events == 0
    assert said == "你好"
    assert any_database not in SEEN
    SEEN.add(any_database)


@pytest.mark.integration
@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_gets_an_empty_valkey(redis_url: str, turn: int) -> None:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        before = client.dbsize()
        client.set("said", "你好")
        said = client.get("said")

    assert before == 0
    assert said == "你好"


@pytest.mark.browser
async def test_the_browser_runs_scripts_and_speaks_chinese(browser: Browser) -> None:
    page = await browser.new_page(locale="zh-CN")

    await page.set_content("<p id=said></p><script>said.textContent = navigator.language</script>")

    assert await page.text_content("#said") == "zh-CN"
