"""Which of the articles found comes first."""

from __future__ import annotations

from hub.knowledge.ranking import Candidate, ranked, telling
from hub.storage.words import Wanted


def test_more_of_the_words_in_the_title_come_first_whatever_the_score() -> None:
    found = [
        Candidate("text", "Bills", 9.0),
        Candidate("one", "Parcels", 1.0),
        Candidate("both", "Parcel not moving", 0.1),
    ]

    assert ranked(found, Wanted.of("parcel mov")) == ["both", "one", "text"]


def test_with_equal_titles_the_better_score_comes_first() -> None:
    found = [Candidate("a", "物流", 1.0), Candidate("b", "物流", 2.0)]

    assert ranked(found, Wanted.of("物流")) == ["b", "a"]


def test_words_that_say_little_are_left_out_of_a_question() -> None:
    forms = [term.form for term in telling(Wanted.of("How do I return this sofa?")).terms]

    assert forms == ["return", "sofa"]


def test_a_chinese_question_keeps_what_it_is_about() -> None:
    forms = [term.form for term in telling(Wanted.of("请问怎么开发票", finely=True)).terms]

    assert "发票" in forms
    assert "怎么" not in forms
    assert "请问" not in forms
