"""The acceptance scenarios of the router's specification that its first cut can play."""

from __future__ import annotations

from hub.kernel.ids import AgentId, QueueId, WorkItemId
from hub.routing.core import position, positions
from hub.routing.effects import Grant
from hub.routing.explain import why_waiting
from hub.routing.inputs import (
    AgentLegLost,
    ConnectionLost,
    CustomerWrote,
    ItemAssigned,
    ItemParked,
    QueueChanged,
    SignedOut,
    TransferredToQueue,
)
from hub.routing.model import Band, Condition, Ground, Medium, Membership, Reserve, Strategy
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

CHAT, EMAIL, VOICE = Medium.CHAT, Medium.EMAIL, Medium.VOICE
MESSAGING = Medium.MESSAGING


def test_a01_the_longest_idle_agent_is_offered_the_call_and_the_record_names_the_others() -> None:
    board = Switchboard()
    board.staff("A1").at(5).staff("A3").at(10).staff("A2")

    grant = only(Grant, board.at(20).queue("x"))[0]

    assert grant.agent == "A1"
    behind = grant.why.as_dict()["agents_behind"]
    assert [(b["agent"], b["lost_by_ms"]) for b in behind] == [("A3", 5_000), ("A2", 10_000)]


def test_a02_ties_are_broken_by_who_came_first() -> None:
    board = Switchboard().staff("A1", "A2")

    board.at(1).queue("item1")
    board.queue("item2")

    assert (board.offered("item1"), board.offered("item2")) == ("A1", "A2")


def with_a_busy_agent() -> Switchboard:
    """One agent, at work on ``earlier``, and two queues of 20 and 60 s."""
    board = Switchboard(a_queue("q"), a_queue("q60", 60)).staff("A1")
    board.serve("earlier")
    return board


def test_a03_the_first_due_is_first_across_queues() -> None:
    board = with_a_busy_agent()
    board.at(0).queue("x", "q60")
    board.at(30).queue("y", "q")

    board.at(45).end("earlier")

    assert board.offered("y") == "A1"


def test_a03_an_item_due_later_waits_although_its_queue_promises_more() -> None:
    board = with_a_busy_agent()
    board.at(0).queue("x", "q60")
    board.at(41).queue("y", "q")

    board.at(45).end("earlier")

    assert board.offered("x") == "A1"


def test_a03_of_two_due_together_the_first_queued_is_first() -> None:
    board = with_a_busy_agent()
    board.at(0).queue("x", "q60")
    board.at(40).queue("y", "q")

    board.at(45).end("earlier")

    assert board.offered("x") == "A1"


def test_a04_a_boost_helps_so_much_and_no_more() -> None:
    board = with_a_busy_agent()
    board.at(0).queue("standard", "q60")
    board.at(100).queue("vip1", "q60", boost=120)
    board.at(121).queue("vip2", "q60", boost=120)

    board.at(125).end("earlier")
    board.accept("vip1")
    board.at(135).end("vip1")
    board.accept("standard")
    board.at(145).end("standard")

    assert [item for _, item, _ in board.grants()[1:]] == ["vip1", "standard", "vip2"]


def test_a05_freed_capacity_pulls_the_chat_that_waits_longest_in_the_same_step() -> None:
    board = Switchboard().staff("A1")
    for chat in ("c1", "c2", "c3"):
        board.serve(chat, medium=CHAT)
    board.at(10).queue("c4", medium=CHAT)

    made = board.at(50).end("c1")
    board.queue("c5", medium=CHAT)

    assert [grant.item for grant in only(Grant, made)] == ["c4"]
    assert board.where("c5") == "queued"
    assert board.used("A1") == 99


def test_a06_a_requirement_relaxes_at_its_very_moment_and_the_place_is_kept() -> None:
    needs = steps((0, skill("german", 7)), (30, skill("german", 4)), (60, skill("german", 1)))
    board = Switchboard()
    board.staff(an_agent("B", skills={"german": 5}), an_agent("C", skills={"german": 2}))

    board.queue("x", needs=needs)
    board.at(40)

    assert board.grants() == [(30, "x", "B")]
    assert board.due("x") == 20
    assert only(Grant, board.effects)[0].why.demand == "q/1"


