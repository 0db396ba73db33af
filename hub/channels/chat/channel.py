"""The chat's HTTP side: a visitor's session, who answers here, uploads and files. Its socket is
``realtime/visitors``.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.channels.chat.tokens import Visitor, VisitorTokens
from hub.channels.inbound import Inbox
from hub.channels.model import Account, Fate, Receipt
from hub.channels.port import Progress
from hub.channels.registry import Registry
from hub.conversations import service as conversations, store as conversation_store
from hub.conversations.files import FILE_MOST, file_response, keep_file
from hub.conversations.model import Attachment, Inbound, Outbound, Received
from hub.customers import service as customers
from hub.customers.identities import CHAT, EMAIL, PHONE, NotAnAddress, normalise
from hub.customers.model import Claim
from hub.kernel.clock import Clock
from hub.kernel.errors import Fault, Invalid, NotFound, Refusal
from hub.storage.blobs import Blobs
from hub.storage.database import Database
from hub.storage.unit import Unit
from hub.web.bodies import BadJson, read_body, strict_json
from hub.web.problems import NotSignedIn, TooLarge, of_refusal, pointer

TEXT_MOST = 10_000


class NoSuchChat(NotFound):
    """There is no such chat."""


class SessionBody(BaseModel):
    """Who the visitor says they are, and where they are."""

    model_config = ConfigDict(strict=True, extra="forbid")

    channel: str = Field(min_length=1, max_length=100)
    language: str = Field(max_length=20)
    name: Annotated[str | None, Field(max_length=100)] = None
    email: Annotated[str | None, Field(max_length=320)] = None
    phone: Annotated[str | None, Field(max_length=40)] = None
    page: dict[Literal["url", "title"], Annotated[str, Field(max_length=2_000)]] | None = None


class Gate(Protocol):
    """The limits that the chat's doors observe."""

    async def chat_start(self, address: str) -> None: ...
    async def upload(self, who: str) -> None: ...


