"""`hub verify`: a sound hub passes, and every breach that is planted is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import hub.app.hub  # noqa: F401 - it brings every table
from hub.app.verify import INVARIANTS, Finding, verify
from hub.conversations import service
from hub.conversations.model import Attachment, Routing
from hub.kernel.ids import AgentId, AttachmentId, QueueId
from hub.storage.blobs import FolderBlobs
from hub.storage.unit import Unit
from tests.support.desk import open_desk

ITEM = (
    "INSERT INTO work_items VALUES ('{id}', (SELECT id FROM conversations LIMIT 1), 'q', 'chat',"
    " 1, 1, 'en', 1, 1, 1, 1, 0, '{state}', 1, NULL, NULL, NULL, 0, 0, '[]', '[]', NULL, NULL)"
)
OFFER = (
    "INSERT INTO offers VALUES ('{id}', 1, 'w1', 'c', 'q', 'a', 'chat', 30, 'pending', 'offer',"
    " 0, 1, 1, NULL, NULL, 1, '{{}}', NULL)"
)
ASSIGNMENT = (
    "INSERT INTO assignments VALUES ('{id}', 'w1', 'c', 'q', 'a', NULL, 'chat', 1, 30, 30,"
    " 'active', 1, 1, NULL, NULL, NULL, NULL)"
)
SEND = (
    "INSERT INTO outbox SELECT 'o1', id, conversation_id, 'ch', 'mia', 'r', '{state}', 1, '', 1,"
    " 1, NULL, 1, '' FROM messages WHERE direction = '{direction}'"
)

BREACHES: dict[str, list[str]] = {
    "the log has no gap (I10)": ["DELETE FROM events WHERE seq = 2"],
    "a message of a channel is kept once (I2)": [
        "DROP INDEX uq_messages_key",
        "UPDATE messages SET key = 'same', channel_id = 'same' WHERE direction = 'in'",
    ],
    "every received message was told in the log, and every one told is there (I1)": [
        "UPDATE events SET type = 'message.lost' WHERE seq ="
        " (SELECT max(seq) FROM events WHERE type = 'message.received')"
    ],
    "messages count 1, 2, 3 in their conversation": [
        "UPDATE messages SET ordinal = 9 WHERE ordinal = 2"
    ],
    "every reply to a channel outside has its send (I4)": ["DELETE FROM outbox"],
    "what became of a send is what its message says (I4)": ["UPDATE outbox SET state = 'failed'"],
    "work is offered to one agent at a time (I6)": [
        "DROP INDEX uq_offers_live",
        ITEM.format(id="w1", state="offered"),
        OFFER.format(id="o1"),
        OFFER.format(id="o2"),
        "INSERT INTO agent_loads VALUES ('a', 60, 100, '{}', 1, 1, 0)",
    ],
    "work is with one agent at a time (I6)": [
        "DROP INDEX uq_assignments_primary",
        ITEM.format(id="w1", state="active"),
        ASSIGNMENT.format(id="a1"),
        ASSIGNMENT.format(id="a2"),
        "INSERT INTO agent_loads VALUES ('a', 60, 100, '{}', 1, 1, 0)",
    ],
    "a pending offer holds an offered item (I7)": [
        ITEM.format(id="w1", state="queued"),
        OFFER.format(id="o1"),
        "INSERT INTO agent_loads VALUES ('a', 30, 100, '{}', 1, 1, 0)",
    ],
    "nobody carries more than the sum of what they were given (I8)": [
        "INSERT INTO agent_loads VALUES ('a', 30, 100, '{}', 1, 1, 0)"
    ],
    "whoever waits is known to the router (I5)": ["UPDATE conversations SET routing = 'waiting'"],
    "an assigned conversation is in its agent's hand (I6)": [
        "UPDATE conversations SET routing = 'assigned', agent_id = 'a'"
    ],
    "no reader is ahead of the log": ["INSERT INTO subscriptions VALUES ('reader', 1000)"],
    "every raw message that was understood became one (I1)": [
        "INSERT INTO inbox VALUES ('i', 'ch', 'k', '{digest}', 'received', 1, '', '', 1, 'lost')"
    ],
    "every reference leads somewhere (I16)": ["INSERT INTO queue_members VALUES ('q', 'nobody')"],
}


@pytest.fixture
async def sound(sqlite_url: str, tmp_path: Path) -> Path:
    """The folder of a hub where two messages came, one was answered, and nothing is wrong."""
    digest = FolderBlobs(tmp_path / "blobs").put_now(b"a plan")
    async with open_desk(sqlite_url) as desk:
        ann = (await desk.signed_in()).agent
        said = await desk.customer_writes()
        await desk.customer_writes("And?")

        def answer(unit: Unit) -> None:
            file = Attachment(AttachmentId("f"), "plan.txt", "text/plain", 6, digest)
            service.keep_upload(unit, ann.actor, file)
            conversation = service.get(unit, said.conversation_id)
            owner = AgentId(ann.id)
            service.place(unit, conversation, Routing.NONE, queue_id=QueueId("q"), agent_id=owner)
            service.reply(unit, said.conversation_id, "Soon.", by=ann, uploads=["f"])

        await desk.database.write(answer)
    run(tmp_path, [SEND.format(state="pending", direction="out")])
    return tmp_path


def run(folder: Path, statements: list[str]) -> None:
    with sqlite3.connect(folder / "hub.db") as connection:
        for statement in statements:
            connection.execute(statement.replace("{digest}", digest_in(folder)))
    connection.close()


def digest_in(folder: Path) -> str:
    return next(path.name for path in (folder / "blobs").rglob("*") if path.is_file())


async def findings(folder: Path) -> Iterator[Finding]:
    told: list[Finding] = []
    holds = await verify(f"sqlite:///{folder / 'hub.db'}", folder, told.append)
    assert holds == all(finding.holds for finding in told)
    return iter(told)


async def test_a_sound_hub_holds_in_every_point(sound: Path) -> None:
    found = list(await findings(sound))

    assert [finding.name for finding in found if not finding.holds] == []
    assert len(found) == len(INVARIANTS) + 3


async def test_the_questions_can_be_asked_of_both_databases(
    any_database: str, tmp_path: Path
) -> None:
    async with open_desk(any_database) as desk:
        await desk.customer_writes()
    told: list[Finding] = []

    assert await verify(any_database, tmp_path, told.append)

    assert {invariant.name for invariant in INVARIANTS} <= {finding.name for finding in told}


def test_every_invariant_has_a_breach_to_try_it_with() -> None:
    assert {invariant.name for invariant in INVARIANTS} <= set(BREACHES)


@pytest.mark.parametrize("name", BREACHES)
async def test_a_planted_breach_is_named_and_nothing_else(sound: Path, name: str) -> None:
    run(sound, BREACHES[name])

    broken = [finding for finding in await findings(sound) if not finding.holds]

    assert name in [finding.name for finding in broken]
    assert all(finding.breaches for finding in broken)
    apart = {"every reference leads somewhere (I16)"}  # what is planted refers to nobody
    assert {finding.name for finding in broken} - apart <= {name}


@pytest.mark.parametrize("harm", ["gone", "changed"])
async def test_a_file_that_is_gone_or_changed_is_named(sound: Path, harm: str) -> None:
    digest = digest_in(sound)
    (file,) = (sound / "blobs").rglob(digest)
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(b"a plot")

    (broken,) = [finding for finding in await findings(sound) if not finding.holds]

    assert broken.name == "every file is there and unchanged (I16)"
    assert broken.breaches[0].startswith(digest[:12])


async def test_looking_changes_nothing(sound: Path) -> None:
    before = (sound / "hub.db").read_bytes()

    list(await findings(sound))

    assert (sound / "hub.db").read_bytes() == before
