"""What Twilio tells us, in normal form: a text message, a listed message, a report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hub.channels.model import Account
from hub.channels.sms.form import Form, Unreadable
from hub.conversations.model import Inbound, State
from hub.customers.identities import PHONE, NotAnAddress, normalise
from hub.customers.model import Claim
from hub.kernel.clock import Millis

MEDIA_HOSTS = frozenset({"api.twilio.com", "media.twiliocdn.com", "mms.twiliocdn.com"})
FILES_MOST = 10
ONCE = ("MessageSid", "AccountSid", "From", "To", "Body", "NumMedia", "MessageStatus")
"""Fields that mean one thing only: a form that repeats one is none of Twilio's."""

STATES: Mapping[str, State] = {
    "sending": State.SENDING,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}

_NUMBER = re.compile(r"\+?[0-9 ().-]+")
"""Nothing beside the number: ``whatsapp:+1…`` is another way to somebody, not this one."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a message of ours. ``state`` None: a step that changes nothing for us."""

    sid: str
    state: State | None
    error: str | None


def number_of(account: Account, given: str) -> str:
    """A phone number in E.164; national ones are read as of the account's ``region``."""
    try:
        if not _NUMBER.fullmatch(given):
            raise NotAnAddress
        return normalise(PHONE, given, region=account.settings.get("region"))
    except NotAnAddress:
        raise Unreadable(f"{given[:40]!r} is no phone number") from None


def key_of(form: Form) -> str:
    """Twilio's name for the message."""
    return form.get("MessageSid") or form.get("SmsSid")


def inbound(account: Account, form: Form, said_at: Millis | None = None) -> Inbound:
    """A text message. ``Unreadable`` with the reason when it is none."""
    sid = key_of(form)
    if not sid or "\x00" in sid:
        raise Unreadable("there is no MessageSid")
    number = number_of(account, form.get("From"))
    files = _files(account, form)
    body = form.get("Body").replace("\x00", "�")
    lines = [body] if body.strip() else []
    lines += [_line(file) for file in files]
    if not lines:
        raise Unreadable("there are neither words nor files in it")
    return Inbound(
        channel_id=account.id,
        channel=account.kind,
        key=sid,
        sender=Claim(PHONE, number, verified=True),
        text="\n".join(lines),
        thread_key=number,
        queue_id=account.queue_id,
        language=account.language,
        said_at=said_at,
        reply_within=account.reply_within,
        facts={"to": number, "number": form.get("To"), "sid": sid, "media": files},
    )


def _files(account: Account, form: Form) -> list[dict[str, Any]]:
    """The files of a message. Nothing is fetched; an address is kept only on a trusted host."""
    count = form.get("NumMedia") or "0"
    if not (count.isascii() and count.isdigit() and int(count) <= FILES_MOST):
        raise Unreadable(f"NumMedia is {count[:20]!r}")
    trusted = MEDIA_HOSTS | set(account.settings.get("media_hosts", ()))
    files = []
    for at in range(int(count)):
        url = form.get(f"MediaUrl{at}").replace("\x00", "")
        host = _host(url)
        files.append(
            {
                "media_type": form.get(f"MediaContentType{at}").replace("\x00", "")[:100] or "?",
                "url": url if host in trusted and url.startswith("https://") else None,
                "host": host[:253],
            }
        )
    return files


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if "@" not in parts.netloc else ""
    except ValueError:
        return ""


def _line(file: Mapping[str, Any]) -> str:
    """How a file appears among the words: its link, or a warning with the host it came from."""
    shown = file["url"] or f"⚠ {file['host']}".rstrip()
    return f"📎 {file['media_type']} {shown}"


def report(form: Form) -> Report:
    """A status callback."""
    state = STATES.get(form.get("MessageStatus"))
    words = [form.get("ErrorCode"), form.get("ErrorMessage")]
    error = ": ".join(word.replace("\x00", "") for word in words if word)[:500]
    if state is not State.FAILED:
        return Report(key_of(form), state, None)
    return Report(key_of(form), state, error or form.get("MessageStatus"))
