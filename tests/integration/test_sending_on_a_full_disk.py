"""The storage fills up in the middle of a send: the answer still leaves once, and that is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from typing_extensions import override

from hub.channels import outbound
from hub.channels.memory.channel import MemoryChannel
from hub.channels.outbound import Outbox
from hub.conversations.model import State
from hub.kernel.errors import StorageDown
from hub.storage.database import Database
from hub.storage.unit import Unit
from tests.support.hub import NODE, SmallHub, running_hub

T = TypeVar("T")

LEASED, BEGUN, HANDED_OVER, NOTED = 1, 2, 3, 4
"""The writes of a send, in order."""


class FillingDatabase(Database):
    """Writes into another's storage, which is full three times at write ``full_at``."""

    def __init__(self, real: Database, full_at: int) -> None:
        super().__init__(real.url, clock=real.clock)
        self._real = real
        self._until_full = full_at
        self.refused = 0

    @override
    async def write(self, work: Callable[[Unit], T]) -> T:
        if self._until_full == 1 and self.refused < 3:
            self.refused += 1
            raise StorageDown
        self._until_full -= 1
        return await self._real.write(work)

    @override
    async def read(self, query: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        return await self._real.read(query, *args, **kwargs)


@pytest.mark.parametrize("full_at", [BEGUN, HANDED_OVER, NOTED])
async def test_whichever_write_of_a_send_finds_no_room_the_answer_leaves_once(
    any_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_at: int
) -> None:
    monkeypatch.setattr(outbound, "STORAGE_PAUSE", 0.01)
    async with running_hub(any_database, tmp_path, memory) as hub:
        message_id, channel = await answered(hub)
        database = FillingDatabase(hub.database, full_at)

        await Outbox(database, hub.registry, NODE).drain()

        assert database.refused == 3
        assert [sent.message_id for sent in channel.sent] == [message_id]
        assert (await hub.message(message_id)).state is State.SENT


async def test_while_nothing_can_be_leased_nothing_is_sent(
    any_database: str, tmp_path: Path
) -> None:
    async with running_hub(any_database, tmp_path, memory) as hub:
        message_id, channel = await answered(hub)

        with pytest.raises(StorageDown):
            await Outbox(FillingDatabase(hub.database, LEASED), hub.registry, NODE).drain()

        assert channel.sent == []
        assert (await hub.message(message_id)).state is State.QUEUED


def memory(hub: SmallHub) -> MemoryChannel:
    return MemoryChannel(hub.inbox)


async def answered(hub: SmallHub) -> tuple[str, MemoryChannel]:
    """The answer to a customer's question, and the channel that will send it."""
    account = await hub.add_channel("memory", "memory")
    channel = hub.registry.kinds["memory"]
    assert isinstance(channel, MemoryChannel)
    await channel.say(account, "mia", "Where is it?", "1")
    [conversation] = await hub.conversations()
    return (await hub.reply(conversation.id, "It leaves today.")).id, channel
