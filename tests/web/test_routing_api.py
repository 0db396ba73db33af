"""Routing over HTTP: who may do what, what is refused and how, and what the answers look like."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from hub.agents.model import Role
from hub.conversations.model import Inbound
from hub.conversations.receiving import receive
from hub.customers.model import Claim
from hub.kernel.ids import ChannelId, QueueId
from hub.routing.api import routes
from hub.routing.runner import Runner
from hub.storage.bus import LocalBus
from hub.storage.tail import Tail
from tests.support.desk import Desk, Person, open_desk
from tests.support.floor import routing_chart, until

QUEUE = {
    "key": "sales",
    "name": {"zh": "销售", "en": "Sales"},
    "medium": "chat",
    "target": 60_000,
    "goal": 0.8,
}


@dataclass
class Service:
    """A desk with a router, its administrator and one queue."""

    desk: Desk
    runner: Runner
    admin: Person
    queue: dict[str, Any]

    async def agent(self, name: str = "Ann", role: Role = Role.AGENT) -> Person:
        """Somebody new in the queue."""
        person = await self.desk.signed_in(role, name=name)
        members = [*self.queue["members"], person.agent.id]
        answer = await self.admin.patch(f"/api/queues/{self.queue['id']}", {"members": members})
        assert answer.status_code == 200, answer.text
        self.queue = answer.json()
        await until(lambda: person.agent.id in self.runner.presences())
        return person

    async def writes(self, who: str = "mia") -> str:
        inbound = Inbound(
            channel_id=ChannelId("channel"),
            channel="chat",
            key=f"key-{who}",
            sender=Claim("memory", who, name=who.title()),
            text="Where is my sofa?",
            thread_key=who,
            queue_id=QueueId(self.queue["id"]),
        )
        received = await self.desk.database.write_together(receive, inbound)
        return received.conversation_id

    async def offered(self, person: Person) -> Any:
        """The offer the log tells of for this agent."""

        async def look() -> Any:
            made = [e for e in await self.desk.events() if e.type == "offer.made"]
            mine = [event for event in made if event.agent_id == person.agent.id]
            return mine[-1] if mine else None

        return await until(look)


@pytest.fixture
async def service(sqlite_url: str) -> AsyncIterator[Service]:
    chart = routing_chart()
    async with open_desk(sqlite_url, routes, chart=chart) as desk:
        bus = LocalBus()
        tail = Tail(desk.database, bus, chart)
        runner = Runner(desk.database, bus, node="one")
        tail.follow(runner.hear)
        await bus.start()
        await tail.start(None)
        await runner.start()
        desk.app.state.parts.router = runner
        admin = await desk.signed_in(Role.ADMIN, name="Admin")
        made = await admin.post("/api/queues", QUEUE)
        assert made.status_code == 201, made.text
        try:
            yield Service(desk, runner, admin, made.json())
        finally:
            await runner.stop()
            await tail.stop()


async def test_an_agent_accepts_an_offer(service: Service) -> None:
    ann = await service.agent()
    available = await ann.ask("PUT", "/api/presence", {"status": "available"})
    conversation = await service.writes()
    offer = await service.offered(ann)

    answer = await ann.post(f"/api/offers/{offer.offer_id}/accept", key="accept-it")
    again = await ann.post(f"/api/offers/{offer.offer_id}/accept", key="accept-it")

    assert available.json()["status"] == "available"
    assert answer.status_code == 200
    held = answer.json()
    assert (held["state"], held["conversation_id"]) == ("accepted", conversation)
    assert set(held) == {
        "id",
        "rev",
        "item_id",
        "conversation_id",
        "queue_id",
        "agent_id",
        "state",
        "made_at",
        "deadline",
        "waited",
        "customer",
        "channel",
        "preview",
        "why",
    }
    assert again.content == answer.content
    assert again.headers["idempotent-replay"] == "true"


async def test_an_offer_that_is_over_says_what_became_of_it(service: Service) -> None:
    ann = await service.agent()
    await ann.ask("PUT", "/api/presence", {"status": "available"})
    await service.writes()
    offer = await service.offered(ann)
    declined = await ann.post(f"/api/offers/{offer.offer_id}/decline", {"reason": "lunch"})

    answer = await ann.post(f"/api/offers/{offer.offer_id}/accept")

    assert declined.json()["state"] == "declined"
    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["state"]) == ("offer_gone", "declined")


async def test_an_unknown_offer_is_not_found(service: Service) -> None:
    ann = await service.agent()

    answer = await ann.post("/api/offers/no-such-offer/accept")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_conversation_is_taken_and_handed_on(service: Service) -> None:
    ann, bob = await service.agent("Ann"), await service.agent("Bob")
    conversation = await service.writes()

    taken = await ann.post(f"/api/conversations/{conversation}/take")
    both = await ann.post(f"/api/conversations/{conversation}/transfer", {})
    nobody = await ann.post(
        f"/api/conversations/{conversation}/transfer", {"agent_id": bob.agent.id}
    )
    handed = await ann.post(
        f"/api/conversations/{conversation}/transfer",
        {"queue_id": service.queue["id"], "note": "please"},
    )

    assert (taken.status_code, taken.json()["agent_id"]) == (200, ann.agent.id)
    assert both.status_code == 422
    assert (nobody.status_code, nobody.json()["code"]) == (409, "cannot_take")
    assert nobody.json()["reason"] == "not_routable"
    assert (handed.status_code, handed.json()["routing"]) == (200, "waiting")


async def test_only_supervisors_set_how_others_are(service: Service) -> None:
    ann, bob = await service.agent("Ann"), await service.agent("Bob")
    eve = await service.agent("Eve", Role.SUPERVISOR)
    path = f"/api/agents/{bob.agent.id}/presence"

    refused = await ann.ask("PUT", path, {"status": "available"})
    done = await eve.ask("PUT", path, {"status": "away", "reason": "meeting"})

    assert refused.status_code == 403
    assert (done.json()["status"], done.json()["reason"]) == ("away", "meeting")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"status": "asleep"}, "/status"),
        ({}, "/status"),
        ({"status": "away", "mood": "good"}, "/mood"),
        ({"status": "away", "reason": 7}, "/reason"),
    ],
)
async def test_what_cannot_be_used_is_named(service: Service, body: Any, path: str) -> None:
    ann = await service.agent()

    answer = await ann.ask("PUT", "/api/presence", body)

    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["faults"]] == [path]


async def test_queues_come_with_their_figures(service: Service) -> None:
    ann = await service.agent()
    await ann.ask("PUT", "/api/presence", {"status": "away"})
    await service.writes()
    await until(lambda: service.runner.live_figures().queues[0].waiting == 1)

    answer = await ann.get("/api/queues")

    (queue,) = answer.json()["items"]
    assert queue["name"] == {"zh": "销售", "en": "Sales"}
    assert queue["members"] == [ann.agent.id]
    assert queue["live"]["waiting"] == 1
    assert queue["live"]["longest_wait_since"] is not None


async def test_the_live_strip_is_for_supervisors(service: Service) -> None:
    ann = await service.agent()
    eve = await service.agent("Eve", Role.SUPERVISOR)
    await service.writes()
    await until(lambda: service.runner.live_figures().balance.waiting == 1)

    refused, strip = await ann.get("/api/live"), await eve.get("/api/live")

    assert refused.status_code == 403
    assert strip.json()["balance"] == {"received": 1, "with_agents": 0, "waiting": 1, "ended": 0}
    assert strip.json()["agents"]["offline"] == 3


async def test_only_administrators_set_up_queues(service: Service) -> None:
    ann = await service.agent()

    made = await ann.post("/api/queues", QUEUE | {"key": "more"})
    changed = await ann.patch(f"/api/queues/{service.queue['id']}", {"target": 5_000})

    assert (made.status_code, changed.status_code) == (403, 403)


async def test_a_queue_is_changed(service: Service) -> None:
    path = f"/api/queues/{service.queue['id']}"

    answer = await service.admin.patch(
        path, {"target": 5_000, "wrap_up": {"mode": "time_boxed", "limit": 30_000}}
    )
    one = await service.admin.get(path)

    assert answer.status_code == 200
    assert one.json()["target"] == 5_000
    assert one.json()["wrap_up"] == {"mode": "time_boxed", "limit": 30_000}
    assert one.json()["rev"] == service.queue["rev"] + 1


async def test_a_queue_that_cannot_be_is_refused(service: Service) -> None:
    taken = await service.admin.post("/api/queues", QUEUE)
    stranger = await service.admin.post(
        "/api/queues", QUEUE | {"key": "more", "members": ["nobody"]}
    )
    unknown = await service.admin.patch("/api/queues/no-such-queue", {"target": 5_000})
    wrong = await service.admin.post("/api/queues", QUEUE | {"key": "Not A Key", "target": 0})

    assert (taken.status_code, taken.json()["code"]) == (409, "key_taken")
    assert stranger.json()["faults"][0]["path"] == "/members/0"
    assert unknown.status_code == 404
    assert {fault["path"] for fault in wrong.json()["faults"]} == {"/key", "/target"}


async def test_wrap_up_is_ended(service: Service) -> None:
    ann = await service.agent()
    conversation = await service.writes()

    answer = await ann.post(f"/api/wrap-up/{conversation}/end", {"disposition": "solved"})

    assert (answer.status_code, answer.json()["code"]) == (409, "no_wrap_up")
