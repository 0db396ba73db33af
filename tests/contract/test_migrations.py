"""The schema that the migrations make is the one the code was written for, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

import hub.app.hub  # noqa: F401 - brings every table of the hub along
from hub.storage.migrate import migrate
from hub.storage.schema import metadata
from tests.support import servers
from tests.support.desk import NOON

OF_SEARCHES = (
    "_search",
    "_fts",
    "_fts_data",
    "_fts_idx",
    "_fts_content",
    "_fts_docsize",
    "_fts_config",
)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)],
)
def nothing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a table, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'nothing.db'}"
        return
    with servers.fresh_database(request.getfixturevalue("pg_url")) as url:
        yield url


def of_the_schema(thing: Any, name: str | None, kind: str, reflected: bool, _: Any) -> bool:
    """Leave out the searches' own tables and what the migrations keep for themselves."""
    table = name if kind == "table" else getattr(getattr(thing, "table", None), "name", "")
    return not (table or "").endswith(OF_SEARCHES) and table != "alembic_version"


def test_the_migrations_make_what_the_code_expects(nothing: str) -> None:
    migrate(nothing, NOON)

    engine = create_engine(nothing)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": of_the_schema, "compare_type": True}
        )
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


def test_migrating_again_changes_nothing(nothing: str) -> None:
    before, after = migrate(nothing, NOON)
    again = migrate(nothing, NOON)

    assert before is None
    assert again == (after, after)
