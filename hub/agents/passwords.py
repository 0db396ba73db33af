"""Passwords are kept as argon2id hashes (OWASP: 19 MiB, two passes, one lane), worked out on a
thread.
"""

from __future__ import annotations

import asyncio
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.kernel.errors import Fault, Invalid

SHORTEST = 10
LONGEST = 256


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self, memory_kib: int = 19_456) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=memory_kib, parallelism=1)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """The hash to keep. ``Invalid`` for one that is too short or too long."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise Invalid(
                "choose another password",
                Fault("/password", f"{SHORTEST} to {LONGEST} characters"),
            )
        return self._hasher.hash(password)

    async def check(self, password: str, kept: str | None) -> bool:
        """True when ``password`` is the one. Takes as long for an agent that does not exist."""
        if len(password) > LONGEST:
            return False
        fits = await asyncio.to_thread(self._fits, password, kept)
        return fits and kept is not None

    def _fits(self, password: str, kept: str | None) -> bool:
        nobody = self._nobody  # made by the first check of all, whomever that is for
        try:
            return self._hasher.verify(kept or nobody, password)
        except (VerificationError, InvalidHashError):
            return False
