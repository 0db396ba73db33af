"""One connection as a state machine, without I/O: texts in, texts out, and when to close.

    waiting for hello -> catching up -> live -> closed

The edge feeds it what arrives, what was committed and what time it is; it answers with frames of docs/realtime.md. What the
client asks of the world (resume from here, I am typing) comes back from ``hear`` for the edge to do.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec

from hub.kernel.clock import SECOND, Millis
from hub.realtime import frames
from hub.realtime.frames import Beat, EventFrame, Hello, VisitorHello
from hub.web.bodies import BadJson, strict_json

FRAME_MOST = 64 * 1024
QUEUE_FRAMES = 4_096
QUEUE_CHARACTERS = 1 << 20
HELLO_WITHIN = Millis(10 * SECOND)
BEAT_AFTER = Millis(15 * SECOND)
SILENT_MOST = Millis(40 * SECOND)
A_SECOND, BURST = 30, 60
FAULTS_MOST = 10


class Phase(Enum):
    """Where a connection is in its life."""

    WAITING = "waiting"
    CATCHING_UP = "catching_up"
    LIVE = "live"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Closing:
    """Why the server closes: the websocket's code and a fixed word."""

    code: int
    reason: str


class Session:
    """The server's half of one connection. ``shapes`` is what this kind of client may say."""

    def __init__(self, shapes: Any, now: Millis) -> None:
        self._shapes = shapes
        self._queue: deque[str] = deque()
        self._queued = 0
        self._held: list[tuple[int, EventFrame]] = []
        self._n = 0
        self._began_at = now
        self._heard_at = now
        self._beat_at = now
        self._allowance = float(BURST)
        self._counted_at = now
        self._faults = 0
        self.phase = Phase.WAITING
        self.closing: Closing | None = None

    # -- what arrives ----------------------------------------------------------------------------------------

    def hear(self, text: str | bytes, now: Millis) -> Any | None:
        """A message of the client; returns the frame for the edge to act on, or None when there is nothing to do."""
        if self.phase is Phase.CLOSED:
            return None
        self._heard_at = now
        if isinstance(text, bytes) or len(text) > FRAME_MOST:
            self._close(1003 if isinstance(text, bytes) else 1009, "bad_frame")
            return None
        if not self._may_speak(now):
            self._fault(None, "too_many")
            return None
        frame = self._decoded(text)
        if frame is None or isinstance(frame, Beat):
            return None
        if isinstance(frame, Hello | VisitorHello):
            if self.phase is not Phase.WAITING:
                self._fault(None, "unknown_frame")
                return None
            self.phase = Phase.CATCHING_UP
            return frame
        if self.phase is Phase.WAITING:
            self._close(1008, "hello_first")
            return None
        return frame

    def _decoded(self, text: str) -> Any | None:
        try:
            said = strict_json(text.encode("utf-8", "surrogatepass"))
        except BadJson:
            self._fault(None, "bad_frame")
            return None
        try:
            return msgspec.convert(said, self._shapes)
        except msgspec.ValidationError as error:
            is_unknown = "Invalid value" in str(error) and "$.t" in str(error)
            self._fault(_id_of(said), "unknown_frame" if is_unknown else "bad_frame")
            return None

    def _may_speak(self, now: Millis) -> bool:
        self._allowance = min(
            float(BURST), self._allowance + (now - self._counted_at) * A_SECOND / SECOND
        )
        self._counted_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True

    def _fault(self, re: str | None, code: str) -> None:
        self._faults += 1
        self._put(frames.refused(re, code))
        if self._faults >= FAULTS_MOST:
            self._close(1008, "too_many_faults")

    # -- what the server says ----------------------------------------------------------------------------------

    def welcome(self, epoch: str, seq: int, *, resumed: bool) -> None:
        """The hello was good; what follows is the replay, then ``caught_up``."""
        self._put(frames.welcome(epoch, seq, resumed=resumed, beat_after=BEAT_AFTER))

    def replay(self, frame: EventFrame) -> None:
        """One event of the past that this client may see, in order."""
        self._put_event(frame)

    def caught_up(self, seq: int) -> None:
        """The replay reached ``seq``; events that were committed meanwhile follow, those replayed already do not."""
        held, self._held = self._held, []
        self._put(frames.caught_up(seq))
        self.phase = Phase.LIVE
        for at, frame in held:
            if at > seq:
                self._put_event(frame)

    def tell(self, seq: int, frame: EventFrame) -> None:
        """One event just committed that this client may see."""
        if self.phase is Phase.LIVE:
            self._put_event(frame)
        elif self.phase is Phase.CATCHING_UP:
            self._held.append((seq, frame))

    def say(self, frame: str) -> None:
        """A frame that is no event: live state, an answer."""
        if self.phase is not Phase.CLOSED:
            self._put(frame)

    def reset(self, reason: str) -> None:
        """The position cannot be resumed: the client boots again."""
        self._put(frames.reset(reason))
        self._close(4001, "reset")

    def part(self, code: str, retry_after: int | None) -> None:
        """Say goodbye and close."""
        if self.phase is not Phase.CLOSED:
            self._put(frames.bye(code, retry_after))
            self._close(4000, code)

    def tick(self, now: Millis, head: int) -> None:
        """Time passes: beat, or close a client that is silent for too long or never said hello."""
        if self.phase is Phase.CLOSED:
            return
        if self.phase is Phase.WAITING and now - self._began_at >= HELLO_WITHIN:
            self._close(1008, "no_hello")
        elif now - self._heard_at >= SILENT_MOST:
            self.part("idle", 0)
        elif now - self._beat_at >= BEAT_AFTER:
            self._beat_at = now
            self._put(frames.beat(head))

    # -- what is to be sent --------------------------------------------------------------------------------------

    @property
    def has_something(self) -> bool:
        return bool(self._queue)

    def take(self) -> str | None:
        """Everything waiting, as one websocket message."""
        if not self._queue:
            return None
        message = frames.joined(self._queue)
        self._queue.clear()
        self._queued = 0
        return message

    def _put_event(self, frame: EventFrame) -> None:
        if self.phase is Phase.CLOSED:
            return
        self._n += 1
        self._put(frame.with_n(self._n))

    def _put(self, frame: str) -> None:
        if self.phase is Phase.CLOSED:
            return
        self._queue.append(frame)
        self._queued += len(frame)
        if self._queued > QUEUE_CHARACTERS or len(self._queue) > QUEUE_FRAMES:
            self._queue.clear()
            self._queued = 0
            self._queue.append(frames.bye("slow", 0))
            self._close(4000, "slow")

    def _close(self, code: int, reason: str) -> None:
        self.phase = Phase.CLOSED
        self._held.clear()
        self.closing = Closing(code, reason)


def _id_of(said: Any) -> str | None:
    """The id of a frame that could not be used, for the answer to name it; never anything else of it."""
    id_ = said.get("id") if isinstance(said, dict) else None
    return id_ if isinstance(id_, str) and len(id_) <= 64 else None
