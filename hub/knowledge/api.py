"""The articles' part of the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.responses import Response

from hub.agents.asking import Asked, may
from hub.knowledge import service, store
from hub.knowledge.finding import find_articles, piece_of
from hub.knowledge.markup import TEXT_MOST
from hub.knowledge.model import Language, Status
from hub.knowledge.views import ArticleFound, ArticleView, RevisionView
from hub.storage.words import Wanted
from hub.web.paging import Cursor, Limit, Page, cursor_of, place_of

routes = APIRouter(tags=["articles"])

LanguageName = Literal["zh", "en"]
StatusName = Literal["draft", "published", "archived"]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Markdown = Annotated[str, Field(max_length=TEXT_MOST)]
Tags = Annotated[list[Annotated[str, Field(max_length=service.TAG_MOST)]], Field(max_length=20)]
Reading = Annotated[Asked, may("article.read")]
Writing = Annotated[Asked, may("article.write")]
Publishing = Annotated[Asked, may("article.publish")]
REVISIONS_SHOWN = 100


class NewArticle(BaseModel):
    """An article to begin; ``text`` is Markdown."""

    model_config = ConfigDict(strict=True, extra="forbid")

    language: LanguageName
    title: Title
    text: Markdown
    tags: Tags = []
    translation_of: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class ArticleChanges(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(strict=True, extra="forbid")

    if_rev: Annotated[int, Field(ge=1)]
    title: Title | None = None
    text: Markdown | None = None
    tags: Tags | None = None

    def given(self) -> dict[str, Any]:
        """The fields that were sent."""
        return self.model_dump(exclude={"if_rev"}, exclude_none=True)


@routes.get("/articles", response_model=Page[ArticleFound])
async def list_articles(
    asked: Reading,
    q: Annotated[str, Query(max_length=200)] = "",
    language: LanguageName | None = None,
    status: Annotated[list[StatusName] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ArticleFound]:
    """Articles that fit `q`, best first, in one page; without `q` all, latest change first.

    Where nothing fits in `language` the other one is searched: those items say `fallback`.
    """
    tongue = None if language is None else Language(language)
    statuses = tuple(Status(name) for name in status or ())
    if q.strip():
        found = await asked.read(find_articles, q, tongue, statuses, limit)
        return Page(found, None)
    return await asked.read(_page, tongue, statuses, limit, place_of(cursor, int, str))


def _page(
    connection: Connection,
    language: Language | None,
    statuses: tuple[Status, ...],
    limit: int,
    after: tuple[Any, ...] | None,
) -> Page[ArticleFound]:
    place = None if after is None else (after[0], after[1])
    found = store.find_page(connection, language, statuses, limit + 1, place)
    shown = found[:limit]
    nothing = Wanted(())
    items = [
        ArticleFound.of(article, piece_of(article, nothing), (), fallback=False)
        for article in shown
    ]
    more = len(found) > limit
    return Page(items, cursor_of(shown[-1].updated_at, shown[-1].id) if more else None)


@routes.post("/articles", status_code=201, response_model=ArticleView)
async def write_article(new: NewArticle, asked: Writing) -> Response:
    """Begin an article, as a draft. 409 `already_translated`."""
    return await asked.change(
        service.write_article,
        language=Language(new.language),
        title=new.title,
        text=new.text,
        tags=new.tags,
        translation_of=new.translation_of,
        by=asked.agent.id,
        status=201,
    )


@routes.get("/articles/{article_id}", response_model=ArticleView)
async def get_article(article_id: str, asked: Reading) -> ArticleView:
    """One article, its newest revision."""
    article = await asked.read(store.find, article_id)
    if article is None:
        raise service.NoSuchArticle
    return ArticleView.of(article)


@routes.patch("/articles/{article_id}", response_model=ArticleView)
async def change_article(article_id: str, changes: ArticleChanges, asked: Writing) -> Response:
    """Save a new revision. 409 `stale_rev` with `current`."""
    return await asked.change(
        service.change_article,
        article_id,
        changes.given(),
        if_rev=changes.if_rev,
        by=asked.agent.id,
    )


@routes.post("/articles/{article_id}/publish", response_model=ArticleView)
async def publish_article(article_id: str, asked: Publishing) -> Response:
    """Show the newest revision to everybody."""
    return await asked.change(service.publish_article, article_id, by=asked.agent.id)


@routes.post("/articles/{article_id}/archive", response_model=ArticleView)
async def archive_article(article_id: str, asked: Publishing) -> Response:
    """Take an article away from the public."""
    return await asked.change(service.archive_article, article_id, by=asked.agent.id)


@routes.get("/articles/{article_id}/revisions", response_model=Page[RevisionView])
async def list_revisions(article_id: str, asked: Reading) -> Page[RevisionView]:
    """The newest hundred revisions, the newest first."""
    return await asked.read(_revisions, article_id)


def _revisions(connection: Connection, article_id: str) -> Page[RevisionView]:
    article = store.find(connection, article_id)
    if article is None:
        raise service.NoSuchArticle
    found = store.revisions(connection, article_id, REVISIONS_SHOWN)
    return Page([RevisionView.of(revision, article) for revision in found], None)
