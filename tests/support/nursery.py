"""Starts hubs quickly: one interpreter reads all the code once and forks a process for each hub.

Only the reading is saved: a fork runs `hub serve` from its first line, alone, with its own
environment, and dies alone. Run as a program it listens on a socket for lines of JSON; when a line
is closed, what was begun over it ends.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[2]
PR_SET_PDEATHSIG = 1


@contextmanager
def open_nursery(folder: Path) -> Iterator[Path]:
    """Run a nursery; yields the address that ``Nursery`` needs."""
    address = folder / "nursery"
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(address))
        door.listen()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.nursery"], cwd=ROOT, stdin=door.fileno()
        )
    try:
        yield address
    finally:
        process.terminate()
        process.wait()


class Nursery:
    """A test's line to the nursery: asks for processes and hears how each of them ended."""

    def __init__(self, address: Path) -> None:
        self._address = address
        self._born: asyncio.Queue[int] = asyncio.Queue()
        self._ends: dict[int, asyncio.Future[int]] = {}

    async def __aenter__(self) -> Nursery:
        reader, self._writer = await asyncio.open_unix_connection(str(self._address))
        self._hearing = asyncio.create_task(self._hear(reader))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()
        await self._hearing

    async def fork(self, run: str, env: Mapping[str, str], log: Path, **more: Any) -> int:
        """Begin a process; returns its id. ``run``: *plant*, or a command of `hub`."""
        wish = {"run": run, "env": dict(env), "log": str(log), **more}
        self._writer.write(json.dumps(wish).encode() + b"\n")
        return await self._born.get()

    def end_of(self, pid: int) -> asyncio.Future[int]:
        """How a process ended, once it has: its exit status, or the signal as a negative number."""
        return self._ends.setdefault(pid, asyncio.get_running_loop().create_future())

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            said = json.loads(line)
            if "born" in said:
                self.end_of(said["born"])
                self._born.put_nowait(said["born"])
            else:
                self.end_of(said["died"]).set_result(said["status"])


# -- the other side ------------------------------------------------------------------------------


@dataclass(eq=False)
class _Line:
    socket: socket.socket
    rest: bytes = b""
    living: set[int] = field(default_factory=set)

    def say(self, **words: int) -> None:
        with suppress(OSError):
            self.socket.sendall(json.dumps(words).encode() + b"\n")

    def hear(self) -> bool:
        """Obey what has arrived; False when the line is closed."""
        piece = self.socket.recv(65_536)
        *wishes, self.rest = (self.rest + piece).split(b"\n")
        for wish in wishes:
            pid = _bear(json.loads(wish))
            self.living.add(pid)
            self.say(born=pid)
        return bool(piece)


def main() -> None:
    """Read the code, then fork on demand until terminated."""
    import hub.app.hub  # noqa: PLC0415 - this takes seconds, once
    import hub.app.verify  # noqa: F401, PLC0415

    hears, says = os.pipe()
    os.set_blocking(says, False)
    signal.set_wakeup_fd(says)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    door = socket.socket(fileno=os.dup(0))
    selector = selectors.DefaultSelector()
    selector.register(door, selectors.EVENT_READ)
    selector.register(hears, selectors.EVENT_READ)
    lines: set[_Line] = set()
    while True:
        for key, _ in selector.select():
            if key.fileobj is door:
                line = _Line(door.accept()[0])
                lines.add(line)
                selector.register(line.socket, selectors.EVENT_READ, line)
            elif key.fd == hears:
                os.read(hears, 4096)
                _bury(lines)
            elif not key.data.hear():
                selector.unregister(key.data.socket)
                lines.discard(key.data)
                for pid in key.data.living:
                    os.kill(pid, signal.SIGKILL)
                key.data.socket.close()


def _bury(lines: set[_Line]) -> None:
    with suppress(ChildProcessError):
        while (died := os.waitpid(-1, os.WNOHANG))[0]:
            for line in lines:
                if died[0] in line.living:
                    line.living.discard(died[0])
                    line.say(died=died[0], status=os.waitstatus_to_exitcode(died[1]))


def _bear(wish: dict[str, Any]) -> int:
    pid = os.fork()
    if not pid:
        _live(wish)
    return pid


def _live(wish: dict[str, Any]) -> NoReturn:
    """The life of a fork."""
    status = 1
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(wish["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for fd, source in ((0, os.open("/dev/null", os.O_RDONLY)), (1, log), (2, log)):
            os.dup2(source, fd)
        os.closerange(3, 256)
        os.environ.clear()
        os.environ.update(wish["env"])
        os.chdir(wish["env"]["HOME"])
        _arm(wish["env"].get("CRASH", ""))
        _plant_defect(wish["env"].get("MUTANT"))
        status = _run(wish)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _arm(crash: str) -> None:
    """What ``crashpoint`` does when it is first read, for this fork's environment."""
    from hub.kernel import crashpoint  # noqa: PLC0415 - only in the fork's side

    crashpoint._armed, _, nth = crash.partition(":")
    crashpoint._left = int(nth or "1")


def _plant_defect(name: str | None) -> None:
    if name is not None:
        from tests.support.mutants import MUTANTS  # noqa: PLC0415 - only where it is wanted

        MUTANTS[name]()


def _run(wish: dict[str, Any]) -> int:
    from hub.__main__ import app  # noqa: PLC0415 - only in the fork's side

    if wish["run"] == "plant":
        from tests.support.planting import plant  # noqa: PLC0415 - only in the fork's side

        asyncio.run(plant(wish["shop"]))
        return 0
    try:
        app([wish["run"]])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    main()
