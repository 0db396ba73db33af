"""E-mail as a channel: mailboxes read, letters received, answers sent; the parts put together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

import aiosmtplib
import structlog
from starlette.routing import BaseRoute

from hub.channels import store as channel_store
from hub.channels.email.account import MailAccount
from hub.channels.email.acknowledging import KIND, Acknowledger
from hub.channels.email.delivery import SmtpRoute
from hub.channels.email.holding import Hold
from hub.channels.email.imap import ImapLine, ImapTrouble
from hub.channels.email.keeping import Health, Shelf
from hub.channels.email.mailbox import Mailbox, always
from hub.channels.email.reading import Pools, Reading, Unreadable
from hub.channels.email.sending import COPY, Sending
from hub.channels.email.token import Marks
from hub.channels.port import Account, Progress, Receipt
from hub.channels.registry import Registry
from hub.conversations.model import Outbound
from hub.kernel.clock import Clock
from hub.kernel.errors import Invalid, StorageDown
from hub.kernel.retry import CONNECTING
from hub.storage.blobs import Blobs
from hub.storage.database import Database
from hub.storage.jobs import Doer
from hub.web.outgoing import NotReached, Outgoing

said = structlog.get_logger("hub.email")


class EmailChannel:
    """Kind ``email``; ``account.MailAccount`` lists its settings and secrets.

    ``pools`` must be entered (``async with``) before it reads; ``node`` names this process among
    several.
    ``doers`` carry out its jobs.
    """

    kind = "email"
    repeats_safely = False

    def __init__(
        self,
        database: Database,
        registry: Registry,
        blobs: Blobs,
        outgoing: Outgoing,
        marks: Marks,
        clock: Clock,
        pools: Pools,
        node: str,
    ) -> None:
        self._database = database
        self._registry = registry
        self._blobs = blobs
        self._outgoing = outgoing
        self._node = node
        self._sending = Sending(database, blobs, registry, outgoing, marks)
        self._acknowledger = Acknowledger(database, registry, outgoing, marks)
        self.pools = pools
        self.reading = Reading(database, blobs, registry, pools, marks, clock)
        self.health = Health(database)

    @property
    def doers(self) -> Mapping[str, Doer]:
        return {COPY: self._sending.copy, KIND: self._acknowledger.carry_out}

    def routes(self) -> Sequence[BaseRoute]:
        return []

    # -- coming in ---------------------------------------------------------------------------------

    async def run(self, accounts: Sequence[Account]) -> None:
        """Read these mailboxes, and what the hub keeps of all of them, until cancelled."""
        ours = [account for account in self._registry.accounts if account.kind == self.kind]
        if not ours:
            return
        holds = {account.id: Hold(self._database, account.id, self._node) for account in ours}

        def held() -> Collection[str]:
            return [id_ for id_, hold in holds.items() if hold.is_held]

        async with asyncio.TaskGroup() as group:
            for hold in holds.values():
                group.create_task(hold.run())
            for account in accounts:
                group.create_task(self._receive(account, holds[account.id]))
            group.create_task(self.reading.run(held))

    async def _receive(self, account: Account, hold: Hold) -> None:
        """Read one mailbox for ever; what stops it is shown, and waited out."""
        attempts = 0
        while True:
            problem = ""
            try:
                await self._read_mailbox(account, hold)
            except StorageDown as trouble:
                said.warning("a mailbox waits for the storage", channel=account.key)
                problem = str(trouble)
            except (Invalid, NotReached) as trouble:
                problem = _in_words(trouble)
            except Exception as trouble:
                said.error("a mailbox cannot be read", channel=account.key, exc_info=trouble)
                problem = f"{type(trouble).__name__}: {trouble}"
            attempts += 1
            await self._show(account, problem)
            await asyncio.sleep(CONNECTING.pause(attempts) / 1000)

    async def _read_mailbox(self, account: Account, hold: Hold) -> None:
        mailbox = await self._mailbox(account, hold.may_work)
        await mailbox.run()

    async def look(self, account: Account) -> None:
        """Take what lies in a mailbox now, and read what is kept of it. Raises ``ImapTrouble``."""
        mailbox = await self._mailbox(account, always)
        await mailbox.read_once()
        while await self.reading.read_some([account.id]):
            pass

    async def _mailbox(self, account: Account, may_work: Callable[[], Awaitable[bool]]) -> Mailbox:
        mail = MailAccount.of(account)
        imap = mail.imap
        await self._outgoing.check_line(imap.host, imap.port, is_secret=imap.security != "plain")
        shelf = Shelf(account, mail, self._database, self._blobs, self.health, self.reading.wake)
        return Mailbox(
            imap, shelf, folder=mail.folder, done_folder=mail.done_folder, may_work=may_work
        )

    async def _show(self, account: Account, problem: str) -> None:
        try:
            await self.health.note(account, problem)
        except StorageDown:
            said.warning("a mailbox is down, and that could not be noted", channel=account.key)

    async def replay(self, account: Account, key: str, raw: bytes) -> None:
        """Read a mail from the quarantine again. ``Unreadable`` with the reason."""
        row = await self._database.read(channel_store.find_inbox_key, account.id, key)
        if row.reason.startswith("headers-only"):
            raise Unreadable(f"{row.reason}; the mail itself lies in the mailbox")
        await self.reading.replay(account, row, raw)

    # -- going out ---------------------------------------------------------------------------------

    async def send(self, account: Account, message: Outbound, progress: Progress) -> Receipt:
        return await self._sending.send(account, message, progress)

    # -- looking -----------------------------------------------------------------------------------

    async def examine(self, account: Account) -> str | None:
        """Sign in to both servers; what is wrong, or None."""
        try:
            mail = MailAccount.of(account)
            for line in (mail.imap, mail.smtp):
                await self._outgoing.check_line(
                    line.host, line.port, is_secret=line.security != "plain"
                )
        except (Invalid, NotReached) as trouble:
            return _in_words(trouble)
        try:
            imap = await ImapLine.open(mail.imap)
            try:
                await imap.select(mail.folder)
            finally:
                await imap.close()
        except ImapTrouble as trouble:
            return f"IMAP: {type(trouble).__name__}: {trouble}"
        return await _examine_smtp(mail.smtp)


async def _examine_smtp(route: SmtpRoute) -> str | None:
    client = aiosmtplib.SMTP(
        hostname=route.host,
        port=route.port,
        use_tls=route.security == "tls",
        start_tls=False,
        local_hostname=route.local_hostname,
        timeout=15,
        tls_context=route.tls,
    )
    try:
        await client.connect()
        if route.security == "starttls":
            await client.starttls(tls_context=route.tls)
        if route.username is not None:
            await client.login(route.username, route.password or "")
        else:
            await client.ehlo()
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as trouble:
        return f"SMTP: {type(trouble).__name__}: {trouble}"
    finally:
        client.close()
    return None


def _in_words(trouble: Exception) -> str:
    faults = trouble.faults if isinstance(trouble, Invalid) else ()
    return "; ".join([str(trouble), *(f"{fault.path} {fault.problem}" for fault in faults)])
