"""The child process in which mails are read: it has no more memory and time than one mail may cost.

Standard input: a ``Setup``, then mails, each with a mark whether its HTML may be touched. Standard
output: an ``Answer`` for each. All are frames: length and mark, then the bytes. The kernel ends the
process when a mail takes too long (SIGPROF), even inside a library's C code; the parent starts
another.
"""

from __future__ import annotations

import os
import resource
import signal
import struct
import sys
from typing import BinaryIO

import msgspec

from hub.channels.email.identity import Checkpoint
from hub.channels.email.limits import UnreadableMessage
from hub.channels.email.parse import ParsedMail, parse

HEAD = struct.Struct(">I?")
"""The length of what follows, and the mark."""
OUT_OF_MEMORY = 71


class Setup(msgspec.Struct):
    """What a worker is told first."""

    checkpoint: Checkpoint
    memory: int
    """Bytes of address space."""
    seconds: float
    """Of processor time for a mail."""
    seconds_per_megabyte: float


class Read(msgspec.Struct, tag="read"):
    """The mail could be read."""

    mail: ParsedMail


class Unreadable(msgspec.Struct, tag="unreadable"):
    """It never will be."""

    reason: str


class Broken(msgspec.Struct, tag="broken"):
    """The reader has a fault of its own."""

    problem: str


Answer = Read | Unreadable | Broken


def answer(raw: bytes, with_html: bool) -> Answer:
    """Read one mail."""
    try:
        return Read(parse(raw, _checkpoint, with_html=with_html))
    except UnreadableMessage as refused:
        return Unreadable(refused.reason)
    except MemoryError:
        raise
    except Exception as bug:
        # Told to the parent, which counts the attempt and quarantines the mail in the end.
        return Broken(f"{type(bug).__name__}: {bug}"[:300])


_checkpoint = Checkpoint()


def main() -> None:
    """Serve until standard input ends."""
    global _checkpoint
    inbox, outbox = sys.stdin.buffer, sys.stdout.buffer
    first = _frame(inbox)
    if first is None:
        return
    setup = msgspec.msgpack.decode(first[0], type=Setup)
    _checkpoint = setup.checkpoint
    _limit(setup.memory)
    answers = msgspec.msgpack.Encoder()
    _send(outbox, b"ready")
    while (frame := _frame(inbox)) is not None:
        raw, with_html = frame
        allowed = setup.seconds + setup.seconds_per_megabyte * len(raw) / 1_000_000
        signal.setitimer(signal.ITIMER_PROF, allowed)
        try:
            read = answer(raw, with_html)
            del frame, raw  # a large mail is held once, not twice, while its answer is written
            told = answers.encode(read)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        signal.setitimer(signal.ITIMER_PROF, 0)
        del read
        _send(outbox, told)


def _limit(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when we end


def _frame(inbox: BinaryIO) -> tuple[bytes, bool] | None:
    head = inbox.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    length, mark = HEAD.unpack(head)
    content = inbox.read(length)
    return (content, mark) if len(content) == length else None


def _send(outbox: BinaryIO, content: bytes) -> None:
    outbox.write(HEAD.pack(len(content), False))
    outbox.write(content)
    outbox.flush()


if __name__ == "__main__":
    main()
