"""What a word is, for what is stored and for what is asked: Chinese, and everything else. Pure.

Neither database can tell Chinese words apart, so the hub does, before a text reaches it.

    segment("物流停滞怎么办")         "物流 停滞 怎么 怎么办"
    wanted = Wanted.of("物流停")      what somebody looks for; never fails, operators are characters
    snippet_of(text, wanted)          at most 160 characters, with where in them the words are
    marks_in(title, wanted)           the same for a text that is shown whole
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_CHARACTERS = 100_000
"""How much of one text is looked at."""
MOST_TERMS = 16
"""How many words of a question count."""
LONGEST_WORD = 64
SNIPPET_MOST = 160

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"(?P<han>[{_HAN}]+)|(?:[^\W_{_HAN}]|[\u0300-\u036f])+")
_ENGLISH = re.compile(r"[a-z]{4,}")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is compared, and where it stands in the text."""

    form: str
    start: int
    end: int

    @property
    def is_lone_han(self) -> bool:
        return len(self.form) == 1 and self.form >= "\u3400"


def words_of(text: str, *, finely: bool = True) -> Iterator[Word]:
    """The words of a text; ``finely``, as they are stored, with those inside long Chinese words."""
    for run in _RUNS.finditer(text):
        if run["han"]:
            yield from _han_words(run.group(), run.start(), finely=finely)
        elif form := _normal(run.group()):
            yield Word(form, run.start(), run.end())


def _han_words(run: str, at: int, *, finely: bool) -> Iterator[Word]:
    # Without the guesser of unknown words (the False) the cut depends less on what stands around.
    last_start = -1
    import rjieba  # noqa: PLC0415 - its dictionary is read when it is first needed, not at the start

    for form, start, end in rjieba.tokenize(run, "search" if finely else "default", False):
        if finely and end - start > 2 and last_start < start:
            # A long word that the dictionary does not take apart: a name can be found by its end.
            for first in range(start, end - 1):
                yield Word(run[first : first + 2], at + first, at + first + 2)
        yield Word(form, at + start, at + end)
        last_start = start


def _normal(run: str) -> str:
    """A word of other scripts as it is compared: lower case, no accents, no English plural."""
    apart = unicodedata.normalize("NFKD", run.casefold())
    plain = "".join(c for c in apart if c.isalnum()).casefold()[:LONGEST_WORD]
    return _singular(plain) if _ENGLISH.fullmatch(plain) else plain


def _singular(word: str) -> str:
    """After Harman's S stemmer; every answer begins the word, so that unfinished words fit."""
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-2]
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "i"
    if word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("us", "ss")):
        return word[:-1]
    return word


def segment(text: str) -> str:
    """The words of a text with blanks between them."""
    return " ".join(word.form for word in words_of(text[:MOST_CHARACTERS]))


# -- what is asked ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """One word asked for; ``is_prefix`` when a longer one will do."""

    form: str
    is_prefix: bool

    def fits(self, form: str) -> bool:
        return form.startswith(self.form) if self.is_prefix else form == self.form


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for. False when there is no word in it."""

    terms: tuple[Term, ...]

    @classmethod
    def of(cls, question: str, *, finely: bool = False) -> Wanted:
        """Read what was typed. The last word may be unfinished; a lone Han character begins one.

        ``finely`` takes long Chinese words apart as well: where any one word is enough.
        """
        words = list(words_of(question[:MOST_CHARACTERS], finely=finely))[:MOST_TERMS]
        terms = (
            Term(word.form, is_prefix=at == len(words) or word.is_lone_han)
            for at, word in enumerate(words, start=1)
        )
        return cls(tuple(dict.fromkeys(terms)))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def fits(self, form: str) -> bool:
        return any(term.fits(form) for term in self.terms)


# -- what is shown ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of text, and where in it (from, to; in characters) the words asked for are."""

    text: str
    marks: tuple[tuple[int, int], ...]


_LEAD = 30
"""How much is shown before the first word."""


def marks_in(text: str, wanted: Wanted) -> tuple[tuple[int, int], ...]:
    """Where in ``text`` the words asked for are, in order; what touches is one."""
    marks: list[tuple[int, int]] = []
    for word in sorted(words_of(text), key=lambda word: word.start):
        if not wanted.fits(word.form):
            continue
        if marks and word.start <= marks[-1][1]:
            marks[-1] = (marks[-1][0], max(marks[-1][1], word.end))
        else:
            marks.append((word.start, word.end))
    return tuple(marks)


def snippet_of(text: str, wanted: Wanted, most: int = SNIPPET_MOST) -> Snippet:
    """The piece of ``text`` that shows best why it was found, or its beginning."""
    plain = " ".join(text[:MOST_CHARACTERS].split())
    marks = marks_in(plain, wanted)
    if len(plain) <= most:
        return Snippet(plain, marks)
    start, end = _window(plain, marks, most - len("……"))
    before = "…" if start else ""
    after = "…" if end < len(plain) else ""
    shift = len(before) - start
    inside = tuple((a + shift, b + shift) for a, b in marks if start <= a and b <= end)
    return Snippet(before + plain[start:end] + after, inside)


def _window(plain: str, marks: Sequence[tuple[int, int]], room: int) -> tuple[int, int]:
    """Where to cut: around as many marks as fit, and not inside a word where a blank is near."""
    _, first = max(
        ((_marks_within(marks, at, room - _LEAD), -marks[at][0]) for at in range(len(marks))),
        default=(0, 0),
    )
    start = min(max(0, -first - _LEAD), len(plain) - room)
    if start and (blank := plain.find(" ", start, start + _LEAD // 2)) >= 0:
        start = blank + 1
    end = min(len(plain), start + room)
    if end < len(plain) and (blank := plain.rfind(" ", end - _LEAD // 2, end)) > start:
        end = blank
    return start, end


def _marks_within(marks: Sequence[tuple[int, int]], at: int, room: int) -> int:
    """How many marks, beginning with this one, fit into so many characters."""
    last = marks[at][0] + room
    return sum(1 for _, end in marks[at : at + room] if end <= last)
