"""What the help centre says, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from hub.kernel.clock import Millis
from hub.knowledge.model import Language


@dataclass(frozen=True, slots=True)
class Phrases:
    """Every word of the help centre in one language."""

    code: str
    tag: str
    name: str
    help_centre: str
    welcome: str
    lead: str
    topics: str
    other_topics: str
    on_this_page: str
    related: str
    skip: str
    search: str
    search_for: str
    search_hint: str
    found: Callable[[int, str], str]
    nothing_found: Callable[[str], str]
    try_other_words: str
    only_elsewhere: str
    in_other: str
    also_in_other: str
    not_in_other: str
    not_translated_shown: str
    all_of: Callable[[int], str]
    nothing_yet: str
    updated: Callable[[Millis], str]
    minutes: Callable[[int], str]
    missing: str
    missing_why: str
    back_home: str


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def day_of(moment: Millis) -> datetime:
    """The day of a moment, in UTC: a page is the same for every reader."""
    return datetime.fromtimestamp(moment / 1000, UTC)


def _updated_en(moment: Millis) -> str:
    day = day_of(moment)
    return f"Updated {day.day} {_MONTHS[day.month - 1]} {day.year}"


def _updated_zh(moment: Millis) -> str:
    day = day_of(moment)
    return f"{day.year} 年 {day.month} 月 {day.day} 日更新"


ZH = Phrases(
    code="zh",
    tag="zh-CN",
    name="中文",
    help_centre="帮助中心",
    welcome="您想解决什么？",
    lead="搜一搜，或者从下面的分类里找。每篇文章都由客服团队写成并更新。",
    topics="分类",
    other_topics="其他",
    on_this_page="本页",
    related="相关",
    skip="跳到正文",
    search="搜索",
    search_for="搜索：您想解决什么？",
    search_hint="在上面写几个词，例如“退货”或“改送货时间”。",
    found=lambda count, question: f"“{question}”找到 {count} 篇",
    nothing_found=lambda question: f"没有找到“{question}”",
    try_other_words="换个说法，或者少写几个词再试；也可以从分类里找。",
    only_elsewhere="没有中文文章含这些词，以下是英文文章。",
    in_other="英文",
    also_in_other="也有英文版",
    not_in_other="暂无英文版",
    not_translated_shown="此文章暂无中文版，以下是英文版。",
    all_of=lambda count: f"全部 {count} 篇",
    nothing_yet="这里还没有文章。",
    updated=_updated_zh,
    minutes=lambda count: f"读完 {count} 分钟",
    missing="没有这一页",
    missing_why="它可能改了地址，或者已经下架。搜一搜，或者回到首页。",
    back_home="回到帮助中心首页",
)

EN = Phrases(
    code="en",
    tag="en",
    name="English",
    help_centre="Help centre",
    welcome="How can we help?",
    lead="Search, or choose a topic. Our service team writes these articles and keeps them right.",
    topics="Topics",
    other_topics="Everything else",
    on_this_page="On this page",
    related="Related",
    skip="Skip to the text",
    search="Search",
    search_for="Search: what would you like to solve?",
    search_hint="Write a few words above, such as “returns” or “change delivery”.",
    found=lambda count, question: (
        f"{count} {'article' if count == 1 else 'articles'} for “{question}”"
    ),
    nothing_found=lambda question: f"Nothing found for “{question}”",
    try_other_words="Try other words, or fewer of them; or choose a topic.",
    only_elsewhere="No article in English has these words. These are in Chinese.",
    in_other="In Chinese",
    also_in_other="Also in Chinese",
    not_in_other="Not in Chinese yet",
    not_translated_shown="This article is not in English yet. Here is the Chinese one.",
    all_of=lambda count: f"All {count} articles",
    nothing_yet="There are no articles here yet.",
    updated=_updated_en,
    minutes=lambda count: f"{count} min read",
    missing="There is no such page",
    missing_why="It may have moved, or been taken down. Search for it, or start at the beginning.",
    back_home="To the help centre",
)

IN: dict[Language, Phrases] = {Language.ZH: ZH, Language.EN: EN}
