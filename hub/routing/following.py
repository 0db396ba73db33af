"""The core follows the log: each committed event becomes an input, each effect a deed to carry out.

A person's deed is in the rows before the core hears of it. The core hears of it in the order of
the log, so it mostly finds the world as the event does; where it had just decided otherwise, the
event is right and the core is put right. What the core's own deeds announce (``by_router``) it
knows already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hub.agents.model import Agent as Person
from hub.conversations.events import MessageReceived
from hub.kernel.events import Event
from hub.kernel.ids import AgentId, OfferId, QueueId, WorkItemId
from hub.routing import inputs, snapshots, waiting
from hub.routing.committing import Deed, Judged, Weighed
from hub.routing.core import next_timer, step
from hub.routing.effects import (
    Alerted,
    Effect,
    Grant,
    ItemMoved,
    LoadChanged,
    OfferChanged,
    PresenceChanged as PresenceMoved,
    Refused,
    WorkMoved,
)
from hub.routing.events import (
    OfferAccepted,
    OfferEnded,
    OfferMade,
    PresenceChanged,
    QueueChanged,
    WorkEnded,
    WorkQueued,
    WorkTaken,
    WorkTransferred,
    WrapUpEnded,
)
from hub.routing.model import (
    AssignmentRow,
    ItemRow,
    ItemState,
    Medium,
    OfferState,
    RoutingState,
)
from hub.routing.recall import Recalled, core_agent, core_queue, languages_of
from hub.routing.rules import OFFLINE, STATUSES, needs_of
from hub.routing.standing import stand
from hub.routing.store import IN_HAND
from hub.routing.timers import Timer

OVER = frozenset({OfferState.EXPIRED, OfferState.WITHDRAWN, OfferState.CANCELLED})
Put = inputs.Input


class Following:
    """The core's state at one position of the log, and the deeds that wait to be carried out."""

    def __init__(self, recalled: Recalled, people: list[Person], now: int) -> None:
        self.state = snapshots.rebuild(recalled.snapshot, now)
        self.seq = recalled.seq
        self.items = dict(recalled.items)
        self.deeds: list[Deed] = []
        self.put_right = 0
        """How often an event contradicted what the core had decided meanwhile."""
        self._people = {person.id: person for person in people}
        self._languages = recalled.languages
        self._chose_offline = set(recalled.chose_offline)
        self._choices = dict(recalled.choices)
        self._now = now
        for agent_id in recalled.disabled:
            self.tell(inputs.AgentRemoved(agent_id))
        self.tell(inputs.Started())

    # -- the door ---------------------------------------------------------------------------------

    def tell(self, put: Put, about: str | None = None) -> str | None:
        """Put one thing to the core. Answers the code of a refusal.

        ``about`` names the work item whose own effects the rows show already.
        """
        refused: str | None = None
        effects = step(self.state, put, self._now)
        last = {e.agent: e for e in effects if isinstance(e, PresenceMoved)}
        for effect in effects:
            if isinstance(effect, Refused):
                refused = effect.code
            elif isinstance(effect, PresenceMoved):
                if last[effect.agent] is effect:
                    choice = self._choices.get(effect.agent, 0)
                    self.deeds.append(Judged(effect.agent, effect, choice))
            elif about is None or not _is_about(effect, about):
                self._note(effect)
        return refused

    def _note(self, effect: Effect) -> None:
        if isinstance(effect, OfferChanged):
            if effect.state in OVER:
                self.deeds.append(effect)
        elif isinstance(effect, WorkMoved):
            if effect.state is ItemState.DONE:
                self.deeds.append(effect)
            else:
                self._weigh(effect.agent, effect.item)
        elif isinstance(effect, LoadChanged):
            self._weigh(effect.agent, effect.item)
        elif isinstance(effect, Grant | ItemMoved | Alerted):
            self.deeds.append(effect)

    def _weigh(self, agent_id: AgentId, item_id: WorkItemId) -> None:
        """What is released goes with its row; what goes on is told with what it weighs now."""
        seat = self.state.seats.get(agent_id)
        work = None if seat is None else seat.work.get(item_id)
        if work is not None:
            self.deeds.append(
                Weighed(agent_id, item_id, work.state, work.ends_at, work.units, work.counted)
            )

    def at(self, now: int) -> None:
        """It is so late now."""
        self._now = max(self._now, now)

    @property
    def next_timer(self) -> Timer | None:
        return next_timer(self.state)

    def fire(self, now: int, most: int = 200) -> bool:
        """Let what is due happen; True when there is more."""
        self.at(now)
        for _ in range(most):
            timer = self.next_timer
            if timer is None or timer.at > now:
                return False
            self.tell(inputs.TimerFired(timer))
        return True

    # -- the log ----------------------------------------------------------------------------------

    def hear(self, seq: int, event: Event) -> None:
        """One event of the log; what is older than the picture is in it already."""
        if seq <= self.seq:
            return
        self.seq = seq
        self.at(event.at)
        heard = HEARD.get(type(event))
        if heard is not None:
            heard(self, event)

    def _queued(self, event: WorkQueued) -> None:
        self.items[event.conversation_id] = event.item_id
        self._queue(event, event.preferred)

    def _queue(
        self, event: WorkQueued | WorkTransferred, preferred: tuple[AgentId, ...] = ()
    ) -> None:
        assert event.queue_id is not None
        queue = self.state.index.queues.get(event.queue_id)
        target = 0 if queue is None else queue.target
        put = inputs.ItemQueued(
            event.item_id,
            event.queue_id,
            Medium(event.medium),
            needs=self._needs(event.language, event.queue_id, target),
            boost=event.enqueued_at + target - event.due,
            weight=event.weight,
            preferred=preferred,
            enqueued_at=event.enqueued_at,
        )
        self.tell(put, about=event.item_id)

    def _needs(self, language: str | None, queue_id: QueueId, target: int) -> tuple[Any, ...]:
        return needs_of(language, self._languages.get(queue_id, frozenset()), target)

    def _made(self, event: OfferMade) -> None:
        self.tell(inputs.GrantConfirmed(event.offer_id))

    def _accepted(self, event: OfferAccepted) -> None:
        if self.tell(inputs.OfferAccepted(event.offer_id), about=event.item_id):
            self._adopt(event)

    def _ended(self, event: OfferEnded) -> None:
        if event.by_router or event.state != "declined":
            return  # a withdrawal is told by what it was withdrawn for
        put = inputs.OfferDeclined(event.offer_id, event.reason)
        if self.tell(put, about=event.item_id):
            self.put_right += 1

    def _transferred(self, event: WorkTransferred) -> None:
        if event.from_agent_id is not None and not self._hand_on(event):
            self._agree_on_place(event)
            return
        if event.from_agent_id is not None:
            self.put_right += 1
        if event.item_id in self.state.items:
            self.tell(inputs.ItemCancelled(event.item_id, "transferred"), about=event.item_id)
        if event.from_agent_id is not None and event.wrap_up_until is not None:
            self._restore_wrap_up(event)
        self._queue(event, () if event.to_agent_id is None else (event.to_agent_id,))
        self._agree_on_place(event)

    def _agree_on_place(self, event: WorkTransferred) -> None:
        """The rows say since when the work waits and when it is due."""
        item = self.state.items.get(event.item_id)
        if item is None:
            return
        item.answered_at = event.answered_at
        if (item.enqueued_at, item.due) == (event.enqueued_at, event.due):
            return
        waits = item.state is ItemState.QUEUED
        if waits:
            waiting.leave(self.state, item)
        item.enqueued_at = event.enqueued_at
        item.come_due(event.due)
        if waits:
            waiting.enter(self.state, item)

    def _hand_on(self, event: WorkTransferred) -> str | None:
        assert event.queue_id is not None
        if event.to_agent_id is None:
            handed: Put = inputs.TransferredToQueue(event.item_id, event.queue_id)
        else:
            handed = inputs.TransferredToAgent(event.item_id, event.to_agent_id)
        return self.tell(handed, about=event.item_id)

    def _work_ended(self, event: WorkEnded) -> None:
        if self.items.get(event.conversation_id) == event.item_id:
            del self.items[event.conversation_id]
        if event.by_router or event.item_id not in self.state.items:
            return
        put: Put = inputs.CustomerLeft(event.item_id)
        if event.by != "customer":
            in_hand = event.before in IN_HAND
            put = inputs.WorkEnded(event.item_id) if in_hand else _cancelled(event)
        if self.tell(put, about=event.item_id):
            self.put_right += 1
            self.tell(_cancelled(event), about=event.item_id)

    def _wrapped_up(self, event: WrapUpEnded) -> None:
        if not event.by_router and event.agent_id is not None:
            self.tell(inputs.WrapUpEnded(event.item_id, event.agent_id), about=event.item_id)

    def _written(self, event: MessageReceived) -> None:
        item_id = self.items.get(event.conversation_id)
        item = None if item_id is None else self.state.items.get(item_id)
        if item is None or item.agent is None:
            return
        rules = self.state.terms.by_medium[item.demand.medium]
        if rules.inactive_after is not None or item.state is ItemState.PARKED:
            self.tell(inputs.CustomerWrote(item.id))

    def _presence(self, event: PresenceChanged) -> None:
        is_choice = event.status == OFFLINE and event.cause == "set"
        (self._chose_offline.add if is_choice else self._chose_offline.discard)(event.agent_id)
        if event.by_router:
            return
        self._choices[event.agent_id] = event.choice
        if event.status == OFFLINE:
            self.tell(inputs.SignedOut(event.agent_id, force=True))
        elif event.status in STATUSES:
            self.tell(inputs.PresenceSet(event.agent_id, event.status, event.reason))

    def _queue_changed(self, event: QueueChanged) -> None:
        self.tell(inputs.QueueChanged(core_queue(event.queue_id, event.facts)))

    # -- agents -----------------------------------------------------------------------------------

    def learn(self, people: list[Person], statuses: dict[str, tuple[str, str | None]]) -> None:
        """Agents were added or changed. What somebody new has said meanwhile is heard now."""
        changed = [p for p in people if self._people.get(p.id) != p]
        self._people = {person.id: person for person in people}
        self._languages = languages_of(people)
        for person in changed:
            is_new = person.id not in self.state.seats
            if person.disabled:
                if not is_new:
                    self.tell(inputs.AgentRemoved(person.id))
                continue
            self.tell(inputs.AgentChanged(core_agent(person)))
            status, reason = statuses.get(person.id, (OFFLINE, None))
            if is_new and status != OFFLINE:
                self.tell(inputs.PresenceSet(person.id, status, reason))

    def arrive(self, agent_ids: Iterable[str]) -> None:
        """The workbenches of these agents are connected."""
        for agent_id in sorted(agent_ids):
            self._arrive(agent_id)

    def _arrive(self, agent_id: str) -> None:
        seat = self.state.seats.get(AgentId(agent_id))
        if seat is None:
            return
        if seat.state is not RoutingState.OFFLINE:
            self.tell(inputs.ConnectionBack(seat.id))
        elif agent_id not in self._chose_offline:
            self.tell(inputs.SignedIn(seat.id))

    def leave(self, agent_ids: Iterable[str]) -> None:
        """The last connections of these agents are gone."""
        for agent_id in sorted(agent_ids):
            if agent_id in self.state.seats:
                self.tell(inputs.ConnectionLost(AgentId(agent_id)))

    def show(self, offer_id: str, agent_id: str | None) -> None:
        """The agent's screen shows the offer."""
        offer = self.state.offers.get(OfferId(offer_id))
        if offer is not None and agent_id in (None, offer.seat.id):
            self.tell(inputs.OfferDelivered(offer.id))

    def refuse(self, offer_id: OfferId, *, item_gone: bool) -> None:
        """The rows did not allow a grant."""
        self.tell(inputs.GrantRefused(offer_id, item_gone))

    # -- putting right ----------------------------------------------------------------------------

    def _take(self, event: WorkTaken) -> None:
        self._adopt(event, as_expected=True)

    def _adopt(self, event: OfferAccepted | WorkTaken, *, as_expected: bool = False) -> None:
        """Whatever the core thought of the item: this agent has it now."""
        assert event.agent_id is not None
        assert event.queue_id is not None
        self.put_right += not as_expected
        seat = self.state.seats.get(event.agent_id)
        if event.item_id in self.state.items:
            self.tell(inputs.ItemCancelled(event.item_id, "taken"), about=event.item_id)
        if seat is None:
            return
        medium = Medium(event.facts["medium"])
        is_bridged = self.state.rules.media[medium].bridged
        state = ItemState.CONNECTING if is_bridged else ItemState.ACTIVE
        queue = self.state.index.queues[event.queue_id]
        item = ItemRow(
            id=event.item_id,
            seq=event.facts["seq"],
            queue=event.queue_id,
            medium=medium,
            state=state,
            weight=event.facts["weight"],
            band=queue.band,
            enqueued_at=event.facts["enqueued_at"],
            due=event.facts["due"],
            origin_at=event.facts["enqueued_at"],
            entered_at=event.facts["enqueued_at"],
            agent=event.agent_id,
            answered_at=event.facts["answered_at"],
            needs=self._needs(event.facts["language"], event.queue_id, queue.target),
        )
        work = AssignmentRow(
            item=event.item_id,
            agent=event.agent_id,
            queue=event.queue_id,
            medium=medium,
            state=state,
            weight=item.weight,
            units=item.weight,
            since=event.at,
            began_at=event.at,
            heard_at=event.at,
            offer=event.offer_id,
        )
        snapshots.restore_item(self.state, item)
        snapshots.restore_work(self.state, work)
        seat.idle_since = max(seat.idle_since, event.at)
        seat.expiries = 0
        stand(self.state, seat)

    def _restore_wrap_up(self, event: WorkTransferred) -> None:
        assert event.from_agent_id is not None
        assert event.queue_id is not None
        seat = self.state.seats.get(event.from_agent_id)
        if seat is None or event.item_id in seat.work:
            return
        units = self.state.rules.media[Medium(event.medium)].wrap_up_units
        work = AssignmentRow(
            item=event.item_id,
            agent=event.from_agent_id,
            queue=event.queue_id,
            medium=Medium(event.medium),
            state=ItemState.WRAP_UP,
            weight=event.weight,
            units=units,
            since=event.at,
            began_at=event.at,
            ends_at=event.wrap_up_until,
        )
        snapshots.restore_work(self.state, work)
        stand(self.state, seat)


def _is_about(effect: Effect, item_id: str) -> bool:
    """True for what the rows show already when a person dealt with this item."""
    return (
        isinstance(effect, OfferChanged | ItemMoved | WorkMoved | LoadChanged)
        and effect.item == item_id
    )


def _cancelled(event: WorkEnded) -> inputs.ItemCancelled:
    return inputs.ItemCancelled(event.item_id, f"{event.by}_ended")


HEARD: dict[type[Event], Callable[[Following, Any], None]] = {
    WorkQueued: Following._queued,
    OfferMade: Following._made,
    OfferAccepted: Following._accepted,
    OfferEnded: Following._ended,
    WorkTaken: Following._take,
    WorkTransferred: Following._transferred,
    WorkEnded: Following._work_ended,
    WrapUpEnded: Following._wrapped_up,
    MessageReceived: Following._written,
    PresenceChanged: Following._presence,
    QueueChanged: Following._queue_changed,
}
"""What each event of the log means to the core."""
