"""The few places where the two databases spell the same thing differently."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Table,
    Text,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

from hub.storage.schema import counters

_encode = msgspec.json.Encoder().encode


class one_of(ColumnElement[bool]):  # noqa: N801 - reads as SQL
    """``column`` is one of the texts in the parameter ``name``: one cached statement for any number
    of them.

    The parameter is given by ``texts``: a JSON array, unpacked inside the database.
    """

    inherit_cache = True
    type = Boolean()

    _traverse_internals = [  # noqa: RUF012 - the shape SQLAlchemy asks for
        ("column", InternalTraversal.dp_clauseelement),
        ("values", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.values = bindparam(name, type_=Text())

    @override
    def self_group(self, against: Any = None) -> one_of:
        """As it is: SQLAlchemy would write ``= 1`` behind it, and SQLite then uses no index."""
        return self


@compiles(one_of, "sqlite")
def _one_of_sqlite(element: one_of, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = compiler.process(element.column, **kw), compiler.process(element.values, **kw)
    return f"{column} IN (SELECT value FROM json_each({values}))"


@compiles(one_of, "postgresql")
def _one_of_postgresql(element: one_of, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = compiler.process(element.column, **kw), compiler.process(element.values, **kw)
    return f"{column} = ANY (ARRAY(SELECT json_array_elements_text(CAST({values} AS json))))"


class text_within(ColumnElement[str]):  # noqa: N801 - reads as SQL
    """The text under ``key`` in a ``Json`` column that holds an object."""

    inherit_cache = True
    type = Text()

    _traverse_internals = [  # noqa: RUF012 - the shape SQLAlchemy asks for
        ("column", InternalTraversal.dp_clauseelement),
        ("key", InternalTraversal.dp_string),
    ]

    def __init__(self, column: ColumnElement[Any], key: str) -> None:
        if not key.isidentifier():
            raise ValueError("a key is a plain name")
        self.column = column
        self.key = key


@compiles(text_within, "sqlite")
def _text_within_sqlite(element: text_within, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_extract({compiler.process(element.column, **kw)}, '$.{element.key}')"


@compiles(text_within, "postgresql")
def _text_within_postgresql(element: text_within, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({compiler.process(element.column, **kw)} AS json) ->> '{element.key}'"


def held(statement: Select[Any], *, by_id: bool = False) -> dict[str, Select[Any]]:
    """The statement for each database, to read rows that will be changed. Its first column is the
    id.

    Where several nodes write, the rows are held until the commit, so that whoever comes second sees
    what the first one made of them; and they are taken in the order of their ids, so that fewer
    wait for each other. What refers to such a row may still be added meanwhile.

    ``by_id`` says that the rows are looked up by their ids. Where they are not, PostgreSQL must not
    see that the index of ids is in the order that is asked for, or it may walk through all of it.
    """
    id_ = statement.selected_columns[0]
    order = id_ if by_id else id_.concat(literal_column("''"))
    ordered = statement.order_by(None).order_by(order)
    return {"sqlite": statement, "postgresql": ordered.with_for_update(key_share=True)}


def texts(values: Iterable[str]) -> str:
    """The value for a parameter of ``one_of``."""
    return _encode(list(values)).decode()


class Lookup:
    """A select of the hot path, compiled once, whose parameter ``name`` is a list of ``one_of``.

    It runs on the driver's own cursor, past SQLAlchemy's work for each statement and row, and gives
    plain tuples as the driver gives them: what ``Json`` columns hold is still text.
    """

    def __init__(self, statement: Select[Any] | dict[str, Select[Any]], name: str) -> None:
        self._statement = statement
        self._name = name
        self._compiled: dict[str, tuple[str, dict[str, Any], Sequence[str] | None]] = {}

    def __call__(self, connection: Connection, values: Iterable[str]) -> list[tuple[Any, ...]]:
        kind = connection.dialect.name
        made = self._compiled.get(kind) or self._compile(connection.dialect)
        sql, given, order = made
        named = given | {self._name: texts(dict.fromkeys(values))}
        parameters = named if order is None else [named[name] for name in order]
        rows: list[tuple[Any, ...]] = straight(connection, sql, parameters).fetchall()
        return rows

    def _compile(self, dialect: Dialect) -> tuple[str, dict[str, Any], Sequence[str] | None]:
        of = self._statement
        statement = of[dialect.name] if isinstance(of, dict) else of
        made = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        assert isinstance(made, SQLCompiler)
        order = made.positiontup if made.positional else None
        self._compiled[dialect.name] = found = (str(made), dict(made.params), order)
        return found


def straight(connection: Connection, sql: str, parameters: Any = (), *, many: bool = False) -> Any:
    """Run a statement on the driver's own cursor; it fails as SQLAlchemy's would."""
    cursor = connection.connection.cursor()
    driver = connection.dialect.loaded_dbapi
    try:
        (cursor.executemany if many else cursor.execute)(sql, parameters)
    except driver.Error as error:
        raise DBAPIError.instance(
            sql, None, error, driver.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
    return cursor


class Json(TypeDecorator[Any]):
    """A JSON value kept as text, the same on both databases."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: Any, dialect: object) -> str | None:
        return json_text(value)

    @override
    def process_result_value(self, value: str | None, dialect: object) -> Any:
        return None if value is None else msgspec.json.decode(value)


