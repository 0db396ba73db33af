"""A first letter may be acknowledged, where an administrator wants that: rarely, and never a
machine's.

The acknowledgement quotes nothing, and leaves through a job of its own that sends it at most once.
"""

from __future__ import annotations

from functools import partial

import structlog

from hub.channels.email import store
from hub.channels.email.account import MailAccount, MailboxNotSetUp
from hub.channels.email.addresses import Mailbox
from hub.channels.email.autoreply import History, judge
from hub.channels.email.compose import OutboundMail, compose
from hub.channels.email.delivery import Outcome, deliver
from hub.channels.email.parse import ParsedMail
from hub.channels.email.sending import reply_to
from hub.channels.email.token import Marks
from hub.channels.port import Account
from hub.channels.registry import Registry
from hub.conversations import service as conversations
from hub.conversations.model import Inbound, Received
from hub.kernel.clock import DAY, HOUR, MINUTE, Millis
from hub.storage import jobs
from hub.storage.database import Database
from hub.storage.jobs import Job
from hub.storage.unit import Unit
from hub.web.outgoing import Outgoing

KIND = "email.acknowledge"

said = structlog.get_logger("hub.email")


class NotYet(Exception):
    """The mail server does not take it now."""


def acknowledge(
    unit: Unit, account: Account, mail: ParsedMail, inbound: Inbound, received: Received
) -> None:
    """Within: ask for an acknowledgement of a letter that opened a conversation, when one may
    leave."""
    if not account.settings.get("acknowledge") or mail.author is None:
        return
    conversation = conversations.get(unit, received.conversation_id)
    if conversation.message_count != 1:
        return
    address, domain = inbound.sender.address, mail.author.domain
    history = _history(unit, account, address, domain, conversation.customer_id)
    ours = frozenset({str(account.settings.get("address") or "").lower()})
    verdict = judge(mail, ours, history, unit.now)
    if verdict.alarm:
        said.warning("machines may be writing to each other", channel=account.key, with_=address)
    if not verdict.may_answer:
        return
    row = {
        "id": unit.new_id(),
        "channel_id": account.id,
        "address": address,
        "domain": domain,
        "state": "asked",
        "at": unit.now,
    }
    store.add_acknowledgement(unit, row)
    payload = {
        "id": row["id"],
        "channel_id": account.id,
        "conversation_id": conversation.id,
        "to": mail.author.address,
        "answers": mail.message_id,
        "references": list(mail.references),
        "at": unit.now,
        "language": conversation.language,
    }
    jobs.ask_for(unit, KIND, payload, run_at=unit.now, key=f"{KIND}:{received.message_id}")


def _history(unit: Unit, account: Account, address: str, domain: str, customer_id: str) -> History:
    connection, now = unit.connection, unit.now
    day, hour = Millis(now - DAY), Millis(now - HOUR)
    _, newest = store.acknowledged(connection, account.id, day, address, None)
    everybody, _ = store.acknowledged(connection, account.id, hour, None, None)
    alike, _ = store.acknowledged(connection, account.id, hour, None, domain)
    lately = Millis(now - 10 * MINUTE)
    exchanges = store.machine_exchanges(connection, account.id, customer_id, lately)
    return History(newest, everybody, alike, exchanges)


class Acknowledger:
    """Carries out ``email.acknowledge``."""

    def __init__(
        self, database: Database, registry: Registry, outgoing: Outgoing, marks: Marks
    ) -> None:
        self._database = database
        self._registry = registry
        self._outgoing = outgoing
        self._marks = marks

    async def carry_out(self, job: Job) -> None:
        """Send one. Raises ``NotYet`` to be tried again; what may have been taken is never
        repeated."""
        facts = job.payload
        row = await self._database.read(store.find_acknowledgement, facts["id"])
        account = self._registry.get(facts["channel_id"])
        if row is None or row.state != "asked" or not account.enabled:
            return
        try:
            mail = MailAccount.of(account)
        except MailboxNotSetUp:
            return
        if mail.acknowledge is None:
            return
        smtp = mail.smtp
        await self._outgoing.check_line(smtp.host, smtp.port, is_secret=smtp.security != "plain")
        mark = partial(store.set_acknowledgement, id_=facts["id"], state="handing over")

        async def handing_over() -> None:
            await self._database.write(mark)

        letter = compose(self._letter(mail, mail.acknowledge, job))
        [fate] = await deliver(smtp, mail.address, [facts["to"]], letter, handing_over)
        if fate.outcome is Outcome.LATER:
            await self._note(facts["id"], "asked")
            raise NotYet(fate.detail)
        await self._note(facts["id"], fate.outcome.value)

    async def _note(self, id_: str, state: str) -> None:
        await self._database.write(partial(store.set_acknowledgement, id_=id_, state=state))

    def _letter(self, mail: MailAccount, words: str, job: Job) -> OutboundMail:
        facts = job.payload
        is_chinese = str(facts["language"] or "").startswith("zh")
        return OutboundMail(
            message_id=self._marks.message_id(facts["id"], mail.domain),
            date=facts["at"],
            sender=Mailbox(mail.address, mail.name),
            to=(Mailbox(facts["to"]),),
            reply_to=reply_to(mail, self._marks, facts["conversation_id"], facts["at"]),
            subject="已收到您的来信" if is_chinese else "We have received your message",
            text=words,
            in_reply_to=facts["answers"],
            references=tuple(facts["references"]),
            automatic=True,
            language="zh" if is_chinese else "en",
        )
