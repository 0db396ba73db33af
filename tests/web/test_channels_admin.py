"""Channels, the quarantine and parked events, as an administrator handles them over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typing_extensions import override

from hub.agents.model import Role
from hub.app import parked as parked_api
from hub.channels import api as channels_api, store
from hub.channels.inbound import Inbox
from hub.channels.memory.channel import MemoryChannel
from hub.channels.port import Account
from hub.channels.registry import Registry
from hub.channels.secrets import Vault
from hub.conversations import service as conversations
from hub.conversations.model import Inbound, State
from hub.conversations.receiving import receive
from hub.customers.events import CustomerAppeared
from hub.customers.model import Claim
from hub.kernel.clock import MINUTE
from hub.kernel.ids import ChannelId
from hub.storage import subscriptions
from hub.storage.blobs import FolderBlobs
from hub.storage.chart import Chart
from hub.storage.subscriptions import Reader
from hub.storage.unit import Unit
from tests.support.desk import HOST, Desk, Person, open_desk

QUEUE = "01900000-0000-7000-8000-00000000000a"
UNKNOWN = "01900000-0000-7000-8000-000000000000"
NEW: dict[str, Any] = {
    "kind": "memory",
    "key": "shop",
    "name": "Shop",
    "queue_id": QUEUE,
    "settings": {"a": 1},
    "secrets": {"token": "hush"},
}


class Moody(MemoryChannel):
    """Understands what lay in quarantine only when told to."""

    understands = False
    replayed: Sequence[bytes] = ()

    @override
    async def replay(self, account: Account, key: str, raw: bytes) -> None:
        if not self.understands:
            raise ValueError("still gibberish")
        self.replayed = [*self.replayed, raw]


class Digesting:
    """A reader that cannot take a thing until it is cured."""

    cured = False

    def take(self, unit: Unit, events: Sequence[CustomerAppeared]) -> None:
        if not self.cured:
            raise ValueError("cannot digest this")


@pytest.fixture
def digesting() -> Digesting:
    return Digesting()


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """SQLite, and PostgreSQL too where a test asks for both."""
    return str(request.getfixturevalue(getattr(request, "param", "sqlite_url")))


on_both = pytest.mark.parametrize(
    "url",
    ["sqlite_url", pytest.param("pg_database", marks=pytest.mark.integration)],
    indirect=True,
)


@pytest.fixture
async def desk(url: str, tmp_path: Path, digesting: Digesting) -> AsyncIterator[Desk]:
    chart = Chart()
    chart.after(CustomerAppeared, digesting.take)
    async with open_desk(url, channels_api.routes, parked_api.routes, chart=chart) as desk:
        parts: Any = desk.app.state.parts
        parts.chart = chart
        parts.blobs = FolderBlobs(tmp_path / "blobs")
        parts.registry = Registry(desk.database, Vault(b"k" * 32))
        parts.inbox = Inbox(desk.database, parts.blobs, parts.registry)
        for kind in ("chat", "email", "sms", "webhook", "memory"):
            channel = Moody(parts.inbox)
            channel.kind = kind
            parts.registry.add_kind(channel)
        parts.is_queue = lambda connection, queue_id: queue_id == QUEUE
        parts.troubles = {}
        parts.channel_error = parts.troubles.get
        yield desk


@pytest.fixture
async def ann(desk: Desk) -> Person:
    return await desk.signed_in(Role.ADMIN)


def parts_of(desk: Desk) -> Any:
    return desk.app.state.parts


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def added(ann: Person, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = (await ann.post("/api/channels", NEW | more)).json()
    return made


async def write_in(desk: Desk, channel_id: str, key: str) -> str:
    """A customer's message on a channel; its conversation."""
    said = Inbound(
        channel_id=ChannelId(channel_id),
        channel="memory",
        key=key,
        sender=Claim("memory", "mia", name="Mia"),
        text=key,
        thread_key="mia",
    )
    return (await desk.database.write_together(receive, said)).conversation_id


async def answered(desk: Desk, ann: Person, conversation_id: str) -> str:
    """An agent's answer; the message."""
    return (
        await desk.database.write(
            lambda unit: conversations.reply(unit, conversation_id, "Soon", by=ann.agent)
        )
    ).id


async def became(desk: Desk, message_id: str, state: State) -> None:
    await desk.database.write(lambda unit: conversations.report(unit, message_id, state))


# -- channels --------------------------------------------------------------------------------------


