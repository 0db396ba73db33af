"""A customer writes, an agent makes it a ticket and solves it, and their next word reopens it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hub.agents import asking, service as agents
from hub.agents.model import Role
from hub.app.hub import Hub
from hub.channels.port import Account
from hub.kernel.ids import ChannelId
from hub.knowledge import seeds
from hub.settings import Settings
from hub.storage.unit import Unit
from tests.support.desk import HOST, Person


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    settings = Settings(
        folder=tmp_path / "hub",
        public_url=HOST,
        organisation="云杉家居 / Spruce Home",
        synchronous="NORMAL",
        argon2_memory_kib=64,
    )
    async with Hub(settings).running() as running:
        yield running


async def sign_in(hub: Hub, role: Role) -> Person:
    def add(unit: Unit) -> tuple[Any, str, str]:
        agent = agents.add_agent(
            unit, email="ann@desk.example", name="Ann", role=role, password_hash=None
        )
        token, session = agents.begin_session(unit, agent.id)
        return agent, token, session.csrf

    agent, token, csrf = await hub.database.write(add)
    browser = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=hub.app),
        base_url=HOST,
        cookies={asking.COOKIE: token},
        headers={"Origin": HOST},
    )
    return Person(agent, browser, csrf)


async def memory(hub: Hub) -> Account:
    def add(unit: Unit) -> ChannelId:
        return hub.registry.add(unit, kind="memory", key="memory", name="Memory", queue_id=None)

    channel_id = await hub.database.write(add)
    await hub.registry.load()
    return hub.registry.get(channel_id)


async def test_a_promise_is_kept(hub: Hub) -> None:
    ann = await sign_in(hub, Role.SUPERVISOR)
    account = await memory(hub)

    # Mia writes; Ann makes it a ticket of her own.
    said = await hub.memory.say(account, "mia", "我的沙发物流停了三天", "1")
    conversation = f"/api/conversations/{said.conversation_id}"
    answer = await ann.post(
        "/api/tickets",
        {
            "subject": "沙发物流停滞",
            "conversation_id": said.conversation_id,
            "assignee_id": ann.agent.id,
            "priority": "high",
        },
    )
    assert answer.status_code == 201, answer.text
    ticket = answer.json()
    assert ticket["status"] == "open"
    assert (await ann.get(conversation)).json()["ticket_ids"] == [ticket["id"]]
    customer = (await ann.get(f"/api/customers/{ticket['requester']['id']}")).json()
    assert customer["open_tickets"] == 1

    # The question finds its article, and everybody can read it.
    await hub.database.write(lambda unit: seeds.plant(unit, by=ann.agent.id))
    found = (await ann.get("/api/articles", q="沙发物流停了三天", language="zh")).json()["items"]
    assert found[0]["title"] == "物流停滞怎么办"
    page = await ann.http.get(f"/hc/zh/articles/{found[0]['slug']}")
    assert page.status_code == 200
    assert "云杉家居" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha")
    assert page.headers["x-content-type-options"] == "nosniff"

    # Solved; then Mia writes again in the same conversation, and it is open again.
    solved = await ann.patch(
        f"/api/tickets/{ticket['id']}", {"if_rev": ticket["rev"], "status": "solved"}
    )
    assert solved.json()["solved_at"] is not None
    again = await hub.memory.say(account, "mia", "还是没有动", "2")
    assert again.conversation_id == said.conversation_id
    reopened = (await ann.get(f"/api/tickets/{ticket['id']}")).json()
    assert (reopened["status"], reopened["solved_at"]) == ("open", None)

    # Mia turns out to have another name, and the conversation is taken off the ticket.
    renamed = await ann.patch(
        f"/api/customers/{customer['id']}",
        {
            "name": "李米娅",
            "if_rev": (await ann.get(f"/api/customers/{customer['id']}")).json()["rev"],
        },
    )
    assert renamed.status_code == 200, renamed.text
    after = (await ann.get(f"/api/tickets/{ticket['id']}")).json()
    assert after["requester"]["name"] == "李米娅"
    await ann.delete(f"/api/tickets/{ticket['id']}/conversations/{said.conversation_id}")
    assert (await ann.get(conversation)).json()["ticket_ids"] == []
