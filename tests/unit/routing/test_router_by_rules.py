"""Hypothesis plays agents, customers and the database, and shrinks what breaks an invariant."""

from __future__ import annotations

from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub.kernel.ids import AgentId, OfferId, QueueId, WorkItemId
from hub.routing import inputs
from hub.routing.core import check, next_timer, position, rebuild, step
from hub.routing.effects import Grant
from hub.routing.model import ItemState, Medium, OfferMode, OfferState, Snapshot, WrapUp, WrapUpMode
from tests.support.switchboard import PATIENT, a_queue, an_agent, members, skill, steps

AGENTS = st.sampled_from(["A1", "A2", "A3"]).map(AgentId)
QUEUES = st.sampled_from(["q1", "q2"]).map(QueueId)
MEDIA = st.sampled_from([Medium.VOICE, Medium.CHAT, Medium.EMAIL])
NEEDS = st.sampled_from([(), steps((0, skill("german", 5)), (15, skill("german", 1)))])
ROUTERS_OWN = frozenset({ItemState.QUEUED, ItemState.OFFERED})


class Floor(RuleBasedStateMachine):
    """A small floor: three agents, two queues, and anything that can happen there."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.count = 0
        self.promised: dict[WorkItemId, tuple[int, int]] = {}
        box = WrapUp(WrapUpMode.TIME_BOXED, 5_000)
        self.state = rebuild(
            Snapshot(
                rules=PATIENT,
                queues=(
                    a_queue("q1", members=members("G1", ("G2", 10)), wrap_up=box),
                    a_queue("q2", 60, members=members("G2")),
                ),
                agents=(
                    an_agent("A1", "G1"),
                    an_agent("A2", "G2", skills={"german": 3}),
                    an_agent("A3", "G1", "G2", skills={"german": 7}),
                ),
            ),
            0,
        )

    def tell(self, event: inputs.Input) -> None:
        for effect in step(self.state, event, self.now):
            if isinstance(effect, Grant):
                behind = effect.why.items_behind
                assert all(effect.why.item.key < other.key for other in behind), "I4"

    def offers(self, *states: OfferState) -> list[OfferId]:
        return [offer.id for offer in self.state.offers.values() if offer.state in states]

    def items(self, *states: ItemState) -> list[WorkItemId]:
        return [item.id for item in self.state.items.values() if item.state in states]

    # Agents

    @initialize()
    def everybody_is_there(self) -> None:
        for agent in ("A1", "A2", "A3"):
            self.tell(inputs.PresenceSet(AgentId(agent), "available"))

    @rule(agent=AGENTS, presence=st.sampled_from(["available", "available", "busy"]))
    def says(self, agent: AgentId, presence: str) -> None:
        self.tell(inputs.PresenceSet(agent, presence))

    @rule(agent=AGENTS, kind=st.sampled_from([inputs.ConnectionLost, inputs.ConnectionBack]))
    def line(self, agent: AgentId, kind: Any) -> None:
        self.tell(kind(agent))

    @rule(agent=AGENTS, force=st.booleans())
    def signs_out(self, agent: AgentId, force: bool) -> None:
        self.tell(inputs.SignedOut(agent, force))

    @rule(agent=AGENTS)
    def drains(self, agent: AgentId) -> None:
        self.tell(inputs.DrainAsked(agent))

    # Work

    @rule(queue=QUEUES, medium=MEDIA, needs=NEEDS, boost=st.sampled_from([0, 30_000]))
    def arrives(self, queue: QueueId, medium: Medium, needs: Any, boost: int) -> None:
        self.count += 1
        item = WorkItemId(f"i{self.count}")
        self.tell(inputs.ItemQueued(item, queue, medium, needs, boost))

    @precondition(lambda self: self.offers(OfferState.PROPOSED))
    @rule(data=st.data(), fate=st.sampled_from(["confirmed", "confirmed", "refused", "gone"]))
    def database(self, data: st.DataObject, fate: str) -> None:
        offer = data.draw(st.sampled_from(self.offers(OfferState.PROPOSED)))
        if fate == "confirmed":
            self.tell(inputs.GrantConfirmed(offer))
            self.tell(inputs.OfferDelivered(offer))
        else:
            self.tell(inputs.GrantRefused(offer, item_gone=fate == "gone"))

    @precondition(lambda self: self.offers(OfferState.RINGING))
    @rule(
        data=st.data(),
        answer=st.sampled_from(
            [
                inputs.OfferAccepted,
                inputs.OfferAccepted,
                inputs.OfferDeclined,
                inputs.OfferWithdrawn,
            ]
        ),
    )
    def answers(self, data: st.DataObject, answer: Any) -> None:
        self.tell(answer(data.draw(st.sampled_from(self.offers(OfferState.RINGING)))))

    @precondition(lambda self: self.state.items)
    @rule(
        data=st.data(),
        deed=st.sampled_from(
            [
                inputs.Bridged,
                inputs.WorkEnded,
                inputs.WorkEnded,
                inputs.CustomerLeft,
                inputs.ItemParked,
                inputs.CustomerWrote,
                inputs.BridgeFailed,
                inputs.AgentLegLost,
            ]
        ),
    )
    def goes_on(self, data: st.DataObject, deed: Any) -> None:
        self.tell(deed(data.draw(st.sampled_from(list(self.state.items)))))

    @precondition(lambda self: self.items(ItemState.ACTIVE))
    @rule(data=st.data(), queue=QUEUES, agent=AGENTS, to_agent=st.booleans())
    def is_passed_on(
        self, data: st.DataObject, queue: QueueId, agent: AgentId, to_agent: bool
    ) -> None:
        item = data.draw(st.sampled_from(self.items(ItemState.ACTIVE)))
        if to_agent:
            self.tell(inputs.TransferredToAgent(item, agent))
        else:
            self.tell(inputs.TransferredToQueue(item, queue))

    @precondition(lambda self: self.items(*ROUTERS_OWN))
    @rule(
        data=st.data(), agent=AGENTS, mode=st.sampled_from([OfferMode.PICKED, OfferMode.ASSIGNED])
    )
    def is_assigned(self, data: st.DataObject, agent: AgentId, mode: OfferMode) -> None:
        item = data.draw(st.sampled_from(self.items(*ROUTERS_OWN)))
        self.tell(inputs.ItemAssigned(item, agent, mode))

    # Time

    @rule(by=st.sampled_from([1, 1_000, 5_000, 20_000, 60_000]))
    def time_passes(self, by: int) -> None:
        until = self.now + by
        while (timer := next_timer(self.state)) is not None and timer.at <= until:
            self.now = max(self.now, timer.at)
            self.tell(inputs.TimerFired(timer))
            check(self.state)
        self.now = until

    # What must hold

    @invariant()
    def everything_holds(self) -> None:
        check(self.state)

    @invariant()
    def offering_never_costs_the_place(self) -> None:
        """I9: while an item only waits and rings, it is never due later than before."""
        waiting = self.items(*ROUTERS_OWN)
        for item in waiting:
            held = self.state.items[item]
            seq, due = self.promised.get(item, (held.seq, held.due))
            assert held.seq == seq, "I8"
            assert held.due <= due, "I9"
        self.promised = {item: self._promise(item) for item in waiting}

    @invariant()
    def places_count_from_one_without_gaps(self) -> None:
        places = [position(self.state, item) for item in self.items(ItemState.QUEUED)]
        assert not places or min(place for place in places if place is not None) == 1

    def _promise(self, item: WorkItemId) -> tuple[int, int]:
        held = self.state.items[item]
        return held.seq, held.due


Floor.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestFloor = Floor.TestCase
