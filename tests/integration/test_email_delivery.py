"""Letters leave over real SMTP: every recipient has one outcome, and the server's ledger agrees
with it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from hub.channels.email.delivery import Fate, Outcome, SmtpRoute, deliver
from hub.channels.email.simulator import HOST, MailServers, SmtpFault, mail_servers
from tests.support.cutproxy import Cut, cut_proxy, eventually

pytestmark = pytest.mark.integration

SENDER = "support@desk.example"
ANN, BOB = "ann@customer.example", "bob@customer.example"
LETTER = (
    b"From: support@desk.example\r\nTo: ann@customer.example\r\n"
    b"Message-ID: <m1@desk.example>\r\nSubject: Re: order\r\n\r\nIt is on its way.\r\n"
)


@pytest_asyncio.fixture
async def servers() -> AsyncIterator[MailServers]:
    async with mail_servers(reads=False) as running:
        yield running


def route_to(port: int) -> SmtpRoute:
    return SmtpRoute(HOST, port, "plain", command_seconds=5, final_seconds=5)


class HandOver:
    """Counts the moments after which nothing can be repeated."""

    def __init__(self, servers: MailServers) -> None:
        self.times = 0
        self.taken_before = 0
        self._servers = servers

    async def __call__(self) -> None:
        self.times += 1
        self.taken_before = len(self._servers.taken)


async def send(servers: MailServers, *recipients: str, letter: bytes = LETTER) -> list[Outcome]:
    fates = await deliver(route_to(servers.smtp_port), SENDER, recipients or (ANN,), letter)
    return [fate.outcome for fate in fates]


async def test_a_letter_is_taken_once(servers: MailServers) -> None:
    handing_over = HandOver(servers)

    fates = await deliver(
        route_to(servers.smtp_port), SENDER, [ANN, BOB, ANN], LETTER, handing_over
    )

    assert fates == (
        Fate(ANN, Outcome.SENT, 250, "OK: taken"),
        Fate(BOB, Outcome.SENT, 250, "OK: taken"),
    )
    assert [(taken.sender, taken.recipients, taken.content) for taken in servers.taken] == [
        (SENDER, (ANN, BOB), LETTER)
    ]
    assert (handing_over.times, handing_over.taken_before) == (1, 0)


@pytest.mark.parametrize(
    ("body", "arrives"),
    [
        (b"a\n.\nb", b"a\r\n.\r\nb\r\n"),
        (b"a\n.\r\nMAIL FROM:<x@evil.example>", b"a\r\n.\r\nMAIL FROM:<x@evil.example>\r\n"),
        (b"a\r.\r\nb\r\n", b"a\r\n.\r\nb\r\n"),
        (b"..\r\n.a\r\n", b"..\r\n.a\r\n"),
        (b"a\r\n.\rQUIT\r\n", b"a\r\n.\r\nQUIT\r\n"),
        (b"", b""),
    ],
)
async def test_one_letter_stays_one_letter_on_the_wire(
    servers: MailServers, body: bytes, arrives: bytes
) -> None:
    head = b"Subject: x\r\n\r\n"

    assert await send(servers, letter=head + body) == [Outcome.SENT]

    assert [taken.content for taken in servers.taken] == [head + arrives]


async def test_what_is_taken_lies_in_the_mailbox() -> None:
    async with mail_servers() as servers:
        await send(servers, "Ann+token@customer.example")

        [letter] = await servers.letters(ANN)

    assert letter.endswith(LETTER)
    assert b"Delivered-To: Ann+token@customer.example\r\n" in letter


async def test_a_large_letter_arrives_whole(servers: MailServers) -> None:
    letter = b"Subject: x\r\n\r\n" + (b"x" * 70 + b"\r\n") * 100_000

    assert await send(servers, letter=letter) == [Outcome.SENT]

    assert servers.taken[0].content == letter


async def test_one_bad_recipient_of_five_keeps_nothing_from_the_others(
    servers: MailServers,
) -> None:
    people = [f"p{n}@customer.example" for n in range(5)]
    servers.faults = [
        SmtpFault("rcpt", "550 no such user", recipient=people[1], times=-1),
        SmtpFault("rcpt", "451 greylisted", recipient=people[3], times=-1),
    ]

    fates = await deliver(route_to(servers.smtp_port), SENDER, people, LETTER)

    assert [(fate.outcome, fate.code) for fate in fates] == [
        (Outcome.SENT, 250),
        (Outcome.FAILED, 550),
        (Outcome.SENT, 250),
        (Outcome.LATER, 451),
        (Outcome.SENT, 250),
    ]
    assert [taken.recipients for taken in servers.taken] == [(people[0], people[2], people[4])]


@pytest.mark.parametrize(
    ("fault", "outcome", "handed_over"),
    [
        (SmtpFault("connect", "421 busy"), Outcome.LATER, 0),
        (SmtpFault("connect", "554 go away"), Outcome.LATER, 0),
        (SmtpFault("connect"), Outcome.LATER, 0),
        (SmtpFault("mail", "452 full"), Outcome.LATER, 0),
        (SmtpFault("mail", "550 not you"), Outcome.FAILED, 0),
        (SmtpFault("mail"), Outcome.LATER, 0),
        (SmtpFault("rcpt", "450 later"), Outcome.LATER, 0),
        (SmtpFault("rcpt", "552 full"), Outcome.FAILED, 0),
        (SmtpFault("rcpt"), Outcome.LATER, 0),
        (SmtpFault("data", "451 later"), Outcome.LATER, 0),
        (SmtpFault("data", "554 no"), Outcome.FAILED, 0),
        (SmtpFault("data", "hello"), Outcome.LATER, 0),
        (SmtpFault("data"), Outcome.LATER, 0),
        (SmtpFault("dot", "451 later"), Outcome.LATER, 1),
        (SmtpFault("dot", "554 spam"), Outcome.FAILED, 1),
        (SmtpFault("dot", "hello"), Outcome.UNKNOWN, 1),
        (SmtpFault("dot"), Outcome.UNKNOWN, 1),
        (SmtpFault("dot", takes=True), Outcome.UNKNOWN, 1),
        (SmtpFault("dot", "hello", takes=True), Outcome.UNKNOWN, 1),
    ],
)
async def test_every_refusal_has_its_meaning(
    servers: MailServers, fault: SmtpFault, outcome: Outcome, handed_over: int
) -> None:
    servers.faults = [fault]
    handing_over = HandOver(servers)

    [fate] = await deliver(route_to(servers.smtp_port), SENDER, [ANN], LETTER, handing_over)

    assert fate.outcome is outcome
    assert handing_over.times == handed_over
    assert len(servers.taken) == int(fault.takes)


async def test_a_late_answer_to_the_final_dot_is_unknown(servers: MailServers) -> None:
    servers.faults = [SmtpFault("dot", "250 ok", takes=True, after=30)]
    impatient = replace(route_to(servers.smtp_port), final_seconds=0.2)

    [fate] = await deliver(impatient, SENDER, [ANN], LETTER)

    assert fate.outcome is Outcome.UNKNOWN
    assert len(servers.taken) == 1


async def test_a_slow_server_is_waited_for(servers: MailServers) -> None:
    servers.faults = [
        SmtpFault("rcpt", "450 later", recipient=BOB, after=0.2),
        SmtpFault("dot", "250 ok", takes=True, after=0.3),
    ]

    assert await send(servers, ANN, BOB) == [Outcome.SENT, Outcome.LATER]


@pytest.mark.parametrize("command", [b"EHLO", b"MAIL", b"RCPT", b"DATA"])
@pytest.mark.parametrize("before", [True, False])
async def test_a_line_cut_before_the_dot_means_later(
    servers: MailServers, command: bytes, before: bool
) -> None:
    async with cut_proxy(
        HOST, servers.smtp_port, Cut("up", pattern=command, before=before)
    ) as proxy:
        [fate] = await deliver(route_to(proxy.port), SENDER, [ANN], LETTER)

    assert (fate.outcome, servers.taken) == (Outcome.LATER, [])


@pytest.mark.parametrize("at", [200, 1_000_000])
async def test_a_line_cut_inside_the_letter_is_never_taken_for_sent(
    servers: MailServers, at: int
) -> None:
    letter = LETTER + (b"x" * 70 + b"\r\n") * 50_000
    async with cut_proxy(HOST, servers.smtp_port, Cut("up", bytes_=at)) as proxy:
        [fate] = await deliver(route_to(proxy.port), SENDER, [ANN], letter)

    # Unknown, when the dot was written before the cut was noticed.
    assert fate.outcome in (Outcome.LATER, Outcome.UNKNOWN)
    assert servers.taken == []


async def test_an_answer_lost_on_its_way_back_is_unknown(servers: MailServers) -> None:
    cut = Cut("down", pattern=b"250 OK: taken", before=True)
    async with cut_proxy(HOST, servers.smtp_port, cut) as proxy:
        [fate] = await deliver(route_to(proxy.port), SENDER, [ANN], LETTER)

    assert (fate.outcome, len(servers.taken)) == (Outcome.UNKNOWN, 1)


async def test_nobody_there_means_later() -> None:
    [fate] = await deliver(route_to(1), SENDER, [ANN], LETTER)

    assert (fate.outcome, fate.code) == (Outcome.LATER, None)


async def test_a_server_without_tls_gets_no_letter_in_the_clear(servers: MailServers) -> None:
    wary = replace(route_to(servers.smtp_port), security="starttls")
    async with cut_proxy(HOST, servers.smtp_port) as proxy:
        [fate] = await deliver(replace(wary, port=proxy.port), SENDER, [ANN], LETTER)

    assert fate.outcome is Outcome.LATER
    assert "STARTTLS" in fate.detail
    assert servers.taken == []


async def test_a_password_is_not_sent_to_a_server_that_cannot_take_one(
    servers: MailServers,
) -> None:
    signing_in = replace(route_to(servers.smtp_port), username="u", password="canary")

    [fate] = await deliver(signing_in, SENDER, [ANN], LETTER)

    assert fate.outcome is Outcome.LATER
    assert "canary" not in repr(signing_in) + fate.detail


async def test_a_letter_larger_than_the_server_takes_fails_at_once(servers: MailServers) -> None:
    letter = LETTER + b"x" * (65 * 1024 * 1024)

    [fate] = await deliver(route_to(servers.smtp_port), SENDER, [ANN], letter)

    assert (fate.outcome, fate.code) == (Outcome.FAILED, 552)


async def test_what_cannot_be_recorded_is_not_sent(servers: MailServers) -> None:
    async def disk_full() -> None:
        raise LookupError("disk full")

    with pytest.raises(LookupError):
        await deliver(route_to(servers.smtp_port), SENDER, [ANN], LETTER, disk_full)

    assert servers.taken == []


@pytest.mark.parametrize(("point", "taken"), [("OUT6", 0), ("OUT7", 0), ("OUT8", 1), ("OUT9", 1)])
async def test_a_kill_at_each_step_is_what_the_ledger_says(
    servers: MailServers, point: str, taken: int
) -> None:
    program = (
        "import asyncio, sys\n"
        "from hub.channels.email.delivery import SmtpRoute, deliver\n"
        "route = SmtpRoute('127.0.0.1', int(sys.argv[1]), 'plain')\n"
        f"asyncio.run(deliver(route, {SENDER!r}, [{ANN!r}], {LETTER!r}))\n"
    )

    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(servers.smtp_port), env=os.environ | {"CRASH": point}
    )

    assert await child.wait() == -9
    if taken:
        await eventually(lambda: len(servers.taken) == taken)
    await asyncio.sleep(0)
    assert len(servers.taken) == taken
