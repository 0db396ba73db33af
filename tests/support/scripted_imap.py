"""An IMAP server that lies where a test tells it to: wrong lengths, vanished mails, numbers that go
back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_LINE = re.compile(rb"(\S+) (UID )?(\S+) ?(.*)\r\n", re.DOTALL)


@dataclass(slots=True)
class ScriptedImap:
    """What it holds and how it lies."""

    mails: dict[int, bytes] = field(default_factory=dict)
    uidvalidity: int = 1
    uidnext: int | None = None
    """As told; the truth when None."""
    vanished: set[int] = field(default_factory=set)
    """Found by a search, gone when fetched."""
    lengths: dict[int, int] = field(default_factory=dict)
    """Literal lengths told instead of the true ones."""
    sizes: dict[int, int] = field(default_factory=dict)
    refuses: dict[str, str] = field(default_factory=dict)
    """Commands answered with NO, and the words."""
    has_idle: bool = True
    port: int = 0
    seen: set[int] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)
    _idling: set[asyncio.StreamWriter] = field(default_factory=set)

    def deliver(self, uid: int, mail: bytes) -> None:
        """Put a mail into the folder and tell who is idling."""
        self.mails[uid] = mail
        for writer in self._idling:
            writer.write(b"* %d EXISTS\r\n" % len(self.mails))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        writer.write(b"* OK ready\r\n")
        try:
            while line := await reader.readline():
                await self._answer(line, reader, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the client's way of leaving
        finally:
            self._idling.discard(writer)
            writer.close()

    async def _answer(
        self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        match = _LINE.fullmatch(line)
        if match is None:
            return
        tag, name, rest = match[1], match[3].decode().upper(), match[4].decode()
        self.commands.append(name)
        if name in self.refuses:
            writer.write(tag + f" NO {self.refuses[name]}\r\n".encode())
            return
        if name == "IDLE":
            writer.write(b"+ idling\r\n")
            self._idling.add(writer)
            await reader.readline()
            self._idling.discard(writer)
        else:
            writer.write(self._told(name, rest))
        writer.write(tag + b" OK done\r\n")

    def _told(self, name: str, rest: str) -> bytes:
        if name == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1" + (b" IDLE" if self.has_idle else b"") + b"\r\n"
        if name == "SELECT":
            following = self.uidnext or max(self.mails, default=0) + 1
            told = f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY {self.uidvalidity}] x\r\n"
            return (told + f"* OK [UIDNEXT {following}] x\r\n").encode()
        if name == "SEARCH":
            return ("* SEARCH " + " ".join(map(str, sorted(self.mails))) + "\r\n").encode()
        if name == "STORE":
            self.seen.update(int(uid) for uid in rest.split(" ")[0].split(","))
        if name == "FETCH":
            uids, _, what = rest.partition(" ")
            return b"".join(self._fetched(int(uid), what) for uid in uids.split(","))
        return b""

    def _fetched(self, uid: int, what: str) -> bytes:
        mail = self.mails.get(uid)
        if mail is None:
            return b""
        number = sorted(self.mails).index(uid) + 1
        if "SIZE" in what:
            size = self.sizes.get(uid, len(mail))
            return f"* {number} FETCH (UID {uid} RFC822.SIZE {size})\r\n".encode()
        if uid in self.vanished:
            return b""
        if "HEADER" in what:
            mail = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            told = len(mail)
        else:
            told = self.lengths.get(uid, len(mail))
        return f"* {number} FETCH (UID {uid} BODY[]<0> {{{told}}}\r\n".encode() + mail + b")\r\n"


@asynccontextmanager
async def scripted_imap(script: ScriptedImap) -> AsyncIterator[ScriptedImap]:
    """The server, listening."""
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()
        await server.wait_closed()
