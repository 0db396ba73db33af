"""Articles and their revisions as rows, and the two indexes they are found by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Row,
    Select,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    or_,
    select,
    tuple_,
)

from hub.kernel.ids import ArticleId
from hub.knowledge.markup import render
from hub.knowledge.model import (
    Article,
    Language,
    PublicArticle,
    PublicLine,
    Revision,
    Status,
)
from hub.knowledge.ranking import Candidate
from hub.storage.schema import metadata
from hub.storage.sql import Json, held, one_of, texts
from hub.storage.textsearch import SearchIndex
from hub.storage.unit import Unit
from hub.storage.words import Wanted

articles = Table(
    "articles",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rev", Integer, nullable=False),
    Column("slug", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("tags", Json, nullable=False),
    Column("translation_of", Text, ForeignKey("articles.id"), index=True),
    Column("author_id", Text, ForeignKey("agents.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("published_at", BigInteger),
    Column("revision", Integer, nullable=False),
    Column("published_revision", Integer),
    UniqueConstraint("slug", "language"),
)
Index("ix_articles_activity", articles.c.updated_at, articles.c.id)

article_revisions = Table(
    "article_revisions",
    metadata,
    Column("article_id", Text, ForeignKey("articles.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("tags", Json, nullable=False),
    Column("author_id", Text, ForeignKey("agents.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("article_id", "number"),
)

written = SearchIndex("articles", metadata, title=1.0, tags=0.1, text=0.2)
"""What authors and agents find: the newest revision of every article."""
public = SearchIndex("articles_public", metadata, title=1.0, tags=0.1, text=0.2)
"""What everybody finds: the published revision of what is published, and nothing else."""

_one = select(articles).where(articles.c.id == bindparam("id"))
_one_held = held(_one, by_id=True)
_several = select(articles).where(one_of(articles.c.id, "ids"))
_slugs = select(articles.c.slug).where(
    articles.c.language == bindparam("language"), articles.c.slug.like(bindparam("like"))
)
_translation = select(articles.c.id).where(
    articles.c.translation_of == bindparam("id"), articles.c.language == bindparam("language")
)
_revisions = (
    select(article_revisions)
    .where(article_revisions.c.article_id == bindparam("id"))
    .order_by(article_revisions.c.number.desc())
    .limit(bindparam("limit"))
)
_public = (
    select(
        articles.c.id,
        articles.c.slug,
        articles.c.language,
        article_revisions.c.title,
        article_revisions.c.text,
        article_revisions.c.tags,
        article_revisions.c.at.label("written_at"),
        articles.c.published_at,
        articles.c.translation_of,
    )
    .select_from(articles)
    .join(
        article_revisions,
        and_(
            article_revisions.c.article_id == articles.c.id,
            article_revisions.c.number == articles.c.published_revision,
        ),
    )
)
_public_by_slug = _public.where(
    articles.c.slug == bindparam("slug"), articles.c.language == bindparam("language")
)
_public_several = _public.where(one_of(articles.c.id, "ids"))
_public_lines = (
    _public.with_only_columns(
        articles.c.id,
        articles.c.slug,
        articles.c.language,
        article_revisions.c.title,
        article_revisions.c.tags,
    )
    .where(articles.c.language == bindparam("language"))
    .order_by(articles.c.created_at, articles.c.id)
)
_public_translation = _public.where(
    articles.c.language == bindparam("language"),
    or_(articles.c.translation_of == bindparam("root"), articles.c.id == bindparam("root")),
)
_update = (
    articles.update()
    .where(articles.c.id == bindparam("b_id"))
    .values(
        {
            name: bindparam(f"b_{name}")
            for name in (
                *("rev", "slug", "title", "status", "text", "tags", "updated_at"),
                *("published_at", "revision", "published_revision"),
            )
        }
    )
)


# -- written ------------------------------------------------------------------------------------


def _article(row: Row[Any]) -> Article:
    facts = dict(row._mapping)
    facts["language"] = Language(facts["language"])
    facts["status"] = Status(facts["status"])
    facts["tags"] = tuple(facts["tags"])
    return Article(**facts)


def _row(article: Article) -> dict[str, Any]:
    return asdict(article) | {
        "language": article.language.value,
        "status": article.status.value,
    }


def find(connection: Connection, article_id: str, *, lock: bool = False) -> Article | None:
    """An article; ``lock``: it will be changed, and stays as it is until the commit."""
    statement = _one_held[connection.dialect.name] if lock else _one
    row = connection.execute(statement, {"id": article_id}).first()
    return None if row is None else _article(row)


def find_several(connection: Connection, ids: Iterable[str]) -> dict[str, Article]:
    rows = connection.execute(_several, {"ids": texts(ids)})
    return {row.id: _article(row) for row in rows}


def slugs_like(connection: Connection, language: Language, slug: str) -> set[str]:
    """The slugs of this language that begin as ``slug`` does."""
    # With a number behind it a long slug is cut. Letters, digits and hyphens need no escape.
    given = {"language": language.value, "like": f"{slug[:70]}%"}
    return set(connection.execute(_slugs, given).scalars())


def translation_in(connection: Connection, root_id: str, language: Language) -> ArticleId | None:
    """The translation of an original in this language, if there is one."""
    given = {"id": root_id, "language": language.value}
    found: ArticleId | None = connection.execute(_translation, given).scalar()
    return found


def insert(unit: Unit, article: Article) -> None:
    unit.connection.execute(articles.insert(), _row(article))
    _keep_revision(unit, article)


def save(unit: Unit, article: Article) -> None:
    """Write an article back. The caller has raised its ``rev``."""
    row = {f"b_{name}": value for name, value in _row(article).items()}
    unit.connection.execute(_update, row)


def save_words(unit: Unit, article: Article) -> None:
    """Write back an article with a new revision of its words."""
    save(unit, article)
    _keep_revision(unit, article)


def _keep_revision(unit: Unit, article: Article) -> None:
    unit.connection.execute(
        article_revisions.insert(),
        {
            "article_id": article.id,
            "number": article.revision,
            "title": article.title,
            "text": article.text,
            "tags": article.tags,
            "author_id": article.author_id,
            "at": article.updated_at,
        },
    )
    written.put(unit.connection, [_words(article)])


def _words(article: Article) -> tuple[str, tuple[str, str, str]]:
    plain = render(article.text).plain
    return article.id, (article.title, " ".join(article.tags), plain)


def show_to_public(unit: Unit, article: Article) -> None:
    """Let everybody find the newest revision."""
    public.put(unit.connection, [_words(article)])


def hide_from_public(unit: Unit, article_id: ArticleId) -> None:
    public.drop(unit.connection, [article_id])


def revisions(connection: Connection, article_id: str, limit: int) -> list[Revision]:
    """The revisions of an article, the newest first."""
    rows = connection.execute(_revisions, {"id": article_id, "limit": limit})
    return [
        Revision(row.number, row.title, row.text, tuple(row.tags), row.author_id, row.at)
        for row in rows
    ]


def _narrowed(
    statement: Select[Any], language: Language | None, statuses: Sequence[Status]
) -> Select[Any]:
    if language is not None:
        statement = statement.where(articles.c.language == language.value)
    if statuses:
        statement = statement.where(articles.c.status.in_([s.value for s in statuses]))
    return statement


def find_page(
    connection: Connection,
    language: Language | None,
    statuses: Sequence[Status],
    limit: int,
    after: tuple[int, str] | None = None,
) -> list[Article]:
    """Articles, latest change first; on from the one at ``after`` (updated_at, id)."""
    statement = _narrowed(select(articles), language, statuses)
    if after is not None:
        statement = statement.where(tuple_(articles.c.updated_at, articles.c.id) < tuple_(*after))
    statement = statement.order_by(articles.c.updated_at.desc(), articles.c.id.desc()).limit(limit)
    return [_article(row) for row in connection.execute(statement)]


def candidates(
    connection: Connection,
    wanted: Wanted,
    *,
    every: bool,
    language: Language | None,
    statuses: Sequence[Status],
    limit: int,
) -> list[Candidate]:
    """The written articles that fit best."""
    hits = written.hits(connection)
    statement = _narrowed(
        select(articles.c.id, articles.c.title, hits.c.score).join(
            hits, hits.c.id == articles.c.id
        ),
        language,
        statuses,
    )
    statement = statement.order_by(hits.c.score.desc(), articles.c.id.desc()).limit(limit)
    given = {"wanted": written.asked(connection, wanted, every=every)}
    return [Candidate(*row) for row in connection.execute(statement, given)]


# -- published ----------------------------------------------------------------------------------


def _public_article(row: Any) -> PublicArticle:
    facts = dict(row._mapping)
    facts["language"] = Language(facts["language"])
    facts["tags"] = tuple(facts["tags"])
    return PublicArticle(**facts)


def find_public(connection: Connection, language: Language, slug: str) -> PublicArticle | None:
    given = {"slug": slug, "language": language.value}
    row = connection.execute(_public_by_slug, given).first()
    return None if row is None else _public_article(row)


def find_public_several(connection: Connection, ids: Iterable[str]) -> dict[str, PublicArticle]:
    rows = connection.execute(_public_several, {"ids": texts(ids)})
    return {row.id: _public_article(row) for row in rows}


def public_lines(connection: Connection, language: Language) -> list[PublicLine]:
    """Everything published in a language, in the order of writing."""
    rows = connection.execute(_public_lines, {"language": language.value})
    return [
        PublicLine(row.id, row.slug, Language(row.language), row.title, tuple(row.tags))
        for row in rows
    ]


def public_translation(connection: Connection, article: PublicArticle) -> PublicArticle | None:
    """The same article in the other language, when that is published."""
    given = {
        "language": article.language.other.value,
        "root": article.translation_of or article.id,
    }
    row = connection.execute(_public_translation, given).first()
    return None if row is None else _public_article(row)


def public_candidates(
    connection: Connection, wanted: Wanted, *, every: bool, language: Language, limit: int
) -> list[Candidate]:
    """The published articles that fit best."""
    hits = public.hits(connection)
    statement = (
        select(articles.c.id, article_revisions.c.title, hits.c.score)
        .select_from(articles)
        .join(hits, hits.c.id == articles.c.id)
        .join(
            article_revisions,
            and_(
                article_revisions.c.article_id == articles.c.id,
                article_revisions.c.number == articles.c.published_revision,
            ),
        )
        .where(articles.c.language == language.value)
        .order_by(hits.c.score.desc(), articles.c.id.desc())
        .limit(limit)
    )
    given = {"wanted": public.asked(connection, wanted, every=every)}
    return [Candidate(*row) for row in connection.execute(statement, given)]
