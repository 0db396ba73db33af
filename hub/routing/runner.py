"""Runs the router: one leader follows the log, keeps its timers, and writes what the core decides.

The leader holds the lease *routing*; its epoch fences every write, so a leader that was replaced
without knowing writes nothing. Whoever takes over rebuilds the core from the rows and goes on;
offers that still ring ring on. Every node, leading or not, keeps the live board and tells the
leader which agents are connected to it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import structlog

from hub.agents import store as agents
from hub.agents.events import AgentChanged
from hub.kernel.clock import Clock, Millis
from hub.kernel.crashpoint import crashpoint
from hub.kernel.errors import StorageDown
from hub.kernel.ids import AgentId
from hub.routing import core, store
from hub.routing.board import HEARD as BOARD_HEARS, Board, read_opening
from hub.routing.committing import LEASE, Deed, Outcome, commit, expire_overdue
from hub.routing.effects import Grant
from hub.routing.events import OfferAccepted
from hub.routing.following import HEARD, Following
from hub.routing.model import Rules
from hub.routing.recall import recall
from hub.routing.reconciling import Reconciler
from hub.routing.rules import RULES
from hub.routing.views import LiveStrip, PresenceView, Waiting
from hub.storage import leases
from hub.storage.bus import Bus
from hub.storage.database import Database
from hub.storage.leases import Superseded
from hub.storage.log import Logged
from hub.storage.schema import leases as lease_rows
from hub.storage.unit import Unit

TOPIC = "routing"
LEASE_FOR = Millis(4_000)
RENEW_AFTER = 0.8
TRUST_FOR = 2.8
"""So many seconds after the last renewal a leader stops writing by itself."""
TELL_AFTER = 5.0
SILENT_FOR = 15.0
"""A node not heard of for so many seconds has lost its agents."""
RECONCILE_AFTER = 5.0
MOST_AT_ONCE = 256

said = structlog.get_logger("hub.routing")


@dataclass
class Counts:
    """What the router has done on this node since the start."""

    grants: int = 0
    refused: int = 0
    late: int = 0
    rebuilds: int = 0
    repairs: int = 0
    failures: int = 0


class Runner:
    """One node's part in routing. ``hear`` is to be told of every committed event (``follow``
    ANY).
    """

    def __init__(
        self,
        database: Database,
        bus: Bus,
        *,
        node: str,
        rules: Rules = RULES,
        utc_offset: int = 0,
    ) -> None:
        self.board = Board(utc_offset)
        self.counts = Counts()
        self._database = database
        self._bus = bus
        self._clock: Clock = database.clock
        self._rules = rules
        self._node = f"{node}/{id(self):x}"
        self._following: Following | None = None
        self._held_back: list[Logged] | None = []
        self._rebuilding: list[Logged] | None = None
        self._epoch = 0
        self._renewed_at = 0.0
        self._doubts: str | None = None
        self._is_beginning = False
        self._heard = 0
        self._sockets: dict[str, int] = {}
        self._elsewhere: dict[str, tuple[float, set[str]]] = {}
        self._outgoing: list[Deed] = []
        self._to_send = asyncio.Event()
        self._to_learn = asyncio.Event()
        self._is_still = asyncio.Event()
        self._is_still.set()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._reconciler = Reconciler(database, self)

    # -- life -------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the board and try to lead. To be called when the log is being followed."""
        self._bus.listen(self._heard_word)
        await self._open_board()
        await self._try_to_lead()
        loops: list[Callable[[], Awaitable[None]]] = [self._send_for_ever, self._learn_for_ever]
        if not self._database.is_sqlite:
            loops += [self._keep_leading, self._tell_for_ever]
        loops.append(self._reconcile_for_ever)
        self._tasks = [asyncio.create_task(_kept_running(loop)) for loop in loops]
        self._ask_who_is_there()

    async def stop(self) -> None:
        """Write what was decided, and let another node lead at once."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.settled(), 2)
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self.is_leading:
            self._step_down("stopped")
            with contextlib.suppress(StorageDown):
                await self._database.write(partial(_give_back, self._node))

    @property
    def is_leading(self) -> bool:
        return self._following is not None

    @property
    def position(self) -> int | None:
        """Up to which event the core has heard everything; None while decisions are under way."""
        return self._heard if self._is_still.is_set() else None

    async def settled(self) -> None:
        """Wait until everything decided so far is written."""
        while not self._is_still.is_set():
            await self._is_still.wait()

    # -- the log ----------------------------------------------------------------------------------

    def hear(self, lines: Sequence[Logged]) -> None:
        """Follow the log."""
        if self._held_back is not None:
            self._held_back.extend(lines)
        else:
            self._tell_board(lines)
        self._heard = lines[-1].seq
        if self._rebuilding is not None:
            self._rebuilding.extend(lines)
        elif self._following is not None:
            self._tell_core(self._following, lines)

    def _tell_board(self, lines: Sequence[Logged]) -> None:
        for line in lines:
            if line.type in _BOARD_HEARS:
                self.board.hear(line.seq, line.event)
            elif line.type == AgentChanged.type:
                self._to_learn.set()

    def _tell_core(self, following: Following, lines: Sequence[Logged]) -> None:
        def hear() -> None:
            for line in lines:
                if line.type in _CORE_HEARS:
                    following.hear(line.seq, line.event)
                    if line.type == OfferAccepted.type:
                        crashpoint("IN13")

        self._with_core(hear)

    def _with_core(self, work: Callable[[], object]) -> None:
        """Let the core think, send what it decided, and arm its next timer. A broken core is
        rebuilt.
        """
        following = self._following
        if following is None:
            return
        following.at(self._clock.now())
        try:
            work()
        except Exception as error:
            self._doubt(f"{type(error).__name__}: {error}", error)
            return
        if following.deeds:
            self._outgoing.extend(following.deeds)
            following.deeds.clear()
            self._is_still.clear()
            self._to_send.set()
        self._arm(following)

    def _doubt(self, why: str, error: BaseException | None = None) -> None:
        """The core can no longer be believed: begin again from the rows."""
        said.error("the router begins again from the rows", why=why, exc_info=error)
        self._doubts = why
        self._following = None
        self._rebuilding = []
        self._outgoing.clear()
        self._to_send.set()

    # -- time -------------------------------------------------------------------------------------

    def _arm(self, following: Following) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        timer = following.next_timer
        if timer is not None and self._tasks:
            wait = max(0.0, (timer.at - self._clock.now()) / 1_000)
            self._timer = asyncio.get_running_loop().call_later(min(wait, 3_600.0), self.advance)

    def advance(self) -> None:
        """Let everything happen that is due by now."""
        following = self._following
        if following is None:
            return
        if following.next_timer is not None:
            self._with_core(lambda: following.fire(self._clock.now()))

    # -- writing ----------------------------------------------------------------------------------

    async def _send_for_ever(self) -> None:
        while True:
            await self._to_send.wait()
            self._to_send.clear()
            if self._doubts is not None:
                await self._begin_again()
            while self._outgoing and self._following is not None:
                await self._send_some()
            if not self._outgoing:
                self._is_still.set()

    async def _send_some(self) -> None:
        if not self._may_write():
            await asyncio.sleep(0.1)
            return
        following = self._following
        deeds, self._outgoing = self._outgoing[:MOST_AT_ONCE], self._outgoing[MOST_AT_ONCE:]
        try:
            outcome = await self._carry_out(deeds)
        except Superseded:
            self._step_down("superseded")
            return
        except StorageDown:
            self._outgoing[:0] = deeds
            await asyncio.sleep(0.5)
            return
        self.counts.grants += outcome.granted
        self.counts.refused += len(outcome.refused)
        self.counts.late += outcome.late
        if outcome.refused and following is not None and following is self._following:
            self._with_core(lambda: _refuse_all(following, outcome))

    def _may_write(self) -> bool:
        if self._database.is_sqlite:
            return True
        return asyncio.get_running_loop().time() - self._renewed_at < TRUST_FOR

    async def _carry_out(self, deeds: Sequence[Deed]) -> Outcome:
        """Write deeds together; when that fails, halve until the one to blame stands alone and is
        left out.
        """
        try:
            return await self._database.write(partial(commit, deeds=deeds, epoch=self._epoch))
        except (Superseded, StorageDown):
            raise
        except Exception as error:
            if len(deeds) == 1:
                self.counts.failures += 1
                said.error("a deed cannot be carried out", deed=repr(deeds[0]), exc_info=error)
                deed = deeds[0]
                refused = [(deed.offer, False)] if isinstance(deed, Grant) else []
                return Outcome(refused=refused)
        middle = len(deeds) // 2
        first = await self._carry_out(deeds[:middle])
        second = await self._carry_out(deeds[middle:])
        return Outcome(
            first.refused + second.refused,
            first.granted + second.granted,
            first.late + second.late,
        )

    # -- leading ----------------------------------------------------------------------------------

    async def _try_to_lead(self) -> None:
        lease = await self._database.write(
            partial(_take_lease, holder=self._node, alone=self._database.is_sqlite)
        )
        if lease is None:
            if self.is_leading:
                self._step_down("lost the lease")
            return
        self._renewed_at = asyncio.get_running_loop().time()
        is_at_it = self.is_leading or self._is_beginning or self._doubts is not None
        if lease.epoch != self._epoch or not is_at_it:
            self._epoch = lease.epoch
            await self._lead()

    async def _lead(self) -> None:
        self._is_beginning = True
        try:
            await self._begin()
        finally:
            self._is_beginning = False

    async def _begin(self) -> None:
        self._following, self._rebuilding, self._doubts = None, [], None
        self._outgoing.clear()
        await self._database.write(_know_everybody)
        overdue = await self._database.write(partial(expire_overdue, epoch=self._epoch))
        recalled, people = await self._database.read(
            _read_all, self._rules, self._epoch, self._connected(), self._clock.now()
        )
        missed, self._rebuilding = self._rebuilding or [], None
        self._heard = max(self._heard, recalled.seq)
        self._following = following = Following(recalled, people, self._clock.now())
        said.info(
            "leading",
            epoch=self._epoch,
            items=len(recalled.items),
            overdue=overdue,
            seq=recalled.seq,
        )
        self._tell_core(following, missed)
        self._with_core(lambda: following.arrive(self._connected()))
        if recalled.astray:
            self._reconciler.look_closely()

    async def _begin_again(self) -> None:
        self.counts.rebuilds += 1
        try:
            await self._lead()
        except Superseded:
            self._step_down("superseded")
        except Exception as error:
            said.error("cannot begin again yet", exc_info=error)
            self._doubts = f"{type(error).__name__}: {error}"
        if self._doubts is not None:
            await asyncio.sleep(0.5)
            self._to_send.set()

    def _step_down(self, why: str) -> None:
        said.warning("no longer leading", why=why)
        self._following, self._rebuilding, self._doubts = None, None, None
        self._epoch = 0
        self._outgoing.clear()
        self._is_still.set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _keep_leading(self) -> None:
        while True:
            await asyncio.sleep(RENEW_AFTER)
            with contextlib.suppress(StorageDown):
                await self._try_to_lead()

    # -- agents -----------------------------------------------------------------------------------

    async def _open_board(self) -> None:
        self._held_back = []
        now = self._clock.now()
        opening = await self._database.read(read_opening, self.board.midnight(now))
        missed, self._held_back = self._held_back, None
        self.board.open(opening, now)
        self._tell_board(missed)

    async def _learn_for_ever(self) -> None:
        while True:
            await self._to_learn.wait()
            self._to_learn.clear()
            try:
                people, statuses = await self._database.read(_read_people)
            except StorageDown:
                self._to_learn.set()
                await asyncio.sleep(0.5)
                continue
            self.board.learn(people)
            following = self._following
            if following is not None:
                self._with_core(partial(following.learn, people, statuses))
                self._with_core(partial(following.arrive, self._connected()))

    def connected(self, agent_id: str) -> None:
        """A workbench of this agent has connected to this node; to be told once for each socket."""
        self._sockets[agent_id] = self._sockets.get(agent_id, 0) + 1
        if self._sockets[agent_id] == 1:
            self._say({"agents": [agent_id], "gone": []})
            self._arrived([agent_id])

    def disconnected(self, agent_id: str) -> None:
        """A workbench of this agent has left this node; once for each socket."""
        left = self._sockets.get(agent_id, 0) - 1
        if left > 0:
            self._sockets[agent_id] = left
            return
        self._sockets.pop(agent_id, None)
        self._say({"agents": [], "gone": [agent_id]})
        self._left([agent_id])

    def offer_shown(self, offer_id: str, agent_id: str | None = None) -> None:
        """The agent's screen shows the offer."""
        following = self._following
        if following is None:
            self._say({"shown": [offer_id, agent_id]})
        else:
            self._with_core(lambda: following.show(offer_id, agent_id))

    def _arrived(self, agent_ids: Sequence[str]) -> None:
        following = self._following
        if following is not None and agent_ids:
            self._with_core(lambda: following.arrive(agent_ids))

    def _left(self, agent_ids: Sequence[str]) -> None:
        following = self._following
        here = self._connected()
        lost = [agent for agent in agent_ids if agent not in here]
        if following is not None and lost:
            self._with_core(lambda: following.leave(lost))

    def _connected(self) -> set[str]:
        """Who is connected to any node that was heard of lately."""
        now = asyncio.get_running_loop().time()
        found = set(self._sockets)
        for heard_at, theirs in self._elsewhere.values():
            if now - heard_at < SILENT_FOR or not self._bus.is_up:
                found |= theirs
        return found

    # -- between nodes ----------------------------------------------------------------------------

    def _say(self, words: dict[str, Any]) -> None:
        if not self._database.is_sqlite:
            self._bus.say(TOPIC, msgspec.json.encode({"node": self._node, **words}))

    def _ask_who_is_there(self) -> None:
        self._say({"all": list(self._sockets), "ask": True})

    def _heard_word(self, topic: str, words: bytes) -> None:
        if topic != TOPIC:
            return
        word: dict[str, Any] = msgspec.json.decode(words)
        node = word["node"]
        if node == self._node:
            return
        before = self._elsewhere.get(node, (0.0, set()))[1]
        after = set(word["all"]) if "all" in word else before | set(word.get("agents", ()))
        after -= set(word.get("gone", ()))
        self._elsewhere[node] = (asyncio.get_running_loop().time(), after)
        if word.get("ask"):
            self._say({"all": list(self._sockets)})
        if "shown" in word and self.is_leading:
            self.offer_shown(*word["shown"])
        self._arrived(sorted(after - before))
        self._left(sorted(before - after))

    async def _tell_for_ever(self) -> None:
        """Say again and again who is here, so that whoever leads knows; and miss the nodes that
        fell silent.
        """
        while True:
            await asyncio.sleep(TELL_AFTER)
            self._say({"all": list(self._sockets)})
            if not self._bus.is_up:
                continue
            now = asyncio.get_running_loop().time()
            for node, (heard_at, theirs) in list(self._elsewhere.items()):
                if now - heard_at >= SILENT_FOR:
                    del self._elsewhere[node]
                    self._left(sorted(theirs))

    # -- reconciling ------------------------------------------------------------------------------

    async def _reconcile_for_ever(self) -> None:
        while True:
            await asyncio.sleep(RECONCILE_AFTER)
            try:
                await self.reconcile()
            except (StorageDown, Superseded):
                continue

    async def reconcile(self) -> int:
        """Compare rows and core; put right what differs twice. Returns how many repairs were
        made.
        """
        following = self._following
        if following is None or self._doubts is not None:
            return 0
        repairs = await self._reconciler.look(following, self._epoch)
        self.counts.repairs += repairs
        return repairs

    def begin_again(self, why: str) -> None:
        """The reconciler found the core wrong."""
        if self.is_leading:
            self._doubt(why)

    # -- asking -----------------------------------------------------------------------------------

    def live_figures(self) -> LiveStrip:
        """The live strip (realtime topic *queues*)."""
        return self.board.live(self._clock.now())

    def presences(self) -> dict[AgentId, PresenceView]:
        """How every agent is (realtime topic *presence*)."""
        return self.board.presences()

    def fresh_presences(self) -> dict[AgentId, PresenceView]:
        """How those are who have changed since this was last asked."""
        return self.board.fresh_presences()

    def waiting(self, conversation_id: str) -> Waiting | None:
        """Position and estimate of a waiting customer (realtime topic *waiting*); None when
        nobody waits.
        """
        following = self._following
        position = None
        if following is not None:
            item = following.items.get(conversation_id)  # type: ignore[call-overload]
            position = None if item is None else core.position(following.state, item)
        return self.board.waiting(conversation_id, self._clock.now(), position)


