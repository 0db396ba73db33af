"""The websocket edge: carries texts between a browser and a session, catches up, and closes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send

from hub.agents.asking import find_behind, signed_in
from hub.agents.model import Agent
from hub.conversations import store as conversation_store
from hub.conversations.service import is_within_reach
from hub.kernel.clock import SECOND, Clock
from hub.kernel.crashpoint import crashpoint
from hub.realtime.audience import AgentAudience
from hub.realtime.frames import AGENT, EventFrame, Hello, OfferShown, Typing, Viewing
from hub.realtime.passing import Passing
from hub.realtime.session import HELLO_WITHIN, Phase, Session
from hub.realtime.switchboard import SEND_WITHIN, Connection, Switchboard
from hub.realtime.tickets import Tickets
from hub.storage import log
from hub.storage.database import Database
from hub.storage.tail import Tail
from hub.web.problems import NotSignedIn, problem
from hub.web.security import is_own_origin

FAR = 5_000
REPLAYED_AT_ONCE = 200

said = structlog.get_logger("hub.sockets")


class Desk:
    """What the agents' sockets tell the router, and ask of it. The router fills these in."""

    def __init__(self) -> None:
        self.connected: Callable[[str], None] = lambda agent_id: None
        self.disconnected: Callable[[str], None] = lambda agent_id: None
        self.offer_shown: Callable[[str, str], None] = lambda agent_id, offer_id: None
        self.live_frames: Callable[[Agent], list[str]] = lambda agent: []


class AgentSockets:
    """``/api/realtime`` as a bare ASGI application."""

    def __init__(
        self,
        database: Database,
        tail: Tail,
        switchboard: Switchboard,
        passing: Passing,
        tickets: Tickets,
        desk: Desk,
        clock: Clock,
        *,
        epoch: Callable[[], str],
        public_url: str,
        allowed_origins: tuple[str, ...],
    ) -> None:
        self._database = database
        self._tail = tail
        self._switchboard = switchboard
        self._passing = passing
        self._tickets = tickets
        self._desk = desk
        self._clock = clock
        self._epoch = epoch
        self._public_url = public_url
        self._allowed_origins = allowed_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        headers = Headers(scope=scope)
        if "origin" not in headers or not is_own_origin(
            headers, self._public_url, self._allowed_origins
        ):
            await refuse(scope, receive, send, 403, "foreign_origin")
            return
        try:
            agent, signed = await signed_in(HTTPConnection(scope), self._database)
        except NotSignedIn:
            await refuse(scope, receive, send, 401, "not_signed_in")
            return
        await send({"type": "websocket.accept"})
        session = Session(AGENT, self._clock.now())
        connection = Connection(session, AgentAudience(agent), agent=agent, mark=signed.mark)
        try:
            await carry(connection, receive, send, self._clock, self._act)
        finally:
            self._gone(connection)

    def _gone(self, connection: Connection) -> None:
        assert connection.agent is not None
        if connection.viewing is not None:
            self._passing.agent_views(connection.agent.id, connection.viewing, is_there=False)
        self._switchboard.leave(connection)
        if connection.is_counted:
            self._desk.disconnected(connection.agent.id)

    async def _act(self, connection: Connection, frame: Any) -> None:
        agent = connection.agent
        assert agent is not None
        if isinstance(frame, Hello):
            await self._hello(connection, frame)
        elif isinstance(frame, OfferShown):
            crashpoint("IN11")
            self._desk.offer_shown(agent.id, frame.offer_id)
        elif isinstance(frame, Typing):
            if await self._may_see(agent, frame.conversation_id):
                self._passing.agent_types(agent.id, agent.name, frame.conversation_id, frame.mode)
        elif isinstance(frame, Viewing):
            await self._view(connection, agent, frame.conversation_id)

    async def _view(self, connection: Connection, agent: Agent, wanted: str | None) -> None:
        if connection.viewing is not None and connection.viewing != wanted:
            self._passing.agent_views(agent.id, connection.viewing, is_there=False)
        connection.viewing = None
        if wanted is not None and await self._may_see(agent, wanted):
            connection.viewing = wanted
            self._passing.agent_views(agent.id, wanted, is_there=True)

    async def _may_see(self, agent: Agent, conversation_id: str) -> bool:
        found = await self._database.read(conversation_store.find, conversation_id)
        if found is None or not is_within_reach(agent, found):
            return False
        if not self._passing.knows(conversation_id):
            self._passing.place(found.id, found.queue_id, found.agent_id, found.customer_id)
        return True

    async def _hello(self, connection: Connection, hello: Hello) -> None:
        session, agent = connection.session, connection.agent
        assert agent is not None
        if not self._tickets.take(hello.ticket, connection.mark):
            session.part("signed_out", None)
            return
        self._switchboard.join(connection)
        # Much may have changed between the cookie's check and the join: look again, now that
        # changes are heard.
        found = await self._database.read(find_behind, connection.mark, self._clock.now())
        if found is None:
            session.part("signed_out", None)
            return
        if found[0] != agent:
            session.reset("rights")
            return
        connection.is_counted = True
        self._desk.connected(agent.id)
        await catch_up(
            connection, self._database, self._tail, self._epoch(), hello.epoch, hello.after
        )
        if session.phase is Phase.LIVE:
            for frame in (*self._desk.live_frames(agent), *self._passing.all_for(connection)):
                session.say(frame)


