"""The search index finds the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, MetaData, select

from hub.storage.database import migrating_engine
from hub.storage.textsearch import SearchIndex
from hub.storage.words import Wanted

INDEX = SearchIndex("things", MetaData(), title=1.0, text=0.2)

THINGS = {
    "1": ("物流停滞怎么办", "大件在中转场停 2–4 天是正常的。"),
    "2": ("开发票", "物流单号写在发票背面。物流、物流、物流,还是物流。"),
    "3": ("Parcel not moving", "Large items may stay 2-4 days at a hub."),
    "4": ("Retouren", "Rückerstattung für Österreich dauert drei Tage. The parcel comes back."),
}


@pytest.fixture
def connection(any_database: str) -> Iterator[Connection]:
    engine = migrating_engine(any_database)
    with engine.begin() as connection:
        INDEX.create(connection)
        INDEX.put(connection, THINGS.items())
        yield connection
    engine.dispose()


def found(connection: Connection, question: str, *, every: bool = True) -> list[str]:
    return [f.id for f in INDEX.find(connection, Wanted.of(question), limit=10, every=every)]


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("中转场", {"1"}),
        ("发票", {"2"}),
        ("停滞", {"1"}),
        ("物流 发票", {"2"}),
        ("parc", {"3", "4"}),
        ("PARCELS", {"3", "4"}),
        ("rückerstattung", {"4"}),
        ("Ruckerstatt", {"4"}),
        ("days hub", {"3"}),
        ("天", {"1"}),
        ("parcel 物流", set()),
        ("退款", set()),
        ("", set()),
    ],
)
def test_words_are_found_in_either_language(
    connection: Connection, question: str, ids: set[str]
) -> None:
    assert set(found(connection, question)) == ids


def test_a_word_in_the_title_outweighs_many_in_the_text(connection: Connection) -> None:
    assert found(connection, "物流") == ["1", "2"]
    assert found(connection, "parcel") == ["3", "4"]


def test_any_word_is_enough_when_not_every_one_is_asked_for(connection: Connection) -> None:
    assert set(found(connection, "退款 parcel 发票", every=False)) == {"2", "3", "4"}


@pytest.mark.parametrize(
    "typed",
    ['"', '" OR "', "NEAR(parcel hub)", "parcel*) OR (", "title:parcel", "-parcel", "'; DROP TABLE",
     "1 OR 1=1", "parcel & | !", "<-> :*", "%_%", "\\", "𬮶", "🙂", "½ ㈱ ﷺ", "a" * 5000, "的" * 9],
)  # fmt: skip
def test_whatever_is_typed_is_words_and_never_an_error(connection: Connection, typed: str) -> None:
    found(connection, typed)
    found(connection, typed, every=False)

    assert found(connection, "停滞") == ["1"]


@pytest.mark.parametrize(
    "text", ["\U0002cbbf村", "½ ㈱ ﷺ", "don’t 'quote' \\ back", "a" * 9000, "的 " * 60_000]
)
def test_whatever_is_written_can_be_indexed(connection: Connection, text: str) -> None:
    INDEX.put(connection, [("5", ("odd", text))])

    assert found(connection, "odd") == ["5"]


def test_a_rare_character_is_found(connection: Connection) -> None:
    INDEX.put(connection, [("5", ("𬮶村", ""))])

    assert found(connection, "𬮶") == ["5"]


def test_what_is_indexed_again_is_replaced(connection: Connection) -> None:
    INDEX.put(connection, [("1", ("退款", "")), ("5", ("退款", ""))])

    assert set(found(connection, "退款")) == {"1", "5"}
    assert found(connection, "停滞") == []


def test_what_is_dropped_is_not_found(connection: Connection) -> None:
    INDEX.drop(connection, ["1", "2", "unknown"])

    assert found(connection, "物流") == []
    assert found(connection, "hub") == ["3"]


def test_the_newest_come_first_a_page_at_a_time(connection: Connection) -> None:
    INDEX.put(connection, [(f"{n}", ("parcel", "")) for n in range(5, 9)])
    wanted = Wanted.of("parcel")

    first = INDEX.find(connection, wanted, limit=4, newest=True)
    second = INDEX.find(connection, wanted, limit=4, newest=True, before=first[-1].id)

    assert [f.id for f in first] == ["8", "7", "6", "5"]
    assert [f.id for f in second] == ["4", "3"]


def test_hits_can_be_joined_with_a_table(connection: Connection) -> None:
    hits = INDEX.hits(connection)
    statement = select(hits.c.id).where(hits.c.id != "3").order_by(hits.c.score.desc())

    rows = connection.execute(
        statement, {"wanted": INDEX.asked(connection, Wanted.of("parcel"))}
    ).scalars()

    assert list(rows) == ["4"]
