"""One bad mail delays the others by seconds at most, and is set aside with its reason."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import psutil
import pytest
import pytest_asyncio

from hub.channels.email.identity import Checkpoint, Trust
from hub.channels.email.measure import measure_parse, some_mails
from hub.channels.email.parse import ParsedMail, parse
from hub.channels.email.pool import Allowance, ParserPool, PoolUnavailable, SetAside
from tests.support.mails import a_mail, nested

pytestmark = pytest.mark.integration

STRICT = Allowance(processor_seconds=0.3, wall_seconds=1.5)
PLANTED = ("-m", "tests.support.faulty_worker")


@pytest_asyncio.fixture
async def faulty(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ParserPool]:
    monkeypatch.setenv("PYTHONPATH", ".")
    async with ParserPool(1, allowance=STRICT, program=PLANTED) as pool:
        yield pool


def planted(fault: str) -> bytes:
    return a_mail(f"planted {fault}", html="<p>planted</p>", X_Plant=fault)


async def test_the_pool_reads_as_the_parser_does() -> None:
    mails = some_mails(60)

    async with ParserPool(2) as pool:
        assert await pool.parse(mails) == [parse(mail) for mail in mails]


async def test_the_pool_knows_our_own_mail_server() -> None:
    mail = b"Authentication-Results: mx; dmarc=pass header.from=customer.example\r\n" + a_mail()

    async with ParserPool(1, Checkpoint("mx")) as pool:
        [read] = await pool.parse([mail])

    assert isinstance(read, ParsedMail)
    assert read.trust is Trust.VERIFIED


async def test_an_unreadable_mail_is_set_aside_at_once() -> None:
    async with ParserPool(1) as pool:
        results = await pool.parse([a_mail(), nested(1000), a_mail()])

    assert [type(result) for result in results] == [ParsedMail, SetAside, ParsedMail]
    assert results[1] == SetAside("too-deep", 1)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("segfault", "worker-ended: -11"),
        ("spin", "worker-out-of-time"),
        ("sleep", "worker-hung"),
        ("exit", "worker-ended: 3"),
        ("memory", "worker-out-of-memory"),
        ("bug", "ValueError: a bug of ours"),
    ],
)
async def test_a_mail_that_breaks_its_reader_is_tried_three_times(
    faulty: ParserPool, fault: str, reason: str
) -> None:
    began = time.monotonic()

    results = await faulty.parse([a_mail("before"), planted(fault), a_mail("after")])

    assert results[1] == SetAside(reason, 3)
    assert [result.text for result in results if isinstance(result, ParsedMail)] == [
        "before",
        "after",
    ]
    assert time.monotonic() - began < 20


async def test_a_mail_whose_html_breaks_the_reader_is_read_without_it(faulty: ParserPool) -> None:
    [mail] = await faulty.parse([planted("html")])

    assert isinstance(mail, ParsedMail)
    assert (mail.text, mail.html) == ("planted html", None)


async def test_many_bad_mails_do_not_keep_good_ones(faulty: ParserPool) -> None:
    mails = [planted("segfault") if n % 5 == 2 else a_mail(f"good {n}") for n in range(20)]

    results = await faulty.parse(mails)

    assert [type(result) is SetAside for result in results] == [n % 5 == 2 for n in range(20)]


async def test_a_worker_killed_from_outside_is_replaced() -> None:
    async with ParserPool(1) as pool:
        await pool.parse([a_mail()])
        for child in psutil.Process().children():
            child.kill()
            child.wait()

        [mail] = await pool.parse([a_mail()])

    assert isinstance(mail, ParsedMail)


async def test_workers_that_do_not_start_are_our_trouble_not_the_mails() -> None:
    async with ParserPool(1, program=("-c", "raise SystemExit(1)")) as pool:
        with pytest.raises(PoolUnavailable):
            await pool.parse([a_mail()])


async def test_no_worker_is_left_behind() -> None:
    before = {child.pid for child in psutil.Process().children()}
    async with ParserPool(2) as pool:
        await asyncio.gather(*(pool.parse(some_mails(30)) for _ in range(3)))

    assert {child.pid for child in psutil.Process().children()} <= before


async def test_a_reading_given_up_leaves_no_worker_in_the_middle() -> None:
    async with ParserPool(1) as pool:
        reading = asyncio.create_task(pool.parse(some_mails(400)))
        await asyncio.sleep(0.3)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

        [mail] = await pool.parse([a_mail("still right")])

    assert isinstance(mail, ParsedMail)
    assert mail.text == "still right"


async def test_a_large_mail_is_read_within_its_time_and_memory() -> None:
    mail = a_mail(files=(("big.bin", "application/octet-stream", b"\x01\x02" * 17_000_000),))
    assert len(mail) < 50 * 1024 * 1024
    began = time.monotonic()

    async with ParserPool(1) as pool:
        [read] = await pool.parse([mail])

    assert isinstance(read, ParsedMail)
    assert len(read.attachments[0].content) == 34_000_000
    assert time.monotonic() - began < 10


def test_three_hundred_mails_a_second_are_read_with_room() -> None:
    assert measure_parse(200).mails_per_second >= 300
