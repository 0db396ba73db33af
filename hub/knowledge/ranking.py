"""Which of the articles found comes first, and which words of a question tell anything. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from hub.storage.words import Wanted, segment, words_of

T = TypeVar("T")

_SAY_LITTLE = """
        a an the and or of to in on at by for from with about is are was were be been do does did
        have has had can could will would should may my i me we us you your it this that there what
        when where which who why how not no please help want need get
        的 了 吗 呢 吧 啊 我 我们 你 你们 您 是 在 有 和 与 就 都 也 不 要 想 请 请问 怎么 怎么办
        怎样 如何 什么 什么样 为什么 多少 可以 能 能不能 可不可以 哪里 哪 一下 一个 这个 那个 如果
"""


@cache
def _say_little() -> frozenset[str]:
    # When it is first asked, not at the start: the dictionary of Chinese has to be read for it.
    return frozenset(segment(_SAY_LITTLE).split())


def telling(wanted: Wanted) -> Wanted:
    """The words of a question that say what it is about."""
    return Wanted(tuple(term for term in wanted.terms if term.form not in _say_little()))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article's id and title, and how well the database says that it fits."""

    id: str
    title: str
    score: float


def ranked(candidates: Iterable[Candidate], wanted: Wanted) -> list[str]:
    """The ids, best first: what has more of the words in its title, then the better score."""

    def merit(candidate: Candidate) -> tuple[int, float, str]:
        forms = [word.form for word in words_of(candidate.title)]
        titled = sum(1 for term in wanted.terms if any(term.fits(form) for form in forms))
        return titled, candidate.score, candidate.id

    return [candidate.id for candidate in sorted(candidates, key=merit, reverse=True)]
