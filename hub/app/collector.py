"""When the garbage collector looks: not while the program is loaded, rarely at what stays."""

from __future__ import annotations

import gc


def rest() -> None:
    """Do not look while nearly everything that is made stays: the code, the tables, the routes."""
    gc.disable()


def spare() -> None:
    """What was made at the start stays: the collector need not look at it again and again.

    It looks at the young as often as before, at the old rarely: cycles are few here. What the start
    left behind is not looked for: it is a few hundred KiB, and looking would take a tenth of it.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    gc.enable()
