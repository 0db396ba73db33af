"""Articles as screens hold them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.kernel.clock import Millis
from hub.kernel.ids import AgentId, ArticleId
from hub.knowledge.markup import render
from hub.knowledge.model import Article, Revision
from hub.storage.words import Snippet


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article, whole."""

    id: ArticleId
    rev: int
    slug: str
    language: str
    title: str
    status: str
    text: str
    html: str
    tags: tuple[str, ...]
    translation_of: ArticleId | None
    updated_at: Millis
    published_at: Millis | None
    author_id: AgentId

    @classmethod
    def of(cls, article: Article) -> ArticleView:
        return cls(
            article.id,
            article.rev,
            article.slug,
            article.language.value,
            article.title,
            article.status.value,
            article.text,
            render(article.text).html,
            article.tags,
            article.translation_of,
            article.updated_at,
            article.published_at,
            article.author_id,
        )


@dataclass(frozen=True, slots=True)
class SnippetView:
    """A piece of text; ``marks`` are the places (from, to) of the words asked for.

    They count as JavaScript does: a character outside the basic plane is two.
    """

    text: str
    marks: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, snippet: Snippet) -> SnippetView:
        return cls(snippet.text, marks_as_javascript(snippet.text, snippet.marks))


def marks_as_javascript(text: str, marks: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Places in characters as places in UTF-16 code units."""

    def place(at: int) -> int:
        return at + sum(1 for c in text[:at] if c > "\uffff")

    return tuple((place(start), place(end)) for start, end in marks)


@dataclass(frozen=True, slots=True)
class ArticleFound:
    """An article in a list: without its text, with the piece of it that fits.

    ``fallback``: it is in the other language, because nothing fits in the one asked for.
    """

    id: ArticleId
    rev: int
    slug: str
    language: str
    title: str
    status: str
    tags: tuple[str, ...]
    translation_of: ArticleId | None
    updated_at: Millis
    published_at: Millis | None
    author_id: AgentId
    snippet: SnippetView
    title_marks: tuple[tuple[int, int], ...]
    fallback: bool

    @classmethod
    def of(
        cls,
        article: Article,
        snippet: Snippet,
        title_marks: tuple[tuple[int, int], ...],
        *,
        fallback: bool,
    ) -> ArticleFound:
        return cls(
            article.id,
            article.rev,
            article.slug,
            article.language.value,
            article.title,
            article.status.value,
            article.tags,
            article.translation_of,
            article.updated_at,
            article.published_at,
            article.author_id,
            SnippetView.of(snippet),
            marks_as_javascript(article.title, title_marks),
            fallback,
        )


@dataclass(frozen=True, slots=True)
class RevisionView:
    """One saved version. ``public`` when it is the one that everybody reads."""

    number: int
    title: str
    text: str
    tags: tuple[str, ...]
    author_id: AgentId
    at: Millis
    public: bool

    @classmethod
    def of(cls, revision: Revision, article: Article) -> RevisionView:
        return cls(
            revision.number,
            revision.title,
            revision.text,
            revision.tags,
            revision.author_id,
            revision.at,
            revision.number == article.published_revision,
        )
