"""What happens to channels and their messages on the way."""

from __future__ import annotations

from hub.kernel.events import Event, event


@event("channel.changed")
class ChannelChanged(Event):
    """A channel was added or changed."""

    channel_id: str


@event("channel.health_changed")
class ChannelHealthChanged(Event):
    """A channel went up or down; ``detail`` says why."""

    channel_id: str
    is_up: bool
    detail: str = ""


@event("message.quarantined")
class MessageQuarantined(Event):
    """Something came in that could not be understood; it is kept."""

    channel_id: str
    quarantine_id: str
    reason: str


@event("message.discarded")
class QuarantinedDiscarded(Event):
    """Somebody decided that this need not be understood; its bytes stay."""

    channel_id: str
    quarantine_id: str
    reason: str


@event("message.attempted")
class SendingAttempted(Event):
    """One attempt to send ended; the result is in the message's state."""

    conversation_id: str
    message_id: str
    attempt: int
    fate: str
    detail: str = ""
