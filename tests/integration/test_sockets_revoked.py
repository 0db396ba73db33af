"""Rights that are taken away end at once: on requests, and on sockets that are open."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from hub.agents.model import Role
from tests.support.desk import HOST, Person
from tests.support.fullhub import FullHub
from tests.support.wire import cookie_of, live_agent, rest_of, served_hub, status_of_upgrade

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.integration]

Served = tuple[FullHub, str]
Deed = Callable[[Person, Person, FullHub], Awaitable[Any]]
WITHIN = 2.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with served_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


def _change(**fields: Any) -> Deed:
    async def deed(admin: Person, victim: Person, full: FullHub) -> None:
        answer = await admin.patch(f"/api/agents/{victim.agent.id}", fields)
        assert answer.status_code == 200, answer.text

    return deed


async def _sign_out(admin: Person, victim: Person, full: FullHub) -> None:
    assert (await victim.delete("/api/session")).status_code == 204


async def _leave_queue(admin: Person, victim: Person, full: FullHub) -> None:
    members = [full.people["inside"].agent.id]
    answer = await admin.patch(f"/api/queues/{full.queue_id}", {"members": members})
    assert answer.status_code == 200, answer.text


CASES: dict[str, tuple[Deed, str, int]] = {
    # what happens, the last frame of the open socket, the status of the next request
    "disabled": (_change(disabled=True), "reset", 401),
    "new password": (_change(password="another long enough word"), "bye", 401),
    "signed out": (_sign_out, "bye", 401),
    "other role": (_change(role="supervisor"), "reset", 200),
    "out of a queue": (_leave_queue, "reset", 200),
}


@pytest.mark.parametrize("case", CASES)
async def test_an_open_socket_ends_with_the_rights_behind_it(served: Served, case: str) -> None:
    full, url = served
    admin = full.people["admin"]
    deed, last, status = CASES[case]
    victim = await full.signed_in(f"victim-{case.replace(' ', '-')}", Role.AGENT)
    members = [full.people["inside"].agent.id, victim.agent.id]
    assert (
        await admin.patch(f"/api/queues/{full.queue_id}", {"members": members})
    ).status_code == 200
    async with (
        live_agent(url, full.people["inside"]) as bystander,
        live_agent(url, victim) as open_,
    ):
        began = time.monotonic()

        await deed(admin, victim, full)
        frames = await rest_of(open_, within=WITHIN)

        assert time.monotonic() - began < WITHIN
        assert frames[-1]["t"] == last
        assert frames[-1].get("code", "signed_out") == "signed_out"
        assert frames[-1].get("reason", "rights") == "rights"
        assert (await victim.get("/api/boot")).status_code == status
        allowed = await status_of_upgrade(f"{url}/api/realtime", HOST, cookie_of(victim))
        assert allowed == (101 if status == 200 else 401)
        assert bystander.close_code is None


async def test_what_happens_after_the_revocation_is_not_told(served: Served) -> None:
    full, url = served
    victim = await full.signed_in("victim-of-silence", Role.SUPERVISOR)
    async with live_agent(url, victim) as open_:
        await _change(disabled=True)(full.people["admin"], victim, full)
        await full.customer_writes("Not for those who left", who="late")

        assert "Not for those who left" not in str(await rest_of(open_, within=WITHIN))


async def test_signing_out_here_leaves_the_other_device_signed_in(served: Served) -> None:
    full, url = served
    first = await full.signed_in("two-devices", Role.AGENT)
    async with full.browser(headers={"origin": HOST}) as http:
        body = {"email": "two-devices@desk.example", "password": "a long enough word"}
        answer = await http.post("/api/session", json=body)
        second = Person(first.agent, http, answer.json()["csrf"])
        async with live_agent(url, first) as here, live_agent(url, second) as there:
            await _sign_out(second, first, full)
            await rest_of(here, within=WITHIN)

            assert there.close_code is None
            assert (await second.get("/api/boot")).status_code == 200
