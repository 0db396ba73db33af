"""What people can do with work: accept, decline, take and hand on, end a wrap-up, say how they
are; and set up queues.

Each deed checks and changes the rows in one unit of work and announces it; the router hears of it
from the log. So an answer is right at once, whether or not a router runs at this moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hub.agents import service as agents_service, store as agents
from hub.agents.access import require
from hub.agents.model import Agent
from hub.conversations import service as conversations
from hub.conversations.model import Author, Conversation, Routing
from hub.conversations.service import HasEnded, NoSuchConversation, NotYours
from hub.conversations.views import ConversationView
from hub.kernel.clock import Millis
from hub.kernel.crashpoint import crashpoint
from hub.kernel.errors import Conflict, Fault, Invalid, NotFound
from hub.kernel.events import Change
from hub.kernel.ids import AgentId, OfferId, QueueId
from hub.routing import store
from hub.routing.events import PresenceChanged, QueueChanged, WorkTransferred
from hub.routing.ledger import Held, Item, Ledger, TooMuch, offer_json, shown_on_card
from hub.routing.model import Band, OfferMode, RoutingState, WrapUpMode
from hub.routing.rules import OFFLINE, RULES, STATUSES, rules_of
from hub.routing.views import PresenceView, QueueView, as_json, offer_view, presence_view
from hub.storage.unit import Unit

REASONS_KEPT = 200


class NoSuchOffer(NotFound):
    """There is no such offer."""


class OfferGone(Conflict):
    """This offer is over."""

    code = "offer_gone"


class NoSuchQueue(NotFound):
    """There is no such queue."""


class KeyTaken(Conflict):
    """Another queue has this key."""

    code = "key_taken"


class NotWaiting(Conflict):
    """Nobody waits here any more."""

    code = "not_waiting"


class OfferedElsewhere(Conflict):
    """It is being offered to a colleague at this moment."""

    code = "offered_elsewhere"


class CannotTake(Conflict):
    """This agent cannot take it now."""

    code = "cannot_take"


class NoWrapUp(Conflict):
    """There is no wrap-up to end."""

    code = "no_wrap_up"


class NoEarlyExit(Conflict):
    """This wrap-up ends by itself."""

    code = "no_early_exit"


# -- offers ---------------------------------------------------------------------------------------


def accept_offer(unit: Unit, offer_id: str, *, by: Agent) -> dict[str, Any]:
    """Take an offered work item on. Accepting twice is accepting once; ``OfferGone`` says what
    became of it.
    """
    crashpoint("IN12")
    offer, ledger = _own_offer(unit, offer_id, by, accepted_is_fine=True)
    if ledger is None:
        return offer_view(offer)
    queue = store.find_queue(unit.connection, offer.queue_id)
    ledger.accept(offer, actor=by.actor, target=queue.target)
    ledger.save()
    _write_line(unit, offer.conversation_id, "assigned", by)
    return offer_json(offer)


def decline_offer(unit: Unit, offer_id: str, *, reason: str, by: Agent) -> dict[str, Any]:
    """Leave it to somebody else: the item keeps its place, and is not offered to this agent again
    for a while.
    """
    offer, ledger = _own_offer(unit, offer_id, by)
    assert ledger is not None
    item = ledger.items[offer.item_id]
    item.excluded = [
        *(excluded for excluded in item.excluded if excluded[0] != by.id),
        (by.id, unit.now + RULES.reject_gap, "declined"),
    ]
    ledger.end_offer(offer, "declined", reason[:REASONS_KEPT], actor=by.actor)
    ledger.save()
    return offer_json(offer)


def _own_offer(
    unit: Unit, offer_id: str, by: Agent, *, accepted_is_fine: bool = False
) -> tuple[Any, Ledger | None]:
    """The agent's pending offer in a ledger; or its row alone when it was accepted before."""
    require(by, "offer.answer")
    row = store.find_offer(unit.connection, offer_id)
    if row is None or row.agent_id != by.id:
        raise NoSuchOffer
    ledger = Ledger(unit)
    ledger.read([row.item_id])
    offer = ledger.offer_of(ledger.items[row.item_id])
    if offer is not None and offer.id == offer_id:
        return offer, ledger
    row = store.find_offer(unit.connection, offer_id)
    if row.state == "accepted" and accepted_is_fine:
        return row, None
    raise OfferGone(state=row.state, reason=row.reason)


# -- taking and handing on ------------------------------------------------------------------------


