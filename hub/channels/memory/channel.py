"""The channel that reaches nobody: what is said to it is received, what it sends is in a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.routing import BaseRoute

from hub.channels.inbound import Inbox
from hub.channels.model import Account, Fate, Receipt
from hub.channels.port import Progress
from hub.conversations.model import Inbound, Outbound, Received
from hub.customers.identities import MEMORY
from hub.customers.model import Claim


@dataclass
class MemoryChannel:
    """Kind ``memory``.

    ``sent`` is the ledger; ``fates`` are what the next sends come to, *sent* when it is empty. The
    next ``loses_answers`` sends are taken without a word.
    """

    inbox: Inbox
    sent: list[Outbound] = field(default_factory=list)
    fates: list[Receipt] = field(default_factory=list)
    loses_answers: int = 0
    kind: str = "memory"
    repeats_safely: bool = True

    async def say(self, account: Account, who: str, text: str, key: str) -> Received:
        """Somebody called ``who`` says something; ``key`` names the message."""
        return await self.inbox.receive(
            Inbound(
                channel_id=account.id,
                channel=self.kind,
                key=key,
                sender=Claim(MEMORY, f"{account.key}:{who}", who, verified=True),
                text=text,
                thread_key=who,
                queue_id=account.queue_id,
                language=account.language,
                reply_within=account.reply_within,
                facts={"to": who},
            )
        )

    async def send(self, account: Account, message: Outbound, progress: Progress) -> Receipt:
        await progress.handing_over()
        receipt = self.fates.pop(0) if self.fates else Receipt(Fate.SENT)
        if receipt.fate is Fate.SENT and message.reference not in {s.reference for s in self.sent}:
            self.sent.append(message)
        if self.loses_answers:
            self.loses_answers -= 1
            return Receipt(Fate.UNKNOWN, "the answer was lost")
        return receipt

    async def run(self, accounts: Sequence[Account]) -> None:
        """Nobody calls and nothing is fetched."""

    def routes(self) -> Sequence[BaseRoute]:
        return []

    async def replay(self, account: Account, key: str, raw: bytes) -> None:
        await self.say(account, "replayed", raw.decode(), key)
