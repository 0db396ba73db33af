"""The session machine: what one connection is told, refused, and closed for. No I/O anywhere."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from hub.kernel.clock import SECOND, Millis
from hub.realtime.frames import AGENT, VISITOR, EventFrame, Hello, Send, Typing
from hub.realtime.session import (
    BEAT_AFTER,
    FAULTS_MOST,
    HELLO_WITHIN,
    QUEUE_CHARACTERS,
    QUEUE_FRAMES,
    SILENT_MOST,
    Phase,
    Session,
)
from hub.storage.log import Logged

NOON = Millis(1_800_000_000_000)
HELLO = json.dumps({"t": "hello", "ticket": "T", "epoch": "E", "after": 4, "tab": "one"})


def an_event(seq: int, text: str = "[]") -> EventFrame:
    return EventFrame(
        Logged(seq, NOON, "message.kept", None, None, None, None, None, None, "hub", "{}", text)
    )


def a_live_session(*, of: Any = AGENT, at: int = 4) -> Session:
    session = Session(of, NOON)
    hello = HELLO if of is AGENT else '{"t":"hello","token":"T"}'
    assert session.hear(hello, NOON) is not None
    session.welcome("E", at, resumed=False)
    session.caught_up(at)
    told(session)
    return session


def told(session: Session) -> list[dict[str, Any]]:
    """What the client reads now."""
    message = session.take()
    frames: list[dict[str, Any]] = json.loads(message) if message is not None else []
    return frames


def replay_what_fits(session: Session) -> None:
    seq = 4
    while session.has_room:
        seq += 1
        session.replay(an_event(seq, json.dumps(["x" * 2_000])))


def test_a_client_that_says_hello_is_welcomed_and_told_what_it_missed() -> None:
    session = Session(AGENT, NOON)

    hello = session.hear(HELLO, NOON)
    session.welcome("E", 7, resumed=True)
    session.replay(an_event(5))
    session.replay(an_event(7))
    session.caught_up(7)

    assert hello == Hello(ticket="T", epoch="E", after=4, tab="one")
    frames = told(session)
    assert [frame["t"] for frame in frames] == ["welcome", "event", "event", "caught_up"]
    assert [(frame["n"], frame["seq"]) for frame in frames[1:3]] == [(1, 5), (2, 7)]
    assert frames[3] == {"t": "caught_up", "seq": 7, "n": 2}


def test_events_committed_during_the_replay_follow_it_once() -> None:
    session = Session(AGENT, NOON)
    session.hear(HELLO, NOON)
    session.welcome("E", 6, resumed=True)

    session.tell(an_event(6))  # committed while it was being read: the replay has it too
    session.tell(an_event(7))
    session.replay(an_event(5))
    session.replay(an_event(6))
    session.caught_up(6)

    frames = told(session)
    assert [frame["seq"] for frame in frames if frame["t"] == "event"] == [5, 6, 7]
    assert [frame["n"] for frame in frames if frame["t"] == "event"] == [1, 2, 3]
    assert [frame["t"] for frame in frames][-2:] == ["caught_up", "event"]


def test_a_beat_during_the_replay_promises_no_more_than_was_replayed() -> None:
    session = Session(AGENT, NOON)
    session.hear(HELLO, NOON)
    session.welcome("E", 900, resumed=True)
    session.replay(an_event(5))

    session.tick(Millis(NOON + BEAT_AFTER), told=900)

    assert told(session)[-1] == {"t": "beat", "seq": 5, "n": 1}


def test_a_beat_says_how_far_the_log_was_told_though_nothing_of_it_was_for_this_client() -> None:
    session = a_live_session(at=4)
    session.tell(an_event(5))

    session.tick(Millis(NOON + BEAT_AFTER), told=90)

    assert told(session)[-1] == {"t": "beat", "seq": 90, "n": 1}


def test_nothing_is_said_to_who_has_not_said_hello() -> None:
    session = Session(AGENT, NOON)

    session.tell(an_event(5))
    session.tick(Millis(NOON + 1), told=5)

    assert told(session) == []


def test_something_else_before_hello_closes() -> None:
    session = Session(AGENT, NOON)

    frame = session.hear('{"t":"typing","conversation_id":"c","mode":"reply"}', NOON)

    assert frame is None
    assert session.closing is not None
    assert session.closing.reason == "hello_first"


def test_no_hello_in_time_closes() -> None:
    session = Session(AGENT, NOON)

    session.tick(Millis(NOON + HELLO_WITHIN), told=0)

    assert session.closing is not None
    assert session.closing.reason == "no_hello"


def test_a_second_hello_is_refused() -> None:
    session = a_live_session()

    frame = session.hear(HELLO, NOON)

    assert frame is None
    assert told(session) == [{"t": "refused", "re": None, "code": "unknown_frame"}]


def test_a_silent_client_is_sent_away() -> None:
    session = a_live_session()

    session.tick(Millis(NOON + SILENT_MOST), told=4)

    assert told(session)[-1] == {"t": "bye", "code": "idle", "retry_after": 0}
    assert session.phase is Phase.CLOSED


def test_a_beat_of_the_client_keeps_it() -> None:
    session = a_live_session()
    session.hear('{"t":"beat"}', Millis(NOON + SILENT_MOST - 1))

    session.tick(Millis(NOON + SILENT_MOST), told=4)

    assert session.phase is Phase.LIVE


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"t":"subscribe","topic":"*"}', "unknown_frame"),
        ('{"t":"subscribe","topic":"tenant:2"}', "unknown_frame"),
        ('{"t":"send","text":"as a visitor"}', "unknown_frame"),
        ('{"t":7}', "bad_frame"),
        ("{}", "bad_frame"),
        ("[]", "bad_frame"),
        ("null", "bad_frame"),
        ("", "bad_frame"),
        ("{", "bad_frame"),
        ('{"t":"beat"', "bad_frame"),
        ('{"t":"beat"}{"t":"beat"}', "bad_frame"),
        ('{"t":"beat","t":"hello"}', "bad_frame"),
        ('{"t":"typing","conversation_id":"a","conversation_id":"b","mode":null}', "bad_frame"),
        ('{"t":"beat","extra":1}', "bad_frame"),
        ('{"t":"typing","conversation_id":5,"mode":"reply"}', "bad_frame"),
        ('{"t":"typing","conversation_id":"c","mode":"shout"}', "bad_frame"),
        ('{"t":"viewing","conversation_id":"\\ud800"}', "bad_frame"),
        ('{"t":"viewing","conversation_id":"\ud800"}', "bad_frame"),
        ('{"t":"viewing","conversation_id":"a\\u0000b"}', "bad_frame"),
        ('{"t":"viewing","conversation_id":NaN}', "bad_frame"),
        ('{"t":"viewing","conversation_id":1e999}', "bad_frame"),
        ("[" * 30_000, "bad_frame"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "bad_frame"),
        ('{"t":"offer_shown","offer_id":{"__class__":"__proto__"}}', "bad_frame"),
    ],
)
def test_what_cannot_be_used_is_answered_by_a_fixed_word(text: str, code: str) -> None:
    session = a_live_session()

    frame = session.hear(text, NOON)

    assert frame is None
    assert told(session) == [{"t": "refused", "re": None, "code": code}]
    assert session.phase is Phase.LIVE


def test_a_refusal_names_the_id_it_is_about_and_nothing_else_of_what_was_sent() -> None:
    session = a_live_session(of=VISITOR)

    session.hear('{"t":"send","id":"m-1","text":["<script>"]}', NOON)

    assert told(session) == [{"t": "refused", "re": "m-1", "code": "bad_frame"}]


def test_a_binary_message_closes() -> None:
    session = a_live_session()

    session.hear(b"\x00\xff\xfe", NOON)

    assert session.closing is not None
    assert session.closing.code == 1003


@pytest.mark.parametrize("text", ["x" * 65_537, "é" * 40_000, "x" * 10_000_000])
def test_more_than_64_kib_closes(text: str) -> None:
    session = a_live_session()

    session.hear(text, NOON)

    assert session.closing is not None
    assert session.closing.code == 1009


def test_repeated_faults_close() -> None:
    session = a_live_session()

    for _ in range(FAULTS_MOST):
        session.hear('{"t":"subscribe","topic":"room/../admin"}', NOON)

    assert session.closing is not None
    assert session.closing.reason == "too_many_faults"
    assert session.hear('{"t":"beat"}', NOON) is None


def test_a_burst_of_sixty_is_heard_and_the_next_is_too_many() -> None:
    session = a_live_session()
    typing = '{"t":"typing","conversation_id":"c","mode":"reply"}'

    heard = [session.hear(typing, NOON) for _ in range(60)]

    assert sum(frame == Typing("c", "reply") for frame in heard) == 59  # hello was the first
    assert told(session) == [{"t": "refused", "re": None, "code": "too_many"}]


def test_thirty_a_second_are_heard_for_ever() -> None:
    session = a_live_session()

    for at in range(600):
        now = Millis(NOON + at * SECOND // 30 + SECOND)
        assert session.hear('{"t":"viewing","conversation_id":null}', now) is not None


def test_a_slow_reader_is_sent_away_rather_than_fed_without_end() -> None:
    session = a_live_session()

    for seq in range(5, 5 + QUEUE_FRAMES + 1):
        session.tell(an_event(seq))

    assert told(session) == [{"t": "bye", "code": "slow", "retry_after": 0}]
    assert session.phase is Phase.CLOSED


def test_large_events_fill_the_queue_sooner() -> None:
    session = a_live_session()
    large = json.dumps(["x" * 10_000])

    for seq in range(5, 5 + QUEUE_CHARACTERS // 10_000 + 1):
        session.tell(an_event(seq, large))

    assert told(session) == [{"t": "bye", "code": "slow", "retry_after": 0}]


def test_the_replay_has_room_again_once_the_client_has_read() -> None:
    session = Session(AGENT, NOON)
    session.hear(HELLO, NOON)
    session.welcome("E", 9_000, resumed=True)
    replay_what_fits(session)

    read = told(session)

    assert 100 < len(read) < QUEUE_FRAMES
    assert session.has_room
    assert session.phase is Phase.CATCHING_UP


def test_after_goodbye_nothing_more_is_said() -> None:
    session = a_live_session()
    session.part("signed_out", None)

    session.tell(an_event(5))
    session.say('{"t":"live"}')
    session.part("restart", 100)

    assert told(session) == [{"t": "bye", "code": "signed_out", "retry_after": None}]


def test_rights_that_changed_reset_and_close() -> None:
    session = a_live_session()

    session.reset("rights")

    assert told(session) == [{"t": "reset", "reason": "rights"}]
    assert session.phase is Phase.CLOSED


def test_a_visitor_speaks_with_the_visitors_frames() -> None:
    session = a_live_session(of=VISITOR)

    frame = session.hear('{"t":"send","id":"m-1","text":"hello","attachments":["f"]}', NOON)

    assert frame == Send(id="m-1", text="hello", attachments=("f",))


def test_a_visitor_cannot_speak_as_an_agent() -> None:
    session = a_live_session(of=VISITOR)

    frame = session.hear('{"t":"offer_shown","offer_id":"o"}', NOON)

    assert frame is None
    assert told(session) == [{"t": "refused", "re": None, "code": "unknown_frame"}]


def test_an_event_reaches_a_thousand_sessions_far_faster_than_screens_can_paint() -> None:
    sessions = [a_live_session() for _ in range(1_000)]
    changes = json.dumps([{"entity": "message", "id": "m", "rev": 1, "full": {"text": "x" * 500}}])
    events = [an_event(seq, changes) for seq in range(5, 25)]

    began = time.process_time()
    for event in events:
        for session in sessions:
            session.tell(event)
            session.take()
    took = time.process_time() - began

    assert len(events) * len(sessions) / took > 60_000  # half of the budget is left to the socket
