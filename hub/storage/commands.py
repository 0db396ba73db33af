"""A command has its effect once: its answer is stored with the effect and given again to whoever
asks again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from hub.kernel.clock import DAY, Millis
from hub.kernel.errors import Conflict
from hub.storage.schema import commands
from hub.storage.unit import Unit

KEPT_FOR = Millis(2 * DAY)


class CommandReused(Conflict):
    """This Idempotency-Key was used for something else."""

    code = "command_reused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub said to a command: an HTTP status and a body."""

    status: int
    body: bytes
    is_replay: bool = False


_find = select(commands.c.digest, commands.c.status, commands.c.body).where(
    commands.c.actor == bindparam("actor"), commands.c.id == bindparam("id")
)


def digest_of(*parts: bytes) -> bytes:
    """The mark by which the same command is known again."""
    mark = hashlib.sha256()
    for part in parts:
        mark.update(len(part).to_bytes(8, "big") + part)
    return mark.digest()


def stored_answer(
    connection: Connection, actor: str, command_id: str, digest: bytes
) -> Answer | None:
    """The answer given to this command before, if any. ``CommandReused`` when it was another
    command.
    """
    row = connection.execute(_find, {"actor": actor, "id": command_id}).first()
    if row is None:
        return None
    if row.digest != digest:
        raise CommandReused
    return Answer(row.status, row.body, is_replay=True)


def keep_answer(unit: Unit, actor: str, command_id: str, digest: bytes, answer: Answer) -> None:
    """Store the answer in the transaction that has the effect."""
    unit.connection.execute(
        commands.insert(),
        {
            "actor": actor,
            "id": command_id,
            "digest": digest,
            "status": answer.status,
            "body": answer.body,
            "at": unit.now,
        },
    )


def forget_old(unit: Unit) -> int:
    """Drop answers older than ``KEPT_FOR``; returns how many."""
    gone = unit.connection.execute(commands.delete().where(commands.c.at < unit.now - KEPT_FOR))
    return gone.rowcount
