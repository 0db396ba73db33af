"""How fast mails are read here, and become conversations: for ``hub bench``, on 200 mixed mails
made the same way every time.
"""

from __future__ import annotations

import asyncio
import base64
import email.parser
import hashlib
import os
import tempfile
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.policy import compat32
from pathlib import Path

from hub.channels import store as channel_store
from hub.channels.email.account import MailAccount
from hub.channels.email.keeping import Health, Shelf
from hub.channels.email.mailbox import Position, RawMail
from hub.channels.email.parse import parse
from hub.channels.email.reading import Pools, Reading
from hub.channels.email.token import Marks
from hub.channels.port import Account
from hub.channels.registry import Registry
from hub.channels.secrets import Vault
from hub.kernel.clock import SystemClock
from hub.kernel.ids import ChannelId
from hub.storage.blobs import FolderBlobs
from hub.storage.database import Database
from hub.storage.migrate import migrate

_ENGLISH = "Hello, I still have not received my order. Could you tell me where it is?\r\n"
_KEY = b"a key for measuring, of 32 bytes"
_CHINESE = "您好，我的订单还没有收到，请帮我查一下物流信息。\r\n"


@dataclass(frozen=True, slots=True)
class ParseSpeed:
    """Mails a second: ours for everything the desk needs, and the standard library's for the parts
    alone."""

    mails_per_second: float
    raw_per_second: float


def measure_parse(count: int = 200) -> ParseSpeed:
    """Read ``count`` mixed mails in this process, after one round to warm up."""
    mails = some_mails(count)
    for mail in mails[:20]:
        parse(mail)
    began = time.perf_counter()
    for mail in mails:
        parse(mail)
    ours = time.perf_counter() - began
    bare = email.parser.BytesParser(policy=compat32)
    began = time.perf_counter()
    for mail in mails:
        bare.parsebytes(mail)
    return ParseSpeed(count / ours, count / (time.perf_counter() - began))


@dataclass(frozen=True, slots=True)
class PathSpeed:
    """Mails a second on their way from the mailbox's bytes to committed conversations.

    ``path``: kept (bytes safe on disk with their rows, which is when the mail server is told) and
    read meanwhile, as in service. ``read``: parse, customer, thread and commit of what is kept.
    ``raw``: bytes synced and parsed by the standard library, the machine's limit.
    """

    path_per_second: float
    read_per_second: float
    raw_per_second: float


async def measure_path(count: int = 200, processes: int = 1) -> PathSpeed:
    """Take ``count`` mixed mails through the whole path on an SQLite database that syncs (FULL)."""
    warm, first, second = (
        [_mail(start + n) for n in range(most)]
        for start, most in ((0, 40), (1_000, count), (1_000 + count, count))
    )
    with tempfile.TemporaryDirectory(prefix="hub-mails-") as name:
        folder = Path(name)
        raw = await asyncio.to_thread(_raw, first, folder)
        async with _desk(folder, processes) as (shelf, reading, account):
            await _keep(shelf, warm, 0)
            await _read(reading, account, len(warm))
            began = time.perf_counter()
            await asyncio.gather(_keep(shelf, first, 1_000), _read(reading, account, count))
            path = time.perf_counter() - began
            await _keep(shelf, second, 1_000 + count)
            began = time.perf_counter()
            await _read(reading, account, count)
            read = time.perf_counter() - began
    return PathSpeed(count / path, count / read, count / raw)


async def _keep(shelf: Shelf, mails: list[bytes], before: int) -> None:
    for at in range(0, len(mails), 50):
        some = mails[at : at + 50]
        uid = before + at
        batch = [RawMail(uid + n, mail, len(mail)) for n, mail in enumerate(some, 1)]
        await shelf.keep(batch, Position(1, uid + len(some)))


async def _read(reading: Reading, account: Account, count: int) -> None:
    while count > 0:
        done = await reading.read_some([account.id])
        count -= done
        await asyncio.sleep(0 if done else 0.001)


@asynccontextmanager
async def _desk(folder: Path, processes: int) -> AsyncIterator[tuple[Shelf, Reading, Account]]:
    clock = SystemClock()
    url = f"sqlite:///{folder / 'hub.db'}"
    migrate(url, clock.now())
    database = Database(url, clock=clock)
    await database.start()
    try:
        registry = Registry(database, Vault(_KEY))
        blobs = FolderBlobs(folder / "blobs")
        async with Pools(processes) as pools:
            reading = Reading(database, blobs, registry, pools, Marks([_KEY]), clock)
            account = await _account(database, registry)
            mail = MailAccount.of(account)
            shelf = Shelf(account, mail, database, blobs, Health(database), reading.wake)
            yield shelf, reading, account
    finally:
        await database.stop()


