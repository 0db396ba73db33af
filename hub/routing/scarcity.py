"""Scarcity: whom other work needs most is asked last.

Once a second the load of every course of demands is shared among the agents ready for it; what a
profile's shares come to, against the greatest, is its scarcity from 0 to 9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.kernel.clock import MINUTE, SECOND
from hub.routing.index import Course
from hub.routing.learning import handling_of
from hub.routing.timers import HUB, TimerKind

if TYPE_CHECKING:
    from hub.routing.state import State

EVERY = 1 * SECOND
ONE = 1_000_000
MEMORY = 900
"""Traffic fades over so many refreshes, a quarter of an hour."""
UNKNOWN = 5 * MINUTE
"""How long work takes, where nobody knows."""


def note_arrival(state: State, course: Course) -> None:
    """Work has come that some agents can take."""
    if state.rules.scarcity:
        course.traffic += ONE
        arm(state)


def arm(state: State) -> None:
    """Look again in a second, while there is traffic."""
    busy = any(course.traffic for course in state.index.courses.values())
    if state.rules.scarcity and busy and not state.timers.is_armed(TimerKind.SCARCITY, HUB):
        state.timers.arm(TimerKind.SCARCITY, HUB, state.now + EVERY)


def refresh(state: State, _: str = "") -> None:
    """Find out anew whose skills are scarce."""
    profiles = state.index.profiles.values()
    shares = dict.fromkeys((profile.bit for profile in profiles), 0)
    for able, load in _loads(state).items():
        ready = sum(len(s) for p in profiles if p.bit & able for s in p.supplies.values())
        for profile in profiles:
            if profile.bit & able:
                shares[profile.bit] += load // max(1, ready)
    most = max(shares.values(), default=0)
    for profile in profiles:
        scarcity = 9 * shares[profile.bit] // most if most and state.rules.scarcity else 0
        if scarcity != profile.scarcity:
            profile.scarcity = scarcity
            for supply in profile.supplies.values():
                supply.weigh_scarcity()
    arm(state)


def _loads(state: State) -> dict[int, int]:
    """The load of the courses, by who is able to take them at first; their traffic fades."""
    loads: dict[int, int] = {}
    for course in chosen_courses(state):
        usual = handling_of(state, course.queue)
        able = course.demands[0].profiles
        load = course.traffic * (UNKNOWN if usual is None else usual)
        loads[able] = loads.get(able, 0) + load
        course.traffic -= course.traffic // MEMORY + 1
    return loads


def chosen_courses(state: State) -> list[Course]:
    """Those with traffic."""
    return [course for course in state.index.courses.values() if course.traffic > 0]
