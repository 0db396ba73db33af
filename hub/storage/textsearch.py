"""Full text search, the same on both databases: the index of one kind of thing.

    index = SearchIndex("articles", metadata, title=1.0, text=0.2)     # in store.py, like a table
    index.put(connection, [(id, (title, text)), ...])             # add or replace, any many
    index.drop(connection, [id, ...])

    wanted = Wanted.of("物流停")                                  # hub.storage.words
    index.find(connection, wanted, limit=20)                      # [Found(id, score)], best first
    index.find(connection, wanted, limit=20, newest=True)         # the last added first ...
    index.find(connection, wanted, limit=20, newest=True, before=id)    # ... and the next page

    hits = index.hits(connection)      # to join with one's own tables: columns id, score
    connection.execute(
        select(articles).join(hits, hits.c.id == articles.c.id).order_by(hits.c.score.desc()),
        {"wanted": index.asked(connection, wanted)},
    )

Every word asked for must be there, or with ``every=False`` any one of them.
The databases are given words (``hub.storage.words``) and never parse a text themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from string import Template

from sqlalchemy import (
    CTE,
    Connection,
    Executable,
    Float,
    MetaData,
    Text,
    TextClause,
    bindparam,
    column,
    select,
    text,
)

from hub.storage.sql import many, texts
from hub.storage.words import MOST_CHARACTERS, Wanted, segment, words_of


@dataclass(frozen=True, slots=True)
class Found:
    """Something found. A greater ``score`` is better, for this question only."""

    id: str
    score: float


class SearchIndex:
    """The words of one kind of thing: FTS5 on SQLite, a tsvector with a GIN index on PostgreSQL.

    ``fields`` (one to four) names the texts given to ``put``, in order, and what a word weighs
    there (0 to 1). The tables are ``<name>_search``, and on SQLite ``<name>_fts``; they are made
    with those of ``metadata`` (``create_indexes``).
    """

    def __init__(self, name: str, metadata: MetaData, /, **fields: float) -> None:
        if not name.isidentifier() or not 1 <= len(fields) <= len(_LABELS):
            raise ValueError("an index has a plain name and one to four fields")
        self.name = name
        self._ways: dict[str, _Fts5 | _Tsvector] = {
            "sqlite": _Fts5(name, fields),
            "postgresql": _Tsvector(name, fields),
        }
        metadata.info.setdefault(_INDEXES, []).append(self)

    def create(self, connection: Connection) -> None:
        """Make the tables, where they are not there yet."""
        for statement in self._way(connection).create:
            connection.execute(statement)

    def put(self, connection: Connection, things: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Index these: an id, and a text for each field. Replaces what was there for that id."""
        self._way(connection).put(connection, things)

    def drop(self, connection: Connection, ids: Iterable[str]) -> None:
        """Forget these."""
        gone = {"ids": texts(ids)}
        for statement in self._way(connection).drop:
            connection.execute(statement, gone)

    def asked(self, connection: Connection, wanted: Wanted, *, every: bool = True) -> str:
        """The value of the parameter ``wanted`` in a statement with ``hits``."""
        if not wanted:
            raise ValueError("nothing is asked for")
        return self._way(connection).asked(wanted, every=every)

    def hits(self, connection: Connection) -> CTE:
        """What fits the parameter ``wanted``: columns ``id`` and ``score``, to join with tables."""
        return self._way(connection).hits

    def find(
        self,
        connection: Connection,
        wanted: Wanted,
        *,
        limit: int,
        every: bool = True,
        newest: bool = False,
        before: str | None = None,
    ) -> list[Found]:
        """What fits, the best first; or the last added first, on from the one called ``before``.

        Where there may be very many ask for the ``newest``: the best of a million have to be
        looked at one by one.
        """
        if not wanted:
            return []
        way = self._way(connection)
        given = {"wanted": way.asked(wanted, every=every), "limit": limit}
        statement = way.newest if newest else way.best
        if newest and before is not None:
            statement = way.newest_before
            given["before"] = before
        return [Found(*row) for row in connection.execute(statement, given)]

    def _way(self, connection: Connection) -> _Fts5 | _Tsvector:
        return self._ways[connection.dialect.name]


_INDEXES = "search indexes"


def create_indexes(metadata: MetaData, connection: Connection) -> None:
    """Make the tables of every index that belongs to ``metadata``: for a migration."""
    for index in metadata.info.get(_INDEXES, ()):
        index.create(connection)


