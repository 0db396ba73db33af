"""An article's Markdown as safe HTML, as plain text, and its headings. Pure.

No HTML of the author's gets through: Markdown makes the HTML, and nh3 allows what Markdown makes.
Images come from the hub alone, so that reading an article tells nobody else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

TEXT_MOST = 50_000
_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_CELLS = ("th_open", "td_open")
_OWN = re.compile(r"/(?![/\\])|#")
_ELSEWHERE = re.compile(r"https?://|mailto:|tel:", re.IGNORECASE)
_ALIGNED = re.compile(r"text-align:(left|right|center)")
_ALLOWED = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "th": {"align"},
    "td": {"align"},
    "h2": {"id"},
    "h3": {"id"},
}
_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("a", "img", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
_DEEPER = {"h1": "h2", "h2": "h2", "h3": "h3"}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the first order, and where to jump for it."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """An article's text made ready to be read."""

    html: str
    plain: str
    headings: tuple[Heading, ...]


@lru_cache(maxsize=256)
def render(text: str) -> Rendered:
    """The Markdown as HTML and as plain text, and its headings, all below the page's own."""
    tokens = _markdown.parse(text)
    headings: list[Heading] = []
    for at, token in enumerate(tokens):
        if token.type in {"heading_open", "heading_close"}:
            token.tag = _DEEPER.get(token.tag, token.tag)
        if token.type == "heading_open" and token.tag == "h2":
            headings.append(Heading(f"part-{len(headings) + 1}", _words(tokens[at + 1])))
            token.attrSet("id", headings[-1].id)
        elif token.type in _CELLS:
            _align(token)
    html = nh3.clean(
        _markdown.renderer.render(tokens, _markdown.options, {}),
        tags=_TAGS,
        attributes={tag: set(names) for tag, names in _ALLOWED.items()},
        attribute_filter=_kept,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )
    return Rendered(html, _plain(tokens), tuple(headings))


def _align(cell: Token) -> None:
    """A style would be refused by the page's policy; the attribute is not."""
    style = cell.attrs.pop("style", None)
    if style and (found := _ALIGNED.search(str(style))):
        cell.attrSet("align", found[1])


def _kept(tag: str, name: str, value: str) -> str | None:
    if name == "src":
        return value if _OWN.match(value) else None
    if name == "href":
        return value if _OWN.match(value) or _ELSEWHERE.match(value) else None
    return value


def _plain(tokens: list[Token]) -> str:
    parts = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "inline":
            words = _words(token)
            is_heading = before is not None and before.type == "heading_open"
            parts.append(_introducing(words) if is_heading else words)
        elif token.type in {"code_block", "fence"}:
            parts.append(token.content)
    return "\n".join(part for part in parts if part)


def _introducing(heading: str) -> str:
    """A heading as it reads in front of its text, where both stand on one line."""
    if not heading or not heading[-1].isalnum():
        return heading
    return heading + ("：" if heading[-1] >= "\u3400" else ":")


def _words(inline: Token) -> str:
    return "".join(
        " " if child.type in {"softbreak", "hardbreak"} else child.content
        for child in inline.children or ()
        if child.type in {"text", "code_inline", "softbreak", "hardbreak", "image"}
    )
