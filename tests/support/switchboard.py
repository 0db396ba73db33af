"""The real router in virtual time: moments are seconds from zero, every step is checked in full.

Grants are confirmed and delivered as soon as they are made, unless the test says ``commits=False``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, TypeVar

from hub.kernel.ids import AgentId, OfferId, QueueId, WorkItemId
from hub.routing import inputs
from hub.routing.core import State, check, next_timer, rebuild, step
from hub.routing.effects import Effect, Grant, ItemMoved, PresenceChanged, Refused
from hub.routing.model import (
    Agent,
    Medium,
    MediumRules,
    Membership,
    Queue,
    Requirement,
    Rules,
    Snapshot,
    Step,
)

E = TypeVar("E")

PATIENT = Rules(heartbeat_timeout=None)
"""The default rules, without heartbeats to keep alive."""


def ms(seconds: float) -> int:
    """Seconds as the router's milliseconds."""
    return round(seconds * 1000)


def a_queue(id_: str = "q", target: float = 20, **more: Any) -> Queue:
    """A queue that every agent serves, unless said otherwise."""
    return Queue(QueueId(id_), ms(target), **more)


def members(*groups: str | tuple[str, float]) -> tuple[Membership, ...]:
    """Groups that serve a queue; a pair says after how many seconds of waiting."""
    return tuple(
        Membership(group) if isinstance(group, str) else Membership(group[0], ms(group[1]))
        for group in groups
    )


def an_agent(id_: str, *groups: str, **more: Any) -> Agent:
    """An agent in these groups."""
    skills = frozenset(more.pop("skills", {}).items())
    return Agent(AgentId(id_), frozenset(groups), skills, **more)


def skill(name: str, level: int) -> Requirement:
    """The requirement of one skill."""
    return Requirement(skills=frozenset({(name, level)}))


def steps(*wanted: tuple[float, Requirement]) -> tuple[Step, ...]:
    """Requirements, each from so many seconds of waiting on."""
    return tuple(Step(ms(after), requirement) for after, requirement in wanted)


def rules(base: Rules = PATIENT, /, **changed: Any) -> Rules:
    """The usual rules but for these; a medium's name changes the rules of that medium."""
    media: dict[Medium, MediumRules] = dict(base.media)
    for medium in Medium:
        if medium.value in changed:
            media[medium] = dataclasses.replace(media[medium], **changed.pop(medium.value))
    presences = {**base.presences, **{p.code: p for p in changed.pop("presences", ())}}
    return dataclasses.replace(base, media=media, presences=presences, **changed)


