"""What happens to mails before they are messages."""

from __future__ import annotations

from hub.kernel.events import Event, event


@event("mail.skipped")
class MailSkipped(Event):
    """A mail could not be had from its mailbox: it *vanished*, or is *unfetchable* and lies
    there."""

    channel_id: str
    uid: int
    reason: str
