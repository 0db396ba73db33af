"""A mailbox in service: read as letters come, shown when it cannot be reached, by one node at a
time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hub.channels.email.channel import EmailChannel
from hub.channels.email.holding import LENGTH, Hold
from hub.channels.email.reading import Pools
from hub.channels.port import Account
from hub.storage import leases
from tests.support.cutproxy import cut_proxy
from tests.support.hub import NODE, eventually
from tests.support.imap_servers import imap_port_of
from tests.support.maildesk import MailDesk, email_channel, mail_desk
from tests.support.mails import a_mail

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def imap_port() -> Iterator[int]:
    with imap_port_of("pymap") as port:
        yield port


@pytest_asyncio.fixture
async def desk(any_database: str, tmp_path: Path, imap_port: int) -> AsyncIterator[MailDesk]:
    async with mail_desk(any_database, tmp_path, imap_port) as running:
        yield running


@asynccontextmanager
async def in_service(channel: EmailChannel, accounts: Sequence[Account]) -> AsyncIterator[None]:
    """The channel's loops, as the hub runs them."""
    running = asyncio.create_task(channel.run(accounts))
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def health(desk: MailDesk) -> list[bool]:
    return [line.event.is_up for line in await desk.hub.events("channel.health_changed")]  # type: ignore[attr-defined]


async def letters(desk: MailDesk, count: int) -> None:
    """Wait until so many have been received."""

    async def there() -> bool:
        return len(await desk.hub.messages()) == count

    await eventually(there, f"{count} letters")


async def put(desk: MailDesk, name: str) -> None:
    letter = a_mail(name, sender=desk.customer, message_id=f"<{name}@customer.example>")
    await desk.servers.put(desk.address, letter)


async def test_letters_are_received_as_they_come(desk: MailDesk) -> None:
    await put(desk, "before")

    async with in_service(desk.channel, [desk.account]):
        await letters(desk, 1)
        await put(desk, "while idle")
        await letters(desk, 2)

    assert await health(desk) == [True]


async def test_a_mailbox_that_cannot_be_entered_is_shown_and_read_when_it_can(
    desk: MailDesk,
) -> None:
    await put(desk, "waiting")
    secret = desk.servers.password
    wrong = await desk.hub.change_channel(desk.account, secrets={"imap_password": "wrong"})

    async def is_shown() -> bool:
        return await health(desk) == [False]

    async with in_service(desk.channel, [wrong]):
        await eventually(is_shown)
    right = await desk.hub.change_channel(desk.account, secrets={"imap_password": secret})
    async with in_service(desk.channel, [right]):
        await letters(desk, 1)

    assert await health(desk) == [False, True]
    assert desk.channel.health.trouble(desk.account.id) == ""


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"imap_host": "127.0.0.2"}, "/security must be tls"),
        ({"imap_host": "127.0.0.2", "imap_security": "tls"}, "/port must be a port for mail"),
        (
            {"imap_host": "127.0.0.2", "imap_security": "tls", "imap_port": 993},
            "/host must be a public or a listed one",
        ),
        ({"imap_security": "plain"}, "/settings/imap_security one of tls, none"),
        ({"address": "support@"}, "/settings/address"),
    ],
)
async def test_a_mailbox_set_up_wrongly_is_shown_and_not_connected_to(
    sqlite_url: str, tmp_path: Path, imap_port: int, settings: dict[str, Any], said: str
) -> None:
    async with mail_desk(sqlite_url, tmp_path, imap_port) as desk:
        wrong = await desk.hub.change_channel(desk.account, **settings)

        async def is_shown() -> bool:
            return await health(desk) == [False]

        async with in_service(desk.channel, [wrong]):
            await eventually(is_shown)

        assert said in str(desk.channel.health.trouble(desk.account.id))


async def test_one_mailbox_that_is_down_keeps_no_other_waiting(
    any_database: str, tmp_path: Path, imap_port: int
) -> None:
    async with mail_desk(any_database, tmp_path, imap_port) as desk:
        down = await desk.hub.add_channel("email", "down", settings={"address": "x"})
        await put(desk, "one")

        async with in_service(desk.channel, [down, desk.account]):
            await letters(desk, 1)
            await put(desk, "two")
            await letters(desk, 2)


async def test_of_two_nodes_one_reads_and_the_other_takes_over(
    pg_database: str, tmp_path: Path, imap_port: int
) -> None:
    async with (
        cut_proxy("127.0.0.1", imap_port) as line,
        Pools() as readers,
        mail_desk(pg_database, tmp_path, line.port) as desk,
    ):
        desk.servers.imap_port = imap_port
        other = email_channel(desk.hub, readers, node="node-2")
        async with in_service(desk.channel, [desk.account]):
            await put(desk, "one")
            await letters(desk, 1)
            async with in_service(other, [desk.account]):
                before = line.connections
                await put(desk, "two")
                await letters(desk, 2)
                assert line.connections == before

        async with in_service(other, [desk.account]):
            await put(desk, "three")
            await letters(desk, 3)


async def test_two_nodes_that_both_read_keep_each_letter_once(desk: MailDesk) -> None:
    async with Pools() as readers:
        other = email_channel(desk.hub, readers, node="node-2")
        for n in range(6):
            await put(desk, f"{n}")

        await asyncio.gather(
            desk.channel.look(desk.account), other.look(desk.account), return_exceptions=False
        )

    await letters(desk, 6)
    assert len(await desk.hub.events("message.received")) == 6


async def test_a_lease_that_is_lost_is_not_held(pg_database: str, tmp_path: Path) -> None:
    async with mail_desk(pg_database, tmp_path, 9) as desk:
        mine = Hold(desk.hub.database, desk.account.id, NODE)
        running = asyncio.create_task(mine.run())
        await eventually(mine.may_work)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

        taken = await desk.hub.database.write(
            lambda unit: leases.take(unit, f"imap:{desk.account.id}", "another", LENGTH)
        )
        await mine.renew()

        assert taken is not None
        assert not mine.is_held
