"""Markdown becomes safe HTML, plain text and a list of headings."""

from __future__ import annotations

import re

import pytest

from hub.knowledge.markup import Heading, render

HOSTILE = [
    "<script>pwned=1</script>",
    "<img src=x onerror=pwned=1>",
    "<svg><animate onbegin=pwned=1 attributeName=x>",
    "[x](javascript:alert(1))",
    "[x](java&#9;script:alert(1))",
    "[x]( javascript:alert(1))",
    "[x](vbscript:alert(1)) [y](data:text/html;base64,PHNjcmlwdD4=)",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--><img src onerror=pwned=1>\">",
    "<style>@import url(//evil)</style>",
    "<form action=//evil><input type=password></form>",
    "<base href=//evil><meta http-equiv=refresh content=0><iframe srcdoc=x></iframe>",
    "<a id=config name=body>x</a>",
    "![x](https://evil.example/pixel.png)",
    "![x](//evil.example/pixel.png)",
    "![x](/\\evil.example/pixel.png)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<https://x.example/\"onmouseover=pwned=1>",
    "```\"onmouseover=pwned=1\nx\n```",
    "{{7+7}} ${7+7} <%= 7+7 %>",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_gets_through(text: str) -> None:
    html = render(text).html

    tags = re.findall(r"<[^>]*>", html)
    assert not re.search(r"<(?!/?(p|a|img|code|pre|br)\b)", html), html
    for tag in tags:
        assert not re.search(r"\bon\w+=(?![^\"]*\"[^\"]*$)|script:|style=|name=", tag), tag
        assert "href" not in tag or re.search(r'href="(/[^/]|#|https?://|mailto:|tel:)', tag), tag
        assert not re.search(r"src=\"(?!/[^/\\])", tag), tag


def test_templates_are_ordinary_characters() -> None:
    assert render("{{7+7}} ${7+7}").html == "<p>{{7+7}} ${7+7}</p>\n"


def test_what_markdown_makes_stays() -> None:
    html = render(
        "A **bold** ~~old~~ [link](/hc/en) ![x](/a.png)\n\n1. one\n2. two\n\n> short\n\n"
        "| a | b |\n|---|--:|\n| 1 | 2 |"
    ).html

    assert "<strong>bold</strong> <s>old</s>" in html
    assert '<a href="/hc/en" rel="noopener noreferrer nofollow">link</a>' in html
    assert '<img src="/a.png" alt="x">' in html
    assert "<ol>\n<li>one</li>" in html
    assert "<blockquote>" in html
    assert '<td align="right">2</td>' in html


def test_headings_stand_below_the_title_and_can_be_jumped_to() -> None:
    made = render("# One `x`\n\ntext\n\n## Two\n\n### Three")

    assert made.headings == (Heading("part-1", "One x"), Heading("part-2", "Two"))
    assert '<h2 id="part-1">One <code>x</code></h2>' in made.html
    assert "<h3>Three</h3>" in made.html


def test_the_plain_text_has_the_words_and_no_signs() -> None:
    plain = render(
        "## 申请补发\n\n## What now\n\n1. 打开**订单**，\n   点[这里](/x)。\n\n"
        "| a |\n|---|\n| b |\n\n    code"
    ).plain

    assert plain.split() == [
        "申请补发：",
        "What",
        "now:",
        "打开订单，",
        "点这里。",
        "a",
        "b",
        "code",
    ]
