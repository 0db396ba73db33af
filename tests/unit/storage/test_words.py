"""What a word is, in Chinese and in everything else."""

from __future__ import annotations

import pytest

from hub.storage.words import Snippet, Term, Wanted, marks_in, segment, snippet_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("物流停滞怎么办", "物流 停滞 怎么 怎么办"),
        ("增值税专用发票", "增值 增值税 专用 发票 专用发票"),
        ("72小时内到", "72 小时 内 到"),
        ("\uff37\uff29\uff26\uff29 插座", "wifi 插座"),
        ("Rückerstattung für Österreich", "ruckerstattung fur osterreich"),
        ("STRASSE Straße", "strasse strasse"),
        ("DH-2024-001, ann@example.com", "dh 2024 001 ann example com"),
        ("Deliveries of boxes, invoices; the address", "deliveri of box invoice the address"),
        ("", ""),
        (" \n\t…—'\"*()", ""),
    ],
)
def test_a_text_is_its_words_with_blanks_between_them(text: str, words: str) -> None:
    assert segment(text) == words


def test_a_name_that_the_dictionary_has_whole_is_found_by_its_end() -> None:
    assert "小明" in segment("王小明").split()


def test_a_plural_and_its_singular_are_one_word() -> None:
    for one, many in [("delivery", "deliveries"), ("box", "boxes"), ("parcel", "parcels")]:
        assert segment(one) == segment(many)


def test_the_last_word_of_a_question_may_be_unfinished() -> None:
    assert Wanted.of("parcel not mov").terms == (
        Term("parcel", is_prefix=False),
        Term("not", is_prefix=False),
        Term("mov", is_prefix=True),
    )


def test_a_lone_chinese_character_may_begin_a_word() -> None:
    assert Wanted.of("约 parcel x").terms[0] == Term("约", is_prefix=True)


@pytest.mark.parametrize(
    "typed", ['"', "*", "NEAR(", "' OR 1=1 --", "a AND NOT b", "-x:y^2", "\x00"]
)
def test_operators_and_quotes_are_no_part_of_a_term(typed: str) -> None:
    assert all(term.form.isalnum() for term in Wanted.of(typed).terms)


def test_a_question_without_a_word_asks_for_nothing() -> None:
    assert not Wanted.of("?!")


def test_only_the_first_words_of_an_endless_question_count() -> None:
    assert len(Wanted.of(" ".join(f"w{n}" for n in range(1000))).terms) == 16


def test_a_short_text_is_its_own_snippet_with_the_words_marked() -> None:
    shown = snippet_of("大件物流停滞", Wanted.of("物流停"))

    assert shown == Snippet("大件物流停滞", ((2, 6),))


def test_a_snippet_of_a_long_text_shows_where_the_words_stand_together() -> None:
    text = "parcel " + "filler " * 100 + "a parcel that is not moving " + "filler " * 100

    shown = snippet_of(text, Wanted.of("parcel moving"))

    assert len(shown.text) <= 160
    assert shown.text.startswith("…")
    assert shown.text.endswith("…")
    assert [shown.text[a:b] for a, b in shown.marks] == ["parcel", "moving"]


def test_a_snippet_of_a_text_without_the_words_is_its_beginning() -> None:
    shown = snippet_of("你好" * 200, Wanted.of("parcel"))

    assert shown.text.startswith("你好")
    assert len(shown.text) <= 160
    assert shown.marks == ()


def test_marks_of_words_inside_one_another_become_one() -> None:
    assert marks_in("专用发票", Wanted.of("专用发票 发票 专用")) == ((0, 4),)
