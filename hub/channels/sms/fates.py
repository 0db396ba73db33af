"""What Twilio's refusals mean for a message."""

from __future__ import annotations

from twilio.base.exceptions import TwilioRestException, TwilioServiceException

from hub.channels.model import Fate, Receipt

LATER = frozenset({408, 425, 429, 500, 503})
GAVE_UP_WAITING = frozenset({502, 504})
"""A gateway's words: what stands behind it may have taken the message."""


def fate_of(error: TwilioRestException | TwilioServiceException) -> Receipt:
    """Too many or out of order: later. A gateway that gave up: unknown. All else: never."""
    status = int(error.status)
    detail = words_of(error)
    if status in GAVE_UP_WAITING:
        return Receipt(Fate.UNKNOWN, detail)
    if status in LATER or status > 504:
        return Receipt(Fate.LATER, detail)
    return Receipt(Fate.FAILED, detail)


def words_of(error: TwilioRestException | TwilioServiceException) -> str:
    """The refusal as an agent should read it: Twilio's own number and words."""
    if isinstance(error, TwilioRestException):
        words = str(error.msg).removeprefix("Unable to create record: ")
    else:
        words = str(error.detail or error.title)
    return f"{error.code}: {words}"[:500]
