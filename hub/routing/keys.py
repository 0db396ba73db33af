"""The order of everything, as whole numbers that compare at once.

An item's key sorts like ``(band, due - offset, seq)``, an agent's rank like ``(fit, scarcity, load,
count, idle_since, seq)``. Both are the sum of a *place*, their own, and a *base*, shared by
everybody in the same line. So a whole class of items moves forward by changing one number.
"""

from __future__ import annotations

SEQ_BITS = 40
SEQ_MASK = (1 << SEQ_BITS) - 1
MOMENT_BITS = 72
COUNT_BITS = LOAD_BITS = 24
LOWEST = -(1 << (SEQ_BITS + MOMENT_BITS + 40))
"""Below every key and rank."""


def place_of(moment: int, seq: int) -> int:
    """Earlier moment first, then smaller number; ``moment`` may be before 1970, ``seq`` may not."""
    return (moment << SEQ_BITS) + seq


def item_base(band: int, offset: int) -> int:
    """What the items of one demand share: their band, and by how many ms it is moved forward."""
    return (band << (SEQ_BITS + MOMENT_BITS)) - (offset << SEQ_BITS)


def agent_base(scarcity: int, load: int) -> int:
    """What the agents of one supply share: how scarce their skills are, and how loaded they are."""
    return ((scarcity << LOAD_BITS) + load) << (SEQ_BITS + MOMENT_BITS + COUNT_BITS)


def counted(count: int, place: int) -> int:
    """A place behind all of smaller counts."""
    return (count << (SEQ_BITS + MOMENT_BITS)) + place


def fitting(fit: int) -> int:
    """What is added to the rank of agents who fit so badly: it outweighs everything else."""
    return fit << (SEQ_BITS + MOMENT_BITS + COUNT_BITS + 2 * LOAD_BITS)
