"""The oracle finds every breach that is planted, and nothing wrong with a good hub."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.oracle import (
    Accept,
    Delivery,
    Ledgers,
    Reply,
    Said,
    Screen,
    Shown,
    judge,
)


def a_message(ordinal: int, direction: str, text: str, state: str, id_: str) -> dict[str, Any]:
    return {"id": id_, "ordinal": ordinal, "direction": direction, "text": text, "state": state}


def a_good_hub() -> tuple[Ledgers, Shown]:
    """Mia said two things over a webhook and was answered; Ben said one in the chat."""
    ledgers = Ledgers(
        said=[
            Said("mia", 1, "mia 1", "webhook", "m1", is_acked=True),
            Said("mia", 2, "mia 2", "webhook", "m2", is_acked=True),
            Said("mia", 3, "mia 3", "webhook"),
            Said("ben", 1, "ben 1", "chat", "m4", is_acked=True),
        ],
        replies=[
            Reply("ann", "c1", "ann 1", "m3"),
            Reply("ann", "c2", "ann 2", "m5"),
            Reply("ann", "c2", "ann 3"),
        ],
        deliveries=[Delivery("m3", "ann 1", {"id": "m3"}), Delivery("m3", "ann 1", {"id": "m3"})],
        accepts=[Accept("ann", "o1", "w1"), Accept("bob", "o2", "w2")],
        screens=[Screen("ben", ["m4", "m5"], {"c2"})],
    )
    shown = Shown(
        [{"id": "c1", "channel": "webhook"}, {"id": "c2", "channel": "chat"}],
        {
            "c1": [
                a_message(1, "in", "mia 1", "received", "m1"),
                a_message(2, "in", "mia 2", "received", "m2"),
                a_message(3, "out", "ann 1", "sent", "m3"),
            ],
            "c2": [
                a_message(1, "in", "ben 1", "read", "m4"),
                a_message(2, "out", "ann 2", "delivered", "m5"),
            ],
        },
    )
    return ledgers, shown


def test_a_good_hub_has_no_breach() -> None:
    ledgers, shown = a_good_hub()

    assert judge(ledgers, shown) == []
    assert "3 acknowledged of 4 said" in ledgers.balance()


def _drop(ledgers: Ledgers, shown: Shown) -> None:
    del shown.messages["c1"][1]
    shown.messages["c1"][1]["ordinal"] = 2


def _double(ledgers: Ledgers, shown: Shown) -> None:
    shown.messages["c2"].append(a_message(3, "in", "mia 2", "received", "m9"))


def _rename(ledgers: Ledgers, shown: Shown) -> None:
    shown.messages["c1"][0]["id"] = "m9"


def _invent(ledgers: Ledgers, shown: Shown) -> None:
    shown.messages["c1"].append(a_message(4, "in", "who?", "received", "m9"))


def _swap(ledgers: Ledgers, shown: Shown) -> None:
    first, second = shown.messages["c1"][:2]
    first["text"], second["text"] = second["text"], first["text"]
    first["id"], second["id"] = second["id"], first["id"]


def _skip_a_number(ledgers: Ledgers, shown: Shown) -> None:
    shown.messages["c2"][1]["ordinal"] = 3


def _lose_answer(ledgers: Ledgers, shown: Shown) -> None:
    del shown.messages["c1"][2]


def _double_answer(ledgers: Ledgers, shown: Shown) -> None:
    shown.messages["c1"].append(a_message(4, "out", "ann 1", "sent", "m9"))


def _move_answer(ledgers: Ledgers, shown: Shown) -> None:
    ledgers.replies[0].conversation_id = "c2"


def _strange_state(ledgers: Ledgers, shown: Shown) -> None:
    shown.messages["c1"][2]["state"] = "received"


def _claim_sent(ledgers: Ledgers, shown: Shown) -> None:
    ledgers.deliveries.clear()


def _claim_failed(ledgers: Ledgers, shown: Shown) -> None:
    shown.messages["c1"][2]["state"] = "failed"


def _send_twice(ledgers: Ledgers, shown: Shown) -> None:
    ledgers.deliveries.append(Delivery("m9", "ann 1", {"id": "m9"}))


def _change_copy(ledgers: Ledgers, shown: Shown) -> None:
    ledgers.deliveries[1] = Delivery("m3", "ann 1", {"id": "m3", "to": "another"})


def _deliver_nonsense(ledgers: Ledgers, shown: Shown) -> None:
    ledgers.deliveries.append(Delivery("m9", "buy now", {}))


def _give_twice(ledgers: Ledgers, shown: Shown) -> None:
    ledgers.accepts.append(Accept("bob", "o3", "w1"))


def _accept_twice(ledgers: Ledgers, shown: Shown) -> None:
    ledgers.accepts.append(Accept("ann", "o1", "w1"))


def _hide(ledgers: Ledgers, shown: Shown) -> None:
    ledgers.screens[0].message_ids.remove("m5")


def _show_strangers(ledgers: Ledgers, shown: Shown) -> None:
    ledgers.screens[0].message_ids.append("m1")


def _show_twice(ledgers: Ledgers, shown: Shown) -> None:
    ledgers.screens[0].message_ids.append("m5")


def _turn_around(ledgers: Ledgers, shown: Shown) -> None:
    ledgers.screens[0].message_ids.reverse()


def _peer_saw(ledgers: Ledgers, shown: Shown) -> None:
    ledgers.faults.append("a gap in the stream")


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (_drop, "lost: mia"),
        (_double, "doubled: 'mia 2'"),
        (_rename, "renamed: 'mia 1'"),
        (_invent, "invented: nobody said 'who?'"),
        (_swap, "out of order: mia"),
        (_skip_a_number, "counts its messages [1, 3]"),
        (_lose_answer, "lost: ann"),
        (_double_answer, "doubled: the answer 'ann 1'"),
        (_move_answer, "moved: the answer 'ann 1'"),
        (_strange_state, "the answer 'ann 1' is 'received'"),
        (_claim_sent, "never arrived: the answer 'ann 1'"),
        (_claim_failed, "arrived after all: the answer 'ann 1'"),
        (_send_twice, "seen twice: 'ann 1'"),
        (_change_copy, "changed: two copies of m3"),
        (_deliver_nonsense, "invented: 'buy now'"),
        (_give_twice, "work w1 was given to ['ann', 'bob']"),
        (_accept_twice, "offer o1 was accepted 2 times"),
        (_hide, "ben's screen lacks ['m5']"),
        (_show_strangers, "ben's screen shows ['m1']"),
        (_show_twice, "ben's screen shows a message twice"),
        (_turn_around, "ben's screen has another order"),
        (_peer_saw, "a gap in the stream"),
    ],
)
def test_every_planted_breach_is_named(plant: Callable[[Ledgers, Shown], None], words: str) -> None:
    ledgers, shown = a_good_hub()
    plant(ledgers, shown)

    breaches = judge(ledgers, shown)

    assert any(breach.startswith(words) or words in breach for breach in breaches), breaches


def test_an_answer_whose_fate_is_unknown_may_have_arrived_or_not() -> None:
    for arrives in (True, False):
        ledgers, shown = a_good_hub()
        shown.messages["c1"][2]["state"] = "unknown"
        if not arrives:
            ledgers.deliveries.clear()

        assert judge(ledgers, shown) == []
