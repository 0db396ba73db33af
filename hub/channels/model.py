"""A configured channel, and what became of an attempt to send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from hub.kernel.clock import Millis
from hub.kernel.ids import ChannelId, QueueId


class Fate(Enum):
    """What became of one attempt to send."""

    SENT = "sent"
    FAILED = "failed"
    LATER = "later"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result of one attempt for one recipient.

    ``sent``: the other side has taken it. ``failed``: it never will. ``later``: not now, try again.
    ``unknown``: it may have been taken; nobody can say. ``detail`` is shown to the agent.
    """

    fate: Fate
    detail: str = ""
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One configured channel: a mailbox, a web site's chat, a webhook. ``secrets`` are decrypted,
    never logged.
    """

    id: ChannelId
    rev: int
    kind: str
    key: str
    name: str
    queue_id: QueueId | None
    language: str | None
    reply_within: Millis | None
    enabled: bool
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