async def catch_up(
    connection: Connection, database: Database, tail: Tail, epoch: str, of: str, after: int
) -> None:
    """Replay what the client missed, from the log; the live events meanwhile are held back by the
    session.
    """
    session = connection.session
    head = tail.position
    if after > head:
        head = await database.read(log.last_seq)
    if of != epoch or after > head:
        session.reset("epoch")
        return
    if head - after > FAR:
        session.reset("too_far")
        return
    session.welcome(epoch, head, resumed=after < head)
    await _replay(connection, database, after, head)
    session.caught_up(head)


async def _replay(connection: Connection, database: Database, after: int, head: int) -> None:
    """Everything after ``after`` up to ``head`` that this client may see, as fast as it reads."""
    session, position = connection.session, after
    while position < head and session.phase is Phase.CATCHING_UP:
        lines = await database.read(log.read_since, position, REPLAYED_AT_ONCE)
        if not lines:
            break
        for line in lines:
            changes = connection.audience.changes_for(line) if line.seq <= head else None
            if changes is not None:
                session.replay(EventFrame(line, changes, outside=connection.agent is None))
        position = lines[-1].seq
        await connection.drain(SEND_WITHIN)


Act = Callable[[Connection, Any], Awaitable[None]]


async def carry(
    connection: Connection, receive: Receive, send: Send, clock: Clock, act: Act
) -> None:
    """Carry texts both ways until either side closes; frames of the client go to ``act``, a beat as
    None.
    """
    pump = connection.pump = asyncio.create_task(_pump(connection, send))
    late = asyncio.get_running_loop().call_later(
        HELLO_WITHIN / SECOND + 0.1, _expect_hello, connection, clock
    )
    try:
        while True:
            message = await _heard(receive, pump)
            if message is None or message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            content = text if text is not None else message.get("bytes") or b""
            frame = connection.session.hear(content, clock.now())
            if connection.session.phase is not Phase.CLOSED:
                await act(connection, frame)
            connection.wake()
            if connection.session.phase is Phase.CLOSED:
                await asyncio.wait({pump}, timeout=SEND_WITHIN)
                return
    finally:
        late.cancel()
        pump.cancel()
        await asyncio.gather(pump, return_exceptions=True)


async def _heard(receive: Receive, pump: asyncio.Task[None]) -> Message | None:
    """What the client says next; None when there is nothing more to be said to it."""
    receiving = asyncio.ensure_future(receive())
    try:
        await asyncio.wait({receiving, pump}, return_when=asyncio.FIRST_COMPLETED)
        return receiving.result() if receiving.done() else None
    finally:
        receiving.cancel()


def _expect_hello(connection: Connection, clock: Clock) -> None:
    """Close a line on which nobody has said hello: no list has it, so nobody else would."""
    if connection.session.phase is Phase.WAITING:
        connection.session.tick(clock.now(), 0)
        connection.wake()


async def _pump(connection: Connection, send: Send) -> None:
    """Send whatever waits, as one message at a time; close when the session has closed.

    The switchboard ends it when the line takes nothing for too long.
    """
    session = connection.session
    while True:
        await connection.woken.wait()
        connection.woken.clear()
        while (message := session.take()) is not None:
            connection.waits_for_line = 0
            await send({"type": "websocket.send", "text": message})
            connection.waits_for_line = None
            connection.sent.set()
            if connection.on_sent is not None:
                connection.on_sent()
        if session.closing is not None:
            closing = session.closing
            await send({"type": "websocket.close", "code": closing.code, "reason": closing.reason})
            return


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, code: str) -> None:
    """Answer an upgrade with an HTTP error."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    answer = problem(status, code, "This socket is not for you.")
    await send(
        {
            "type": "websocket.http.response.start",
            "status": status,
            "headers": answer.raw_headers,
        }
    )
    await send({"type": "websocket.http.response.body", "body": answer.body})