def test_a06_the_last_step_reaches_the_weakest() -> None:
    needs = steps((0, skill("german", 7)), (30, skill("german", 4)), (60, skill("german", 1)))
    board = Switchboard().staff(an_agent("C", skills={"german": 2}))

    board.queue("x", needs=needs)
    board.at(70)

    assert board.grants() == [(60, "x", "C")]


def with_a_backup(handling: float) -> Switchboard:
    """One agent, busy; a backup helps whoever can expect to wait for more than two minutes."""
    two_minutes = Condition(Ground.WAIT_OVER, 120_000)
    queue = a_queue(
        members=(Membership("G1"), Membership("backup", when=two_minutes)),
        handling=round(handling * 1000),
    )
    board = Switchboard(queue).staff(an_agent("one", "G1"), an_agent("two", "backup"))
    assert board.serve("earlier") == "one"
    return board


def test_a07_a_backup_helps_who_would_wait_too_long() -> None:
    board = with_a_backup(handling=200)

    board.queue("x")

    assert board.grants("x") == [(0, "x", "two")]


def test_a07_a_backup_does_not_help_who_need_not_wait_so_long() -> None:
    board = with_a_backup(handling=100)

    board.queue("x")
    board.at(30)

    assert board.where("x") == "queued"
    board.queue("y")
    assert board.grants("y") == [(30, "y", "two")], "who is behind waits twice as long"


def test_a07_conditions_are_looked_at_again_every_second() -> None:
    nobody = Condition(Ground.NOBODY_READY)
    queue = a_queue(members=(Membership("G1"), Membership("backup", when=nobody)))
    board = Switchboard(queue).staff(an_agent("one", "G1"), an_agent("two", "backup"))
    board.queue("x", medium=CHAT)
    board.decline("x")
    assert board.where("x") == "queued"

    board.at(0.5).says("one", "busy")
    board.at(2)

    assert board.grants("x")[1:] == [(1, "x", "two")]


def two_groups() -> Switchboard:
    board = Switchboard(a_queue(members=members("G1", ("G2", 30))), a_queue("other"))
    return board.staff(an_agent("one", "G1"), an_agent("two", "G2"))


def test_a08_a_second_group_helps_from_its_delay_on() -> None:
    board = two_groups()
    assert board.serve("earlier") == "one"

    board.queue("x")
    board.at(5).queue("y")
    board.at(30)

    assert board.grants("x") == [(30, "x", "two")]
    assert board.where("y") == "queued"


def test_a08_the_first_group_may_be_quicker() -> None:
    board = two_groups()
    board.serve("earlier")

    board.queue("x")
    board.at(5).queue("y")
    board.at(29.999).end("earlier")

    assert board.grants("x") == [(29.999, "x", "one")]


def test_a08_the_item_keeps_its_place_in_the_next_step() -> None:
    board = two_groups()
    board.serve("earlier")
    board.says("two", "busy")

    board.queue("x")
    board.at(5).queue("y")
    board.at(36).says("two", "available")

    assert board.grants("x") == [(36, "x", "two")]
    assert board.where("y") == "queued"


def test_a10_who_does_not_answer_is_offered_nothing_until_they_say_so() -> None:
    board = Switchboard().staff("A1").at(3).staff("A2")
    board.at(10).queue("x")
    assert board.offered("x") == "A1"

    board.at(30)

    assert board.presence("A1") == "not_responding"
    assert board.grants("x") == [(10, "x", "A1"), (30, "x", "A2")]
    assert only(Grant, board.effects)[-1].attempt == 2
    board.at(31).queue("y")
    assert board.where("y") == "queued"
    board.at(32).says("A1", "available")
    assert board.offered("y") == "A1"


def test_a11_time_lost_in_an_offer_does_not_cost_the_place() -> None:
    board = Switchboard().staff("A1")
    board.at(10).queue("x")
    board.at(12).queue("y")

    board.at(30.5).staff("A2")

    assert board.offered("x") == "A2"
    assert board.due("x") == 10


def test_a12_who_declined_does_not_get_the_item_while_a_colleague_could() -> None:
    board = Switchboard().staff("A1", "A2")
    assert board.serve("earlier") == "A1"
    board.queue("x")

    board.at(5).decline("x")
    board.at(19)
    assert board.where("x") == "queued"
    board.at(20).end("earlier")

    assert board.grants("x") == [(0, "x", "A2"), (20, "x", "A1")]
    board.decline("x")
    board.at(20.001)
    assert board.where("x") == "queued"


