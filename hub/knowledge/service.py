"""What can be done with articles: write, change, publish, archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from hub.kernel.errors import Conflict, Fault, Invalid, NotFound
from hub.kernel.events import Change
from hub.kernel.ids import AgentId, ArticleId
from hub.knowledge import store
from hub.knowledge.events import (
    ArticleArchived,
    ArticleChanged,
    ArticlePublished,
    ArticleWritten,
)
from hub.knowledge.model import Article, Language, Status
from hub.knowledge.publishing import archived, free_slug, has_news, keeps_slug, published, slug_of
from hub.knowledge.views import ArticleView
from hub.storage.unit import Unit

TAG_MOST = 40


class NoSuchArticle(NotFound):
    """There is no such article."""


class StaleRev(Conflict):
    """Somebody else changed this article meanwhile."""

    code = "stale_rev"


class AlreadyTranslated(Conflict):
    """This article has a translation into that language."""

    code = "already_translated"


def get(unit: Unit, article_id: str) -> Article:
    article = store.find(unit.connection, article_id, lock=True)
    if article is None:
        raise NoSuchArticle
    return article


def write_article(
    unit: Unit,
    *,
    language: Language,
    title: str,
    text: str,
    tags: Sequence[str] = (),
    translation_of: str | None = None,
    by: AgentId,
) -> ArticleView:
    """Begin an article, as a draft. ``translation_of``: the same article in the other language."""
    title = _title(title)
    article = Article(
        id=ArticleId(unit.new_id()),
        rev=1,
        slug=_slug(unit, language, title),
        language=language,
        title=title,
        status=Status.DRAFT,
        text=text,
        tags=_tags(tags),
        translation_of=_original(unit, translation_of, language),
        author_id=by,
        created_at=unit.now,
        updated_at=unit.now,
        published_at=None,
        revision=1,
        published_revision=None,
    )
    store.insert(unit, article)
    view = ArticleView.of(article)
    unit.announce(
        ArticleWritten(
            at=unit.now,
            actor=f"agent:{by}",
            article_id=article.id,
            language=language.value,
            changes=(Change("article", article.id, 1, full=msgspec.to_builtins(view)),),
        )
    )
    return view


def _title(title: str) -> str:
    words = " ".join(title.split())
    if not words:
        raise Invalid("an article needs a title", Fault("/title", "say what it is about"))
    return words


def _tags(tags: Sequence[str]) -> tuple[str, ...]:
    """The tags as given, trimmed, each once; the first one is the article's topic."""
    words = dict.fromkeys(" ".join(tag.split()) for tag in tags)
    for at, tag in enumerate(tags):
        if len(tag) > TAG_MOST:
            raise Invalid(
                "a tag is too long", Fault(f"/tags/{at}", f"at most {TAG_MOST} characters")
            )
    return tuple(tag for tag in words if tag)


def _slug(unit: Unit, language: Language, title: str, own: str | None = None) -> str:
    taken = store.slugs_like(unit.connection, language, slug_of(title))
    return free_slug(title, taken - {own} if own is not None else taken)


def _original(unit: Unit, article_id: str | None, language: Language) -> ArticleId | None:
    """The article that was there first; a translation of a translation is one of the original."""
    if article_id is None:
        return None
    article = store.find(unit.connection, article_id)
    if article is None:
        raise Invalid("there is no such article", Fault("/translation_of", "no such article"))
    if article.language is language:
        raise Invalid(
            "that is the same language",
            Fault("/translation_of", "an article in the other language"),
        )
    root = article.translation_of or article.id
    is_taken = store.translation_in(unit.connection, root, language) is not None
    if is_taken or root != article.id:
        raise AlreadyTranslated
    return root


def change_article(
    unit: Unit, article_id: str, changes: Mapping[str, Any], *, if_rev: int, by: AgentId
) -> ArticleView:
    """Save a new revision: title, text or tags. The public sees it when it is published.

    ``StaleRev`` when the article is not at ``if_rev`` any more. The slug follows the title until
    the article was published.
    """
    before = get(unit, article_id)
    if before.rev != if_rev:
        raise StaleRev(current=msgspec.to_builtins(ArticleView.of(before)))
    wanted = dict(changes)
    if "title" in wanted:
        wanted["title"] = _title(wanted["title"])
        if not keeps_slug(before):
            wanted["slug"] = _slug(unit, before.language, wanted["title"], before.slug)
    if "tags" in wanted:
        wanted["tags"] = _tags(wanted["tags"])
    after = replace(before, **wanted)
    if after == before:
        return ArticleView.of(before)
    after = replace(
        after,
        rev=before.rev + 1,
        revision=before.revision + 1,
        author_id=by,
        updated_at=unit.now,
    )
    store.save_words(unit, after)
    unit.announce(
        ArticleChanged(
            at=unit.now,
            actor=f"agent:{by}",
            article_id=after.id,
            revision=after.revision,
            changes=_patch(before, after),
        )
    )
    return ArticleView.of(after)


def publish_article(unit: Unit, article_id: str, *, by: AgentId) -> ArticleView:
    """Show the newest revision to everybody."""
    before = get(unit, article_id)
    if not has_news(before):
        return ArticleView.of(before)
    after = published(before, unit.now)
    store.save(unit, after)
    store.show_to_public(unit, after)
    unit.announce(
        ArticlePublished(
            at=unit.now,
            actor=f"agent:{by}",
            article_id=after.id,
            revision=after.revision,
            changes=_patch(before, after),
        )
    )
    return ArticleView.of(after)


def archive_article(unit: Unit, article_id: str, *, by: AgentId) -> ArticleView:
    """Take an article away from the public. It can be published again."""
    before = get(unit, article_id)
    if before.status is Status.ARCHIVED:
        return ArticleView.of(before)
    after = archived(before)
    store.save(unit, after)
    store.hide_from_public(unit, after.id)
    unit.announce(
        ArticleArchived(
            at=unit.now,
            actor=f"agent:{by}",
            article_id=after.id,
            changes=_patch(before, after),
        )
    )
    return ArticleView.of(after)


def _patch(before: Article, after: Article) -> tuple[Change, ...]:
    old, new = (msgspec.to_builtins(ArticleView.of(article)) for article in (before, after))
    patch = {name: new[name] for name in new if new[name] != old[name] and name != "rev"}
    return (Change("article", after.id, after.rev, patch=patch),)
