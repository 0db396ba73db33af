"""SMS's edges: the signed webhooks as a bare ASGI route, sending, looking for what was missed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from functools import partial

import structlog
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.twiml.messaging_response import MessagingResponse

from hub.channels.inbound import Inbox
from hub.channels.model import Account, Fate, Receipt
from hub.channels.outbound import heard_back
from hub.channels.port import Progress
from hub.channels.registry import Registry
from hub.channels.sms.fates import fate_of
from hub.channels.sms.form import Form, Unreadable, is_genuine
from hub.channels.sms.looking import Looking
from hub.channels.sms.parse import ONCE, Report, inbound, key_of, number_of, report
from hub.conversations import service as conversations, store as conversation_store
from hub.conversations.model import Direction, Outbound
from hub.kernel.crashpoint import crashpoint
from hub.kernel.errors import StorageDown
from hub.kernel.ids import is_id
from hub.storage.database import Database
from hub.storage.unit import Unit
from hub.web.bodies import read_body
from hub.web.outgoing import AnswerLost, ForbiddenTarget, NotReached, Outgoing
from hub.web.problems import problem, storage_down

said = structlog.get_logger("hub.sms")

PLACE = "/channels/sms"
BODY_MOST = 64 << 10
LOOK_AFTER = 300.0
NOTHING = str(MessagingResponse())
"""Our whole answer to a text message, the same for a repeated one: the agent answers later."""


class SmsChannel:
    """Kind ``sms``.

    Account settings: ``account_sid``; ``number`` (E.164) or ``messaging_service``; ``region`` for
    national numbers; ``media_hosts`` trusted besides Twilio's; ``public_url`` where it differs from
    the hub's; ``api_base`` for a simulator. Secrets: ``auth_token``, and ``secondary_token`` while
    rotating.
    """

    kind = "sms"
    repeats_safely = False

    def __init__(
        self,
        registry: Registry,
        inbox: Inbox,
        database: Database,
        outgoing: Outgoing,
        public_url: str,
    ) -> None:
        self._registry = registry
        self._inbox = inbox
        self._database = database
        self._outgoing = outgoing
        self._public_url = public_url.rstrip("/")
        self._looking = Looking(inbox, database, outgoing)
        self.unknown_reports = 0

    def routes(self) -> Sequence[BaseRoute]:
        return [Mount(PLACE, app=self.entry)]

    async def run(self, accounts: Sequence[Account]) -> None:
        """At start and every five minutes, look for messages whose webhook never reached us."""
        while accounts:
            for account in accounts:
                await self.look(account)
            await asyncio.sleep(LOOK_AFTER)

    async def look(self, account: Account) -> bool:
        """Look now; False when Twilio could not be asked."""
        return await self._looking.look(account)

    # -- what comes in ---------------------------------------------------------------------------

    async def entry(self, scope: Scope, receive: Receive, send: Send) -> None:
        """``POST /channels/sms/{key}``, and ``/status`` below it: 403 before any work."""
        if scope["type"] == "http":
            answer = await self._answer(scope, receive)
            await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        crashpoint("IN1")
        if scope["method"] != "POST":
            return problem(405, "wrong_method", "POST a signed form.")
        headers = dict(scope["headers"])
        content = await read_body(receive, BODY_MOST, headers.get(b"content-length"))
        if content is None:
            return problem(413, "too_large", f"At most {BODY_MOST} bytes.")
        key, _, about = scope["path"].rpartition(f"{PLACE}/")[2].partition("/")
        account = self._registry.by_key(self.kind, key)
        signature = headers.get(b"x-twilio-signature", b"").decode("latin-1")
        form = None if account is None else self._signed(account, scope, content, signature)
        if account is None or form is None or about not in ("", "status"):
            return problem(403, "bad_signature", "The signature is missing or wrong.")
        crashpoint("IN2")
        try:
            if about == "status":
                return await self._note_report(account, form, scope["query_string"])
            return await self._take(account, form, content)
        except (StorageDown, OSError):
            return storage_down()

    def _signed(
        self, account: Account, scope: Scope, content: bytes, signature: str
    ) -> Form | None:
        """The form, when Twilio signed it for our configured address and for this account."""
        base = self._base_of(account)
        if not base or not account.secrets.get("auth_token"):
            said.error("an SMS channel has no public URL or no token", channel=account.key)
            return None
        try:
            form = Form.of(content)
        except Unreadable:
            return None
        tokens = [account.secrets.get(name) for name in ("auth_token", "secondary_token")]
        url = base + scope.get("raw_path", b"").decode("latin-1")
        if scope["query_string"]:
            url += "?" + scope["query_string"].decode("latin-1")
        if not is_genuine(filter(None, tokens), url, form, signature):
            return None
        if form.repeats(ONCE) or form.get("AccountSid") != account.settings.get("account_sid"):
            return None
        return form

    def _base_of(self, account: Account) -> str:
        return str(account.settings.get("public_url") or self._public_url).rstrip("/")

    async def _take(self, account: Account, form: Form, content: bytes) -> Response:
        try:
            await self._inbox.receive(inbound(account, form))
        except Unreadable as reason:
            key = key_of(form) or hashlib.sha256(content).hexdigest()
            sender = form.get("From").replace("\x00", "")[:100]
            await self._inbox.quarantine(account, key, content, str(reason), sender=sender)
        return Response(NOTHING, media_type="text/xml")

    async def replay(self, account: Account, key: str, raw: bytes) -> None:
        await self._inbox.receive(inbound(account, Form.of(raw)))

    async def _note_report(self, account: Account, form: Form, query: bytes) -> Response:
        """A status callback. Its address, signed as well, says which message and attempt it is."""
        named = Form.of(query)
        message_id, attempt = named.get("message"), named.get("attempt")
        heard = report(form)
        known = is_id(message_id) and attempt.isascii() and attempt.isdigit()
        if known:
            work = partial(_note, account.id, message_id, int(attempt), heard)
            known = await self._database.write(work)
        if not known:
            self.unknown_reports += 1
            said.warning("a report on an unknown message", channel=account.key, sid=heard.sid)
        return Response(status_code=204)

    # -- what goes out ---------------------------------------------------------------------------

    async def send(self, account: Account, message: Outbound, progress: Progress) -> Receipt:
        """Ask Twilio to send it. Never repeated blindly: Twilio does not recognise a repetition."""
        try:
            order = self._order(account, message)
        except Unreadable as reason:
            return Receipt(Fate.FAILED, str(reason))
        from hub.channels.sms.client import client_of  # noqa: PLC0415 - large: when it is needed

        messages = client_of(account, self._outgoing).messages
        await progress.handing_over()
        crashpoint("OUT6")
        try:
            made = await messages.create_async(**order)
        except (TwilioRestException, TwilioServiceException) as refusal:
            return fate_of(refusal)
        except ForbiddenTarget as refusal:
            return Receipt(Fate.FAILED, f"{refusal.message} {refusal.faults[0].problem}")
        except NotReached as error:
            return Receipt(Fate.LATER, str(error))
        except (AnswerLost, ValueError) as error:
            return Receipt(Fate.UNKNOWN, str(error))
        crashpoint("OUT8")
        if made.error_code:
            return Receipt(Fate.FAILED, f"{made.error_code}: {made.error_message}", made.sid)
        return Receipt(Fate.SENT, reference=made.sid)

    def _order(self, account: Account, message: Outbound) -> dict[str, str]:
        """What Twilio is asked. ``Unreadable`` when it cannot be asked."""
        if message.attachments:
            raise Unreadable("an SMS carries no files")
        if not account.settings.get("account_sid") or not account.secrets.get("auth_token"):
            raise Unreadable("this channel has no Twilio account and token")
        order = {"to": number_of(account, message.to), "body": message.text}
        if service := account.settings.get("messaging_service"):
            order["messaging_service_sid"] = service
        else:
            own = account.settings.get("number", "")
            order["from_"] = message.facts.get("number") or own
        if base := self._base_of(account):
            order["status_callback"] = (
                f"{base}{PLACE}/{account.key}/status"
                f"?message={message.reference}&attempt={message.attempt}"
            )
        return order


def _note(channel_id: str, message_id: str, attempt: int, heard: Report, unit: Unit) -> bool:
    """Note a report. False when this channel sent no such message."""
    message = conversation_store.find_message(unit.connection, message_id)
    if message is None or message.direction is not Direction.OUT:
        return False
    if conversations.get(unit, message.conversation_id).channel_id != channel_id:
        return False
    if heard.state is not None:
        heard_back(unit, message_id, heard.state, heard.error, attempt=attempt)
    return True