def test_a12_the_only_one_there_is_asked_again_after_the_gap() -> None:
    board = Switchboard().staff("A1", "A2")
    board.tell(SignedOut(AgentId("A2")))
    board.queue("x")

    board.at(5).decline("x")
    board.at(60)

    assert board.grants("x")[:2] == [(0, "x", "A1"), (35, "x", "A1")]


def test_a13_a_break_said_during_an_offer_waits_for_the_end_of_the_call() -> None:
    board = Switchboard().staff("A1")
    board.queue("x")

    board.at(3).says("A1", "busy")
    board.at(5).accept("x")
    board.at(10).queue("y")
    board.at(65).end("x")

    assert board.grants() == [(0, "x", "A1")]
    assert board.presence("A1") == "not_routable"
    assert board.state.seats[AgentId("A1")].since == 65_000


def test_a13_without_deferring_a_flickering_presence_does_not_ring_again_and_again() -> None:
    board = Switchboard(rules=rules(voice={"defers_presence": False})).staff("A1")
    board.queue("x")

    for toggle in range(10):
        board.at(3 + toggle / 10).says("A1", "busy")
        board.says("A1", "available")
    board.at(12.9)

    assert board.due("x") == 20
    assert board.grants("x") == [(0, "x", "A1")]
    board.at(20)
    assert len(board.grants("x")) == 2


def test_a14_a_customer_who_leaves_while_it_rings_is_not_the_agents_fault() -> None:
    board = Switchboard().staff("A1").at(4).staff("A2")
    board.at(5).queue("x")

    board.at(8).leaves("x")
    board.at(9).queue("z")

    assert board.where("x") == "abandoned"
    assert board.offered("z") == "A1"
    assert board.state.seats[AgentId("A1")].expiries == 0


def interrupting() -> Switchboard:
    by_voice = {"interrupted_by": frozenset({VOICE})}
    return Switchboard(rules=rules(chat=by_voice, email=by_voice)).staff("A1")


def test_a16_units_count_over_all_media() -> None:
    board = interrupting()
    for item, medium in (("c1", CHAT), ("c2", CHAT), ("e1", EMAIL)):
        board.serve(item, medium=medium)
    assert board.used("A1") == 86

    board.queue("c3", medium=CHAT)
    board.queue("e2", medium=EMAIL)

    assert (board.where("c3"), board.where("e2")) == ("queued", "queued")


def test_a16_a_call_interrupts_what_yields_to_it() -> None:
    board = interrupting()
    for item, medium in (("c1", CHAT), ("c2", CHAT), ("e1", EMAIL)):
        board.serve(item, medium=medium)

    board.serve("call")
    assert board.used("A1") == 100 + 5 + 5 + 5
    board.queue("e2", medium=EMAIL)
    assert board.where("e2") == "queued"
    board.end("call")

    assert board.used("A1") == 86


def test_a17_silence_frees_units_for_who_waits() -> None:
    board = Switchboard().staff("A1")
    for number in (1, 2, 3, 4):
        board.serve(f"m{number}", medium=MESSAGING)
    board.at(30)
    for number in (2, 3, 4):
        board.tell(CustomerWrote(WorkItemId(f"m{number}")))
    board.queue("m5", medium=MESSAGING)

    board.at(600)
    assert (board.where("m1"), board.used("A1"), board.where("m5")) == ("parked", 80, "queued")
    board.at(629)
    board.tell(CustomerWrote(WorkItemId("m3")))
    board.tell(CustomerWrote(WorkItemId("m4")))
    board.at(630)

    assert board.grants("m5") == [(630, "m5", "A1")]
    assert board.used("A1") == 85


def test_a18_a_parked_customer_returns_to_the_agent_who_has_room() -> None:
    board = Switchboard().staff("A1")
    board.serve("m1", medium=MESSAGING)
    board.tell(ItemParked(WorkItemId("m1")))
    assert board.used("A1") == 5

    board.at(100).tell(CustomerWrote(WorkItemId("m1")))

    assert (board.where("m1"), board.owner("m1"), board.used("A1")) == ("active", "A1", 25)


def test_a18_a_parked_customer_waits_when_the_agent_has_none() -> None:
    board = Switchboard(a_queue(target=60)).staff("A1")
    board.serve("m1", medium=MESSAGING)
    board.tell(ItemParked(WorkItemId("m1")))
    for chat in ("c1", "c2"):
        board.serve(chat, medium=CHAT)
    board.serve("e1", medium=EMAIL)

    board.at(100).tell(CustomerWrote(WorkItemId("m1")))

    assert (board.where("m1"), board.due("m1"), board.used("A1")) == ("queued", 160, 86)