async def _account(database: Database, registry: Registry) -> Account:
    row = {
        "id": ChannelId("mail"),
        "rev": 1,
        "kind": "email",
        "key": "mail",
        "name": "Mail",
        "enabled": True,
        "settings": {
            "address": "support@desk.example",
            "imap_host": "imap.desk.example",
            "smtp_host": "smtp.desk.example",
        },
        "secrets": Vault(_KEY).close({}, "mail"),
    }
    await database.write(lambda unit: channel_store.insert_channel(unit, row))
    await registry.load()
    return registry.get("mail")


def _raw(mails: list[bytes], folder: Path) -> float:
    """Seconds for the least anybody must do: sync each mail's bytes, and split it into parts."""
    blobs = FolderBlobs(folder / "raw")
    bare = email.parser.BytesParser(policy=compat32)
    began = time.perf_counter()
    with ThreadPoolExecutor(min(32, (os.cpu_count() or 1) + 4)) as threads:
        for _ in threads.map(blobs.put_now, mails):
            pass
    for mail in mails:
        bare.parsebytes(mail)
    return time.perf_counter() - began


def some_mails(count: int) -> list[bytes]:
    """Mixed mails: plain, HTML with plain, Chinese in base64, a fifth answers, some with 30-120 kB
    files."""
    return [_mail(number) for number in range(count)]


def _mail(number: int) -> bytes:
    chinese = number % 2 == 1
    said = (_CHINESE if chinese else _ENGLISH) * 8
    if number % 5 == 0:
        said += (
            "\r\nOn Tue, 17 Nov 2026 at 09:12, Desk <support@desk.example> wrote:\r\n> Hello\r\n"
        )
    parts = [_text_part("plain", said)]
    if number % 3 == 0:
        rows = "".join(f'<p style="color:#333">{line}</p>' for line in said.splitlines())
        parts.append(_text_part("html", f"<html><body><div>{rows}</div></body></html>"))
    body = _multipart("alternative", "alt", parts) if len(parts) > 1 else parts[0]
    if number % 7 == 0:
        body = _multipart("mixed", "mix", [body, _file_part(number)])
    subject = base64.b64encode(f"订单 {number} 没有收到".encode()).decode()
    name = base64.b64encode("李安".encode()).decode()
    head = (
        f"From: =?utf-8?B?{name}?= <c{number}@customer.example>\r\n"
        "To: Support <support@desk.example>\r\n"
        f"Subject: {f'=?utf-8?B?{subject}?=' if chinese else f'Where is my order {number}?'}\r\n"
        f"Message-ID: <{number}@customer.example>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0800\r\n"
        "Received: from mx.customer.example by mx.desk.example; Sat, 21 Nov 2026 10:00:01 +0800\r\n"
        + ("References: <a@desk.example> <b@desk.example>\r\n" if number % 5 == 0 else "")
        + "MIME-Version: 1.0\r\n"
    )
    return head.encode() + body


def _text_part(kind: str, text: str) -> bytes:
    if text.isascii():
        return f"Content-Type: text/{kind}; charset=utf-8\r\n\r\n{text}".encode()
    head = (
        f"Content-Type: text/{kind}; charset=gb18030\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + base64.encodebytes(text.encode("gb18030")).replace(b"\n", b"\r\n")


def _file_part(number: int) -> bytes:
    size = 30_000 + number * 7919 % 90_000
    block = hashlib.sha256(str(number).encode()).digest()
    content = b"\xff\xd8\xff\xe0" + block * (size // len(block))
    head = (
        'Content-Type: image/jpeg; name="photo.jpg"\r\nContent-Transfer-Encoding: base64\r\n'
        'Content-Disposition: attachment; filename="photo.jpg"\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(content).replace(b"\n", b"\r\n")


def _multipart(kind: str, boundary: str, parts: list[bytes]) -> bytes:
    mark = f"--{boundary}".encode()
    inside = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    return (
        f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
        + inside
        + mark
        + b"--\r\n"
    )
