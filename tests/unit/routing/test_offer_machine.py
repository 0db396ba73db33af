"""Each transition of an offer, and what it means for the item and the agent."""

from __future__ import annotations

import pytest

from hub.kernel.ids import AgentId, OfferId, WorkItemId, is_id, moment_of
from hub.routing.core import digest, snapshot
from hub.routing.effects import Alerted, Grant, ItemMoved, LoadChanged, OfferChanged
from hub.routing.inputs import (
    CustomerLeft,
    GrantConfirmed,
    GrantRefused,
    ItemAssigned,
    ItemCancelled,
    OfferAccepted,
    OfferDeclined,
    OfferDelivered,
    OfferWithdrawn,
)
from hub.routing.model import Medium, OfferMode, OfferState, Rules
from tests.support.switchboard import Switchboard, a_queue, an_agent, members, only, rules

CHAT = Medium.CHAT
X = WorkItemId("x")


def ringing(rules: Rules | None = None) -> Switchboard:
    """A1 is offered the call x since 10."""
    board = Switchboard() if rules is None else Switchboard(rules=rules)
    board.staff("A1").at(10).queue("x")
    return board


def proposed() -> Switchboard:
    """A1 would be offered the chat x, if the database agrees."""
    board = Switchboard(commits=False).staff("A1").at(10)
    board.queue("x", medium=CHAT)
    return board


def states(board: Switchboard) -> list[OfferState]:
    return [changed.state for changed in only(OfferChanged, board.effects)]


def test_a_grant_reserves_item_and_agent_before_the_database_agrees() -> None:
    board = proposed()

    grant = only(Grant, board.effects)[0]

    assert (grant.agent, grant.units, grant.deadline, grant.attempt) == ("A1", 33, 40_000, 1)
    assert board.where("x") == "offered"
    assert board.used("A1") == 33


def test_the_id_of_an_offer_carries_its_moment_and_never_repeats() -> None:
    board = Switchboard().staff("A1").at(1_700_000)
    for chat in ("c1", "c2", "c3"):
        board.queue(chat, medium=CHAT)

    ids = list(board.offers.values())

    assert all(is_id(id_) and moment_of(id_) == 1_700_000_000 for id_ in ids)
    assert sorted(set(ids)) == ids


def test_a_refused_grant_leaves_everything_as_it_was() -> None:
    board = Switchboard(commits=False).staff("A1").at(10)
    before = snapshot(board.state)
    board.queue("x", medium=CHAT)
    waiting = snapshot(board.state)

    board.tell(GrantRefused(board.offers["x"]))

    after = snapshot(board.state)
    assert after.items == waiting.items
    assert after.items[0].attempts == 0
    assert board.used("A1") == 0
    assert after.agent_rows[0].idle_since == before.agent_rows[0].idle_since
    assert only(LoadChanged, board.last) == []


def test_after_a_refusal_the_agent_is_left_alone_for_a_moment() -> None:
    board = proposed()

    board.tell(GrantRefused(board.offers["x"]))
    assert board.where("x") == "queued"
    board.at(10.999)
    assert len(board.grants()) == 1
    board.at(11)

    assert board.grants()[1:] == [(11, "x", "A1")]


def test_after_a_refusal_a_colleague_is_asked_at_once() -> None:
    board = proposed()
    board.staff("A2")

    board.tell(GrantRefused(board.offers["x"]))

    assert board.offered("x") == "A2"


def test_an_item_the_database_does_not_know_is_forgotten() -> None:
    board = proposed()

    board.tell(GrantRefused(board.offers["x"], item_gone=True))

    assert X not in board.state.items
    assert board.used("A1") == 0


def test_confirmed_and_delivered_it_rings() -> None:
    board = proposed()

    board.tell(GrantConfirmed(board.offers["x"]))
    assert states(board) == []
    board.tell(OfferDelivered(board.offers["x"]))

    assert states(board) == [OfferState.RINGING]


def test_confirming_twice_is_confirming_once() -> None:
    board = ringing()

    assert board.tell(GrantConfirmed(board.offers["x"])) == ()


def test_an_accepted_offer_becomes_the_agents_work() -> None:
    board = proposed()
    board.tell(GrantConfirmed(board.offers["x"]))

    board.at(12).tell(OfferAccepted(board.offers["x"]))

    assert (board.where("x"), board.owner("x"), board.used("A1")) == ("active", "A1", 33)
    assert only(LoadChanged, board.effects) == []


def test_accepting_twice_is_accepting_once() -> None:
    board = ringing()
    board.accept("x")

    again = board.tell(OfferAccepted(board.offers["x"]))

    assert again == ()


