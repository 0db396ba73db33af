"""The life of a work item: queued, offered, accepted, worked on, passed on, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.kernel.ids import AgentId, QueueId, WorkItemId
from hub.routing import offers, waiting
from hub.routing.capacity import NUMBER, has_units
from hub.routing.carrying import disarm_work, let_go, turn, wrap_up_timer
from hub.routing.effects import Alerted
from hub.routing.explain import why_not
from hub.routing.inputs import (
    AgentLegLost,
    Bridged,
    BridgeFailed,
    CustomerLeft,
    CustomerWrote,
    ItemAssigned,
    ItemCancelled,
    ItemChanged,
    ItemHeld,
    ItemParked,
    ItemQueued,
    ItemUnheld,
    TransferredToAgent,
    TransferredToQueue,
    WorkEnded,
    WrapUpEnded,
)
from hub.routing.model import ItemState, OfferMode, OfferState, RoutingState, Ticket, WrapUpMode
from hub.routing.records import Seat, Work, WorkItem
from hub.routing.scarcity import note_arrival
from hub.routing.steering import note_abandoned
from hub.routing.timers import TimerKind

if TYPE_CHECKING:
    from hub.routing.state import State

IN_HAND = frozenset({ItemState.CONNECTING, ItemState.ACTIVE, ItemState.HELD, ItemState.PARKED})
UNBRIDGED = frozenset({ItemState.CONNECTING})
SPEAKING = frozenset({ItemState.ACTIVE})
ON_HOLD = frozenset({ItemState.HELD})
TALKING = frozenset({ItemState.ACTIVE, ItemState.HELD})
AWAY = frozenset({RoutingState.OFFLINE, RoutingState.DISCONNECTED})
ROUTERS_RULES = {"locked", "excluded", "sticky", "reserve", "rate_limit"}
"""What keeps only the router from an offer."""
WAIVED = {
    OfferMode.PICKED: ROUTERS_RULES | {"not_routable", "not_responding", "presence_pending"},
    OfferMode.ASSIGNED: ROUTERS_RULES,
    OfferMode.TRANSFERRED: ROUTERS_RULES | {"not_able"},
}
"""Which reasons not to route are no reasons against a person's decision."""


# Waiting


def queue(state: State, event: ItemQueued) -> None:
    """NEW -> QUEUED, or OVERFLOWED_OUT where nothing more may wait."""
    wanted = state.index.queues.get(event.queue)
    if wanted is None:
        state.refuse("unknown_queue", event.queue)
    elif event.item in state.items:
        state.refuse("already_queued", event.item)
    else:
        at, reason = waiting.destination(state, wanted)
        ticket = None if event.resumes is None else state.tickets.get(event.resumes)
        item = _new_item(state, event, wanted.id if at is None else at.id)
        if ticket is not None:
            reason = reason or "resumed"
            item.origin_at = ticket.origin_at
            item.come_due(ticket.due)
            end_ticket(state, ticket.item)
        state.items[item.id] = item
        if at is None:
            state.finish(item, ItemState.OVERFLOWED_OUT, reason)
        else:
            waiting.enter(state, item)
            state.tell(item, reason or "queued")


def _new_item(state: State, event: ItemQueued, queue_id: QueueId) -> WorkItem:
    now = state.now
    settings = state.index.queues[queue_id]
    enqueued_at = now if event.enqueued_at is None else event.enqueued_at
    weight = event.weight
    if weight is None:
        weight = state.terms.by_medium[NUMBER[event.medium]].weight
    band = settings.band if event.band is None else event.band
    course = state.course_for(queue_id, event.medium, weight, band, event.needs)
    note_arrival(state, course)
    seq = state.next_seq
    state.next_seq = seq + 1
    return WorkItem(
        event.item,
        seq,
        course.demands[0],
        enqueued_at,
        enqueued_at if event.origin_at is None else event.origin_at,
        enqueued_at + settings.target - event.boost,
        event.preferred,
    )


