"""The child process in which mails are read: it has no more memory and time than one mail may cost.

Frames on standard input and output: four bytes of length, then MessagePack. The kernel ends the
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

LENGTH = struct.Struct(">I")
OUT_OF_MEMORY = 71


class Setup(msgspec.Struct):
    """What a worker is told first."""

    checkpoint: Checkpoint
    memory: int
    """Bytes of address space."""
    seconds: float
    """Of processor time for a mail."""
    seconds_per_megabyte: float


class Task(msgspec.Struct):
    """One mail to read."""

    raw: bytes
    with_html: bool = True


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


def answer(task: Task) -> Answer:
    """Read one mail."""
    try:
        return Read(parse(task.raw, _checkpoint, with_html=task.with_html))
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
    setup = msgspec.msgpack.decode(_frame(inbox) or b"", type=Setup)
    _checkpoint = setup.checkpoint
    _limit(setup.memory)
    tasks, answers = msgspec.msgpack.Decoder(Task), msgspec.msgpack.Encoder()
    _send(outbox, b"ready")
    while (frame := _frame(inbox)) is not None:
        allowed = setup.seconds + setup.seconds_per_megabyte * len(frame) / 1_000_000
        signal.setitimer(signal.ITIMER_PROF, allowed)
        try:
            told = answers.encode(answer(tasks.decode(frame)))
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        signal.setitimer(signal.ITIMER_PROF, 0)
        del frame
        _send(outbox, told)


def _limit(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when we end


def _frame(inbox: BinaryIO) -> bytes | None:
    head = inbox.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    content = inbox.read(length)
    return content if len(content) == length else None


def _send(outbox: BinaryIO, content: bytes) -> None:
    outbox.write(LENGTH.pack(len(content)))
    outbox.write(content)
    outbox.flush()


if __name__ == "__main__":
    main()
