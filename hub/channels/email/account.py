"""What an administrator set up for one mailbox: its address, its servers, its habits; checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hub.channels.email.addresses import canonical
from hub.channels.email.delivery import SmtpRoute
from hub.channels.email.identity import Checkpoint
from hub.channels.email.imap import ImapRoute
from hub.channels.model import Account
from hub.kernel.errors import Fault, Invalid

_SECURITY: Mapping[str, Literal["tls", "starttls", "plain"]] = {
    "tls": "tls",
    "starttls": "starttls",
    "none": "plain",
}


class MailboxNotSetUp(Invalid):
    """This mailbox is not set up."""

    code = "mailbox_not_set_up"


@dataclass(frozen=True, slots=True)
class MailAccount:
    """The settings of an account of kind ``email``.

    ``address``, ``imap_host``, ``imap_port``, ``imap_user``, ``imap_security`` (tls, none),
    ``smtp_host``, ``smtp_port``, ``smtp_user``, ``smtp_security`` (tls, starttls, none) and the
    secrets ``imap_password`` and ``smtp_password``; the fields below say what else there is.
    """

    address: str
    imap: ImapRoute
    smtp: SmtpRoute
    name: str = ""
    """Who customers see as the sender, after the agent's name."""
    folder: str = "INBOX"
    done_folder: str | None = None
    """Where kept mails are moved; unset: they are marked as seen."""
    sent_folder: str | None = None
    """Where copies of sent mails are put; unset where the server does that by itself."""
    checkpoint: Checkpoint = Checkpoint()  # noqa: RUF009 - frozen
    """``authserv_id`` and ``authserv_hops``: whose findings about senders are believed."""
    plus_addressing: bool = True
    """The server delivers ``support+anything@`` to ``support@``: answers carry a signed token."""
    answers_all: bool = False
    """An answer also goes to whoever else the customer's mail went to."""
    quotes: bool = True
    """An answer quotes what it answers."""
    acknowledge: str | None = None
    """The words of the acknowledgement a new conversation gets; None: none is sent."""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @classmethod
    def of(cls, account: Account) -> MailAccount:
        """Read the settings. ``MailboxNotSetUp`` with every fault."""
        faults: list[Fault] = []
        settings = account.settings
        address = canonical(str(settings.get("address") or ""))
        if address is None:
            faults.append(Fault("/settings/address", "must be an e-mail address"))
        imap = _server(settings, "imap", ("tls", "none"), 993, faults)
        smtp = _server(settings, "smtp", ("starttls", "tls", "none"), 587, faults)
        if faults:
            raise MailboxNotSetUp(None, *faults)
        assert address is not None
        user = str(settings.get("imap_user") or address)
        smtp_user = settings.get("smtp_user")
        acknowledge = settings.get("acknowledge")
        return cls(
            address=address,
            imap=ImapRoute(
                imap.host,
                imap.port,
                user,
                account.secrets.get("imap_password", ""),
                "tls" if imap.security == "tls" else "plain",
            ),
            smtp=SmtpRoute(
                smtp.host,
                smtp.port,
                smtp.security,
                str(smtp_user) if smtp_user else None,
                account.secrets.get("smtp_password"),
                local_hostname=address.rpartition("@")[2],
            ),
            name=str(settings.get("name") or ""),
            folder=str(settings.get("folder") or "INBOX"),
            done_folder=settings.get("done_folder") or None,
            sent_folder=settings.get("sent_folder") or None,
            checkpoint=checkpoint_of(settings),
            plus_addressing=settings.get("plus_addressing", True) is not False,
            answers_all=settings.get("answers_all") is True,
            quotes=settings.get("quotes", True) is not False,
            acknowledge=_acknowledgement(acknowledge, account.language),
        )


def checkpoint_of(settings: Mapping[str, Any]) -> Checkpoint:
    """Whose findings about senders are believed."""
    hops = settings.get("authserv_hops")
    return Checkpoint(
        str(settings["authserv_id"]) if settings.get("authserv_id") else None,
        hops if isinstance(hops, int) and 0 <= hops <= 20 else 0,
    )


@dataclass(frozen=True, slots=True)
class _Server:
    host: str
    port: int
    security: Literal["tls", "starttls", "plain"]


def _server(
    settings: Mapping[str, Any],
    which: str,
    allowed: tuple[str, ...],
    port: int,
    faults: list[Fault],
) -> _Server:
    host = str(settings.get(f"{which}_host") or "")
    if not host or not host.isascii() or any(c.isspace() for c in host):
        faults.append(Fault(f"/settings/{which}_host", "must be the name of a server"))
    given = settings.get(f"{which}_port", port)
    if not isinstance(given, int) or not 0 < given < 65_536:
        faults.append(Fault(f"/settings/{which}_port", "must be a port"))
        given = port
    security = str(settings.get(f"{which}_security") or allowed[0])
    if security not in allowed:
        faults.append(Fault(f"/settings/{which}_security", f"one of {', '.join(allowed)}"))
        security = allowed[0]
    return _Server(host, given, _SECURITY[security])


def _acknowledgement(setting: object, language: str | None) -> str | None:
    if setting is True:
        is_chinese = (language or "").startswith("zh")
        return (
            "我们已收到您的来信，会尽快回复您。"
            if is_chinese
            else "We have received your message and will answer you soon."
        )
    return setting if isinstance(setting, str) and setting.strip() else None
