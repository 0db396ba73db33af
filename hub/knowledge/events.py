"""What happens to articles."""

from __future__ import annotations

from hub.kernel.events import Event, event
from hub.kernel.ids import ArticleId


@event("article.written")
class ArticleWritten(Event):
    """Somebody began an article."""

    article_id: ArticleId
    language: str


@event("article.changed")
class ArticleChanged(Event):
    """A revision was saved. The public sees it when it is published."""

    article_id: ArticleId
    revision: int


@event("article.published")
class ArticlePublished(Event):
    """A revision is public now."""

    article_id: ArticleId
    revision: int


@event("article.archived")
class ArticleArchived(Event):
    """The public does not see it any more."""

    article_id: ArticleId
