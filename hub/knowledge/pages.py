"""The public help centre: pages made on the server, which work without a script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from hub.knowledge import store
from hub.knowledge.finding import PublicFound, find_public, piece_of
from hub.knowledge.markup import render
from hub.knowledge.model import Language, PublicArticle, PublicLine
from hub.knowledge.phrases import IN, Phrases, day_of
from hub.storage.words import Wanted

QUESTION_MOST = 200
FOUND_MOST = 20
RELATED_MOST = 3
_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = (_TEMPLATES / "style.css").read_text("utf-8")
_STYLE_MARK = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_MARK}'; img-src 'self' data:;"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "public, max-age=60",
}
_templates = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text that is marked, or is not."""

    text: str
    is_mark: bool


def pieces_of(text: str, marks: Iterable[tuple[int, int]]) -> list[Piece]:
    """A text cut at its marks."""
    pieces = []
    done = 0
    for start, end in marks:
        pieces += [Piece(text[done:start], is_mark=False), Piece(text[start:end], is_mark=True)]
        done = end
    pieces.append(Piece(text[done:], is_mark=False))
    return [piece for piece in pieces if piece.text]


@dataclass(frozen=True, slots=True)
class Line:
    """A title that leads to its article."""

    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Topic:
    """The articles that have the same first tag. The name is empty for those without any."""

    name: str
    address: str
    lines: tuple[Line, ...]


def address_of(language: Language, slug: str) -> str:
    return f"/hc/{language.value}/articles/{quote(slug)}"


def topic_address(language: Language, name: str) -> str:
    return f"/hc/{language.value}?topic={quote(name)}"


def topics_of(lines: Sequence[PublicLine], language: Language) -> list[Topic]:
    """The topics in the order of their first article; what has none comes last."""
    grouped: dict[str, list[Line]] = {}
    for line in sorted(lines, key=lambda line: line.topic is None):
        name = line.topic or IN[language].other_topics
        grouped.setdefault(name, []).append(Line(line.title, address_of(language, line.slug)))
    return [
        Topic(name, topic_address(language, name), tuple(found)) for name, found in grouped.items()
    ]


def minutes_of(text: str) -> int:
    """How long reading takes: 400 Chinese characters or 220 words a minute, one minute at least."""
    han = sum(1 for c in text if "\u3400" <= c <= "\u9fff")
    words = len(text.split())
    return max(1, round(han / 400 + (0 if han > words else words / 220)))


def brand_in(organisation: str, language: Language) -> str:
    """An organisation's name in a language: ``云杉家居 / Spruce Home`` are two, Chinese first."""
    zh, apart, en = organisation.partition(" / ")
    return en if apart and language is Language.EN else zh


# -- pages ----------------------------------------------------------------------------------------


async def entrance(request: Request) -> Response:
    """To the reader's language."""
    wishes = request.headers.get("accept-language", "").lower()
    code = "zh" if wishes.strip().startswith("zh") else "en"
    return RedirectResponse(f"/hc/{code}", 302, headers={"Vary": "Accept-Language"})


async def home(request: Request) -> Response:
    """Everything by topic, or one topic."""
    language = _language(request)
    if language is None:
        return await missing(request)
    lines = await _database(request).read(store.public_lines, language)
    topics = topics_of(lines, language)
    asked = request.query_params.get("topic", "")
    shown = [topic for topic in topics if topic.name == asked] if asked else topics
    if asked and not shown:
        return await missing(request)
    facts = {
        "topics": topics,
        "topic_here": asked,
        "shown": shown,
        "alternates": _alternates(request, f"/hc/{language.value}", f"/hc/{language.other.value}"),
    }
    return _page(request, "home.html", language, f"/hc/{language.other.value}", facts)


async def search(request: Request) -> Response:
    """What fits the question ``q``."""
    language = _language(request)
    if language is None:
        return await missing(request)
    question = " ".join(request.query_params.get("q", "")[:QUESTION_MOST].split())
    lines, found = await _database(request).read(_search, question, language)
    facts = {
        "topics": topics_of(lines, language),
        "question": question,
        "fallback": any(one.fallback for one in found),
        "found": [
            {
                "title": pieces_of(one.article.title, one.title_marks),
                "snippet": pieces_of(one.snippet.text, one.snippet.marks),
                "address": address_of(one.article.language, one.article.slug),
                "tag": IN[one.article.language].tag,
            }
            for one in found
        ],
    }
    elsewhere = f"/hc/{language.other.value}/search?q={quote(question)}"
    return _page(request, "search.html", language, elsewhere, facts)


