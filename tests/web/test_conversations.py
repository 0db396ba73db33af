"""Conversations over HTTP: who may see and say what, drafts, files, ends and returns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hub.agents import store as agent_store
from hub.agents.model import Role
from hub.conversations import api as conversations_api, service, store
from hub.conversations.model import Message, Routing, State
from hub.customers import service as customers
from hub.customers.events import CustomerChanged
from hub.kernel.clock import MINUTE
from hub.kernel.ids import AgentId, QueueId
from hub.storage.blobs import FolderBlobs
from hub.storage.chart import Chart
from hub.storage.unit import Unit
from tests.support.desk import NOON, Desk, Person, open_desk

QUEUE = QueueId("01900000-0000-7000-8000-00000000000a")
OTHER = QueueId("01900000-0000-7000-8000-00000000000b")
UNKNOWN = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
async def desk(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    chart = Chart()
    chart.within(CustomerChanged, service.rename_customer)
    async with open_desk(sqlite_url, conversations_api.routes, chart=chart) as desk:
        parts: Any = desk.app.state.parts
        parts.blobs = FolderBlobs(tmp_path / "blobs")
        yield desk


@pytest.fixture
async def ann(desk: Desk) -> Person:
    """An agent of the queue."""
    return await desk.signed_in(queues=[QUEUE])


@pytest.fixture
async def talk(desk: Desk, ann: Person) -> str:
    """Mia's conversation, with Ann."""
    return await assigned(desk, ann)


async def assigned(desk: Desk, to: Person, *, who: str = "mia", queue: QueueId = QUEUE) -> str:
    said = await desk.customer_writes(who=who)
    await place(desk, said.conversation_id, to.agent.id, queue)
    return said.conversation_id


async def place(
    desk: Desk, conversation_id: str, agent_id: AgentId | None, queue: QueueId = QUEUE
) -> None:
    def put(unit: Unit) -> None:
        routing = Routing.ASSIGNED if agent_id else Routing.WAITING
        conversation = service.get(unit, conversation_id)
        service.place(unit, conversation, routing, queue_id=queue, agent_id=agent_id)

    await desk.database.write(put)


async def thread(desk: Desk, conversation_id: str) -> list[Message]:
    return await desk.database.read(store.thread, conversation_id, 1 << 30, 1_000)


async def report(desk: Desk, message_id: str, state: State, error: str | None = None) -> bool:
    return await desk.database.write(lambda unit: service.report(unit, message_id, state, error))


async def shown(person: Person, conversation_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await person.get(f"/api/conversations/{conversation_id}")).json()
    return found


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def reply(
    person: Person, conversation_id: str, text: str = "On its way.", **more: Any
) -> httpx2.Response:
    return await person.post(
        f"/api/conversations/{conversation_id}/replies", {"text": text, **more}
    )


async def upload(person: Person, content: bytes = b"words", name: str = "a.txt") -> httpx2.Response:
    headers = {"X-CSRF": person.csrf}
    files = {"file": (name, content, "text/plain")}
    return await person.http.post("/api/uploads", files=files, headers=headers)


# -- answering -------------------------------------------------------------------------------------


async def test_an_answer_is_kept_and_told_and_ends_the_wait(
    desk: Desk, ann: Person, talk: str
) -> None:
    desk.clock.move(MINUTE)

    answer = await reply(ann, talk, "Tomorrow at nine.")

    assert answer.status_code == 201
    message = answer.json()
    assert (message["direction"], message["state"], message["ordinal"]) == ("out", "queued", 2)
    assert message["author"] == {"kind": "agent", "id": ann.agent.id, "name": "Ann"}
    after = await shown(ann, talk)
    assert (after["waiting_since"], after["first_reply_due"], after["unread"]) == (None, None, 0)
    assert after["preview"]["text"] == "Tomorrow at nine."
    (told,) = [e for e in await desk.events() if e.type == "message.replied"]
    assert (told.is_first, told.waited) == (True, MINUTE)


async def test_only_the_first_answer_is_the_first(desk: Desk, ann: Person, talk: str) -> None:
    await reply(ann, talk)
    await reply(ann, talk)

    told = [e for e in await desk.events() if e.type == "message.replied"]
    assert [(e.is_first, e.waited) for e in told] == [(True, 0), (False, None)]


