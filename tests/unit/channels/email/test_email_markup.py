"""HTML of strangers: nothing runs, nothing loads, nothing leaves its frame."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings, strategies as st
from typing_extensions import override

from hub.channels.email.markup import html_to_text, sanitise

HARMFUL = [
    "<script>pwned=1</script>",
    "<img src=x onerror=pwned=1>",
    "<svg><animate onbegin=pwned=1 attributeName=x>",
    "<svg/onload=pwned=1>",
    "<svg><a xlink:href='javascript:pwned=1'><text>x</text></a></svg>",
    '<a href="java&#9;script:pwned=1">x</a>',
    '<a href=" &#14; javascript:pwned=1">x</a>',
    '<a href="data:text/html,<script>pwned=1</script>">x</a>',
    '<a href="vbscript:pwned">x</a>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--><img src onerror=pwned=1>">',
    '<noscript><p title="</noscript><img src=x onerror=pwned=1>">',
    "<style>@import url(//evil.example)</style>",
    '<div style="background:url(//evil.example/x)">x</div>',
    '<div style="background-color:red;position:fixed;top:0">x</div>',
    '<div style="width:expression(pwned=1)">x</div>',
    '<div style="background-color:u\\72l(//evil.example)">x</div>',
    "<form action=//evil.example><input type=password></form>",
    '<base href="//evil.example"><meta http-equiv=refresh content="0;url=//evil.example">',
    "<iframe srcdoc='<script>pwned=1</script>'></iframe><object data=//evil.example></object>",
    "<link rel=prefetch href=//evil.example><embed src=//evil.example>",
    "<a id=config name=body class=x>y</a>",
    "<table background=//evil.example/x><tr><td background=//evil.example/y>z",
    "<video poster=//evil.example src=//evil.example></video><audio src=//evil.example>",
    "<img srcset='//evil.example/a 2x' src=//evil.example/b>",
    "<img src='data:image/svg+xml;base64,PHN2Zy8+'>",
    "<input type=image src=//evil.example formaction=javascript:pwned=1>",
    "<template><script>pwned=1</script></template>",
    "<textarea></textarea><img src=x onerror=pwned=1>",
    "<!--[if IE]><script>pwned=1</script><![endif]-->",
    "<?xml version='1'?><x xmlns:x='y' x:onload=pwned=1>",
]
NEVER = {
    "script",
    "style",
    "svg",
    "math",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "button",
    "link",
    "meta",
    "base",
    "video",
    "audio",
    "source",
    "template",
    "noscript",
    "textarea",
    "frame",
}
FETCHES = re.compile(r"url\(|@import|expression|position|\\\\")


@pytest.mark.parametrize("html", HARMFUL)
def test_what_harms_is_gone(html: str) -> None:
    clean = sanitise(f"<p>before</p>{html}<p>after</p>")

    assert clean is not None
    assert_harmless(clean)
    again = sanitise(clean.replace("data-remote-src", "src"))
    assert again is not None
    assert sorted(re.findall(r"[^\s<>]+", again)) == sorted(re.findall(r"[^\s<>]+", clean))


def test_pictures_wait_to_be_asked_for() -> None:
    clean = sanitise(
        '<img src="https://shop.example/a.png?x=1&amp;y=2" width=3><img src=cid:a@b><img src=x.png>'
    )

    assert clean == (
        '<img data-remote-src="https://shop.example/a.png?x=1&amp;y=2" width="3">'
        '<img data-cid="a@b"><img>'
    )


def test_honest_mail_keeps_its_looks() -> None:
    honest = (
        '<table border="1"><tbody><tr><td style="color:red" colspan="2">'
        "价格</td></tr></tbody></table>"
    )

    assert sanitise(honest) == honest


def test_links_open_elsewhere_and_tell_nobody() -> None:
    clean = sanitise('<a href="https://shop.example" target="_top" rel="opener">x</a>')

    assert clean is not None
    assert 'target="_blank"' in clean
    assert "noopener noreferrer" in clean
    assert "_top" not in clean


def test_text_of_html_keeps_tables_apart() -> None:
    text = html_to_text(
        "<p>订单：</p><table><tr><td>一</td><td>二</td></tr><tr><td>三</td><td>四</td></tr></table>"
    )

    assert [line.split() for line in text.splitlines() if line.strip()] == [
        ["订单："],
        ["一", "二"],
        ["三", "四"],
    ]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<img src=", '"', "'", "<", ">", " ", "onerror=", "x-remote:", "cid:", "<svg",
                "data-remote-src=", "//evil.example", "javascript:", "<a href=", "<style>",
                "</style>", "<!--", "-->", "<p title=", "&quot;", "&#x3c;", "/", "=",
            ]
        ),
        max_size=25,
    ).map("".join)
)  # fmt: skip
def test_no_mixture_harms(html: str) -> None:
    clean = sanitise(html)

    assert clean is not None
    assert_harmless(clean)


def assert_harmless(clean: str) -> None:
    """Every tag and attribute is one that neither runs nor loads anything."""
    reader = _Tags()
    reader.feed(clean)
    for tag, attributes in reader.seen:
        assert tag not in NEVER
        for name, value in attributes:
            assert not name.startswith("on")
            assert name not in {"id", "name", "class", "srcset", "poster", "background"}
            if name == "src":
                assert re.match(r"data:image/(?:png|jpe?g|gif|webp);", value or "")
            if name == "href":
                assert re.match(r"(?:https?|mailto|tel):", value or "")
            if name == "style":
                assert not FETCHES.search(value or "")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[tuple[str, str | None]]]] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, attrs))
