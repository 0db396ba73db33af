"""Each transition of a work item, from arriving to its end."""

from __future__ import annotations

import pytest

from hub.kernel.ids import AgentId, QueueId, WorkItemId
from hub.routing.effects import Alerted, Grant, ItemMoved, LoadChanged, WorkMoved
from hub.routing.inputs import (
    Bridged,
    BridgeFailed,
    ConnectionLost,
    CustomerWrote,
    ItemCancelled,
    ItemChanged,
    ItemHeld,
    ItemParked,
    ItemUnheld,
    OfferAccepted,
    QueueChanged,
    RulesChanged,
    TransferredToAgent,
    TransferredToQueue,
    WorkEnded,
    WrapUpEnded,
)
from hub.routing.model import Band, Medium, Requirement, WrapUp, WrapUpMode
from tests.support.switchboard import (
    PATIENT,
    Switchboard,
    a_queue,
    an_agent,
    members,
    only,
    rules,
    skill,
    steps,
)

CHAT, EMAIL, MESSAGING = Medium.CHAT, Medium.EMAIL, Medium.MESSAGING
A1, A2 = AgentId("A1"), AgentId("A2")
X = WorkItemId("x")


# Arriving


def test_an_item_is_told_its_place_when_it_is_queued() -> None:
    board = Switchboard()

    moved = only(ItemMoved, board.at(7).queue("x", boost=5))[0]

    assert (moved.reason, moved.seq, moved.enqueued_at, moved.due) == ("queued", 1, 7_000, 22_000)


def test_an_item_cannot_be_queued_twice_or_nowhere() -> None:
    board = Switchboard()
    board.queue("x")

    board.queue("x")
    assert board.refusals() == ["already_queued"]
    board.queue("y", "nowhere")
    assert board.refusals() == ["unknown_queue"]


def test_a_closed_queue_lets_nobody_in() -> None:
    board = Switchboard(a_queue(is_open=False))

    board.queue("x")

    assert (board.where("x"), board.reasons("x")) == ("overflowed_out", ["closed"])


def test_a_full_queue_sends_on_along_its_overflow() -> None:
    full = a_queue("q", max_waiting=1, overflow=QueueId("more"))
    board = Switchboard(full, a_queue("more", 60, max_waiting=1, overflow=QueueId("q")))

    for item in ("x", "y", "z"):
        board.queue(item)

    assert [board.where(item) for item in ("x", "y", "z")] == ["queued", "queued", "overflowed_out"]
    assert board.state.items[WorkItemId("y")].queue == "more"
    assert board.due("y") == 60


def test_an_emergency_comes_before_everything() -> None:
    board = Switchboard().staff("A1")
    board.serve("earlier")
    board.queue("old")
    board.at(5).queue("emergency", band=Band.EMERGENCY)

    board.end("earlier")

    assert board.offered("emergency") == "A1"


def test_a_preferred_agent_who_is_ready_comes_first() -> None:
    board = Switchboard().staff("A1").at(5).staff("A2")

    board.queue("x", preferred=(A2,))

    assert board.offered("x") == "A2"


def test_languages_are_a_choice_and_skills_a_sum() -> None:
    needs = steps((0, Requirement(frozenset({("billing", 3)}), frozenset({"zh", "en"}))))
    board = Switchboard()
    board.staff(
        an_agent("mute", skills={"billing": 9}),
        an_agent("unskilled", languages=frozenset({"en"}), skills={"billing": 2}),
        an_agent("right", languages=frozenset({"en"}), skills={"billing": 3}),
    )

    board.queue("x", needs=needs)

    assert board.offered("x") == "right"


# Waiting


def test_who_leaves_at_once_is_told_apart() -> None:
    board = Switchboard()
    board.queue("x")
    board.queue("y")

    board.at(5).leaves("x")
    board.at(5.001).leaves("y")

    assert (board.reasons("x")[-1], board.reasons("y")[-1]) == ("short", "left")
    assert board.where("x") == "abandoned"


def test_who_waited_longest_enough_overflows_due_by_the_first_waiting() -> None:
    here = a_queue("q", max_wait=30_000, overflow=QueueId("more"))
    board = Switchboard(here, a_queue("more", 60)).at(10)
    board.queue("x")

    board.at(39.999)
    assert board.state.items[X].queue == "q"
    board.at(40)

    assert (board.state.items[X].queue, board.due("x")) == ("more", 70)


