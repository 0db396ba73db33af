"""What Twilio's refusals mean."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException, TwilioServiceException

from hub.channels.port import Fate
from hub.channels.sms.fates import fate_of


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (400, Fate.FAILED),
        (401, Fate.FAILED),
        (403, Fate.FAILED),
        (404, Fate.FAILED),
        (302, Fate.FAILED),
        (408, Fate.LATER),
        (429, Fate.LATER),
        (500, Fate.LATER),
        (503, Fate.LATER),
        (599, Fate.LATER),
        (502, Fate.UNKNOWN),  # a gateway cannot know what stands behind it did
        (504, Fate.UNKNOWN),
    ],
)
def test_a_status_decides_what_becomes_of_the_message(status: int, fate: Fate) -> None:
    refusal = TwilioRestException(status, "/Messages.json", "no", 20500)

    assert fate_of(refusal).fate is fate


def test_the_agent_reads_twilios_words() -> None:
    refusal = TwilioRestException(
        400, "/Messages.json", "Unable to create record: The customer has opted out", 21610
    )

    assert fate_of(refusal).detail == "21610: The customer has opted out"


def test_the_newer_kind_of_refusal_is_read_too() -> None:
    refusal = TwilioServiceException("about:blank", "Too Many Requests", 429, 20429, "Slow down")

    receipt = fate_of(refusal)

    assert (receipt.fate, receipt.detail) == (Fate.LATER, "20429: Slow down")