async def test_a_colleagues_conversation_is_not_yours_to_answer(
    desk: Desk, ann: Person, talk: str
) -> None:
    bo = await desk.signed_in(name="Bo", queues=[QUEUE])
    await desk.database.write(lambda unit: _join(unit, QUEUE, ann, bo))

    answer = await reply(bo, talk)

    assert code(answer) == (409, "not_yours")
    assert answer.json()["agent_id"] == ann.agent.id
    assert (await bo.get(f"/api/conversations/{talk}")).status_code == 200  # but theirs to see


def _join(unit: Unit, queue: QueueId, *people: Person) -> None:
    agent_store.set_members(unit, queue, [person.agent.id for person in people])


async def test_a_supervisor_may_answer_any(desk: Desk, ann: Person, talk: str) -> None:
    eve = await desk.signed_in(Role.SUPERVISOR, name="Eve")

    assert (await reply(eve, talk)).status_code == 201


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
async def test_an_ended_conversation_takes_no_answer_but_a_note(
    desk: Desk, ann: Person, talk: str, role: Role
) -> None:
    person = ann if role is Role.AGENT else await desk.signed_in(role, name="Eve")
    await ann.post(f"/api/conversations/{talk}/end", {})

    assert code(await reply(person, talk)) == (409, "has_ended")
    noted = await person.post(f"/api/conversations/{talk}/notes", {"text": "called her"})
    assert noted.status_code == 201


async def test_whoever_answers_over_a_colleague_is_told(desk: Desk, ann: Person, talk: str) -> None:
    eve = await desk.signed_in(Role.SUPERVISOR, name="Eve")
    await reply(eve, talk, "I took this over.")

    answer = await reply(ann, talk, "Hello", seen_ordinal=1)

    assert code(answer) == (409, "colleague_replied")
    assert answer.json()["ordinal"] == 2
    assert (await reply(ann, talk, "Hello", seen_ordinal=2)).status_code == 201


async def test_ones_own_answers_and_notes_and_the_customers_words_are_no_colleagues(
    desk: Desk, ann: Person, talk: str
) -> None:
    await reply(ann, talk)
    eve = await desk.signed_in(Role.SUPERVISOR, name="Eve")
    await eve.post(f"/api/conversations/{talk}/notes", {"text": "be nice"})
    await desk.customer_writes("And?")

    assert (await reply(ann, talk, "Soon", seen_ordinal=1)).status_code == 201


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"text": ""}, "/text"),
        ({"text": " \n\t"}, "/text"),
        ({"text": "x" * 50_001}, "/text"),
        ({"text": 7}, "/text"),
        ({"text": None}, "/text"),
        ({"text": {"$ne": 1}}, "/text"),
        ({}, "/text"),
        ({"text": "x", "attachments": ["a"]}, "/attachments/0"),
        ({"text": "x", "attachments": ["a"] * 21}, "/attachments"),
        ({"text": "x", "seen_ordinal": -1}, "/seen_ordinal"),
        ({"text": "x", "seen_ordinal": 1 << 63}, "/seen_ordinal"),
        ({"text": "x", "seen_ordinal": 1.5}, "/seen_ordinal"),
        ({"text": "x", "seen_ordinal": "1"}, "/seen_ordinal"),
        ({"text": "x", "bcc": "eve@evil.example"}, "/bcc"),
        ({"text": "x", "author": "customer"}, "/author"),
    ],
)
async def test_each_fault_of_an_answer_is_named_and_nothing_is_kept(
    desk: Desk, ann: Person, talk: str, body: dict[str, Any], path: str
) -> None:
    answer = await ann.post(f"/api/conversations/{talk}/replies", body)

    assert code(answer) == (422, "invalid")
    assert [fault["path"] for fault in answer.json()["faults"]] == [path]
    assert len(await thread(desk, talk)) == 1


async def test_twenty_presses_of_send_are_one_answer(desk: Desk, ann: Person, talk: str) -> None:
    path = f"/api/conversations/{talk}/replies"

    answers = await asyncio.gather(
        *(ann.post(path, {"text": "Yes"}, key="pressed-send") for _ in range(20))
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await thread(desk, talk)) == 2


