"""What must hold after every step. A broken one is a defect: the router stops rather than go on.

``verify`` looks at what one step touched and runs always; ``check`` looks at everything and runs in
tests and simulation. The names are those of the specification:

I1  one open offer or one owner for each item
I2  units and caps are kept, unless somebody decided otherwise
I3  no waiting item beside an agent who could take it
I5  an item that has ended is forgotten
I6  whatever passes has a timer that ends it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.routing.state import State


class InvariantBroken(AssertionError):
    """The router's state contradicts itself."""

    def __init__(self, name: str, what: str) -> None:
        self.name = name
        super().__init__(f"{name}: {what}")