def change(state: State, event: ItemChanged) -> None:
    """Waiting work is edited: another requirement, band or due moment."""
    item = _item(state, event.item)
    if item is None:
        return
    if item.state is not ItemState.QUEUED:
        state.refuse("wrong_state", event.item)
        return
    waiting.leave(state, item)
    old = item.demand.course
    band = old.band if event.band is None else event.band
    needs = old.needs if event.needs is None else event.needs
    waiting.assign_course(state, item, old.queue, band, needs)
    item.come_due(item.due - event.boost_by)
    waiting.requeue(state, item, "changed")


def outwait(state: State, item_id: str) -> None:
    """QUEUED too long -> elsewhere."""
    item = state.items.get(WorkItemId(item_id))
    if item is not None and item.state is ItemState.QUEUED:
        overflow(state, item, "max_wait")


def overflow(state: State, item: WorkItem, reason: str) -> None:
    """QUEUED -> QUEUED elsewhere, due by its first waiting; or OVERFLOWED_OUT."""
    here = state.queue_of(item)
    there = None if here.overflow is None else state.index.queues.get(here.overflow)
    waiting.leave(state, item)
    at = None if there is None else waiting.destination(state, there)[0]
    if at is None or at.id == here.id:
        state.finish(item, ItemState.OVERFLOWED_OUT, reason)
        return
    waiting.assign_course(state, item, at.id, at.band, item.demand.course.needs)
    item.come_due(item.enqueued_at + at.target)
    waiting.requeue(state, item, "overflowed")


def assign(state: State, event: ItemAssigned) -> None:
    """QUEUED or OFFERED -> OFFERED to the agent somebody chose."""
    item = _item(state, event.item)
    seat = _seat(state, event.agent)
    if item is None or seat is None:
        return
    offer = item.offer
    if item.state is ItemState.OFFERED and offer is not None:
        if offer.state is OfferState.PROPOSED or offer.seat is seat:
            state.refuse("being_offered", item.id)
            return
    elif item.state is not ItemState.QUEUED:
        state.refuse("wrong_state", item.id)
        return
    reason = _why_not_for(state, item, seat, event.mode, event.override)
    if reason is not None:
        state.refuse(reason, seat.id)
        return
    if offer is not None:
        offers.withdraw(state, offer, "assigned")
    offers.grant(state, item, seat, event.mode, override=event.override)


def _why_not_for(
    state: State, item: WorkItem, seat: Seat, mode: OfferMode, override: bool
) -> str | None:
    """Why a person may not decide so; an override needs only somebody who is there."""
    if seat.state in AWAY:
        return seat.state.value
    if item.id in seat.work or item.id in seat.offers:
        return "has_it"
    if override:
        return None
    waived = WAIVED[mode]
    for code, _ in why_not(state, item, seat):
        if code not in waived:
            return code
    return None


# In hand


def bridge(state: State, event: Bridged) -> None:
    """CONNECTING -> ACTIVE: the customer is answered."""
    item, seat, work = _in_hand(state, event.item, UNBRIDGED)
    if item and seat and work:
        state.timers.disarm(TimerKind.CONNECT, item.id)
        item.state = ItemState.ACTIVE
        work.began_at = work.heard_at = state.now
        offers.begin(state, item)
        turn(state, seat, work, ItemState.ACTIVE, "bridged")
        state.tell(item, "bridged")


def fail_bridge(state: State, event: BridgeFailed) -> None:
    """CONNECTING -> QUEUED before its place, or ABANDONED when the customer is gone."""
    item, seat, work = _in_hand(state, event.item, UNBRIDGED)
    if item and seat and work:
        if event.customer_gone:
            let_go(state, seat, work, "customer_left")
            state.finish(item, ItemState.ABANDONED, "left")
        else:
            _requeue_unconnected(state, item, seat, work)


def give_up_connecting(state: State, item_id: str) -> None:
    """CONNECTING too long is a bridge that failed."""
    item = state.items.get(WorkItemId(item_id))
    if item is not None and item.state is ItemState.CONNECTING and item.agent is not None:
        _requeue_unconnected(state, item, item.agent, item.agent.work[item.id])


