"""How fast the router decides: the figures that ``hub bench`` prints.

A decision is one whole ``step`` in which an agent is freed and either gets the next item, with its
why-record, or is found to have room for nothing that waits. Nothing in a step waits, so its time is
the processor time of its thread; what the measurement does between the steps is not counted.
"""

from __future__ import annotations

import gc
from collections import deque
from dataclasses import dataclass
from time import thread_time_ns

from hub.kernel.ids import AgentId, QueueId, WorkItemId
from hub.routing import inputs
from hub.routing.core import rebuild, step
from hub.routing.effects import Grant
from hub.routing.model import Agent, Medium, Membership, Queue, Rules, Snapshot

AROUND = AgentId("around")
ROUNDS = 50
"""The rate is that of the best round: the others tell of the machine, not of the router."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """Decisions per second, and how long one took at most in 99 of 100 cases, in microseconds."""

    per_second: int
    p50_us: float
    p99_us: float


@dataclass(frozen=True, slots=True)
class Measured:
    """With an item for the agent, and in the worst case without: every class looked at in vain."""

    matching: Decisions
    no_match: Decisions


def measure_decisions(
    agents: int = 1_000,
    waiting: int = 100_000,
    classes: int = 100,
    profiles: int = 50,
    decisions: int = 20_000,
) -> Measured:
    """Measure with so many agents of so many profiles, and items waiting in so many classes."""
    hall = _Hall(agents, waiting, classes, profiles)
    gc.collect()
    gc.freeze()
    try:
        matching = _rate([hall.free_an_agent() for _ in range(decisions)])
        hall.seat_one_without_room()
        return Measured(
            matching, _rate([hall.free_the_one_without_room() for _ in range(decisions)])
        )
    finally:
        gc.unfreeze()


class _Hall:
    """A router full of chats; every agent is in three groups and full, every queue serves two."""

    def __init__(self, agents: int, waiting: int, classes: int, profiles: int) -> None:
        queues = tuple(_queue(number, profiles) for number in range(classes))
        people = tuple(_agent(number, profiles) for number in range(agents))
        rules = Rules(heartbeat_timeout=None, delivery_timeout=None)
        self.state = rebuild(Snapshot(rules=rules, queues=queues, agents=people), 0)
        self.now = 0
        self.in_hand: deque[WorkItemId] = deque()
        for agent in people:
            self._tell(inputs.PresenceSet(agent.id, "available"))
        number = 0
        while self.state.index.standing or sum(self.state.index.in_queue.values()) < waiting:
            self.now += 1
            queue = queues[number * 7919 % classes].id
            self._tell(inputs.ItemQueued(WorkItemId(f"i{number:07}"), queue, Medium.CHAT))
            number += 1

    def free_an_agent(self) -> int:
        """End the oldest chat, so that its agent gets the next; return the nanoseconds it took."""
        return self._time(inputs.WorkEnded(self.in_hand.popleft()), 1)

    def seat_one_without_room(self) -> None:
        """Add an agent who serves every queue, and has room only for work that does not wait."""
        light = Queue(QueueId("light"), 20_000, (Membership("nobody"),))
        self._tell(inputs.QueueChanged(light))
        self._tell(inputs.ItemQueued(WorkItemId("light"), light.id, Medium.CHAT, weight=1))
        groups = frozenset(f"h{number}" for number in range(7))
        self._tell(inputs.AgentChanged(Agent(AROUND, groups, units=20)))
        self._tell(inputs.PresenceSet(AROUND, "available"))

    def free_the_one_without_room(self) -> int:
        """Let that agent be available again; return the nanoseconds it took."""
        self._tell(inputs.PresenceSet(AROUND, "busy"))
        return self._time(inputs.PresenceSet(AROUND, "available"), 0)

    def _time(self, event: inputs.Input, grants: int) -> int:
        self.now += 1
        before = thread_time_ns()
        effects = step(self.state, event, self.now)
        took = thread_time_ns() - before
        assert self._accept(effects) == grants, "the measurement measures something else"
        return took

    def _tell(self, event: inputs.Input) -> None:
        self._accept(step(self.state, event, self.now))

    def _accept(self, effects: tuple[object, ...]) -> int:
        granted = [effect for effect in effects if isinstance(effect, Grant)]
        for grant in granted:
            step(self.state, inputs.GrantConfirmed(grant.offer), self.now)
            step(self.state, inputs.OfferAccepted(grant.offer), self.now)
            self.in_hand.append(grant.item)
        return len(granted)


def _queue(number: int, profiles: int) -> Queue:
    groups = (f"g{number % profiles}", f"h{number % 7}")
    members = tuple(Membership(group) for group in groups)
    return Queue(QueueId(f"q{number:04}"), 20_000 + 1_000 * number, members)


def _agent(number: int, profiles: int) -> Agent:
    profile = number % profiles
    groups = (f"g{profile}", f"g{(profile * 7 + 3) % profiles}", f"h{profile % 7}")
    return Agent(AgentId(f"a{number:05}"), frozenset(groups))


def _rate(nanoseconds: list[int]) -> Decisions:
    size = max(1, len(nanoseconds) // ROUNDS)
    rounds = [nanoseconds[at : at + size] for at in range(0, len(nanoseconds), size)]
    best = min(sum(times) / len(times) for times in rounds)
    ordered = sorted(nanoseconds)
    return Decisions(
        per_second=round(1e9 / best),
        p50_us=ordered[len(ordered) // 2] / 1e3,
        p99_us=ordered[len(ordered) * 99 // 100] / 1e3,
    )