def test_without_an_overflow_the_longest_wait_is_the_end() -> None:
    board = Switchboard(a_queue(max_wait=30_000))
    board.queue("x")

    board.at(30)

    assert (board.where("x"), board.reasons("x")[-1]) == ("overflowed_out", "max_wait")


def test_editing_waiting_work_moves_it_and_may_let_others_help() -> None:
    board = Switchboard().staff(an_agent("A1"))
    board.queue("x", needs=steps((0, skill("german", 5))))
    assert board.where("x") == "queued"

    board.tell(ItemChanged(X, needs=(), boost_by=3_000))

    assert (board.offered("x"), board.due("x")) == ("A1", 17)


def test_only_waiting_work_can_be_edited() -> None:
    board = Switchboard().staff("A1")
    board.queue("x")

    board.tell(ItemChanged(X, boost_by=1))

    assert board.refusals() == ["wrong_state"]


def test_a_changed_queue_keeps_everybodys_place() -> None:
    board = Switchboard(a_queue(members=members("G1")))
    board.staff(an_agent("A1", "G2"))
    board.queue("x")
    board.at(1).queue("y")

    made = board.at(20).tell(QueueChanged(a_queue(target=99, members=members("G1", ("G2", 10)))))

    assert [grant.item for grant in only(Grant, made)] == ["x"]
    assert board.due("y") == 21


# In hand


def test_a_call_is_answered_when_the_line_is_bridged() -> None:
    board = Switchboard().staff("A1")
    board.queue("x")
    board.tell(OfferAccepted(board.offers["x"]))
    assert board.where("x") == "connecting"

    board.at(2).tell(Bridged(X))

    assert board.where("x") == "active"
    assert board.state.items[X].answered_at == 2_000


def connecting() -> Switchboard:
    board = Switchboard().staff("A1")
    board.queue("x")
    board.tell(OfferAccepted(board.offers["x"]))
    return board


def test_a_bridge_that_fails_puts_the_customer_before_their_place_without_blame() -> None:
    board = connecting()

    made = board.at(3).tell(BridgeFailed(X))

    assert only(Grant, made)[0].agent == "A1"
    assert (board.due("x"), board.state.seats[A1].expiries) == (10, 0)


def test_a_bridge_that_takes_too_long_has_failed() -> None:
    board = connecting()

    board.at(10)

    assert "bridge_failed" in board.reasons("x")


def test_a_line_that_keeps_failing_tries_somebody_else_and_calls_for_help() -> None:
    board = connecting()

    for _ in range(3):
        board.tell(BridgeFailed(X))
        if board.offered("x"):
            board.tell(OfferAccepted(board.offers["x"]))

    assert Alerted("connect_failed", A1, X) in board.effects
    assert board.where("x") == "queued"


def test_a_customer_gone_before_the_bridge_is_abandoned() -> None:
    board = connecting()

    board.tell(BridgeFailed(X, customer_gone=True))

    assert (board.where("x"), board.used("A1")) == ("abandoned", 0)


def test_a_customer_who_leaves_while_connecting_is_abandoned() -> None:
    board = connecting()

    board.leaves("x")

    assert board.where("x") == "abandoned"


def test_hold_and_back() -> None:
    board = Switchboard().staff("A1")
    board.serve("x")

    board.tell(ItemHeld(X))
    assert board.where("x") == "held"
    board.tell(ItemUnheld(X))

    assert board.where("x") == "active"


def test_parked_too_long_is_done() -> None:
    board = Switchboard().staff("A1")
    board.serve("x", medium=MESSAGING)
    board.tell(ItemParked(X))

    board.at(24 * 3600)

    assert (board.where("x"), board.reasons("x")[-1]) == ("done", "inactive")


def test_a_customer_who_writes_is_not_silent() -> None:
    board = Switchboard().staff("A1")
    board.serve("x", medium=MESSAGING)

    board.at(500).tell(CustomerWrote(X))
    board.at(1_099)
    assert board.where("x") == "active"
    board.at(1_100)

    assert board.where("x") == "parked"


