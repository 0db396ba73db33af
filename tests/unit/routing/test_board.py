"""The live board counts by following events, and each event moves what it says and nothing else."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

from hub.agents.model import Agent, Role
from hub.kernel.clock import DAY, MINUTE, SECOND, Millis
from hub.kernel.ids import AgentId, ConversationId, CustomerId, OfferId, QueueId, WorkItemId
from hub.routing.board import Board, Opening
from hub.routing.events import (
    OfferAccepted,
    OfferEnded,
    OfferMade,
    PresenceChanged,
    WorkEnded,
    WorkQueued,
    WrapUpEnded,
)
from hub.routing.views import QueueFigures

NOON = Millis(1_767_009_600_000)
SALES = QueueId("sales")
ANN = AgentId("ann")


class Floor:
    """A board with one queue and one agent, and a log that is told to it."""

    def __init__(self) -> None:
        self.board = Board()
        self.now = NOON
        self._seq = itertools.count(1)
        person = Agent(
            ANN, 1, "a@x", "Ann", Role.AGENT, ("en",), (), 100, False, {}, frozenset({SALES})
        )
        self.board.open(
            Opening(
                seq=0,
                queues=[SimpleNamespace(id=SALES, target=MINUTE)],
                people=[person],
                presences=[],
                items=[],
                offers=[],
                parts=[],
                today=[],
                ever=0,
            ),
            NOON,
        )

    def tell(
        self, kind: Any, item: str | None = None, agent: str | None = None, **facts: Any
    ) -> None:
        given: dict[str, Any] = {"at": self.now, "agent_id": agent, **facts}
        if item is not None:
            given |= {
                "conversation_id": ConversationId(f"c-{item}"),
                "customer_id": CustomerId("mia"),
                "queue_id": SALES,
                "item_id": WorkItemId(item),
            }
        self.board.hear(next(self._seq), kind(**given))

    def queued(self, item: str) -> None:
        self.tell(
            WorkQueued,
            item,
            seq=1,
            medium="chat",
            weight=33,
            language=None,
            enqueued_at=self.now,
            due=self.now + MINUTE,
        )

    def offered(self, item: str, load: int = 33) -> None:
        self.tell(
            OfferMade,
            item,
            ANN,
            offer_id=OfferId(f"o-{item}"),
            mode="routed",
            medium="chat",
            units=33,
            attempt=1,
            deadline=self.now + MINUTE,
            load=load,
        )

    def accepted(self, item: str, waited: int) -> None:
        self.tell(
            OfferAccepted,
            item,
            ANN,
            offer_id=OfferId(f"o-{item}"),
            waited=waited,
            in_time=waited <= MINUTE,
            is_first=True,
            load=33,
            facts={},
        )

    def says(self, status: str, routing_state: str) -> None:
        self.tell(
            PresenceChanged,
            agent=ANN,
            status=status,
            reason=None,
            since=self.now,
            routing_state=routing_state,
            cause="set",
        )

    @property
    def sales(self) -> QueueFigures:
        (figures,) = self.board.live(self.now).queues
        return figures


def test_who_waits_is_counted_and_the_longest_wait_known() -> None:
    floor = Floor()
    floor.queued("one")
    floor.now = Millis(NOON + SECOND)
    floor.queued("two")

    assert (floor.sales.waiting, floor.sales.longest_wait_since) == (2, NOON)
    floor.tell(WorkEnded, "one", before="queued", state="abandoned", by="customer", waited=SECOND)

    assert (floor.sales.waiting, floor.sales.longest_wait_since) == (1, NOON + SECOND)


def test_an_offer_that_comes_to_nothing_returns_to_the_line() -> None:
    floor = Floor()
    floor.says("available", "routable")
    floor.queued("one")
    floor.offered("one")
    assert (floor.sales.waiting, floor.sales.offered, floor.sales.busy) == (0, 1, 1)

    floor.tell(
        OfferEnded, "one", ANN, offer_id=OfferId("o-one"), state="declined", reason="", load=0
    )

    assert (floor.sales.waiting, floor.sales.offered, floor.sales.idle) == (1, 0, 1)
    assert floor.sales.longest_wait_since == NOON


def test_the_service_level_is_the_share_of_today_answered_in_time() -> None:
    floor = Floor()
    for item, waited in (("one", SECOND), ("two", 2 * MINUTE), ("three", MINUTE)):
        floor.queued(item)
        floor.offered(item)
        floor.accepted(item, waited)
    floor.queued("four")
    floor.tell(WorkEnded, "four", before="queued", state="abandoned", by="customer", waited=MINUTE)
    floor.queued("five")
    floor.tell(WorkEnded, "five", before="queued", state="abandoned", by="customer", waited=SECOND)

    assert floor.sales.service_level == 2 / 4, "who left at once is not judged"
    floor.now = Millis(NOON + DAY)
    assert floor.sales.service_level is None


def test_an_agent_goes_from_idle_to_busy_to_wrap_up_and_back() -> None:
    floor = Floor()
    floor.says("available", "routable")
    seen = [floor.board.live(floor.now).agents]
    floor.queued("one")
    floor.offered("one")
    floor.accepted("one", SECOND)
    seen.append(floor.board.live(floor.now).agents)
    floor.tell(WorkEnded, "one", ANN, before="active", state="wrap_up", by="agent", load=0)
    seen.append(floor.board.live(floor.now).agents)
    assert floor.sales.wrap_up == 1
    floor.tell(WrapUpEnded, "one", ANN, load=0)
    seen.append(floor.board.live(floor.now).agents)

    assert [(f.available, f.wrap_up, f.offline) for f in seen] == [
        (1, 0, 0),
        (1, 0, 0),
        (0, 1, 0),
        (1, 0, 0),
    ]
    assert floor.sales.idle == 1


def test_the_balance_holds_after_everything() -> None:
    floor = Floor()
    for item in ("one", "two", "three"):
        floor.queued(item)
    floor.offered("one")
    floor.accepted("one", SECOND)
    floor.tell(WorkEnded, "two", before="queued", state="cancelled", by="agent", waited=SECOND)

    balance = floor.board.live(floor.now).balance

    assert (balance.received, balance.with_agents, balance.waiting, balance.ended) == (3, 1, 1, 1)


def test_what_was_in_the_opening_is_not_counted_again() -> None:
    floor = Floor()
    floor._seq = itertools.count(0)

    floor.queued("old")

    assert floor.board.live(floor.now).balance.received == 0


def test_only_who_has_changed_is_told_anew() -> None:
    floor = Floor()
    assert list(floor.board.fresh_presences()) == [ANN]
    assert floor.board.fresh_presences() == {}

    floor.says("away", "not_routable")

    assert floor.board.fresh_presences()[ANN].status == "away"


def test_who_has_not_changed_has_the_same_view() -> None:
    floor = Floor()
    before = floor.board.presences()[ANN]
    assert floor.board.presences()[ANN] is before

    floor.says("away", "not_routable")

    assert floor.board.presences()[ANN].status == "away"
    assert before.status != "away"


def test_a_waiting_customer_hears_their_place() -> None:
    floor = Floor()
    floor.queued("one")
    floor.now = Millis(NOON + SECOND)
    floor.queued("two")

    second = floor.board.waiting("c-two", floor.now)

    assert second is not None
    assert (second.position, second.estimate) == (2, None)
    assert floor.board.waiting("c-nobody", floor.now) is None


def test_who_waits_for_ever_does_not_keep_the_traces_of_all_others() -> None:
    floor = Floor()
    floor.queued("old")
    for number in range(1_000):
        item = f"i{number}"
        floor.queued(item)
        floor.tell(WorkEnded, item, before="queued", state="cancelled", by="hub", waited=0)

    assert floor.sales.longest_wait_since == NOON
    assert len(floor.board._queues[SALES].oldest) < 100
