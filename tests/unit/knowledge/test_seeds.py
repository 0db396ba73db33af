"""The library of the demonstration shop is whole."""

from __future__ import annotations

from collections import Counter

import pytest

from hub.knowledge.markup import TEXT_MOST, render
from hub.knowledge.model import Language
from hub.knowledge.seeds import Seed, read_seeds

SEEDS = read_seeds()
ZH_TOPICS = {
    "配送与物流": "Delivery",
    "退换货": "Returns",
    "账单与发票": "Bills and invoices",
    "安装与保养": "Assembly and care",
    "保修": "Guarantee",
}


def test_there_are_twenty_pairs_and_more() -> None:
    languages = Counter(seed.language for seed in SEEDS)
    pairs = [name for name, count in Counter(seed.name for seed in SEEDS).items() if count == 2]

    assert min(languages.values()) >= 20
    assert len(pairs) >= 20


def test_translations_have_the_same_topic() -> None:
    topics: dict[str, dict[Language, str]] = {}
    for seed in SEEDS:
        topics.setdefault(seed.name, {})[seed.language] = seed.tags[0]

    for name, both in topics.items():
        if len(both) == 2:
            assert ZH_TOPICS[both[Language.ZH]] == both[Language.EN], name


def test_no_two_articles_of_a_language_have_one_title() -> None:
    assert max(Counter((seed.language, seed.title) for seed in SEEDS).values()) == 1


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed.name}-{seed.language.value}")
def test_an_article_begins_with_its_gist_and_has_parts(seed: Seed) -> None:
    made = render(seed.text)

    assert made.html.startswith("<blockquote>")
    assert len(made.headings) >= 2
    assert 150 < len(seed.text) < TEXT_MOST
    assert "**" not in made.plain
    assert "|" not in made.plain
