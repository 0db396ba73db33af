"""A storm of inputs for the router, possible and impossible ones, the same for the same seed.

``python -m tests.support.storm SEED INPUTS`` prints the digest of the end, for comparing processes.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from random import Random

from hub.kernel.ids import AgentId, OfferId, QueueId, WorkItemId
from hub.routing import inputs
from hub.routing.core import check, digest, next_timer, rebuild, step
from hub.routing.effects import Effect, Grant, ItemMoved
from hub.routing.model import (
    Agent,
    Band,
    Condition,
    Ground,
    Medium,
    MediumRules,
    Membership,
    OfferMode,
    Presence,
    Queue,
    RateLimit,
    Requirement,
    Reserve,
    Rules,
    Snapshot,
    Step,
    Strategy,
    WrapUp,
    WrapUpMode,
)

QUEUES = tuple(QueueId(f"q{number}") for number in (1, 2, 3))
AGENTS = tuple(AgentId(f"a{number}") for number in range(5))
GERMAN = (
    Step(0, Requirement(skills=frozenset({("german", 7)}))),
    Step(10_000, Requirement(skills=frozenset({("german", 3)}))),
)
ENGLISH = (Step(0, Requirement(languages=frozenset({"en"}))),)
LATER = (Step(5_000, Requirement()),)
NEEDS: tuple[tuple[Step, ...], ...] = ((), GERMAN, ENGLISH, LATER)
MEMBERS = (
    (Membership(None),),
    (Membership("g1"), Membership("g2", 10_000)),
    (Membership("g2"),),
    (Membership("g1"), Membership("g2", when=Condition(Ground.WAIT_OVER, 15_000))),
    (
        Membership("g2"),
        Membership("g1", when=Condition(Ground.KEPT_UNDER, 900)),
        Membership(None, 5_000, when=Condition(Ground.NOBODY_READY)),
    ),
)
WRAP_UPS = (
    WrapUp(),
    WrapUp(WrapUpMode.TIME_BOXED, 5_000),
    WrapUp(WrapUpMode.DISCRETIONARY),
    WrapUp(WrapUpMode.COOL_DOWN, 3_000),
)
YIELDING = (Medium.CHAT, Medium.EMAIL, Medium.MESSAGING)


class Storm:
    """A router in bad weather."""

    def __init__(self, seed: int, checks: bool = True) -> None:
        self.dice = Random(seed)
        self.now = 0
        self.checks = checks
        self.told: list[tuple[int, inputs.Input]] = []
        self.effects: list[Effect] = []
        self.first = Snapshot(rules=self._rules())
        self.state = rebuild(self.first, 0)
        self.unconfirmed: list[OfferId] = []
        self.offers: list[OfferId] = [OfferId("none")]
        self.items: list[WorkItemId] = [WorkItemId("nothing")]
        self.arrived = 0
        for queue in QUEUES:
            self.tell(inputs.QueueChanged(self._queue(queue)))
        for agent in AGENTS:
            self.tell(inputs.AgentChanged(self._agent(agent)))
            self.tell(inputs.PresenceSet(agent, "available"))

    def blow(self, turns: int) -> Storm:
        """Let so many things happen, and whatever falls due between them."""
        for _ in range(turns):
            if self.dice.random() < 0.4:
                self._pass_time(self.dice.choice((0, 1, 500, 3_000, 9_000)))
            if self.unconfirmed and self.dice.random() < 0.8:
                self._answer_for_the_database()
            else:
                self.tell(self._something())
        return self

    def tell(self, event: inputs.Input) -> None:
        """Tell the router, and hold everything against the invariants."""
        self.told.append((self.now, event))
        made = step(self.state, event, self.now)
        if self.checks:
            check(self.state)
        self.effects += made
        for effect in made:
            if isinstance(effect, Grant):
                self.unconfirmed.append(effect.offer)
                self.offers.append(effect.offer)
            elif isinstance(effect, ItemMoved) and effect.state.is_terminal:
                self.items = [item for item in self.items if item != effect.item]

    def _pass_time(self, by: int) -> None:
        self.now += by
        while (timer := next_timer(self.state)) is not None and timer.at <= self.now:
            self.tell(inputs.TimerFired(timer))

    def _answer_for_the_database(self) -> None:
        offer = self.unconfirmed.pop(self.dice.randrange(len(self.unconfirmed)))
        luck = self.dice.random()
        if luck < 0.9:
            self.tell(inputs.GrantConfirmed(offer))
        else:
            self.tell(inputs.GrantRefused(offer, item_gone=luck > 0.97))
        if luck < 0.8:
            self.tell(inputs.OfferDelivered(offer))

    def _something(self) -> inputs.Input:
        luck = self.dice.random()
        if luck < 0.2:
            return self._arrival()
        if luck < 0.4:
            return inputs.OfferAccepted(self.dice.choice(self.offers[-12:]))
        if luck < 0.42:
            return self._configuration()
        kinds = (self._of_offers, self._of_agents, self._of_waiting, self._in_hand, self._in_hand)
        return self.dice.choice(kinds)()

    def _arrival(self) -> inputs.Input:
        pick = self.dice.choice
        self.arrived += 1
        item = WorkItemId(f"i{self.arrived}")
        self.items.append(item)
        return inputs.ItemQueued(
            item,
            pick((*QUEUES, *QUEUES, QueueId("nowhere"))),
            pick(tuple(Medium)),
            needs=pick(NEEDS),
            boost=pick((0, 0, 30_000)),
            band=pick((None, None, Band.EMERGENCY)),
            weight=pick((None, None, None, 10, 60)),
            preferred=pick(((), (), AGENTS[1:3])),
            resumes=pick((None, *self.state.tickets)),
        )

    def _of_offers(self) -> inputs.Input:
        offer = self.dice.choice(self.offers[-12:])
        return self._one_of(
            lambda: inputs.OfferDeclined(offer, "no"),
            lambda: inputs.OfferWithdrawn(offer),
            lambda: inputs.OfferDelivered(offer),
            lambda: inputs.GrantConfirmed(offer),
        )

    def _of_agents(self) -> inputs.Input:
        agent = self._anybody()
        said = self.dice.choice(("available", "busy", "lunch", "letters", "meeting", "asleep"))
        reason = self.dice.choice((None, "team"))
        return self._one_of(
            lambda: inputs.PresenceSet(agent, said, reason),
            lambda: inputs.PresenceSet(agent, "available"),
            lambda: inputs.PresenceSet(agent, "available"),
            lambda: inputs.SignedIn(agent),
            lambda: inputs.SignedOut(agent, force=reason is None),
            lambda: inputs.DrainAsked(agent, to=None if reason is None else said),
            lambda: inputs.Heartbeat(agent),
            lambda: inputs.ConnectionLost(agent),
            lambda: inputs.ConnectionBack(agent),
            lambda: inputs.ConnectionBack(agent),
        )

    def _of_waiting(self) -> inputs.Input:
        item = self.dice.choice(self.items)
        needs = self.dice.choice((None, *NEEDS))
        mode = self.dice.choice((OfferMode.PICKED, OfferMode.ASSIGNED))
        override = self.dice.random() < 0.2
        return self._one_of(
            lambda: inputs.ItemChanged(item, needs, 5_000, Band.BACKGROUND),
            lambda: inputs.ItemChanged(item, needs),
            lambda: inputs.CustomerLeft(item),
            lambda: inputs.ItemCancelled(item),
            lambda: inputs.ItemAssigned(item, self._anybody(), mode, override),
            lambda: inputs.ItemAssigned(item, self._anybody(), mode, override),
        )

    def _in_hand(self) -> inputs.Input:
        item, agent = self.dice.choice(self.items), self._anybody()
        queue = self.dice.choice((*QUEUES, QueueId("nowhere")))
        bad_luck = self.dice.random() < 0.2
        return self._one_of(
            lambda: inputs.TransferredToQueue(item, queue, self.dice.choice((None, *NEEDS))),
            lambda: inputs.TransferredToAgent(item, agent, override=bad_luck),
            lambda: inputs.Bridged(item),
            lambda: inputs.Bridged(item),
            lambda: inputs.BridgeFailed(item, customer_gone=bad_luck),
            lambda: inputs.AgentLegLost(item),
            lambda: inputs.ItemHeld(item),
            lambda: inputs.ItemUnheld(item),
            lambda: inputs.ItemParked(item),
            lambda: inputs.CustomerWrote(item),
            lambda: inputs.WorkEnded(item),
            lambda: inputs.WorkEnded(item),
            lambda: inputs.WrapUpEnded(item, agent),
        )

    def _configuration(self) -> inputs.Input:
        return self._one_of(
            lambda: inputs.QueueChanged(self._queue(self.dice.choice(QUEUES))),
            lambda: inputs.AgentChanged(self._agent(self.dice.choice(AGENTS))),
            lambda: inputs.RulesChanged(self._rules()),
            lambda: inputs.AgentRemoved(self._anybody()),
        )

    def _one_of(self, *ways: Callable[[], inputs.Input]) -> inputs.Input:
        return self.dice.choice(ways)()

    def _anybody(self) -> AgentId:
        return self.dice.choice((*AGENTS, *AGENTS, AgentId("nobody")))

    def _queue(self, id_: QueueId) -> Queue:
        pick = self.dice.choice
        return Queue(
            id_,
            pick((20_000, 60_000)),
            members=pick(MEMBERS),
            wrap_up=pick(WRAP_UPS),
            strategy=pick(tuple(Strategy)),
            max_waiting=pick((None, None, 4)),
            max_wait=pick((None, 40_000)),
            overflow=pick((None, *QUEUES)),
            reserve=pick((None, None, Reserve("g1", 1), Reserve("g2", 2))),
            goal=pick((None, 800, 950)),
            sticky_max=pick((None, 0, 15_000)),
            handling=pick((None, 5_000, 20_000)),
            is_open=self.dice.random() > 0.05,
            serves_rest=pick((True, False)),
            join_empty=pick((True, True, False)),
        )

    def _agent(self, id_: AgentId) -> Agent:
        pick = self.dice.choice
        return Agent(
            id_,
            groups=pick(
                (frozenset(), frozenset({"g1"}), frozenset({"g2"}), frozenset({"g1", "g2"}))
            ),
            skills=pick((frozenset(), frozenset({("german", 5)}), frozenset({("german", 9)}))),
            languages=pick((frozenset(), frozenset({"en"}), frozenset({"en", "zh"}))),
            caps=pick((frozenset(), frozenset({(Medium.CHAT, 1)}), frozenset({(Medium.VOICE, 0)}))),
            rate=pick((None, None, RateLimit(2, 10_000))),
            units=pick((100, 100, 100, 100, 50, 0)),
        )

    def _rules(self) -> Rules:
        pick = self.dice.choice
        usual = Rules()
        media: dict[Medium, MediumRules] = dict(usual.media)
        interrupted_by = pick((frozenset(), frozenset({Medium.VOICE})))
        for medium in YIELDING:
            media[medium] = dataclasses.replace(media[medium], interrupted_by=interrupted_by)
        media[Medium.CHAT] = dataclasses.replace(
            media[Medium.CHAT],
            wrap_up_units=pick((0, 10, 33)),
            inactive_after=pick((None, 20_000)),
        )
        more = (
            Presence("lunch", lasts_at_most=15_000, on_expire="available"),
            Presence("letters", routable=True, media=frozenset({Medium.EMAIL})),
            Presence("meeting", needs_reason=True),
        )
        return dataclasses.replace(
            usual,
            media=media,
            presences={**usual.presences, **{said.code: said for said in more}},
            rona_auto_return=pick((None, 20_000)),
            max_offers=pick((2, 5)),
            heartbeat_timeout=pick((None, 15_000)),
            delivery_timeout=pick((None, 3_000)),
            grace=20_000,
            scarcity=pick((False, True)),
        )


if __name__ == "__main__":
    sys.stdout.write(digest(Storm(int(sys.argv[1]), checks=False).blow(int(sys.argv[2])).state))
