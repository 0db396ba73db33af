"""Each transition of an agent's routing state, and what becomes of offers and work."""

from __future__ import annotations

import pytest

from hub.kernel.ids import AgentId
from hub.routing.effects import Alerted, Grant, OfferChanged, PresenceChanged
from hub.routing.inputs import (
    AgentChanged,
    AgentRemoved,
    ConnectionBack,
    ConnectionLost,
    DrainAsked,
    Heartbeat,
    PresenceSet,
    SignedIn,
    SignedOut,
)
from hub.routing.model import Medium, Presence, Rules, WrapUp, WrapUpMode
from tests.support.switchboard import Switchboard, a_queue, an_agent, only, rules

CHAT, EMAIL = Medium.CHAT, Medium.EMAIL
A1 = AgentId("A1")

WITH_PRESENCES = rules(
    presences=(
        Presence("lunch", lasts_at_most=60_000, on_expire="available"),
        Presence("letters", routable=True, media=frozenset({EMAIL})),
        Presence("meeting", needs_reason=True),
    )
)


def test_signing_in_is_not_yet_being_available() -> None:
    board = Switchboard()
    board.tell(AgentChanged(an_agent("A1")))
    assert board.presence("A1") == "offline"

    board.tell(SignedIn(A1))

    assert board.presence("A1") == "not_routable"
    assert only(PresenceChanged, board.last)[0].presence == "away"


def test_becoming_available_takes_what_waits_in_the_same_step() -> None:
    board = Switchboard()
    board.queue("x")
    board.tell(AgentChanged(an_agent("A1")))
    board.tell(SignedIn(A1))

    made = board.says("A1", "available")

    assert only(Grant, made)[0].item == "x"


def test_saying_available_again_does_not_restart_the_idle_clock() -> None:
    board = Switchboard().staff("A1").at(5).staff("A2")

    board.at(9).says("A1", "available")
    board.queue("x")

    assert board.offered("x") == "A1"


def test_coming_back_from_a_break_does() -> None:
    board = Switchboard().staff("A1").at(5).staff("A2")

    board.at(8).says("A1", "busy")
    board.at(9).says("A1", "available")
    board.queue("x")

    assert board.offered("x") == "A2"


def test_an_unknown_presence_and_a_missing_reason_are_refused() -> None:
    board = Switchboard(rules=WITH_PRESENCES).staff("A1")

    board.says("A1", "asleep")
    assert board.refusals() == ["unknown_presence"]
    board.says("A1", "meeting")
    assert board.refusals() == ["needs_reason"]
    board.says("A1", "meeting", "team")
    assert board.presence("A1") == "not_routable"


def test_a_chat_that_rings_is_withdrawn_when_its_agent_goes_away() -> None:
    board = Switchboard().staff("A1")
    board.queue("x", medium=CHAT)

    board.at(3).says("A1", "away")

    assert only(OfferChanged, board.last)[0].reason == "presence"
    assert (board.where("x"), board.due("x")) == ("queued", 20)


def test_work_in_hand_stays_when_its_agent_goes_away() -> None:
    board = Switchboard().staff("A1")
    board.serve("x", medium=CHAT)

    board.says("A1", "busy")

    assert (board.where("x"), board.owner("x")) == ("active", "A1")


def test_available_again_before_the_call_ends_is_as_if_nothing_was_said() -> None:
    board = Switchboard().staff("A1")
    board.queue("x")
    board.at(1).says("A1", "busy")

    board.at(2).says("A1", "available")
    board.accept("x")
    board.at(9).end("x")

    assert board.presence("A1") == "routable"


def test_a_break_said_during_an_offer_begins_when_the_offer_is_declined() -> None:
    board = Switchboard().staff("A1")
    board.queue("x")
    board.at(3).says("A1", "busy")

    board.at(4).decline("x")

    assert board.presence("A1") == "not_routable"


def test_a_presence_may_leave_only_some_media() -> None:
    board = Switchboard(rules=WITH_PRESENCES).staff("A1")
    board.says("A1", "letters")

    board.queue("call")
    board.queue("letter", medium=EMAIL)

    assert (board.where("call"), board.offered("letter")) == ("queued", "A1")


def test_a_presence_that_lasts_too_long_gives_way_to_the_next() -> None:
    board = Switchboard(rules=WITH_PRESENCES).staff("A1")
    board.says("A1", "lunch")

    board.at(60)

    assert board.presence("A1") == "routable"
    assert Alerted("presence_expired", A1) in board.effects


def test_who_drains_finishes_and_is_then_offline() -> None:
    board = Switchboard().staff("A1")
    board.serve("x", medium=CHAT)

    board.tell(DrainAsked(A1))
    board.queue("y", medium=CHAT)
    assert (board.presence("A1"), board.where("y")) == ("draining", "queued")
    board.end("x")

    assert board.presence("A1") == "offline"


def test_who_drains_may_end_in_another_presence() -> None:
    board = Switchboard().staff("A1")

    board.tell(DrainAsked(A1, to="busy"))

    assert board.presence("A1") == "not_routable"
    assert board.causes("A1")[-2:] == ["drain", "drained"]


