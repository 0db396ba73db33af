"""What all screens are told of everybody: whole, what is new, and each frame spelled once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import pytest

from hub.app.live import LiveFrames
from hub.kernel.clock import Millis
from hub.kernel.ids import AgentId
from hub.realtime.frames import joined, live
from hub.routing.board import Board
from hub.routing.views import LiveStrip, PresenceView

ANN, BO = AgentId("ann"), AgentId("bo")
NOON = Millis(12 * 3_600_000)
HERE = PresenceView("available", None, NOON, "routable", 0, 5, True)


@dataclass
class Floor:
    """A board that says what it is told to."""

    people: dict[AgentId, PresenceView]
    changed: list[AgentId] = field(default_factory=list)

    def presences(self) -> dict[AgentId, PresenceView]:
        return dict(self.people)

    def fresh_presences(self) -> dict[AgentId, PresenceView]:
        fresh = {agent_id: self.people[agent_id] for agent_id in self.changed}
        self.changed.clear()
        return fresh

    def live_figures(self) -> LiveStrip:
        return Board().live(NOON)


def told(piece: str) -> dict[str, str]:
    """Of whom the message tells, and how they are."""
    frames = json.loads(joined([piece]))
    assert frames[-1]["topic"] == "queues"
    return {frame["key"]: frame["value"]["status"] for frame in frames[:-1]}


def test_a_newcomer_is_told_of_all_and_the_others_of_what_changed() -> None:
    floor = Floor({ANN: HERE, BO: HERE})
    frames = LiveFrames(floor)

    assert told(frames.everything()) == {"ann": "available", "bo": "available"}
    assert told(frames.news()) == {}

    floor.people[BO] = replace(HERE, status="away")
    floor.changed.append(BO)

    assert told(frames.news()) == {"bo": "away"}
    assert told(frames.everything()) == {"ann": "available", "bo": "away"}


def test_who_has_left_the_house_is_not_told_of() -> None:
    floor = Floor({ANN: HERE, BO: HERE})
    frames = LiveFrames(floor)
    frames.everything()

    del floor.people[BO]

    assert told(frames.everything()) == {"ann": "available"}


def test_who_did_not_change_is_not_spelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    spelled: list[str] = []

    def counting(topic: str, key: str, value: object) -> str:
        spelled.append(key)
        return live(topic, key, value)

    monkeypatch.setattr("hub.app.live.live", counting)
    floor = Floor({ANN: HERE, BO: HERE})
    frames = LiveFrames(floor)
    frames.everything()
    floor.people[BO] = replace(HERE, load=1)

    frames.everything()

    assert spelled == ["ann", "bo", "all", "bo", "all"]