def take(unit: Unit, conversation_id: str, *, by: Agent) -> ConversationView:
    """Pick a waiting conversation. ``TooMuch`` beyond one's capacity, ``CannotTake`` at a
    medium's cap.
    """
    conversations.get_for(unit, conversation_id, by, "conversation.take", lock=False)
    ledger, item = _live_item(unit, conversation_id, agents=[by.id])
    if item.agent_id == by.id and item.state in store.IN_HAND:
        return ConversationView.of(conversations.get(unit, conversation_id))
    queue = store.find_queue(unit.connection, item.queue_id)
    offer = ledger.offer_of(item)
    if offer is not None and offer.agent_id == by.id:
        ledger.accept(offer, actor=by.actor, target=queue.target)
    elif offer is not None:
        raise OfferedElsewhere(agent_id=offer.agent_id)
    elif item.state != "queued":
        raise NotWaiting(agent_id=item.agent_id)
    else:
        _check_room(ledger, item, by)
        ledger.take(item, _picked(ledger, item, by), actor=by.actor, target=queue.target)
    ledger.save()
    return ConversationView.of(_write_line(unit, conversation_id, "assigned", by))


def _check_room(ledger: Ledger, item: Item, agent: Agent) -> None:
    load = ledger.loads.get(agent.id)
    if load is None:
        raise CannotTake(reason="unknown")
    if load.used + item.weight > load.capacity:
        raise TooMuch(used=load.used, weight=item.weight, capacity=load.capacity)
    if load.counts.get(item.medium, 0) >= rules_of(item.medium).cap:
        raise CannotTake(reason="cap", medium=item.medium)


def _picked(ledger: Ledger, item: Item, agent: Agent) -> Held:
    now = ledger.unit.now
    place = ledger.places[item.conversation_id]
    return Held(
        id=OfferId(ledger.unit.new_id()),
        rev=1,
        item_id=item.id,
        conversation_id=item.conversation_id,
        queue_id=item.queue_id,
        agent_id=agent.id,
        medium=item.medium,
        units=item.weight,
        state="pending",
        mode=OfferMode.PICKED.value,
        override=False,
        made_at=now,
        deadline=now,
        ended_at=None,
        reason=None,
        epoch=0,
        shown=shown_on_card(place, now - item.enqueued_at, "picked", {}),
        why=None,
    )


def transfer(
    unit: Unit,
    conversation_id: str,
    *,
    by: Agent,
    queue_id: str | None = None,
    agent_id: str | None = None,
    note: str | None = None,
) -> ConversationView:
    """Hand a conversation on to a queue, or offer it to a colleague; its owner may, and
    supervisors.
    """
    conversation = conversations.get_for(
        unit, conversation_id, by, "conversation.transfer", lock=False
    )
    if conversation.agent_id != by.id and not by.sees_everything:
        raise NotYours(agent_id=conversation.agent_id)
    if note and note.strip():
        conversations.note(unit, conversation_id, note, by=by)
    to = None if agent_id is None else _colleague(unit, agent_id, by)
    ledger, item = _live_item(unit, conversation_id, agents=[] if to is None else [to.id])
    target = _queue(unit, queue_id or item.queue_id)
    if to is not None:
        _check_can_be_offered(ledger, item, to)
    _hand_on(ledger, item, target, to, by)
    ledger.save()
    where = as_json(QueueView.of(target, ()).name)["en"] if to is None else to.name
    after = _write_line(unit, conversation_id, "transferred", by, about=where)
    return ConversationView.of(after)


def _hand_on(ledger: Ledger, item: Item, queue: Any, to: Agent | None, by: Agent) -> None:
    now = ledger.unit.now
    offer = ledger.offer_of(item)
    part = ledger.part_in_hand(item)
    wrap_up_until = None
    if offer is not None:
        ledger.end_offer(offer, "withdrawn", "transferred", actor=by.actor)
    if part is not None:
        own = store.find_queue(ledger.unit.connection, part.queue_id)
        wrap_up_until = ledger.begin_wrap_up(part, own)
        _come_due(item, queue, now)
    elif queue.id != item.queue_id:
        item.due = item.enqueued_at + queue.target
    item.state, item.agent_id = "queued", None
    item.queue_id, item.band, item.step = queue.id, queue.band, 0
    item.seq = ledger.next_seq()
    ledger.touch(item)
    changed = ledger.place(item.conversation_id, Routing.WAITING, agent_id=None, queue_id=queue.id)
    ledger.tell(
        WorkTransferred(
            at=now,
            actor=by.actor,
            item_id=item.id,
            seq=item.seq,
            medium=item.medium,
            weight=item.weight,
            language=item.language,
            enqueued_at=item.enqueued_at,
            due=item.due,
            answered_at=item.answered_at,
            from_agent_id=None if part is None else part.agent_id,
            to_agent_id=None if to is None else to.id,
            load=None if part is None else ledger.loads[part.agent_id].used,
            wrap_up_until=wrap_up_until,
            changes=(changed,),
            **ledger.about(item, None),
        )
    )


