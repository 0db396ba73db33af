"""Defects to plant into a forked hub, to show that the kills and the oracle would find them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from hub.channels import inbound as inbound_module
from hub.channels.webhook import channel as webhook_module
from hub.conversations import receiving
from hub.conversations.model import Inbound, Received
from hub.kernel.ids import ConversationId, MessageId
from hub.realtime import session as session_module
from hub.storage import commands as commands_module

inbox: Any = inbound_module.Inbox
webhook: Any = webhook_module
session: Any = session_module.Session
commands: Any = commands_module


def acknowledges_before_commit() -> None:
    """Say 202 first, write later."""

    async def receive(self: Any, inbound: Inbound) -> Received:
        async def later() -> None:
            await asyncio.sleep(0.1)
            await self._database.write_together(receiving.receive, inbound)

        self.late = asyncio.create_task(later())
        return Received(MessageId("soon"), ConversationId("soon"), duplicate=False)

    inbox.receive = receive


def forgets_keys() -> None:
    """Take a repeated message for a new one."""
    numbers = itertools.count()
    genuine = webhook.inbound

    def inbound(account: Any, body: Any, *files: Any) -> Any:
        made = genuine(account, body, *files)
        return msgspec.structs.replace(made, key=f"{made.key}/{next(numbers)}")

    webhook.inbound = inbound


def marks_attempts_anew() -> None:
    """Give each attempt at an answer another id."""
    numbers = itertools.count()
    genuine = webhook.sign

    def sign(key: bytes, id_: str, *rest: Any) -> dict[str, str]:
        signed: dict[str, str] = genuine(key, f"{id_}-{next(numbers)}", *rest)
        return signed

    webhook.sign = sign


def repeats_commands() -> None:
    """Forget what was answered to a command."""
    commands.stored_answer = lambda *_: None
    commands.keep_answer = lambda *_: None


def drops_events() -> None:
    """Lose some of what screens should hear."""
    genuine = session.tell
    numbers = itertools.count()

    def tell(self: Any, *told: Any) -> None:
        if next(numbers) % 5:
            genuine(self, *told)

    session.tell = tell


MUTANTS: Mapping[str, Callable[[], None]] = {
    mutant.__name__: mutant
    for mutant in (
        acknowledges_before_commit,
        forgets_keys,
        marks_attempts_anew,
        repeats_commands,
        drops_events,
    )
}