def test_a_delivery_after_the_accept_changes_nothing() -> None:
    board = ringing()
    board.accept("x")

    assert board.tell(OfferDelivered(board.offers["x"])) == ()


@pytest.mark.parametrize("late", [OfferAccepted, OfferDeclined, OfferWithdrawn])
def test_what_comes_after_the_end_is_answered_offer_gone(late: type[OfferAccepted]) -> None:
    board = ringing()
    board.leaves("x")

    board.tell(late(board.offers["x"]))

    assert board.refusals() == ["offer_gone"]


def test_an_unknown_offer_is_said_to_be_unknown() -> None:
    board = ringing()

    board.tell(GrantConfirmed(OfferId("none")))
    assert board.refusals() == ["unknown_offer"]
    board.tell(GrantRefused(OfferId("none")))
    assert board.refusals() == ["unknown_offer"]


def test_nobody_can_accept_what_the_database_has_not_confirmed() -> None:
    board = proposed()

    board.tell(OfferAccepted(board.offers["x"]))

    assert board.refusals() == ["offer_gone"]


def test_a_declined_item_keeps_its_place_and_goes_to_a_colleague_at_once() -> None:
    board = ringing()
    board.staff("A2")

    made = board.at(15).decline("x")

    assert OfferState.DECLINED in states(board)
    assert [grant.agent for grant in only(Grant, made)] == ["A2"]
    moved = only(ItemMoved, made)[0]
    assert (moved.reason, moved.due, moved.seq) == ("declined", 30_000, 1)


def test_declining_counts_as_having_been_offered_work() -> None:
    board = Switchboard().staff("A1").at(5).staff("A2").at(10)
    board.queue("x")

    board.at(15).decline("x")

    assert board.state.seats[AgentId("A1")].idle_since == 10_000


def test_an_offer_without_an_answer_expires_and_costs_the_customer_nothing() -> None:
    board = ringing()

    board.at(30)

    assert states(board)[-1] is OfferState.EXPIRED
    assert board.where("x") == "queued"
    assert board.due("x") == 30 - 20


def test_below_the_limit_an_expired_offer_only_locks_the_agent_for_a_moment() -> None:
    board = Switchboard(rules=rules(chat={"rona_limit": 2})).staff("A1")
    board.queue("x", medium=CHAT)

    board.at(30)
    assert (board.presence("A1"), board.where("x")) == ("routable", "queued")
    board.at(35)

    assert board.grants("x")[-1] == (35, "x", "A1")


def test_at_the_limit_the_agent_does_not_respond_and_loses_what_else_rings() -> None:
    board = Switchboard(rules=rules(chat={"rona_limit": 1})).staff("A1")
    board.queue("x", medium=CHAT)
    board.at(10).queue("y", medium=CHAT)

    board.at(30)

    assert board.presence("A1") == "not_responding"
    assert (board.where("x"), board.where("y")) == ("queued", "queued")
    assert only(Alerted, board.effects) == [Alerted("rona", AgentId("A1"))]


def test_who_answers_in_between_starts_counting_anew() -> None:
    board = Switchboard(rules=rules(chat={"rona_limit": 2})).staff("A1")
    board.queue("x", medium=CHAT)
    board.at(35).accept("x")
    board.queue("y", medium=CHAT)

    board.at(66)

    assert board.presence("A1") == "routable"


def test_letters_left_unanswered_never_make_an_agent_unresponsive() -> None:
    board = Switchboard().staff("A1")
    board.queue("x", medium=Medium.EMAIL)

    board.at(2_000)

    assert len(board.grants("x")) > 5
    assert board.presence("A1") == "routable"


def test_who_does_not_respond_may_return_by_themselves_where_that_is_configured() -> None:
    board = ringing(rules(rona_auto_return=60_000))

    board.at(89.999)
    assert board.presence("A1") == "not_responding"
    board.at(90)

    assert board.grants("x")[-1] == (90, "x", "A1")


def test_an_offer_that_never_reached_the_screen_is_nobodys_fault() -> None:
    board = Switchboard(commits=False).staff("A1").at(10)
    board.queue("x")
    board.tell(GrantConfirmed(board.offers["x"]))

    board.at(13)

    assert board.presence("A1") == "routable"
    assert board.state.seats[AgentId("A1")].expiries == 0
    assert only(OfferChanged, board.effects)[-1].reason == "undelivered"
    assert board.due("x") == 30 - 3
    assert board.where("x") == "queued"
    board.at(18)
    assert len(board.grants("x")) == 2