def _come_due(item: Item, queue: Any, now: int) -> None:
    """A misroute keeps its due moment; what was worked on is due anew, a little earlier."""
    answered_at = item.enqueued_at if item.answered_at is None else item.answered_at
    if now - answered_at > RULES.misroute_window:
        item.enqueued_at = now
        item.due = now + queue.target - RULES.transfer_boost


def _colleague(unit: Unit, agent_id: str, by: Agent) -> Agent:
    agent = agents.find(unit.connection, agent_id)
    if agent is None or agent.disabled:
        raise Invalid("no such agent", Fault("/agent_id", "no such agent"))
    if agent.id == by.id and not by.sees_everything:
        raise Invalid("this is you", Fault("/agent_id", "choose a colleague"))
    return agent


def _check_can_be_offered(ledger: Ledger, item: Item, to: Agent) -> None:
    load = ledger.loads.get(to.id)
    if item.agent_id == to.id and item.state in store.IN_HAND:
        raise CannotTake(reason="has_it")
    if load is None or not load.routable:
        raise CannotTake(reason="not_routable")
    _check_room(ledger, item, to)


def _queue(unit: Unit, queue_id: str) -> Any:
    queue = store.find_queue(unit.connection, queue_id)
    if queue is None:
        raise Invalid("no such queue", Fault("/queue_id", "no such queue"))
    return queue


def _live_item(
    unit: Unit, conversation_id: str, *, agents: Iterable[str] = ()
) -> tuple[Ledger, Item]:
    ledger = Ledger(unit)
    ledger.read(conversations=[conversation_id], agents=agents)
    item = ledger.item_of(conversation_id)
    if item is not None:
        return ledger, item
    place = ledger.places.get(conversation_id)
    if place is None:
        raise NoSuchConversation
    if place.status == "ended":
        raise HasEnded
    raise NotWaiting


def _write_line(
    unit: Unit, conversation_id: str, code: str, by: Agent, about: str | None = None
) -> Conversation:
    author = Author("agent", by.id, by.name)
    conversation = conversations.get(unit, conversation_id)
    return conversations.write_line(unit, conversation, code, author=author, about=about)


# -- wrap-up --------------------------------------------------------------------------------------


def end_wrap_up(
    unit: Unit, conversation_id: str, *, by: Agent, disposition: str | None = None
) -> ConversationView:
    """The agent has finished; a supervisor may say so for whoever the conversation was with."""
    require(by, "wrap_up.end")
    agent_id = by.id
    rows = store.wrap_ups_of(unit.connection, agent_id, conversation_id)
    if not rows and by.sees_everything:
        agent_id = conversations.get(unit, conversation_id).agent_id or by.id
        rows = store.wrap_ups_of(unit.connection, agent_id, conversation_id)
    ledger = Ledger(unit)
    ledger.read([row.item_id for row in rows])
    parts = [ledger.wrap_up_of(row.item_id, agent_id) for row in rows]
    live = [part for part in parts if part is not None]
    if not live:
        conversation = conversations.get_for(unit, conversation_id, by, "conversation.read")
        raise NoWrapUp(conversation_id=conversation.id)
    for part in live:
        queue = store.find_queue(unit.connection, part.queue_id)
        if queue.wrap_up_mode == WrapUpMode.COOL_DOWN:
            raise NoEarlyExit(ends_at=part.ends_at)
        ledger.end_wrap_up(part, "wrapped_up", actor=by.actor, disposition=disposition)
    ledger.save()
    return ConversationView.of(conversations.get(unit, conversation_id))


# -- presence -------------------------------------------------------------------------------------


def set_presence(
    unit: Unit, agent_id: str, *, status: str, reason: str | None = None, by: Agent
) -> PresenceView:
    """Say how an agent is: oneself, or a supervisor for somebody."""
    own = agent_id == by.id
    require(by, "presence.set" if own else "presence.set_for_others")
    if status not in STATUSES:
        raise Invalid("no such status", Fault("/status", f"one of {', '.join(STATUSES)}"))
    agent = agents_service.get_agent(unit, agent_id)
    store.keep_agent(unit, agent.id, agent.capacity)
    ledger = Ledger(unit)
    ledger.read_loads([agent.id])
    before = store.find_presence(unit.connection, agent.id)
    says_the_same = (before.status, before.reason) == (status, reason)
    since = before.since if says_the_same else unit.now
    state = _state_after(before.routing_state, status)
    store.set_presence(
        unit,
        agent.id,
        status=status,
        reason=reason,
        since=since,
        cause="set",
        routing_state=state.value,
        choice=before.choice + 1,
    )
    load = ledger.loads[agent.id]
    load.routable = state is RoutingState.ROUTABLE
    ledger.touch_load(load)
    ledger.tell(
        PresenceChanged(
            at=unit.now,
            actor=by.actor,
            agent_id=agent.id,
            status=status,
            reason=reason,
            since=since,
            routing_state=state.value,
            cause="set",
            choice=before.choice + 1,
        )
    )
    ledger.save()
    (row,) = [r for r in store.presence_rows(unit.connection) if r.agent_id == agent.id]
    return presence_view(row)