def test_held_work_is_not_parked_for_silence() -> None:
    board = Switchboard().staff("A1")
    board.serve("x", medium=MESSAGING)
    board.tell(ItemHeld(X))

    board.at(3_000)

    assert board.where("x") == "held"


def test_a_parked_customer_returns_to_an_agent_who_is_busy_but_there() -> None:
    board = Switchboard().staff("A1", "A2")
    assert board.serve("x", medium=MESSAGING) == "A1"
    board.tell(ItemParked(X))
    board.says("A1", "busy")

    board.at(9).tell(CustomerWrote(X))

    assert (board.where("x"), board.owner("x")) == ("active", "A1")


def test_a_parked_customer_of_an_agent_who_is_gone_is_offered_to_another() -> None:
    board = Switchboard().staff("A1", "A2")
    assert board.serve("x", medium=MESSAGING) == "A1"
    board.tell(ItemParked(X))
    board.tell(ConnectionLost(A1))

    board.at(9).tell(CustomerWrote(X))

    assert board.offered("x") == "A2"


# Passing on


def test_a_transfer_to_a_queue_offers_it_there_in_the_same_step() -> None:
    board = Switchboard(a_queue(members=members("G1")), a_queue("q2", members=members("G2")))
    board.staff(an_agent("A1", "G1"), an_agent("A2", "G2"))
    board.serve("x")

    made = board.at(10).tell(TransferredToQueue(X, QueueId("q2")))

    assert only(Grant, made)[0].agent == "A2"
    assert only(WorkMoved, made)[0].agent == "A1"
    assert board.used("A1") == 0


def test_a_transfer_leaves_the_agent_in_wrap_up() -> None:
    board = Switchboard(
        a_queue(members=members("G1"), wrap_up=WrapUp(WrapUpMode.TIME_BOXED, 30_000)),
        a_queue("q2", members=members("G2")),
    )
    board.staff(an_agent("A1", "G1"), an_agent("A2", "G2"))
    board.serve("x")

    board.tell(TransferredToQueue(X, QueueId("q2")))
    assert (board.offered("x"), board.used("A1")) == ("A2", 100)
    board.accept("x")
    board.at(30)

    assert (board.owner("x"), board.used("A1")) == ("A2", 0)


def test_a_transfer_to_a_colleague_rings_there() -> None:
    board = Switchboard().staff("A1", "A2", "A3")
    assert board.serve("x") == "A1"

    board.tell(TransferredToAgent(X, AgentId("A3")))

    assert board.offered("x") == "A3"


def test_a_colleague_need_not_have_the_skill_but_the_room() -> None:
    board = Switchboard(a_queue(members=members("G1")))
    board.staff(an_agent("A1", "G1"), an_agent("A2", "G2"))
    board.serve("x")
    board.tell(TransferredToAgent(X, A2))
    assert board.offered("x") == "A2"
    board.accept("x")
    board.serve("y")

    board.tell(TransferredToAgent(X, A1))

    assert board.refusals() == ["capacity"]
    assert board.owner("x") == "A2"


def test_a_colleague_who_declines_leaves_it_to_the_queue() -> None:
    board = Switchboard().staff("A1", "A2")
    board.serve("x")
    board.tell(TransferredToAgent(X, A2))

    board.decline("x")

    assert board.offered("x") == "A1"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (TransferredToQueue(X, QueueId("nowhere")), "unknown_queue"),
        (TransferredToAgent(X, AgentId("nobody")), "unknown_agent"),
        (TransferredToAgent(X, A1), "has_it"),
        (TransferredToQueue(WorkItemId("y"), QueueId("q")), "unknown_item"),
        (Bridged(X), "wrong_state"),
        (ItemUnheld(X), "wrong_state"),
        (WrapUpEnded(X, A1), "wrong_state"),
    ],
)
def test_what_is_not_possible_is_refused(event: Bridged, code: str) -> None:
    board = Switchboard().staff("A1")
    board.serve("x", medium=CHAT)

    board.tell(event)

    assert board.refusals() == [code]
    assert board.owner("x") == "A1"


# Ending


