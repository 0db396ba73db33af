"""The demo's customers: they write in the chat and send letters, wait, answer, rate, or give up."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import httpx2
import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from hub.demo.http import frames
from hub.demo.talk import COMMENTS, NAMES, TALKS, Talk

said = structlog.get_logger("hub.demo")

CHANNELS = {
    "shipping": "web",
    "returns": "chat-returns",
    "billing": "chat-billing",
    "vip": "chat-vip",
    "billing_en": "web-en",
    "returns_en": "chat-returns-en",
}


@dataclass
class Crowd:
    """Everybody outside. ``speed`` hastens everything; the same ``luck`` makes the same day."""

    base: str
    smtp_port: int
    address: str
    speed: float
    luck: random.Random
    chats_every: float = 9.0
    letters_every: float = 26.0
    wave_every: float = 150.0
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    async def come(self) -> None:
        """Arrive for ever: at random, and now and then in waves."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._arrivals(self.chats_every, self._chat))
                group.create_task(self._arrivals(self.letters_every, self._write))
                group.create_task(self._waves())
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _arrivals(self, mean: float, what: Any) -> None:
        while True:
            self._later(what(self.luck.choice(TALKS)))
            await asyncio.sleep(self.luck.expovariate(1 / mean) / self.speed)

    async def _waves(self) -> None:
        shipping = [talk for talk in TALKS if talk.queue == "shipping"]
        while True:
            await asyncio.sleep(self.wave_every / self.speed)
            for _ in range(self.luck.randrange(6, 11)):
                self._later(self._chat(self.luck.choice(shipping)))
                await asyncio.sleep(self.luck.uniform(0.3, 1.5) / self.speed)

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            said.warning("a demo customer stumbled", error=repr(task.exception()))

    def _name(self, talk: Talk) -> str:
        return self.luck.choice(NAMES[talk.language])

    # -- chat ------------------------------------------------------------------------------------

    async def _chat(self, talk: Talk) -> None:
        async with httpx2.AsyncClient(base_url=self.base, trust_env=False) as http:
            answer = await http.post(
                "/chat/sessions",
                json={
                    "channel": CHANNELS[talk.queue],
                    "language": talk.language,
                    "name": self._name(talk),
                },
                headers={"origin": self.base},
            )
            answer.raise_for_status()
            token = answer.json()["token"]
        try:
            async with connect(
                self.base.replace("http", "ws", 1) + "/chat/socket",
                origin=self.base,  # type: ignore[arg-type]
                proxy=None,
            ) as socket:
                hello = {"t": "hello", "token": token, "epoch": None, "after": None}
                await socket.send(json.dumps(hello))
                async with asyncio.timeout(self.luck.uniform(240, 420) / self.speed):
                    await self._talk(socket, talk)
        except (TimeoutError, OSError, WebSocketException) as error:
            said.warning("a customer gave up", error=repr(error))

    async def _talk(self, socket: Any, talk: Talk) -> None:
        await self._say(socket, talk.customer[0])
        said_lines = 1
        async for frame in frames(socket):
            for change in frame.get("changes", ()):
                full = change.get("full") or {}
                if change["entity"] == "message" and full.get("direction") == "out":
                    await socket.send(json.dumps({"t": "read", "message_id": change["id"]}))
                    if said_lines < len(talk.customer):
                        await self._type(socket)
                        await self._say(socket, talk.customer[said_lines])
                        said_lines += 1
                if change["entity"] == "conversation" and full.get("status") == "ended":
                    await self._rate(socket, talk)
                    return

    async def _type(self, socket: Any) -> None:
        await asyncio.sleep(self.luck.uniform(1, 3) / self.speed)
        await socket.send('{"t":"typing","on":true}')
        await asyncio.sleep(self.luck.uniform(2, 6) / self.speed)

    async def _say(self, socket: Any, text: str) -> None:
        id_ = secrets.token_hex(16)
        frame = {"t": "send", "id": id_, "text": text, "attachments": []}
        await socket.send(json.dumps(frame))

    async def _rate(self, socket: Any, talk: Talk) -> None:
        if self.luck.random() < 0.5:
            return
        await asyncio.sleep(self.luck.uniform(1, 4) / self.speed)
        score = self.luck.choices((2, 3, 4, 5), (1, 2, 5, 9))[0]
        rating = {
            "t": "rate",
            "id": secrets.token_hex(16),
            "score": score,
            "solved": score > 2,
            "comment": self.luck.choice(COMMENTS[talk.language]) if score > 3 else "",
        }
        await socket.send(json.dumps(rating))
        await asyncio.sleep(1 / self.speed)

    # -- letters ---------------------------------------------------------------------------------

    async def _write(self, talk: Talk) -> None:
        name = self._name(talk)
        letter = EmailMessage()
        letter["From"] = f"{name} <customer{self.luck.randrange(40)}@example.com>"
        letter["To"] = self.address
        letter["Subject"] = talk.subject
        letter["Message-ID"] = f"<{secrets.token_hex(12)}@example.com>"
        greeting = "您好，\n\n" if talk.language == "zh" else "Hello,\n\n"
        letter.set_content(f"{greeting}{talk.customer[0]}\n\n{name}\n")
        await aiosmtplib.send(letter, hostname="127.0.0.1", port=self.smtp_port)
