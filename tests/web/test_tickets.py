"""The tickets' part of the API, through HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from hub.agents.model import Role
from hub.conversations.events import MessageReceived
from hub.customers import service as customers
from hub.customers.events import CustomerChanged
from hub.storage.chart import Chart
from hub.tickets import api, handlers, service, store
from hub.web.paging import cursor_of
from tests.support.desk import NOON, Desk, Person, open_desk

UNKNOWN = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
async def desk(any_database: str) -> AsyncIterator[Desk]:
    chart = Chart()
    chart.within(MessageReceived, handlers.customer_wrote)
    chart.within(CustomerChanged, handlers.customer_renamed)
    async with open_desk(any_database, api.routes, chart=chart) as desk:
        yield desk


@pytest.fixture
async def ann(desk: Desk) -> Person:
    return await desk.signed_in(Role.SUPERVISOR)


async def open_one(ann: Person, desk: Desk, **given: Any) -> dict[str, Any]:
    written = await desk.customer_writes()
    body = {"subject": "A sofa is late", "conversation_id": written.conversation_id, **given}
    answer = await ann.post("/api/tickets", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def changed(ann: Person, ticket: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = await ann.patch(f"/api/tickets/{ticket['id']}", {"if_rev": ticket["rev"], **changes})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_ticket_is_opened_from_a_conversation_for_its_customer(
    desk: Desk, ann: Person
) -> None:
    written = await desk.customer_writes(who="mia")

    answer = await ann.post(
        "/api/tickets", {"subject": " A  sofa is late ", "conversation_id": written.conversation_id}
    )

    assert answer.status_code == 201
    ticket = answer.json()
    assert ticket["requester"]["name"] == "Mia"
    assert ticket == {
        "id": ticket["id"],
        "rev": 1,
        "number": 1,
        "subject": "A sofa is late",
        "status": "new",
        "priority": "normal",
        "requester": ticket["requester"],
        "assignee_id": None,
        "created_at": NOON,
        "updated_at": NOON,
        "solved_at": None,
        "conversation_ids": [written.conversation_id],
    }
    assert (await ann.get(f"/api/tickets/{ticket['id']}")).json() == ticket


async def test_opening_announces_the_ticket_and_the_link(desk: Desk, ann: Person) -> None:
    ticket = await open_one(ann, desk)

    opened, linked = (await desk.events())[-2:]

    assert (opened.type, linked.type) == ("ticket.opened", "ticket.conversation_linked")
    assert msgspec.to_builtins(opened.changes[0]) == {
        "entity": "ticket", "id": ticket["id"], "rev": 1, "full": ticket,
    }  # fmt: skip
    assert linked.changes == ()
    assert linked.ticket_ids == (ticket["id"],)
    assert linked.conversation_id == ticket["conversation_ids"][0]


async def test_a_ticket_with_an_assignee_is_open_at_once(desk: Desk, ann: Person) -> None:
    ticket = await open_one(ann, desk, assignee_id=ann.agent.id, priority="urgent")

    assert (ticket["status"], ticket["priority"]) == ("open", "urgent")
    assert ticket["assignee_id"] == ann.agent.id


async def test_a_ticket_may_be_opened_for_a_customer_without_a_conversation(
    desk: Desk, ann: Person
) -> None:
    requester = (await open_one(ann, desk))["requester"]

    answer = await ann.post("/api/tickets", {"subject": "A visit", "requester_id": requester["id"]})

    assert answer.json()["requester"] == requester
    assert answer.json()["conversation_ids"] == []
    assert answer.json()["number"] == 2


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"subject": "x"}, "/requester_id"),
        ({"subject": "x", "requester_id": UNKNOWN}, "/requester_id"),
        ({"subject": "x", "requester_id": 5}, "/requester_id"),
        ({"requester_id": UNKNOWN}, "/subject"),
        ({"subject": "", "requester_id": UNKNOWN}, "/subject"),
        ({"subject": "x" * 301, "requester_id": UNKNOWN}, "/subject"),
        ({"subject": {"$ne": None}, "requester_id": UNKNOWN}, "/subject"),
        ({"subject": "x", "requester_id": UNKNOWN, "priority": "huge"}, "/priority"),
        ({"subject": "x", "requester_id": UNKNOWN, "role": "admin"}, "/role"),
        ({"subject": "x", "requester_id": UNKNOWN, "number": 7}, "/number"),
    ],
)
async def test_what_cannot_be_a_ticket_is_refused_with_its_place(
    ann: Person, body: dict[str, Any], path: str
) -> None:
    answer = await ann.post("/api/tickets", body)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert path in [fault["path"] for fault in answer.json()["faults"]]


async def test_nobody_can_be_assigned_who_is_not_there(desk: Desk, ann: Person) -> None:
    ticket = await open_one(ann, desk)

    answer = await ann.patch(f"/api/tickets/{ticket['id']}", {"if_rev": 1, "assignee_id": UNKNOWN})

    assert answer.status_code == 422
    assert answer.json()["faults"][0]["path"] == "/assignee_id"


async def test_a_conversation_out_of_reach_is_as_good_as_not_there(desk: Desk) -> None:
    bob = await desk.signed_in(Role.AGENT)
    written = await desk.customer_writes()

    hidden = await bob.post(
        "/api/tickets", {"subject": "x", "conversation_id": written.conversation_id}
    )
    missing = await bob.post("/api/tickets", {"subject": "x", "conversation_id": UNKNOWN})

    assert hidden.status_code == missing.status_code == 404
    assert hidden.json() == missing.json()


async def test_the_same_command_twice_opens_one_ticket(desk: Desk, ann: Person) -> None:
    written = await desk.customer_writes()
    body = {"subject": "x", "conversation_id": written.conversation_id}

    first = await ann.post("/api/tickets", body, key="the-same-key")
    second = await ann.post("/api/tickets", body, key="the-same-key")

    assert first.content == second.content
    assert second.status_code == 201
    assert second.headers["idempotent-replay"] == "true"
    assert len((await ann.get("/api/tickets")).json()["items"]) == 1


async def test_changes_raise_the_rev_by_one_and_are_told_as_a_patch(
    desk: Desk, ann: Person
) -> None:
    ticket = await open_one(ann, desk)
    desk.clock.move(5)

    after = await changed(ann, ticket, priority="high", assignee_id=ann.agent.id)

    assert (after["rev"], after["status"], after["updated_at"]) == (2, "open", NOON + 5)
    told = (await desk.events())[-1]
    assert msgspec.to_builtins(told.changes[0]) == {
        "entity": "ticket",
        "id": ticket["id"],
        "rev": 2,
        "patch": {
            "status": "open",
            "priority": "high",
            "assignee_id": ann.agent.id,
            "updated_at": NOON + 5,
        },
    }
    assert told.actor == ann.agent.actor


async def test_a_change_that_changes_nothing_is_not_told(desk: Desk, ann: Person) -> None:
    ticket = await open_one(ann, desk)
    before = len(await desk.events())

    after = await changed(ann, ticket, priority="normal", subject="A sofa is late")

    assert after == ticket
    assert len(await desk.events()) == before


async def test_whoever_changes_an_old_state_is_told_the_new_one(desk: Desk, ann: Person) -> None:
    ticket = await open_one(ann, desk)
    current = await changed(ann, ticket, priority="high")

    answer = await ann.patch(f"/api/tickets/{ticket['id']}", {"if_rev": 1, "priority": "low"})

    assert answer.status_code == 409
    assert answer.json()["code"] == "stale_rev"
    assert answer.json()["current"] == current


async def test_solving_and_reopening_move_the_stamp(desk: Desk, ann: Person) -> None:
    ticket = await open_one(ann, desk)

    solved = await changed(ann, ticket, status="solved")
    again = await changed(ann, solved, status="open")

    assert solved["solved_at"] == NOON
    assert again["solved_at"] is None


async def test_a_status_that_may_not_follow_is_refused(desk: Desk, ann: Person) -> None:
    ticket = await open_one(ann, desk)

    answer = await ann.patch(f"/api/tickets/{ticket['id']}", {"if_rev": 1, "status": "closed"})

    assert answer.status_code == 409
    assert answer.json()["code"] == "cannot_become"
    assert (answer.json()["from"], answer.json()["to"]) == ("new", "closed")


async def test_a_closed_ticket_stays_as_it_is(desk: Desk, ann: Person) -> None:
    ticket = await changed(ann, await open_one(ann, desk), status="solved")
    closed = await changed(ann, ticket, status="closed")

    answers = [
        await ann.patch(f"/api/tickets/{closed['id']}", {"if_rev": 3, "priority": "low"}),
        await ann.post(
            f"/api/tickets/{closed['id']}/conversations",
            {"conversation_id": (await desk.customer_writes(who="noa")).conversation_id},
        ),
    ]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "ticket_closed")] * 2


@pytest.mark.parametrize("status", ["pending", "on_hold", "solved"])
async def test_the_customer_writing_in_a_linked_conversation_reopens_the_ticket(
    desk: Desk, ann: Person, status: str
) -> None:
    ticket = await changed(ann, await open_one(ann, desk), status=status)
    desk.clock.move(1000)

    await desk.customer_writes("It is still not here")

    after = (await ann.get(f"/api/tickets/{ticket['id']}")).json()
    assert (after["status"], after["rev"], after["solved_at"]) == ("open", 3, None)
    told = (await desk.events())[-1]
    assert told.why == "customer_wrote"
    assert told.changes[0].rev == 3


async def test_an_automatic_answer_reopens_nothing(desk: Desk, ann: Person) -> None:
    ticket = await changed(ann, await open_one(ann, desk), status="solved")

    await desk.customer_writes("I am on holiday", automatic="auto-replied")

    assert (await ann.get(f"/api/tickets/{ticket['id']}")).json() == ticket


async def test_a_customer_with_another_conversation_reopens_nothing(
    desk: Desk, ann: Person
) -> None:
    ticket = await changed(ann, await open_one(ann, desk), status="solved")

    await desk.customer_writes(who="noa")

    assert (await ann.get(f"/api/tickets/{ticket['id']}")).json() == ticket


async def test_conversations_are_linked_and_unlinked(desk: Desk, ann: Person) -> None:
    ticket = await open_one(ann, desk)
    further = (await desk.customer_writes(who="noa")).conversation_id
    path = f"/api/tickets/{ticket['id']}/conversations"

    linked = (await ann.post(path, {"conversation_id": further})).json()
    again = await ann.post(path, {"conversation_id": further})
    unlinked = (await ann.delete(f"{path}/{ticket['conversation_ids'][0]}")).json()
    gone = await ann.delete(f"{path}/{ticket['conversation_ids'][0]}")

    assert (linked["rev"], linked["conversation_ids"]) == (
        2,
        [*ticket["conversation_ids"], further],
    )
    assert (again.status_code, again.json()["code"]) == (409, "already_linked")
    assert (unlinked["rev"], unlinked["conversation_ids"]) == (3, [further])
    assert gone.status_code == 404
    told = [line for line in await desk.events() if line.type.startswith("ticket.conversation_")]
    assert [line.ticket_ids for line in told] == [
        (ticket["id"],), (ticket["id"],), ()
    ]  # fmt: skip
    assert [change.patch for change in told[-1].changes] == [
        {"conversation_ids": [further], "updated_at": NOON}
    ]


async def test_a_conversation_tells_all_its_tickets(desk: Desk, ann: Person) -> None:
    first = await open_one(ann, desk)
    second = await open_one(ann, desk)
    conversation_id = first["conversation_ids"][0]

    found = await desk.database.read(store.tickets_of_conversations, [conversation_id, UNKNOWN])

    assert found == {conversation_id: [first["id"], second["id"]]}
    assert (await desk.events())[-1].ticket_ids == (
        first["id"],
        second["id"],
    )


async def test_a_customer_has_as_many_open_tickets_as_are_not_solved(
    desk: Desk, ann: Person
) -> None:
    tickets = [await open_one(ann, desk) for _ in range(3)]
    await changed(ann, tickets[0], status="solved")
    mia = tickets[0]["requester"]["id"]

    assert await desk.database.read(store.open_tickets_of, [mia, UNKNOWN]) == {mia: 2}


async def test_a_renamed_customer_is_shown_by_the_new_name(desk: Desk, ann: Person) -> None:
    ticket = await open_one(ann, desk)
    mia = ticket["requester"]["id"]

    await desk.database.write(
        lambda unit: customers.change_customer(unit, mia, {"name": "Mia Li"}, if_rev=1, by="hub")
    )

    after = (await ann.get(f"/api/tickets/{ticket['id']}")).json()
    assert (after["requester"], after["rev"]) == ({"id": mia, "name": "Mia Li"}, 2)
    assert after["updated_at"] == ticket["updated_at"]
    patch = (await desk.events())[-1].changes[0].patch
    assert patch == {"requester": {"id": mia, "name": "Mia Li"}}


async def test_the_list_is_filtered_and_comes_a_page_at_a_time(desk: Desk, ann: Person) -> None:
    made = []
    for n in range(5):
        desk.clock.move(10)
        made.append(await open_one(ann, desk, subject=f"Sofa {n}"))
    desk.clock.move(10)
    await changed(ann, made[0], status="solved", assignee_id=ann.agent.id)

    first = (await ann.get("/api/tickets", limit=3)).json()
    second = (await ann.get("/api/tickets", limit=3, cursor=first["next"])).json()

    assert [t["subject"] for t in first["items"]] == ["Sofa 0", "Sofa 4", "Sofa 3"]
    assert [t["subject"] for t in second["items"]] == ["Sofa 2", "Sofa 1"]
    assert second["next"] is None
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"status": "solved"}, ["Sofa 0"]),
        ({"status": ["solved", "open"]}, ["Sofa 0"]),
        ({"status": "closed"}, []),
        ({"assignee": "me"}, ["Sofa 0"]),
        ({"assignee": "nobody", "limit": 2}, ["Sofa 4", "Sofa 3"]),
        ({"assignee": UNKNOWN}, []),
        ({"requester": made[0]["requester"]["id"], "limit": 1}, ["Sofa 0"]),
        ({"requester": UNKNOWN}, []),
        ({"conversation": made[0]["conversation_ids"][0], "limit": 1}, ["Sofa 0"]),
        ({"q": "#3"}, ["Sofa 2"]),
        ({"q": "3"}, ["Sofa 2"]),
        ({"q": "t-3"}, ["Sofa 2"]),
        ({"q": "9" * 30}, []),
    ]
    for given, subjects in cases:
        found = (await ann.get("/api/tickets", **given)).json()["items"]
        assert [t["subject"] for t in found] == subjects, given


async def test_tickets_are_found_by_words_of_their_subject(desk: Desk, ann: Person) -> None:
    zh = await open_one(ann, desk, subject="沙发物流停滞")
    en = await open_one(ann, desk, subject="The parcel is late")

    async def found(q: str) -> list[str]:
        return [t["id"] for t in (await ann.get("/api/tickets", q=q)).json()["items"]]

    assert await found("物流") == [zh["id"]]
    assert await found("parc") == [en["id"]]
    assert await found("?!") == []
    assert await found('") OR NEAR(') == []
    await changed(ann, en, subject="The sofa is late")
    assert await found("parcel") == []
    assert await found("sofa") == [en["id"]]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"status": "ended"}, "/query/status/0"),
        ({"limit": 0}, "/query/limit"),
        ({"limit": 1e9}, "/query/limit"),
        ({"cursor": "x"}, "/query/cursor"),
        ({"cursor": "WyJhIiwiYiJd"}, "/query/cursor"),
        ({"cursor": "W10"}, "/query/cursor"),
        ({"cursor": cursor_of(10**30, "x")}, "/query/cursor"),
        ({"q": "x" * 201}, "/query/q"),
    ],
)
async def test_a_list_that_cannot_be_is_refused(
    ann: Person, given: dict[str, Any], path: str
) -> None:
    answer = await ann.get("/api/tickets", **given)

    assert answer.status_code == 422
    assert answer.json()["faults"][0]["path"] == path


@pytest.mark.parametrize("id_", [UNKNOWN, "x", "1 OR 1=1", "%20", "🙂", "x" * 65])
async def test_an_unknown_ticket_is_not_found(ann: Person, id_: str) -> None:
    answers = [
        await ann.get(f"/api/tickets/{id_}"),
        await ann.patch(f"/api/tickets/{id_}", {"if_rev": 1, "status": "open"}),
        await ann.post(f"/api/tickets/{id_}/conversations", {"conversation_id": UNKNOWN}),
        await ann.delete(f"/api/tickets/{id_}/conversations/{UNKNOWN}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"status": "open"}, "/if_rev"),
        ({"if_rev": True, "status": "open"}, "/if_rev"),
        ({"if_rev": "1", "status": "open"}, "/if_rev"),
        ({"if_rev": 1, "status": ["open"]}, "/status"),
        ({"if_rev": 1, "status": "ended"}, "/status"),
        ({"if_rev": 1, "requester_id": UNKNOWN}, "/requester_id"),
        ({"if_rev": 1, "subject": " "}, "/subject"),
        ({"if_rev": 1, "solved_at": 1}, "/solved_at"),
    ],
)
async def test_a_change_that_cannot_be_is_refused_with_its_place(
    desk: Desk, ann: Person, body: dict[str, Any], path: str
) -> None:
    ticket = await open_one(ann, desk)

    answer = await ann.patch(f"/api/tickets/{ticket['id']}", body)

    assert answer.status_code == 422
    assert answer.json()["faults"][0]["path"] == path
    assert (await ann.get(f"/api/tickets/{ticket['id']}")).json() == ticket


async def test_a_nul_in_an_address_is_refused(ann: Person) -> None:
    for path in ("/api/tickets/%00", "/api/tickets?requester=%00", "/api/tickets?q=a%00"):
        assert (await ann.get(path)).status_code == 400


async def test_somebody_not_signed_in_sees_and_does_nothing(desk: Desk) -> None:
    async with desk.browser() as stranger:
        assert (await stranger.get("/api/tickets")).status_code == 401
        assert (await stranger.post("/api/tickets", json={"subject": "x"})).status_code == 401


async def test_only_so_many_conversations_fit_a_ticket(
    desk: Desk, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LINKS_MOST", 1)
    ticket = await open_one(ann, desk)
    further = (await desk.customer_writes(who="noa")).conversation_id

    answer = await ann.post(
        f"/api/tickets/{ticket['id']}/conversations", {"conversation_id": further}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_links")
