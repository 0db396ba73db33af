"""The hub dies at each point on the way of a letter: none is lost or doubled, by the mail servers'
ledger.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hub.channels.email.parse import parse
from hub.channels.email.simulator import MailServers, mail_servers
from tests.support.hubprocess import HubProcess
from tests.support.maildesk import mailbox_settings
from tests.support.mails import a_mail
from tests.support.nursery import Nursery
from tests.support.planting import PASSWORD

pytestmark = [pytest.mark.faults, pytest.mark.integration, pytest.mark.timeout(3600)]

ADDRESS = "support@desk.example"
IN = ("IN1", "IN3", "IN4", "IN5", "IN6", "IN7", "IN8", "IN9")
OUT = ("OUT2", "OUT4", "OUT5", "OUT6", "OUT7", "OUT8", "OUT9", "OUT10", "OUT12")
FINAL = {"sent", "failed", "unknown"}


@dataclass
class Supervisor:
    """Sees everything, and answers; asks again, with the same key, while the hub is dead."""

    hub: HubProcess
    http: httpx2.AsyncClient
    csrf: str = ""

    async def sign_in(self) -> None:
        body = {"email": "sue@desk.example", "password": PASSWORD}
        answer = await self.http.post(f"{self.hub.url}/api/session", json=body)
        answer.raise_for_status()
        self.csrf = answer.json()["csrf"]

    async def messages(self, direction: str) -> list[dict[str, Any]]:
        """All messages in one direction."""
        listed = await self._get("/api/conversations?view=all&limit=100")
        found = []
        for conversation in listed["items"]:
            page = await self._get(f"/api/conversations/{conversation['id']}/messages?limit=100")
            found += [each for each in page["items"] if each["direction"] == direction]
        return found

    async def _get(self, path: str) -> Any:
        answer = await self.http.get(self.hub.url + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def reply(self, conversation_id: str, text: str, key: str) -> bool:
        """True when the hub has confirmed the answer; False when it died over it."""
        try:
            answer = await self.http.post(
                f"{self.hub.url}/api/conversations/{conversation_id}/replies",
                json={"text": text},
                headers={"x-csrf": self.csrf, "idempotency-key": key},
            )
        except httpx2.TransportError:
            return False
        assert answer.status_code == 201, answer.text
        return True


@asynccontextmanager
async def desk(
    nursery: Nursery, folder: Path, database_url: str | None
) -> AsyncIterator[tuple[HubProcess, MailServers, Supervisor]]:
    async with mail_servers() as servers, httpx2.AsyncClient(timeout=10, trust_env=False) as http:
        allowed = f"127.0.0.1:{servers.smtp_port},127.0.0.1:{servers.imap_port}"
        more = {"HUB_OUTGOING_ALLOWED": allowed}
        hub = HubProcess(nursery, folder / "hub", database_url=database_url, more=more)
        account = {
            "kind": "email",
            "key": "support",
            "settings": mailbox_settings(
                ADDRESS, servers.smtp_port, servers.imap_port, sent_folder="Sent"
            ),
            "secrets": {"imap_password": servers.password},
        }
        await hub.plant({"agents": [], "supervisors": ["sue"], "channels": [account]})
        yield hub, servers, Supervisor(hub, http)
        await hub.stop()


async def dead_or(hub: HubProcess, is_so: Any, seconds: float = 20) -> bool:
    """Wait until the hub is dead (True), or what would have killed it has passed (False)."""
    async with asyncio.timeout(seconds):
        while hub.is_alive:
            try:
                if await is_so():
                    return False
            except httpx2.TransportError:
                await asyncio.sleep(0)  # it is dying, or dead
            await asyncio.sleep(0.05)
    return True


async def test_a_letter_is_received_once_whenever_the_hub_dies(
    nursery: Nursery, tmp_path: Path, many_faults: bool
) -> None:
    async with desk(nursery, tmp_path, None) as (hub, servers, sue):
        written: list[str] = []
        died = Counter[str]()
        points = IN if many_faults else ("IN1", "IN4", "IN6", "IN7", "IN8")
        await hub.start()
        await sue.sign_in()
        await hub.stop()
        for nth in range(1, 20 if many_faults else 2):
            for point in points:
                text = f"letter {point} {nth}"
                file = ("f.bin", "application/octet-stream", text.encode() * 10)
                letter = a_mail(
                    text, message_id=f"<{secrets.token_hex(8)}@c.example>", files=(file,)
                )
                await servers.put(ADDRESS, letter)
                written.append(text)

                await hub.start(f"{point}:{nth}")
                there = received(sue, len(written))
                died[point] += await dead_or(hub, there)
                await hub.kill()

        await hub.start()
        assert not await dead_or(hub, received(sue, len(written)))
        texts = Counter(each["text"].strip() for each in await sue.messages("in"))
        status, said = await hub.verify()

        assert texts == Counter(written), hub.words()
        assert all(died[point] for point in points), died
        assert status == 0, said


def received(sue: Supervisor, count: int) -> Any:
    async def is_so() -> bool:
        return len(await sue.messages("in")) >= count

    return is_so


@pytest.mark.parametrize("which", ["sqlite", "postgresql"])
async def test_an_answer_is_sent_once_or_declared_unknown_whenever_the_hub_dies(
    nursery: Nursery,
    tmp_path: Path,
    many_faults: bool,
    which: str,
    request: pytest.FixtureRequest,
) -> None:
    url = request.getfixturevalue("pg_database") if which == "postgresql" else None
    async with desk(nursery, tmp_path, url) as (hub, servers, sue):
        await hub.start()
        await sue.sign_in()
        await servers.put(ADDRESS, a_mail(message_id="<q@customer.example>"))
        assert not await dead_or(hub, received(sue, 1))
        [asked] = await sue.messages("in")
        await hub.stop()
        answers: list[str] = []
        died = Counter[str]()
        points = OUT if many_faults or url is None else ("OUT5", "OUT8")
        for nth in range(1, 11 if many_faults else 2):
            for point in points:
                text, key = f"answer {point} {nth}", secrets.token_hex(16)
                answers.append(text)
                await hub.start(f"{point}:1")
                confirmed = await sue.reply(asked["conversation_id"], text, key)
                passed = settled(sue, text) if point != "OUT12" else never
                died[point] += await dead_or(hub, passed) if confirmed else True
                await hub.kill()
                await hub.start()
                if not confirmed:
                    assert await sue.reply(asked["conversation_id"], text, key)
                assert not await dead_or(hub, settled(sue, text))
                await hub.stop()

        await hub.start()
        states = {each["text"]: each["state"] for each in await sue.messages("out")}
        sent = Counter(parse(taken.content).text.strip() for taken in servers.taken)
        status, said = await hub.verify()

        assert sorted(states) == sorted(answers)
        for text in answers:
            assert sent[text] == 1 if states[text] == "sent" else sent[text] <= 1, (text, states)
        assert all(states[text] in {"sent", "unknown"} for text in answers), states
        assert {text.split()[1] for text, state in states.items() if state == "unknown"} <= {
            "OUT8",
            "OUT9",
        }
        assert all(died[point] for point in points), died
        assert status == 0, said


async def never() -> bool:
    """The copy is made a while after the answer has left."""
    return False


def settled(sue: Supervisor, text: str) -> Any:
    async def is_so() -> bool:
        return any(
            each["text"] == text and each["state"] in FINAL for each in await sue.messages("out")
        )

    return is_so