def test_a18_the_agent_it_had_keeps_it_for_half_the_target() -> None:
    board = Switchboard(a_queue(target=60, sticky_max=30_000)).staff("A1")
    board.serve("m1", medium=MESSAGING)
    board.tell(ItemParked(WorkItemId("m1")))
    for chat in ("c1", "c2"):
        board.serve(chat, medium=CHAT)
    board.serve("e1", medium=EMAIL)
    board.staff("A2")

    board.at(100).tell(CustomerWrote(WorkItemId("m1")))
    board.at(150)

    assert board.grants("m1")[1:] == [(130, "m1", "A2")]


def returning(handling: float) -> Switchboard:
    """P serves ``earlier`` and is expected to be busy for so long; A2 is ready."""
    board = Switchboard(a_queue(handling=round(handling * 1000))).staff("P", "A2")
    assert board.serve("earlier") == "P"
    board.queue("x", preferred=(AgentId("P"),))
    return board


def test_a19_an_item_waits_for_the_agent_it_knows_who_is_soon_free() -> None:
    board = returning(handling=8)
    assert board.where("x") == "queued"

    board.at(7).end("earlier")

    assert board.grants("x") == [(7, "x", "P")]


def test_a19_it_waits_no_longer_than_half_its_target() -> None:
    board = returning(handling=8)

    board.at(15)

    assert board.grants("x") == [(10, "x", "A2")]


def test_a19_it_does_not_wait_for_who_will_not_be_free_in_time() -> None:
    board = returning(handling=15)

    assert board.grants("x") == [(0, "x", "A2")]


def test_a19_the_due_moment_limits_the_waiting_too() -> None:
    board = Switchboard(a_queue(handling=8_000, sticky_max=60_000)).staff("P", "A2")
    board.serve("earlier")

    board.queue("x", preferred=(AgentId("P"),))
    board.at(30)

    assert board.grants("x") == [(12, "x", "A2")]


def test_a19_it_does_not_wait_for_who_is_not_there() -> None:
    board = Switchboard().staff("P", "A2")
    board.tell(SignedOut(AgentId("P")))

    board.queue("x", preferred=(AgentId("P"),))

    assert board.grants("x") == [(0, "x", "A2")]


def test_an_agent_who_leaves_lets_go_of_who_waited_for_them() -> None:
    board = returning(handling=8)

    board.at(3).tell(ConnectionLost(AgentId("P")))

    assert board.grants("x") == [(3, "x", "A2")]


def test_letters_wait_for_their_agent_without_limit() -> None:
    board = Switchboard(a_queue(target=60)).staff("P")
    board.serve("call")
    board.staff("A2")

    board.queue("letter", medium=EMAIL, preferred=(AgentId("P"),))
    board.at(600).queue("other", medium=EMAIL)
    board.accept("other")
    board.at(3_600).end("call")

    assert board.grants("letter") == [(3_600, "letter", "P")]


def test_who_waits_for_one_agent_has_a_place_before_that_agent() -> None:
    board = returning(handling=8)
    board.serve("y")
    board.at(1).queue("z")

    assert [position(board.state, WorkItemId(item)) for item in ("x", "z")] == [1, 2]
    assert positions(board.state, QueueId("q")) == {"x": 1, "z": 2}


def test_a20_the_starvation_bound_is_exact() -> None:
    board = Switchboard(a_queue("low", 180), a_queue("vip", 10), checks=False).staff("A1")
    board.serve("earlier", "vip")
    board.queue("low", "low")
    talking = "earlier"

    for second in range(1, 900):
        board.at(second)
        if second % 5 == 0 and talking != "low":
            board.end(talking)
            talking = board.grants()[-1][1]
            board.accept(talking)
        board.queue(f"vip{second}", "vip")

    assert board.grants("low") == [(850, "low", "A1")]


def misrouted(after_answer: float) -> Switchboard:
    board = Switchboard(a_queue("q"), a_queue("q2", members=members("G2")))
    board.staff(an_agent("A1"))
    board.queue("x")
    board.at(10).accept("x")
    board.queue("y", "q2", enqueued_at=5_000)
    board.at(10 + after_answer)
    board.tell(TransferredToQueue(WorkItemId("x"), QueueId("q2")))
    return board


