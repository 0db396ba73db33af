"""A hub with a planted defect does not get past the kills and the oracle."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.support.crashes import die_at_each
from tests.support.hubprocess import HubProcess
from tests.support.mutants import MUTANTS
from tests.support.nursery import Nursery
from tests.support.oracle import judge
from tests.support.town import town

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

CASES = {
    "acknowledges_before_commit": (("IN1", "IN1", "IN2", "IN2"), "lost: "),
    "forgets_keys": (("IN7", "IN7"), "doubled: "),
    "marks_attempts_anew": (("OUT8", "OUT9"), "seen twice: "),
    "repeats_commands": ((), "doubled: the answer"),
    "drops_events": ((), "'s screen lacks "),
}
"""Where each is killed, if it needs to be, and what the oracle says of it."""


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_planted_defect_is_found(nursery: Nursery, tmp_path: Path, name: str) -> None:
    deaths, words = CASES[name]
    hub = HubProcess(nursery, tmp_path / "hub", more={"MUTANT": name})
    async with town(hub) as people:
        await people.progress(30)
        await die_at_each(people, deaths, random.Random(11), 1)

        breaches = judge(people.ledgers, await people.quieten())

    assert any(words in breach for breach in breaches), breaches
