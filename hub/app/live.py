"""How everybody is, as all screens are told: each frame is spelled once, whoever hears it.

A thousand agents who come back at once are each told of all thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from hub.kernel.ids import AgentId
from hub.realtime.frames import live, several
from hub.routing.views import LiveStrip, PresenceView


class Board(Protocol):
    """Knows how everybody is (``routing.runner.Runner``)."""

    def presences(self) -> dict[AgentId, PresenceView]: ...
    def fresh_presences(self) -> dict[AgentId, PresenceView]: ...
    def live_figures(self) -> LiveStrip: ...


class LiveFrames:
    """The frames of presence and of the live strip, several as one piece."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._spelled: dict[AgentId, tuple[PresenceView, str]] = {}

    def everything(self) -> str:
        """For a screen that has just caught up."""
        return self._told(self._board.presences())

    def news(self) -> str:
        """What has changed since this was last asked, and the strip."""
        return self._told(self._board.fresh_presences())

    def _told(self, presences: Mapping[AgentId, PresenceView]) -> str:
        frames = [self._spell(agent_id, view) for agent_id, view in presences.items()]
        return several([*frames, live("queues", "all", self._board.live_figures())])

    def _spell(self, agent_id: AgentId, view: PresenceView) -> str:
        known = self._spelled.get(agent_id)
        if known is None or known[0] is not view:
            known = self._spelled[agent_id] = view, live("presence", agent_id, view)
        return known[1]