def test_a26_a_misroute_keeps_its_due_moment() -> None:
    board = misrouted(after_answer=40)

    board.staff(an_agent("A2", "G2"))

    assert board.due("x") == 20
    assert board.offered("x") == "A2"


def test_a26_what_was_worked_on_is_due_anew() -> None:
    board = misrouted(after_answer=70)

    board.staff(an_agent("A2", "G2"))

    assert board.due("x") == 80 + 20 - 60
    assert board.offered("y") == "A2"


def ten_of_whom(ready: int) -> Switchboard:
    """Ten agents serve two queues; two are kept ready for the VIPs, and so many are ready."""
    vip = a_queue("vip", reserve=Reserve("G", 2))
    board = Switchboard(vip, a_queue("std"), a_queue("else", members=members("G")))
    board.staff(*(an_agent(f"A{number}", "G") for number in range(10)))
    for number in range(10 - ready):
        board.serve(f"earlier{number}", "vip")
    return board


def test_a29_kept_agents_are_kept() -> None:
    board = ten_of_whom(ready=2)

    board.queue("x", "std")

    assert board.where("x") == "queued"
    assert ("reserve", 2) in why_waiting(board.state, board.state.items[WorkItemId("x")])
    board.queue("v", "vip")
    assert board.offered("v") == "A8"


def test_a29_who_is_more_than_kept_is_offered_what_waits() -> None:
    board = ten_of_whom(ready=3)

    board.queue("x", "std")

    assert board.offered("x") == "A7"


def test_a29_one_more_ready_agent_sets_the_waiting_free_in_the_same_step() -> None:
    board = ten_of_whom(ready=2)
    board.queue("x", "std")

    made = board.at(5).end("earlier0")

    assert [grant.item for grant in only(Grant, made)] == ["x"]


def test_who_came_sets_another_free_whom_the_item_can_have() -> None:
    board = ten_of_whom(ready=3)
    board.queue("x", "std")
    assert board.serve("v", "vip") == "A8"
    board.decline("x")
    assert board.serve("v2", "vip") == "A7"
    board.end("v")
    assert board.where("x") == "queued"

    made = board.at(5).end("v2")

    assert [(grant.item, grant.agent) for grant in only(Grant, made)] == [("x", "A8")]


def test_a_reserve_given_up_sets_the_waiting_free() -> None:
    board = ten_of_whom(ready=2)
    board.queue("x", "std")

    made = board.tell(QueueChanged(a_queue("vip")))

    assert [grant.item for grant in only(Grant, made)] == ["x"]


def test_an_emergency_and_a_persons_decision_do_not_ask_for_reserves() -> None:
    board = ten_of_whom(ready=2)

    board.queue("x", "std", band=Band.EMERGENCY)
    board.queue("y", "std")
    board.tell(ItemAssigned(WorkItemId("y"), AgentId("A9")))

    assert (board.offered("x"), board.offered("y")) == ("A8", "A9")


def test_a27_a_lost_line_puts_the_customer_at_the_head() -> None:
    board = Switchboard().staff("A1", "A2")
    assert board.serve("x") == "A1"

    made = board.at(100).tell(AgentLegLost(WorkItemId("x")))

    assert only(Grant, made)[0].agent in ("A1", "A2")
    assert board.due("x") == 0


def loaded_but_longest_idle(strategy: Strategy) -> Switchboard:
    """A1 has one chat and is idle since 1, A2 has none and is idle since 3."""
    board = Switchboard(a_queue(strategy=strategy)).staff("A1").at(0.5).staff("A2")
    board.at(1).serve("c1", medium=CHAT)
    board.at(2).serve("c2", medium=CHAT)
    board.at(3).end("c2")
    return board


def test_the_less_loaded_agent_comes_before_the_longer_idle() -> None:
    board = loaded_but_longest_idle(Strategy.LONGEST_IDLE)

    board.at(4).queue("c3", medium=CHAT)

    assert board.offered("c3") == "A2"


def test_strict_longest_idle_does_not_ask_how_much_is_carried() -> None:
    board = loaded_but_longest_idle(Strategy.STRICT_LONGEST_IDLE)

    board.at(4).queue("c3", medium=CHAT)

    assert board.offered("c3") == "A1"