async def test_an_added_channel_is_listed_with_the_names_of_its_secrets_only(
    desk: Desk, ann: Person
) -> None:
    answer = await ann.post("/api/channels", NEW)

    assert answer.status_code == 201
    listed = await ann.get("/api/channels")
    assert listed.json()["items"] == [answer.json()]
    assert answer.json()["secrets"] == ["token"]
    assert (answer.json()["settings"], answer.json()["error"]) == ({"a": 1}, None)
    assert "hush" not in answer.text + listed.text
    (row,) = await desk.database.read(store.every_channel)
    assert "hush" not in row.secrets


async def test_the_secret_reaches_the_channel_itself(desk: Desk, ann: Person) -> None:
    made = await added(ann)

    await parts_of(desk).registry.load()

    assert parts_of(desk).registry.get(made["id"]).secrets == {"token": "hush"}


async def test_secrets_are_replaced_by_name_and_settings_whole(desk: Desk, ann: Person) -> None:
    made = await added(ann, secrets={"token": "hush", "other": "stays"})

    changed = await ann.patch(
        f"/api/channels/{made['id']}",
        {"settings": {"b": 2}, "secrets": {"token": "new"}, "name": "Store"},
    )

    found = changed.json()
    assert (found["settings"], found["secrets"], found["name"]) == (
        {"b": 2},
        ["other", "token"],
        "Store",
    )
    assert (found["rev"], found["queue_id"]) == (2, QUEUE)
    await parts_of(desk).registry.load()
    secrets = parts_of(desk).registry.get(made["id"]).secrets
    assert secrets == {"token": "new", "other": "stays"}


async def test_null_takes_a_secret_away(desk: Desk, ann: Person) -> None:
    made = await added(ann, secrets={"token": "hush", "previous": "old"})

    changed = await ann.patch(f"/api/channels/{made['id']}", {"secrets": {"previous": None}})

    assert changed.json()["secrets"] == ["token"]
    await parts_of(desk).registry.load()
    assert parts_of(desk).registry.get(made["id"]).secrets == {"token": "hush"}


async def test_a_change_that_changes_nothing_is_none(desk: Desk, ann: Person) -> None:
    made = await added(ann)
    before = len(await desk.events())

    answers = [
        await ann.patch(f"/api/channels/{made['id']}", {}),
        await ann.patch(f"/api/channels/{made['id']}", {"name": "Shop", "secrets": {}}),
        await ann.patch(f"/api/channels/{made['id']}", {"secrets": {"token": "hush"}}),
    ]

    assert [answer.json()["rev"] for answer in answers] == [1, 1, 1]
    assert len(await desk.events()) == before


async def test_a_channel_says_where_others_reach_it(ann: Person) -> None:
    off = {"enabled": False, "settings": {}, "secrets": {}}
    made = {
        kind: await added(ann, kind=kind, key=f"our-{kind}", **off)
        for kind in ("webhook", "sms", "email")
    }

    assert made["webhook"]["url"] == f"{HOST}/hooks/our-webhook"
    assert made["sms"]["url"] == f"{HOST}/channels/sms/our-sms"
    assert made["email"]["url"] is None


async def test_what_keeps_a_channel_from_receiving_is_shown_while_it_is_on(
    desk: Desk, ann: Person
) -> None:
    made = await added(ann)
    troubles = parts_of(desk).troubles

    async def shown() -> tuple[Any, Any]:
        (found,) = (await ann.get("/api/channels")).json()["items"]
        return found["is_up"], found["error"]

    assert await shown() == (None, None)
    troubles[made["id"]] = ""
    assert await shown() == (True, None)
    troubles[made["id"]] = "IMAP: SignInRefused"
    assert await shown() == (False, "IMAP: SignInRefused")
    await ann.patch(f"/api/channels/{made['id']}", {"enabled": False})
    assert await shown() == (None, None)


@on_both
async def test_a_channel_shows_when_something_last_came_in_and_last_went_out(
    desk: Desk, ann: Person
) -> None:
    made = await added(ann)
    quiet = await added(ann, key="quiet")
    first = await write_in(desk, made["id"], "one")
    desk.clock.move(MINUTE)
    await write_in(desk, made["id"], "two")
    came_in = desk.clock.now()
    desk.clock.move(MINUTE)
    sent, lost = await answered(desk, ann, first), await answered(desk, ann, first)
    went_out = desk.clock.now()
    await became(desk, sent, State.SENT)
    await became(desk, lost, State.FAILED)
    desk.clock.move(MINUTE)

    items = {each["id"]: each for each in (await ann.get("/api/channels")).json()["items"]}

    assert (items[made["id"]]["last_in"], items[made["id"]]["last_out"]) == (came_in, went_out)
    assert (items[quiet["id"]]["last_in"], items[quiet["id"]]["last_out"]) == (None, None)


