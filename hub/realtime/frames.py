"""The frames of docs/realtime.md: what a client may say, and how what the server says is spelled.

Frames to the client are texts, put together from pieces that were encoded once: of an event only
``n`` differs from client to client.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from hub.kernel.events import Change
from hub.storage.log import Logged

_text = msgspec.json.Encoder()


def encode(value: Any) -> str:
    return _text.encode(value).decode()


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="t"):
    """Something a client says."""


class Hello(Frame, frozen=True, tag="hello"):
    """First and once. ``after`` is where the client's screen is true, in the log of ``epoch``."""

    ticket: str
    epoch: str
    after: int
    tab: str = ""


class Beat(Frame, frozen=True, tag="beat"):
    """I am alive."""


class Typing(Frame, frozen=True, tag="typing"):
    conversation_id: str
    mode: Literal["reply", "note"] | None


class Viewing(Frame, frozen=True, tag="viewing"):
    conversation_id: str | None


class OfferShown(Frame, frozen=True, tag="offer_shown"):
    offer_id: str


class VisitorHello(Frame, frozen=True, tag="hello"):
    """A visitor's first. Without ``after`` the server answers with a snapshot."""

    token: str
    epoch: str | None = None
    after: int | None = None


class Send(Frame, frozen=True, tag="send"):
    """``id`` is the visitor's own name for the message: the same id is one message."""

    id: str
    text: str
    attachments: tuple[str, ...] = ()


class VisitorTyping(Frame, frozen=True, tag="typing"):
    on: bool


class Read(Frame, frozen=True, tag="read"):
    message_id: str


class End(Frame, frozen=True, tag="end"):
    id: str


class Rate(Frame, frozen=True, tag="rate"):
    id: str
    score: int
    solved: bool | None = None
    comment: str = ""


AGENT = Hello | Beat | Typing | Viewing | OfferShown
VISITOR = VisitorHello | Beat | Send | VisitorTyping | Read | End | Rate


TOLD_OUTSIDE = frozenset(
    {"conversation.opened", "conversation.ended", "message.received", "message.replied"}
)
"""The types that a visitor is told by name; everything else is a change of their conversation."""


class EventFrame:
    """One logged event, encoded once for all who see it; ``with_n`` makes it one client's frame."""

    __slots__ = ("_rest", "seq", "size")

    def __init__(self, line: Logged, changes: str | None = None, *, outside: bool = False) -> None:
        """``outside``: for a visitor, who learns what changed but not who at the desk did what."""
        self.seq = line.seq
        kind, actor = line.type, f',"actor":"{line.actor}"'
        command = "" if line.command_id is None else f',"command_id":{encode(line.command_id)}'
        if outside:
            kind = kind if kind in TOLD_OUTSIDE else "conversation.changed"
            command = command if line.actor.startswith("customer:") else ""
            actor = ""
        self._rest = (
            f',"seq":{line.seq},"type":"{kind}","at":{line.at}{actor}'
            f',"changes":{line.changes if changes is None else changes}{command}}}'
        )
        self.size = len(self._rest) + 32

    def with_n(self, n: int) -> str:
        return f'{{"t":"event","n":{n}{self._rest}'


def removal(entity: str, id_: str, rev: int) -> str:
    """The changes of an event for somebody who may no longer see the entity."""
    return encode([Change(entity, id_, rev)])


def welcome(epoch: str, seq: int, *, resumed: bool, beat_after: int) -> str:
    return encode(
        {"t": "welcome", "epoch": epoch, "seq": seq, "resumed": resumed, "beat_after": beat_after}
    )


def caught_up(seq: int, n: int) -> str:
    """``n`` is the count of the last event told: a client that counted fewer has lost some."""
    return f'{{"t":"caught_up","seq":{seq},"n":{n}}}'


def beat(seq: int, n: int) -> str:
    """``seq`` is how far this connection has been told of the log, ``n`` as in ``caught_up``."""
    return f'{{"t":"beat","seq":{seq},"n":{n}}}'


def live(topic: str, key: str, value: Any) -> str:
    return encode({"t": "live", "topic": topic, "key": key, "value": value})


def reset(reason: str) -> str:
    return encode({"t": "reset", "reason": reason})


def refused(re: str | None, code: str) -> str:
    return encode({"t": "refused", "re": re, "code": code})


def bye(code: str, retry_after: int | None) -> str:
    return encode({"t": "bye", "code": code, "retry_after": retry_after})


def several(frames: Iterable[str]) -> str:
    """Frames that go the same way as one piece for ``joined``: there must be one at least."""
    return ",".join(frames)


def joined(frames: Sequence[str]) -> str:
    """A websocket message: a JSON array of frames."""
    return f"[{','.join(frames)}]"