def test_after_many_expired_offers_the_item_moves_on_to_its_next_step() -> None:
    queue = a_queue(members=members("G1", ("G2", 10_000)))
    board = Switchboard(queue, rules=rules(max_offers=2, voice={"rona_limit": 0}))
    board.staff(an_agent("A1", "G1"), an_agent("A2", "G2"))
    board.queue("x")

    board.at(45)

    assert [agent for _, _, agent in board.grants("x")] == ["A1", "A1", "A2"]
    assert Alerted("max_offers", item=X) in board.effects


def test_a_supervisor_may_take_an_offer_back() -> None:
    board = ringing()

    board.at(12).tell(OfferWithdrawn(board.offers["x"]))

    assert states(board)[-1] is OfferState.WITHDRAWN
    assert (board.where("x"), board.due("x")) == ("queued", 30)
    board.at(21.9)
    assert len(board.grants("x")) == 1
    board.at(22)
    assert len(board.grants("x")) == 2


def test_a_cancelled_item_takes_its_offer_with_it() -> None:
    board = ringing()

    board.tell(ItemCancelled(X, "spam"))

    assert (states(board)[-1], board.where("x")) == (OfferState.CANCELLED, "cancelled")
    assert board.used("A1") == 0


def test_a_customer_who_leaves_before_the_database_agrees_ends_the_offer_once_it_has() -> None:
    board = proposed()

    board.tell(CustomerLeft(X))
    assert board.where("x") == "abandoned"
    assert states(board) == []
    board.tell(GrantConfirmed(board.offers["x"]))

    assert states(board) == [OfferState.CANCELLED]
    assert only(LoadChanged, board.last)[0].units_by == -33
    assert board.used("A1") == 0


def test_a_customer_who_leaves_before_the_database_refuses_leaves_no_trace() -> None:
    board = proposed()

    board.tell(CustomerLeft(X))
    board.tell(GrantRefused(board.offers["x"]))

    assert states(board) == []
    assert only(LoadChanged, board.effects) == []
    assert board.used("A1") == 0


def test_an_agent_who_goes_before_the_database_agrees_loses_the_offer_once_it_has() -> None:
    board = proposed()

    board.says("A1", "busy")
    assert board.where("x") == "offered"
    board.tell(GrantConfirmed(board.offers["x"]))

    assert states(board) == [OfferState.WITHDRAWN]
    assert board.where("x") == "queued"


def test_a_database_that_does_not_answer_in_time_is_waited_for() -> None:
    board = proposed()

    board.at(41)
    board.tell(GrantConfirmed(board.offers["x"]))

    assert only(OfferChanged, board.effects)[-1].reason == "unconfirmed"
    assert board.where("x") == "queued"


def test_what_an_agent_picks_is_accepted_with_the_grant() -> None:
    board = Switchboard().staff("A1")
    board.says("A1", "busy")
    board.queue("x", medium=CHAT)

    board.tell(ItemAssigned(X, AgentId("A1"), OfferMode.PICKED))

    assert (board.where("x"), board.owner("x")) == ("active", "A1")


def test_picking_needs_room() -> None:
    board = Switchboard().staff("A1")
    for chat in ("c1", "c2", "c3"):
        board.serve(chat, medium=CHAT)
    board.queue("x", medium=CHAT)

    board.tell(ItemAssigned(X, AgentId("A1"), OfferMode.PICKED))

    assert board.refusals() == ["capacity"]


def test_an_override_is_granted_beyond_capacity_and_the_record_says_so() -> None:
    board = Switchboard().staff("A1")
    for chat in ("c1", "c2", "c3"):
        board.serve(chat, medium=CHAT)
    board.queue("x", medium=CHAT)

    made = board.tell(ItemAssigned(X, AgentId("A1"), override=True))

    grant = only(Grant, made)[0]
    assert grant.override
    assert "override" in grant.why.rules
    assert board.used("A1") == 132


def test_a_supervisor_can_send_an_offered_item_to_somebody_else() -> None:
    board = ringing()
    board.staff("A2")

    board.tell(ItemAssigned(X, AgentId("A2")))

    assert board.offered("x") == "A2"
    assert OfferState.WITHDRAWN in states(board)


def test_an_assignment_says_why_it_is_not_possible() -> None:
    queue = a_queue(members=members("G1"))
    board = Switchboard(queue).staff(an_agent("A1", "G1"), an_agent("A2", "G2"))
    board.says("A1", "busy")
    board.queue("x")

    refusals = []
    for agent in ("A1", "A2", "nobody"):
        board.tell(ItemAssigned(X, AgentId(agent)))
        refusals += board.refusals()

    assert refusals == ["not_routable", "not_able", "unknown_agent"]


def test_a_refusal_changes_nothing() -> None:
    board = ringing()
    before = digest(board.state)

    board.tell(ItemAssigned(X, AgentId("A1")))

    assert board.refusals() == ["being_offered"]
    assert digest(board.state) == before