async def test_two_answers_at_once_have_two_places(desk: Desk, ann: Person, talk: str) -> None:
    await asyncio.gather(*(reply(ann, talk, str(n)) for n in range(10)))

    assert [m.ordinal for m in await thread(desk, talk)] == list(range(1, 12))
    found = await shown(ann, talk)
    assert (found["last_ordinal"], found["message_count"]) == (11, 11)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "{{7*7}} ${7*7} <%= 1 %>", "‮你好\u200d", "__proto__"]
)
async def test_words_go_out_as_they_were_written(
    desk: Desk, ann: Person, talk: str, text: str
) -> None:
    assert (await reply(ann, talk, text)).json()["text"] == text


# -- files -----------------------------------------------------------------------------------------


async def test_a_file_goes_with_the_answer_and_can_be_fetched(
    desk: Desk, ann: Person, talk: str
) -> None:
    kept = (await upload(ann, b"the plan", "../plan.txt")).json()
    assert kept["name"] == "plan.txt"

    message = (await reply(ann, talk, "", attachments=[kept["id"]])).json()

    (file,) = message["attachments"]
    assert (file["name"], file["size"], file["media_type"]) == ("plan.txt", 8, "text/plain")
    answer = await ann.get(f"/api/attachments/{file['id']}")
    assert answer.content == b"the plan"
    assert answer.headers["content-disposition"].startswith("attachment;")


async def test_a_colleagues_upload_is_not_yours_to_send(desk: Desk, ann: Person, talk: str) -> None:
    bo = await desk.signed_in(name="Bo")
    mine, theirs = (await upload(ann)).json()["id"], (await upload(bo)).json()["id"]

    answer = await reply(ann, talk, "here", attachments=[mine, theirs])

    assert code(answer) == (422, "invalid")
    assert [fault["path"] for fault in answer.json()["faults"]] == ["/attachments/1"]
    assert len(await thread(desk, talk)) == 1


async def test_a_file_of_a_conversation_out_of_reach_is_not_there(
    desk: Desk, ann: Person, talk: str
) -> None:
    kept = (await upload(ann)).json()
    (file,) = (await reply(ann, talk, "", attachments=[kept["id"]])).json()["attachments"]
    bo = await desk.signed_in(name="Bo", queues=[OTHER])

    hidden = await bo.get(f"/api/attachments/{file['id']}")
    unknown = await bo.get(f"/api/attachments/{UNKNOWN}")

    assert code(hidden) == (404, "not_found")
    assert hidden.status_code == unknown.status_code


async def test_an_empty_upload_is_refused(ann: Person) -> None:
    assert code(await upload(ann, b"")) == (422, "invalid")


# -- who sees what ---------------------------------------------------------------------------------


async def test_what_is_out_of_reach_looks_as_if_it_were_not_there(
    desk: Desk, ann: Person, talk: str
) -> None:
    bo = await desk.signed_in(name="Bo", queues=[OTHER])

    for path in ("", "/messages", "/drafts"):
        hidden = await bo.get(f"/api/conversations/{talk}{path}")
        unknown = await bo.get(f"/api/conversations/{UNKNOWN}{path}")
        assert code(hidden) == (404, "not_found")
        assert hidden.content == unknown.content
    for deed, body in (
        ("replies", {"text": "x"}),
        ("notes", {"text": "x"}),
        ("read", {"ordinal": 1}),
        ("end", {}),
        ("reopen", None),
    ):
        hidden = await bo.post(f"/api/conversations/{talk}/{deed}", body)
        unknown = await bo.post(f"/api/conversations/{UNKNOWN}/{deed}", body)
        assert code(hidden) == (404, "not_found")
        assert hidden.content == unknown.content
    assert len(await thread(desk, talk)) == 1


async def test_an_agent_keeps_seeing_what_is_theirs_in_a_queue_that_is_not(
    desk: Desk, ann: Person
) -> None:
    theirs = await assigned(desk, ann, queue=OTHER)

    assert (await ann.get(f"/api/conversations/{theirs}")).status_code == 200


async def test_the_views_hold_what_they_say(desk: Desk, ann: Person, talk: str) -> None:
    desk.clock.move(MINUTE)
    waiting = (await desk.customer_writes(who="bo")).conversation_id
    await place(desk, waiting, None)
    desk.clock.move(MINUTE)
    hidden = (await desk.customer_writes(who="carl")).conversation_id
    await place(desk, hidden, None, OTHER)

    async def listed(**params: str) -> list[str]:
        found = (await ann.get("/api/conversations", **params)).json()
        return [item["id"] for item in found["items"]]

    assert await listed(view="mine") == [talk]
    assert await listed(view="waiting") == [waiting]
    assert await listed() == [waiting, talk]  # newest activity first
    assert await listed(q="mia") == [talk]
    assert await listed(q="#2") == [waiting]
    assert await listed(q="carl") == []
    assert await listed(queue_id=OTHER) == []
    assert await listed(status="ended") == []


