"""Ids: UUID version 7, made by the hub, so that nothing has to be asked back from the database.

The text sorts by the moment it was made (RFC 9562, section 5.7): 48 bits of milliseconds, then a
counter-and-random tail that never goes back within one process.
"""

from __future__ import annotations

import os
import secrets
import struct
import threading
from typing import NewType

from hub.kernel.clock import Millis

CustomerId = NewType("CustomerId", str)
IdentityId = NewType("IdentityId", str)
OrganisationId = NewType("OrganisationId", str)
AgentId = NewType("AgentId", str)
TeamId = NewType("TeamId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
AttachmentId = NewType("AttachmentId", str)
ChannelId = NewType("ChannelId", str)
QueueId = NewType("QueueId", str)
WorkItemId = NewType("WorkItemId", str)
OfferId = NewType("OfferId", str)
TicketId = NewType("TicketId", str)
ArticleId = NewType("ArticleId", str)
CommandId = NewType("CommandId", str)

_TAIL_BITS = 74
_TAIL_MASK = (1 << _TAIL_BITS) - 1
_LOW = (1 << 62) - 1
_FOUR_BYTES = struct.Struct(">256I")
"""How far the tail counts up, for the next 256 ids: the system is asked for them together."""


class IdSource:
    """Makes ids in rising order, whatever the clock does.

    Within one millisecond the tail counts up; when the clock steps back the last millisecond is
    kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._tail = 0
        self._steps: list[int] = []

    def make(self, now: Millis) -> str:
        """Return a new id as 36 characters, sorted after every id this source made before."""
        with self._lock:
            if now > self._last:
                self._last = now
                self._tail = secrets.randbits(_TAIL_BITS - 1)
            else:
                if not self._steps:
                    self._steps = list(_FOUR_BYTES.unpack(os.urandom(_FOUR_BYTES.size)))
                self._tail = (self._tail + 1 + self._steps.pop()) & _TAIL_MASK
            last, tail = self._last, self._tail
        text = f"{last << 16 | 0x7000 | tail >> 62:016x}{0b10 << 62 | tail & _LOW:016x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_source = IdSource()


def new_id(now: Millis) -> str:
    """Return a new UUIDv7 as text. ``now`` is the moment it will carry."""
    return _source.make(now)


def moment_of(id_: str) -> Millis:
    """Return the moment, in milliseconds, that an id made here carries."""
    return Millis(int(id_[:8] + id_[9:13], 16))


def is_id(text: object) -> bool:
    """True when ``text`` has the shape of an id: 36 characters, lower-case hexadecimal, hyphens."""
    if not isinstance(text, str) or len(text) != 36:
        return False
    return all(
        c == "-" if at in (8, 13, 18, 23) else c in "0123456789abcdef" for at, c in enumerate(text)
    )
