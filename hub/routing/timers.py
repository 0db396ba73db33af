"""Timers as data: one heap, ordered by moment, in which only the newest of each kind counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from heapq import heapify, heappop, heappush


class TimerKind(StrEnum):
    """What a timer is for; its entity is the id of an offer, an item or an agent."""

    OFFER = "offer"
    DELIVERY = "delivery"
    STEP = "step"
    EXCLUSION = "exclusion"
    STICKY = "sticky"
    MAX_WAIT = "max_wait"
    CONNECT = "connect"
    SILENCE = "silence"
    PARK = "park"
    WRAP_UP = "wrap_up"
    LOCK = "lock"
    HEARTBEAT = "heartbeat"
    GRACE = "grace"
    PRESENCE = "presence"
    RETURN = "return"
    RATE = "rate"
    TICKET = "ticket"
    DAY = "day"
    STEER = "steer"
    SCARCITY = "scarcity"
    CONDITIONS = "conditions"


HUB = ""
"""The entity of timers that concern everybody."""


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that happens at a moment unless it was armed anew or disarmed before."""

    at: int
    version: int
    kind: TimerKind
    entity: str


class Timers:
    """All armed timers. Arming a kind for an entity replaces the one armed before."""

    __slots__ = ("_armed", "_heap", "_version")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, TimerKind, str]] = []
        self._armed: dict[tuple[TimerKind, str], tuple[int, int]] = {}
        self._version = 0

    def __len__(self) -> int:
        return len(self._armed)

    def arm(self, kind: TimerKind, entity: str, at: int) -> None:
        """Let it fire at ``at``."""
        version = self._version = self._version + 1
        self._armed[kind, entity] = (at, version)
        heappush(self._heap, (at, version, kind, entity))

    def disarm(self, kind: TimerKind, entity: str) -> None:
        """Let it not fire."""
        if self._armed.pop((kind, entity), None) is not None:
            self._compact()

    def is_armed(self, kind: TimerKind, entity: str) -> bool:
        """True until it fires or is disarmed."""
        return (kind, entity) in self._armed

    def armed_at(self, kind: TimerKind, entity: str) -> int | None:
        """When it will fire; ``None`` when it is not armed."""
        armed = self._armed.get((kind, entity))
        return None if armed is None else armed[0]

    def take(self, timer: Timer, now: int) -> bool:
        """True, once, when this very timer is armed and due; it is then disarmed."""
        if timer.at > now or self._armed.get((timer.kind, timer.entity)) != (
            timer.at,
            timer.version,
        ):
            return False
        del self._armed[timer.kind, timer.entity]
        return True

    def next(self) -> Timer | None:
        """The timer that is due first."""
        heap = self._heap
        while heap:
            at, version, kind, entity = heap[0]
            if self._armed.get((kind, entity)) == (at, version):
                return Timer(at, version, kind, entity)
            heappop(heap)
        return None

    def armed(self) -> list[tuple[int, TimerKind, str]]:
        """Every armed timer, in order of firing."""
        live = sorted(
            (at, version, kind, entity) for (kind, entity), (at, version) in self._armed.items()
        )
        return [(at, kind, entity) for at, _, kind, entity in live]

    def _compact(self) -> None:
        if len(self._heap) > 64 and len(self._heap) > 2 * len(self._armed):
            armed = self._armed
            self._heap = [e for e in self._heap if armed.get((e[2], e[3])) == (e[0], e[1])]
            heapify(self._heap)
