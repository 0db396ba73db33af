"""The visitor's socket: the same session machine as the agents', with the visitor's audience and
the visitor's frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection as SqlConnection, select
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send as AsgiSend

from hub.channels.chat.channel import ChatChannel
from hub.channels.chat.tokens import Visitor
from hub.channels.model import Account
from hub.channels.registry import NoSuchChannel, Registry
from hub.conversations import service as conversations, store as conversation_store
from hub.conversations.model import Conversation, Direction, Routing, State, Status
from hub.conversations.views import ConversationView, MessageView
from hub.kernel.clock import Clock
from hub.kernel.errors import Refusal, StorageDown
from hub.realtime import frames
from hub.realtime.audience import VisitorAudience
from hub.realtime.frames import VISITOR, End, Rate, Read, Send, VisitorHello, VisitorTyping
from hub.realtime.passing import Passing
from hub.realtime.session import Phase, Session
from hub.realtime.sockets import carry, catch_up, refuse
from hub.realtime.switchboard import Connection, Switchboard
from hub.storage import commands, log
from hub.storage.commands import Answer
from hub.storage.database import Database
from hub.storage.log import Logged
from hub.storage.tail import Tail
from hub.storage.unit import Unit

SHOWN = 50

said = structlog.get_logger("hub.visitors")

Place = Callable[[str], Any]
"""Where a waiting conversation stands: ``{position, estimate}`` or None."""


@dataclass(eq=False)
class _Line:
    """One visitor's connection, and what it knows beside the session."""

    connection: Connection
    visitor: Visitor | None = None
    account: Account | None = None
    conversation: Conversation | None = None
    told: Any = None
    to_deliver: tuple[str, int] | None = None


@dataclass(frozen=True)
class _Snapshot:
    seq: int
    conversations: list[Conversation]
    messages: list[tuple[MessageView, str | None]]


