"""What an article is called in addresses, and when its words are public. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from dataclasses import replace

from hub.kernel.clock import Millis
from hub.knowledge.model import Article, Status

SLUG_MOST = 80
_APART = re.compile(r"[\W_]+")


def slug_of(title: str) -> str:
    """A title as it is readable in an address: its letters and digits, Chinese too, in lower case.

    ``article`` for a title without any.
    """
    words = _APART.sub("-", unicodedata.normalize("NFKC", title).casefold())
    return words.strip("-")[:SLUG_MOST].rstrip("-") or "article"


def free_slug(title: str, taken: Container[str]) -> str:
    """The title's slug, with a number behind it when it is taken."""
    slug = slug_of(title)
    number = 2
    made = slug
    while made in taken:
        end = f"-{number}"
        made = slug[: SLUG_MOST - len(end)] + end
        number += 1
    return made


def has_news(article: Article) -> bool:
    """True when publishing would show the public anything else than now."""
    return article.status is not Status.PUBLISHED or article.revision != article.published_revision


def keeps_slug(article: Article) -> bool:
    """True once the address may be known outside."""
    return article.published_at is not None


def published(article: Article, now: Millis) -> Article:
    """The article with its newest revision public."""
    return replace(
        article,
        rev=article.rev + 1,
        status=Status.PUBLISHED,
        published_at=now,
        published_revision=article.revision,
    )


def archived(article: Article) -> Article:
    """The article taken away from the public; nothing of it is lost."""
    return replace(article, rev=article.rev + 1, status=Status.ARCHIVED, published_revision=None)