def _requeue_unconnected(state: State, item: WorkItem, seat: Seat, work: Work) -> None:
    item.connect_failures += 1
    if item.connect_failures > state.rules.connect_retries:
        state.effects.append(Alerted("connect_failed", seat.id, item.id))
        until = state.now + state.rules.reject_gap
        waiting.exclude(item, seat.id, until, "connect_failed")
    let_go(state, seat, work, "bridge_failed")
    waiting.requeue(state, item, "bridge_failed", boost=state.rules.connect_boost)


def hold(state: State, event: ItemHeld) -> None:
    """ACTIVE -> HELD."""
    _turn_item(state, event.item, SPEAKING, ItemState.HELD, "held")


def unhold(state: State, event: ItemUnheld) -> None:
    """HELD -> ACTIVE."""
    _turn_item(state, event.item, ON_HOLD, ItemState.ACTIVE, "unheld")


def _turn_item(
    state: State, id_: WorkItemId, was: frozenset[ItemState], to: ItemState, reason: str
) -> None:
    item, seat, work = _in_hand(state, id_, was)
    if item and seat and work:
        item.state = to
        turn(state, seat, work, to, reason)
        state.tell(item, reason)


def park(state: State, event: ItemParked) -> None:
    """ACTIVE -> PARKED: the work waits for the customer and weighs less."""
    item, seat, work = _in_hand(state, event.item, SPEAKING)
    if item and seat and work:
        _park(state, item, seat, work)


def park_if_silent(state: State, item_id: str) -> None:
    """ACTIVE and long unheard -> PARKED."""
    item = state.items.get(WorkItemId(item_id))
    if item is None or item.agent is None or item.state not in TALKING:
        return
    work = item.agent.work[item.id]
    after = state.terms.by_medium[work.medium].inactive_after
    if after is None:
        return
    heard_at = state.now if item.state is ItemState.HELD else work.heard_at
    if heard_at + after > state.now:
        state.timers.arm(TimerKind.SILENCE, item.id, heard_at + after)
    else:
        _park(state, item, item.agent, work)


def _park(state: State, item: WorkItem, seat: Seat, work: Work) -> None:
    state.timers.disarm(TimerKind.SILENCE, item.id)
    item.state = ItemState.PARKED
    ends_at = state.now + state.rules.park_max
    state.timers.arm(TimerKind.PARK, item.id, ends_at)
    turn(state, seat, work, ItemState.PARKED, "parked", ends_at)
    state.tell(item, "parked")


def end_parking(state: State, item_id: str) -> None:
    """PARKED too long -> DONE."""
    item = state.items.get(WorkItemId(item_id))
    if item is not None and item.state is ItemState.PARKED and item.agent is not None:
        let_go(state, item.agent, item.agent.work[item.id], "inactive")
        state.finish(item, ItemState.DONE, "inactive")


def hear(state: State, event: CustomerWrote) -> None:
    """The customer is heard: PARKED -> ACTIVE, or QUEUED for an agent without room."""
    item = _item(state, event.item)
    if item is None or item.agent is None or item.state not in IN_HAND:
        return
    seat = item.agent
    work = seat.work[item.id]
    work.heard_at = state.now
    if item.state is not ItemState.PARKED:
        return
    state.timers.disarm(TimerKind.PARK, item.id)
    if seat.state not in AWAY and has_units(
        seat, state.terms, work.medium, work.weight - work.units
    ):
        item.state = ItemState.ACTIVE
        offers.begin(state, item)
        turn(state, seat, work, ItemState.ACTIVE, "customer_wrote")
        state.tell(item, "customer_wrote")
        return
    let_go(state, seat, work, "requeued")
    item.preferred = (seat.id,)
    wait_anew(state, item, state.now + state.queue_of(item).target)
    waiting.requeue(state, item, "customer_wrote")


def wait_anew(state: State, item: WorkItem, due: int) -> None:
    """Let a second waiting begin now, with the first step."""
    item.enqueued_at = item.entered_at = state.now
    item.demand = item.demand.course.demands[0]
    item.hold_spent = False
    item.come_due(due)


