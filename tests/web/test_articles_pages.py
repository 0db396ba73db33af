"""The public help centre: pages that need no script and no sign-in."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from functools import partial

import httpx2
import pytest

from hub.agents.model import Role
from hub.knowledge import api, pages, seeds, service
from hub.knowledge.model import Language
from tests.support.desk import Desk, Person, open_desk

HOSTILE = "<script>pwned=1</script>\"'&"


@pytest.fixture
async def desk(sqlite_url: str) -> AsyncIterator[Desk]:
    async with open_desk(sqlite_url, api.routes, pages=pages.routes()) as desk:
        yield desk


@pytest.fixture
async def ann(desk: Desk) -> Person:
    return await desk.signed_in(Role.SUPERVISOR)


@pytest.fixture
async def shop(desk: Desk, ann: Person) -> Person:
    await desk.database.write(partial(seeds.plant, by=ann.agent.id))
    return ann


@pytest.fixture
async def reader(desk: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    async with desk.browser() as browser:
        yield browser


async def publish(
    desk: Desk, ann: Person, language: Language, title: str, text: str, *, of: str | None = None
) -> str:
    made = await desk.database.write(
        partial(
            service.write_article,
            language=language,
            title=title,
            text=text,
            tags=[title],
            translation_of=of,
            by=ann.agent.id,
        )
    )
    await desk.database.write(partial(service.publish_article, article_id=made.id, by=ann.agent.id))
    return made.id


@pytest.mark.parametrize(
    ("wishes", "code"), [("zh-CN,zh;q=0.9", "zh"), ("en-GB", "en"), ("de,zh;q=0.5", "en")]
)
async def test_the_entrance_leads_to_the_readers_language(
    reader: httpx2.AsyncClient, wishes: str, code: str
) -> None:
    answer = await reader.get("/hc", headers={"Accept-Language": wishes})

    assert (answer.status_code, answer.headers["location"]) == (302, f"/hc/{code}")


@pytest.mark.parametrize(
    ("code", "tag", "brand", "topic", "title"),
    [
        ("zh", "zh-CN", "云杉家居", "配送与物流", "物流停滞怎么办"),
        ("en", "en", "Spruce Home", "Delivery", "What to do when a parcel stops moving"),
    ],
)
async def test_the_home_page_shows_the_topics_of_its_language(
    shop: Person,
    reader: httpx2.AsyncClient,
    code: str,
    tag: str,
    brand: str,
    topic: str,
    title: str,
) -> None:
    page = (await reader.get(f"/hc/{code}")).text

    assert f'<html lang="{tag}">' in page
    assert brand in page
    assert topic in page
    assert title in page


async def test_a_topic_shows_all_its_articles(shop: Person, reader: httpx2.AsyncClient) -> None:
    page = await reader.get("/hc/zh", params={"topic": "保修"})
    unknown = await reader.get("/hc/zh", params={"topic": "Guarantee"})

    assert page.text.count('<li><a href="/hc/zh/articles/') == 3
    assert "<h1>保修</h1>" in page.text
    assert unknown.status_code == 404


async def test_an_article_is_shown_with_its_translation_and_relations(
    shop: Person, reader: httpx2.AsyncClient
) -> None:
    page = (await reader.get("/hc/zh/articles/物流停滞怎么办")).text

    assert '<h1 lang="zh-CN">物流停滞怎么办</h1>' in page
    assert "<ol>\n<li>打开订单，点“物流有问题”。</li>" in page
    assert '<a href="#part-2" lang="zh-CN">申请补发</a>' in page
    assert 'href="/hc/en/articles/what-to-do-when-a-parcel-stops-moving"' in page
    assert "也有英文版" in page
    assert "2025 年 12 月 29 日更新" in page
    assert "怎么查物流" in page
    assert 'hreflang="en" href="https://desk.example/hc/en/articles/what-' in page


async def test_an_article_without_translation_says_so_and_shows_what_there_is(
    shop: Person, reader: httpx2.AsyncClient
) -> None:
    own = (await reader.get("/hc/en/articles/ordering-from-abroad")).text
    elsewhere = await reader.get("/hc/zh/articles/ordering-from-abroad")

    assert "Not in Chinese yet" in own
    assert 'href="/hc/zh/articles/ordering-from-abroad"' in own
    assert elsewhere.status_code == 200
    assert "此文章暂无中文版" in elsewhere.text
    assert '<h1 lang="en">Ordering from abroad</h1>' in elsewhere.text
    assert '<div class="text" lang="en">' in elsewhere.text


async def test_a_slug_of_the_other_language_leads_to_the_translation(
    shop: Person, reader: httpx2.AsyncClient
) -> None:
    answer = await reader.get("/hc/en/articles/物流停滞怎么办")

    assert answer.status_code == 302
    assert answer.headers["location"] == "/hc/en/articles/what-to-do-when-a-parcel-stops-moving"


async def test_searching_shows_pieces_with_the_words_marked(
    shop: Person, reader: httpx2.AsyncClient
) -> None:
    page = (await reader.get("/hc/zh/search", params={"q": "物流停"})).text

    assert '<b lang="zh-CN"><mark>物流停滞</mark>怎么办</b>' in page
    assert 'value="物流停"' in page
    assert all(
        len(re.sub("<.*?>", "", piece)) <= 170
        for piece in re.findall(r"<p lang=\"zh-CN\">.*?</p>", page)
    )


async def test_searching_says_openly_when_only_the_other_language_has_it(
    shop: Person, reader: httpx2.AsyncClient
) -> None:
    page = (await reader.get("/hc/en/search", params={"q": "以旧换新"})).text

    assert "These are in Chinese." in page
    assert '<b lang="zh-CN"><mark>以旧换新</mark>' in page
    assert "In Chinese</span>" in page


async def test_searching_in_vain_and_for_nothing(shop: Person, reader: httpx2.AsyncClient) -> None:
    vain = await reader.get("/hc/en/search", params={"q": "zebra"})
    nothing = await reader.get("/hc/en/search")

    assert (vain.status_code, nothing.status_code) == (200, 200)
    assert "Nothing found for “zebra”" in vain.text
    assert "Write a few words above" in nothing.text


@pytest.mark.parametrize(
    "path",
    ["/hc/de", "/hc/zh/nothing", "/hc/en/articles/nothing", "/hc/en/articles/%00",
     "/hc/en/articles/..%2f..%2fetc", "/hc/de/articles/returns", "/hc/de/search?q=x"],
)  # fmt: skip
async def test_what_is_not_there_is_said_on_a_page(reader: httpx2.AsyncClient, path: str) -> None:
    answer = await reader.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "没有这一页" in answer.text or "There is no such page" in answer.text


async def test_drafts_and_archived_articles_are_not_there(
    desk: Desk, ann: Person, reader: httpx2.AsyncClient
) -> None:
    await ann.post("/api/articles", {"language": "en", "title": "Draft", "text": "zebras"})
    gone = await publish(desk, ann, Language.EN, "Gone", "zebras")
    await ann.post(f"/api/articles/{gone}/archive")

    assert (await reader.get("/hc/en/articles/draft")).status_code == 404
    assert (await reader.get("/hc/en/articles/gone")).status_code == 404
    assert "zebras" not in (await reader.get("/hc/en/search?q=zebr")).text
    assert "Gone" not in (await reader.get("/hc/en")).text


async def test_readers_see_the_published_words_not_the_newest(
    desk: Desk, ann: Person, reader: httpx2.AsyncClient
) -> None:
    article = await publish(desk, ann, Language.EN, "Beds", "They fold.")
    await ann.patch(f"/api/articles/{article}", {"if_rev": 2, "text": "Secret.", "title": "New"})

    page = (await reader.get("/hc/en/articles/beds")).text

    assert "They fold." in page
    assert "Secret" not in page
    assert "New" not in (await reader.get("/hc/en")).text


async def test_whatever_is_written_or_asked_is_shown_as_text(
    desk: Desk, ann: Person, reader: httpx2.AsyncClient
) -> None:
    await publish(desk, ann, Language.EN, HOSTILE, HOSTILE + " word")

    for path, params in [
        ("/hc/en", {}),
        ("/hc/en", {"topic": HOSTILE}),
        ("/hc/en/search", {"q": HOSTILE}),
        ("/hc/en/search", {"q": "word"}),
        ("/hc/en/articles/script-pwned-1-script", {}),
        ("/hc/en/articles/" + HOSTILE, {}),
    ]:
        page = (await reader.get(path, params=params or None)).text
        assert "<script" not in page
        assert "&lt;script&gt;" in page or "no such page" in page, path


async def test_every_page_allows_its_own_style_and_nothing_else(
    shop: Person, reader: httpx2.AsyncClient
) -> None:
    answer = await reader.get("/hc/en")

    policy = answer.headers["content-security-policy"]
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    mark = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{mark}'" in policy
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "style=" not in answer.text


async def test_a_long_question_is_cut(shop: Person, reader: httpx2.AsyncClient) -> None:
    answer = await reader.get("/hc/en/search", params={"q": "a" * 3000})

    assert answer.status_code == 200
    assert "a" * 201 not in answer.text