async def test_an_answer_that_did_not_leave_is_no_traffic(desk: Desk, ann: Person) -> None:
    made = await added(ann)
    conversation = await write_in(desk, made["id"], "one")
    await became(desk, await answered(desk, ann, conversation), State.FAILED)

    (shown,) = (await ann.get("/api/channels")).json()["items"]

    assert shown["last_out"] is None


async def test_null_takes_the_queue_away_and_leaves_what_cannot_be_nothing(ann: Person) -> None:
    made = await added(ann, language="zh")

    changed = await ann.patch(
        f"/api/channels/{made['id']}",
        {"queue_id": None, "language": None, "name": None, "enabled": None, "settings": None},
    )

    found = changed.json()
    assert (found["queue_id"], found["language"]) == (None, None)
    assert (found["name"], found["enabled"], found["settings"]) == ("Shop", True, {"a": 1})


async def test_one_key_is_one_channel(ann: Person) -> None:
    await added(ann)

    assert code(await ann.post("/api/channels", NEW)) == (409, "key_taken")


async def test_the_second_of_two_administrators_is_shown_what_the_first_did(ann: Person) -> None:
    made = await added(ann)
    path = f"/api/channels/{made['id']}"
    await ann.patch(path, {"if_rev": 1, "enabled": False})

    answer = await ann.patch(path, {"if_rev": 1, "name": "Store"})

    assert code(answer) == (409, "stale_rev")
    assert answer.json()["current"]["enabled"] is False
    assert "hush" not in answer.text


FAULTS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"kind": "pigeon"}, "/kind"),
    ({"key": "Shop"}, "/key"),
    ({"key": "../x"}, "/key"),
    ({"name": ""}, "/name"),
    ({"queue_id": UNKNOWN}, "/queue_id"),
    ({"language": "fr"}, "/language"),
    ({"settings": []}, "/settings"),
    ({"secrets": {"token": 7}}, "/secrets/token"),
    ({"secrets": {"token": ""}}, "/secrets/token"),
    ({"name": "  "}, "/name"),
    ({"settings": {"port": 1 << 80}}, "/settings/port"),
    ({"settings": {"deep": [{"er": -(1 << 60)}]}}, "/settings/deep"),
    ({"settings": {str(n): n for n in range(51)}}, "/settings"),
    ({"reply_within": -1}, "/reply_within"),
    ({"id": "mine"}, "/id"),
)


async def test_each_fault_is_named(ann: Person) -> None:
    for fault, path in FAULTS:
        answer = await ann.post("/api/channels", NEW | fault)

        assert code(answer) == (422, "invalid"), fault
        assert [each["path"] for each in answer.json()["faults"]] == [path]


TWILIO: dict[str, Any] = {
    "settings": {"account_sid": "AC1", "number": "+4930901820"},
    "secrets": {"auth_token": "hush"},
}


async def test_all_that_keeps_a_channel_from_working_is_named_at_once(ann: Person) -> None:
    answer = await ann.post("/api/channels", NEW | {"kind": "sms", "settings": {}, "secrets": {}})

    assert code(answer) == (422, "invalid")
    assert [each["path"] for each in answer.json()["faults"]] == [
        "/settings/account_sid", "/secrets/auth_token", "/settings/number",
    ]  # fmt: skip


async def test_an_unfinished_channel_may_be_kept_but_not_switched_on(ann: Person) -> None:
    made = await added(ann, kind="sms", enabled=False, settings={}, secrets={})
    path = f"/api/channels/{made['id']}"

    early = await ann.patch(path, {"enabled": True, "name": "Text messages"})
    ready = await ann.patch(path, {"enabled": True} | TWILIO)

    assert code(early) == (422, "invalid")
    assert (ready.json()["enabled"], ready.json()["name"], ready.json()["rev"]) == (True, "Shop", 2)


async def test_what_is_not_there_cannot_be_changed(ann: Person) -> None:
    assert code(await ann.patch(f"/api/channels/{UNKNOWN}", {"name": "x"})) == (404, "not_found")


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
async def test_only_administrators_see_any_of_it(desk: Desk, role: Role) -> None:
    bo = await desk.signed_in(role)

    answers = [await bo.get(f"/api/{thing}") for thing in ("channels", "quarantine", "parked")]
    answers += [
        await bo.post("/api/channels", NEW),
        await bo.get("/api/quarantine/x/raw"),
        await bo.get("/api/quarantine/x/text"),
        await bo.post("/api/quarantine/x/replay", {}),
        await bo.delete("/api/quarantine/x"),
        await bo.post("/api/parked/x:1/replay", {}),
        await bo.delete("/api/parked/x:1"),
    ]

    assert {code(answer) for answer in answers} == {(403, "forbidden")}