def recover(state: State, event: AgentLegLost) -> None:
    """ACTIVE or HELD, and the agent's line is lost -> QUEUED at the head of the line."""
    item, seat, work = _in_hand(state, event.item, TALKING)
    if item and seat and work:
        let_go(state, seat, work, "agent_leg_lost")
        item.preferred = (seat.id,)
        item.come_due(item.enqueued_at)
        waiting.requeue(state, item, "agent_leg_lost")


def requeue_work(state: State, seat: Seat, work: Work, reason: str) -> None:
    """The agent will not come back: their work waits again, before its place."""
    item = state.items[work.item]
    let_go(state, seat, work, reason)
    waiting.requeue(state, item, reason, boost=state.rules.requeue_boost)


# Passing on


def transfer_to_queue(state: State, event: TransferredToQueue) -> None:
    """ACTIVE or HELD -> QUEUED elsewhere; the agent goes to wrap-up."""
    item, seat, work = _in_hand(state, event.item, TALKING)
    if item and seat and work:
        queue = state.index.queues.get(event.queue)
        if queue is None:
            state.refuse("unknown_queue", event.queue)
            return
        needs = item.demand.course.needs if event.needs is None else event.needs
        end_part(state, seat, work, "transferred")
        _come_due_after_transfer(state, item, work, queue.target)
        waiting.assign_course(state, item, queue.id, queue.band, needs)
        waiting.requeue(state, item, "transferred")


def transfer_to_agent(state: State, event: TransferredToAgent) -> None:
    """ACTIVE or HELD -> OFFERED to a colleague who can take it."""
    target = _seat(state, event.agent)
    item, seat, work = _in_hand(state, event.item, TALKING)
    if target and item and seat and work:
        reason = _why_not_for(state, item, target, OfferMode.TRANSFERRED, event.override)
        if reason is not None:
            state.refuse(reason, target.id)
            return
        end_part(state, seat, work, "transferred")
        _come_due_after_transfer(state, item, work, state.queue_of(item).target)
        waiting.requeue(state, item, "transferred")
        offers.grant(state, item, target, OfferMode.TRANSFERRED, override=event.override)


def _come_due_after_transfer(state: State, item: WorkItem, work: Work, target: int) -> None:
    """A misroute keeps its due moment; what was worked on is due anew, a little earlier."""
    if state.now - work.began_at > state.rules.misroute_window:
        wait_anew(state, item, state.now + target - state.rules.transfer_boost)


# Ending


def customer_leaves(state: State, event: CustomerLeft) -> None:
    """Waiting work is abandoned; work in hand is over for the agent."""
    item = _item(state, event.item)
    if item is None:
        return
    if item.state in (ItemState.QUEUED, ItemState.OFFERED):
        _leave_waiting(state, item, "customer_left")
        short = state.now - item.enqueued_at <= state.rules.short_abandon
        if not short:
            note_abandoned(state, item)
            _keep_place(state, item)
        state.finish(item, ItemState.ABANDONED, "short" if short else "left")
    elif item.agent is not None and item.state is ItemState.CONNECTING:
        let_go(state, item.agent, item.agent.work[item.id], "customer_left")
        state.finish(item, ItemState.ABANDONED, "left")
    elif item.agent is not None and item.state in IN_HAND:
        end_item(state, item, item.agent, "customer_left")
    else:
        state.refuse("wrong_state", item.id)


def _keep_place(state: State, item: WorkItem) -> None:
    until = state.now + state.rules.resume_window
    state.tickets[item.id] = Ticket(item.id, item.due, item.origin_at, until)
    state.timers.arm(TimerKind.TICKET, item.id, until)


def end_ticket(state: State, item_id: str) -> None:
    """The place is kept no longer."""
    state.tickets.pop(WorkItemId(item_id), None)
    state.timers.disarm(TimerKind.TICKET, item_id)


