"""What happens to waiting work and ready agents when queues, agents or rules change under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.kernel.ids import QueueId
from hub.routing import lifecycle, waiting
from hub.routing.capacity import MEDIA, Terms, is_over, media_bits
from hub.routing.carrying import weigh_all
from hub.routing.inputs import AgentChanged, AgentRemoved, QueueChanged, RulesChanged
from hub.routing.model import Agent, ItemState, Medium
from hub.routing.presence import go_offline
from hub.routing.records import Seat, WorkItem
from hub.routing.scarcity import refresh
from hub.routing.standing import begin_day, count, free, limit, review_lines, stand, stand_all
from hub.routing.steering import release_without_goal
from hub.routing.timers import TimerKind

if TYPE_CHECKING:
    from hub.routing.state import State


def change_rules(state: State, event: RulesChanged) -> None:
    """Live work keeps its weight; whoever carries more than the new rules allow is excused."""
    state.rules = event.rules
    lightest = state.terms.lightest
    state.terms = state.index.terms = Terms(event.rules)
    for medium, weight in sorted(lightest.items()):
        state.terms.allow(medium, weight)
    for seat in state.seats.values():
        seat.caps = caps_of(state, seat.agent)
        weigh_all(state, seat)
        listen_for_silence(state, seat)
        seat.excused = is_over(seat, state.terms)
        state.touched[seat] = None
        if seat.presence is not None:
            seat.presence = event.rules.presences.get(seat.presence.code, seat.presence)
            seat.media = media_bits(seat.presence.media)
    stand_all(state)
    begin_day(state)
    refresh(state)


def listen_for_silence(state: State, seat: Seat) -> None:
    """Where silence counts from now on, it counts from now."""
    for work in seat.work.values():
        after = state.terms.by_medium[work.medium].inactive_after
        silent = state.timers.is_armed(TimerKind.SILENCE, work.item)
        if work.state is ItemState.ACTIVE and after is not None and not silent:
            state.timers.arm(TimerKind.SILENCE, work.item, state.now + after)


def change_queue(state: State, event: QueueChanged) -> None:
    """Items of the queue go on in its new steps, at their old place."""
    queue = event.queue
    items = _items_of(state, queue.id)
    queued = [item for item in items if item.state is ItemState.QUEUED]
    for item in queued:
        waiting.leave(state, item)
    for course in [c for c in state.index.courses.values() if c.queue == queue.id]:
        state.index.drop_course(course)
    state.index.queues[queue.id] = queue
    release_without_goal(state, queue.id)
    review_lines(state)
    kept = state.index.reserved
    state.index.keep_reserves()
    if kept or state.index.reserved:
        stand_all(state)
    for item in items:
        old = item.demand.course
        course = state.course_for(queue.id, MEDIA[old.medium], old.weight, old.band, old.needs)
        item.demand = state.index.demand(course, item.demand.step, 0)
    closes = not queue.is_open and not queue.serves_rest
    for item in queued:
        waiting.enter(state, item)
        if closes:
            lifecycle.overflow(state, item, "closed")


def _items_of(state: State, queue: QueueId) -> list[WorkItem]:
    return [item for item in state.items.values() if item.queue == queue]


def change_agent(state: State, event: AgentChanged) -> None:
    """An agent comes to be, or can do other things; what rings goes on ringing."""
    agent = event.agent
    seat = state.seats.get(agent.id)
    profile = state.index.profile(agent)
    if seat is None:
        seat = state.seats[agent.id] = Seat(agent, state.next_agent, profile)
        state.next_agent += 1
        seat.caps = caps_of(state, agent)
        profile.members[agent.id] = seat
        free(state, seat)
        return
    if profile is not seat.profile:
        state.index.step_down(seat)
        leave_profile(state, seat)
        seat.profile = profile
        profile.members[agent.id] = seat
    seat.agent = agent
    seat.units = agent.units
    seat.caps = caps_of(state, agent)
    seat.excused = is_over(seat, state.terms)
    limit(state, seat)
    free(state, seat)


def remove_agent(state: State, event: AgentRemoved) -> None:
    """The agent's work waits again, and they are forgotten."""
    seat = state.seats.get(event.agent)
    if seat is None:
        state.refuse("unknown_agent", event.agent)
        return
    go_offline(state, seat, "removed", keep_nothing=True)
    state.timers.disarm(TimerKind.RATE, seat.id)
    stand(state, seat)
    leave_profile(state, seat)
    count(state.out, seat.out, -1)
    del state.seats[seat.id]


def leave_profile(state: State, seat: Seat) -> None:
    """The agent is no longer a member; a profile without members is forgotten."""
    profile = seat.profile
    del profile.members[seat.id]
    if not profile.members:
        state.index.drop_profile(profile)


def caps_of(state: State, agent: Agent) -> list[int]:
    """How many items of each medium the agent may carry."""
    own: dict[Medium, int] = dict(agent.caps)
    return [own.get(m, rules.cap) for m, rules in zip(MEDIA, state.terms.by_medium, strict=True)]
