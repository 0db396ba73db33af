"""Twilio's messaging, simulated: its REST API on loopback, its signed webhooks, and a ledger.

It speaks the protocol as documented and signs with Twilio's own library. It repeats, shuffles and
mis-signs what it delivers; it refuses, delays and swallows what it is asked.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx2
import msgspec
from starlette.applications import Starlette
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from hub.kernel.clock import SECOND, Clock, Millis, SystemClock
from hub.kernel.ids import new_id
from hub.web.loopback import served

BODY_MOST = 1_600


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong with one order to send.

    ``status``, ``code``, ``words``: refused with these. ``loses_answer``: it is taken, but the
    answer never comes. ``delay`` in seconds.
    """

    status: int = 0
    code: int = 20500
    words: str = "Simulated trouble"
    loses_answer: bool = False
    delay: float = 0.0


@dataclass
class Text:
    """One message in the ledger."""

    sid: str
    direction: str
    sender: str
    to: str
    body: str
    at: Millis
    status: str
    files: Sequence[tuple[str, str]] = ()
    callback: str | None = None
    error_code: int | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """The hub's answer to a webhook."""

    status: int
    body: bytes


@dataclass
class FakeTwilio:
    """One Twilio account with one number.

    ``webhook`` is the address configured for the number, which is what gets signed; ``reach``
    (scheme and host) is where the hub really listens, when that differs. ``steps`` are the statuses
    that every sent message goes through by itself.

    The ledger: ``texts`` by SID, in both directions.
    """

    account_sid: str = "AC" + "0" * 32
    auth_token: str = "0123456789abcdef" * 2
    number: str = "+15005550006"
    webhook: str = ""
    reach: str = ""
    clock: Clock = field(default_factory=SystemClock)
    steps: Sequence[str] = ()
    texts: dict[str, Text] = field(default_factory=dict)
    troubles: deque[Trouble] = field(default_factory=deque)
    api_base: str = ""
    """Where its REST API is, while it runs."""

    @contextlib.asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[FakeTwilio]:
        """Serve the API on 127.0.0.1 while the block lasts."""
        place = "/2010-04-01/Accounts/{account}/Messages.json"
        app = Starlette(
            routes=[
                Route(place, self._create, methods=["POST"]),
                Route(place, self._list, methods=["GET"]),
            ]
        )
        self._under_way: set[asyncio.Task[None]] = set()
        async with (
            httpx2.AsyncClient(timeout=30, trust_env=False) as self._http,
            served(app, port) as self.api_base,
        ):
            try:
                yield self
            finally:
                for task in self._under_way:
                    task.cancel()
                await asyncio.gather(*self._under_way, return_exceptions=True)

    @property
    def sent(self) -> list[Text]:
        """What was taken for a phone, in order."""
        return [text for text in self.texts.values() if text.direction == "outbound-api"]

    # -- somebody's phone ------------------------------------------------------------------------

    def arrives(
        self,
        sender: str,
        body: str,
        *,
        sid: str | None = None,
        files: Sequence[tuple[str, str]] = (),
    ) -> Text:
        """A text reaches the number; no webhook is told yet. ``files``: media type and address."""
        sid = sid or self._sid()
        text = Text(sid, "inbound", sender, self.number, body, self.clock.now(), "received", files)
        return self.texts.setdefault(sid, text)

    async def text(
        self,
        sender: str,
        body: str,
        *,
        sid: str | None = None,
        files: Sequence[tuple[str, str]] = (),
        copies: int = 1,
        mis_signed: bool = False,
        **more: str,
    ) -> list[Heard]:
        """A text reaches the number, and its webhook is told ``copies`` times at once."""
        text = self.arrives(sender, body, sid=sid, files=files)
        fields = self.fields(text) + list(more.items())
        return await asyncio.gather(
            *(self.tell(self.webhook, fields, mis_signed=mis_signed) for _ in range(copies))
        )

    def fields(self, text: Text) -> list[tuple[str, str]]:
        """The form by which a text is told."""
        return [
            ("ToCountry", "US"),
            ("SmsMessageSid", text.sid),
            ("NumMedia", str(len(text.files))),
            ("FromCity", ""),
            ("SmsSid", text.sid),
            ("SmsStatus", "received"),
            ("Body", text.body),
            ("To", text.to),
            ("NumSegments", "1"),
            ("MessageSid", text.sid),
            ("AccountSid", self.account_sid),
            ("From", text.sender),
            ("ApiVersion", "2010-04-01"),
            *((f"MediaContentType{at}", kind) for at, (kind, _) in enumerate(text.files)),
            *((f"MediaUrl{at}", url) for at, (_, url) in enumerate(text.files)),
        ]

    async def report(
        self, sid: str, status: str, *, error: tuple[int, str] | None = None, copies: int = 1
    ) -> list[Heard]:
        """A sent message takes a step, and its status callback is told so."""
        text = self.texts[sid]
        text.status = status
        text.error_code, text.error_message = error or (None, None)
        return await self.report_only(sid, status, error=error, copies=copies)

    async def report_only(
        self, sid: str, status: str, *, error: tuple[int, str] | None = None, copies: int = 1
    ) -> list[Heard]:
        """Tell a status callback, late or once more: the message itself stays as it is."""
        text = self.texts[sid]
        if text.callback is None:
            return []
        fields = [
            ("SmsSid", sid),
            ("SmsStatus", status),
            ("MessageStatus", status),
            ("To", text.to),
            ("MessageSid", sid),
            ("AccountSid", self.account_sid),
            ("From", text.sender),
            ("ApiVersion", "2010-04-01"),
        ]
        if error is not None:
            fields += [("ErrorCode", str(error[0])), ("ErrorMessage", error[1])]
        callback = text.callback
        return await asyncio.gather(*(self.tell(callback, fields) for _ in range(copies)))

    async def tell(
        self, url: str, fields: Sequence[tuple[str, str]], *, mis_signed: bool = False
    ) -> Heard:
        """Post a signed form to the hub."""
        token = "another token" if mis_signed else self.auth_token
        signature = RequestValidator(token).compute_signature(url, ImmutableMultiDict(fields))
        return await self.post(url, urlencode(fields).encode(), signature)

    async def post(self, url: str, content: bytes, signature: str | None) -> Heard:
        """Post these very bytes to the hub."""
        parts = urlsplit(url)
        if self.reach:
            real = urlsplit(self.reach)
            parts = parts._replace(scheme=real.scheme, netloc=real.netloc)
        headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        if signature is not None:
            headers["x-twilio-signature"] = signature
        answer = await self._http.post(urlunsplit(parts), content=content, headers=headers)
        return Heard(answer.status_code, answer.content)

    # -- the REST API ----------------------------------------------------------------------------

    async def _create(self, request: Request) -> Response:
        if not self._is_signed_in(request):
            return _refusal(401, 20003, "Authenticate")
        order = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        trouble = self.troubles.popleft() if self.troubles else Trouble()
        await asyncio.sleep(trouble.delay)
        if trouble.status:
            return _refusal(trouble.status, trouble.code, trouble.words)
        fault = _fault_of(order)
        if fault is not None:
            return _refusal(400, *fault)
        text = Text(
            self._sid(),
            "outbound-api",
            order.get("From") or self.number,
            order["To"],
            order["Body"],
            self.clock.now(),
            "queued",
            callback=order.get("StatusCallback"),
        )
        self.texts[text.sid] = text
        if self.steps:
            task = asyncio.create_task(self._goes_on(text.sid))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        if trouble.loses_answer:
            await asyncio.Event().wait()
        return _json(self._as_json(text), 201)

    async def _goes_on(self, sid: str) -> None:
        for status in self.steps:
            with contextlib.suppress(httpx2.HTTPError):  # as the real one, it tries once
                await self.report(sid, status)

    async def _list(self, request: Request) -> Response:
        if not self._is_signed_in(request):
            return _refusal(401, 20003, "Authenticate")
        asked = request.query_params
        found = [text for text in self.texts.values() if _is_wanted(text, asked)]
        found.sort(key=lambda text: (text.at, text.sid), reverse=True)
        page, size = int(asked.get("Page", "0")), int(asked.get("PageSize", "50"))
        here = found[page * size : (page + 1) * size]
        more = None
        if found[(page + 1) * size :]:
            further = {**asked, "Page": str(page + 1), "PageToken": f"PA{page}"}
            more = f"{request.url.path}?{urlencode(further)}"
        return _json(
            {
                "messages": [self._as_json(text) for text in here],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + len(here) - 1,
                "uri": request.url.path,
                "first_page_uri": request.url.path,
                "previous_page_uri": None,
                "next_page_uri": more,
            },
            200,
        )

    def _is_signed_in(self, request: Request) -> bool:
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        given = request.headers.get("authorization")
        return given == f"Basic {expected}" and request.path_params["account"] == self.account_sid

    def _sid(self) -> str:
        return "SM" + new_id(self.clock.now()).replace("-", "")

    def _as_json(self, text: Text) -> dict[str, Any]:
        at = format_datetime(datetime.fromtimestamp(text.at // SECOND, UTC))
        place = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{text.sid}"
        return {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": text.body,
            "date_created": at,
            "date_sent": at,
            "date_updated": at,
            "direction": text.direction,
            "error_code": text.error_code,
            "error_message": text.error_message,
            "from": text.sender,
            "messaging_service_sid": None,
            "num_media": str(len(text.files)),
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": text.sid,
            "status": text.status,
            "subresource_uris": {"media": f"{place}/Media.json"},
            "to": text.to,
            "uri": f"{place}.json",
        }


def _fault_of(order: dict[str, str]) -> tuple[int, str] | None:
    """Why an order cannot be taken, in Twilio's numbers."""
    to = order.get("To", "")
    if not to:
        return 21604, "A 'To' phone number is required."
    if not (to.startswith("+") and to[1:].isdigit()):
        return 21211, f"Invalid 'To' Phone Number: {to}"
    if not order.get("From") and not order.get("MessagingServiceSid"):
        return 21603, "A 'From' phone number is required."
    if not order.get("Body"):
        return 21602, "Message body is required."
    if len(order["Body"]) > BODY_MOST:
        return 21617, "The concatenated message body exceeds the 1600 character limit"
    return None


def _is_wanted(text: Text, asked: Any) -> bool:
    after = asked.get("DateSent>") or asked.get("DateSent>=")
    if after is not None:
        since = datetime.fromisoformat(after)
        if text.at // SECOND < since.timestamp():
            return False
    wanted = (asked.get("To", text.to), asked.get("From", text.sender))
    return wanted == (text.to, text.sender)


def _json(body: object, status: int) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def _refusal(status: int, code: int, words: str) -> Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return _json({"code": code, "message": words, "more_info": more, "status": status}, status)
