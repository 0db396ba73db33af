"""The whole state as plain values, and back again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256

from hub.routing import waiting
from hub.routing.capacity import MEDIA, NUMBER, claim_of, is_over, media_bits
from hub.routing.carrying import wrap_up_timer
from hub.routing.configuration import caps_of
from hub.routing.learning import restored
from hub.routing.model import (
    AgentRow,
    AssignmentRow,
    CourseRow,
    Exclusion,
    ItemRow,
    ItemState,
    OfferRow,
    OfferState,
    RoutingState,
    Snapshot,
)
from hub.routing.records import Hold, Offer, Seat, Work, WorkItem
from hub.routing.scarcity import arm, chosen_courses
from hub.routing.standing import begin_day, limit, recent_grants, stand_all
from hub.routing.state import State
from hub.routing.steering import rearm
from hub.routing.timers import TimerKind

UNSEEN = frozenset({RoutingState.OFFLINE, RoutingState.DISCONNECTED})


def rebuild(rows: Snapshot, now: int) -> State:
    """A state from the values of a snapshot, with its timers armed anew.

    Agents are taken as heard, and undelivered offers as just made, at ``now``: nobody is blamed for
    the router's own absence. What can be offered is, by the next ``step``; ``Started`` is made for
    it.
    """
    state = State(rows.rules, rows.epoch)
    state.now = now
    state.next_seq = rows.next_seq
    state.next_agent = rows.next_agent
    state.next_offer = rows.next_offer
    state.index.queues = {queue.id: queue for queue in rows.queues}
    state.index.keep_reserves()
    state.index.keep_lines()
    _remember(state, rows)
    _seat_agents(state, rows)
    for item in rows.items:
        restore_item(state, item)
    for offer in rows.offers:
        _restore_offer(state, offer)
    for assignment in rows.assignments:
        restore_work(state, assignment)
    for seat in state.seats.values():
        seat.excused = is_over(seat, state.terms)
    stand_all(state)
    begin_day(state)
    for entered in sorted(state.items.values(), key=lambda i: i.seq):
        if entered.state is ItemState.QUEUED:
            waiting.enter(state, entered)
    return state


def _remember(state: State, rows: Snapshot) -> None:
    """What was learned, and whom a place is kept for."""
    state.learned = {row.queue: restored(row) for row in rows.queue_rows}
    state.served = rows.served
    for ticket in rows.tickets:
        state.tickets[ticket.item] = ticket
        state.timers.arm(TimerKind.TICKET, ticket.item, ticket.until)
    rearm(state)
    for row in rows.courses:
        course = state.course_for(row.queue, row.medium, row.weight, row.band, row.needs)
        course.traffic = row.traffic
    arm(state)


def _seat_agents(state: State, rows: Snapshot) -> None:
    known = {row.agent: row for row in rows.agent_rows}
    for agent in rows.agents:
        row = known.get(agent.id)
        if row is None:
            row = AgentRow(agent.id, state.next_agent)
            state.next_agent += 1
        profile = state.index.profile(agent)
        seat = Seat(agent, row.seq, profile)
        seat.caps = caps_of(state, agent)
        profile.members[agent.id] = seat
        state.seats[agent.id] = seat
        _restore_seat(state, seat, row)


def _restore_seat(state: State, seat: Seat, row: AgentRow) -> None:
    presences = state.rules.presences
    seat.state = row.state
    seat.presence = None if row.presence is None else presences[row.presence]
    seat.media = media_bits(None if seat.presence is None else seat.presence.media)
    seat.reason = row.reason
    seat.since = row.since
    seat.idle_since = row.idle_since
    seat.expiries = row.expiries
    seat.connected = row.connected
    seat.heard_at = state.now
    seat.resumes = row.resumes
    seat.lost_at = row.lost_at
    seat.drains_to = row.drains_to
    seat.offered_at = row.offered_at
    seat.counted_on = row.counted_on
    seat.accepted = row.accepted
    seat.granted = list(row.granted)
    limit(state, seat)
    if row.pending is not None:
        seat.pending = (presences[row.pending[0]], row.pending[1], row.pending[2])
    if row.lock_reason is not None:
        seat.lock_reason, seat.locked_until = row.lock_reason, row.locked_until
        state.timers.arm(TimerKind.LOCK, seat.id, row.locked_until)
    _arm_presence(state, seat, row)


def _arm_presence(state: State, seat: Seat, row: AgentRow) -> None:
    timers, rules = state.timers, state.rules
    if seat.state is RoutingState.DISCONNECTED:
        timers.arm(TimerKind.GRACE, seat.id, row.lost_at + rules.grace)
    if seat.connected and seat.state not in UNSEEN and rules.heartbeat_timeout is not None:
        timers.arm(TimerKind.HEARTBEAT, seat.id, state.now + rules.heartbeat_timeout)
    if row.presence_until is not None:
        timers.arm(TimerKind.PRESENCE, seat.id, row.presence_until)
    if row.returns_at is not None:
        timers.arm(TimerKind.RETURN, seat.id, row.returns_at)


def restore_item(state: State, row: ItemRow) -> None:
    course = state.course_for(row.queue, row.medium, row.weight, row.band, row.needs)
    demand = state.index.demand(course, row.step, row.opened)
    item = WorkItem(row.id, row.seq, demand, row.enqueued_at, row.origin_at, row.due, row.preferred)
    item.state = row.state
    if row.entered_at is not None:
        item.entered_at = row.entered_at
    item.answered_at = row.answered_at
    item.attempts = row.attempts
    item.expiries = row.expiries
    item.connect_failures = row.connect_failures
    item.hold_spent = row.hold_spent
    if row.held_for is not None:
        item.hold = Hold(state.seats[row.held_for], row.held_until)
    item.agent = None if row.agent is None else state.seats[row.agent]
    for exclusion in row.excluded:
        waiting.exclude(item, exclusion.agent, exclusion.until, exclusion.reason)
    state.items[item.id] = item


def _restore_offer(state: State, row: OfferRow) -> None:
    item, seat = state.items[row.item], state.seats[row.agent]
    offer = Offer(row.id, item, seat, row.mode, row.at, row.deadline, row.override)
    offer.state = row.state
    offer.units = row.units
    item.offer = offer
    state.offers[offer.id] = offer
    seat.offers[item.id] = offer
    seat.used += offer.units
    seat.counts[item.demand.medium] += 1
    state.timers.arm(TimerKind.OFFER, offer.id, offer.deadline)
    if offer.state is OfferState.PENDING and state.rules.delivery_timeout is not None:
        at = state.now + state.rules.delivery_timeout
        state.timers.arm(TimerKind.DELIVERY, offer.id, at)


def restore_work(state: State, row: AssignmentRow) -> None:
    seat = state.seats[row.agent]
    number = NUMBER[row.medium]
    work = Work(row.item, row.queue, number, row.weight, row.state, row.since, row.offer)
    work.units = row.units
    work.counted = 0 if row.state is ItemState.WRAP_UP and row.units == 0 else 1
    work.began_at = row.began_at
    work.ends_at = row.ends_at
    work.heard_at = row.heard_at
    seat.work[row.item] = work
    seat.used += work.units
    seat.dormant += claim_of(work) - work.units
    seat.counts[number] += work.counted
    if row.offer is not None:
        state.accepted.add(row.offer)
    _arm_work(state, seat, work)


def _arm_work(state: State, seat: Seat, work: Work) -> None:
    timers, silence = state.timers, state.terms.by_medium[work.medium].inactive_after
    if work.state is ItemState.WRAP_UP and work.ends_at is not None:
        timers.arm(TimerKind.WRAP_UP, wrap_up_timer(seat, work), work.ends_at)
    elif work.state is ItemState.CONNECTING and work.ends_at is not None:
        timers.arm(TimerKind.CONNECT, work.item, work.ends_at)
    elif work.state is ItemState.PARKED and work.ends_at is not None:
        timers.arm(TimerKind.PARK, work.item, work.ends_at)
    elif silence is not None:
        timers.arm(TimerKind.SILENCE, work.item, work.heard_at + silence)


def snapshot(state: State) -> Snapshot:
    """The values from which ``rebuild`` makes this state again.

    A grant that is not confirmed yet is not in it: as far as the database knows, it never was.
    """
    seats = sorted(state.seats.values(), key=lambda s: s.seq)
    items = sorted(state.items.values(), key=lambda i: i.seq)
    confirmed = [o for o in state.offers.values() if o.state is not OfferState.PROPOSED]
    return Snapshot(
        rules=state.rules,
        queues=tuple(sorted(state.index.queues.values(), key=lambda q: q.id)),
        agents=tuple(seat.agent for seat in seats),
        agent_rows=tuple(_agent_row(state, seat) for seat in seats),
        items=tuple(_item_row(item) for item in items),
        offers=tuple(_offer_row(o) for o in sorted(confirmed, key=lambda o: (o.at, o.id))),
        assignments=tuple(
            _assignment_row(seat, work)
            for seat in seats
            for work in sorted(seat.work.values(), key=lambda w: (w.since, w.item))
        ),
        queue_rows=tuple(row.as_row(id_) for id_, row in sorted(state.learned.items())),
        courses=tuple(
            CourseRow(c.queue, MEDIA[c.medium], c.weight, c.band, c.needs, c.traffic)
            for c in chosen_courses(state)
        ),
        served=state.served,
        tickets=tuple(ticket for _, ticket in sorted(state.tickets.items())),
        epoch=state.epoch,
        next_seq=state.next_seq,
        next_agent=state.next_agent,
        next_offer=state.next_offer,
    )


def _agent_row(state: State, seat: Seat) -> AgentRow:
    pending = seat.pending
    return AgentRow(
        agent=seat.id,
        seq=seat.seq,
        state=seat.state,
        presence=None if seat.presence is None else seat.presence.code,
        reason=seat.reason,
        since=seat.since,
        idle_since=seat.idle_since,
        expiries=seat.expiries,
        locked_until=seat.locked_until,
        lock_reason=seat.lock_reason,
        connected=seat.connected,
        resumes=seat.resumes,
        lost_at=seat.lost_at,
        pending=None if pending is None else (pending[0].code, pending[1], pending[2]),
        drains_to=seat.drains_to,
        presence_until=state.timers.armed_at(TimerKind.PRESENCE, seat.id),
        offered_at=seat.offered_at,
        counted_on=seat.counted_on,
        accepted=seat.accepted,
        granted=tuple(recent_grants(state, seat)),
        returns_at=state.timers.armed_at(TimerKind.RETURN, seat.id),
    )


def _item_row(item: WorkItem) -> ItemRow:
    course = item.demand.course
    proposed = item.offer is not None and item.offer.state is OfferState.PROPOSED
    return ItemRow(
        id=item.id,
        seq=item.seq,
        queue=course.queue,
        medium=MEDIA[course.medium],
        state=ItemState.QUEUED if proposed else item.state,
        weight=course.weight,
        band=course.band,
        enqueued_at=item.enqueued_at,
        due=item.due,
        origin_at=item.origin_at,
        entered_at=item.entered_at,
        agent=None if item.agent is None else item.agent.id,
        answered_at=item.answered_at,
        needs=course.needs,
        step=item.demand.step,
        opened=item.demand.opened,
        preferred=item.preferred,
        excluded=tuple(
            Exclusion(agent, until, reason)
            for agent, (until, reason) in sorted((item.excluded or {}).items())
        ),
        attempts=item.attempts - proposed,
        expiries=item.expiries,
        connect_failures=item.connect_failures,
        held_for=None if item.hold is None else item.hold.seat.id,
        held_until=None if item.hold is None else item.hold.until,
        hold_spent=item.hold_spent,
    )


def _offer_row(offer: Offer) -> OfferRow:
    return OfferRow(
        id=offer.id,
        item=offer.item.id,
        agent=offer.seat.id,
        state=offer.state,
        mode=offer.mode,
        at=offer.at,
        deadline=offer.deadline,
        units=offer.units,
        override=offer.override,
    )


def _assignment_row(seat: Seat, work: Work) -> AssignmentRow:
    return AssignmentRow(
        item=work.item,
        agent=seat.id,
        queue=work.queue,
        medium=MEDIA[work.medium],
        state=work.state,
        weight=work.weight,
        units=work.units,
        since=work.since,
        began_at=work.began_at,
        ends_at=work.ends_at,
        heard_at=work.heard_at,
        offer=work.offer,
    )


def digest(state: State) -> str:
    """A hash of all that decides what the router will do: equal states, equal digests."""
    proposed = [
        (o.id, o.item.id, o.seat.id, o.doom)
        for o in sorted(state.offers.values(), key=lambda o: o.id)
        if o.state is OfferState.PROPOSED
    ]
    return sha256(
        repr((_plain(snapshot(state)), _plain(proposed), _plain(state.timers.armed()))).encode()
    ).hexdigest()


def _plain(value: object) -> object:
    """The value in a form whose text does not depend on the order of sets."""
    if isinstance(value, frozenset | set):
        return sorted((_plain(v) for v in value), key=repr)
    if isinstance(value, Mapping):
        return sorted(((_plain(k), _plain(v)) for k, v in value.items()), key=repr)
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if is_dataclass(value):
        return [_plain(getattr(value, field.name)) for field in fields(value)]
    return value
