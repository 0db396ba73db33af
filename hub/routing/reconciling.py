"""Compares rows with themselves and with the core, and mends what differs twice in a row.

While work flows, rows and core are never at quite the same position, so one look proves nothing.
Certain is what differs at two looks in a row: in a row's version that has not changed meanwhile, or
while nothing was under way at either. Every repair is an event and is counted: in a clean run there
is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy import Connection, func, select

from hub.conversations.model import Routing
from hub.routing import store
from hub.routing.committing import LEASE
from hub.routing.events import RoutingRepaired
from hub.routing.following import Following
from hub.routing.ledger import Ledger
from hub.routing.model import ItemState, OfferState, RoutingState
from hub.storage import leases, log
from hub.storage.database import Database
from hub.storage.unit import Unit

MOST_ONE_BY_ONE = 5_000
"""Where more wait than this, those in line are compared by their number."""

said = structlog.get_logger("hub.routing")

VERSIONED = frozenset({"lost", "differs"})
"""Differences that name a row's version, and so can be told from work that flows."""

Difference = tuple[str, str, str]
"""What is wrong, with what, and how; the same tuple again is the same difference."""


class Router(Protocol):
    """What is compared with the rows, and can begin again from them."""

    @property
    def position(self) -> int | None:
        """Up to which event the core has heard everything; None while decisions are under way."""

    def begin_again(self, why: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """The live rows at one moment, and the log's last number then."""

    seq: int
    items: dict[str, tuple[str, str | None, int]]
    queued: int
    offers: dict[str, tuple[str, str]]
    parts: dict[tuple[str, str], str]
    used: dict[str, int]
    barred: set[str]
    """Whose load refuses grants though their presence allows them."""
    held: dict[str, int]


def read_live(connection: Connection) -> Seen:
    """Read the live rows; the many who merely wait only as a number."""
    items = store.work_items.c
    queued = connection.execute(
        select(func.count()).select_from(store.live_items.where(items.state == "queued").subquery())
    ).scalar_one()
    agents = store.presence_rows(connection)
    wanted = store.unfinished_items
    if queued > MOST_ONE_BY_ONE:
        wanted = wanted.where(items.state != "queued")
    rows = connection.execute(wanted).all()
    return Seen(
        seq=log.last_seq(connection),
        items={row.id: (row.state, row.agent_id, row.version) for row in rows},
        queued=queued,
        offers={r.item_id: (r.id, r.agent_id) for r in store.pending_offers(connection)},
        parts={
            (r.item_id, r.agent_id): r.state for r in connection.execute(store.live_assignments)
        },
        used={agent.agent_id: agent.used for agent in agents},
        barred={
            agent.agent_id
            for agent in agents
            if agent.routing_state == RoutingState.ROUTABLE and not agent.routable
        },
        held=store.held_units(connection),
    )


class Reconciler:
    """Looks now and then, and remembers what it saw."""

    def __init__(self, database: Database, router: Router) -> None:
        self._database = database
        self._router = router
        self._rows_before: set[Difference] = set()
        self._core_before: set[Difference] = set()

    def look_closely(self) -> None:
        """The rows are known to contradict each other: the next look counts as the second."""
        self._rows_before = {("astray", "", "")}

    async def look(self, following: Following, epoch: int) -> int:
        """Compare once. Returns how many repairs were made."""
        seen = await self._database.read(read_live)
        in_rows = set(contradictions(seen))
        in_core = set(disagreements(seen, following))
        if self._router.position != seen.seq:
            in_core = {found for found in in_core if found[0] in VERSIONED}
        certain = in_rows & self._rows_before
        if ("astray", "", "") in self._rows_before:
            certain = in_rows
        doubtful = in_core & self._core_before
        self._rows_before, self._core_before = in_rows, in_core
        if certain:
            await self._database.write(partial(mend, epoch=epoch, differences=sorted(certain)))
            said.error("rows repaired", differences=sorted(certain)[:20])
            self._router.begin_again("rows were repaired")
            return len(certain)
        if doubtful:
            await self._database.write(partial(_note, epoch=epoch, differences=sorted(doubtful)))
            said.error("router and rows disagree", differences=sorted(doubtful)[:20])
            self._router.begin_again("router and rows disagree")
        return len(doubtful)


def contradictions(seen: Seen) -> Iterable[Difference]:
    """Where the rows contradict each other."""
    yield from _items_without_holder(seen)
    for item_id, (offer_id, _) in seen.offers.items():
        if seen.items.get(item_id, ("",))[0] != "offered":
            yield "offer", item_id, f"{offer_id} of an item that is not offered"
    for (item_id, agent_id), state in seen.parts.items():
        has = seen.items.get(item_id, ("", None, 0))[:2]
        if state in store.IN_HAND and has != (state, agent_id):
            yield "part", item_id, f"of {agent_id}, who does not have it"
    for agent_id, used in seen.used.items():
        held = seen.held.get(agent_id, 0)
        if used != held:
            yield "load", agent_id, f"{used} kept, {held} held"
    for agent_id in seen.barred:
        yield "load", agent_id, "refuses what the presence allows"


def _items_without_holder(seen: Seen) -> Iterable[Difference]:
    in_hand = {item for (item, _), state in seen.parts.items() if state in store.IN_HAND}
    for item_id, (state, _, _) in seen.items.items():
        if state == "offered" and item_id not in seen.offers:
            yield "item", item_id, "offered to nobody"
        elif state in store.IN_HAND and item_id not in in_hand:
            yield "item", item_id, "with nobody"


def disagreements(seen: Seen, following: Following) -> Iterable[Difference]:
    """Where the core and the rows differ."""
    one_by_one = seen.queued <= MOST_ONE_BY_ONE
    core = _items_of_core(following)
    queued = sum(1 for state, _ in core.values() if state == "queued")
    if not one_by_one and queued != seen.queued:
        yield "queued", "", f"{queued} is {seen.queued}"
    for item_id, (row_state, agent_id, version) in seen.items.items():
        mine = core.get(item_id)
        if mine is None:
            yield "lost", item_id, f"{row_state} {version}"
        elif mine[0] != row_state or (row_state in store.IN_HAND and mine[1] != agent_id):
            yield "differs", item_id, f"{mine} is {row_state} {agent_id} {version}"
    for item_id, (core_state, _) in core.items():
        if item_id not in seen.items and (one_by_one or core_state != "queued"):
            yield "ghost", item_id, core_state
    yield from _other_loads(seen, following)


def _items_of_core(following: Following) -> dict[str, tuple[str, str | None]]:
    """What the core believes of each item; a grant that is not written yet has not happened."""
    core: dict[str, tuple[str, str | None]] = {}
    for item in following.state.items.values():
        is_proposed = item.offer is not None and item.offer.state is OfferState.PROPOSED
        if item.state is ItemState.QUEUED or is_proposed:
            core[item.id] = ("queued", None)
        else:
            core[item.id] = (item.state.value, None if item.agent is None else item.agent.id)
    return core


def _other_loads(seen: Seen, following: Following) -> Iterable[Difference]:
    for seat in following.state.seats.values():
        proposed = sum(o.units for o in seat.offers.values() if o.state is OfferState.PROPOSED)
        if seat.id in seen.used and seen.used[seat.id] != seat.used - proposed:
            yield "seat", seat.id, f"{seat.used - proposed} is {seen.used[seat.id]}"


def mend(unit: Unit, epoch: int, differences: Iterable[Difference]) -> None:
    """Put contradicting rows right: what nobody has waits again, and loads are what is held."""
    leases.check(unit.connection, LEASE, epoch)
    wrong = list(differences)
    ledger = Ledger(unit, epoch)
    ledger.read([subject for kind, subject, _ in wrong if kind != "load"])
    for kind, subject, how in wrong:
        if kind != "load":
            _mend_item(ledger, subject)
        ledger.tell(RoutingRepaired(at=unit.now, what=f"{kind}: {how}", subject=subject))
    ledger.save()
    store.unbar(unit)
    held = store.held_units(unit.connection)
    for agent_id, counts in store.held_counts(unit.connection).items():
        store.set_load(unit, agent_id, held.get(agent_id, 0), counts)


def _mend_item(ledger: Ledger, item_id: str) -> None:
    item = ledger.items.get(item_id)
    if item is None:
        return
    offer, part = ledger.offer_of(item), ledger.part_in_hand(item)
    if offer is not None and item.state != "offered":
        state = item.state
        ledger.end_offer(offer, "withdrawn", "repaired", by_router=True, waits=False)
        item.state = state
    if part is not None and (item.state, item.agent_id) != (part.state, part.agent_id):
        ledger.let_go(part, "repaired")
    is_nobodys = item.state in (*store.IN_HAND, "offered") and (
        ledger.offer_of(item) is None and ledger.part_in_hand(item) is None
    )
    place = ledger.places[item.conversation_id]
    if is_nobodys and place.status == "open":
        ledger.requeue(item, "repaired", item.agent_id)
    elif is_nobodys:
        ledger.finish(item, "failed")
        ledger.place(place.id, Routing.NONE, agent_id=place.agent_id)


def _note(unit: Unit, epoch: int, differences: Iterable[Difference]) -> None:
    leases.check(unit.connection, LEASE, epoch)
    unit.announce(
        *(
            RoutingRepaired(at=unit.now, what=f"{kind}: {how}", subject=subject)
            for kind, subject, how in differences
        )
    )
