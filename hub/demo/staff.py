"""The demo's agents: they sign in, accept what is offered, answer as people type, and end what is
done.
"""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any

import structlog
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from hub.demo.http import Person, frames
from hub.demo.talk import TALKS, Talk

said = structlog.get_logger("hub.demo")

GENERIC = {
    "zh": ("您好，我看一下，请稍等。", "我已经记录下来，稍后给您准确答复。"),
    "en": ("Hello, let me have a look.", "I have noted it and will come back with a firm answer."),
}


CHAT_PATIENCE, MAIL_PATIENCE = (60.0, 120.0), (10.0, 30.0)
DONE_PATIENCE = (6.0, 14.0)


@dataclass
class _Task:
    """A conversation in hand: which talk it follows, and how many answers were given."""

    talk: Talk | None
    language: str
    patience: tuple[float, float]
    """How many seconds, at least and at most, until a customer who says no more has what they
    wanted.
    """
    answers: int = 0
    busy: bool = False
    heard: int = 0


@dataclass
class StaffMember:
    """One simulated agent. ``speed`` hastens everything."""

    base: str
    email: str
    password: str
    speed: float
    luck: random.Random
    _tasks: dict[str, _Task] = field(default_factory=dict)
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    async def work(self) -> None:
        """A shift without end; a lost line is taken up again."""
        person = Person(self.base)
        try:
            await person.sign_in(self.email, self.password)
            while True:
                try:
                    await self._shift(person)
                except (OSError, WebSocketException) as error:
                    said.warning("an agent's line was lost", agent=self.email, error=str(error))
                await asyncio.sleep(1)
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
            await person.close()

    async def _shift(self, person: Person) -> None:
        async with person.socket() as (socket, boot):
            for conversation in boot["views"]["mine"]["items"]:
                if conversation["status"] == "open":
                    self._begin(person, conversation)
            for offer in boot["offers"]:
                self._later(self._accept(person, socket, offer))
            async for frame in frames(socket):
                if frame["t"] == "caught_up":
                    await person.ask("PUT", "/api/presence", {"status": "available"})
                for change in frame.get("changes", ()):
                    self._see(person, socket, change)

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            said.warning("a demo agent stumbled", agent=self.email, error=str(task.exception()))

    async def _pause(self, least: float, most: float) -> None:
        await asyncio.sleep(self.luck.uniform(least, most) / self.speed)

    def _see(self, person: Person, socket: ClientConnection, change: dict[str, Any]) -> None:
        full = change.get("full")
        if not full:
            return
        if change["entity"] == "offer" and full["agent_id"] == person.me["id"]:
            if full["state"] == "pending":
                self._later(self._accept(person, socket, full))
        elif change["entity"] == "conversation":
            if full["agent_id"] == person.me["id"] and full["status"] == "open":
                self._begin(person, full)
            else:
                self._tasks.pop(full["id"], None)
        elif change["entity"] == "message" and full["direction"] == "in":
            task = self._tasks.get(full["conversation_id"])
            if task is not None:
                task.heard += 1
                self._later(self._answer(person, full["conversation_id"], task))

    async def _accept(
        self, person: Person, socket: ClientConnection, offer: dict[str, Any]
    ) -> None:
        await socket.send(json.dumps({"t": "offer_shown", "offer_id": offer["id"]}))
        await self._pause(0.8, 2.5)
        await person.ask("POST", f"/api/offers/{offer['id']}/accept")

    def _begin(self, person: Person, conversation: dict[str, Any]) -> None:
        if conversation["id"] in self._tasks or conversation["routing"] != "assigned":
            return
        patience = MAIL_PATIENCE if conversation["channel"] == "email" else CHAT_PATIENCE
        task = _Task(None, conversation["language"] or "zh", patience, heard=1)
        self._tasks[conversation["id"]] = task
        self._later(self._take_up(person, conversation["id"], task))

    async def _take_up(self, person: Person, id_: str, task: _Task) -> None:
        thread = await person.get(f"/api/conversations/{id_}/messages?limit=50")
        words = [m["text"] for m in thread["items"] if m["direction"] == "in"]
        task.talk = next((t for t in TALKS if words and t.customer[0][:12] in words[0]), None)
        task.answers = sum(1 for m in thread["items"] if m["direction"] == "out")
        task.heard = len(words)
        await person.ask("POST", f"/api/conversations/{id_}/read", {"ordinal": 1})
        await self._answer(person, id_, task)

    async def _answer(self, person: Person, id_: str, task: _Task) -> None:
        if task.busy or task.answers >= task.heard:
            return
        task.busy = True
        try:
            await self._pause(3, 9)
            lines = task.talk.agent if task.talk else GENERIC[task.language]
            if task.answers < len(lines):
                answer = await person.ask(
                    "POST", f"/api/conversations/{id_}/replies", {"text": lines[task.answers]}
                )
                if answer.status_code >= 400:
                    self._tasks.pop(id_, None)
                    return
                task.answers += 1
        finally:
            task.busy = False
        is_done = task.answers >= len(lines)
        patience = DONE_PATIENCE if is_done else task.patience
        self._later(self._end_if_silent(person, id_, task, patience))

    async def _end_if_silent(
        self, person: Person, id_: str, task: _Task, patience: tuple[float, float]
    ) -> None:
        heard = task.heard
        await self._pause(*patience)
        if self._tasks.get(id_) is task and task.heard == heard:
            await person.ask("POST", f"/api/conversations/{id_}/end", {})
            self._tasks.pop(id_, None)
