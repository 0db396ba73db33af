"""The one form in which each kind of address is compared."""

from __future__ import annotations

import unicodedata

from hub.kernel.errors import Fault, Invalid

EMAIL, PHONE, CHAT, WEBHOOK, MEMORY = "email", "phone", "chat", "webhook", "memory"
LONGEST = 320


class NotAnAddress(Invalid):
    """This is not an address of that kind."""

    code = "not_an_address"


def normalise(kind: str, address: str, *, region: str | None = None) -> str:
    """The comparable form of an address.

    E-mail: trimmed, NFC, lower case, domain in IDNA. Phone: E.164, national numbers read as of
    ``region`` (two letters). Other kinds: trimmed. ``NotAnAddress`` when it cannot be one.
    """
    address = unicodedata.normalize("NFC", address.strip())
    if not address or len(address) > LONGEST or any(ord(c) < 32 for c in address):
        raise _no_address(kind)
    if kind == EMAIL:
        return _email(address)
    if kind == PHONE:
        return _phone(address, region)
    return address


def _email(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or any(c.isspace() or c in "<>()," for c in address):
        raise _no_address(EMAIL)
    try:
        domain = domain.lower().rstrip(".").encode("idna").decode()
    except UnicodeError:
        raise _no_address(EMAIL) from None
    if "." not in domain and domain != "localhost":
        raise _no_address(EMAIL)
    return f"{local.casefold()}@{domain}"


def _phone(address: str, region: str | None) -> str:
    import phonenumbers  # noqa: PLC0415 - large; only for those who call or text

    try:
        number = phonenumbers.parse(address, region)
    except phonenumbers.NumberParseException:
        raise _no_address(PHONE) from None
    if not phonenumbers.is_possible_number(number):
        raise _no_address(PHONE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _no_address(kind: str) -> NotAnAddress:
    return NotAnAddress(f"this is not an address of kind {kind}", Fault("/address", f"no {kind}"))


def shown_name(kind: str, address: str) -> str:
    """What to call somebody who gave no name."""
    if kind == EMAIL:
        return address.partition("@")[0]
    if kind in (CHAT, WEBHOOK, MEMORY):
        return f"# {address[-6:]}"
    return address
