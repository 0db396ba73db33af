"""`hub verify`: the invariants of the hub as questions to its database, read-only. An answer with
rows is a breach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from hub.conversations.service import STREAMED
from hub.storage.blobs import DamagedBlob, FolderBlobs, NoSuchBlob
from hub.storage.database import Database

SHOWN = 5

_STREAMED = ", ".join(f"'{channel}'" for channel in STREAMED)
_IN_HAND = "('connecting', 'active', 'held', 'parked')"


@dataclass(frozen=True)
class Invariant:
    """``sql`` selects what breaks it: a name for each breach in its first column."""

    name: str
    sql: str


@dataclass(frozen=True)
class Finding:
    """What was found: no ``breaches``, and it holds."""

    name: str
    breaches: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.breaches


INVARIANTS = (
    Invariant(
        "the log has no gap (I10)",
        "SELECT 'last ' || max(seq) || ', lines ' || count(*) FROM events"
        " HAVING max(seq) <> count(*) OR min(seq) <> 1",
    ),
    Invariant(
        "a message of a channel is kept once (I2)",
        "SELECT key FROM messages WHERE key IS NOT NULL"
        " GROUP BY channel_id, key HAVING count(*) > 1",
    ),
    Invariant(
        "every received message was told in the log, and every one told is there (I1)",
        "SELECT 'messages ' || m.n || ', told ' || e.n FROM"
        " (SELECT count(*) AS n FROM messages WHERE direction = 'in') AS m,"
        " (SELECT count(*) AS n FROM events WHERE type = 'message.received') AS e WHERE m.n <> e.n",
    ),
    Invariant(
        "messages count 1, 2, 3 in their conversation",
        "SELECT c.id FROM conversations c LEFT JOIN messages m ON m.conversation_id = c.id"
        " GROUP BY c.id, c.last_ordinal"
        " HAVING count(m.id) <> c.last_ordinal OR coalesce(max(m.ordinal), 0) <> c.last_ordinal",
    ),
    Invariant(
        "every reply to a channel outside has its send (I4)",
        "SELECT m.id FROM messages m JOIN conversations c ON c.id = m.conversation_id"
        " LEFT JOIN outbox o ON o.message_id = m.id"
        f" WHERE m.direction = 'out' AND c.channel NOT IN ({_STREAMED})"
        " GROUP BY m.id HAVING count(o.id) <> 1",
    ),
    Invariant(
        "what became of a send is what its message says (I4)",
        "SELECT m.id FROM outbox o JOIN messages m ON m.id = o.message_id WHERE"
        " (o.state = 'sent' AND m.state NOT IN ('sent', 'delivered', 'read', 'failed'))"
        " OR (o.state = 'failed' AND m.state <> 'failed')"
        " OR (o.state = 'unknown'"
        "     AND m.state NOT IN ('unknown', 'sent', 'delivered', 'read', 'failed'))"
        " OR (o.state IN ('pending', 'leased') AND m.state NOT IN ('queued', 'sending'))",
    ),
    Invariant(
        "work is offered to one agent at a time (I6)",
        "SELECT item_id FROM offers WHERE state = 'pending' GROUP BY item_id HAVING count(*) > 1",
    ),
    Invariant(
        "work is with one agent at a time (I6)",
        f"SELECT item_id FROM assignments WHERE state IN {_IN_HAND}"
        " GROUP BY item_id HAVING count(*) > 1",
    ),
    Invariant(
        "a pending offer holds an offered item (I7)",
        "SELECT o.id FROM offers o JOIN work_items w ON w.id = o.item_id"
        " WHERE o.state = 'pending' AND w.state <> 'offered'",
    ),
    Invariant(
        "nobody carries more than the sum of what they were given (I8)",
        "SELECT l.agent_id FROM agent_loads l LEFT JOIN"
        " (SELECT agent_id, sum(units) AS units FROM"
        "  (SELECT agent_id, units FROM offers WHERE state = 'pending' UNION ALL"
        "   SELECT agent_id, units FROM assignments"
        f"   WHERE state IN {_IN_HAND} OR state = 'wrap_up') AS all_units"
        "  GROUP BY agent_id) AS held ON held.agent_id = l.agent_id"
        " WHERE l.used <> coalesce(held.units, 0)",
    ),
    Invariant(
        "whoever waits is known to the router (I5)",
        "SELECT c.id FROM conversations c"
        " WHERE c.status = 'open' AND c.routing IN ('waiting', 'offered')"
        " AND NOT EXISTS (SELECT 1 FROM work_items w WHERE w.conversation_id = c.id"
        " AND w.state IN ('queued', 'offered'))",
    ),
    Invariant(
        "an assigned conversation is in its agent's hand (I6)",
        "SELECT c.id FROM conversations c WHERE c.routing = 'assigned' AND NOT EXISTS"
        " (SELECT 1 FROM assignments a WHERE a.conversation_id = c.id AND a.agent_id = c.agent_id"
        f" AND a.state IN {_IN_HAND})",
    ),
    Invariant(
        "no reader is ahead of the log",
        "SELECT name FROM subscriptions"
        " WHERE position > (SELECT coalesce(max(seq), 0) FROM events)",
    ),
    Invariant(
        "every raw message that was understood became one (I1)",
        "SELECT i.id FROM inbox i LEFT JOIN messages m ON m.id = i.message_id"
        " WHERE i.state = 'received' AND i.message_id IS NOT NULL AND m.id IS NULL",
    ),
)


def findings(connection: Connection) -> Iterator[Finding]:
    """Ask every question."""
    for invariant in INVARIANTS:
        rows = connection.execute(text(f"{invariant.sql} LIMIT {SHOWN}"))
        yield Finding(invariant.name, tuple(str(row[0]) for row in rows))
    if connection.dialect.name == "sqlite":
        faults = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        yield Finding(
            "the file is whole (I16)", tuple(str(fault) for fault in faults if fault != "ok")
        )
        strays = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        yield Finding(
            "every reference leads somewhere (I16)", tuple(str(row[0]) for row in strays[:SHOWN])
        )


_DIGESTS = text(
    "SELECT digest FROM attachments UNION SELECT digest FROM inbox UNION SELECT digest FROM uploads"
)


def blob_findings(digests: list[str], blobs: FolderBlobs) -> Finding:
    """Read every file and compare it with its name."""
    bad = []
    for digest in digests:
        try:
            blobs.get_now(digest)
        except (NoSuchBlob, DamagedBlob) as error:
            bad.append(f"{digest[:12]} {type(error).__name__}")
    return Finding("every file is there and unchanged (I16)", tuple(bad[:SHOWN]))


async def verify(database_url: str, folder: Path, tell: Callable[[Finding], None]) -> bool:
    """Check everything, telling each finding as it comes; True when all holds."""
    database = Database(database_url)
    holds = True

    def ask(connection: Connection) -> list[Finding]:
        return list(findings(connection))

    def digests(connection: Connection) -> list[str]:
        return list(connection.execute(_DIGESTS).scalars())

    try:
        for finding in await database.read(ask):
            tell(finding)
            holds &= finding.holds
        last = blob_findings(await database.read(digests), FolderBlobs(folder / "blobs"))
        tell(last)
        return holds and last.holds
    finally:
        await database.stop()
