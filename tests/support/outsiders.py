"""The people and systems around a hub, each with a ledger of its own; none of them shares code with
it.

They are stubborn: whatever was not acknowledged is said again under the same id, until it is.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import itertools
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.support.oracle import Accept, Delivery, Ledgers, Reply, Said, Screen, Shown

PAUSE = 0.03
"""Between two tries."""
PASSING = {408, 425, 429, 500, 502, 503, 504}
LOST = (httpx2.HTTPError, OSError)
CUT = (WebSocketException, OSError, TimeoutError, EOFError)
SECRET = "whsec_" + base64.b64encode(b"known to both sides, to nobody else").decode()


def http_client() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(timeout=10, trust_env=False)


def signature(secret: str, id_: str, timestamp: str, body: bytes) -> str:
    """Standard Webhooks, version 1."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{id_}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


@dataclass
class Stubborn:
    """What all of them have: where the hub is, what they write down, when they should stop."""

    url: str
    ledgers: Ledgers
    is_done: bool = False
    """Set to let them finish what they have begun, and end."""

    def fault(self, words: str) -> None:
        self.ledgers.faults.append(words)


# -- an integrator's system ------------------------------------------------------------------------


@dataclass
class Integrator(Stubborn):
    """Customers of another system, who write through its signed webhook, and the place where
    answers are taken.
    """

    key: str = "shop"
    secret: str = SECRET
    attach_every: int = 7
    pause: float = 0.01
    answers: str = ""
    """Where answers are taken, while it listens."""
    _lines: dict[asyncio.Task[Any], asyncio.StreamWriter] = field(default_factory=dict)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Integrator]:
        """Take answers on a port of its own."""
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()[:2]
        self.answers = f"{host}:{port}"
        async with server:
            try:
                yield self
            finally:
                for writer in self._lines.values():
                    writer.close()
                if self._lines:
                    await asyncio.wait(self._lines)

    async def customer(self, who: str) -> None:
        """One customer, who says the next thing when the last one was kept."""
        async with http_client() as http:
            for number in itertools.count(1):
                if self.is_done:
                    return
                said = Said(who, number, f"{who} says {number}", "webhook")
                self.ledgers.said.append(said)
                await self._say(http, said, f"{who}-{number}")
                await asyncio.sleep(self.pause)

    async def _say(self, http: httpx2.AsyncClient, said: Said, id_: str) -> None:
        body: dict[str, Any] = {"id": id_, "from": {"address": said.who}, "text": said.text}
        if said.number % self.attach_every == 0:
            content = base64.b64encode(said.text.encode() * 50).decode()
            body["attachments"] = [
                {"name": "a.txt", "media_type": "text/plain", "content": content}
            ]
        content_ = json.dumps(body).encode()
        while True:
            with suppress(*LOST):
                answer = await self.post(http, id_, content_)
                if answer.status_code == 202:
                    said.message_id, said.is_acked = answer.json()["message_id"], True
                    return
                if answer.status_code not in PASSING:
                    self.fault(f"{said.text!r} was refused: {answer.status_code} {answer.text}")
                    return
            await asyncio.sleep(PAUSE)

    async def post(self, http: httpx2.AsyncClient, id_: str, content: bytes) -> httpx2.Response:
        """Send a body, signed now."""
        now = str(int(time.time()))
        return await http.post(
            f"{self.url}/hooks/{self.key}",
            content=content,
            headers={
                "content-type": "application/json",
                "webhook-id": id_,
                "webhook-timestamp": now,
                "webhook-signature": signature(self.secret, id_, now, content),
            },
        )

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines[task] = writer
        task.add_done_callback(self._lines.pop)
        with contextlib.closing(writer), suppress(OSError, EOFError, asyncio.LimitOverrunError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")[1:-2]
                headers = {
                    name.lower(): value
                    for name, _, value in (line.partition(": ") for line in lines)
                }
                body = await reader.readexactly(int(headers["content-length"]))
                status = self._note(headers, body)
                writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()

    def _note(self, headers: Mapping[str, str], body: bytes) -> str:
        id_ = headers["webhook-id"]
        expected = signature(self.secret, id_, headers["webhook-timestamp"], body)
        if headers["webhook-signature"] != expected:
            self.fault(f"the answer {id_} is not signed")
            return "401 Unauthorized"
        told = json.loads(body)
        self.ledgers.deliveries.append(Delivery(id_, told["text"], told))
        return "204 No Content"


# -- sockets --------------------------------------------------------------------------------------


@dataclass
class Line(Stubborn):
    """Somebody with a socket: resumes where they were, notices every gap and repeat."""

    who: str = ""
    epoch: str | None = None
    applied: int | None = None
    """The last position whose event this screen has applied."""
    connections: int = 0
    resets: int = 0
    goodbyes: list[str] = field(default_factory=list)

    def check(self, frame: Mapping[str, Any], counted: int) -> int:
        """One event frame; returns its number on this connection."""
        if frame["n"] != counted + 1:
            self.fault(f"{self.who} got n {frame['n']} after {counted}")
        if self.applied is not None and frame["seq"] <= self.applied:
            self.fault(f"{self.who} got {frame['seq']} after {self.applied}: twice or out of order")
        self.applied = frame["seq"]
        return int(frame["n"])

    async def listen(self, socket: ClientConnection) -> AsyncIterator[dict[str, Any]]:
        """Every frame but beats and goodbyes, checked."""
        counted = 0
        async for message in socket:
            for frame in json.loads(message):
                match frame["t"]:
                    case "beat":
                        await socket.send('{"t":"beat"}')
                    case "bye":
                        self.goodbyes.append(frame["code"])
                    case "event":
                        counted = self.check(frame, counted)
                        yield frame
                    case "reset":
                        self.resets += 1
                        self.epoch = self.applied = None
                    case "welcome":
                        self.epoch = frame["epoch"]
                        yield frame
                    case _:
                        yield frame


@dataclass
class Visitor(Line):
    """A visitor of a site, in its chat."""

    channel: str = "web"
    pause: float = 0.02
    token: str = ""
    shown: dict[str, tuple[str, int]] = field(default_factory=dict)
    """What the screen shows: message id -> (conversation, ordinal)."""
    conversations: set[str] = field(default_factory=set)
    _sent: dict[str, asyncio.Future[str]] = field(default_factory=dict)
    _open: asyncio.Event = field(default_factory=asyncio.Event)
    _socket: ClientConnection | None = None

    async def visit(self) -> None:
        """Chat until it is done; the screen stays open until cancelled."""
        await self._begin()
        async with asyncio.TaskGroup() as group:
            screen = group.create_task(self._screen())
            await self._talk()
            screen.cancel()

    async def watch(self) -> None:
        """Only look, until cancelled."""
        if not self.token:
            await self._begin()
        await self._screen()

    async def _begin(self) -> None:
        body = {"channel": self.channel, "language": "en", "name": self.who}
        async with http_client() as http:
            while not self.token:
                with suppress(*LOST):
                    answer = await http.post(
                        f"{self.url}/chat/sessions",
                        json=body,
                        headers={"origin": "https://shop.example"},
                    )
                    if answer.status_code == 201:
                        self.token = answer.json()["token"]
                        return
                    if answer.status_code not in PASSING:
                        self.fault(f"{self.who} may not chat: {answer.status_code} {answer.text}")
                        return
                await asyncio.sleep(PAUSE)

    async def _talk(self) -> None:
        for number in itertools.count(1):
            if self.is_done:
                return
            said = Said(self.who, number, f"{self.who} says {number}", "chat")
            self.ledgers.said.append(said)
            said.message_id = await self._say(str(uuid.uuid4()), said.text)
            said.is_acked = True
            await asyncio.sleep(self.pause)

    async def _say(self, id_: str, text: str) -> str:
        sent = self._sent[id_] = asyncio.get_running_loop().create_future()
        frame = json.dumps({"t": "send", "id": id_, "text": text, "attachments": []})
        while not sent.done():
            await self._open.wait()
            with suppress(*CUT):
                assert self._socket is not None
                await self._socket.send(frame)
            await asyncio.wait({sent}, timeout=1.0)
        del self._sent[id_]
        return str(sent.result())

    async def _screen(self) -> None:
        while True:
            with suppress(*CUT):
                async with connect(
                    self.url.replace("http", "ws", 1) + "/chat/socket",
                    origin="https://shop.example",  # type: ignore[arg-type]
                    proxy=None,
                    max_size=8 << 20,
                    ping_interval=None,
                ) as socket:
                    await self._follow(socket)
            self._open.clear()
            await asyncio.sleep(PAUSE)

    async def _follow(self, socket: ClientConnection) -> None:
        self.connections += 1
        hello = {"t": "hello", "token": self.token, "epoch": self.epoch, "after": self.applied}
        await socket.send(json.dumps(hello))
        async for frame in self.listen(socket):
            match frame["t"]:
                case "state":
                    self._restart(frame)
                case "event":
                    self._apply(frame["changes"])
                case "caught_up":
                    self.applied = max(self.applied or 0, frame["seq"])
                    self._socket = socket
                    self._open.set()
                case "sent":
                    waiting = self._sent.get(frame["id"])
                    if waiting is not None and not waiting.done():
                        waiting.set_result(frame["message_id"])
                case "refused" if frame["code"] != "storage_down":
                    self.fault(f"{self.who} was refused: {frame}")

    def _restart(self, frame: Mapping[str, Any]) -> None:
        self.applied = frame["seq"]
        self.shown.clear()
        if frame["conversation"] is not None:
            self.conversations.add(frame["conversation"]["id"])
        for message in frame["messages"]:
            self.shown[message["id"]] = (message["conversation_id"], message["ordinal"])

    def _apply(self, changes: list[Mapping[str, Any]]) -> None:
        for change in changes:
            full = change.get("full")
            if change["entity"] == "conversation":
                self.conversations.add(change["id"])
            elif change["entity"] == "message" and full is not None:
                self.shown[change["id"]] = (full["conversation_id"], full["ordinal"])

    def screen(self) -> Screen:
        """What the screen shows now; conversations in the order of their (rising) ids."""
        return Screen(
            self.who, sorted(self.shown, key=lambda id_: self.shown[id_]), self.conversations
        )


@dataclass
class Agent(Line):
    """Somebody who signs in, takes what is offered, answers it and ends it."""

    password: str = "a long enough word"
    ends: bool = True
    cookie: str = ""
    csrf: str = ""
    id: str = ""
    seen_seqs: list[tuple[float, int]] = field(default_factory=list)
    """When which position of the log was shown."""
    on_event: Callable[[Mapping[str, Any]], None] = lambda frame: None
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _stutters: Any = field(default_factory=lambda: itertools.count(1))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _taken: set[str] = field(default_factory=set)
    is_live: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self) -> None:
        """Sit at the desk until cancelled."""
        async with http_client() as http:
            self._http = http
            try:
                while True:
                    with suppress(*LOST, *CUT, _Away):
                        await self._sit()
                    self.is_live.clear()
                    await asyncio.sleep(PAUSE)
            finally:
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    async def finished(self) -> None:
        """Wait until what was begun is answered and ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _sit(self) -> None:
        if not self.cookie:
            await self._sign_in()
        boot = await self._get("/api/boot")
        if self.epoch is None or self.applied is None:
            self.epoch, self.applied = boot["epoch"], boot["seq"]
        ticket = (await self.once("POST", "/api/realtime/ticket", tries=1)).json()["ticket"]
        async with connect(
            self.url.replace("http", "ws", 1) + "/api/realtime",
            origin=self.url,  # type: ignore[arg-type]
            additional_headers={"cookie": f"hub_session={self.cookie}"},
            proxy=None,
            max_size=8 << 20,
            ping_interval=None,
        ) as socket:
            self.connections += 1
            hello = {"t": "hello", "ticket": ticket, "epoch": self.epoch, "after": self.applied}
            await socket.send(json.dumps(hello))
            await self._follow(socket, boot)

    async def _follow(self, socket: ClientConnection, boot: Mapping[str, Any]) -> None:
        async for frame in self.listen(socket):
            if frame["t"] == "caught_up":
                self.applied = max(self.applied or 0, frame["seq"])
                self.is_live.set()
                self._begin(self._be_available())
                for offer in boot["offers"]:
                    await self._see(socket, offer)
            elif frame["t"] == "event":
                self.seen_seqs.append((time.monotonic(), frame["seq"]))
                self.on_event(frame)
                for change in frame["changes"]:
                    if change["entity"] == "offer" and change.get("full"):
                        await self._see(socket, change["full"])

    def _begin(self, deed: Any) -> None:
        task = asyncio.create_task(deed)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see(self, socket: ClientConnection, offer: Mapping[str, Any]) -> None:
        is_mine = offer["agent_id"] == self.id and offer["state"] == "pending"
        if not is_mine or offer["id"] in self._taken or self.is_done:
            return
        self._taken.add(offer["id"])
        await socket.send(json.dumps({"t": "offer_shown", "offer_id": offer["id"]}))
        self._begin(self._serve(offer))

    async def _be_available(self) -> None:
        await self.once("PUT", "/api/presence", {"status": "available"})

    async def _serve(self, offer: Mapping[str, Any]) -> None:
        answer = await self.once("POST", f"/api/offers/{offer['id']}/accept")
        if answer.status_code != 200:
            if answer.status_code not in (404, 409):
                self.fault(f"{self.who} could not accept: {answer.status_code} {answer.text}")
            return
        self.ledgers.accepts.append(Accept(self.who, offer["id"], offer["item_id"]))
        conversation = f"/api/conversations/{offer['conversation_id']}"
        reply = Reply(
            self.who, offer["conversation_id"], f"{self.who} answers {next(self._numbers)}"
        )
        self.ledgers.replies.append(reply)
        body = {"text": reply.text, "attachments": []}
        answer = await self.once("POST", f"{conversation}/replies", body)
        if answer.status_code == 201:
            reply.message_id = answer.json()["id"]
        elif answer.status_code not in (404, 409):
            self.fault(f"{self.who} could not reply: {answer.status_code} {answer.text}")
        if self.ends:
            answer = await self.once("POST", f"{conversation}/end", {})
            if answer.status_code not in (200, 404, 409):
                self.fault(f"{self.who} could not end: {answer.status_code} {answer.text}")

    # -- HTTP ------------------------------------------------------------------------------------

    async def _sign_in(self) -> None:
        body = {"email": f"{self.who}@desk.example", "password": self.password}
        answer = await self._http.post(f"{self.url}/api/session", json=body)
        if answer.status_code != 200:
            raise _Away(answer.status_code)
        self.cookie = answer.cookies["hub_session"]
        self._http.cookies.clear()
        self.csrf, self.id = answer.json()["csrf"], answer.json()["agent"]["id"]

    async def _get(self, path: str) -> Any:
        answer = await self._http.get(
            self.url + path, headers={"cookie": f"hub_session={self.cookie}"}
        )
        if answer.status_code != 200:
            raise _Away(answer.status_code)
        return answer.json()

    async def once(
        self, method: str, path: str, body: Any = None, *, tries: int = 1_000_000
    ) -> httpx2.Response:
        """One change under one key, asked for until it is answered."""
        headers = {
            "cookie": f"hub_session={self.cookie}",
            "x-csrf": self.csrf,
            "idempotency-key": str(uuid.uuid4()),
            "origin": self.url,
        }
        while True:
            tries -= 1
            with suppress(*LOST):
                answer = await self._http.request(
                    method,
                    self.url + path,
                    headers=headers,
                    **({} if body is None else {"json": body}),
                )
                if answer.status_code not in PASSING:
                    if answer.is_success and tries > 1 and next(self._stutters) % 3 == 0:
                        await self._again(method, path, headers, body, answer)
                    return answer
            if tries <= 0:
                raise _Away
            await asyncio.sleep(PAUSE)

    async def _again(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Any,
        before: httpx2.Response,
    ) -> None:
        """Ask once more under the same key: the answer must be the same, to the byte."""
        given = {} if body is None else {"json": body}
        with suppress(*LOST):
            answer = await self._http.request(method, self.url + path, headers=headers, **given)
            if answer.status_code in PASSING:
                return
            if (answer.status_code, answer.content) != (before.status_code, before.content):
                self.fault(f"{self.who} asked {method} {path} twice: {answer.text}")


class _Away(Exception):
    """The hub does not answer now."""


# -- whoever looks in the end --------------------------------------------------------------------


@dataclass
class Supervisor(Agent):
    """Reads everything there is, once it is quiet."""

    async def shown(self) -> Shown:
        """All conversations with all their messages."""
        async with http_client() as http:
            self._http = http
            if not self.cookie:
                await self._sign_in()
            conversations = [c async for c in self._pages("/api/conversations?limit=200")]
            conversations.sort(key=lambda conversation: conversation["number"])
            messages = {}
            for conversation in conversations:
                path = f"/api/conversations/{conversation['id']}/messages?limit=200"
                found = [m async for m in self._pages(path, "before")]
                messages[conversation["id"]] = sorted(found, key=lambda message: message["ordinal"])
        return Shown(conversations, messages)

    async def settled(self, within: float = 30.0) -> Shown:
        """Everything, once no answer is on its way any more."""
        async with asyncio.timeout(within):
            while True:
                shown = await self.shown()
                if not any(m["state"] in ("queued", "sending") for _, m in shown.of("out")):
                    return shown
                await asyncio.sleep(0.1)

    async def _pages(self, path: str, cursor: str = "cursor") -> AsyncIterator[dict[str, Any]]:
        following = ""
        while True:
            page = await self._get(path + following)
            for item in page["items"]:
                yield item
            if page["next"] is None:
                return
            following = f"&{cursor}={page['next']}"
