"""A mail worker with planted faults: what a mail says is what happens to its reader."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable

from hub.channels.email import worker


def spin() -> None:
    """Never end, and use the processor."""
    while True:
        pass


FAULTS: dict[bytes, Callable[[], object]] = {
    b"segfault": lambda: ctypes.string_at(0),
    b"html": lambda: ctypes.string_at(0),
    b"spin": spin,
    b"sleep": lambda: time.sleep(3600),
    b"exit": lambda: os._exit(3),
    b"memory": lambda: bytearray(4 << 30),
}


def answer(raw: bytes, with_html: bool) -> worker.Answer:
    """Read a mail, or suffer what it asks for."""
    _, _, rest = raw.partition(b"X-Plant: ")
    fault = rest.split(b"\r\n")[0]
    if fault == b"bug":
        return worker.Broken("ValueError: a bug of ours")
    if fault in FAULTS and not (fault == b"html" and not with_html):
        FAULTS[fault]()
    return _honest(raw, with_html)


_honest = worker.answer

if __name__ == "__main__":
    worker.answer = answer
    worker.main()
