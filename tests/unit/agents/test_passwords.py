"""Passwords are hashed, compared at equal cost, and bounded."""

from __future__ import annotations

import pytest

from hub.agents.model import Session
from hub.agents.passwords import LONGEST, SHORTEST, Passwords
from hub.agents.service import IDLE_MOST, SESSION_MOST, is_alive, mark_of, normal_email
from hub.kernel.clock import Millis
from hub.kernel.errors import Invalid
from hub.kernel.ids import AgentId
from tests.support.desk import NOON


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(memory_kib=8)


async def test_only_the_password_that_was_hashed_fits(passwords: Passwords) -> None:
    kept = passwords.hash("a good password")

    assert kept.startswith("$argon2id$")
    assert "a good password" not in kept
    assert await passwords.check("a good password", kept)
    assert not await passwords.check("A good password", kept)
    assert not await passwords.check("a good password ", kept)


async def test_two_hashes_of_one_password_differ(passwords: Passwords) -> None:
    assert passwords.hash("a good password") != passwords.hash("a good password")


async def test_nobody_is_signed_in_without_a_kept_hash(passwords: Passwords) -> None:
    assert not await passwords.check("nobody has this password", None)
    assert not await passwords.check("anything else", "not a hash")
    assert not await passwords.check("anything else", "")


@pytest.mark.parametrize("length", [0, SHORTEST - 1, LONGEST + 1])
async def test_too_short_and_too_long_are_refused(passwords: Passwords, length: int) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.hash("x" * length)

    assert [fault.path for fault in refused.value.faults] == ["/password"]


async def test_a_password_of_a_megabyte_is_not_even_looked_at(passwords: Passwords) -> None:
    assert not await passwords.check("x" * (1 << 20), passwords.hash("a good password"))


# -- addresses and sessions ------------------------------------------------------------------------


@pytest.mark.parametrize("email", [" Ann@Desk.Example ", "ANN@DESK.EXAMPLE", "ann@desk.example"])
def test_an_agents_address_is_compared_without_case(email: str) -> None:
    assert normal_email(email) == "ann@desk.example"


@pytest.mark.parametrize(
    "email", ["", "ann", "@desk.example", "ann@", "a b@desk.example", "a" * 255 + "@x.de"]
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(Invalid):
        normal_email(email)


def test_a_token_is_kept_only_as_its_mark() -> None:
    assert mark_of("token") == mark_of("token")
    assert mark_of("token") != mark_of("Token")
    assert "token" not in mark_of("token")
    assert len(mark_of("")) == 64


@pytest.mark.parametrize(
    ("age", "idle", "alive"),
    [
        (0, 0, True),
        (IDLE_MOST - 1, IDLE_MOST - 1, True),
        (IDLE_MOST, IDLE_MOST, False),
        (SESSION_MOST - 1, 0, True),
        (SESSION_MOST, 0, False),  # however busy
    ],
)
def test_a_session_ends_by_rest_and_by_age(age: int, idle: int, alive: bool) -> None:
    session = Session("m", AgentId("a"), "c", Millis(NOON - age), Millis(NOON - idle))

    assert is_alive(session, NOON) is alive
