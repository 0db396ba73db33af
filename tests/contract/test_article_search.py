"""Articles are found the same way on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from hub.agents import service as agents
from hub.agents.model import Role
from hub.kernel.clock import Millis
from hub.kernel.ids import AgentId
from hub.knowledge import finding, service
from hub.knowledge.model import Language, Status
from hub.storage.chart import Chart
from hub.storage.database import migrating_engine
from hub.storage.migrate import migrate
from hub.storage.unit import Unit

T = TypeVar("T")
NOON = Millis(1_767_009_600_000)
ZH, EN = Language.ZH, Language.EN


class Library:
    """Some articles, and two ways to look for them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.unit = Unit(connection, NOON, Chart())
        self.by: AgentId = agents.add_agent(
            self.unit, email="a@b.example", name="Ann", role=Role.ADMIN, password_hash=None
        ).id
        self.titles: dict[str, str] = {}

    def write(
        self,
        language: Language,
        title: str,
        text: str,
        tags: tuple[str, ...] = (),
        *,
        publish: bool = True,
    ) -> str:
        made = service.write_article(
            self.unit, language=language, title=title, text=text, tags=tags, by=self.by
        )
        self.titles[made.id] = title
        if publish:
            service.publish_article(self.unit, made.id, by=self.by)
        return made.id

    def public(self, question: str, language: Language) -> list[str]:
        found = finding.find_public(self.connection, question, language, 20)
        return [one.article.title + (" *" if one.fallback else "") for one in found]

    def agents(
        self, question: str, language: Language | None = None, *statuses: Status
    ) -> list[str]:
        found = finding.find_articles(self.connection, question, language, statuses, 20)
        return [one.title + (" *" if one.fallback else "") for one in found]


@pytest.fixture
def library(any_database: str) -> Iterator[Library]:
    migrate(any_database, NOON)
    engine = migrating_engine(any_database)
    with engine.begin() as connection:
        library = Library(connection)
        library.write(ZH, "物流停滞怎么办", "大件在**中转场**停 2–4 天是正常的。", ("配送",))
        library.write(
            ZH, "怎样开发票", "物流单号写在发票背面。物流、物流、物流,还是物流。", ("账单",)
        )
        library.write(
            EN, "Parcel not moving", "Large items may stay 2-4 days at a hub.", ("Delivery",)
        )
        library.write(EN, "Paying by instalments", "A parcel is paid in three parts.", ("Billing",))
        library.write(EN, "Secret plans", "The parcel robots come in May.", publish=False)
        yield library
    engine.dispose()


@pytest.mark.parametrize(
    ("question", "language", "titles"),
    [
        ("中转场", ZH, ["物流停滞怎么办"]),
        ("物流", ZH, ["物流停滞怎么办", "怎样开发票"]),
        ("物流停", ZH, ["物流停滞怎么办"]),
        ("parcel", EN, ["Parcel not moving", "Paying by instalments"]),
        ("PARC", EN, ["Parcel not moving", "Paying by instalments"]),
        ("parcels instalment", EN, ["Paying by instalments"]),
        ("delivery", EN, ["Parcel not moving"]),
        ("配送", ZH, ["物流停滞怎么办"]),
        ("robots", EN, []),
        ("secret", EN, []),
        ("zebra", EN, []),
        ("", EN, []),
        ('") OR (*', EN, []),
    ],
)
def test_the_public_finds_what_is_published(
    library: Library, question: str, language: Language, titles: list[str]
) -> None:
    assert library.public(question, language) == titles


def test_where_nothing_fits_the_other_language_is_offered_openly(library: Library) -> None:
    assert library.public("parcel", ZH) == ["Parcel not moving *", "Paying by instalments *"]
    assert library.public("发票", EN) == ["怎样开发票 *"]


def test_a_whole_question_finds_what_it_is_about(library: Library) -> None:
    assert library.public("How can I see where my parcel is, please?", EN) == [
        "Parcel not moving",
        "Paying by instalments",
    ]
    assert library.public("请问在哪里可以开发票呢", ZH) == ["怎样开发票"]
    assert library.public("我的沙发物流三天没动了", ZH)[0] == "物流停滞怎么办"


def test_agents_find_drafts_and_archived_ones_too(library: Library) -> None:
    first, *others = library.agents("parcel", EN)

    assert first == "Parcel not moving"
    assert set(others) == {"Paying by instalments", "Secret plans"}
    assert library.agents("robots", None, Status.DRAFT) == ["Secret plans"]
    assert library.agents("robots", None, Status.PUBLISHED) == []


def test_the_public_finds_only_the_published_words(library: Library) -> None:
    article_id = library.write(EN, "Sofa beds", "They fold.")

    service.change_article(
        library.unit, article_id, {"text": "They unroll."}, if_rev=2, by=library.by
    )

    assert library.public("fold", EN) == ["Sofa beds"]
    assert library.public("unroll", EN) == []
    assert library.agents("unroll", EN) == ["Sofa beds"]
    service.publish_article(library.unit, article_id, by=library.by)
    assert library.public("fold", EN) == []
    assert library.public("unroll", EN) == ["Sofa beds"]


def test_the_public_does_not_find_what_is_archived(library: Library) -> None:
    article_id = library.write(EN, "Sofa beds", "They fold.")

    service.archive_article(library.unit, article_id, by=library.by)

    assert library.public("sofa", EN) == []
    assert library.agents("sofa", EN) == ["Sofa beds"]


def test_what_is_found_shows_why(library: Library) -> None:
    library.write(EN, "Wardrobes 🙂 wide", "word " * 100 + "the hinge is loose " + "word " * 100)

    (hit,) = finding.find_articles(library.connection, "hinge wide", EN, (), 5)

    assert len(hit.snippet.text) <= 160
    (mark,) = hit.snippet.marks
    assert hit.snippet.text[slice(*mark)] == "hinge"
    assert hit.title_marks == ((13, 17),), "the smile counts as two, as in JavaScript"