class ChatChannel:
    """Kind ``chat``. Account settings: ``colour``, ``origins`` (sites that may show it; unset: the
    hub's setting).
    """

    kind = "chat"
    repeats_safely = True

    def __init__(
        self,
        database: Database,
        registry: Registry,
        inbox: Inbox,
        blobs: Blobs,
        tokens: VisitorTokens,
        limits: Gate,
        clock: Clock,
        *,
        organisation: str,
        origins: tuple[str, ...],
        address_of: Callable[[HTTPConnection], str],
    ) -> None:
        self._database = database
        self._registry = registry
        self._inbox = inbox
        self._blobs = blobs
        self._limits = limits
        self._clock = clock
        self._organisation = organisation
        self._origins = origins
        self._address_of = address_of
        self.tokens = tokens
        self.is_open: Callable[[Account], bool] = lambda account: True

    # -- the port --------------------------------------------------------------------------------

    async def send(self, account: Account, message: Outbound, progress: Progress) -> Receipt:
        """Nothing to do: the visitor reads the log."""
        return Receipt(Fate.SENT)

    async def run(self, accounts: Sequence[Account]) -> None:
        """Visitors come to us."""

    async def replay(self, account: Account, key: str, raw: bytes) -> None:
        """What a widget sends is refused when it cannot be understood, so nothing lies in
        quarantine.
        """
        raise Invalid("chat messages are never quarantined")

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/chat/sessions", self._guarded(self._begin), methods=["POST", "OPTIONS"]),
            Route("/chat/channels/{key}", self._guarded(self._who), methods=["GET", "OPTIONS"]),
            Route("/chat/uploads", self._guarded(self._upload), methods=["POST", "OPTIONS"]),
            Route("/chat/files/{id}", self._guarded(self._file), methods=["GET", "OPTIONS"]),
        ]

    # -- what visitors say -----------------------------------------------------------------------

    async def say(
        self, account: Account, visitor: Visitor, id_: str, text: str, upload_ids: Sequence[str]
    ) -> Received:
        """Keep a visitor's words under the widget's own id for them."""
        files = await self._database.read(self._uploads_of, visitor, upload_ids)
        if not text.strip() and not files:
            raise Invalid("there is nothing to send", Fault("/text", "write something"))
        if len(text) > TEXT_MOST:
            raise Invalid("this is too long", Fault("/text", f"at most {TEXT_MOST} characters"))
        return await self._inbox.receive(
            Inbound(
                channel_id=account.id,
                channel=self.kind,
                key=f"{visitor.visitor_id}:{id_}",
                sender=Claim(CHAT, visitor.visitor_id, visitor.name),
                text=text,
                thread_key=visitor.visitor_id,
                queue_id=account.queue_id,
                language=account.language,
                attachments=tuple(files),
                reply_within=account.reply_within,
                command_id=id_,
                facts={"to": visitor.visitor_id},
            )
        )

    @staticmethod
    def _uploads_of(
        connection: Connection, visitor: Visitor, ids: Sequence[str]
    ) -> list[Attachment]:
        found = conversation_store.find_uploads(connection, visitor.actor, ids)
        if len(found) != len(ids):
            raise Invalid("an attachment is not there", Fault("/attachments", "no such upload"))
        return found

    # -- doors -----------------------------------------------------------------------------------

    def allowed_origin(self, account: Account | None, origin: str | None) -> bool:
        """True when a page of this origin may show the widget of this account."""
        if origin is None:
            return False
        listed = self._origins
        if account is not None and account.settings.get("origins"):
            listed = tuple(account.settings["origins"])
        return "*" in listed or origin in listed

    def _guarded(
        self, door: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Answer refusals as problems, and tell browsers which pages may read the answer."""

        async def guarded(request: Request) -> Response:
            if request.method == "OPTIONS":
                response = Response(status_code=204)
            else:
                try:
                    response = await door(request)
                except Refusal as refusal:
                    response = of_refusal(refusal)
            origin = request.headers.get("origin")
            if self.allowed_origin(None, origin):
                response.headers["access-control-allow-origin"] = origin or ""
                response.headers["access-control-allow-headers"] = "authorization, content-type"
                response.headers["access-control-allow-methods"] = "GET, POST"
                response.headers["access-control-max-age"] = "86400"
                response.headers["vary"] = "origin"
                response.headers["cross-origin-resource-policy"] = "cross-origin"
            return response

        return guarded

    async def _who(self, request: Request) -> Response:
        """Who answers here, and whether somebody does now."""
        account = self._account(request.path_params["key"])
        return JSONResponse(self.card(account))

    def card(self, account: Account) -> dict[str, Any]:
        """The organisation as the widget shows it."""
        return {
            "name": account.settings.get("title") or self._organisation,
            "language": account.language or "zh",
            "colour": account.settings.get("colour"),
            "open": self.is_open(account),
            "opens_at": None,
        }

    def _account(self, key: str) -> Account:
        account = self._registry.by_key(self.kind, key)
        if account is None:
            raise NoSuchChat
        return account

    async def _begin(self, request: Request) -> Response:
        """A session: the visitor becomes a customer with an address of their own."""
        body = await _body(request)
        account = self._account(body.channel)
        if not self.allowed_origin(account, request.headers.get("origin", "")):
            raise NoSuchChat
        await self._limits.chat_start(self._address_of(request))
        visitor_id = secrets.token_urlsafe(16)
        also = [_given(EMAIL, body.email), _given(PHONE, body.phone)]
        claim = Claim(
            CHAT,
            visitor_id,
            (body.name or "").strip(),
            "zh" if body.language.lower().startswith("zh") else "en",
            verified=True,
            also=tuple(address for address in also if address is not None),
        )

        def work(unit: Unit) -> Visitor:
            (person,) = customers.recognise(unit, [claim])
            return Visitor(account.id, person.id, visitor_id, person.name)

        visitor = await self._database.write(work)
        made = {"token": self.tokens.give(visitor), "visitor_id": visitor_id}
        return JSONResponse(made, 201)

    def visitor_of(self, request: HTTPConnection) -> Visitor:
        """Who asks, by the bearer's token."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        visitor = self.tokens.read(token) if kind.lower() == "bearer" else None
        if visitor is None:
            raise NotSignedIn
        return visitor

    async def _upload(self, request: Request) -> Response:
        visitor = self.visitor_of(request)
        await self._limits.upload(visitor.actor)
        length = request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > FILE_MOST + 10_000:
            raise TooLarge(most=FILE_MOST)
        async with request.form(max_files=1, max_fields=1) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Invalid("send one file", Fault("/file", "missing"))
            content = await file.read()
            kept = await keep_file(
                self._blobs,
                file.filename or "file",
                file.content_type or "",
                content,
                self._clock.now(),
            )
        await self._database.write(
            lambda unit: conversations.keep_upload(unit, visitor.actor, kept)
        )
        facts = {"id": kept.id, "name": kept.name, "size": kept.size, "media_type": kept.media_type}
        return JSONResponse(facts, 201)

    async def _file(self, request: Request) -> Response:
        """A file of a chat, for whoever holds its signed address."""
        id_ = request.path_params["id"]
        asked = request.query_params
        if not self.tokens.opens_file(id_, asked.get("until", ""), asked.get("signature", "")):
            raise NoSuchChat
        found = await self._database.read(conversation_store.find_attachment, id_)
        if found is None:
            raise NoSuchChat
        content = await self._blobs.get(found[1].digest)
        return file_response(found[1], content, inline=True)


async def _body(request: Request) -> SessionBody:
    content = await read_body(request.receive, 64 * 1024)
    if content is None:
        raise TooLarge(most=64 * 1024)
    try:
        return SessionBody.model_validate(strict_json(content))
    except BadJson as error:
        raise Invalid(str(error)) from None
    except ValidationError as error:
        faults = [Fault(pointer(fault["loc"]), str(fault["msg"])) for fault in error.errors()]
        raise Invalid(None, *faults) from None


def _given(kind: str, address: str | None) -> tuple[str, str] | None:
    if not address or not address.strip():
        return None
    try:
        return kind, normalise(kind, address, region="CN")
    except NotAnAddress:
        raise Invalid(
            "this address cannot be used", Fault(f"/{kind}", f"not an address of kind {kind}")
        ) from None
