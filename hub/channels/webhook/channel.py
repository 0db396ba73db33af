"""The generic channel's edges: the signed entry as a bare ASGI route, and answers delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import structlog
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from hub.channels.inbound import Inbox
from hub.channels.model import Account, Fate, Receipt
from hub.channels.port import Progress
from hub.channels.registry import Registry
from hub.channels.webhook.parse import compose, files, inbound, parse
from hub.channels.webhook.signature import is_genuine, key_of, sign
from hub.conversations.model import Attachment, Outbound, Received
from hub.kernel.clock import Clock
from hub.kernel.crashpoint import crashpoint
from hub.kernel.errors import Refusal, StorageDown
from hub.kernel.ids import AttachmentId, new_id
from hub.storage.blobs import Blobs
from hub.web.bodies import read_body
from hub.web.outgoing import AnswerLost, ForbiddenTarget, NotReached, Outgoing
from hub.web.problems import of_refusal, problem, storage_down

said = structlog.get_logger("hub.webhook")

BODY_MOST = 16 << 20
_encode = msgspec.json.encode
_JSON = [(b"content-type", b"application/json"), (b"x-content-type-options", b"nosniff")]


class WebhookChannel:
    """Kind ``webhook``.

    Account secrets: ``secret``, and ``previous_secret`` while rotating; settings: ``url`` for
    answers.
    """

    kind = "webhook"
    repeats_safely = True

    def __init__(
        self, registry: Registry, inbox: Inbox, blobs: Blobs, outgoing: Outgoing, clock: Clock
    ) -> None:
        self._registry = registry
        self._inbox = inbox
        self._blobs = blobs
        self._outgoing = outgoing
        self._clock = clock
        self._keys: dict[str, tuple[int, list[bytes]]] = {}

    def routes(self) -> Sequence[BaseRoute]:
        return [Mount("/hooks", app=self.entry)]

    async def run(self, accounts: Sequence[Account]) -> None:
        """Others call us."""

    async def entry(self, scope: Scope, receive: Receive, send: Send) -> None:
        """``POST /hooks/{key}``: 202 once the message is committed; 401 before any work."""
        if scope["type"] != "http":
            return
        crashpoint("IN1")
        if scope["method"] != "POST":
            await problem(405, "wrong_method", "POST a signed message.")(scope, receive, send)
            return
        headers = dict(scope["headers"])
        content = await read_body(receive, BODY_MOST, headers.get(b"content-length"))
        if content is None:
            await problem(413, "too_large", f"At most {BODY_MOST} bytes.")(scope, receive, send)
            return
        account = self._registry.by_key(self.kind, scope["path"].rpartition("/")[2])
        if account is None or not self._is_signed(account, headers, content):
            refused = problem(401, "bad_signature", "The signature is missing, wrong or too old.")
            await refused(scope, receive, send)
            return
        crashpoint("IN2")
        try:
            received = await self._take(account, content)
        except Refusal as refusal:
            await of_refusal(refusal)(scope, receive, send)
            return
        except (StorageDown, OSError):
            await storage_down()(scope, receive, send)
            return
        body = _encode(
            {
                "message_id": received.message_id,
                "conversation_id": received.conversation_id,
                "duplicate": received.duplicate,
            }
        )
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 202, "headers": [*_JSON, length]})
        await send({"type": "http.response.body", "body": body})

    def _is_signed(self, account: Account, headers: dict[bytes, bytes], content: bytes) -> bool:
        return is_genuine(
            self._keys_of(account),
            headers.get(b"webhook-id", b"").decode("latin-1"),
            headers.get(b"webhook-timestamp", b"").decode("latin-1"),
            headers.get(b"webhook-signature", b"").decode("latin-1"),
            content,
            self._clock.now(),
        )

    def _keys_of(self, account: Account) -> list[bytes]:
        known = self._keys.get(account.id)
        if known is None or known[0] != account.rev:
            secrets = (account.secrets.get("secret"), account.secrets.get("previous_secret"))
            known = (account.rev, [key_of(secret) for secret in secrets if secret])
            self._keys[account.id] = known
        return known[1]

    async def _take(self, account: Account, content: bytes) -> Received:
        body = parse(content)
        if not body.attachments:
            return await self._inbox.receive(inbound(account, body))
        kept = []
        now = self._clock.now()
        for name, media_type, file in files(body):
            digest = await self._blobs.put(file)
            kept.append(Attachment(AttachmentId(new_id(now)), name, media_type, len(file), digest))
        return await self._inbox.receive(inbound(account, body, tuple(kept)))

    async def replay(self, account: Account, key: str, raw: bytes) -> None:
        """What cannot be understood is refused, so there is nothing to replay; a body is taken."""
        await self._take(account, raw)

    async def send(self, account: Account, message: Outbound, progress: Progress) -> Receipt:
        """Deliver an answer to the account's own URL.

        2xx: sent; 408, 425, 429, 5xx: later; anything else: failed.
        """
        url = account.settings.get("url")
        if not url:
            return Receipt(Fate.FAILED, "this channel has no URL for answers")
        contents = await asyncio.gather(
            *(self._blobs.get(file.digest) for file in message.attachments)
        )
        body = compose(message, list(contents))
        headers = sign(self._keys_of(account)[0], message.reference, self._clock.now(), body)
        try:
            await progress.handing_over()
            crashpoint("OUT6")
            answer = await self._outgoing.post(
                str(url), body, {**headers, "content-type": "application/json"}
            )
        except ForbiddenTarget as refusal:
            return Receipt(Fate.FAILED, f"{refusal.message} {refusal.faults[0].problem}")
        except NotReached as error:
            return Receipt(Fate.LATER, str(error))
        except AnswerLost as error:
            return Receipt(Fate.UNKNOWN, str(error))
        crashpoint("OUT8")
        if 200 <= answer.status < 300:
            return Receipt(Fate.SENT)
        if answer.status in (408, 425, 429) or answer.status >= 500:
            return Receipt(Fate.LATER, f"the receiver answered {answer.status}")
        return Receipt(Fate.FAILED, f"the receiver answered {answer.status}")