def wrapping(
    mode: WrapUpMode, limit: int | None = None, medium: Medium = Medium.VOICE
) -> Switchboard:
    board = Switchboard(a_queue(wrap_up=WrapUp(mode, limit))).staff("A1")
    board.serve("x", medium=medium)
    board.at(10).end("x")
    return board


def test_without_wrap_up_the_next_customer_is_offered_in_the_same_step() -> None:
    board = Switchboard().staff("A1")
    board.serve("x")
    board.queue("y")

    made = board.end("x")

    assert only(Grant, made)[0].item == "y"
    assert board.where("x") == "done"


def test_wrap_up_after_a_call_keeps_the_agent_busy_until_its_limit() -> None:
    board = wrapping(WrapUpMode.TIME_BOXED, 30_000)
    board.queue("y")
    assert (board.where("x"), board.where("y")) == ("wrap_up", "queued")

    board.at(40)

    assert board.reasons("x")[-1] == "wrap_up_timeout"
    assert board.offered("y") == "A1"


def test_wrap_up_after_a_chat_weighs_nothing() -> None:
    board = wrapping(WrapUpMode.TIME_BOXED, 30_000, CHAT)

    assert (board.where("x"), board.used("A1")) == ("wrap_up", 0)
    assert board.state.seats[A1].counts == [0] * 7


@pytest.mark.parametrize(
    "mode", [WrapUpMode.OPTIONAL, WrapUpMode.DISCRETIONARY, WrapUpMode.TIME_BOXED]
)
def test_an_agent_may_end_most_wrap_ups(mode: WrapUpMode) -> None:
    board = wrapping(mode, 30_000)

    board.at(12).tell(WrapUpEnded(X, A1))

    assert (board.where("x"), board.used("A1")) == ("done", 0)


def test_a_cool_down_cannot_be_cut_short() -> None:
    board = wrapping(WrapUpMode.COOL_DOWN, 30_000)

    board.tell(WrapUpEnded(X, A1))

    assert board.refusals() == ["no_early_exit"]
    assert board.where("x") == "wrap_up"


def test_a_forgotten_wrap_up_ends_by_the_watchdog() -> None:
    board = wrapping(WrapUpMode.DISCRETIONARY)

    board.at(10 + 3600)

    assert board.where("x") == "done"


def test_the_idle_time_begins_when_the_wrap_up_ends() -> None:
    board = wrapping(WrapUpMode.TIME_BOXED, 30_000)

    board.at(40)

    assert board.state.seats[A1].idle_since == 40_000


def test_a_customer_who_leaves_an_active_chat_ends_it() -> None:
    board = Switchboard().staff("A1")
    board.serve("x", medium=CHAT)

    made = board.leaves("x")

    assert board.where("x") == "done"
    assert only(LoadChanged, made) == [LoadChanged(A1, X, CHAT, -33, -1)]


def test_cancelling_ends_work_in_hand_without_wrap_up() -> None:
    board = Switchboard(a_queue(wrap_up=WrapUp(WrapUpMode.DISCRETIONARY))).staff("A1")
    board.serve("x")

    board.tell(ItemCancelled(X, "spam"))

    assert (board.where("x"), board.used("A1")) == ("cancelled", 0)


def test_an_item_that_has_ended_is_unknown() -> None:
    board = Switchboard().staff("A1")
    board.serve("x")
    board.end("x")

    board.tell(WorkEnded(X))

    assert board.refusals() == ["unknown_item"]


def test_narrower_rules_take_nothing_away_but_let_nothing_more_in() -> None:
    board = Switchboard().staff("A1")
    for chat in ("c1", "c2", "c3"):
        board.serve(chat, medium=CHAT)

    board.tell(RulesChanged(rules(PATIENT, chat={"cap": 1})))
    board.queue("x", medium=CHAT)
    board.end("c1")
    board.end("c2")
    assert board.where("x") == "queued"
    board.end("c3")

    assert board.offered("x") == "A1"


def test_a_lighter_kind_of_work_finds_the_room_that_is_left() -> None:
    board = Switchboard().staff("A1")
    for letter in ("e1", "e2", "e3", "e4"):
        board.serve(letter, medium=EMAIL)
    board.queue("chat", medium=CHAT)

    board.queue("light", medium=CHAT, weight=15)

    assert (board.where("chat"), board.offered("light")) == ("queued", "A1")