_count = (
    counters.update()
    .where(counters.c.name == bindparam("counter"))
    .values(value=counters.c.value + bindparam("by"))
    .returning(counters.c.value)
)


def next_numbers(connection: Connection, name: str, count: int) -> range:
    """Take ``count`` consecutive numbers, gap-free as far as transactions commit, beginning
    with 1.
    """
    last = connection.execute(_count, {"counter": name, "by": count}).scalar()
    if last is None:
        connection.execute(counters.insert().values(name=name, value=count))
        last = count
    return range(last - count + 1, last + 1)


def many(connection: Connection, statement: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Run one statement for many rows; nothing for none."""
    if rows:
        connection.execute(statement, rows)


def count_of(connection: Connection, selectable: Any) -> int:
    """How many rows a select gives."""
    return int(
        connection.execute(select(func.count()).select_from(selectable.subquery())).scalar_one()
    )


class BulkInsert:
    """Inserts many rows given as tuples in the order of ``names``, past SQLAlchemy's work for each
    row.

    SQLite runs one prepared statement for all; PostgreSQL gets all rows as one JSON text. Values
    must be what the driver takes: JSON already encoded to text.
    """

    def __init__(self, table: Table, names: Sequence[str] | None = None) -> None:
        columns = [table.c[name] for name in names] if names is not None else list(table.c)
        listed = ", ".join(f'"{column.name}"' for column in columns)
        marks = ", ".join("?" * len(columns))
        self._run = _Bulk(
            sqlite=f'INSERT INTO "{table.name}" ({listed}) VALUES ({marks})',
            postgresql=f'INSERT INTO "{table.name}" ({listed})'
            f" SELECT {listed} FROM {_given(columns)}",
            names=[column.name for column in columns],
        )

    def __call__(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        self._run(connection, rows)


class BulkUpdate:
    """Sets ``names`` of many rows given as tuples ``(*values, id)``; see ``BulkInsert``."""

    def __init__(self, table: Table, names: Sequence[str], key: str = "id") -> None:
        columns = [*(table.c[name] for name in names), table.c[key]]
        marks = ", ".join(f'"{name}" = ?' for name in names)
        given = ", ".join(f'"{name}" = given."{name}"' for name in names)
        self._run = _Bulk(
            sqlite=f'UPDATE "{table.name}" SET {marks} WHERE "{key}" = ?',
            postgresql=f'UPDATE "{table.name}" AS old SET {given} FROM {_given(columns)}'
            f' WHERE old."{key}" = given."{key}"',
            names=[column.name for column in columns],
        )

    def __call__(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        self._run(connection, rows)


@dataclass(frozen=True, slots=True)
class _Bulk:
    """One statement for many rows, as each database takes it."""

    sqlite: str
    postgresql: str
    names: Sequence[str]

    def __call__(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        if connection.dialect.name == "sqlite":
            straight(connection, self.sqlite, rows, many=True)
        else:
            named = [dict(zip(self.names, row, strict=True)) for row in rows]
            given = _encode(named).decode()
            straight(connection, self.postgresql, (given,))


def _given(columns: Sequence[Column[Any]]) -> str:
    """The rows of one JSON parameter as a table of PostgreSQL's called *given*."""
    listed = ", ".join(f'"{column.name}" {_type_of(column)}' for column in columns)
    return f"json_to_recordset(%s::json) AS given ({listed})"


def _type_of(column: Column[Any]) -> str:
    """The PostgreSQL type of a column."""
    kind = column.type
    if isinstance(kind, BigInteger):
        return "bigint"
    if isinstance(kind, Integer):
        return "integer"
    return "boolean" if isinstance(kind, Boolean) else "text"


def json_text(value: Any) -> str | None:
    """A value for a ``Json`` column in a bulk statement."""
    return None if value is None else _encode(value).decode()
