"""The rules that hold for the whole hub, and what a channel's conversations ask of an agent."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hub.routing.model import Medium, MediumRules, Requirement, Rules, Step

RULES = Rules(heartbeat_timeout=None)
"""As the core has them; whether an agent's line is alive is watched by the sockets."""

MEDIUM_OF: Mapping[str, Medium] = MappingProxyType(
    {
        "chat": Medium.CHAT,
        "email": Medium.EMAIL,
        "webhook": Medium.MESSAGING,
        "memory": Medium.MESSAGING,
        "sms": Medium.MESSAGING,
    }
)
"""The kind of attention each channel asks for."""

OFFLINE = "offline"
STATUSES: Mapping[str, bool] = MappingProxyType(
    {"available": True, "busy": False, "away": False, OFFLINE: False}
)
"""What agents may say of themselves, and whether it lets work come."""


def medium_of(channel: str) -> Medium:
    """The kind of attention a conversation of this channel asks for."""
    return MEDIUM_OF.get(channel, Medium.MESSAGING)


def rules_of(medium: str) -> MediumRules:
    return RULES.media[Medium(medium)]


def spoken(language: str | None) -> str | None:
    """The language itself, without script and country: ``zh-Hans-CN`` is ``zh``."""
    return language.replace("_", "-").partition("-")[0].lower() if language else None


def needs_of(language: str | None, known: frozenset[str], target: int) -> tuple[Step, ...]:
    """Who may help: those who speak the customer's language, and once the target has passed,
    anyone.

    ``known`` are the languages that the queue's agents speak; another language keeps nobody away.
    """
    tongue = spoken(language)
    if tongue is None or tongue not in known:
        return ()
    return (Step(0, Requirement(languages=frozenset({tongue}))), Step(target, Requirement()))
