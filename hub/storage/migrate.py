"""Brings the schema to the version this code was written for, and refuses a newer one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, select

from hub.kernel.clock import Millis
from hub.kernel.ids import new_id
from hub.storage.database import migrating_engine
from hub.storage.schema import hub_facts, metadata


class WrongSchema(Exception):
    """The database and this code do not fit."""


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata
    return config


def migrate(url: str, now: Millis) -> tuple[str | None, str]:
    """Bring the schema up to date; returns the version before and after.

    A migration runs in one transaction: ended half-way it leaves the version before it.
    """
    engine = migrating_engine(url)
    try:
        with engine.connect() as connection:
            before = _known_version(connection)
            connection.rollback()
            command.upgrade(_config(connection), "head")
            connection.commit()
            with connection.begin():
                if (
                    connection.execute(select(hub_facts).where(hub_facts.c.name == "epoch")).first()
                    is None
                ):
                    connection.execute(hub_facts.insert().values(name="epoch", value=new_id(now)))
            after = MigrationContext.configure(connection).get_current_revision()
            connection.rollback()
    finally:
        engine.dispose()
    assert after is not None
    return before, after


def _known_version(connection: Connection) -> str | None:
    """The database's version; ``WrongSchema`` when a newer hub made it."""
    version = MigrationContext.configure(connection).get_current_revision()
    known = {
        script.revision
        for script in ScriptDirectory.from_config(_config(connection)).walk_revisions()
    }
    if version is not None and version not in known:
        raise WrongSchema(
            f"the database has schema {version}, which this version of the hub does not know: "
            "it was written by a newer hub. Start that one, or restore a backup."
        )
    return version


def check(url: str) -> None:
    """``WrongSchema`` unless the schema is the one this code was written for."""
    engine = migrating_engine(url)
    try:
        with engine.connect() as connection:
            version = _known_version(connection)
            newest = ScriptDirectory.from_config(_config(connection)).get_current_head()
            if version != newest:
                raise WrongSchema(
                    f"the database has schema {version}, this hub needs {newest}: run `hub migrate`"
                )
    finally:
        engine.dispose()


def epoch_of(connection: Connection) -> str:
    """The name of this log's life: a restored or reset hub has another."""
    return str(
        connection.execute(
            select(hub_facts.c.value).where(hub_facts.c.name == "epoch")
        ).scalar_one()
    )
