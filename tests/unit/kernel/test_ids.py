"""Ids sort by when they were made, whatever the clock does."""

from __future__ import annotations

import threading
import uuid

import pytest
from hypothesis import given, strategies as st

from hub.kernel.clock import Millis
from hub.kernel.ids import IdSource, is_id, moment_of, new_id

MOMENTS = st.lists(st.integers(0, (1 << 48) - 1), min_size=1, max_size=200)


@given(MOMENTS)
def test_ids_rise_though_the_clock_stands_or_steps_back(moments: list[int]) -> None:
    source = IdSource()

    made = [source.make(Millis(moment)) for moment in moments]

    assert made == sorted(made)
    assert len(set(made)) == len(made)


@given(st.integers(1, (1 << 48) - 1))
def test_an_id_is_a_uuid_of_version_seven_that_carries_its_moment(moment: int) -> None:
    made = IdSource().make(Millis(moment))

    read = uuid.UUID(made)
    assert (read.version, read.variant) == (7, uuid.RFC_4122)
    assert str(read) == made
    assert moment_of(made) == moment
    assert is_id(made)


def test_many_threads_never_make_the_same_id() -> None:
    source = IdSource()
    made: list[list[str]] = [[] for _ in range(4)]

    def make(mine: list[str]) -> None:
        mine.extend(source.make(Millis(1)) for _ in range(2_000))

    threads = [threading.Thread(target=make, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({id_ for mine in made for id_ in mine}) == 8_000
    assert all(mine == sorted(mine) for mine in made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        7,
        b"01900000-0000-7000-8000-000000000000",
        "01900000-0000-7000-8000-00000000000",
        "01900000-0000-7000-8000-0000000000000",
        "01900000-0000-7000-8000-00000000000G",
        "01900000-0000-7000-8000-00000000000A",
        "01900000_0000_7000_8000_000000000000",
        "0190000000-00-7000-8000-000000000000",
        "\u06601900000-0000-7000-8000-000000000000",
    ],
)
def test_what_has_not_the_shape_is_no_id(text: object) -> None:
    assert is_id(new_id(Millis(1)))
    assert not is_id(text)
