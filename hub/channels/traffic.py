"""When each channel last took something in and last sent something out, as far as the latest
messages tell.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, or_, select

from hub.conversations.model import Direction, State
from hub.conversations.store import conversations, messages
from hub.kernel.clock import Millis

LATEST = 2_000
"""How many messages are looked at: their ids are in the order of time, so this reads the end of an
index. A channel that is not among them has been quiet for long."""

_GONE = (State.SENT.value, State.DELIVERED.value, State.READ.value)

_latest = (
    select(messages.c.conversation_id, messages.c.direction, messages.c.state, messages.c.at)
    .order_by(messages.c.id.desc())
    .limit(bindparam("most"))
    .subquery()
)
_last = (
    select(conversations.c.channel_id, _latest.c.direction, func.max(_latest.c.at))
    .join(conversations, conversations.c.id == _latest.c.conversation_id)
    .where(
        or_(
            _latest.c.direction == Direction.IN.value,
            (_latest.c.direction == Direction.OUT.value) & _latest.c.state.in_(_GONE),
        )
    )
    .group_by(conversations.c.channel_id, _latest.c.direction)
)


@dataclass(frozen=True, slots=True)
class Traffic:
    """When something last came in and last went out; None: not lately."""

    last_in: Millis | None = None
    last_out: Millis | None = None


def traffic(connection: Connection, most: int = LATEST) -> dict[str, Traffic]:
    """By channel, those that are quiet left out."""
    last: dict[str, dict[str, Millis]] = {}
    for channel_id, direction, at in connection.execute(_last, {"most": most}):
        last.setdefault(channel_id, {})[direction] = at
    return {
        channel_id: Traffic(at.get(Direction.IN.value), at.get(Direction.OUT.value))
        for channel_id, at in last.items()
    }
