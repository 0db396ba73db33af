"""An article, its revisions, and what screens show of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hub.kernel.clock import Millis
from hub.kernel.ids import AgentId, ArticleId


class Language(Enum):
    """The languages articles are written in."""

    ZH = "zh"
    EN = "en"

    @property
    def other(self) -> Language:
        return Language.EN if self is Language.ZH else Language.ZH


class Status(Enum):
    """What became of an article."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Article:
    """A unit of knowledge, as its authors see it: the newest revision of its words.

    The public sees the revision ``published_revision``, whatever was written since. ``slug`` is its
    name in addresses, one for each language, and stays once it was published.
    """

    id: ArticleId
    rev: int
    slug: str
    language: Language
    title: str
    status: Status
    text: str
    tags: tuple[str, ...]
    translation_of: ArticleId | None
    author_id: AgentId
    created_at: Millis
    updated_at: Millis
    published_at: Millis | None
    revision: int
    published_revision: int | None


@dataclass(frozen=True, slots=True)
class Revision:
    """One saved version of an article. ``number`` counts 1, 2, 3."""

    number: int
    title: str
    text: str
    tags: tuple[str, ...]
    author_id: AgentId
    at: Millis


@dataclass(frozen=True, slots=True)
class PublicArticle:
    """An article as everybody may read it: its published revision."""

    id: ArticleId
    slug: str
    language: Language
    title: str
    text: str
    tags: tuple[str, ...]
    written_at: Millis
    published_at: Millis
    translation_of: ArticleId | None


@dataclass(frozen=True, slots=True)
class PublicLine:
    """A published article in a list. Its first tag is its topic."""

    id: ArticleId
    slug: str
    language: Language
    title: str
    tags: tuple[str, ...]

    @property
    def topic(self) -> str | None:
        return self.tags[0] if self.tags else None
