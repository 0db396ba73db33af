"""The schema that the migrations make is the one the code was written for, on both databases."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

import hub.__main__  # noqa: F401 - brings every table of the hub along
from hub.storage.migrate import migrate
from hub.storage.schema import metadata
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


def of_the_schema(thing: Any, name: str | None, kind: str, reflected: bool, _: Any) -> bool:
    """Leave out the searches' own tables and what the migrations keep for themselves."""
    table = name if kind == "table" else getattr(getattr(thing, "table", None), "name", "")
    return not (table or "").endswith(OF_SEARCHES) and table != "alembic_version"


def test_the_migrations_make_what_the_code_expects(any_database: str) -> None:
    migrate(any_database, NOON)

    engine = create_engine(any_database)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": of_the_schema, "compare_type": True}
        )
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


def test_migrating_again_changes_nothing(any_database: str) -> None:
    before, after = migrate(any_database, NOON)
    again = migrate(any_database, NOON)

    assert before is None
    assert again == (after, after)
