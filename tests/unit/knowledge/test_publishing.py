"""What an article is called in addresses, and when its words are public."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.kernel.clock import Millis
from hub.kernel.ids import AgentId, ArticleId
from hub.knowledge.model import Article, Language, Status
from hub.knowledge.publishing import archived, free_slug, has_news, keeps_slug, published, slug_of

NOON = Millis(1_767_009_600_000)

DRAFT = Article(
    id=ArticleId("a"),
    rev=1,
    slug="returns",
    language=Language.EN,
    title="Returns",
    status=Status.DRAFT,
    text="Thirty days.",
    tags=(),
    translation_of=None,
    author_id=AgentId("ann"),
    created_at=NOON,
    updated_at=NOON,
    published_at=None,
    revision=1,
    published_revision=None,
)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("What to do when a parcel stops", "what-to-do-when-a-parcel-stops"),
        ("物流停滞怎么办？", "物流停滞怎么办"),
        ("退货 & 换货（30 天内）", "退货-换货-30-天内"),
        ("Größe “L”: ½ price!", "grösse-l-1-2-price"),
        ("../../etc/passwd", "etc-passwd"),
        ("<script>", "script"),
        ("?!", "article"),
        ("🙂", "article"),
        ("x" * 300, "x" * 80),
        ("x" * 79 + " y", "x" * 79),
    ],
)
def test_a_slug_is_the_readable_title(title: str, slug: str) -> None:
    assert slug_of(title) == slug


def test_a_taken_slug_gets_the_next_free_number() -> None:
    assert free_slug("Returns", {"return", "returned"}) == "returns"
    assert free_slug("Returns", {"returns"}) == "returns-2"
    assert free_slug("Returns", {"returns", "returns-2", "returns-4"}) == "returns-3"


def test_a_number_does_not_make_a_slug_too_long() -> None:
    assert free_slug("x" * 80, {"x" * 80}) == "x" * 78 + "-2"


def test_publishing_shows_the_newest_revision() -> None:
    after = published(replace(DRAFT, revision=3), NOON)

    assert (after.status, after.published_revision, after.published_at) == (
        Status.PUBLISHED, 3, NOON,
    )  # fmt: skip
    assert after.rev == DRAFT.rev + 1
    assert not has_news(after)


def test_what_was_written_since_is_news() -> None:
    after = replace(published(DRAFT, NOON), revision=2)

    assert has_news(after)


def test_archiving_takes_it_from_the_public_and_keeps_the_address() -> None:
    after = archived(published(DRAFT, NOON))

    assert (after.status, after.published_revision) == (Status.ARCHIVED, None)
    assert has_news(after)
    assert keeps_slug(after)
    assert not keeps_slug(DRAFT)
