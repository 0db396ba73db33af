"""HTML from strangers: made safe to show in a sandboxed frame, and turned into plain text.

What is left has no scripts, no forms, no ids, no styles that fetch or float. Images never load by
themselves: a remote one keeps its address in ``data-remote-src``, an attached one its content id in
``data-cid``.
"""

from __future__ import annotations

import re
from html import unescape

import nh3
from inscriptis import get_text
from inscriptis.model.config import ParserConfig
from lxml.etree import LxmlError  # type: ignore[import-untyped]

from hub.channels.email.limits import LIMITS, Limits


def _named(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TEXT_TAGS = _named(
    """
    a abbr b bdi bdo big blockquote br center cite code dd del details dfn div dl dt em font h1
    h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strike
    strong sub summary sup time tt u ul var wbr table thead tbody tfoot tr td th caption col
    colgroup
    """
)
_EVERYWHERE = {
    "align",
    "bgcolor",
    "color",
    "dir",
    "height",
    "lang",
    "style",
    "title",
    "valign",
    "width",
}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": _EVERYWHERE,
    "a": {"href"},
    "img": {"alt", "src"},
    "font": {"face", "size"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap"},
    "col": {"span"},
}
_STYLES = _named(
    """
    background-color border border-bottom border-collapse border-color border-left border-radius
    border-right border-spacing border-style border-top border-width color direction display
    font-family font-size font-style font-weight height letter-spacing line-height list-style-
    type margin margin-bottom margin-left margin-right margin-top max-width min-width padding
    padding-bottom padding-left padding-right padding-top table-layout text-align text-
    decoration text-indent text-transform vertical-align white-space width word-break word-wrap
    """
)
_DROPPED_WITH_CONTENT = {
    "script",
    "style",
    "title",
    "head",
    "template",
    "svg",
    "math",
    "iframe",
    "object",
    "noscript",
}

# A marker no browser loads stands in ``src`` until the attribute is renamed: should the renaming
# ever miss one, the picture stays dark rather than loading.
_REMOTE, _CID = "x-remote:", "x-cid:"
_SRC = re.compile(r' src="x-(remote|cid):([^"]*)"')
_INLINE_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]+")
_FETCHING = re.compile(r"\\|url\s*\(|image-set|expression|@|/\*|javascript", re.IGNORECASE)

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_NEVER_NEST = _named(
    """
    area base br col embed hr img input link meta param source track wbr p li td th tr dd dt
    option tbody
    """
)
_TOO_MANY_ATTRIBUTES = re.compile(r"<[a-zA-Z](?:[^<>\s/]*[\s/]+){5000}")
_MOST_REFERENCES = 50_000
_MOST_FOR_TEXT = 300_000
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
_TEXT_STYLE = ParserConfig(display_links=False, display_images=False)


def _only_safe(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "src":
        if value[:4].lower() == "cid:":
            return _CID + value[4:].strip("<> ")
        if _INLINE_PICTURE.fullmatch(value):
            return value
        return None if value.lower().startswith("data:") else _REMOTE + value.strip()
    if attribute == "style":
        return ";".join(said for said in value.split(";") if not _FETCHING.search(said)) or None
    if attribute == "href" and value.strip().lower().startswith(("data:", "cid:", "x-")):
        return None
    return value


_cleaner = nh3.Cleaner(
    tags=_TEXT_TAGS,
    clean_content_tags=_DROPPED_WITH_CONTENT,
    attributes=_ATTRIBUTES,
    attribute_filter=_only_safe,
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    url_relative="deny",
    filter_style_properties=_STYLES,
    set_tag_attribute_values={"a": {"target": "_blank"}},
    link_rel="noopener noreferrer nofollow",
)


def sanitise(html: str, limits: Limits = LIMITS) -> str | None:
    """Return HTML that is safe to show, or None when it is built to hurt and only its text should
    be used."""
    html = html[: limits.html]
    if is_hostile(html, limits):
        return None
    return _SRC.sub(_renamed, _cleaner.clean(html))


def _renamed(match: re.Match[str]) -> str:
    name = "data-remote-src" if match[1] == "remote" else "data-cid"
    return f' {name}="{match[2]}"'


def html_to_text(html: str, limits: Limits = LIMITS) -> str:
    """The words of an HTML mail, tables kept readable; crude but quick when the HTML is built to
    hurt."""
    html = html[: limits.html]
    if not html.strip():
        return ""
    if not is_hostile(html, limits):
        try:
            return str(get_text(html[:_MOST_FOR_TEXT], _TEXT_STYLE)).strip()
        except (LxmlError, ValueError):
            pass  # what the reader of HTML cannot read is still read as bare words
    return bare_words(html)


def bare_words(html: str) -> str:
    """What is left when everything between angle brackets goes: for HTML nobody should parse."""
    return unescape(_ANY_TAG.sub(" ", html)).strip()


def is_hostile(html: str, limits: Limits = LIMITS) -> bool:
    """True when the HTML would cost its readers quadratic time: nesting, attributes or references
    without end."""
    return (
        _nests_deeper_than(html, limits.html_depth)
        or html.count("&") > _MOST_REFERENCES
        or _TOO_MANY_ATTRIBUTES.search(html) is not None
    )


def _nests_deeper_than(html: str, most: int) -> bool:
    depth = 0
    for match in _TAG.finditer(html):
        if match[2].lower() not in _NEVER_NEST:
            depth = max(depth - 1, 0) if match[1] else depth + 1
            if depth > most:
                return True
    return False
