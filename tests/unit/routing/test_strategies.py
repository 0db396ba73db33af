"""Each strategy chooses the agent it says, and the record tells by what."""

from __future__ import annotations

from hub.kernel.clock import DAY
from hub.routing.effects import Grant
from hub.routing.model import Medium, Strategy
from tests.support.switchboard import (
    Switchboard,
    a_queue,
    an_agent,
    members,
    only,
    rules,
    skill,
    steps,
)

CHAT, EMAIL = Medium.CHAT, Medium.EMAIL


def test_the_least_loaded_is_found_to_the_unit() -> None:
    board = Switchboard(a_queue(strategy=Strategy.LEAST_LOADED)).staff("A1", "A2")
    board.serve("mail", medium=EMAIL)
    assert board.serve("chat", medium=CHAT) == "A2"

    made = board.at(9).queue("x", medium=EMAIL)

    assert board.offered("x") == "A1"
    assert [a.load for a in only(Grant, made)[0].why.agents_behind] == [33]


def test_in_turn_each_is_offered_something_whoever_was_idle_longest() -> None:
    board = Switchboard(a_queue(strategy=Strategy.ROUND_ROBIN)).staff("A1", "A2", "A3")

    for second, item in enumerate(("x", "y", "z", "again")):
        board.at(second + 1).serve(item)
        if item == "x":
            board.end("x")
        elif item == "z":
            board.end("y")
            board.end("z")

    assert [agent for _, _, agent in board.grants()] == ["A1", "A2", "A3", "A1"]


def test_who_accepted_fewest_today_is_next_and_tomorrow_nobody_has() -> None:
    board = Switchboard(a_queue(strategy=Strategy.FEWEST_TODAY)).staff("A1")
    for item in ("a", "b"):
        board.serve(item)
        board.end(item)
    board.at(60).staff("A2")

    assert board.serve("x") == "A2"
    board.end("x")
    board.at(61)
    assert board.serve("y") == "A2"
    board.end("y")
    board.at(DAY / 1000 + 1).serve("z")

    assert board.owner("z") == "A1", "who has been idle longer"


def test_the_best_fit_has_just_the_level_that_is_needed() -> None:
    board = Switchboard(a_queue(strategy=Strategy.BEST_FIT))
    levels = {"expert": 9, "fit": 5, "beginner": 3}
    board.staff(*(an_agent(name, skills={"german": level}) for name, level in levels.items()))
    needs = steps((0, skill("german", 5)), (10, skill("german", 1)))

    board.queue("x", needs=needs)
    board.queue("y", needs=needs)
    board.queue("z", needs=needs)
    board.at(10)

    assert [agent for _, _, agent in board.grants()] == ["fit", "expert", "beginner"]


def test_who_lacks_a_level_comes_behind_who_has_too_many() -> None:
    board = Switchboard(a_queue(strategy=Strategy.BEST_FIT))
    board.staff(
        an_agent("beginner", skills={"german": 4}), an_agent("expert", skills={"german": 9})
    )

    board.queue("x", needs=steps((0, skill("german", 5)), (0, skill("german", 1))))

    assert board.offered("x") == "expert"


def test_scarce_skills_are_kept_for_the_work_that_needs_them() -> None:
    board = Switchboard(
        a_queue("rare", members=members("R")), a_queue("usual"), rules=rules(scarcity=True)
    )
    board.staff(an_agent("both", "R"), an_agent("one"))
    board.serve("earlier", "rare")
    board.end("earlier")
    board.at(30).says("one", "busy")
    board.says("one", "available")

    board.at(32).queue("x", "usual")

    assert board.offered("x") == "one", "although idle for less long"
    assert only(Grant, board.effects)[-1].why.agents_behind[0].scarcity == 9


def test_strict_longest_idle_does_not_ask_for_scarcity() -> None:
    strict = Strategy.STRICT_LONGEST_IDLE
    board = Switchboard(
        a_queue("rare", members=members("R")),
        a_queue("usual", strategy=strict),
        rules=rules(scarcity=True),
    )
    board.staff(an_agent("both", "R"), an_agent("one"))
    board.queue("earlier", "rare")
    board.leaves("earlier")
    board.at(30).says("one", "busy")
    board.says("one", "available")

    board.at(32).queue("x", "usual")

    assert board.offered("x") == "both"