class VisitorSockets:
    """``/chat/socket`` as a bare ASGI application."""

    def __init__(
        self,
        database: Database,
        tail: Tail,
        switchboard: Switchboard,
        passing: Passing,
        chat: ChatChannel,
        registry: Registry,
        clock: Clock,
        *,
        epoch: Callable[[], str],
        agent_name: Callable[[str], str],
    ) -> None:
        self._database = database
        self._tail = tail
        self._switchboard = switchboard
        self._passing = passing
        self._chat = chat
        self._registry = registry
        self._clock = clock
        self._epoch = epoch
        self._agent_name = agent_name
        self._lines: dict[Connection, _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.place_of: Place = lambda conversation_id: None

    async def __call__(self, scope: Scope, receive: Receive, send: AsgiSend) -> None:
        await receive()
        if not self._chat.allowed_origin(None, Headers(scope=scope).get("origin")):
            await refuse(scope, receive, send, 403, "foreign_origin")
            return
        await send({"type": "websocket.accept"})
        audience = VisitorAudience("", "chat", set(), self._agent_name, self._file_url)
        connection = Connection(Session(VISITOR, self._clock.now()), audience)
        line = self._lines[connection] = _Line(connection)
        try:
            await carry(connection, receive, send, self._clock, partial(self._act, line))
        finally:
            del self._lines[connection]
            self._switchboard.leave(connection)
            self._stopped_typing(line)

    def _file_url(self, attachment_id: str) -> str:
        return f"chat/files/{attachment_id}?{self._chat.tokens.sign_file(attachment_id)}"

    # -- what visitors do ------------------------------------------------------------------------

    async def _act(self, line: _Line, _: Connection, frame: Any) -> None:
        if frame is None:
            return
        if isinstance(frame, VisitorHello):
            await self._hello(line, frame)
            return
        try:
            await self._carry_out(line, frame)
        except Refusal as refusal:
            line.connection.say(frames.refused(getattr(frame, "id", None), refusal.code))
        except StorageDown:
            line.connection.say(frames.refused(getattr(frame, "id", None), "storage_down"))

    async def _carry_out(self, line: _Line, frame: Any) -> None:
        assert line.visitor is not None
        assert line.account is not None
        if isinstance(frame, Send):
            _check_id(frame.id)
            received = await self._chat.say(
                line.account, line.visitor, frame.id, frame.text, frame.attachments
            )
            self._sent(line, frame.id, received.message_id)
            return
        conversation = await self._database.read(self._latest, line.visitor)
        if conversation is None:
            return
        if isinstance(frame, VisitorTyping):
            line.conversation = conversation
            self._passing.place(
                conversation.id,
                conversation.queue_id,
                conversation.agent_id,
                conversation.customer_id,
            )
            self._passing.customer_types(conversation.id, is_typing=frame.on)
        elif isinstance(frame, Read):
            await self._database.write(
                partial(_read, conversation.id, frame.message_id, line.visitor)
            )
        elif isinstance(frame, End | Rate):
            _check_id(frame.id)
            await self._database.write(partial(_once, frame, conversation.id, line.visitor))
            self._sent(line, frame.id, None)

    def _sent(self, line: _Line, id_: str, message_id: str | None) -> None:
        frame = {"t": "sent", "id": id_, "message_id": message_id, "seq": self._tail.position}
        line.connection.say(frames.encode(frame))

    def _stopped_typing(self, line: _Line) -> None:
        if line.conversation is not None:
            self._passing.customer_types(line.conversation.id, is_typing=False)

    # -- hello -----------------------------------------------------------------------------------

    async def _hello(self, line: _Line, hello: VisitorHello) -> None:
        connection, session = line.connection, line.connection.session
        visitor = self._chat.tokens.read(hello.token)
        account = self._account(visitor)
        if visitor is None or account is None:
            session.part("signed_out", None)
            return
        line.visitor, line.account = visitor, account
        audience = connection.audience
        assert isinstance(audience, VisitorAudience)
        audience.customer_id = connection.customer_id = visitor.customer_id
        connection.on_sent = partial(self._delivered, line)
        self._switchboard.join(connection)
        found = await self._database.read(_snapshot, visitor)
        audience.conversation_ids.update(c.id for c in found.conversations)
        if hello.epoch is not None and hello.after is not None:
            await catch_up(
                connection, self._database, self._tail, self._epoch(), hello.epoch, hello.after
            )
        else:
            session.welcome(self._epoch(), found.seq, resumed=False)
            session.say(self._state(found, account, audience))
            session.caught_up(found.seq)
        if session.phase is Phase.LIVE and found.conversations:
            self._note_newest_reply(line, found)
            self._tell_place(line, found.conversations[0])

    def _account(self, visitor: Visitor | None) -> Account | None:
        if visitor is None:
            return None
        try:
            account = self._registry.get(visitor.channel_id)
        except NoSuchChannel:
            return None
        return account if account.enabled else None

    def _state(self, found: _Snapshot, account: Account, audience: VisitorAudience) -> str:
        newest = found.conversations[0] if found.conversations else None
        shown = [
            audience.message(msgspec.to_builtins(view)) | {"client_id": client_id}
            for view, client_id in found.messages
        ]
        conversation = newest and audience.conversation(
            msgspec.to_builtins(ConversationView.of(newest))
        )
        waiting = newest and newest.routing in (Routing.WAITING, Routing.OFFERED)
        return frames.encode(
            {
                "t": "state",
                "seq": found.seq,
                "conversation": conversation,
                "messages": shown,
                "organisation": self._chat.card(account),
                "waiting": self.place_of(newest.id) if newest and waiting else None,
            }
        )

    @staticmethod
    def _latest(connection: SqlConnection, visitor: Visitor) -> Conversation | None:
        found = _conversations_of(connection, visitor)
        return found[0] if found else None

    # -- what reaches visitors -------------------------------------------------------------------

    def follow(self, lines: Sequence[Logged]) -> None:
        """Note which answers are on their way to a connected visitor; they count as delivered once
        handed over.
        """
        for logged in lines:
            if logged.type != "message.replied" or logged.customer_id is None:
                continue
            for connection in self._switchboard.of_customer(logged.customer_id):
                line = self._lines.get(connection)
                audience = connection.audience
                assert isinstance(audience, VisitorAudience)
                if line is not None and logged.conversation_id in audience.conversation_ids:
                    ordinal = _ordinal_of(logged)
                    if ordinal is not None and logged.conversation_id is not None:
                        line.to_deliver = (logged.conversation_id, ordinal)

    def _note_newest_reply(self, line: _Line, found: _Snapshot) -> None:
        newest = [
            view
            for view, _ in found.messages
            if view.direction is Direction.OUT and view.state is State.SENT
        ]
        if newest:
            line.to_deliver = (newest[-1].conversation_id, newest[-1].ordinal)

    def _delivered(self, line: _Line) -> None:
        if line.to_deliver is None or line.visitor is None:
            return
        (conversation_id, ordinal), line.to_deliver = line.to_deliver, None
        actor = line.visitor.actor
        task = asyncio.create_task(self._note_delivery(conversation_id, ordinal, actor))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _note_delivery(self, conversation_id: str, ordinal: int, actor: str) -> None:
        try:
            await self._database.write(
                lambda unit: conversations.customer_has(
                    unit, conversation_id, ordinal, State.DELIVERED, actor=actor
                )
            )
        except StorageDown:
            said.warning("a delivery could not be noted", conversation=conversation_id)

    async def tick(self) -> None:
        """Tell those who wait where they stand, when that has changed."""
        for line in list(self._lines.values()):
            if line.visitor is None or line.connection.session.phase is not Phase.LIVE:
                continue
            audience = line.connection.audience
            assert isinstance(audience, VisitorAudience)
            for conversation_id in audience.conversation_ids:
                place = self.place_of(conversation_id)
                if place is not None:
                    self._say_place(line, conversation_id, place)
                    break
            else:
                if line.told is not None:
                    self._say_place(line, "", None)

    def _tell_place(self, line: _Line, conversation: Conversation) -> None:
        if conversation.status is Status.OPEN and conversation.agent_id is None:
            place = self.place_of(conversation.id)
            if place is not None:
                self._say_place(line, conversation.id, place)

    def _say_place(self, line: _Line, conversation_id: str, place: Any) -> None:
        if place != line.told:
            line.told = place
            line.connection.say(frames.live("waiting", conversation_id, place))


def _ordinal_of(logged: Logged) -> int | None:
    for change in logged.event.changes:
        if change.entity == "message" and change.full is not None:
            full = change.full
            return int(full["ordinal"] if isinstance(full, dict) else full.ordinal)
    return None


def _conversations_of(connection: SqlConnection, visitor: Visitor) -> list[Conversation]:
    table = conversation_store.conversations
    rows = connection.execute(
        select(table)
        .where(
            table.c.customer_id == visitor.customer_id,
            table.c.channel_id == visitor.channel_id,
            table.c.thread_key == visitor.visitor_id,
        )
        .order_by(table.c.opened_at.desc())
        .limit(20)
    )
    return [conversation_store.conversation_of(row) for row in rows]


def _snapshot(connection: SqlConnection, visitor: Visitor) -> _Snapshot:
    found = _conversations_of(connection, visitor)
    shown: list[tuple[MessageView, str | None]] = []
    if found:
        table = conversation_store.messages
        rows = connection.execute(
            select(table)
            .where(
                table.c.conversation_id == found[0].id,
                table.c.direction.in_(("in", "out")),
            )
            .order_by(table.c.ordinal.desc())
            .limit(SHOWN)
        ).all()
        mark = f"{visitor.visitor_id}:"
        for row in reversed(rows):
            client_id = row.key.removeprefix(mark) if row.key else None
            shown.append((MessageView.of(conversation_store.message_of(row)), client_id))
    return _Snapshot(log.last_seq(connection), found, shown)


def _read(conversation_id: str, message_id: str, visitor: Visitor, unit: Unit) -> None:
    message = conversation_store.find_message(unit.connection, message_id)
    if message is not None and message.conversation_id == conversation_id:
        conversations.customer_has(
            unit, conversation_id, message.ordinal, State.READ, actor=visitor.actor
        )


def _once(frame: End | Rate, conversation_id: str, visitor: Visitor, unit: Unit) -> None:
    """End or rate, once for each id of the widget's."""
    digest = commands.digest_of(msgspec.json.encode(frame))
    if commands.stored_answer(unit.connection, visitor.actor, frame.id, digest) is not None:
        return
    unit.command_id = frame.id
    if isinstance(frame, End):
        conversations.end(unit, conversation_id, by="customer", actor=visitor.actor)
    else:
        conversations.rate(
            unit,
            conversation_id,
            score=min(5, max(1, frame.score)),
            solved=frame.solved,
            comment=frame.comment[:2_000],
        )
    commands.keep_answer(unit, visitor.actor, frame.id, digest, Answer(204, b""))


class _BadId(Refusal):
    """This id cannot be used."""

    code = "bad_frame"


def _check_id(id_: str) -> None:
    if not 8 <= len(id_) <= 64 or not id_.isascii() or not id_.isprintable():
        raise _BadId
