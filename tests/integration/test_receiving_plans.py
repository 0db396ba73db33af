"""However much there is already, receiving looks only at the rows it needs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import event

from hub.conversations.model import Inbound
from hub.conversations.receiving import receive
from hub.customers.model import Claim
from hub.kernel.ids import ChannelId, QueueId
from tests.support.desk import open_desk

QUEUE = QueueId("01900000-0000-7000-8000-00000000000a")


def words(number: int) -> Inbound:
    return Inbound(
        channel_id=ChannelId("shop"),
        channel="memory",
        key=f"k{number}",
        sender=Claim("memory", f"person-{number % 3}", name="Mia"),
        text="hello",
        thread_key=f"person-{number % 3}",
        queue_id=QUEUE,
    )


async def test_no_statement_of_receiving_walks_through_a_table(tmp_path: Path) -> None:
    said: dict[str, None] = {}

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.split(None, 1)[0] in ("SELECT", "UPDATE"):
            said[statement] = None

    async with open_desk(f"sqlite:///{tmp_path}/hub.db") as desk:
        writer = desk.database._writing
        event.listen(writer, "before_cursor_execute", note)
        for first in (0, 6):
            await asyncio.gather(
                *(desk.database.write_together(receive, words(n)) for n in range(first, first + 6))
            )
        event.remove(writer, "before_cursor_execute", note)
        plans = await desk.database.write(
            lambda unit: {
                statement: [
                    row[3]
                    for row in unit.connection.exec_driver_sql(
                        f"EXPLAIN QUERY PLAN {statement}", ("[]",) * statement.count("?")
                    )
                ]
                for statement in said
            }
        )

    assert len(plans) >= 5
    for statement, steps in plans.items():
        walks = [step for step in steps if step.startswith("SCAN") and "json_each" not in step]
        assert not walks or walks == ["SCAN CONSTANT ROW"], (statement, steps)
