"""How long to wait before trying again."""

from __future__ import annotations

from dataclasses import dataclass

from hub.kernel.clock import HOUR, MINUTE, SECOND, Millis


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that double from ``first`` up to ``most``; none left after ``give_up_after``
    in all.
    """

    first: Millis
    most: Millis
    give_up_after: Millis

    def pause(self, attempts: int) -> Millis:
        """The pause after this many failed attempts (one or more), in milliseconds."""
        return Millis(min(self.first << min(attempts - 1, 40), self.most))

    def is_spent(self, began_at: Millis, now: Millis) -> bool:
        """True when trying again would come too late."""
        return now - began_at >= self.give_up_after


SENDING = Backoff(first=MINUTE, most=Millis(4 * HOUR), give_up_after=Millis(48 * HOUR))
"""Outgoing messages after a temporary refusal (reliability F31)."""

CONNECTING = Backoff(
    first=Millis(2 * SECOND), most=Millis(10 * MINUTE), give_up_after=Millis(1 << 62)
)
"""Lines to a provider: at most six tries an hour once it keeps failing (reliability F30)."""