def cancel(state: State, event: ItemCancelled) -> None:
    """Any state -> CANCELLED."""
    item = _item(state, event.item)
    if item is None:
        return
    _leave_waiting(state, item, event.reason)
    if item.agent is not None:
        let_go(state, item.agent, item.agent.work[item.id], event.reason)
    state.finish(item, ItemState.CANCELLED, event.reason)


def _leave_waiting(state: State, item: WorkItem, reason: str) -> None:
    if item.state is ItemState.QUEUED:
        waiting.leave(state, item)
    elif item.state is ItemState.OFFERED:
        offers.cancel(state, item, reason)


def end_work(state: State, event: WorkEnded) -> None:
    """In hand -> WRAP_UP, or DONE."""
    item, seat, work = _in_hand(state, event.item, IN_HAND)
    if item and seat and work:
        end_item(state, item, seat, "ended")


def end_item(state: State, item: WorkItem, seat: Seat, reason: str) -> None:
    """The conversation is over: the agent wraps up, or the item is done."""
    work = seat.work[item.id]
    if end_part(state, seat, work, reason):
        item.state = ItemState.WRAP_UP
        state.tell(item, reason)
    else:
        state.finish(item, ItemState.DONE, reason)


def end_part(state: State, seat: Seat, work: Work, reason: str) -> bool:
    """The agent's part in the conversation is over. True when wrap-up follows."""
    wrap_up = state.index.queues[work.queue].wrap_up
    if wrap_up.mode is WrapUpMode.NONE or work.state is ItemState.CONNECTING:
        let_go(state, seat, work, reason)
        return False
    disarm_work(state, seat, work)
    longest = state.rules.wrap_up_max
    ends_at = state.now + (longest if wrap_up.limit is None else wrap_up.limit)
    state.timers.arm(TimerKind.WRAP_UP, wrap_up_timer(seat, work), ends_at)
    seat.idle_since = state.now
    turn(state, seat, work, ItemState.WRAP_UP, reason, ends_at)
    return True


def end_wrap_up(state: State, event: WrapUpEnded) -> None:
    """WRAP_UP -> DONE, by the agent."""
    seat = _seat(state, event.agent)
    if seat is None:
        return
    work = seat.work.get(event.item)
    if work is None or work.state is not ItemState.WRAP_UP:
        state.refuse("wrong_state", event.item)
    elif state.index.queues[work.queue].wrap_up.mode is WrapUpMode.COOL_DOWN:
        state.refuse("no_early_exit", event.item)
    else:
        finish_wrap_up(state, seat, work, "wrapped_up")


def time_out_wrap_up(state: State, entity: str) -> None:
    """WRAP_UP -> DONE, by time."""
    item_id, _, agent_id = entity.partition(" ")
    seat = state.seats.get(AgentId(agent_id))
    work = None if seat is None else seat.work.get(WorkItemId(item_id))
    if seat is not None and work is not None and work.state is ItemState.WRAP_UP:
        finish_wrap_up(state, seat, work, "wrap_up_timeout")


def finish_wrap_up(state: State, seat: Seat, work: Work, reason: str) -> None:
    """The agent's wrap-up is over, and with it the item unless it is elsewhere by now."""
    let_go(state, seat, work, reason)
    item = state.items.get(work.item)
    if item is not None and item.state is ItemState.WRAP_UP and item.agent is seat:
        state.finish(item, ItemState.DONE, reason)


# Looking up


def _item(state: State, id_: WorkItemId) -> WorkItem | None:
    item = state.items.get(id_)
    if item is None:
        state.refuse("unknown_item", id_)
    return item


def _seat(state: State, id_: AgentId) -> Seat | None:
    seat = state.seats.get(id_)
    if seat is None:
        state.refuse("unknown_agent", id_)
    return seat


def _in_hand(
    state: State, id_: WorkItemId, states: frozenset[ItemState]
) -> tuple[WorkItem, Seat, Work] | tuple[None, None, None]:
    item = _item(state, id_)
    if item is None:
        return None, None, None
    if item.agent is None or item.state not in states:
        state.refuse("wrong_state", id_)
        return None, None, None
    return item, item.agent, item.agent.work[id_]
