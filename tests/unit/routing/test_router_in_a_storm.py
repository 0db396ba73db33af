"""Whatever is told in whatever order: no invariant breaks, and a replay ends the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from hub.kernel.ids import AgentId, WorkItemId
from hub.routing import inputs
from hub.routing.core import check, digest, rebuild, snapshot, step
from hub.routing.effects import (
    Grant,
    ItemMoved,
    LoadChanged,
    OfferChanged,
    PresenceChanged,
    WorkMoved,
)
from hub.routing.explain import why_waiting
from hub.routing.model import ItemState, Medium, OfferState
from hub.routing.records import InvariantBroken
from tests.support.storm import Storm
from tests.support.switchboard import Switchboard, only

RULES = {"held", "opened", "reserve", "offset", "scarce", "rate_limit"}


@pytest.mark.parametrize("seed", range(8))
def test_no_storm_breaks_an_invariant(seed: int) -> None:
    storm = Storm(seed).blow(250)

    assert only(Grant, storm.effects)


def test_storms_reach_every_state() -> None:
    effects = [
        effect for seed in range(8) for effect in Storm(seed, checks=False).blow(500).effects
    ]

    moves = Counter(moved.state for moved in only(ItemMoved, effects))
    never_told = {ItemState.OFFERED, ItemState.FAILED}
    assert set(ItemState) - set(moves) == never_told
    ends = {changed.state for changed in only(OfferChanged, effects)}
    assert set(OfferState) - ends == {OfferState.PROPOSED, OfferState.PENDING}
    assert len({changed.state for changed in only(PresenceChanged, effects)}) == 6


def test_storms_reach_every_rule() -> None:
    seen: Counter[str] = Counter()
    for seed in range(8):
        storm = Storm(seed, checks=False)
        for _ in range(50):
            state = storm.blow(10).state
            seen["held"] += len(state.index.held)
            seen["opened"] += any(item.demand.opened for item in state.items.values())
            seen["offset"] += any(state.index.offsets.values())
            seen["scarce"] += len({p.scarcity for p in state.index.profiles.values()}) > 1
            for item in state.items.values():
                if item.state is ItemState.QUEUED:
                    seen.update(dict(why_waiting(state, item)))

    assert set(+seen) >= RULES


@pytest.mark.parametrize("seed", range(4))
def test_a_replay_of_the_same_inputs_is_the_same_to_the_last_bit(seed: int) -> None:
    storm = Storm(seed, checks=False).blow(600)

    again = rebuild(storm.first, 0)
    effects = [effect for now, event in storm.told for effect in step(again, event, now)]

    assert effects == storm.effects
    assert digest(again) == digest(storm.state)


def test_the_order_of_sets_decides_nothing() -> None:
    def digest_with(hash_seed: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "tests.support.storm", "3", "600"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    assert len({digest_with(hash_seed) for hash_seed in ("0", "1", "99")}) == 1


@pytest.mark.parametrize("seed", range(8))
def test_a_router_rebuilt_from_its_snapshot_is_the_same_router(seed: int) -> None:
    storm = Storm(seed, checks=False).blow(300)
    rows = snapshot(storm.state)

    again = rebuild(rows, storm.now)

    assert snapshot(again) == rows
    step(again, inputs.Started(), storm.now)
    check(again)


@pytest.mark.parametrize("seed", range(4))
def test_told_differences_add_up_to_what_every_agent_carries(seed: int) -> None:
    storm = Storm(seed, checks=False).blow(600)

    units: Counter[str] = Counter()
    grants = {grant.offer: grant for grant in only(Grant, storm.effects)}
    for _, event in storm.told:
        if isinstance(event, inputs.GrantConfirmed | inputs.GrantRefused):
            answered = grants.pop(event.offer, None)
            if answered is not None and isinstance(event, inputs.GrantConfirmed):
                units[answered.agent] += answered.units
    for change in only(LoadChanged, storm.effects):
        units[change.agent] += change.units_by

    for seat in storm.state.seats.values():
        unconfirmed = sum(
            offer.units for offer in seat.offers.values() if offer.state is OfferState.PROPOSED
        )
        assert units[seat.id] == seat.used - unconfirmed


def test_every_item_ends_once() -> None:
    storm = Storm(5, checks=False).blow(800)

    ended = Counter(m.item for m in only(ItemMoved, storm.effects) if m.state.is_terminal)
    begun = {m.item for m in only(ItemMoved, storm.effects)}

    assert set(ended.values()) == {1}
    forgotten = begun - set(ended) - set(storm.state.items)
    refused = [e for _, e in storm.told if isinstance(e, inputs.GrantRefused) and e.item_gone]
    assert len(forgotten) <= len(refused)


def test_work_of_an_agent_ends_as_often_as_it_begins() -> None:
    storm = Storm(6, checks=False).blow(800)

    moves = only(WorkMoved, storm.effects)
    begun = Counter((m.agent, m.item) for m in moves if m.reason == "accepted")
    ended = Counter((m.agent, m.item) for m in moves if m.state is ItemState.DONE)
    held = Counter((seat.id, item) for seat in storm.state.seats.values() for item in seat.work)

    assert begun == ended + held


def test_a_planted_defect_is_found() -> None:
    board = Switchboard().staff("A1")
    board.queue("x")
    board.state.seats[AgentId("A1")].used = 0

    with pytest.raises(InvariantBroken, match="I2"):
        check(board.state)


def test_a_defect_in_what_a_step_touches_stops_the_router() -> None:
    board = Switchboard().staff("A1")
    board.queue("x", medium=Medium.CHAT)
    board.state.seats[AgentId("A1")].used += 1

    with pytest.raises(InvariantBroken, match="I2"):
        step(board.state, inputs.CustomerLeft(WorkItemId("x")), 1)


def test_an_item_left_waiting_beside_an_idle_agent_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    board = Switchboard(checks=False).staff("A1")
    board.serve("earlier", medium=Medium.CHAT)
    monkeypatch.setattr("hub.routing.core.match", lambda state: state.arrived.clear())

    board.queue("x", medium=Medium.CHAT)

    with pytest.raises(InvariantBroken, match="I3"):
        check(board.state)
