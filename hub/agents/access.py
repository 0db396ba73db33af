"""The policy table: who may do what. Every route and every socket command takes its right from
here.

A right is given *anywhere* (``ALL``), on what belongs to one's queues or oneself (``OWN``), or not
at all. An object outside one's reach is ``NotFound``, exactly as if it did not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from hub.agents.model import Agent, Role
from hub.kernel.errors import Forbidden


class Reach(Enum):
    """How far a right goes."""

    NONE = "none"
    OWN = "own"
    ALL = "all"


_N, _O, _A = Reach.NONE, Reach.OWN, Reach.ALL

#   action                         agent  supervisor  admin
_TABLE: tuple[tuple[str, Reach, Reach, Reach], ...] = (
    ("self", _O, _O, _O),
    ("agents.read", _A, _A, _A),
    ("agents.manage", _N, _N, _A),
    ("presence.set", _O, _O, _O),
    ("presence.set_for_others", _N, _A, _A),
    ("queues.read", _A, _A, _A),
    ("queues.manage", _N, _N, _A),
    ("channels.manage", _N, _N, _A),
    ("conversation.read", _O, _A, _A),
    ("conversation.reply", _O, _A, _A),
    ("conversation.note", _O, _A, _A),
    ("conversation.end", _O, _A, _A),
    ("conversation.transfer", _O, _A, _A),
    ("conversation.take", _O, _A, _A),
    ("draft.write", _O, _A, _A),
    ("attachment.read", _O, _A, _A),
    ("raw.read", _O, _A, _A),
    ("upload", _A, _A, _A),
    ("offer.answer", _O, _O, _O),
    ("wrap_up.end", _O, _O, _O),
    ("customer.read", _A, _A, _A),
    ("customer.change", _A, _A, _A),
    ("ticket.read", _A, _A, _A),
    ("ticket.change", _A, _A, _A),
    ("article.read", _A, _A, _A),
    ("article.write", _A, _A, _A),
    ("article.publish", _N, _A, _A),
    ("search", _O, _A, _A),
    ("live.read", _N, _A, _A),
    ("quarantine.manage", _N, _N, _A),
    ("parked.manage", _N, _N, _A),
    ("docs.read", _A, _A, _A),
    ("metrics.read", _N, _N, _A),
)

POLICY: Mapping[str, Mapping[Role, Reach]] = MappingProxyType(
    {
        action: {Role.AGENT: agent, Role.SUPERVISOR: supervisor, Role.ADMIN: admin}
        for action, agent, supervisor, admin in _TABLE
    }
)


def reach_of(agent: Agent, action: str) -> Reach:
    """How far ``agent`` may do ``action``. An action without a policy is a defect
    (``KeyError``).
    """
    return POLICY[action][agent.role]


def require(agent: Agent, action: str) -> Reach:
    """The reach, or ``Forbidden`` when there is none."""
    reach = reach_of(agent, action)
    if reach is Reach.NONE:
        raise Forbidden
    return reach


def rights_of(agent: Agent) -> tuple[str, ...]:
    """The actions this agent may do at all, for screens to show what can be done."""
    return tuple(
        sorted(action for action, roles in POLICY.items() if roles[agent.role] is not Reach.NONE)
    )
