"""Brings the schema to the version this code was written for, and refuses a newer one."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, select, text

from hub.kernel.clock import Millis
from hub.kernel.ids import new_id
from hub.storage.database import migrating_engine
from hub.storage.schema import hub_facts

VERSIONS = Path(__file__).parent / "migrations" / "versions"


class WrongSchema(Exception):
    """The database and this code do not fit."""


def revisions() -> list[str]:
    """The versions this code knows, oldest first: what the files of the migrations begin with."""
    return sorted(file.name.partition("_")[0] for file in VERSIONS.glob("[0-9]*.py"))


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def migrate(url: str, now: Millis) -> tuple[str | None, str]:
    """Bring the schema up to date; returns the version before and after.

    A migration runs in one transaction: ended half-way it leaves the version before it.
    """
    engine = migrating_engine(url)
    try:
        with engine.connect() as connection:
            before = _known_version(connection)
            connection.rollback()
            if before != revisions()[-1]:
                from hub.storage.upgrading import upgrade  # noqa: PLC0415 - see there

                upgrade(connection)
                connection.commit()
            with connection.begin():
                if (
                    connection.execute(select(hub_facts).where(hub_facts.c.name == "epoch")).first()
                    is None
                ):
                    connection.execute(hub_facts.insert().values(name="epoch", value=new_id(now)))
            after = _version(connection)
            connection.rollback()
    finally:
        engine.dispose()
    assert after is not None
    return before, after


def _known_version(connection: Connection) -> str | None:
    """The database's version; ``WrongSchema`` when a newer hub made it."""
    version = _version(connection)
    if version is not None and version not in revisions():
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
            newest = revisions()[-1]
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
