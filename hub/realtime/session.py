"""One connection as a state machine, without I/O: texts in, texts out, and when to close.

    waiting for hello -> catching up -> live -> closed

The edge feeds it what arrives, what was committed and what time it is; it answers with frames of
docs/realtime.md. What the client asks of the world (resume from here, I am typing) comes back from
``hear`` for the edge to do.
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
REPLAY_AHEAD = 1 << 18
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
        self._queue: deque[str | tuple[EventFrame, int]] = deque()
        self._queued = 0
        self._held: list[EventFrame] = []
        self._n = 0
        self._reached = 0
        self._began_at = now
        self._heard_at = now
        self._beat_at = now
        self._allowance = float(BURST)
        self._counted_at = now
        self._faults = 0
        self.phase = Phase.WAITING
        self.closing: Closing | None = None

    # -- what arrives ----------------------------------------------------------------------------

    def hear(self, text: str | bytes, now: Millis) -> Any | None:
        """A message of the client; returns the frame for the edge to act on, if there is any."""
        if self.phase is Phase.CLOSED:
            return None
        self._heard_at = now
        words = self._words(text)
        if words is None:
            return None
        if not self._may_speak(now):
            self._fault(None, "too_many")
            return None
        frame = self._decoded(words)
        if frame is None or isinstance(frame, Beat):
            return None
        return self._in_turn(frame)

    def _words(self, text: str | bytes) -> bytes | None:
        """What was sent, if it is a text of a size that may be looked at."""
        if isinstance(text, bytes):
            self._close(1003, "bad_frame")
            return None
        words = text.encode("utf-8", "surrogatepass") if len(text) <= FRAME_MOST else None
        if words is None or len(words) > FRAME_MOST:
            self._close(1009, "bad_frame")
            return None
        return words

    def _in_turn(self, frame: Any) -> Any | None:
        """The frame, if this is its moment: ``hello`` first and once, everything else after."""
        is_hello = isinstance(frame, Hello | VisitorHello)
        if self.phase is Phase.WAITING and not is_hello:
            self._close(1008, "hello_first")
            return None
        if self.phase is not Phase.WAITING and is_hello:
            self._fault(None, "unknown_frame")
            return None
        if is_hello:
            self.phase = Phase.CATCHING_UP
        return frame

    def _decoded(self, words: bytes) -> Any | None:
        try:
            said = strict_json(words)
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

    # -- what the server says --------------------------------------------------------------------

    def welcome(self, epoch: str, seq: int, *, resumed: bool) -> None:
        """The hello was good; what follows is the replay, then ``caught_up``."""
        self._put(frames.welcome(epoch, seq, resumed=resumed, beat_after=BEAT_AFTER))

    def replay(self, frame: EventFrame) -> None:
        """One event of the past that this client may see, in order."""
        self._put_event(frame)
        self._reached = frame.seq

    @property
    def has_room(self) -> bool:
        """True while more of the past may be replayed: the rest waits until some has been read."""
        return self._queued < REPLAY_AHEAD and len(self._queue) < QUEUE_FRAMES // 2

    def caught_up(self, seq: int) -> None:
        """The replay reached ``seq``; what was committed after it meanwhile follows."""
        if self.phase is not Phase.CATCHING_UP:
            return
        held, self._held = self._held, []
        self._reached = seq
        self._put(frames.caught_up(seq, self._n))
        self.phase = Phase.LIVE
        for frame in held:
            if frame.seq > seq:
                self._put_event(frame)

    def tell(self, frame: EventFrame) -> None:
        """One event just committed that this client may see."""
        if self.phase is Phase.LIVE:
            self._put_event(frame)
        elif self.phase is Phase.CATCHING_UP:
            self._held.append(frame)
            if len(self._held) > QUEUE_FRAMES:
                self._too_slow()

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

    def tick(self, now: Millis, told: int) -> None:
        """Time passes: beat, or close a client that is silent for too long or never said hello.

        ``told`` is how far the log has been passed on to live sessions: a client resumes from what
        a beat says, so it must never be further than that.
        """
        if self.phase is Phase.CLOSED:
            return
        if self.phase is Phase.WAITING and now - self._began_at >= HELLO_WITHIN:
            self._close(1008, "no_hello")
        elif now - self._heard_at >= SILENT_MOST:
            self.part("idle", 0)
        elif now - self._beat_at >= BEAT_AFTER:
            self._beat_at = now
            if self.phase is Phase.LIVE:
                self._reached = max(self._reached, told)
            if self.phase is not Phase.WAITING:
                self._put(frames.beat(self._reached, self._n))

    # -- what is to be sent ----------------------------------------------------------------------

    @property
    def has_something(self) -> bool:
        return bool(self._queue)

    def take(self) -> str | None:
        """Everything waiting, as one websocket message."""
        if not self._queue:
            return None
        message = frames.joined(
            [each if isinstance(each, str) else each[0].with_n(each[1]) for each in self._queue]
        )
        self._queue.clear()
        self._queued = 0
        return message

    def _put_event(self, frame: EventFrame) -> None:
        if self.phase is Phase.CLOSED:
            return
        self._n += 1
        # Spelled out only when it is sent: a thousand slow readers share one text until then.
        self._queue.append((frame, self._n))
        self._queued += frame.size
        self._check_queue()

    def _put(self, frame: str) -> None:
        if self.phase is Phase.CLOSED:
            return
        self._queue.append(frame)
        self._queued += len(frame)
        self._check_queue()

    def _check_queue(self) -> None:
        if self._queued > QUEUE_CHARACTERS or len(self._queue) > QUEUE_FRAMES:
            self._too_slow()

    def _too_slow(self) -> None:
        self._queue.clear()
        self._queued = 0
        self._queue.append(frames.bye("slow", 0))
        self._close(4000, "slow")

    def _close(self, code: int, reason: str) -> None:
        self.phase = Phase.CLOSED
        self._held.clear()
        self.closing = Closing(code, reason)


def _id_of(said: Any) -> str | None:
    """The id of a frame that could not be used, for the answer to name it; nothing else of it."""
    id_ = said.get("id") if isinstance(said, dict) else None
    return id_ if isinstance(id_, str) and len(id_) <= 64 else None