def _state_after(before: str, status: str) -> RoutingState:
    """What the router will make of it, as far as can be told here."""
    if status == OFFLINE:
        return RoutingState.OFFLINE
    if before == RoutingState.DISCONNECTED:
        return RoutingState.DISCONNECTED
    return RoutingState.ROUTABLE if STATUSES[status] else RoutingState.NOT_ROUTABLE


# -- queues ---------------------------------------------------------------------------------------


def add_queue(
    unit: Unit,
    *,
    key: str,
    name: Mapping[str, str],
    medium: str,
    target: int,
    goal: float = 0.8,
    members: Iterable[AgentId] = (),
    wrap_up_mode: str = WrapUpMode.NONE.value,
    wrap_up_limit: int | None = None,
    strategy: str = "longest_idle",
    band: int = Band.NORMAL,
    by: str = "hub",
) -> QueueView:
    """Set up a queue. ``KeyTaken`` when another has the key."""
    if any(row.key == key for row in store.queue_rows(unit.connection)):
        raise KeyTaken(key=key)
    queue_id = QueueId(unit.new_id())
    unit.connection.execute(
        store.queues.insert().values(
            id=queue_id,
            rev=1,
            key=key,
            name_zh=name["zh"],
            name_en=name["en"],
            medium=medium,
            target=target,
            goal=goal,
            wrap_up_mode=wrap_up_mode,
            wrap_up_limit=wrap_up_limit,
            strategy=strategy,
            band=band,
        )
    )
    _announce_queue(unit, queue_id, by)
    _set_members(unit, queue_id, members, by)
    return queue_view(unit, queue_id)


def change_queue(
    unit: Unit,
    queue_id: str,
    changes: Mapping[str, Any],
    *,
    members: Iterable[AgentId] | None = None,
    by: str,
) -> QueueView:
    """Change a queue, its members, or both. Work that waits keeps its place."""
    before = store.find_queue(unit.connection, queue_id)
    if before is None:
        raise NoSuchQueue
    taken = changes.get("key", before.key)
    if any(row.key == taken and row.id != queue_id for row in store.queue_rows(unit.connection)):
        raise KeyTaken(key=taken)
    unit.connection.execute(
        store.queues.update()
        .where(store.queues.c.id == queue_id)
        .values(rev=before.rev + 1, **changes)
    )
    if members is not None:
        _set_members(unit, QueueId(queue_id), members, by)
    _announce_queue(unit, QueueId(queue_id), by)
    return queue_view(unit, queue_id)


def queue_view(unit: Unit, queue_id: str) -> QueueView:
    row = store.find_queue(unit.connection, queue_id)
    if row is None:
        raise NoSuchQueue
    return QueueView.of(row, agents.members(unit.connection).get(row.id, ()))


def _set_members(unit: Unit, queue_id: QueueId, members: Iterable[AgentId], by: str) -> None:
    wanted = list(dict.fromkeys(members))
    before = agents.members(unit.connection).get(queue_id, [])
    for at, agent_id in enumerate(wanted):
        if agents.find(unit.connection, agent_id) is None:
            raise Invalid("no such agent", Fault(f"/members/{at}", "no such agent"))
    agents.set_members(unit, queue_id, wanted)
    changed = sorted(set(before) ^ set(wanted))
    agents_service.memberships_changed(unit, changed, by=by)


def _announce_queue(unit: Unit, queue_id: QueueId, by: str) -> None:
    row = store.find_queue(unit.connection, queue_id)
    view = queue_view(unit, queue_id)
    facts = {name: getattr(row, name) for name in ROUTING_FACTS}
    unit.announce(
        QueueChanged(
            at=Millis(unit.now),
            actor=by,
            queue_id=queue_id,
            facts=facts,
            changes=(Change("queue", queue_id, view.rev, full=as_json(view)),),
        )
    )


ROUTING_FACTS = ("target", "wrap_up_mode", "wrap_up_limit", "strategy", "band", "medium", "goal")
"""What routing needs to know of a queue."""
