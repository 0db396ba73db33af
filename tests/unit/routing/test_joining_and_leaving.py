"""Who may wait, who has their old place again, and who has had enough for now."""

from __future__ import annotations

from hub.kernel.ids import AgentId, WorkItemId
from hub.routing.core import rebuild, snapshot
from hub.routing.explain import why_idle
from hub.routing.inputs import QueueChanged, SignedOut
from hub.routing.model import Medium, RateLimit
from tests.support.switchboard import Switchboard, a_queue, an_agent, members

CHAT = Medium.CHAT


def given_up() -> Switchboard:
    """A customer waited from 0 to 30, another has waited since 10."""
    board = Switchboard()
    board.queue("x")
    board.at(10).queue("y")
    board.at(30).leaves("x")
    return board


def test_who_comes_back_soon_has_the_old_place() -> None:
    board = given_up()

    board.at(330 - 0.001).queue("again", resumes=WorkItemId("x"))

    assert (board.due("again"), board.reasons("again")) == (20, ["resumed"])
    assert board.state.items[WorkItemId("again")].origin_at == 0
    board.staff("A1")
    assert board.offered("again") == "A1"


def test_a_place_is_kept_for_five_minutes_and_taken_once() -> None:
    late, twice = given_up(), given_up()

    late.at(330).queue("again", resumes=WorkItemId("x"))
    twice.queue("again", resumes=WorkItemId("x"))
    twice.queue("and again", resumes=WorkItemId("x"))

    assert late.due("again") == 330 + 20
    assert twice.due("and again") == 30 + 20


def test_who_left_at_once_has_no_place() -> None:
    board = Switchboard()
    board.queue("x")
    board.at(4).leaves("x")

    assert not board.state.tickets


def test_places_outlast_a_change_of_leader() -> None:
    board = given_up()

    again = rebuild(snapshot(board.state), board.now)

    assert again.tickets == board.state.tickets


def test_what_waits_when_a_queue_closes_is_served_or_goes_elsewhere() -> None:
    served, sent = Switchboard(), Switchboard(a_queue(overflow="other"), a_queue("other", 60))
    for board in (served, sent):
        board.queue("x")

    served.at(1).tell(QueueChanged(a_queue(is_open=False)))
    sent.at(1).tell(QueueChanged(a_queue(is_open=False, serves_rest=False, overflow="other")))

    assert served.where("x") == "queued"
    assert (sent.state.items[WorkItemId("x")].queue, sent.due("x")) == ("other", 60)


def test_what_nobody_will_serve_is_told_why() -> None:
    board = Switchboard()
    board.queue("x")

    board.tell(QueueChanged(a_queue(is_open=False, serves_rest=False)))

    assert (board.where("x"), board.reasons("x")[-1]) == ("overflowed_out", "closed")


def test_a_queue_may_refuse_work_while_none_of_its_agents_is_there() -> None:
    board = Switchboard(a_queue(members=members("G"), join_empty=False))
    board.staff(an_agent("other"), an_agent("A1", "G"))
    board.says("A1", "busy")
    board.queue("x")
    board.tell(SignedOut(AgentId("A1")))

    board.queue("y")

    assert (board.where("x"), board.where("y")) == ("queued", "overflowed_out")
    assert board.reasons("y") == ["no_agent"]


def test_an_agent_gets_no_more_than_their_rate_in_any_window() -> None:
    board = Switchboard().staff(an_agent("A1", rate=RateLimit(2, 60_000)))
    for second, item in enumerate("abc"):
        board.at(second * 10).queue(item, medium=CHAT)
        if item != "c":
            board.accept(item)
    board.queue("d", medium=CHAT)

    seat = board.state.seats[AgentId("A1")]
    assert why_idle(board.state, seat)[0] == "rate_limit"
    board.at(59.999)
    assert board.where("c") == "queued"
    board.at(61).accept("c")
    board.at(80)

    assert board.grants()[2:] == [(60, "c", "A1")]
    board.end("a")
    assert board.grants("d") == [(80, "d", "A1")]


def test_a_rate_outlasts_a_change_of_leader() -> None:
    board = Switchboard().staff(an_agent("A1", rate=RateLimit(1, 60_000)))
    board.serve("x", medium=CHAT)

    again = rebuild(snapshot(board.state), board.now)

    assert again.seats[AgentId("A1")].limited
