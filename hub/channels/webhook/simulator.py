"""An integrator's system, simulated: says signed things, takes the hub's answers, keeps a ledger.

It signs and verifies with the ``standardwebhooks`` library and shares no code with the channel, so
what they agree on is the standard. It repeats, shuffles and mis-signs what it says; it refuses,
delays and swallows what it is told.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import msgspec
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.kernel.clock import Clock, SystemClock
from hub.web.loopback import served


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong with one delivery to the integrator.

    ``status``: answered instead of taking it. ``loses_answer``: it is taken, but the answer never
    comes. ``delay`` in seconds.
    """

    status: int = 0
    loses_answer: bool = False
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Heard:
    """The hub's answer to something said: HTTP status and JSON body."""

    status: int
    body: Mapping[str, Any]


@dataclass
class Integrator:
    """``entry`` is the hub's address for this account, ``secret`` the shared one.

    The ledger: ``said`` by id, ``taken`` the first delivery of each answer by its webhook-id,
    ``deliveries`` all of them in order, ``refused`` those whose signature was wrong.
    """

    entry: str
    secret: str
    clock: Clock = field(default_factory=SystemClock)
    said: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    taken: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    deliveries: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    refused: int = 0
    troubles: deque[Trouble] = field(default_factory=deque)
    url: str = ""
    """Where answers are taken, while it runs."""

    @contextlib.asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[Integrator]:
        """Take answers on 127.0.0.1 while the block lasts."""
        app = Starlette(routes=[Route("/answers", self._take, methods=["POST"])])
        async with (
            httpx2.AsyncClient(timeout=30, trust_env=False) as self._http,
            served(app, port) as address,
        ):
            self.url = f"{address}/answers"
            yield self

    # -- saying ----------------------------------------------------------------------------------

    def body(self, id_: str, who: str, text: str, **more: Any) -> dict[str, Any]:
        """One message as the hub's entry wants it; ``more`` adds fields or replaces them."""
        return {"id": id_, "from": {"address": who, "name": who.title()}, "text": text, **more}

    def signed(self, id_: str, content: bytes) -> dict[str, str]:
        """The headers for a content, by the library."""
        at = datetime.fromtimestamp(self.clock.now() // 1000, UTC)
        signature = Webhook(self.secret).sign(id_, at, content.decode("utf-8", "replace"))
        return {
            "webhook-id": id_,
            "webhook-timestamp": str(self.clock.now() // 1000),
            "webhook-signature": signature,
            "content-type": "application/json",
        }

    async def say(
        self,
        id_: str,
        who: str,
        text: str,
        *,
        copies: int = 1,
        mis_signed: bool = False,
        **more: Any,
    ) -> list[Heard]:
        """Say something ``copies`` times at once. What the hub took is in ``said``."""
        body = self.body(id_, who, text, **more)
        content = msgspec.json.encode(body)
        headers = self.signed(id_, content)
        if mis_signed:
            content = content.replace(b'"text"', b'"text" ', 1)
        heard = await asyncio.gather(*(self.post(content, headers) for _ in range(copies)))
        if any(answer.status == 202 for answer in heard):
            self.said[id_] = body
        return heard

    async def say_all(self, bodies: Sequence[Mapping[str, Any]]) -> list[Heard]:
        """Say several things at once, in whatever order the network likes."""
        contents = [(str(body["id"]), msgspec.json.encode(body)) for body in bodies]
        heard = await asyncio.gather(
            *(self.post(content, self.signed(id_, content)) for id_, content in contents)
        )
        for body, answer in zip(bodies, heard, strict=True):
            if answer.status == 202:
                self.said[str(body["id"])] = body
        return heard

    async def post(self, content: bytes, headers: Mapping[str, str]) -> Heard:
        """Send these very bytes to the entry."""
        answer = await self._http.post(self.entry, content=content, headers=dict(headers))
        is_json = "json" in answer.headers.get("content-type", "")
        return Heard(answer.status_code, answer.json() if is_json else {})

    # -- being told ------------------------------------------------------------------------------

    async def _take(self, request: Request) -> Response:
        content = await request.body()
        try:
            body = Webhook(self.secret).verify(content, dict(request.headers))
        except WebhookVerificationError:
            self.refused += 1
            return Response(status_code=401)
        id_ = request.headers["webhook-id"]
        self.deliveries.append((id_, body))
        trouble = self.troubles.popleft() if self.troubles else Trouble()
        await asyncio.sleep(trouble.delay)
        if trouble.status:
            return Response(status_code=trouble.status)
        self.taken.setdefault(id_, body)
        if trouble.loses_answer:
            await asyncio.Event().wait()
        return Response(status_code=204)
