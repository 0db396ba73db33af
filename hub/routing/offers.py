"""The offer machine: proposed, pending, ringing, then accepted or ended otherwise.

A grant reserves item and agent at once and waits for the database. Until it is confirmed nobody has
heard of the offer, so nothing else ends it: what happens meanwhile is its *doom*, carried out on
confirmation. A refusal undoes the grant as if it had never been.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hub.kernel.ids import OfferId
from hub.routing import waiting
from hub.routing.capacity import MEDIA
from hub.routing.carrying import reserve, take_on, unreserve
from hub.routing.effects import Alerted, Grant, OfferChanged, WorkMoved
from hub.routing.explain import why_granted
from hub.routing.index import Supply
from hub.routing.inputs import (
    GrantConfirmed,
    GrantRefused,
    OfferAccepted,
    OfferDeclined,
    OfferDelivered,
    OfferWithdrawn,
)
from hub.routing.model import ItemState, OfferMode, OfferState, RoutingState
from hub.routing.records import Offer, Seat, WorkItem
from hub.routing.selection import Choice
from hub.routing.standing import become, count_accepted, limit, lock
from hub.routing.steering import note_answered
from hub.routing.timers import TimerKind

if TYPE_CHECKING:
    from hub.routing.state import State

OPEN = (OfferState.PENDING, OfferState.RINGING)


def grant(
    state: State,
    item: WorkItem,
    seat: Seat,
    mode: OfferMode = OfferMode.ROUTED,
    choice: Choice | None = None,
    supplies: Sequence[Supply] = (),
    override: bool = False,
) -> None:
    """Hold a waiting item for the agent, and ask the database to agree.

    For the record: ``choice`` is how the item was chosen, ``supplies`` what the agent was chosen
    from, where there was a choice.
    """
    waiting.leave(state, item)
    now, demand = state.now, item.demand
    why = why_granted(state, item, seat, mode, choice, supplies, override)
    deadline = now + state.terms.by_medium[demand.medium].offer_timeout
    offer = Offer(mint(state), item, seat, mode, now, deadline, override)
    item.state = ItemState.OFFERED
    item.offer = offer
    item.hold = None
    item.attempts += 1
    state.offers[offer.id] = offer
    seat.offered_at = now
    if seat.agent.rate is not None:
        seat.granted.append(now)
        limit(state, seat)
    reserve(state, offer)
    state.timers.arm(TimerKind.OFFER, offer.id, deadline)
    state.effects.append(
        Grant(
            offer.id,
            item.id,
            seat.id,
            demand.queue,
            MEDIA[demand.medium],
            offer.units,
            now,
            deadline,
            item.attempts,
            mode,
            why,
            override,
        )
    )


def mint(state: State) -> OfferId:
    """The id of a new offer: a UUIDv7 of moment, epoch and number, the same in every replay."""
    number = state.next_offer
    state.next_offer = number + 1
    now = f"{state.now & (1 << 48) - 1:012x}"
    return OfferId(f"{now[:8]}-{now[8:]}-{state.mark}-{number:012x}")


# The database answers


def confirm(state: State, event: GrantConfirmed) -> None:
    """PROPOSED -> PENDING, and on to its doom if it has one."""
    offer = state.offers.get(event.offer)
    if offer is None:
        state.refuse("unknown_offer", event.offer)
    elif offer.state is OfferState.PROPOSED:
        offer.state = OfferState.PENDING
        timeout = state.rules.delivery_timeout
        if offer.doom is not None:
            _meet_doom(state, offer, *offer.doom)
        elif offer.mode is OfferMode.PICKED:
            _accept(state, offer)
        elif timeout is not None:
            state.timers.arm(TimerKind.DELIVERY, offer.id, state.now + timeout)


def _meet_doom(state: State, offer: Offer, outcome: OfferState, reason: str) -> None:
    if outcome is OfferState.WITHDRAWN:
        withdraw(state, offer, reason)
    else:
        _end(state, offer, outcome, reason)


def refuse(state: State, event: GrantRefused) -> None:
    """PROPOSED -> never was; the agent is left alone a moment, as the two views differ."""
    offer = state.offers.get(event.offer)
    if offer is None or offer.state is not OfferState.PROPOSED:
        state.refuse("unknown_offer", event.offer)
        return
    item, seat = offer.item, offer.seat
    _forget(state, offer)
    item.offer = None
    item.attempts -= 1
    if offer.at in seat.granted:
        seat.granted.remove(offer.at)
        limit(state, seat)
    unreserve(state, offer, told=False)
    if state.items.get(item.id) is not item:
        return  # it ended while it was being granted
    if event.item_gone:
        del state.items[item.id]
        return
    lock(state, seat, state.now + state.rules.refused_gap, "refused")
    waiting.enter(state, item)


# The agent answers


def deliver(state: State, event: OfferDelivered) -> None:
    """PENDING -> RINGING."""
    offer = state.offers.get(event.offer)
    if offer is not None and offer.state is OfferState.PENDING:
        offer.state = OfferState.RINGING
        state.timers.disarm(TimerKind.DELIVERY, offer.id)
        _say(state, offer, None)


def accept(state: State, event: OfferAccepted) -> None:
    """PENDING or RINGING -> ACCEPTED; accepting twice is accepting once."""
    offer = state.offers.get(event.offer)
    if offer is not None and offer.state in OPEN:
        _accept(state, offer)
    elif event.offer not in state.accepted:
        state.refuse("offer_gone", event.offer)


def _accept(state: State, offer: Offer) -> None:
    item, seat = offer.item, offer.seat
    rules = state.terms.by_medium[item.demand.medium]
    _forget(state, offer)
    state.accepted.add(offer.id)
    offer.state = OfferState.ACCEPTED
    _say(state, offer, None)
    seat.idle_since = max(seat.idle_since, offer.at)
    seat.expiries = 0
    count_accepted(state, seat)
    item.offer = None
    item.agent = seat
    item.state = ItemState.CONNECTING if rules.bridged else ItemState.ACTIVE
    work = take_on(state, offer, item.state)
    if rules.bridged:
        work.ends_at = state.now + state.rules.connect_timeout
        state.timers.arm(TimerKind.CONNECT, item.id, work.ends_at)
    else:
        begin(state, item)
    state.tell(item, "accepted")
    state.effects.append(WorkMoved(seat.id, item.id, item.state, "accepted", work.ends_at))


def begin(state: State, item: WorkItem) -> None:
    """The customer is being served: the waiting is over, their silence begins to count."""
    if item.answered_at is None:
        item.answered_at = state.now
        note_answered(state, item)
    silence = state.terms.by_medium[item.demand.medium].inactive_after
    if silence is not None:
        state.timers.arm(TimerKind.SILENCE, item.id, state.now + silence)


def decline(state: State, event: OfferDeclined) -> None:
    """PENDING or RINGING -> DECLINED; the item keeps its place, and avoids the agent."""
    offer = state.offers.get(event.offer)
    if offer is None or offer.state not in OPEN:
        state.refuse("offer_gone", event.offer)
        return
    offer.seat.idle_since = max(offer.seat.idle_since, offer.at)
    until = state.now + state.rules.reject_gap
    waiting.exclude(offer.item, offer.seat.id, until, waiting.DECLINED)
    _end(state, offer, OfferState.DECLINED, event.reason or "declined")
    waiting.requeue(state, offer.item, "declined")


# Time answers


def expire(state: State, offer_id: str) -> None:
    """PENDING or RINGING -> EXPIRED: the customer is due as much earlier as it took."""
    offer = state.offers.get(OfferId(offer_id))
    if offer is None:
        return
    if offer.state is OfferState.PROPOSED:
        offer.doom = offer.doom or (OfferState.WITHDRAWN, "unconfirmed")
        state.timers.arm(TimerKind.OFFER, offer.id, state.now + offer.deadline - offer.at)
        return
    item, seat = offer.item, offer.seat
    seat.idle_since = max(seat.idle_since, offer.at)
    seat.expiries += 1
    limit = state.terms.by_medium[item.demand.medium].rona_limit
    _end(state, offer, OfferState.EXPIRED, "no_answer")
    if seat.state is RoutingState.ROUTABLE:
        if limit and seat.expiries >= limit:
            stop_responding(state, seat)
        else:
            lock(state, seat, state.now + state.rules.rona_gap, "rona")
    item.expiries += 1
    if item.expiries >= state.rules.max_offers:
        _give_up_step(state, item)
    waiting.requeue(state, item, "expired", boost=state.now - offer.at)


def stop_responding(state: State, seat: Seat) -> None:
    """ROUTABLE -> NOT_RESPONDING: whatever else rings there would ring in vain."""
    become(state, seat, RoutingState.NOT_RESPONDING, "rona")
    state.effects.append(Alerted("rona", agent=seat.id))
    if state.rules.rona_auto_return is not None:
        state.timers.arm(TimerKind.RETURN, seat.id, state.now + state.rules.rona_auto_return)
    withdraw_all(state, seat, "not_responding")


def _give_up_step(state: State, item: WorkItem) -> None:
    item.expiries = 0
    course = item.demand.course
    item.demand = state.index.demand(course, item.demand.step + 1, item.demand.opened)
    state.effects.append(Alerted("max_offers", item=item.id))


def miss_delivery(state: State, offer_id: str) -> None:
    """PENDING -> EXPIRED without blame: the agent's screen never showed it."""
    offer = state.offers.get(OfferId(offer_id))
    if offer is None or offer.state is not OfferState.PENDING:
        return
    _end(state, offer, OfferState.EXPIRED, "undelivered")
    lock(state, offer.seat, state.now + state.rules.rona_gap, "undelivered")
    waiting.requeue(state, offer.item, "undelivered", boost=state.now - offer.at)


