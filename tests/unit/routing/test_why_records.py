"""Every grant says why, and every wait, refusal and idle agent can be explained."""

from __future__ import annotations

import json

from hub.kernel.ids import AgentId, WorkItemId
from hub.routing.effects import Grant
from hub.routing.explain import why_idle, why_not, why_waiting
from hub.routing.model import Medium, Strategy
from tests.support.switchboard import Switchboard, a_queue, an_agent, members, only, skill, steps

CHAT = Medium.CHAT
X = WorkItemId("x")


def test_a_freed_agents_record_names_the_item_that_came_next() -> None:
    board = Switchboard(a_queue(), a_queue("q2", 25)).staff("A1")
    board.serve("earlier")
    board.at(1).queue("x")
    board.at(2).queue("z")
    board.at(1.5).queue("y", "q2")

    grant = only(Grant, board.at(9).end("earlier"))[0]

    record = grant.why.as_dict()
    assert record["trigger"] == "WorkEnded"
    assert record["winner"] == {
        "item": "x",
        "due": 21_000,
        "offset": 0,
        "key": [1, 21_000, 2],
        "demand": "q/0",
    }
    assert [(i["item"], i["lost_by_ms"]) for i in record["items_behind"]] == [("z", 1_000)]
    assert record["agents_behind"] == []
    assert record["rules"] == ["order=due", "agents=longest_idle"]


def test_the_next_item_may_wait_in_another_queue() -> None:
    board = Switchboard(a_queue(), a_queue("q2")).staff("A1")
    board.serve("earlier")
    board.at(1).queue("x")
    board.at(2).queue("y", "q2")
    board.at(3).queue("z")

    grant = only(Grant, board.end("earlier"))[0]

    assert [behind.item for behind in grant.why.items_behind] == ["y"]


def test_the_record_counts_who_could_not_be_asked_and_why() -> None:
    board = Switchboard(a_queue(members=members("G1")))
    board.staff(an_agent("A1", "G1"), an_agent("busy", "G1"), an_agent("other", "G2"))
    board.says("busy", "busy")

    grant = only(Grant, board.queue("x"))[0]

    assert grant.why.as_dict()["agents_out"] == {"not_able": 1, "not_routable": 1}


def test_at_most_five_agents_are_named() -> None:
    board = Switchboard().staff(*(f"A{number}" for number in range(9)))

    grant = only(Grant, board.queue("x", medium=CHAT))[0]

    assert [agent.agent for agent in grant.why.agents_behind] == ["A1", "A2", "A3", "A4", "A5"]


def test_a_record_is_small_plain_json() -> None:
    board = Switchboard(a_queue(strategy=Strategy.STRICT_LONGEST_IDLE))
    board.staff(*(f"A{number}" for number in range(9)))

    grant = only(Grant, board.queue("x"))[0]

    text = json.dumps(grant.why.as_dict())
    assert len(text) < 1_500
    assert '"agents=strict_longest_idle"' in text


def test_the_winner_of_every_record_is_the_smallest_of_all_it_names() -> None:
    board = Switchboard().staff("A1").at(0.5).staff("A2", "A3")
    for number in range(8):
        board.at(number + 1).queue(f"i{number}", medium=CHAT)
        board.accept(f"i{number}")
    for number in range(8):
        board.at(number + 20).end(f"i{number}")

    for grant in only(Grant, board.effects):
        assert all(grant.why.item.key < behind.key for behind in grant.why.items_behind)
        assert all(grant.why.agent.rank < behind.rank for behind in grant.why.agents_behind)


def codes(board: Switchboard, agent: str) -> list[str]:
    item, seat = board.state.items[X], board.state.seats[AgentId(agent)]
    return [code for code, _ in why_not(board.state, item, seat)]


def test_why_not_names_every_reason() -> None:
    board = Switchboard(a_queue(members=members("G1")), a_queue("q2", members=members("G2")))
    board.staff(
        an_agent("away", "G1", skills={"german": 9}),
        an_agent("unskilled", "G1", "G2", skills={"german": 2}),
        an_agent("never calls", "G1", skills={"german": 9}, caps=frozenset({(Medium.VOICE, 0)})),
    )
    board.says("away", "away")
    board.queue("x", needs=steps((0, skill("german", 3))))

    assert codes(board, "away") == ["not_routable"]
    assert codes(board, "unskilled") == ["not_able"]
    assert codes(board, "never calls") == ["capacity"]
    item, seat = board.state.items[X], board.state.seats[AgentId("unskilled")]
    assert why_not(board.state, item, seat)[0][1] == "needs german>=3, has 2"


def test_who_declined_is_said_to_be_excluded() -> None:
    board = Switchboard().staff("A1")
    board.queue("x")
    board.decline("x")

    assert codes(board, "A1") == ["excluded"]


def test_why_waiting_counts_agents_by_reason() -> None:
    board = Switchboard().staff("A1", "A2")
    board.serve("c1")
    board.says("A2", "busy")
    board.queue("x")

    assert why_waiting(board.state, board.state.items[X]) == (("capacity", 1), ("not_routable", 1))


def test_why_idle_says_what_is_missing() -> None:
    board = Switchboard(a_queue(members=members("G1")))
    board.staff(an_agent("A1", "G1"), an_agent("A2", "G2"))
    idle = {agent: board.state.seats[AgentId(agent)] for agent in ("A1", "A2")}
    assert why_idle(board.state, idle["A1"])[0] == "nothing_waits"

    board.serve("earlier")
    board.queue("x")

    assert why_idle(board.state, idle["A1"])[0] == "full"
    assert why_idle(board.state, idle["A2"])[0] == "not_able"


def test_why_idle_knows_of_exclusions() -> None:
    board = Switchboard().staff("A1")
    board.queue("x")
    board.decline("x")

    assert why_idle(board.state, board.state.seats[AgentId("A1")])[0] == "no_match"


def test_the_record_names_who_stood_before_the_winner_and_why_they_were_passed_over() -> None:
    board = Switchboard().staff("A1")
    board.queue("x")
    board.decline("x")

    grant = only(Grant, board.at(1).queue("y"))[0]

    assert grant.why.as_dict()["passed_over"] == [{"item": "x", "reason": "excluded"}]
    assert grant.why.items_behind == ()
