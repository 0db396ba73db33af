"""Plays a scenario: tells the router its timeline in virtual time, and keeps what it answers."""

from __future__ import annotations

from dataclasses import replace
from heapq import heappop, heappush
from typing import Any

from hub.kernel.ids import AgentId, OfferId, WorkItemId
from hub.routing import inputs
from hub.routing.core import check, next_timer, step
from hub.routing.effects import Effect, Grant, ItemMoved, OfferChanged, Refused
from hub.routing.model import ItemState, OfferState
from hub.routing.records import InvariantBroken
from hub.routing.simulation.expecting import Expectation
from hub.routing.simulation.reading import shows
from hub.routing.simulation.scenario import REFERRING, Entry, Scenario
from hub.routing.simulation.setting import open_hall, routable_presence
from hub.routing.simulation.words import name_of

AFTER_TIMERS = inputs.RANK[inputs.TimerFired]
OTHERS = inputs.RANK[inputs.OfferAccepted]
OVER = frozenset(
    {OfferState.DECLINED, OfferState.EXPIRED, OfferState.WITHDRAWN, OfferState.CANCELLED}
)
ANSWERED = frozenset({"accepted", "bridged"})


class NoSuchOffer(Exception):
    """A timeline speaks of an offer that was never made; the text says of which."""


class Play:
    """A router, a clock, and all that came out of it. ``told`` is what the last entry led to."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.state = open_hall(scenario.rules, scenario.queues, scenario.agents)
        self.now = 0
        self.told: tuple[Effect, ...] = ()
        self.effects: list[Effect] = []
        self.grants: list[Grant] = []
        self.offers: dict[str, list[OfferId]] = {}
        """Every offer of each item, in order."""
        self.holders: dict[str, AgentId] = {}
        """Who is offered each item now."""
        self.items: dict[str, ItemMoved] = {}
        """What was last heard of each item."""
        self.differences: list[str] = []
        self._ends: list[tuple[int, int, ItemMoved]] = []

    def run(self) -> list[str]:
        """Play it to its end; return what did not come true, in words."""
        scenario = self.scenario
        place = scenario.title
        try:
            self._tell(inputs.Started())
            for entry in self._entries():
                place = entry.place
                self._play(entry)
            self._wait(scenario.until, through=True)
            self._hold(scenario.expects)
        except InvariantBroken as broken:
            self.differences.append(f"{place}: at {shows(self.now, 'at')} s: broken: {broken}")
        except NoSuchOffer as missing:
            self.differences.append(f"{place}: at {shows(self.now, 'at')} s: {missing}")
        return self.differences

    def _entries(self) -> list[Entry]:
        says = routable_presence(self.scenario.rules)
        entries = [
            Entry(at, f"agent {agent}", inputs.PresenceSet(agent, says))
            for at, agent in self.scenario.ready
        ]
        entries += self.scenario.entries
        return sorted(entries, key=lambda entry: entry.at)

    def _play(self, entry: Entry) -> None:
        event = entry.event
        rank = AFTER_TIMERS + 1 if event is None else inputs.RANK.get(type(event), OTHERS)
        self._wait(entry.at, through=rank > AFTER_TIMERS)
        self.told = ()
        if event is not None:
            self.told = self._tell(self._resolved(event))
            if not any(expected.covers_refusals for expected in entry.expects):
                self._report_refusals(entry)
        self._hold(entry.expects)

    def _report_refusals(self, entry: Entry) -> None:
        for effect in self.told:
            if isinstance(effect, Refused):
                self.differences.append(
                    f"{entry.place}: at {shows(self.now, 'at')} s: "
                    f"{name_of(type(entry.event))} was refused: {effect.code} ({effect.subject})"
                )

    def _hold(self, expects: tuple[Expectation, ...]) -> None:
        for expected in expects:
            for difference in expected.differences(self):
                self.differences.append(
                    f"{expected.place}: at {shows(self.now, 'at')} s: {difference}"
                )

    def _wait(self, until: int, *, through: bool) -> None:
        """Let time pass until then; with ``through``, past what happens at that very moment."""
        while True:
            timer = next_timer(self.state)
            ends_at = self._ends[0][0] if self._ends else None
            if ends_at is not None and ends_at <= until and (not timer or ends_at <= timer.at):
                self._end()
            elif timer and (timer.at < until or (through and timer.at == until)):
                self.now = max(self.now, timer.at)
                self._tell(inputs.TimerFired(timer))
            else:
                break
        self.now = until

    def _end(self) -> None:
        self.now, _, began = heappop(self._ends)
        now = self.items[began.item]
        if now.state is ItemState.ACTIVE and now.agent == began.agent:
            self._tell(inputs.WorkEnded(began.item))

    def offer_of(self, reference: str) -> OfferId:
        """The offer meant: ``x`` is the last one of item x, ``x#1`` its first."""
        item, _, which = reference.partition("#")
        made = self.offers.get(item, [])
        try:
            return made[int(which) - 1 if which else -1]
        except (IndexError, ValueError):
            raise NoSuchOffer(f"there is no offer {reference}; {len(made)} were made") from None

    def _resolved(self, event: inputs.Input) -> inputs.Input:
        meant: dict[str, Any] = {
            name: self.offer_of(getattr(event, name)) for name in REFERRING[type(event)]
        }
        return replace(event, **meant) if meant else event

    def _tell(self, event: inputs.Input) -> tuple[Effect, ...]:
        made = step(self.state, event, self.now)
        check(self.state)
        self.effects += made
        for effect in made:
            self._note(effect)
        for effect in made:
            if isinstance(effect, Grant):
                self._answer(effect)
            elif isinstance(effect, ItemMoved) and effect.reason in ANSWERED:
                self._go_on(effect)
        return made

    def _note(self, effect: Effect) -> None:
        if isinstance(effect, Grant):
            self.grants.append(effect)
            self.offers.setdefault(effect.item, []).append(effect.offer)
            self.holders[effect.item] = effect.agent
        elif isinstance(effect, OfferChanged) and effect.state in OVER:
            self.holders.pop(effect.item, None)
        elif isinstance(effect, ItemMoved):
            self.items[effect.item] = effect
            self.holders.pop(effect.item, None)

    def _answer(self, grant: Grant) -> None:
        """The database, the screen and the agent answer as is their habit."""
        habits = self.scenario.habits
        if habits.confirm:
            self._tell(inputs.GrantConfirmed(grant.offer))
        if habits.deliver and self.holders.get(grant.item) == grant.agent:
            self._tell(inputs.OfferDelivered(grant.offer))
        if habits.accept and self.holders.get(grant.item) == grant.agent:
            self._tell(inputs.OfferAccepted(grant.offer))

    def _go_on(self, moved: ItemMoved) -> None:
        """What was accepted is bridged, and ends in time, as is the habit."""
        habits = self.scenario.habits
        if moved.state is ItemState.CONNECTING:
            if habits.bridge:
                self._tell(inputs.Bridged(WorkItemId(moved.item)))
        elif habits.handle is not None:
            heappush(self._ends, (self.now + habits.handle, moved.seq, moved))