async def _kept_running(loop: Callable[[], Awaitable[None]]) -> None:
    """Begin a loop again when it fails: routing must go on."""
    while True:
        try:
            await loop()
        except Exception:
            said.exception("a loop of the router failed", loop=getattr(loop, "__name__", ""))
            await asyncio.sleep(0.5)


def _refuse_all(following: Following, outcome: Outcome) -> None:
    for offer_id, item_gone in outcome.refused:
        following.refuse(offer_id, item_gone=item_gone)


def _take_lease(unit: Unit, *, holder: str, alone: bool) -> leases.Lease | None:
    """Take or renew the lease; where there is one process only, whoever held it before is gone."""
    if alone:
        unit.connection.execute(
            lease_rows.update()
            .where(lease_rows.c.name == LEASE, lease_rows.c.holder != holder)
            .values(until=0)
        )
    return leases.take(unit, LEASE, holder, LEASE_FOR)


def _give_back(holder: str, unit: Unit) -> None:
    leases.give_back(unit, LEASE, holder)


def _know_everybody(unit: Unit) -> None:
    """Agents from before there was routing get their presence and load."""
    known = {row.agent_id for row in store.presence_rows(unit.connection)}
    for person in agents.every(unit.connection):
        if person.id not in known:
            store.keep_agent(unit, person.id, person.capacity)


def _read_all(connection: Any, *given: Any) -> Any:
    return recall(connection, *given), agents.every(connection)


def _read_people(connection: Any) -> Any:
    rows = store.presence_rows(connection)
    return agents.every(connection), {row.agent_id: (row.status, row.reason) for row in rows}


_CORE_HEARS = frozenset(kind.type for kind in HEARD)
_BOARD_HEARS = frozenset(kind.type for kind in BOARD_HEARS)
