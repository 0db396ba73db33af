"""Connections together: slow readers, and telling that fails half way."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from hub.agents.model import Agent, Role
from hub.kernel.clock import Millis, SetClock
from hub.kernel.ids import AgentId
from hub.realtime.frames import AGENT, EventFrame
from hub.realtime.session import Phase, Session
from hub.realtime.switchboard import SEND_WITHIN, Connection, Switchboard
from hub.storage.log import Logged

NOON = Millis(1_800_000_000_000)
ANN = Agent(AgentId("ann"), 1, "ann@desk.example", "Ann", Role.AGENT, ("en",), (), 5, False)
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
    return Connection(session, audience or SeesAll(), agent=ANN)


def a_visitor(customer_id: str, audience: Any) -> Connection:
    connection = a_connection(audience)
    connection.agent, connection.customer_id = None, customer_id
    connection.session.take()
    return connection


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


async def test_what_all_agents_may_see_is_asked_of_no_visitor_but_the_one_it_is_about() -> None:
    switchboard = Switchboard(SetClock(NOON))
    bo, cy, gone = a_visitor("bo", SeesAll()), a_visitor("cy", Breaks()), a_connection(Breaks())
    for connection in (bo, cy, gone):
        switchboard.join(connection)
    switchboard.leave(gone)

    switchboard.tell([replace(a_line(1), customer_id="bo")])

    assert bo.session.has_something
    assert not cy.session.has_something
    assert switchboard.agents() == ()


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
