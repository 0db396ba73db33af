"""What the webhooks missed: Twilio's list of messages, read now and then, and all of it received.

Twilio tries a webhook once more at most, so whoever was down for ten minutes has to ask. What is
known already is recognised by its key. The same list settles sends whose answer was lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

import structlog
from sqlalchemy import Connection, select
from twilio.base.exceptions import TwilioException

from hub.channels import store
from hub.channels.inbound import Inbox
from hub.channels.model import Account
from hub.channels.outbound import heard_back
from hub.channels.sms.form import Form, Unreadable
from hub.channels.sms.parse import STATES, inbound
from hub.conversations import store as conversation_store
from hub.conversations.model import Direction, State
from hub.kernel.clock import DAY, MINUTE, SECOND, Millis
from hub.kernel.errors import StorageDown
from hub.kernel.ids import moment_of
from hub.storage.database import Database
from hub.web.outgoing import AnswerLost, ForbiddenTarget, NotReached, Outgoing

said = structlog.get_logger("hub.sms")

LOOK_BACK = Millis(3 * DAY)
OVERLAP = Millis(10 * MINUTE)
SKEW = Millis(2 * SECOND)
PAGE = 20
"""Small pages: the hub's door takes 64 KiB of an answer."""
MOST = 5_000


class Looking:
    """Remembers, for each account, up to when everything was seen."""

    def __init__(self, inbox: Inbox, database: Database, outgoing: Outgoing) -> None:
        self._inbox = inbox
        self._database = database
        self._outgoing = outgoing
        self._seen_until: dict[str, Millis] = {}

    async def look(self, account: Account) -> bool:
        """Receive what was missed; False when Twilio could not be asked (it will be, again)."""
        if not account.settings.get("account_sid") or not account.secrets.get("auth_token"):
            return False
        from hub.channels.sms.client import client_of  # noqa: PLC0415 - large: when it is needed

        now = self._database.clock.now()
        since = self._since(account, now)
        try:
            found = await client_of(account, self._outgoing).messages.list_async(
                date_sent_after=datetime.fromtimestamp(since // SECOND, UTC),
                page_size=PAGE,
                limit=MOST,
            )
            for message in found:
                if message.direction == "inbound":
                    await self._receive(account, message)
            await self._settle(account, found)
        except (
            TwilioException, NotReached, AnswerLost, ForbiddenTarget, StorageDown, ValueError
        ) as error:  # fmt: skip
            said.warning("Twilio's list could not be read", channel=account.key, error=str(error))
            return False
        self._seen_until[account.id] = now
        return True

    def _since(self, account: Account, now: Millis) -> Millis:
        """Never before the account was set up here: what came earlier was somebody else's."""
        seen = self._seen_until.get(account.id)
        since = now - LOOK_BACK if seen is None else seen - OVERLAP
        return Millis(max(since, moment_of(account.id)))

    async def _receive(self, account: Account, message: Any) -> None:
        form = _form_of(message)
        try:
            received = await self._inbox.receive(inbound(account, form, _moment(message)))
        except Unreadable as reason:
            raw = urlencode(form.fields).encode()
            sender = (message.from_ or "")[:100]
            await self._inbox.quarantine(account, message.sid, raw, str(reason), sender=sender)
            return
        if not received.duplicate:
            said.warning("a message whose webhook was missed", channel=account.key, sid=message.sid)

    async def _settle(self, account: Account, found: Sequence[Any]) -> None:
        """Find sends of unknown fate in the list: the one with these words to this number."""
        for row in await self._database.read(_unknown, account.id):
            asked = await self._database.read(_asked, row)
            if asked is None:
                continue
            to, text = asked
            alike = [
                message
                for message in found
                if message.direction != "inbound"
                and (message.to, message.body) == (to, text)
                and (_moment(message) or 0) >= row.began_at - SKEW
            ]
            if len(alike) == 1:
                state = STATES.get(alike[0].status or "", State.SENT)
                state = State.SENT if state is State.SENDING else state
                error = f"{alike[0].error_code}: {alike[0].error_message}"
                await self._database.write(
                    partial(
                        heard_back,
                        message_id=row.message_id,
                        state=state,
                        error=error if state is State.FAILED else None,
                        attempt=row.attempt,
                    )
                )


def _form_of(message: Any) -> Form:
    """A listed message as its webhook would have told it; the addresses of files are not listed."""
    return Form(
        (
            ("MessageSid", message.sid),
            ("From", message.from_ or ""),
            ("To", message.to or ""),
            ("Body", message.body or ""),
            ("NumMedia", message.num_media or "0"),
        )
    )


def _moment(message: Any) -> Millis | None:
    at = message.date_sent or message.date_created
    return None if at is None else Millis(int(at.timestamp()) * SECOND)


def _unknown(connection: Connection, channel_id: str) -> list[Any]:
    outbox = store.outbox
    return list(
        connection.execute(
            select(outbox).where(outbox.c.channel_id == channel_id, outbox.c.state == "unknown")
        )
    )


def _asked(connection: Connection, row: Any) -> tuple[str, str] | None:
    """To whom and what; None when the same words went to them again since: which is which?"""
    facts = conversation_store.last_facts(connection, row.conversation_id)
    thread = conversation_store.thread(connection, row.conversation_id, 1 << 30, 500)
    mine = next((message for message in thread if message.id == row.message_id), None)
    if mine is None or not facts.get("to"):
        return None
    alike = [m for m in thread if m.direction is Direction.OUT and m.text == mine.text]
    if any(m.ordinal > mine.ordinal for m in alike):
        return None
    return str(facts["to"]), mine.text