async def test_a_list_is_given_page_by_page_without_gap_or_repeat(desk: Desk, ann: Person) -> None:
    made = []
    for n in range(7):
        made.append(await assigned(desk, ann, who=f"c{n}"))
        desk.clock.move(n % 2)  # some at the same moment

    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await ann.get("/api/conversations", limit=2, **cursor)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert sorted(seen) == sorted(made)
    assert len(seen) == 7


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"limit": 0}, "/query/limit"),
        ({"limit": 201}, "/query/limit"),
        ({"limit": "1e9"}, "/query/limit"),
        ({"cursor": "x"}, "/query/cursor"),
        ({"view": "everything"}, "/query/view"),
        ({"status": "gone"}, "/query/status"),
        ({"q": "x" * 201}, "/query/q"),
    ],
)
async def test_a_question_that_cannot_be_answered_says_why(
    ann: Person, params: dict[str, Any], path: str
) -> None:
    answer = await ann.get("/api/conversations", **params)

    assert code(answer) == (422, "invalid")
    assert [fault["path"] for fault in answer.json()["faults"]] == [path]


@pytest.mark.parametrize("q", ["%", "_", "' OR 1=1 --", "\\", '"', "NEAR(", "99999999999999999999"])
async def test_a_search_is_literal(ann: Person, talk: str, q: str) -> None:
    answer = await ann.get("/api/conversations", q=q)

    assert (answer.status_code, answer.json()["items"]) == (200, [])


async def test_a_long_thread_comes_newest_page_first_each_oldest_first(
    desk: Desk, ann: Person, talk: str
) -> None:
    for n in range(2, 8):
        await desk.customer_writes(str(n))
    path = f"/api/conversations/{talk}/messages"

    newest = (await ann.get(path, limit=3)).json()
    older = (await ann.get(path, limit=3, before=newest["next"])).json()
    oldest = (await ann.get(path, limit=3, before=older["next"])).json()

    pages = [[m["ordinal"] for m in page["items"]] for page in (newest, older, oldest)]
    assert pages == [[5, 6, 7], [2, 3, 4], [1]]
    assert oldest["next"] is None


# -- drafts ----------------------------------------------------------------------------------------


async def put_draft(
    person: Person, talk: str, text: str, mode: str = "reply", **more: Any
) -> httpx2.Response:
    path = f"/api/conversations/{talk}/drafts/{mode}"
    return await person.ask("PUT", path, {"text": text, **more})


async def drafts(person: Person, talk: str) -> dict[str, tuple[int, str]]:
    found = (await person.get(f"/api/conversations/{talk}/drafts")).json()["items"]
    return {draft["mode"]: (draft["rev"], draft["text"]) for draft in found}


async def test_a_draft_is_kept_and_its_rev_rises(ann: Person, talk: str) -> None:
    revs = [(await put_draft(ann, talk, text)).json()["rev"] for text in ("H", "He", "Hel")]

    assert revs == [1, 2, 3]
    assert await drafts(ann, talk) == {"reply": (3, "Hel")}


async def test_reply_and_note_are_drafted_apart(ann: Person, talk: str) -> None:
    await put_draft(ann, talk, "to her")
    await put_draft(ann, talk, "about her", "note")

    assert await drafts(ann, talk) == {"reply": (1, "to her"), "note": (1, "about her")}


async def test_sending_empties_the_draft_and_its_rev_goes_on(ann: Person, talk: str) -> None:
    await put_draft(ann, talk, "On its way.")
    await put_draft(ann, talk, "secret", "note")

    await reply(ann, talk)

    assert await drafts(ann, talk) == {"reply": (2, ""), "note": (1, "secret")}
    assert (await put_draft(ann, talk, "Next", if_rev=2)).json()["rev"] == 3


