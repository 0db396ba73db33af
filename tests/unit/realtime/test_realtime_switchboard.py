"""Connections together: slow readers, and telling that fails half way."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from hub.kernel.clock import Millis, SetClock
from hub.realtime.frames import AGENT, EventFrame
from hub.realtime.session import Phase, Session
from hub.realtime.switchboard import SEND_WITHIN, Connection, Switchboard
from hub.storage.log import Logged

NOON = Millis(1_800_000_000_000)
HELLO = '{"t":"hello","ticket":"T","epoch":"E","after":0,"tab":"one"}'


def a_line(seq: int, *, size: int = 0) -> Logged:
    changes = json.dumps(["x" * size])
    return Logged(
        seq, NOON, "agent.renamed", None, None, None, None, None, None, "hub", "{}", changes
    )


class SeesAll:
    def changes_for(self, line: Logged) -> str | None:
        return line.changes


class Breaks:
    def changes_for(self, line: Logged) -> str | None:
        raise ZeroDivisionError


def a_connection(audience: Any = None, *, live: bool = True) -> Connection:
    session = Session(AGENT, NOON)
    session.hear(HELLO, NOON)
    session.welcome("E", 0, resumed=False)
    if live:
        session.caught_up(0)
    return Connection(session, audience or SeesAll())


def fill(connection: Connection) -> None:
    seq = 0
    while connection.session.has_room:
        seq += 1
        connection.session.replay(EventFrame(a_line(seq, size=5_000)))


async def test_a_replay_goes_on_when_the_client_has_read() -> None:
    connection = a_connection(live=False)
    fill(connection)

    draining = asyncio.create_task(connection.drain(within=30))
    await asyncio.sleep(0)
    waited = not draining.done()
    connection.session.take()
    connection.sent.set()
    await draining

    assert waited
    assert connection.session.phase is Phase.CATCHING_UP


async def test_a_client_that_reads_nothing_is_sent_away() -> None:
    connection = a_connection(live=False)
    fill(connection)

    await connection.drain(within=0.01)

    assert connection.session.phase is Phase.CLOSED
    assert (connection.session.take() or "").endswith('"code":"slow","retry_after":0}]')


async def test_a_line_that_takes_nothing_is_given_up() -> None:
    switchboard = Switchboard(SetClock(NOON))
    connection = a_connection()
    connection.pump = asyncio.create_task(asyncio.Event().wait())  # type: ignore[arg-type]
    switchboard.join(connection)

    connection.waits_for_line = 0
    for _ in range(SEND_WITHIN):
        switchboard.tick(0)
    patient = connection.session.phase
    switchboard.tick(0)
    await asyncio.gather(connection.pump, return_exceptions=True)

    assert patient is Phase.LIVE
    assert connection.session.phase is Phase.CLOSED
    assert connection.pump.cancelled()


async def test_telling_that_fails_half_way_makes_everybody_resume() -> None:
    switchboard = Switchboard(SetClock(NOON))
    connections = [a_connection(), a_connection(Breaks()), a_connection()]
    for connection in connections:
        switchboard.join(connection)

    with pytest.raises(ZeroDivisionError):
        switchboard.tell([a_line(1)])

    assert all(connection.session.phase is Phase.CLOSED for connection in connections)


async def test_an_event_is_spelled_once_for_all_who_see_it_whole() -> None:
    switchboard = Switchboard(SetClock(NOON))
    connections = [a_connection() for _ in range(3)]
    for connection in connections:
        switchboard.join(connection)
        connection.session.take()

    switchboard.tell([a_line(1), a_line(2)])

    said = {connection.session.take() for connection in connections}
    assert len(said) == 1
    assert [frame["n"] for frame in json.loads(said.pop() or "[]")] == [1, 2]
