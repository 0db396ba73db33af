"""What the router decided becomes rows: in one transaction, in order, and only where the rows
still allow it.

A leader that has been replaced writes nothing (``Superseded``). Where a person was quicker, the
rows are left as they are, and the log tells the router.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.conversations.model import Routing
from hub.kernel.clock import Millis
from hub.kernel.crashpoint import crashpoint
from hub.kernel.ids import AgentId, OfferId, WorkItemId
from hub.routing import store
from hub.routing.effects import (
    Alerted,
    Grant,
    ItemMoved,
    OfferChanged,
    PresenceChanged as PresenceMoved,
    WorkMoved,
)
from hub.routing.events import PresenceChanged, RoutingAlerted, WorkEnded
from hub.routing.ledger import Assignment, Held, Item, Ledger, shown_on_card
from hub.routing.model import ItemState, Medium, OfferMode, OfferState, RoutingState
from hub.routing.rules import OFFLINE, RULES
from hub.routing.why import Why
from hub.storage import leases
from hub.storage.unit import Unit

LEASE = "routing"


@dataclass(frozen=True, slots=True)
class Weighed:
    """An agent's work on an item is in this state and weighs this much now."""

    agent: AgentId
    item: WorkItemId
    state: ItemState
    ends_at: int | None
    units: int
    counted: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What the router makes of an agent, who had said how they are ``choice`` times by then."""

    agent: AgentId
    moved: PresenceMoved
    choice: int


Deed = Grant | OfferChanged | ItemMoved | WorkMoved | Weighed | Judged | Alerted


@dataclass(slots=True)
class Outcome:
    """What became of the deeds: grants the rows did not allow (and whether the item is gone), and
    how often a
    person had been quicker."""

    refused: list[tuple[OfferId, bool]] = field(default_factory=list)
    granted: int = 0
    late: int = 0


def commit(unit: Unit, epoch: int, deeds: Sequence[Deed]) -> Outcome:
    """Carry out deeds in order: the same few statements for any number of them."""
    leases.check(unit.connection, LEASE, epoch)
    carrying = _Carrying(unit, epoch, deeds)
    for deed in deeds:
        carrying.carry_out(deed)
    carrying.ledger.save()
    if carrying.outcome.granted:
        crashpoint("IN10")
    return carrying.outcome


def expire_overdue(unit: Unit, epoch: int) -> int:
    """Offers that ran out while no router ran are over, and nobody is to blame. Returns how
    many.
    """
    leases.check(unit.connection, LEASE, epoch)
    overdue = [row for row in store.pending_offers(unit.connection) if row.deadline <= unit.now]
    ledger = Ledger(unit, epoch)
    ledger.read([row.item_id for row in overdue])
    for row in overdue:
        item = ledger.items[row.item_id]
        offer = ledger.offer_of(item)
        if offer is not None:
            ledger.end_offer(offer, "expired", "router_away", by_router=True)
            item.due -= row.deadline - row.made_at
    ledger.save()
    return len(overdue)


class _Carrying:
    """One transaction's deeds on their way into the rows."""

    def __init__(self, unit: Unit, epoch: int, deeds: Sequence[Deed]) -> None:
        self._unit = unit
        self._released: set[str] = set()
        self.outcome = Outcome()
        self.ledger = Ledger(unit, epoch)
        items = [deed.item for deed in deeds if not isinstance(deed, Judged | Alerted)]
        agents = {deed.agent for deed in deeds if isinstance(deed, Grant | Judged)}
        only_grants = all(isinstance(deed, Grant) for deed in deeds)
        self.ledger.read(items, agents=agents, with_parts=not only_grants)
        said = [deed.agent for deed in deeds if isinstance(deed, Judged)]
        self._presences: dict[str, dict[str, Any]] = {
            row.agent_id: dict(row._mapping)
            for row in store.found(unit.connection, store.presences_by_agent, said, lock=True)
        }

    def carry_out(self, deed: Deed) -> None:
        _HOW[type(deed)](self, deed)

    # -- offers -----------------------------------------------------------------------------------

    def grant(self, deed: Grant) -> None:
        ledger = self.ledger
        item = ledger.items.get(deed.item)
        if item is None:
            self.outcome.refused.append((deed.offer, True))
            return
        why_not = ledger.why_not(item, deed.agent, deed.units, decided=deed.override)
        if why_not is None and not deed.override and self._is_at_cap(deed):
            why_not = "cap"
        if why_not is None and item.queue_id != deed.queue:
            why_not = "moved"
        if why_not is not None:
            # What merely rings elsewhere is not gone: its offer may be about to be withdrawn.
            is_gone = why_not == "item" and item.state != "offered"
            self.outcome.refused.append((deed.offer, is_gone))
            return
        place = ledger.places[item.conversation_id]
        code, facts = why_on_card(deed.why, item)
        offer = Held(
            id=deed.offer,
            rev=1,
            item_id=item.id,
            conversation_id=item.conversation_id,
            queue_id=deed.queue,
            agent_id=deed.agent,
            medium=deed.medium.value,
            units=deed.units,
            state="pending",
            mode=deed.mode.value,
            override=deed.override,
            made_at=Millis(deed.at),
            deadline=Millis(deed.deadline),
            ended_at=None,
            reason=None,
            epoch=ledger.epoch,
            shown=shown_on_card(place, deed.at - item.enqueued_at, code, facts),
            why=deed.why,
        )
        ledger.make_offer(item, offer)
        self.outcome.granted += 1

    def _is_at_cap(self, deed: Grant) -> bool:
        carried = self.ledger.loads[deed.agent].counts.get(deed.medium.value, 0)
        return carried >= RULES.media[Medium(deed.medium)].cap

    def end_offer(self, deed: OfferChanged) -> None:
        item = self.ledger.items.get(deed.item)
        offer = None if item is None else self.ledger.offer_of(item)
        if item is None or offer is None or offer.id != deed.offer:
            self.outcome.late += 1
            return
        if deed.state is OfferState.EXPIRED:
            item.expiries += 1
            if deed.reason == "no_answer":
                self.ledger.loads[deed.agent].expiries += 1
        state = "expired" if deed.state is OfferState.EXPIRED else "withdrawn"
        self.ledger.end_offer(offer, state, deed.reason or state, by_router=True)
        self._released.add(item.id)

    # -- items ------------------------------------------------------------------------------------

    def move_item(self, deed: ItemMoved) -> None:
        item = self.ledger.items.get(deed.item)
        if item is None:
            self.outcome.late += 1
        elif deed.state is ItemState.QUEUED:
            self._requeue(item, deed)
        elif deed.state.is_terminal:
            self._finish(item, deed)

    def _requeue(self, item: Item, deed: ItemMoved) -> None:
        """Work waits again, or goes on waiting in another step or queue."""
        goes_on = item.state == "queued" and (
            deed.reason == "overflowed"
            or (deed.enqueued_at, deed.queue) == (item.enqueued_at, item.queue_id)
        )
        if item.id not in self._released and not goes_on:
            self.outcome.late += 1
            return
        item.due, item.enqueued_at, item.step = deed.due, deed.enqueued_at, deed.step
        elsewhere = item.queue_id != deed.queue
        item.queue_id = deed.queue
        if item.state != "queued" or elsewhere:
            self.ledger.requeue(item, deed.reason, item.agent_id)
        self.ledger.touch(item)

    def _finish(self, item: Item, deed: ItemMoved) -> None:
        """Work that ends by itself: it waited too long, or its customer has been silent for too
        long.
        """
        ledger = self.ledger
        if item.state not in store.LIVE or ledger.part_in_hand(item) is not None:
            return
        before, agent_id = item.state, item.agent_id
        ledger.finish(item, deed.state.value)
        changed = ledger.place(item.conversation_id, Routing.NONE, agent_id=agent_id)
        ledger.tell(
            WorkEnded(
                at=self._unit.now,
                item_id=item.id,
                before=before,
                state=item.state,
                by="hub",
                waited=None if agent_id is not None else self._unit.now - item.enqueued_at,
                load=None if agent_id is None else ledger.loads[agent_id].used,
                by_router=True,
                changes=(changed,),
                **ledger.about(item, agent_id),
            )
        )

    # -- work -------------------------------------------------------------------------------------

    def end_part(self, deed: WorkMoved) -> None:
        part = self._part(deed.item, deed.agent)
        if part is None:
            self.outcome.late += 1
        elif part.state == "wrap_up":
            self.ledger.end_wrap_up(part, deed.reason, by_router=True)
        else:
            self.ledger.let_go(part, deed.reason)
            self._released.add(deed.item)

    def weigh(self, deed: Weighed) -> None:
        part = self._part(deed.item, deed.agent)
        if part is None or (part.state == "wrap_up") != (deed.state is ItemState.WRAP_UP):
            self.outcome.late += 1
            return
        state = deed.state.value
        if (part.state, part.units, part.counted) == (state, deed.units, deed.counted):
            return
        load = self.ledger.turn(part, state, deed.ends_at, deed.units, deed.counted)
        item = self.ledger.items[deed.item]
        if item.agent_id == deed.agent and item.state in store.IN_HAND:
            item.state = state
            self.ledger.touch(item)
        self.ledger.tell_turned(part, load)

    def _part(self, item_id: str, agent_id: str) -> Assignment | None:
        item = self.ledger.items.get(item_id)
        if item is None:
            return None
        part = self.ledger.part_in_hand(item)
        if part is not None and part.agent_id == agent_id:
            return part
        return self.ledger.wrap_up_of(item_id, agent_id)

    # -- agents -----------------------------------------------------------------------------------

    def judge(self, judged: Judged) -> None:
        deed, before = judged.moved, self._presences.get(judged.agent)
        if before is None or before["choice"] != judged.choice:
            return  # they have said something since, which will be heard and judged anew
        load = self.ledger.loads[deed.agent]
        load.routable = deed.state is RoutingState.ROUTABLE
        self.ledger.touch_load(load)
        is_echo = deed.cause == "set"
        status = before["status"] if is_echo else deed.presence or OFFLINE
        reason = before["reason"] if is_echo else deed.reason
        after = before | {"status": status, "reason": reason, "routing_state": deed.state.value}
        if status != before["status"]:
            after["since"] = self._unit.now
        is_lost = deed.state is RoutingState.DISCONNECTED
        if is_lost and before["routing_state"] != RoutingState.DISCONNECTED:
            after |= {"resumes": before["routing_state"], "lost_at": self._unit.now}
        if not is_lost:
            after["resumes"] = None
        if after == before:
            return
        after["cause"] = deed.cause
        self._presences[deed.agent] = after
        store.set_presence(
            self._unit,
            deed.agent,
            **{name: value for name, value in after.items() if name not in ("agent_id", "seq")},
        )
        self.ledger.tell(
            PresenceChanged(
                at=self._unit.now,
                agent_id=deed.agent,
                status=status,
                reason=reason,
                since=after["since"],
                routing_state=deed.state.value,
                cause=deed.cause,
                choice=judged.choice,
                by_router=True,
            )
        )

    def alert(self, deed: Alerted) -> None:
        item = self.ledger.items.get(deed.item) if deed.item else None
        self.ledger.tell(
            RoutingAlerted(
                at=self._unit.now,
                kind=deed.kind,
                agent_id=deed.agent,
                conversation_id=None if item is None else item.conversation_id,
            )
        )


_HOW: dict[type, Callable[[_Carrying, Any], None]] = {
    Grant: _Carrying.grant,
    OfferChanged: _Carrying.end_offer,
    ItemMoved: _Carrying.move_item,
    WorkMoved: _Carrying.end_part,
    Weighed: _Carrying.weigh,
    Judged: _Carrying.judge,
    Alerted: _Carrying.alert,
}


def why_on_card(why: Why, item: Item) -> tuple[str, dict[str, Any]]:
    """Why this agent, as a code and the facts of the sentence."""
    facts = {"able": len(why.agents_behind) + 1, "idle": why.at - why.agent.idle_since}
    if why.mode != OfferMode.ROUTED:
        return str(why.mode), facts
    if why.agent.agent in item.preferred:
        return "preferred", facts
    if not why.agents_behind:
        return "only_one", facts
    if why.agents_behind[0].load > why.agent.load:
        return "least_loaded", facts
    return "longest_idle", facts