def test_draining_withdraws_what_rings() -> None:
    board = Switchboard().staff("A1")
    board.queue("x")

    board.tell(DrainAsked(A1))

    assert (board.where("x"), board.presence("A1")) == ("queued", "offline")


def test_a_lost_connection_withdraws_offers_and_keeps_work() -> None:
    board = Switchboard().staff("A1")
    board.serve("x", medium=CHAT)
    board.queue("y", medium=CHAT)

    board.at(5).tell(ConnectionLost(A1))

    assert board.presence("A1") == "disconnected"
    assert (board.where("x"), board.where("y")) == ("active", "queued")


def test_back_within_the_grace_everything_is_as_before() -> None:
    board = Switchboard().staff("A1").at(1).staff("A2")
    board.at(5).tell(ConnectionLost(A1))

    board.at(64).tell(ConnectionBack(A1))
    board.queue("x")

    assert board.presence("A1") == "routable"
    assert board.offered("x") == "A1"


def test_after_the_grace_chats_wait_for_another_and_letters_for_their_agent() -> None:
    board = Switchboard().staff("A1")
    board.serve("chat", medium=CHAT)
    board.serve("letter", medium=EMAIL)
    board.at(5).tell(ConnectionLost(A1))

    board.at(65)

    assert board.presence("A1") == "offline"
    assert (board.where("chat"), board.due("chat")) == ("queued", 20 - 60)
    assert (board.where("letter"), board.owner("letter")) == ("active", "A1")


def test_a_call_outlives_its_agents_screen() -> None:
    board = Switchboard().staff("A1")
    board.serve("call")

    board.at(5).tell(ConnectionLost(A1))
    assert board.presence("A1") == "routable"
    board.queue("x", medium=CHAT)
    board.at(200).end("call")

    assert board.presence("A1") == "disconnected"
    assert board.where("x") == "queued"


def test_a_presence_set_while_disconnected_holds_after_the_return() -> None:
    board = Switchboard().staff("A1")
    board.tell(ConnectionLost(A1))

    board.tell(PresenceSet(A1, "busy"))
    assert board.presence("A1") == "disconnected"
    board.tell(ConnectionBack(A1))

    assert board.presence("A1") == "not_routable"


def test_silence_is_a_lost_connection_and_a_heartbeat_brings_it_back() -> None:
    board = Switchboard(rules=Rules()).staff("A1")

    board.at(10).tell(Heartbeat(A1))
    board.at(24)
    assert board.presence("A1") == "routable"
    board.at(25)
    assert board.presence("A1") == "disconnected"
    board.at(30).tell(Heartbeat(A1))

    assert board.presence("A1") == "routable"


def test_signing_in_again_within_the_grace_is_coming_back() -> None:
    board = Switchboard().staff("A1")
    board.serve("x", medium=CHAT)
    board.tell(ConnectionLost(A1))

    board.tell(SignedIn(A1))

    assert (board.presence("A1"), board.owner("x")) == ("routable", "A1")


def test_signing_out_with_live_work_must_be_forced() -> None:
    board = Switchboard().staff("A1")
    board.serve("x", medium=CHAT)

    board.tell(SignedOut(A1))
    assert board.refusals() == ["has_live_work"]
    board.tell(SignedOut(A1, force=True))

    assert (board.presence("A1"), board.where("x")) == ("offline", "queued")


def test_signing_out_ends_wrap_up() -> None:
    queue = a_queue(wrap_up=WrapUp(WrapUpMode.DISCRETIONARY))
    board = Switchboard(queue).staff("A1")
    board.serve("x", medium=CHAT)
    board.end("x")

    board.tell(SignedOut(A1))

    assert (board.presence("A1"), board.where("x")) == ("offline", "done")


def test_an_agent_who_is_removed_leaves_nothing_behind() -> None:
    board = Switchboard().staff("A1")
    board.serve("letter", medium=EMAIL)
    board.queue("call", medium=CHAT)

    board.tell(AgentRemoved(A1))

    assert (board.where("letter"), board.where("call")) == ("queued", "queued")
    assert A1 not in board.state.seats


@pytest.mark.parametrize(
    "event",
    [
        PresenceSet(AgentId("nobody"), "busy"),
        SignedIn(AgentId("nobody")),
        DrainAsked(AgentId("nobody")),
        ConnectionLost(AgentId("nobody")),
        AgentRemoved(AgentId("nobody")),
    ],
)
def test_nobody_is_unknown(event: PresenceSet) -> None:
    board = Switchboard()

    board.tell(event)

    assert board.refusals() == ["unknown_agent"]


def test_losing_skills_does_not_stop_what_rings() -> None:
    board = Switchboard().staff("A1")
    board.queue("x")

    board.tell(AgentChanged(an_agent("A1", "elsewhere")))

    assert board.offered("x") == "A1"
    board.accept("x")
    assert board.owner("x") == "A1"