async def test_a_slower_device_is_told_what_is_there(ann: Person, talk: str) -> None:
    await put_draft(ann, talk, "from the phone", if_rev=0)

    answer = await put_draft(ann, talk, "from the desk", if_rev=0)

    assert code(answer) == (409, "stale_rev")
    assert answer.json()["current"]["text"] == "from the phone"
    assert await drafts(ann, talk) == {"reply": (1, "from the phone")}


async def test_a_draft_is_for_its_agent_alone(desk: Desk, ann: Person, talk: str) -> None:
    eve = await desk.signed_in(Role.SUPERVISOR, name="Eve")
    await put_draft(ann, talk, "Ann's")

    assert await drafts(eve, talk) == {}
    await put_draft(eve, talk, "Eve's")
    assert await drafts(ann, talk) == {"reply": (1, "Ann's")}


async def test_an_empty_draft_of_nothing_leaves_no_trace(
    desk: Desk, ann: Person, talk: str
) -> None:
    assert (await put_draft(ann, talk, "")).json()["rev"] == 0
    assert not [e for e in await desk.events() if e.type == "draft.changed"]


# -- notes and marks -------------------------------------------------------------------------------


async def test_a_note_is_no_answer(desk: Desk, ann: Person, talk: str) -> None:
    noted = (await ann.post(f"/api/conversations/{talk}/notes", {"text": "a regular"})).json()

    assert (noted["direction"], noted["state"]) == ("note", "sent")
    found = await shown(ann, talk)
    assert found["waiting_since"] == NOON  # she still waits
    assert found["message_count"] == 1  # and it does not count among what was said
    assert not [e for e in await desk.events() if e.type == "message.replied"]


async def test_what_was_seen_is_read_and_the_rest_is_not(
    desk: Desk, ann: Person, talk: str
) -> None:
    await desk.customer_writes("two")
    await desk.customer_writes("three")

    answer = await ann.post(f"/api/conversations/{talk}/read", {"ordinal": 2})

    assert answer.json()["unread"] == 1
    assert [m.state for m in await thread(desk, talk)] == [State.READ, State.READ, State.RECEIVED]


async def test_marks_of_reading_never_go_back(desk: Desk, ann: Person, talk: str) -> None:
    await desk.customer_writes("two")
    path = f"/api/conversations/{talk}/read"

    for ordinal in (2, 1, 0, 2):
        assert (await ann.post(path, {"ordinal": ordinal})).json()["unread"] == 0

    told = [e for e in await desk.events() if e.type == "conversation.read"]
    assert [e.ordinal for e in told] == [2]  # what changes nothing is not told
    assert [(c.entity, c.rev) for c in told[0].changes][1:] == [("message", 2), ("message", 2)]


async def test_the_customers_side_reports_up_to_where_it_saw(
    desk: Desk, ann: Person, talk: str
) -> None:
    for n in range(3):
        sent = (await reply(ann, talk, str(n))).json()["id"]
        await report(desk, sent, State.SENT)

    async def has(ordinal: int, state: State) -> None:
        await desk.database.write(
            lambda unit: service.customer_has(unit, talk, ordinal, state, actor="customer:mia")
        )

    await has(3, State.READ)
    await has(4, State.DELIVERED)
    await has(2, State.DELIVERED)  # late

    assert [m.state for m in (await thread(desk, talk))[1:]] == [
        State.READ,
        State.READ,
        State.DELIVERED,
    ]


async def test_a_report_that_says_nothing_new_changes_nothing(
    desk: Desk, ann: Person, talk: str
) -> None:
    sent = (await reply(ann, talk)).json()["id"]

    told = [
        await report(desk, sent, state, "why")
        for state in (
            State.SENDING,
            State.SENT,
            State.SENDING,
            State.SENT,
            State.FAILED,
            State.READ,
        )
    ]

    assert told == [True, True, False, False, True, False]
    message = (await thread(desk, talk))[1]
    assert (message.state, message.error, message.rev) == (State.FAILED, "why", 4)


# -- again -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.FAILED, State.UNKNOWN])
async def test_what_did_not_arrive_can_be_sent_again(
    desk: Desk, ann: Person, talk: str, state: State
) -> None:
    sent = (await reply(ann, talk)).json()["id"]
    for each in (State.SENDING, state):
        await report(desk, sent, each, "reset")

    answer = await ann.post(f"/api/messages/{sent}/retry")

    assert (answer.json()["state"], answer.json()["error"]) == ("queued", None)
    assert [e.is_first for e in await desk.events() if e.type == "message.replied"] == [True, False]


