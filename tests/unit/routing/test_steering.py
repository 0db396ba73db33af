"""Queues that miss their goal move forward, those that keep it move back, and all return."""

from __future__ import annotations

from hub.kernel.ids import QueueId
from hub.routing.core import rebuild, snapshot
from hub.routing.effects import Grant, OffsetChanged
from hub.routing.inputs import QueueChanged
from hub.routing.model import Queue
from tests.support.switchboard import Switchboard, a_queue, members, only

MISSING, KEEPING = QueueId("missing"), QueueId("keeping")


def after_a_bad_spell(lost: int = 40) -> Switchboard:
    """One queue loses customers who waited, the other serves its own at once."""
    board = Switchboard(
        a_queue("missing", members=members("nobody"), goal=800), a_queue("keeping", goal=800)
    ).staff("A1")
    for number in range(lost):
        board.at(number * 10).queue(f"lost{number}", "missing")
        board.serve(f"kept{number}", "keeping")
        board.end(f"kept{number}")
        board.at(number * 10 + 9).leaves(f"lost{number}")
    return board


def test_a_queue_that_misses_its_goal_moves_forward_and_another_back() -> None:
    board = after_a_bad_spell()

    offsets = board.state.index.offsets
    assert 0 < offsets[MISSING] <= 300_000
    assert offsets[KEEPING] == -offsets[MISSING]
    told = only(OffsetChanged, board.effects)
    assert {change.queue: change.offset for change in told} == offsets


def test_an_offset_decides_who_is_first_and_the_record_tells_it() -> None:
    board = after_a_bad_spell()
    ahead = board.state.index.offsets[MISSING] // 1000
    board.tell(QueueChanged(a_queue("missing", goal=800)))
    board.serve("earlier", "keeping")
    start = board.now / 1000

    board.queue("first", "keeping")
    board.at(start + ahead).queue("second", "missing")
    grant = only(Grant, board.end("earlier"))[0]

    assert grant.item == "second"
    assert grant.why.item.offset >= ahead * 1000
    assert grant.why.items_behind[0].offset < 0


def test_when_all_keep_their_goals_half_is_gone_in_ten_minutes() -> None:
    board = after_a_bad_spell()
    start, before = board.now / 1000, board.state.learned[MISSING].drift
    board.state.learned[MISSING].kept = 900_000

    board.at(start + 600)

    assert abs(board.state.learned[MISSING].drift * 2 - before) < before // 50
    board.at(start + 30_000)
    assert set(board.state.index.offsets.values()) == {0}


def test_nothing_moves_farther_than_five_minutes() -> None:
    board = after_a_bad_spell(lost=5)
    for learned in board.state.learned.values():
        learned.drift *= 100_000

    board.at(board.now / 1000 + 6)

    assert board.state.index.offsets == {MISSING: 300_000, KEEPING: -300_000}


def test_who_takes_over_goes_on_from_the_same_offsets() -> None:
    board = after_a_bad_spell()

    again = rebuild(snapshot(board.state), board.now)

    assert again.index.offsets == board.state.index.offsets
    assert snapshot(again) == snapshot(board.state)


def test_a_queue_without_a_goal_is_left_where_it_is() -> None:
    board = after_a_bad_spell()

    board.tell(QueueChanged(Queue(MISSING, 20_000)))

    assert board.state.index.offsets[MISSING] == 0