class Switchboard:
    """A router, a clock, and all that came out of it."""

    def __init__(
        self,
        *queues: Queue,
        rules: Rules = PATIENT,
        commits: bool = True,
        checks: bool = True,
    ) -> None:
        self.state: State = rebuild(Snapshot(rules=rules, queues=queues or (a_queue(),)), 0)
        self.now = 0
        self.commits = commits
        self.checks = checks
        self.effects: list[Effect] = []
        self.last: tuple[Effect, ...] = ()
        self.offers: dict[str, OfferId] = {}
        """The last offer of each item."""

    # Telling

    def tell(self, event: inputs.Input) -> tuple[Effect, ...]:
        """Tell the router one thing now; what follows is kept, and committed if it should be."""
        self.last = step(self.state, event, self.now)
        if self.checks:
            check(self.state)
        made = self.last
        self.effects += made
        for grant in only(Grant, made):
            self.offers[grant.item] = grant.offer
            if self.commits:
                self.tell(inputs.GrantConfirmed(grant.offer))
                self.tell(inputs.OfferDelivered(grant.offer))
        self.last = made
        return made

    def at(self, seconds: float) -> Switchboard:
        """Let time pass until then; every timer fires at its moment."""
        until = ms(seconds)
        while (timer := next_timer(self.state)) is not None and timer.at <= until:
            self.now = max(self.now, timer.at)
            self.tell(inputs.TimerFired(timer))
        self.now = until
        return self

    def staff(self, *agents: str | Agent) -> Switchboard:
        """Let agents be there and available now, in this order."""
        for agent in agents:
            known = an_agent(agent) if isinstance(agent, str) else agent
            self.tell(inputs.AgentChanged(known))
            self.says(known.id, "available")
        return self

    def says(self, agent: str, presence: str, reason: str | None = None) -> tuple[Effect, ...]:
        """Let an agent say their presence."""
        return self.tell(inputs.PresenceSet(AgentId(agent), presence, reason))

    def queue(
        self, item: str, queue: str = "q", medium: Medium = Medium.VOICE, **more: Any
    ) -> tuple[Effect, ...]:
        """Let work arrive."""
        boost = ms(more.pop("boost", 0))
        return self.tell(
            inputs.ItemQueued(WorkItemId(item), QueueId(queue), medium, boost=boost, **more)
        )

    def accept(self, item: str) -> tuple[Effect, ...]:
        """Let the offered agent accept, and the line be bridged where there is one."""
        made = self.tell(inputs.OfferAccepted(self.offers[item]))
        if self.state.items[WorkItemId(item)].state.value == "connecting":
            self.tell(inputs.Bridged(WorkItemId(item)))
        return made

    def decline(self, item: str) -> tuple[Effect, ...]:
        """Let the offered agent decline."""
        return self.tell(inputs.OfferDeclined(self.offers[item]))

    def end(self, item: str) -> tuple[Effect, ...]:
        """Let the conversation be over."""
        return self.tell(inputs.WorkEnded(WorkItemId(item)))

    def leaves(self, item: str) -> tuple[Effect, ...]:
        """Let the customer go."""
        return self.tell(inputs.CustomerLeft(WorkItemId(item)))

    def serve(self, item: str, queue: str = "q", medium: Medium = Medium.VOICE) -> str:
        """Let work arrive and be accepted at once; return the agent."""
        self.queue(item, queue, medium)
        agent = self.offered(item)
        assert agent is not None
        self.accept(item)
        return agent

    # Asking

    def offered(self, item: str) -> str | None:
        """Who is offered this item now."""
        held = self.state.items.get(WorkItemId(item))
        return None if held is None or held.offer is None else held.offer.seat.id

    def owner(self, item: str) -> str | None:
        """Whose work this item is now."""
        held = self.state.items.get(WorkItemId(item))
        return None if held is None or held.agent is None else held.agent.id

    def where(self, item: str) -> str:
        """The item's state; what it ended as when it has ended."""
        held = self.state.items.get(WorkItemId(item))
        if held is not None:
            return held.state.value
        return [moved for moved in only(ItemMoved, self.effects) if moved.item == item][-1].state

    def due(self, item: str) -> float:
        """When the item is due, in seconds."""
        return self.state.items[WorkItemId(item)].due / 1000

    def presence(self, agent: str) -> str:
        """The routing state of an agent."""
        return self.state.seats[AgentId(agent)].state.value

    def used(self, agent: str) -> int:
        """The units an agent carries."""
        return self.state.seats[AgentId(agent)].used

    def grants(self, item: str | None = None) -> list[tuple[float, str, str]]:
        """Every grant so far: the moment in seconds, the item and the agent."""
        return [
            (grant.at / 1000, grant.item, grant.agent)
            for grant in only(Grant, self.effects)
            if item is None or grant.item == item
        ]

    def reasons(self, item: str) -> list[str]:
        """Why the item moved, each time."""
        return [moved.reason for moved in only(ItemMoved, self.effects) if moved.item == item]

    def refusals(self) -> list[str]:
        """The codes of what the last input was refused for."""
        return [refused.code for refused in only(Refused, self.last)]

    def causes(self, agent: str) -> list[str]:
        """Why the agent's routing state changed, each time."""
        changes = only(PresenceChanged, self.effects)
        return [change.cause for change in changes if change.agent == agent]


def only(kind: type[E], effects: Iterable[Effect]) -> list[E]:
    """The effects of one kind."""
    return [effect for effect in effects if isinstance(effect, kind)]
