"""Sends a crowd at the router: one seed of a load, from the first arrival until all is quiet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from heapq import heappop, heappush
from random import Random
from typing import Any

from hub.kernel.ids import AgentId, QueueId, WorkItemId
from hub.routing import inputs
from hub.routing.core import check, next_timer, step
from hub.routing.effects import Grant, ItemMoved, LoadChanged
from hub.routing.model import ItemState
from hub.routing.simulation.laws import Law, Moments, Sampler
from hub.routing.simulation.load import Load, Stream, Team
from hub.routing.simulation.setting import open_hall, routable_presence

LEAVES = inputs.RANK[inputs.CustomerLeft]
ENDS = inputs.RANK[inputs.WorkEnded]
ANSWERS = inputs.RANK[inputs.OfferAccepted]
TIMERS = inputs.RANK[inputs.TimerFired]
ARRIVES = inputs.RANK[inputs.ItemQueued]
PATIENCE_AFTER_THE_END = 2
"""After so many times the length, whoever still waits waits for nobody."""


@dataclass(slots=True)
class Tally:
    """What came of the customers of one queue. Times are ms."""

    target: int
    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    blocked: int = 0
    waited: int = 0
    """Who had to wait at all."""
    waiting: int = 0
    """How long all together waited who were answered or abandoned."""
    in_time: int = 0
    used: int = 0
    """The units its work takes now."""
    since: int = 0
    area: int = 0
    """Units times ms."""


@dataclass(slots=True)
class Sent:
    """What one seed gave."""

    tallies: dict[QueueId, Tally]
    staffed: int
    """Units times ms that agents were there."""
    events: int = 0
    """What the router was told."""


class Customer:
    """Somebody on their way through."""

    __slots__ = ("answered", "at", "counts", "course", "granted", "service", "tally", "waits")

    def __init__(self, course: _Course, at: int, service: float, counts: bool) -> None:
        self.course = course
        self.tally = course.tally
        self.at = at
        self.service = service
        self.counts = counts
        """False in the warm-up."""
        self.granted = -1
        self.answered = False
        self.waits = True


@dataclass(slots=True)
class _Course:
    """A stream with its sources of chance."""

    stream: Stream
    tally: Tally
    moments: Moments
    service: Sampler
    patience: Sampler | None
    wrap_up: Sampler | None
    rest: tuple[Any, ...]
    """The fields of ``ItemQueued`` after the first."""


@dataclass(slots=True)
class _Worker:
    """An agent with their ways."""

    team: Team
    accept: Sampler | None
    chance: Random
    units: int
    in_hand: int = field(default=0)


def _sampler(law: Law | None, chance: Random) -> Sampler | None:
    return None if law is None else law.sampler(chance)


class Crowd:
    """The customers and agents of a load, and the router between them."""

    def __init__(self, load: Load, seed: int) -> None:
        self.load = load
        self.warm = round(load.length * load.warm_up)
        self.tallies = {queue.id: Tally(queue.target) for queue in load.queues}
        self.workers: dict[AgentId, _Worker] = {}
        self.customers: dict[WorkItemId, Customer] = {}
        self.events = 0
        self.staffed = 0
        self._heap: list[tuple[int, int, int, Callable[[int, Any], None], Any]] = []
        self._number = 0
        self._grants: list[Grant] = []
        agents = [agent for team in load.teams for agent in self._hire(team, seed)]
        self.state = open_hall(load.rules, load.queues, agents)
        for stream in load.streams:
            self._next(self._course(stream, seed))

    def _hire(self, team: Team, seed: int) -> list[Any]:
        agents = []
        for number in range(team.count):
            name = AgentId(f"{team.name}{number + 1}" if team.count > 1 else team.name)
            agent = replace(team.agent, id=name)
            chance = Random(f"{seed}/{name}")  # noqa: S311 - a rehearsal, not a secret
            accept = _sampler(team.accept, chance)
            self.workers[name] = _Worker(team, accept, chance, agent.units)
            agents.append(agent)
            for begins, ends in team.shifts:
                self._plan(begins, ANSWERS, self._come, name)
                if ends is not None:
                    self._plan(ends, ANSWERS, self._go, name)
                until = self.load.length if ends is None else min(ends, self.load.length)
                self.staffed += max(0, until - max(begins, self.warm)) * agent.units
        return agents

    def _course(self, stream: Stream, seed: int) -> _Course:
        def chance(what: str) -> Random:
            return Random(f"{seed}/{stream.name}/{what}")  # noqa: S311 - a rehearsal

        first, *others = (f.name for f in fields(inputs.ItemQueued))
        assert first == "item"
        return _Course(
            stream,
            self.tallies[stream.item.queue],
            stream.process.moments(chance("process")),
            stream.service.sampler(chance("service")),
            _sampler(stream.patience, chance("patience")),
            _sampler(stream.wrap_up, chance("wrap_up")),
            tuple(getattr(stream.item, name) for name in others),
        )

    def send(self) -> Sent:
        """Run until everybody is gone."""
        heap, state = self._heap, self.state
        last = self.load.length * PATIENCE_AFTER_THE_END
        while heap or self.customers:
            timer = next_timer(state)
            if timer is None and not heap:
                break
            if timer is not None and (not heap or (timer.at, TIMERS) < heap[0][:2]):
                if timer.at > last:
                    break
                self._tell(inputs.TimerFired(timer), max(timer.at, state.now))
                continue
            at, _, _, act, what = heappop(heap)
            if at > last:
                break
            act(at, what)
        for tally in self.tallies.values():
            self._count_load(tally, self.load.length, 0)
        return Sent(self.tallies, self.staffed, self.events)

    def _plan(self, at: int, rank: int, act: Callable[[int, Any], None], what: Any) -> None:
        self._number += 1
        heappush(self._heap, (at, rank, self._number, act, what))

    # What people do

    def _next(self, course: _Course) -> None:
        arrival = next(course.moments, None)
        if arrival is not None:
            at = round(arrival[0] * 1000)
            if at <= self.load.length:
                self._plan(at, ARRIVES, self._arrive, (course, arrival))

    def _arrive(self, at: int, what: Any) -> None:
        course, (_, service, patience) = what
        self._next(course)
        item = WorkItemId(f"{course.stream.name}{self._number}")
        lasts = course.service() if service is None else service
        customer = Customer(course, at, lasts, at >= self.warm)
        self.customers[item] = customer
        customer.tally.offered += customer.counts
        self._tell(inputs.ItemQueued(item, *course.rest), at)
        if patience is None and course.patience is not None:
            patience = course.patience()  # drawn by all, so that the others' luck does not change
        if patience is not None and customer.waits:
            self._plan(at + round(patience * 1000), LEAVES, self._leave, item)

    def _leave(self, at: int, item: WorkItemId) -> None:
        customer = self.customers.get(item)
        if customer is not None and customer.waits:
            self._tell(inputs.CustomerLeft(item), at)

    def _end(self, at: int, item: WorkItemId) -> None:
        self._tell(inputs.WorkEnded(item), at)

    def _end_wrap_up(self, at: int, what: Any) -> None:
        item, agent = what
        if item in self.customers:
            self._tell(inputs.WrapUpEnded(item, agent), at)

    def _come(self, at: int, agent: AgentId) -> None:
        self._tell(inputs.PresenceSet(agent, routable_presence(self.load.rules)), at)

    def _go(self, at: int, agent: AgentId) -> None:
        self._tell(inputs.DrainAsked(agent), at)

    def _accept(self, at: int, grant: Grant) -> None:
        self._tell(inputs.OfferAccepted(grant.offer), at)

    # What the router does

    def _tell(self, event: inputs.Input, at: int) -> None:
        """Tell the router one thing, and whatever follows from it at this very moment."""
        self._hear(event, at)
        grants = self._grants
        while grants:
            self._answer(grants.pop(), at)

    def _hear(self, event: inputs.Input, at: int) -> None:
        self.events += 1
        for effect in step(self.state, event, at):
            kind = type(effect)
            if kind is Grant:
                self._grant(effect, at)  # type: ignore[arg-type]
            elif kind is ItemMoved:
                self._move(effect, at)  # type: ignore[arg-type]
            elif kind is LoadChanged:
                self._change_load(effect, at)  # type: ignore[arg-type]
        if self.load.check:
            check(self.state)

    def _grant(self, grant: Grant, at: int) -> None:
        customer = self.customers[grant.item]
        if customer.granted < 0:
            customer.granted = at
        self._count_load(customer.tally, at, grant.units)
        self._grants.append(grant)

    def _answer(self, grant: Grant, at: int) -> None:
        worker = self.workers[grant.agent]
        self._hear(inputs.GrantConfirmed(grant.offer), at)
        if worker.team.ignores and worker.chance.random() < worker.team.ignores:
            return
        if worker.accept is None:
            self._hear(inputs.OfferAccepted(grant.offer), at)
        else:
            self._plan(at + round(worker.accept() * 1000), ANSWERS, self._accept, grant)

    def _change_load(self, change: LoadChanged, at: int) -> None:
        customer = self.customers.get(change.item)
        if customer is not None:
            self._count_load(customer.tally, at, change.units_by)

    def _count_load(self, tally: Tally, at: int, units: int) -> None:
        begins, ends = max(tally.since, self.warm), min(at, self.load.length)
        if ends > begins:
            tally.area += tally.used * (ends - begins)
        tally.since = at
        tally.used += units

    def _move(self, moved: ItemMoved, at: int) -> None:
        state = moved.state
        customer = self.customers[moved.item]
        if state is ItemState.ACTIVE:
            self._begin(customer, moved, at)
        elif state is ItemState.CONNECTING:
            self._hear(inputs.Bridged(moved.item), at)
        elif state is ItemState.WRAP_UP:
            wrap_up = customer.course.wrap_up
            if wrap_up is not None:
                ends_at = at + round(wrap_up() * 1000)
                self._plan(ends_at, ENDS, self._end_wrap_up, (moved.item, moved.agent))
        elif state.is_terminal:
            self._finish(customer, moved, at)

    def _begin(self, customer: Customer, moved: ItemMoved, at: int) -> None:
        assert moved.agent is not None
        worker = self.workers[moved.agent]
        lasts = customer.service * worker.team.pace
        if worker.team.slowdown:
            lasts *= 1.0 + worker.team.slowdown * worker.in_hand
        worker.in_hand += 1
        self._plan(at + round(lasts * 1000), ENDS, self._end, moved.item)
        if customer.waits:
            customer.waits = False
            customer.answered = True
            if customer.counts:
                tally, wait = customer.tally, at - customer.at
                tally.answered += 1
                tally.waiting += wait
                tally.waited += customer.granted > customer.at
                tally.in_time += wait <= tally.target

    def _finish(self, customer: Customer, moved: ItemMoved, at: int) -> None:
        del self.customers[moved.item]
        if customer.answered or not customer.counts:
            customer.waits = False
            return
        customer.waits = False
        tally, wait = customer.tally, at - customer.at
        if moved.state is ItemState.OVERFLOWED_OUT:
            tally.blocked += 1
        else:
            tally.abandoned += 1
            tally.waiting += wait
            tally.waited += wait > 0
