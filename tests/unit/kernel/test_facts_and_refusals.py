"""Events are registered by name, changes become JSON, refusals carry their words and facts."""

from __future__ import annotations

import msgspec
import pytest

from hub.kernel.clock import Millis
from hub.kernel.crashpoint import POINTS, crashpoint
from hub.kernel.errors import Conflict, Fault, Invalid, NotFound, Refusal
from hub.kernel.events import Change, Event, event, event_types, plain_fields
from hub.kernel.ids import ConversationId


@event("test.kernel_said")
class Said(Event):
    """Something was said."""

    conversation_id: ConversationId
    words: str


class Gone(Conflict):
    """It is gone.

    The second paragraph is for readers of the code.
    """

    code = "gone"


def test_an_event_is_known_by_its_name_and_keeps_subjects_apart() -> None:
    assert event_types()["test.kernel_said"] is Said
    assert plain_fields(Said) == ("words",)


def test_two_events_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two events are called test\.kernel_said"):

        @event("test.kernel_said")
        class Other(Event):
            """Another."""


def test_an_event_cannot_be_changed_afterwards() -> None:
    said = Said(at=Millis(1), conversation_id=ConversationId("c"), words="hello")

    with pytest.raises(AttributeError):
        said.words = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "json"),
    [
        (Change("ticket", "t", 3, full={"a": 1}), {"full": {"a": 1}}),
        (Change("ticket", "t", 3, patch={"a": None}), {"patch": {"a": None}}),
        (Change("ticket", "t", 3, patch={}), {"patch": {}}),
        (Change("ticket", "t", 3), {}),  # it is gone
    ],
)
def test_a_change_says_only_what_it_is(change: Change, json: dict[str, object]) -> None:
    assert msgspec.to_builtins(change) == {"entity": "ticket", "id": "t", "rev": 3, **json}


def test_the_first_line_of_a_refusals_docstring_is_its_message() -> None:
    refused = Gone(state="ended")

    assert (refused.message, refused.code, refused.facts) == (
        "It is gone.",
        "gone",
        {"state": "ended"},
    )
    assert str(refused) == "It is gone."
    assert isinstance(refused, Refusal)
    assert NotFound("other words").message == "other words"


def test_what_cannot_be_used_says_where() -> None:
    faults = (Fault("/a", "too long"), Fault("/b/0", "unknown"))

    assert Invalid("no", *faults).faults == faults


def test_a_crash_point_that_nobody_asked_for_does_nothing() -> None:
    for name in POINTS:
        crashpoint(name)
