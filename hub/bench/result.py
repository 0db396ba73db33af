"""A measured number, the raw limit beside it, and the floor it must not fall below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """``value`` in ``unit``. ``limit`` is the bare machine's figure of the same run, ``ratio``
    value by limit.

    ``floor`` is the least (or with ``at_most`` the most) that is accepted; None: told, not judged.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    floor: float | None = None
    at_most: bool = False

    @property
    def ratio(self) -> float | None:
        return None if not self.limit else self.value / self.limit

    @property
    def ok(self) -> bool:
        if self.floor is None:
            return True
        return self.value <= self.floor if self.at_most else self.value >= self.floor

    def as_json(self) -> dict[str, Any]:
        facts = asdict(self)
        del facts["at_most"]
        return facts | {"ratio": self.ratio, "ok": self.ok}


def table(results: Sequence[Result]) -> str:
    """The results as text, a line each."""
    lines = []
    for result in results:
        judged = (
            "" if result.floor is None else f"  {'<=' if result.at_most else '>='} {result.floor:g}"
        )
        limit = "" if result.limit is None else f"  of {result.limit:,.6g} ({result.ratio:.2f})"
        mark = "ok " if result.ok else "BAD"
        lines.append(
            f"{mark} {result.name:<44} {result.value:>12,.6g} {result.unit}{limit}{judged}"
        )
    return "\n".join(lines)
