"""A line stays in order whatever joins and leaves."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from hub.routing import lines
from hub.routing.lines import Line

Deeds = st.lists(st.tuples(st.booleans(), st.integers(-30, 30)), max_size=200)


@given(Deeds)
def test_a_line_is_a_sorted_row(deeds: list[tuple[bool, int]]) -> None:
    line: Line[str] = Line(base=1_000)
    row: dict[int, str] = {}

    for joins, key in deeds:
        if joins and key not in row:
            line.add(key, str(key))
            row[key] = str(key)
        elif not joins and key in row:
            line.remove(key)
            del row[key]

    keys = sorted(row)
    assert list(line.keys()) == keys
    assert list(line) == [row[key] for key in keys]
    assert line.first(3) == [row[key] for key in keys[:3]]
    assert [line.before(key) for key in range(-31, 32)] == [
        sum(other < key for other in keys) for key in range(-31, 32)
    ]
    assert not keys or line.head == 1_000 + keys[0]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "BLOCK", 2)


@pytest.mark.usefixtures("small_blocks")
def test_a_long_line_of_many_blocks_is_one_line() -> None:
    line: Line[int] = Line()
    shuffled = [(at * 37) % 101 for at in range(101)]

    for key in shuffled:
        line.add(key, key)
    for key in shuffled[::3]:
        line.remove(key)

    left = sorted(set(shuffled) - set(shuffled[::3]))
    assert list(line) == left
    assert [line.before(key) for key in left] == list(range(len(left)))
    assert line.before(1_000) == len(line) == len(left)
    assert line.first(100)[0] == left[0]


def test_only_who_stands_there_can_leave() -> None:
    line: Line[str] = Line()
    line.add(5, "five")

    with pytest.raises(KeyError):
        line.remove(4)
    with pytest.raises(KeyError):
        line.remove(6)


def test_a_whole_line_moves_by_its_base() -> None:
    line: Line[str] = Line(base=100)
    line.add(5, "five")

    line.rebase(70)

    assert line.head == 75
