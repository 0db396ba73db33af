"""The outbox: an agent's words leave step by step, and what became of them is always known or
declared unknown.

    pending -> leased -> attempt n (committed before the first byte) -> sent | failed | unknown

Just before the bytes that can make the other side accept, the channel marks the attempt as *handing
over*. A process that dies before that mark left nothing behind and the attempt is repeated; one
that dies after it leaves an *unknown*, which is repeated only where the other side recognises
repeats, else shown to the agent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection

from hub.channels import store
from hub.channels.events import SendingAttempted
from hub.channels.port import Account, Fate, Receipt
from hub.channels.registry import NoSuchChannel, Registry
from hub.conversations import service as conversations, store as conversation_store
from hub.conversations.events import Replied
from hub.conversations.model import Outbound, State
from hub.conversations.service import STREAMED
from hub.customers import store as customer_store
from hub.kernel.clock import MINUTE, Millis
from hub.kernel.crashpoint import crashpoint
from hub.kernel.errors import StorageDown
from hub.kernel.retry import SENDING, Backoff
from hub.storage.database import Database
from hub.storage.log import Logged
from hub.storage.unit import Unit

T = TypeVar("T")

LEASE = Millis(15 * MINUTE)
STORAGE_PAUSE = 0.5
"""Seconds between two tries to write while the storage is full."""
AT_ONCE = 32

said = structlog.get_logger("hub.outbox")


def enqueue(unit: Unit, events: Sequence[Replied]) -> None:
    """Within: put each reply into the outbox, its reference fixed for ever; the chat's customers
    read the log.
    """
    rows = []
    for heard in events:
        if heard.channel in STREAMED:
            continue
        conversation = conversations.get(unit, heard.conversation_id)
        before = store.outbox_of(unit.connection, heard.message_id)
        if before:
            store.update_outbox(
                unit,
                before[0].id,
                state="pending",
                phase="waiting",
                due_at=unit.now,
                began_at=unit.now,
                leased_until=0,
            )
            continue
        rows.append(
            {
                "id": unit.new_id(),
                "message_id": heard.message_id,
                "conversation_id": conversation.id,
                "channel_id": conversation.channel_id,
                "recipient": conversation.customer_id,
                "reference": heard.message_id,
                "state": "pending",
                "attempt": 0,
                "phase": "waiting",
                "due_at": unit.now,
                "leased_until": 0,
                "leased_by": None,
                "began_at": unit.now,
                "detail": "",
            }
        )
    store.insert_outbox(unit.connection, rows)
    crashpoint("OUT2")


class Outbox:
    """Sends what is due, a few at a time, on this node."""

    def __init__(
        self, database: Database, registry: Registry, node: str, backoff: Backoff = SENDING
    ) -> None:
        self._database = database
        self._registry = registry
        self._node = node
        self._backoff = backoff
        self._woken = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()

    def hear(self, lines: Sequence[Logged]) -> None:
        """Follow: a reply was committed somewhere."""
        if lines:
            self._woken.set()

    async def run(self, poll_after: float = 2.0) -> None:
        """Send until cancelled."""
        try:
            while True:
                self._woken.clear()
                try:
                    while await self.send_due():
                        pass
                except StorageDown:
                    said.warning("the outbox waits for the storage")
                try:
                    await asyncio.wait_for(self._woken.wait(), poll_after)
                except TimeoutError:
                    continue
        finally:
            for task in self._sending:
                task.cancel()
            await asyncio.gather(*self._sending, return_exceptions=True)

    async def send_due(self) -> int:
        """Lease what is due and begin to send it; returns how many. Waits while ``AT_ONCE`` are
        under way.
        """
        room = AT_ONCE - len(self._sending)
        if room <= 0:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            return 1
        leased = await self._database.write(partial(_lease, self._node, self._repeats, room))
        crashpoint("OUT4")
        for row in leased:
            task = asyncio.get_running_loop().create_task(self._send(row))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return len(leased)

    async def drain(self) -> None:
        """Wait until everything that is due now has been tried (for tests and a clean stop)."""
        while await self.send_due() or self._sending:
            if self._sending:
                await asyncio.wait(self._sending)

    def _repeats(self, channel_id: str) -> bool:
        try:
            account = self._registry.get(channel_id)
        except NoSuchChannel:
            return False
        return self._registry.kinds[account.kind].repeats_safely

    async def _send(self, row: Any) -> None:
        try:
            await self._attempt(row)
        except StorageDown:
            said.error("the result of a send could not be stored", message=row.message_id)
        except Exception as error:
            said.error("sending failed in the hub", message=row.message_id, exc_info=error)
            receipt = Receipt(Fate.LATER, f"{type(error).__name__}: {error}")
            await _persist(self._database, partial(self._note, row, row.attempt + 1, receipt))

    async def _attempt(self, row: Any) -> None:
        try:
            account = self._registry.get(row.channel_id)
        except NoSuchChannel:
            receipt = Receipt(Fate.FAILED, "the channel is gone")
            await _persist(self._database, partial(self._note, row, row.attempt + 1, receipt))
            return
        attempt = await _persist(self._database, partial(_begin, row.id))
        crashpoint("OUT5")
        message = await self._database.read(_outbound, row, account, attempt)
        steps = _Steps(self._database, row.id)
        try:
            receipt = await self._registry.kinds[account.kind].send(account, message, steps)
        except Exception as error:
            said.error("a channel failed to send", channel=account.key, exc_info=error)
            fate = Fate.UNKNOWN if steps.is_handing_over else Fate.LATER
            receipt = Receipt(fate, f"{type(error).__name__}: {error}")
        crashpoint("OUT9")
        await _persist(self._database, partial(self._note, row, attempt, receipt))
        crashpoint("OUT10")

    def _note(self, row: Any, attempt: int, receipt: Receipt, unit: Unit) -> None:
        """Commit what became of an attempt, and when to try again."""
        fate = receipt.fate
        if fate in (Fate.UNKNOWN, Fate.LATER) and _has_arrived(unit, row.message_id):
            fate = Fate.SENT
        if fate is Fate.UNKNOWN and self._repeats(row.channel_id):
            fate = Fate.LATER
        if fate is Fate.LATER and self._backoff.is_spent(row.began_at, unit.now):
            fate = Fate.FAILED
        if fate is Fate.LATER:
            due = Millis(unit.now + self._backoff.pause(attempt))
            store.update_outbox(
                unit,
                row.id,
                state="pending",
                phase="waiting",
                due_at=due,
                leased_until=0,
                detail=receipt.detail,
            )
            conversations.report(unit, row.message_id, State.QUEUED, receipt.detail, again=True)
        else:
            store.update_outbox(
                unit, row.id, state=fate.value, phase="done", leased_until=0, detail=receipt.detail
            )
            error = receipt.detail if fate is not Fate.SENT else None
            conversations.report(unit, row.message_id, State(fate.value), error)
        unit.announce(
            SendingAttempted(
                at=unit.now,
                conversation_id=row.conversation_id,
                message_id=row.message_id,
                attempt=attempt,
                fate=receipt.fate.value,
                detail=receipt.detail,
            )
        )


class _Steps:
    """The durable marks of one attempt (``port.Progress``)."""

    def __init__(self, database: Database, id_: str) -> None:
        self._database = database
        self._id = id_
        self.is_handing_over = False

    async def handing_over(self) -> None:
        await _persist(self._database, partial(_mark, self._id))
        self.is_handing_over = True


async def _persist(database: Database, work: Callable[[Unit], T]) -> T:
    """Write, however long the storage is full: what is leased here is nobody else's to finish, and
    what became of it is known here only. Raises ``StorageDown`` when this process can never write
    again.
    """
    while True:
        try:
            return await database.write(work)
        except StorageDown:
            if database.is_broken:
                raise
            await asyncio.sleep(STORAGE_PAUSE)


def _mark(id_: str, unit: Unit) -> None:
    store.update_outbox(unit, id_, phase="handing_over")


def _begin(id_: str, unit: Unit) -> int:
    """Commit the attempt before its first byte; returns its number."""
    row = unit.connection.execute(store.outbox.select().where(store.outbox.c.id == id_)).one()
    store.update_outbox(unit, id_, attempt=row.attempt + 1, phase="attempt")
    conversations.report(unit, row.message_id, State.SENDING)
    return int(row.attempt + 1)


def _lease(node: str, repeats: Any, most: int, unit: Unit) -> list[Any]:
    """Take what is due. An attempt whose sender died while handing over is *unknown* unless repeats
    are safe.
    """
    leased = []
    for row in store.due(unit, most):
        if row.phase == "handing_over" and not repeats(row.channel_id):
            store.update_outbox(
                unit,
                row.id,
                state="unknown",
                phase="done",
                detail="the hub stopped while handing it over",
            )
            conversations.report(
                unit, row.message_id, State.UNKNOWN, "the hub stopped while handing it over"
            )
            continue
        store.update_outbox(
            unit, row.id, state="leased", leased_by=node, leased_until=unit.now + LEASE
        )
        leased.append(row)
    return leased


_ARRIVED = (State.SENT, State.DELIVERED, State.READ)


def _has_arrived(unit: Unit, message_id: str) -> bool:
    """True when the other side has said that it has the message."""
    message = conversation_store.find_message(unit.connection, message_id)
    return message is not None and message.state in _ARRIVED


def heard_back(
    unit: Unit, message_id: str, state: State, error: str | None = None, *, attempt: int
) -> bool:
    """The other side says what became of a message that ``attempt`` handed to it. False when that
    changes nothing.

    A success settles what was unknown and ends further attempts; a failure of an attempt that
    another has followed, or will follow, says nothing of that one.
    """
    rows = store.outbox_of(unit.connection, message_id)
    if state is State.FAILED and any(
        row.attempt > attempt or row.state == "pending" for row in rows
    ):
        return False
    changed = conversations.report(unit, message_id, state, error)
    settled = "sent" if state in _ARRIVED else "failed" if state is State.FAILED else None
    for row in rows:
        if settled is not None and row.state in ("unknown", "pending"):
            store.update_outbox(unit, row.id, state=settled, phase="done", detail=error or "")
    crashpoint("OUT11")
    return changed


def take_back(node: str, unit: Unit) -> None:
    """At start: what this node had leased when it died is due at once."""
    unit.connection.execute(
        store.outbox.update()
        .where(store.outbox.c.leased_by == node, store.outbox.c.state == "leased")
        .values(leased_until=0)
    )


def _outbound(connection: Connection, row: Any, account: Account, attempt: int) -> Outbound:
    message = conversation_store.find_message(connection, row.message_id)
    conversation = conversation_store.find(connection, row.conversation_id)
    assert message is not None
    assert conversation is not None
    facts = conversation_store.last_facts(connection, conversation.id)
    to = str(facts.get("to") or "")
    if not to:
        customer = customer_store.find(connection, conversation.customer_id)
        known = () if customer is None else customer.identities
        to = next((i.address for i in known if i.kind == account.kind), "")
    return Outbound(
        message_id=message.id,
        conversation_id=conversation.id,
        channel_id=account.id,
        channel=account.kind,
        reference=row.reference,
        to=to,
        to_name=conversation.customer_name,
        author_name=message.author.name,
        text=message.text,
        subject=message.subject or conversation.subject,
        at=message.at,
        attachments=message.attachments,
        thread_key=conversation.thread_key,
        facts=facts,
        attempt=attempt,
    )