async def test_what_is_under_way_cannot_be_sent_again(desk: Desk, ann: Person, talk: str) -> None:
    sent = (await reply(ann, talk)).json()["id"]

    assert code(await ann.post(f"/api/messages/{sent}/retry")) == (409, "not_to_retry")
    assert code(await ann.post(f"/api/messages/{UNKNOWN}/retry")) == (404, "not_found")


# -- ends and returns ------------------------------------------------------------------------------


async def test_an_end_is_told_once_and_written_into_the_thread(
    desk: Desk, ann: Person, talk: str
) -> None:
    path = f"/api/conversations/{talk}/end"

    first = (await ann.post(path, {"disposition": "solved"})).json()
    again = (await ann.post(path, {"disposition": "other"})).json()

    assert (first["status"], first["routing"], first["ended_at"]) == ("ended", "none", NOON)
    assert again == first
    (told,) = [e for e in await desk.events() if e.type == "conversation.ended"]
    assert (told.by, told.disposition, told.actor) == ("agent", "solved", ann.agent.actor)
    line = (await thread(desk, talk))[-1]
    assert (line.direction.value, line.text) == ("event", "ended_by_agent")


async def test_only_its_agent_and_supervisors_may_end_it(
    desk: Desk, ann: Person, talk: str
) -> None:
    await place(desk, talk, None)

    assert code(await ann.post(f"/api/conversations/{talk}/end", {})) == (409, "not_yours")
    eve = await desk.signed_in(Role.SUPERVISOR, name="Eve")
    assert (await eve.post(f"/api/conversations/{talk}/end", {})).status_code == 200


async def test_opened_again_it_waits_for_its_last_agent_first(
    desk: Desk, ann: Person, talk: str
) -> None:
    await ann.post(f"/api/conversations/{talk}/end", {})

    answer = (await ann.post(f"/api/conversations/{talk}/reopen")).json()
    again = (await ann.post(f"/api/conversations/{talk}/reopen")).json()

    assert (answer["status"], answer["routing"], answer["ended_at"]) == ("open", "waiting", None)
    assert again == answer
    opened = [e for e in await desk.events() if e.type == "conversation.opened"]
    assert [(e.again, e.last_agent_id) for e in opened] == [(False, None), (True, ann.agent.id)]


async def test_it_cannot_be_opened_again_beside_a_newer_one(
    desk: Desk, ann: Person, talk: str
) -> None:
    await ann.post(f"/api/conversations/{talk}/end", {})
    newer = (await desk.customer_writes("me again")).conversation_id

    answer = await ann.post(f"/api/conversations/{talk}/reopen")

    assert code(answer) == (409, "conflict")
    assert answer.json()["conversation_id"] == newer


async def test_a_second_rating_replaces_the_first(desk: Desk, ann: Person, talk: str) -> None:
    def rate_twice(unit: Unit) -> None:
        service.rate(unit, talk, score=2, solved=None, comment="slow")
        service.rate(unit, talk, score=5, solved=True, comment="sorry, great")

    await desk.database.write(rate_twice)

    found = await shown(ann, talk)
    assert found["rating"] == {"score": 5, "solved": True, "comment": "sorry, great"}


async def test_a_new_name_reaches_the_conversations(desk: Desk, ann: Person, talk: str) -> None:
    customer = (await shown(ann, talk))["customer"]["id"]

    await desk.database.write(
        lambda unit: customers.change_customer(
            unit, customer, {"name": "Mia Chen"}, if_rev=1, by=ann.agent.actor
        )
    )

    found = await shown(ann, talk)
    assert found["customer"]["name"] == "Mia Chen"
    (told,) = [e for e in await desk.events() if e.type == "conversation.changed"]
    assert (told.what, told.changes[0].rev) == ("customer", found["rev"])


async def test_a_change_that_is_not_the_name_leaves_the_conversations_alone(
    desk: Desk, ann: Person, talk: str
) -> None:
    before = await shown(ann, talk)

    await desk.database.write(
        lambda unit: customers.change_customer(
            unit, before["customer"]["id"], {"vip": True}, if_rev=1, by=ann.agent.actor
        )
    )

    assert await shown(ann, talk) == before
