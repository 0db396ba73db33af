"""How much an agent may carry, and carries: units over all media, and a cap for each.

Capacity is used from the offer on. Work that another medium interrupts does not count against that
medium, and weighs its inactive weight while interrupted; against everything else it counts in full,
so that there is room for it when the interruption ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.routing.model import ItemState, Medium, MediumRules, Rules

if TYPE_CHECKING:
    from hub.routing.records import Seat, Work

MEDIA = tuple(Medium)
NUMBER = {medium: number for number, medium in enumerate(MEDIA)}
ALL_MEDIA = (1 << len(MEDIA)) - 1
AT_REST = (ItemState.PARKED, ItemState.WRAP_UP)


class Terms:
    """The rules of the media by their numbers, and which yield to which."""

    __slots__ = ("any_yield", "by_medium", "lightest", "trades", "yielding")

    def __init__(self, rules: Rules) -> None:
        self.by_medium: tuple[MediumRules, ...] = tuple(rules.media[medium] for medium in MEDIA)
        self.yielding: tuple[int, ...] = tuple(
            sum(1 << n for n, m in enumerate(MEDIA) if interrupter in rules.media[m].interrupted_by)
            for interrupter in MEDIA
        )
        """For each medium, the bits of those that yield to it."""
        self.any_yield = any(self.yielding)
        self.lightest: dict[int, int] = {}
        """The least weight of any demand in each medium that has one."""
        self.trades: tuple[tuple[int, int, int, int], ...] = ()
        """For each medium in use: its bit, number, least weight, and those that yield to it."""

    def allow(self, medium: int, weight: int) -> bool:
        """Take note of such work. True when agents must be asked anew what they have room for."""
        if self.lightest.get(medium, weight + 1) <= weight:
            return False
        self.lightest[medium] = weight
        self.trades = tuple(
            (1 << m, m, least, self.yielding[m]) for m, least in sorted(self.lightest.items())
        )
        return True


def media_bits(media: frozenset[Medium] | None) -> int:
    """A set of media as bits; ``None`` is all of them."""
    return ALL_MEDIA if media is None else sum(1 << NUMBER[m] for m in media)


def room_of(seat: Seat, terms: Terms) -> int:
    """The media, as bits, of which the agent could take the lightest work there is."""
    free = seat.units - seat.used - seat.dormant
    counts, caps, media = seat.counts, seat.caps, seat.media
    room = 0
    for bit, medium, least, yielding in terms.trades:
        if (
            media & bit
            and counts[medium] < caps[medium]
            and (least <= free or (yielding and least <= free + exempt(seat, yielding)))
        ):
            room |= bit
    return room


def has_units(seat: Seat, terms: Terms, medium: int, weight: int) -> bool:
    """True when work of this weight fits beside what the agent carries."""
    free = seat.units - seat.used - seat.dormant
    if weight <= free:
        return True
    yielding = terms.yielding[medium]
    return bool(yielding) and weight <= free + exempt(seat, yielding)


def exempt(seat: Seat, yielding: int) -> int:
    """The units of work and offers in media that yield."""
    return sum(claim_of(w) for w in seat.work.values() if yielding >> w.medium & 1) + sum(
        o.units for o in seat.offers.values() if yielding >> o.item.demand.medium & 1
    )


def strain(seat: Seat, terms: Terms) -> int:
    """What the agent carries that nothing else they carry interrupts: never above their units."""
    carried = [(o.item.demand.medium, o.units) for o in seat.offers.values()]
    carried += [(w.medium, claim_of(w)) for w in seat.work.values()]
    yielding = 0
    for medium, _ in carried:
        yielding |= terms.yielding[medium]
    return sum(units for medium, units in carried if not yielding >> medium & 1)


def is_over(seat: Seat, terms: Terms) -> bool:
    """True when the agent carries more than their units or a cap allow."""
    return strain(seat, terms) > seat.units or any(map(int.__gt__, seat.counts, seat.caps))


def claim_of(work: Work) -> int:
    """What the work weighs as soon as nothing interrupts it."""
    return work.units if work.state in AT_REST else work.weight


def weight_now(work: Work, seat: Seat, terms: Terms) -> int:
    """What this work weighs in its state, beside the agent's other work.

    Wrap-up never weighs more than the work did, for by then there may be no room.
    """
    rules = terms.by_medium[work.medium]
    if work.state is ItemState.WRAP_UP:
        return min(work.units, rules.wrap_up_units)
    if rules.inactive_weight is not None and (
        work.state is ItemState.PARKED or is_interrupted(work, seat, terms)
    ):
        return min(work.weight, rules.inactive_weight)
    return work.weight


def is_interrupted(work: Work, seat: Seat, terms: Terms) -> bool:
    """True while the agent has other work that this work yields to, its wrap-up included."""
    return terms.any_yield and any(
        terms.yielding[other.medium] >> work.medium & 1 and presses(other, terms)
        for other in seat.work.values()
    )


def presses(work: Work, terms: Terms) -> bool:
    """True unless the work weighs nothing in its state."""
    rules = terms.by_medium[work.medium]
    if work.state is ItemState.WRAP_UP:
        return rules.wrap_up_units > 0
    return work.state is not ItemState.PARKED or rules.inactive_weight != 0


def load_of(seat: Seat) -> int:
    """The quarter of the agent's capacity that is in use: 0 to 3."""
    if seat.used >= seat.units:
        return 3
    return 4 * seat.used // seat.units