def _search(
    connection: Connection, question: str, language: Language
) -> tuple[list[PublicLine], list[PublicFound]]:
    lines = store.public_lines(connection, language)
    return lines, find_public(connection, question, language, FOUND_MOST)


@dataclass(frozen=True, slots=True)
class _Read:
    """What an article's page shows."""

    article: PublicArticle
    translation: PublicArticle | None
    lines: list[PublicLine]


def _read(connection: Connection, language: Language, slug: str) -> _Read | None:
    article = store.find_public(connection, language, slug)
    if article is None:
        article = store.find_public(connection, language.other, slug)
    if article is None:
        return None
    translation = store.public_translation(connection, article)
    return _Read(article, translation, store.public_lines(connection, language))


async def article(request: Request) -> Response:
    """One article. Where it is only in the other language it is shown in that, and says so."""
    language = _language(request)
    slug = request.path_params["slug"]
    if language is None or "\x00" in slug:
        return await missing(request)
    read = await _database(request).read(_read, language, slug)
    if read is None:
        return await missing(request)
    is_elsewhere = read.article.language is not language
    if is_elsewhere and read.translation is not None:
        return RedirectResponse(address_of(language, read.translation.slug), 302)
    return _article_page(request, language, read, is_elsewhere=is_elsewhere)


def _article_page(
    request: Request, language: Language, read: _Read, *, is_elsewhere: bool
) -> Response:
    one = read.article
    rendered = render(one.text)
    own = address_of(one.language, one.slug)
    other = read.translation
    topic = one.tags[0] if one.tags and not is_elsewhere else ""
    related = [line for line in read.lines if line.topic == topic and line.id != one.id]
    base = request.app.state.parts.public_url
    facts = {
        "topics": topics_of(read.lines, language),
        "topic_here": topic,
        "topic_address": topic_address(language, topic),
        "article": one,
        "tongue": IN[one.language],
        "is_elsewhere": is_elsewhere,
        "translated": other is not None,
        "html": Markup(rendered.html),  # noqa: S704 - cleaned by nh3
        "headings": rendered.headings,
        "summary": piece_of(one, Wanted(())).text,
        "when": one.written_at,
        "iso": day_of(one.written_at).date().isoformat(),
        "minutes": minutes_of(rendered.plain),
        "related": [
            Line(line.title, address_of(language, line.slug))
            for line in (related if topic else [])[:RELATED_MOST]
        ],
        "canonical": base + own,
        "alternates": _alternates(request, own, address_of(other.language, other.slug))
        if other is not None
        else [],
    }
    # Without a translation the other language shows this one, and says so.
    elsewhere = address_of(language.other, other.slug if other is not None else one.slug)
    return _page(request, "article.html", language, elsewhere, facts)


async def missing(request: Request) -> Response:
    """404, in the language of the address as far as it has one."""
    language = _language(request) or Language.EN
    lines = await _database(request).read(store.public_lines, language)
    facts = {"topics": topics_of(lines, language)}
    elsewhere = f"/hc/{language.other.value}"
    return _page(request, "missing.html", language, elsewhere, facts, status=404)


# -- what every page needs ------------------------------------------------------------------------


def _database(request: Request) -> Any:
    return request.app.state.parts.database


def _language(request: Request) -> Language | None:
    code = request.path_params.get("language")
    return Language(code) if code in {language.value for language in Language} else None


def _alternates(request: Request, *paths: str) -> list[tuple[str, str]]:
    """Addresses of the same page in each language, for search engines."""
    base = request.app.state.parts.public_url
    return [(IN[Language(path.split("/")[2])].tag, base + path) for path in paths]


def _page(
    request: Request,
    template: str,
    language: Language,
    elsewhere: str,
    facts: dict[str, Any],
    *,
    status: int = 200,
) -> Response:
    say: Phrases = IN[language]
    given = {
        "question": "",
        "topic_here": "",
        **facts,
        "say": say,
        "other": IN[language.other],
        "brand": brand_in(request.app.state.parts.settings.organisation, language),
        "elsewhere": elsewhere,
        "style": Markup(_STYLE),  # noqa: S704 - our own file
    }
    html = _templates.get_template(template).render(given)
    headers = _HEADERS | {"Content-Language": say.tag}
    return HTMLResponse(html, status, headers)


def routes() -> list[BaseRoute]:
    """The routes of the help centre, for everybody. They need no policy: all here is public."""
    return [
        Route("/hc", entrance),
        Route("/hc/{language}", home),
        Route("/hc/{language}/search", search),
        Route("/hc/{language}/articles/{slug}", article),
        Route("/hc/{language}/{rest:path}", missing),
    ]