class _Fts5:
    """How SQLite does it. The tokenizer ``ascii`` only splits at our blanks: all else is a word."""

    def __init__(self, name: str, fields: dict[str, float]) -> None:
        names = {
            "docs": f"{name}_search",
            "fts": f"{name}_fts",
            "fields": ", ".join(fields),
            "given": ", ".join(f":{field}" for field in fields),
            # Squared, because bm25 adds up every place of a word, where ts_rank takes ever less.
            "weights": ", ".join(str(20 * weight**2) for weight in fields.values()),
        }

        def sql(template: str) -> TextClause:
            return text(Template(template).substitute(names))

        self._fields = tuple(fields)
        self.create = (
            sql(
                "CREATE TABLE IF NOT EXISTS $docs"
                " (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)"
            ),
            sql("CREATE VIRTUAL TABLE IF NOT EXISTS $fts USING fts5($fields, tokenize = 'ascii')"),
        )
        self._put = (
            sql("INSERT INTO $docs (id) VALUES (:id) ON CONFLICT DO NOTHING"),
            sql("DELETE FROM $fts WHERE rowid = (SELECT number FROM $docs WHERE id = :id)"),
            sql(
                "INSERT INTO $fts (rowid, $fields) SELECT number, $given FROM $docs WHERE id = :id"
            ),
        )
        self.drop = (
            sql(
                "DELETE FROM $fts WHERE rowid IN (SELECT number FROM $docs"
                " WHERE id IN (SELECT value FROM json_each(:ids)))"
            ),
            sql("DELETE FROM $docs WHERE id IN (SELECT value FROM json_each(:ids))"),
        )
        self.hits = _hits(
            sql(
                "SELECT d.id, -bm25($fts, $weights) AS score"
                " FROM $fts JOIN $docs d ON d.number = $fts.rowid WHERE $fts MATCH :wanted"
            )
        )
        self.best = _best(self.hits)
        self.newest: Executable = sql(
            "SELECT d.id, 0.0 FROM $fts JOIN $docs d ON d.number = $fts.rowid"
            " WHERE $fts MATCH :wanted ORDER BY $fts.rowid DESC LIMIT :limit"
        )
        self.newest_before: Executable = sql(
            "SELECT d.id, 0.0 FROM $fts JOIN $docs d ON d.number = $fts.rowid"
            " WHERE $fts MATCH :wanted"
            " AND $fts.rowid < (SELECT number FROM $docs WHERE id = :before)"
            " ORDER BY $fts.rowid DESC LIMIT :limit"
        )

    def put(self, connection: Connection, things: Iterable[tuple[str, Sequence[str]]]) -> None:
        rows = [
            {"id": id_, **dict(zip(self._fields, map(segment, given), strict=True))}
            for id_, given in things
        ]
        for statement in self._put:
            many(connection, statement, rows)

    @staticmethod
    def asked(wanted: Wanted, *, every: bool) -> str:
        return (" AND " if every else " OR ").join(
            f'"{term.form}"*' if term.is_prefix else f'"{term.form}"' for term in wanted.terms
        )


class _Tsvector:
    """How PostgreSQL does it. No parser of its own takes part, so its locale does not matter."""

    def __init__(self, name: str, fields: dict[str, float]) -> None:
        weights = [*fields.values(), *(0.0 for _ in _LABELS[len(fields) :])]
        names = {
            "docs": f"{name}_search",
            "weights": ", ".join(str(weight) for weight in reversed(weights)),
        }

        def sql(template: str) -> TextClause:
            return text(Template(template).substitute(names))

        self._fields = tuple(fields)
        self.create = (
            sql("CREATE TABLE IF NOT EXISTS $docs (id TEXT PRIMARY KEY, words tsvector NOT NULL)"),
            sql("CREATE INDEX IF NOT EXISTS ix_${docs}_words ON $docs USING gin (words)"),
        )
        self._put = sql(
            "INSERT INTO $docs (id, words) VALUES (:id, CAST(:words AS tsvector))"
            " ON CONFLICT (id) DO UPDATE SET words = excluded.words"
        )
        self.drop = (
            sql(
                "DELETE FROM $docs"
                " WHERE id IN (SELECT json_array_elements_text(CAST(:ids AS json)))"
            ),
        )
        self.hits = _hits(
            sql(
                "SELECT id, ts_rank('{$weights}', words, CAST(:wanted AS tsquery)) AS score"
                " FROM $docs WHERE words @@ CAST(:wanted AS tsquery)"
            )
        )
        self.best = _best(self.hits)
        self.newest: Executable = sql(
            "SELECT id, 0.0::float8 FROM $docs WHERE words @@ CAST(:wanted AS tsquery)"
            " ORDER BY id DESC LIMIT :limit"
        )
        self.newest_before: Executable = sql(
            "SELECT id, 0.0::float8 FROM $docs WHERE words @@ CAST(:wanted AS tsquery)"
            " AND id < :before ORDER BY id DESC LIMIT :limit"
        )

    def put(self, connection: Connection, things: Iterable[tuple[str, Sequence[str]]]) -> None:
        rows = []
        for id_, given in things:
            if len(given) != len(self._fields):
                raise ValueError(f"a text for each of {self._fields} is needed")
            rows.append({"id": id_, "words": vector_of(given)})
        many(connection, self._put, rows)

    @staticmethod
    def asked(wanted: Wanted, *, every: bool) -> str:
        return (" & " if every else " | ").join(
            f"'{term.form}':*" if term.is_prefix else f"'{term.form}'" for term in wanted.terms
        )


_LABELS = "ABCD"
_LAST_POSITION = 16_383
_MOST_POSITIONS = 255


def vector_of(given: Sequence[str]) -> str:
    """Some texts as a tsvector: each word with its positions, those in the first text marked A.

    Form and limits: https://www.postgresql.org/docs/current/datatype-textsearch.html
    """
    places: dict[str, list[str]] = {}
    at = 0
    for label, one in zip(_LABELS, given, strict=False):
        for word in words_of(one[:MOST_CHARACTERS]):
            at = min(at + 1, _LAST_POSITION)
            found = places.setdefault(word.form, [])
            if len(found) < _MOST_POSITIONS:
                found.append(f"{at}{label}")
    return " ".join(f"'{form}':{','.join(found)}" for form, found in places.items())


def _hits(statement: TextClause) -> CTE:
    made = statement.columns(column("id", Text), column("score", Float)).cte("hits")
    # Kept apart, or the planner may ask the index once for each row of the other table.
    return made.prefix_with("MATERIALIZED")


def _best(hits: CTE) -> Executable:
    return (
        select(hits.c.id, hits.c.score)
        .order_by(hits.c.score.desc(), hits.c.id.desc())
        .limit(bindparam("limit"))
    )
