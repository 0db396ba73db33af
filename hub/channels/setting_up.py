"""What each kind of channel needs before it can work, looked at before it is kept; and its door."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from hub.channels.email.account import MailAccount
from hub.channels.model import Account
from hub.channels.sms.form import Unreadable
from hub.channels.sms.parse import number_of
from hub.channels.webhook.signature import key_of
from hub.kernel.errors import Fault, Invalid

SECRETS: Mapping[str, frozenset[str]] = {
    "email": frozenset({"imap_password", "smtp_password"}),
    "sms": frozenset({"auth_token", "secondary_token"}),
    "webhook": frozenset({"secret", "previous_secret"}),
}
"""What must not stand among the settings, where it could be read back."""

_DOORS: Mapping[str, str] = {"sms": "/channels/sms/", "webhook": "/hooks/"}
_COLOUR = re.compile(r"#([0-9a-fA-F]{3}){1,2}|rgb\( *\d{1,3} *, *\d{1,3} *, *\d{1,3} *\)")


def door_of(account: Account, public_url: str) -> str | None:
    """Where others reach a channel; None where the hub goes there itself. Only a path while nobody
    has said what the hub's own address is.
    """
    place = _DOORS.get(account.kind)
    if place is None:
        return None
    return str(account.settings.get("public_url") or public_url).rstrip("/") + place + account.key


def check(account: Account, public_url: str) -> None:
    """``Invalid`` with all that keeps an account from working in a hub at ``public_url``.

    One that is off may be unfinished; its secrets may not stand among its settings even so.
    """
    faults = list(_misplaced(account))
    if account.enabled:
        faults += _NEEDS[account.kind](account) if account.kind in _NEEDS else ()
        if account.kind == "sms" and not (account.settings.get("public_url") or public_url):
            faults.append(Fault("/settings/public_url", "is missing: the hub has none of its own"))
    if faults:
        raise Invalid("this channel could not work", *faults)


def _misplaced(account: Account) -> Iterator[Fault]:
    for name in sorted(SECRETS.get(account.kind, frozenset()) & set(account.settings)):
        yield Fault(f"/settings/{name}", "a secret: give it among the secrets")


def _chat(account: Account) -> Iterator[Fault]:
    origins = account.settings.get("origins")
    if origins is not None and not (
        isinstance(origins, list) and all(each == "*" or _is_origin(each) for each in origins)
    ):
        yield Fault("/settings/origins", "a list of sites such as https://www.example.com, or *")
    colour = account.settings.get("colour")
    if colour is not None and not (isinstance(colour, str) and _COLOUR.fullmatch(colour)):
        yield Fault("/settings/colour", "a colour such as #3d5a45")
    yield from _texts(account, "title")


def _email(account: Account) -> Iterator[Fault]:
    try:
        mail = MailAccount.of(account)
    except Invalid as refusal:
        yield from refusal.faults
    else:
        if mail.smtp.username is not None and not account.secrets.get("smtp_password"):
            yield Fault("/secrets/smtp_password", "is missing")
    if not account.secrets.get("imap_password"):
        yield Fault("/secrets/imap_password", "is missing")


def _sms(account: Account) -> Iterator[Fault]:
    settings = account.settings
    if not isinstance(settings.get("account_sid"), str) or not settings["account_sid"].strip():
        yield Fault("/settings/account_sid", "is missing")
    if not account.secrets.get("auth_token"):
        yield Fault("/secrets/auth_token", "is missing")
    bad = [*_texts(account, "region", "number", "messaging_service"), *_addresses(account)]
    yield from bad
    number = settings.get("number")
    if not number and not settings.get("messaging_service"):
        yield Fault("/settings/number", "is missing; or name a messaging_service")
    elif number and not bad:
        try:
            number_of(account, number)
        except Unreadable:
            yield Fault("/settings/number", "a phone number such as +4930901820")


def _webhook(account: Account) -> Iterator[Fault]:
    if not account.secrets.get("secret"):
        yield Fault("/secrets/secret", "is missing")
    for name in ("secret", "previous_secret"):
        if given := account.secrets.get(name):
            try:
                key_of(given)
            except ValueError:
                yield Fault(f"/secrets/{name}", "whsec_ and at least 16 bytes in base64")
    if account.settings.get("url") and not _is_address(account.settings["url"]):
        yield Fault("/settings/url", "an address such as https://example.com/answers")


_NEEDS = {"chat": _chat, "email": _email, "sms": _sms, "webhook": _webhook}


def _texts(account: Account, *names: str) -> Iterator[Fault]:
    for name in names:
        if not isinstance(account.settings.get(name, ""), str):
            yield Fault(f"/settings/{name}", "must be text")


def _addresses(account: Account) -> Iterator[Fault]:
    for name in ("public_url", "api_base"):
        if account.settings.get(name) and not _is_address(account.settings[name]):
            yield Fault(f"/settings/{name}", "an address such as https://example.com")


def _is_address(given: object) -> bool:
    """An http(s) address. Whether the hub may go there is asked when it goes."""
    if not isinstance(given, str):
        return False
    try:
        parts = urlsplit(given)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_origin(given: object) -> bool:
    """A site as browsers name it: no path, no slash at the end."""
    return isinstance(given, str) and _is_address(given) and given.count("/") == 2
