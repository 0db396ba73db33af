"""The place a waiting customer is told is the exact one."""

from __future__ import annotations

import random

from hub.kernel.ids import QueueId, WorkItemId
from hub.routing.core import position, positions
from hub.routing.model import Band, ItemState, Medium
from tests.support.switchboard import Switchboard, a_queue, an_agent, members, skill, steps


def place(board: Switchboard, item: str) -> int | None:
    return position(board.state, WorkItemId(item))


def test_the_first_in_line_is_first() -> None:
    board = Switchboard()
    for item in ("x", "y", "z"):
        board.queue(item)

    assert [place(board, item) for item in ("x", "y", "z")] == [1, 2, 3]


def test_who_does_not_wait_has_no_place() -> None:
    board = Switchboard().staff("A1")
    board.queue("x")

    assert place(board, "x") is None
    assert place(board, "nothing") is None


def test_work_that_other_agents_serve_is_not_ahead() -> None:
    board = Switchboard(a_queue(members=members("G1")), a_queue("q2", members=members("G2")))
    board.staff(an_agent("A1", "G1", units=0), an_agent("A2", "G2", units=0))
    board.queue("x")
    board.queue("y", "q2")

    assert place(board, "y") == 1


def test_shared_agents_make_one_line_of_two_queues() -> None:
    board = Switchboard(a_queue(members=members("G1")), a_queue("q2", 5, members=members("G1")))
    board.staff(an_agent("A1", "G1", units=0))
    board.queue("x")
    board.queue("y", "q2")

    assert (place(board, "x"), place(board, "y")) == (2, 1)


def test_who_leaves_lets_the_others_move_up() -> None:
    board = Switchboard()
    for item in ("x", "y", "z"):
        board.queue(item)

    board.leaves("y")

    assert place(board, "z") == 2


def test_an_emergency_is_ahead_of_everybody() -> None:
    board = Switchboard()
    board.queue("x")
    board.queue("fire", band=Band.EMERGENCY)

    assert (place(board, "fire"), place(board, "x")) == (1, 2)


def test_all_places_of_a_queue_at_once_are_the_single_ones() -> None:
    dice = random.Random(7)
    board = Switchboard(
        a_queue("q", members=members("G1", ("G2", 10))),
        a_queue("q2", 40, members=members("G2")),
        a_queue("q3", 60, members=members("G3")),
        checks=False,
    )
    for number, group in enumerate(("G1", "G2", "G3")):
        agent = an_agent(f"A{number}", group, units=0, skills={"german": number + 3})
        board.staff(agent)
    german = steps((0, skill("german", 4)), (20, skill("german", 1)))
    for number in range(120):
        board.at(number / 3)
        board.queue(
            f"i{number}",
            dice.choice(("q", "q2", "q3")),
            dice.choice((Medium.CHAT, Medium.VOICE)),
            needs=dice.choice(((), german)),
            boost=dice.choice((0, 0, 15)),
        )

    for queue in ("q", "q2", "q3"):
        together = positions(board.state, QueueId(queue))
        waiting = [item for item in board.state.items.values() if item.queue == queue]
        assert all(item.state is ItemState.QUEUED for item in waiting)
        assert together == {item.id: position(board.state, item.id) for item in waiting}
