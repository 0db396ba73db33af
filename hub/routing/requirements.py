"""Who is able: what work asks for, held against what an agent can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.routing.model import ANYONE, Membership, Requirement, Step


def lacks(
    requirement: Requirement, skills: Mapping[str, int], languages: frozenset[str]
) -> str | None:
    """The first thing missing, in words; ``None`` when nothing is."""
    if requirement is ANYONE:
        return None
    for skill, level in sorted(requirement.skills):
        has = skills.get(skill, 0)
        if has < level:
            return f"needs {skill}>={level}, has {has}"
    if requirement.languages and not requirement.languages & languages:
        return "speaks none of " + ", ".join(sorted(requirement.languages))
    return None


def stages_of(needs: Iterable[Step], members: Iterable[Membership]) -> tuple[int, ...]:
    """The waits, in rising order from 0, at which more agents become able."""
    return tuple(sorted({0} | {s.after for s in needs} | {m.delay for m in members}))


def missing(
    groups: frozenset[str],
    skills: Mapping[str, int],
    languages: frozenset[str],
    members: Iterable[Membership],
    needs: tuple[Step, ...],
    waited: int,
    opened: int = 0,
) -> str | None:
    """Why an agent is not able after so much waiting; ``None`` when they are.

    ``opened`` are the members, as bits, whose conditions have come about. Both the circle of
    members and the requirement only ever widen: each step adds to those before.
    """
    if not any(
        m.delay <= waited
        and (m.group is None or m.group in groups)
        and (m.when is None or opened >> number & 1)
        for number, m in enumerate(members)
    ):
        return "serves another queue"
    if not needs:
        return None
    first: str | None = None
    for need in needs:
        if need.after <= waited:
            lack = lacks(need.requirement, skills, languages)
            if lack is None:
                return None
            first = first or lack
    return first or "no requirement holds yet"
