"""Finding articles: by all the words, then in the other language, then by any telling word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from hub.knowledge import store
from hub.knowledge.markup import render
from hub.knowledge.model import Article, Language, PublicArticle, Status
from hub.knowledge.ranking import Candidate, ranked, telling
from hub.knowledge.views import ArticleFound
from hub.storage.words import SNIPPET_MOST, Snippet, Wanted, marks_in, snippet_of

CANDIDATES = 100
"""How many of the database's best are ranked again."""

_Look = Callable[[Wanted, bool, Language | None], list[Candidate]]


@dataclass(frozen=True, slots=True)
class PublicFound:
    """A published article that fits, and the piece of it that shows why.

    ``fallback``: it is in the other language, because nothing fits in the one asked for.
    """

    article: PublicArticle
    snippet: Snippet
    title_marks: tuple[tuple[int, int], ...]
    fallback: bool


def _best(look: _Look, question: str, language: Language | None) -> tuple[list[str], bool]:
    """The ids of what fits best, and whether they are in the other language."""
    wanted = Wanted.of(question)
    told = telling(wanted)
    attempts = [(wanted, True, False), (told, True, False)]
    if language is not None:
        attempts.append((told, True, True))
    attempts.append((telling(Wanted.of(question, finely=True)), False, False))
    for asked, every, elsewhere in attempts:
        if not asked:
            continue
        where = language.other if elsewhere and language is not None else language
        if found := look(asked, every, where):
            return ranked(found, asked), elsewhere
    return [], False


def piece_of(article: Article | PublicArticle, wanted: Wanted) -> Snippet:
    """What a list shows of an article: in Chinese half as many characters say as much."""
    most = SNIPPET_MOST // 2 if article.language is Language.ZH else SNIPPET_MOST
    return snippet_of(render(article.text).plain, wanted, most)


def find_articles(
    connection: Connection,
    question: str,
    language: Language | None,
    statuses: Sequence[Status],
    limit: int,
) -> list[ArticleFound]:
    """The articles that fit a question best, as authors and agents find them."""

    def look(asked: Wanted, every: bool, where: Language | None) -> list[Candidate]:
        return store.candidates(
            connection,
            asked,
            every=every,
            language=where,
            statuses=statuses,
            limit=max(limit, CANDIDATES),
        )

    ids, fallback = _best(look, question, language)
    wanted = Wanted.of(question, finely=True)
    found = store.find_several(connection, ids[:limit])
    return [
        ArticleFound.of(
            found[id_],
            piece_of(found[id_], wanted),
            marks_in(found[id_].title, wanted),
            fallback=fallback,
        )
        for id_ in ids[:limit]
    ]


def find_public(
    connection: Connection, question: str, language: Language, limit: int
) -> list[PublicFound]:
    """The published articles that fit a question best."""

    def look(asked: Wanted, every: bool, where: Language | None) -> list[Candidate]:
        find = partial(store.public_candidates, connection, asked, every=every)
        return find(language=where or language, limit=max(limit, CANDIDATES))

    ids, fallback = _best(look, question, language)
    wanted = Wanted.of(question, finely=True)
    found = store.find_public_several(connection, ids[:limit])
    return [
        PublicFound(
            found[id_],
            piece_of(found[id_], wanted),
            marks_in(found[id_].title, wanted),
            fallback,
        )
        for id_ in ids[:limit]
    ]
