"""The articles' part of the API, through HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from hub.agents.model import Role
from hub.knowledge import api
from tests.support.desk import NOON, Desk, Person, open_desk

UNKNOWN = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
async def desk(any_database: str) -> AsyncIterator[Desk]:
    async with open_desk(any_database, api.routes) as desk:
        yield desk


@pytest.fixture
async def ann(desk: Desk) -> Person:
    return await desk.signed_in(Role.SUPERVISOR)


async def write(ann: Person, **given: Any) -> dict[str, Any]:
    body = {"language": "en", "title": "Returns", "text": "Thirty **days**.", **given}
    answer = await ann.post("/api/articles", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def patched(ann: Person, article: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = await ann.patch(
        f"/api/articles/{article['id']}", {"if_rev": article["rev"], **changes}
    )
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def publish(ann: Person, article: dict[str, Any]) -> dict[str, Any]:
    answer = await ann.post(f"/api/articles/{article['id']}/publish")
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_an_article_begins_as_a_draft(desk: Desk, ann: Person) -> None:
    article = await write(ann, tags=[" Returns ", "Returns", "sofa"])

    assert article == {
        "id": article["id"],
        "rev": 1,
        "slug": "returns",
        "language": "en",
        "title": "Returns",
        "status": "draft",
        "text": "Thirty **days**.",
        "html": "<p>Thirty <strong>days</strong>.</p>\n",
        "tags": ["Returns", "sofa"],
        "translation_of": None,
        "updated_at": NOON,
        "published_at": None,
        "author_id": ann.agent.id,
    }
    assert (await ann.get(f"/api/articles/{article['id']}")).json() == article
    told = (await desk.events())[-1]
    assert told.type == "article.written"
    assert told.changes[0].full == article


async def test_two_articles_of_one_title_have_two_slugs_in_one_language(ann: Person) -> None:
    slugs = [
        (await write(ann, language=language, title="退货 Returns"))["slug"]
        for language in ("zh", "zh", "en")
    ]

    assert slugs == ["退货-returns", "退货-returns-2", "退货-returns"]


async def test_every_change_is_a_revision_and_told_as_a_patch(desk: Desk, ann: Person) -> None:
    article = await write(ann)
    desk.clock.move(5)

    after = await patched(ann, article, title="Sending back", text="Sixty days.")

    assert (after["rev"], after["slug"], after["updated_at"]) == (2, "sending-back", NOON + 5)
    assert msgspec.to_builtins((await desk.events())[-1].changes[0]) == {
        "entity": "article",
        "id": article["id"],
        "rev": 2,
        "patch": {
            "title": "Sending back",
            "slug": "sending-back",
            "text": "Sixty days.",
            "html": "<p>Sixty days.</p>\n",
            "updated_at": NOON + 5,
        },
    }
    revisions = (await ann.get(f"/api/articles/{article['id']}/revisions")).json()["items"]
    assert [(r["number"], r["title"], r["public"]) for r in revisions] == [
        (2, "Sending back", False),
        (1, "Returns", False),
    ]


async def test_a_change_that_changes_nothing_makes_no_revision(desk: Desk, ann: Person) -> None:
    article = await write(ann)

    assert await patched(ann, article, title="Returns") == article
    assert (await desk.events())[-1].type == "article.written"


async def test_publishing_shows_the_newest_revision_once(desk: Desk, ann: Person) -> None:
    article = await patched(ann, await write(ann), text="Sixty days.")
    desk.clock.move(5)

    published = await publish(ann, article)
    again = await publish(ann, article)

    assert (published["status"], published["published_at"]) == ("published", NOON + 5)
    assert published["updated_at"] == NOON
    assert again == published
    told = [event.type for event in await desk.events() if event.type.startswith("article.")]
    assert told == ["article.written", "article.changed", "article.published"]
    revisions = (await ann.get(f"/api/articles/{article['id']}/revisions")).json()["items"]
    assert [r["public"] for r in revisions] == [True, False]


async def test_a_published_article_keeps_its_address(ann: Person) -> None:
    article = await publish(ann, await write(ann))

    after = await patched(ann, article, title="Sending back")

    assert (after["slug"], after["status"]) == ("returns", "published")


async def test_an_archived_article_can_be_published_again(ann: Person) -> None:
    article = await publish(ann, await write(ann))

    archived = (await ann.post(f"/api/articles/{article['id']}/archive")).json()
    again = await publish(ann, article)

    assert (archived["status"], archived["rev"]) == ("archived", 3)
    assert (again["status"], again["rev"]) == ("published", 4)


async def test_an_agent_may_write_but_not_publish(desk: Desk) -> None:
    bob = await desk.signed_in(Role.AGENT)
    article = await write(bob)

    answers = [
        await bob.post(f"/api/articles/{article['id']}/{deed}") for deed in ("publish", "archive")
    ]

    assert [answer.status_code for answer in answers] == [403, 403]


async def test_a_translation_is_linked_to_its_original(ann: Person) -> None:
    original = await write(ann)

    translation = await write(ann, language="zh", title="退货", translation_of=original["id"])
    second = await ann.post(
        "/api/articles",
        {"language": "zh", "title": "退货", "text": "", "translation_of": original["id"]},
    )
    back = await ann.post(
        "/api/articles",
        {"language": "en", "title": "x", "text": "", "translation_of": translation["id"]},
    )

    assert translation["translation_of"] == original["id"]
    assert (second.status_code, second.json()["code"]) == (409, "already_translated")
    assert (back.status_code, back.json()["code"]) == (409, "already_translated")


async def test_whoever_changes_an_old_state_is_told_the_new_one(ann: Person) -> None:
    article = await write(ann)
    current = await patched(ann, article, text="Sixty days.")

    answer = await ann.patch(f"/api/articles/{article['id']}", {"if_rev": 1, "text": "Ten."})

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_rev")
    assert answer.json()["current"] == current


async def test_the_list_has_pieces_and_comes_a_page_at_a_time(desk: Desk, ann: Person) -> None:
    for n in range(2):
        await write(ann, title=f"Article {n}", text="long words " * 200)
        desk.clock.move(1)
    await publish(ann, await write(ann, title="Article 2", text="long words " * 200))

    first = (await ann.get("/api/articles", limit=2)).json()
    second = (await ann.get("/api/articles", limit=2, cursor=first["next"])).json()

    assert [a["title"] for a in first["items"]] == ["Article 2", "Article 1"]
    assert [a["title"] for a in second["items"]] == ["Article 0"]
    assert second["next"] is None
    assert {"text", "html"}.isdisjoint(first["items"][0])
    assert len(first["items"][0]["snippet"]["text"]) <= 160
    published = (await ann.get("/api/articles", status="published")).json()["items"]
    assert [a["title"] for a in published] == ["Article 2"]
    assert (await ann.get("/api/articles", language="zh")).json()["items"] == []


async def test_searching_marks_the_words_and_says_when_it_is_the_other_language(
    ann: Person,
) -> None:
    await write(ann, language="zh", title="开发票", text="订单完成后可以开**电子发票**。")

    (hit,) = (await ann.get("/api/articles", q="发票", language="en")).json()["items"]

    assert hit["fallback"] is True
    assert hit["snippet"] == {"text": "订单完成后可以开电子发票。", "marks": [[10, 12]]}
    assert hit["title_marks"] == [[1, 3]]


@pytest.mark.parametrize("q", ['"', "NEAR(", "'; DROP TABLE articles", "*", "a" * 200, "%", "\\"])
async def test_operators_are_ordinary_characters(ann: Person, q: str) -> None:
    assert (await ann.get("/api/articles", q=q)).status_code == 200


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"title": "x", "text": ""}, "/language"),
        ({"language": "de", "title": "x", "text": ""}, "/language"),
        ({"language": "en", "text": ""}, "/title"),
        ({"language": "en", "title": " ", "text": ""}, "/title"),
        ({"language": "en", "title": "x" * 201, "text": ""}, "/title"),
        ({"language": "en", "title": "x", "text": 5}, "/text"),
        ({"language": "en", "title": "x", "text": "x" * 50_001}, "/text"),
        ({"language": "en", "title": "x", "text": "", "tags": "x"}, "/tags"),
        ({"language": "en", "title": "x", "text": "", "tags": ["x" * 41]}, "/tags/0"),
        ({"language": "en", "title": "x", "text": "", "html": "<b>"}, "/html"),
        ({"language": "en", "title": "x", "text": "", "status": "published"}, "/status"),
        (
            {"language": "en", "title": "x", "text": "", "translation_of": UNKNOWN},
            "/translation_of",
        ),
    ],
)
async def test_what_cannot_be_an_article_is_refused_with_its_place(
    ann: Person, body: dict[str, Any], path: str
) -> None:
    answer = await ann.post("/api/articles", body)

    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["faults"]] == [path]


async def test_an_article_is_no_translation_into_its_own_language(ann: Person) -> None:
    original = await write(ann)

    answer = await ann.post(
        "/api/articles",
        {"language": "en", "title": "x", "text": "", "translation_of": original["id"]},
    )

    assert answer.status_code == 422
    assert answer.json()["faults"][0]["path"] == "/translation_of"


@pytest.mark.parametrize("id_", [UNKNOWN, "x", "1 OR 1=1"])
async def test_an_unknown_article_is_not_found(ann: Person, id_: str) -> None:
    answers = [
        await ann.get(f"/api/articles/{id_}"),
        await ann.get(f"/api/articles/{id_}/revisions"),
        await ann.patch(f"/api/articles/{id_}", {"if_rev": 1, "title": "x"}),
        await ann.post(f"/api/articles/{id_}/publish"),
        await ann.post(f"/api/articles/{id_}/archive"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5


async def test_somebody_not_signed_in_sees_nothing_here(desk: Desk) -> None:
    async with desk.browser() as stranger:
        assert (await stranger.get("/api/articles")).status_code == 401
