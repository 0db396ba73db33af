"""Mails are read in child processes: one that crashes, hangs or eats memory takes nobody else with
it.

A mail that ends its worker is tried three times, alone, the last time without touching its HTML;
then it is set aside. What keeps workers from starting is our trouble, never the mail's: it is
raised.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

import msgspec

from hub.channels.email.identity import NOBODY, Checkpoint
from hub.channels.email.parse import ParsedMail
from hub.channels.email.worker import (
    HEAD,
    OUT_OF_MEMORY,
    Answer,
    Broken,
    Read,
    Setup,
    Unreadable,
)

_BATCH_MAILS = 25
_BATCH_BYTES = 4 * 1024 * 1024
_SIGPROF = -signal.SIGPROF
WORKER = ("-m", "hub.channels.email.worker")
"""What a worker runs; tests put one with planted faults here."""


class PoolUnavailable(Exception):
    """No worker could be started."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A mail that could not be read, for the quarantine."""

    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What reading one mail may cost."""

    memory: int = 1024 * 1024 * 1024
    processor_seconds: float = 2.0
    seconds_per_megabyte: float = 0.1
    wall_seconds: float = 8.0
    start_seconds: float = 30.0
    attempts: int = 3


ALLOWANCE = Allowance()


@dataclass(slots=True)
class _Letter:
    """One mail on its way through the pool."""

    at: int
    raw: bytes
    attempts: int = 0


class ParserPool:
    """A few workers; use as ``async with``. Workers start when first needed and are replaced when
    they end."""

    def __init__(
        self,
        size: int = 2,
        checkpoint: Checkpoint = NOBODY,
        allowance: Allowance = ALLOWANCE,
        program: Sequence[str] = WORKER,
    ) -> None:
        self._program = program
        self._free = asyncio.Semaphore(size)
        self._idle: deque[_Worker] = deque()
        self._checkpoint = checkpoint
        self._allowance = allowance

    async def __aenter__(self) -> ParserPool:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        while self._idle:
            await self._idle.pop().end()

    async def parse(self, mails: Sequence[bytes]) -> list[ParsedMail | SetAside]:
        """Read mails, results in the same order. Raises PoolUnavailable when no worker starts."""
        results: dict[int, ParsedMail | SetAside] = {}
        letters = [_Letter(at, raw) for at, raw in enumerate(mails)]
        unavailable: BaseExceptionGroup[PoolUnavailable] | None = None
        try:
            async with asyncio.TaskGroup() as group:
                for batch in _batches(letters):
                    group.create_task(self._read(batch, results))
        except* PoolUnavailable as many:
            unavailable = many
        if unavailable is not None:
            raise PoolUnavailable(str(unavailable.exceptions[0])) from unavailable
        return [results[at] for at in range(len(mails))]

    async def _read(self, batch: list[_Letter], results: dict[int, ParsedMail | SetAside]) -> None:
        """Read a batch; whoever breaks a worker is tried again alone, after the others."""
        suspects: deque[_Letter] = deque()
        while batch:
            batch = await self._round(batch, results, suspects)
        while suspects:
            await self._round([suspects.popleft()], results, suspects)

    async def _round(
        self,
        batch: list[_Letter],
        results: dict[int, ParsedMail | SetAside],
        suspects: deque[_Letter],
    ) -> list[_Letter]:
        """One worker's turn. Returns what is still to be read when the worker broke."""
        async with self._free:
            worker = await self._worker()
            try:
                done = await self._turn(worker, batch, results, suspects)
            except BaseException:
                await worker.end()
                raise
            if worker.is_alive:
                self._idle.append(worker)
            return batch[done:]

    async def _turn(
        self,
        worker: _Worker,
        batch: list[_Letter],
        results: dict[int, ParsedMail | SetAside],
        suspects: deque[_Letter],
    ) -> int:
        most = self._allowance.attempts
        sending = asyncio.ensure_future(
            worker.send([(each.raw, each.attempts < most - 1) for each in batch])
        )
        try:
            for done, letter in enumerate(batch, 1):
                told = await worker.answer(self._wall(letter))
                if isinstance(told, Read):
                    results[letter.at] = told.mail
                elif isinstance(told, Unreadable):
                    results[letter.at] = SetAside(told.reason, letter.attempts + 1)
                else:
                    self._count(letter, told.problem, results, suspects)
                if not worker.is_alive:
                    return done
            return len(batch)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    def _wall(self, letter: _Letter) -> float:
        allowed = self._allowance
        return allowed.wall_seconds + allowed.seconds_per_megabyte * len(letter.raw) / 1_000_000

    def _count(
        self,
        letter: _Letter,
        problem: str,
        results: dict[int, ParsedMail | SetAside],
        suspects: deque[_Letter],
    ) -> None:
        letter.attempts += 1
        if letter.attempts >= self._allowance.attempts:
            results[letter.at] = SetAside(problem, letter.attempts)
        else:
            suspects.append(letter)

    async def _worker(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
            await worker.end()
        return await _Worker.start(self._program, self._checkpoint, self._allowance)


class _Worker:
    """The parent's end of one child process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._to, self._from = process, process.stdin, process.stdout
        self._answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)
        self._is_broken = False

    @classmethod
    async def start(
        cls, program: Sequence[str], checkpoint: Checkpoint, allowed: Allowance
    ) -> _Worker:
        environment = {
            name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ
        }
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *program,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL, env=environment,
            )  # fmt: skip
        except OSError as problem:
            raise PoolUnavailable(str(problem)) from problem
        worker = cls(process)
        setup = Setup(
            checkpoint, allowed.memory, allowed.processor_seconds, allowed.seconds_per_megabyte
        )
        try:
            async with asyncio.timeout(allowed.start_seconds):
                await worker._send(msgspec.msgpack.encode(setup))
                await worker._frame()
        except (TimeoutError, OSError, EOFError) as problem:
            await worker.end()
            raise PoolUnavailable(f"a worker did not start: {problem}") from problem
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def is_alive(self) -> bool:
        return not self._is_broken and self._process.returncode is None

    async def send(self, mails: Sequence[tuple[bytes, bool]]) -> None:
        """Write mails; a worker that ends meanwhile is noticed where its answer is missing."""
        with contextlib.suppress(OSError):
            for raw, with_html in mails:
                await self._send(raw, with_html)

    async def answer(self, seconds: float) -> Answer:
        """The next answer; a worker that gives none is ended, and why is told as ``Broken``."""
        try:
            async with asyncio.timeout(seconds):
                return self._answers.decode(await self._frame())
        except TimeoutError:
            await self.end()
            return Broken("worker-hung")
        except (EOFError, OSError):
            # How it died must be learnt before it is killed: killing asks, too.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 5)
            await self.end()
            return Broken(_epitaph(self._process.returncode))

    async def end(self) -> None:
        """Kill the process and wait until it is gone."""
        self._is_broken = True
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        self._to.close()
        await self._process.wait()

    async def _send(self, content: bytes, mark: bool = False) -> None:
        self._to.write(HEAD.pack(len(content), mark))
        self._to.write(content)
        await self._to.drain()

    async def _frame(self) -> bytes:
        length, _ = HEAD.unpack(await self._from.readexactly(HEAD.size))
        return await self._from.readexactly(length)


def _epitaph(code: int | None) -> str:
    if code == _SIGPROF:
        return "worker-out-of-time"
    return "worker-out-of-memory" if code == OUT_OF_MEMORY else f"worker-ended: {code}"


def _batches(letters: Sequence[_Letter]) -> list[list[_Letter]]:
    batches: list[list[_Letter]] = []
    weight = _BATCH_BYTES
    for letter in letters:
        if not batches or weight >= _BATCH_BYTES or len(batches[-1]) >= _BATCH_MAILS:
            batches.append([])
            weight = 0
        batches[-1].append(letter)
        weight += len(letter.raw)
    return batches