# Others answer


def take_back(state: State, event: OfferWithdrawn) -> None:
    """PENDING or RINGING -> WITHDRAWN, by a supervisor."""
    offer = state.offers.get(event.offer)
    if offer is None:
        state.refuse("offer_gone", event.offer)
    else:
        withdraw(state, offer, event.reason)


def withdraw(state: State, offer: Offer, reason: str) -> None:
    """Take an offer back; the item keeps its place, and for a moment avoids the agent."""
    if offer.state is OfferState.PROPOSED:
        offer.doom = offer.doom or (OfferState.WITHDRAWN, reason)
        return
    until = state.now + state.rules.withdrawn_gap
    waiting.exclude(offer.item, offer.seat.id, until, reason)
    _end(state, offer, OfferState.WITHDRAWN, reason)
    waiting.requeue(state, offer.item, reason)


def withdraw_all(state: State, seat: Seat, reason: str) -> None:
    """Take back every offer this agent holds."""
    for offer in list(seat.offers.values()):
        withdraw(state, offer, reason)


def cancel(state: State, item: WorkItem, reason: str) -> None:
    """The item goes; its offer goes with it, and nobody is to blame."""
    offer = item.offer
    if offer is not None:
        item.offer = None
        if offer.state is OfferState.PROPOSED:
            offer.doom = (OfferState.CANCELLED, reason)
        else:
            _end(state, offer, OfferState.CANCELLED, reason)


def _end(state: State, offer: Offer, outcome: OfferState, reason: str) -> None:
    _forget(state, offer)
    offer.state = outcome
    if offer.item.offer is offer:
        offer.item.offer = None
    _say(state, offer, reason)
    unreserve(state, offer, told=True)


def _forget(state: State, offer: Offer) -> None:
    del state.offers[offer.id]
    state.timers.disarm(TimerKind.OFFER, offer.id)
    state.timers.disarm(TimerKind.DELIVERY, offer.id)


def _say(state: State, offer: Offer, reason: str | None) -> None:
    state.effects.append(OfferChanged(offer.id, offer.item.id, offer.seat.id, offer.state, reason))