# -- the quarantine --------------------------------------------------------------------------------


async def quarantine(desk: Desk, channel_id: str, key: str, raw: bytes) -> None:
    parts = parts_of(desk)
    await parts.registry.load()
    desk.clock.move(1)
    account = parts.registry.get(channel_id)
    await parts.inbox.quarantine(account, key, raw, "not text", sender="mia")


async def quarantined(desk: Desk, ann: Person) -> dict[str, Any]:
    made = await added(ann)
    await quarantine(desk, made["id"], "k1", b"\xff gibberish")
    (found,) = (await ann.get("/api/quarantine")).json()["items"]
    kept: dict[str, Any] = found
    return kept


async def test_what_was_not_understood_is_shown_and_can_be_fetched(desk: Desk, ann: Person) -> None:
    kept = await quarantined(desk, ann)

    raw = await ann.get(f"/api/quarantine/{kept['id']}/raw")

    assert (kept["channel"], kept["channel_name"], kept["reason"], kept["sender"], kept["key"]) == (
        "memory", "Shop", "not text", "mia", "k1",
    )  # fmt: skip
    assert raw.content == b"\xff gibberish"
    assert raw.headers["content-disposition"].startswith("attachment;")
    assert raw.headers["content-type"] == "application/octet-stream"


async def test_the_beginning_of_it_is_shown_as_text(desk: Desk, ann: Person) -> None:
    kept = await quarantined(desk, ann)
    await quarantine(desk, kept["channel_id"], "k2", b"x" * 70_000)
    second = (await ann.get("/api/quarantine")).json()["items"][1]

    short = await ann.get(f"/api/quarantine/{kept['id']}/text")
    long = await ann.get(f"/api/quarantine/{second['id']}/text")

    assert short.json() == {
        "id": kept["id"], "text": "\ufffd gibberish", "size": 11, "is_whole": True,
    }  # fmt: skip
    assert (long.json()["size"], long.json()["is_whole"]) == (70_000, False)
    assert long.json()["text"] == "x" * (64 << 10)


