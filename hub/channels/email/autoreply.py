"""May the hub answer this mail by itself? Rarely: two machines that answer each other never stop
(RFC 3834)."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from hub.channels.email.identity import Trust
from hub.channels.email.parse import ParsedMail
from hub.kernel.clock import DAY, Millis


@dataclass(frozen=True, slots=True)
class Caps:
    """How many automatic answers leave a mailbox at most."""

    per_correspondent: Millis = DAY
    """The pause between two answers to one address."""
    mailbox_per_hour: int = 200
    domain_per_hour: int = 30
    exchanges_before_alarm: int = 3
    """Mails of one correspondent, with no human between, within ten minutes."""


CAPS = Caps()


@dataclass(frozen=True, slots=True)
class History:
    """What went before, for one mailbox and the sender of one mail."""

    answered_at: Millis | None = None
    """When this address last got an automatic answer."""
    mailbox_last_hour: int = 0
    domain_last_hour: int = 0
    machine_exchanges: int = 0
    """Mails from this address in the last ten minutes, with no human on our side between them."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to answer, why not, and whether a supervisor should look."""

    may_answer: bool
    why_not: str | None = None
    alarm: bool = False


def judge(
    mail: ParsedMail, ours: Set[str], history: History, now: Millis, caps: Caps = CAPS
) -> Verdict:
    """Decide on one automatic answer. ``ours``: lower-case addresses of our own mailboxes."""
    alarm = history.machine_exchanges >= caps.exchanges_before_alarm
    why_not = _kind_of_mail(mail, ours) or _too_often(history, now, caps)
    if why_not is None and alarm:
        why_not = "loop"
    return Verdict(why_not is None, why_not, alarm)


def _kind_of_mail(mail: ParsedMail, ours: Set[str]) -> str | None:
    if mail.author is None or mail.trust is Trust.FAILED:
        return "sender-not-believed"
    if mail.automatic is not None:
        return f"automatic: {mail.automatic}"
    return "from-ourselves" if mail.author.address.lower() in ours else None


def _too_often(history: History, now: Millis, caps: Caps) -> str | None:
    if history.answered_at is not None and now - history.answered_at < caps.per_correspondent:
        return "answered-lately"
    if history.mailbox_last_hour >= caps.mailbox_per_hour:
        return "mailbox-cap"
    return "domain-cap" if history.domain_last_hour >= caps.domain_per_hour else None
