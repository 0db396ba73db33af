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
from hub.customers.events import CustomerAppeared
from hub.kernel.clock import MINUTE
from hub.storage import subscriptions
from hub.storage.blobs import FolderBlobs
from hub.storage.chart import Chart
from hub.storage.subscriptions import Reader
from hub.storage.unit import Unit
from tests.support.desk import Desk, Person, open_desk

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
async def desk(sqlite_url: str, tmp_path: Path, digesting: Digesting) -> AsyncIterator[Desk]:
    chart = Chart()
    chart.after(CustomerAppeared, digesting.take)
    async with open_desk(sqlite_url, channels_api.routes, parked_api.routes, chart=chart) as desk:
        parts: Any = desk.app.state.parts
        parts.chart = chart
        parts.blobs = FolderBlobs(tmp_path / "blobs")
        parts.registry = Registry(desk.database, Vault(b"k" * 32))
        parts.inbox = Inbox(desk.database, parts.blobs, parts.registry)
        parts.registry.add_kind(Moody(parts.inbox))
        parts.is_queue = lambda connection, queue_id: queue_id == QUEUE
        parts.channel_error = lambda channel_id: ""
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


@pytest.mark.parametrize(
    ("fault", "path"),
    [
        ({"kind": "pigeon"}, "/kind"),
        ({"key": "Shop"}, "/key"),
        ({"key": "../x"}, "/key"),
        ({"name": ""}, "/name"),
        ({"queue_id": UNKNOWN}, "/queue_id"),
        ({"language": "fr"}, "/language"),
        ({"settings": []}, "/settings"),
        ({"secrets": {"token": 7}}, "/secrets/token"),
        ({"reply_within": -1}, "/reply_within"),
        ({"id": "mine"}, "/id"),
    ],
)
async def test_each_fault_is_named(ann: Person, fault: dict[str, Any], path: str) -> None:
    answer = await ann.post("/api/channels", NEW | fault)

    assert code(answer) == (422, "invalid")
    assert [each["path"] for each in answer.json()["faults"]] == [path]


async def test_what_is_not_there_cannot_be_changed(ann: Person) -> None:
    assert code(await ann.patch(f"/api/channels/{UNKNOWN}", {"name": "x"})) == (404, "not_found")


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
async def test_only_administrators_see_any_of_it(desk: Desk, role: Role) -> None:
    bo = await desk.signed_in(role)

    answers = [await bo.get(f"/api/{thing}") for thing in ("channels", "quarantine", "parked")]
    answers += [
        await bo.post("/api/channels", NEW),
        await bo.get("/api/quarantine/x/raw"),
        await bo.post("/api/quarantine/x/replay", {}),
        await bo.post("/api/parked/x:1/replay", {}),
    ]

    assert {code(answer) for answer in answers} == {(403, "forbidden")}


# -- the quarantine --------------------------------------------------------------------------------


async def quarantined(desk: Desk, ann: Person) -> dict[str, Any]:
    made = await added(ann)
    parts = parts_of(desk)
    await parts.registry.load()
    account = parts.registry.get(made["id"])
    await parts.inbox.quarantine(account, "k1", b"\xff gibberish", "not text", sender="mia")
    (found,) = (await ann.get("/api/quarantine")).json()["items"]
    kept: dict[str, Any] = found
    return kept


async def test_what_was_not_understood_is_shown_and_can_be_fetched(desk: Desk, ann: Person) -> None:
    kept = await quarantined(desk, ann)

    raw = await ann.get(f"/api/quarantine/{kept['id']}/raw")

    assert (kept["channel"], kept["reason"], kept["sender"], kept["detail"]) == (
        "memory", "not text", "mia", "k1",
    )  # fmt: skip
    assert raw.content == b"\xff gibberish"
    assert raw.headers["content-disposition"].startswith("attachment;")
    assert raw.headers["content-type"] == "application/octet-stream"


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


@pytest.mark.parametrize("parked_id", ["x", "x:1", ":", "x:y", "1"])
async def test_what_is_not_parked_cannot_be_tried(ann: Person, parked_id: str) -> None:
    assert code(await ann.post(f"/api/parked/{parked_id}/replay", {})) == (404, "not_found")