@on_both
async def test_the_quarantine_is_given_a_page_at_a_time(desk: Desk, ann: Person) -> None:
    kept = await quarantined(desk, ann)
    for n in range(2, 6):
        await quarantine(desk, kept["channel_id"], f"k{n}", b"?")
    keys, cursor = [], None
    while True:
        asked = {"limit": 2} | ({} if cursor is None else {"cursor": cursor})
        page = (await ann.get("/api/quarantine", **asked)).json()
        keys += [each["key"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert keys == ["k1", "k2", "k3", "k4", "k5"]
    (channel,) = (await ann.get("/api/channels")).json()["items"]
    assert channel["quarantined"] == 5


@on_both
async def test_what_nobody_needs_is_discarded_for_good(desk: Desk, ann: Person) -> None:
    kept = await quarantined(desk, ann)

    answer = await ann.delete(f"/api/quarantine/{kept['id']}")

    assert answer.status_code == 204
    await quarantine(desk, kept["channel_id"], "k1", b"\xff gibberish")
    assert (await ann.get("/api/quarantine")).json()["items"] == []
    assert code(await ann.delete(f"/api/quarantine/{kept['id']}")) == (404, "not_found")
    said = (await desk.events())[-1]
    assert (said.type, said.quarantine_id, said.actor) == (
        "message.discarded", kept["id"], ann.agent.actor,
    )  # fmt: skip


async def test_bytes_that_the_disk_changed_are_not_passed_for_what_came_in(
    desk: Desk, ann: Person, tmp_path: Path
) -> None:
    kept = await quarantined(desk, ann)
    (file,) = (path for path in (tmp_path / "blobs").rglob("*") if path.is_file())
    file.write_bytes(b"something else")
    path = f"/api/quarantine/{kept['id']}"

    answers = [
        await ann.get(f"{path}/raw"),
        await ann.get(f"{path}/text"),
        await ann.post(f"{path}/replay", {}),
    ]

    assert [code(answer) for answer in answers] == [(409, "damaged")] * 3


async def test_it_is_tried_again_until_it_is_understood(desk: Desk, ann: Person) -> None:
    kept = await quarantined(desk, ann)
    path = f"/api/quarantine/{kept['id']}/replay"

    refused = await ann.post(path, {})
    assert code(refused) == (409, "still_unreadable")
    assert refused.json()["reason"] == "still gibberish"
    parts_of(desk).registry.kinds["memory"].understands = True
    accepted = await ann.post(path, {})

    assert accepted.status_code == 204
    assert parts_of(desk).registry.kinds["memory"].replayed == [b"\xff gibberish"]
    assert (await ann.get("/api/quarantine")).json()["items"] == []
    assert code(await ann.post(path, {})) == (404, "not_found")
    assert code(await ann.get(f"/api/quarantine/{kept['id']}/raw")) == (404, "not_found")


# -- parked events ---------------------------------------------------------------------------------


async def parked(desk: Desk, ann: Person) -> dict[str, Any]:
    await desk.customer_writes()
    (subscription,) = parts_of(desk).chart.subscriptions
    reader = Reader(desk.database, subscription)
    while await reader.advance():
        pass
    for _ in range(subscriptions.TRIES):
        desk.clock.move(10 * MINUTE)
        await reader.retry_due()
    (found,) = (await ann.get("/api/parked")).json()["items"]
    kept: dict[str, Any] = found
    return kept


async def test_a_parked_event_is_shown_with_its_reader_and_its_error(
    desk: Desk, ann: Person
) -> None:
    kept = await parked(desk, ann)

    assert (kept["type"], kept["state"]) == ("customer.appeared", "parked")
    assert kept["subscription"].endswith("Digesting.take:customer.appeared")
    assert "cannot digest this" in kept["error"]
    assert kept["id"] == f"{kept['subscription']}:{kept['seq']}"
    assert kept["at"] <= kept["since"]
    assert isinstance(kept["data"], dict)


async def test_a_parked_event_is_digested_once_its_reader_is_cured(
    desk: Desk, ann: Person, digesting: Digesting
) -> None:
    kept = await parked(desk, ann)
    path = f"/api/parked/{kept['id']}/replay"

    assert code(await ann.post(path, {})) == (409, "still_indigestible")
    digesting.cured = True
    assert (await ann.post(path, {})).status_code == 204

    assert (await ann.get("/api/parked")).json()["items"] == []
    assert code(await ann.post(path, {})) == (404, "not_found")


@on_both
async def test_its_reader_can_do_without_a_parked_event(desk: Desk, ann: Person) -> None:
    kept = await parked(desk, ann)

    answer = await ann.delete(f"/api/parked/{kept['id']}")

    assert answer.status_code == 204
    assert (await ann.get("/api/parked")).json()["items"] == []
    assert code(await ann.delete(f"/api/parked/{kept['id']}")) == (404, "not_found")
    said = (await desk.events())[-1]
    assert (said.type, said.subscription, said.seq, said.actor) == (
        "event.discarded", kept["subscription"], kept["seq"], ann.agent.actor,
    )  # fmt: skip


async def test_what_a_reader_left_behind_is_said_to_have_no_reader(desk: Desk, ann: Person) -> None:
    kept = await parked(desk, ann)
    parts_of(desk).chart = Chart()

    answer = await ann.post(f"/api/parked/{kept['id']}/replay", {})

    assert code(answer) == (409, "reader_gone")
    assert (await ann.delete(f"/api/parked/{kept['id']}")).status_code == 204


@on_both
async def test_parked_events_are_given_a_page_at_a_time(
    desk: Desk, ann: Person, digesting: Digesting
) -> None:
    for who in ("mia", "bob", "eve"):
        await desk.customer_writes(who=who)
    (subscription,) = parts_of(desk).chart.subscriptions
    reader = Reader(desk.database, subscription)
    while await reader.advance():
        pass

    first = (await ann.get("/api/parked", limit=2)).json()
    second = (await ann.get("/api/parked", limit=2, cursor=first["next"])).json()

    seqs = [each["seq"] for each in first["items"] + second["items"]]
    assert (len(first["items"]), len(seqs), second["next"]) == (2, 3, None)
    assert seqs == sorted(set(seqs))


async def test_what_is_not_parked_cannot_be_tried(ann: Person) -> None:
    for parked_id in ("x", "x:1", ":", "x:y", "1", "x:²", f"x:{10**30}"):
        assert code(await ann.post(f"/api/parked/{parked_id}/replay", {})) == (404, "not_found")
        assert code(await ann.delete(f"/api/parked/{parked_id}")) == (404, "not_found")
