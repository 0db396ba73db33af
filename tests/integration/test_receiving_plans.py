"""However much there is already, receiving looks only at the rows it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from hub.conversations.model import Inbound
from hub.conversations.receiving import receive
from hub.customers.model import Claim
from hub.kernel.ids import ChannelId, QueueId
from hub.storage.unit import Unit
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

    def note(statement: str) -> None:
        if statement.split(None, 1)[0] in ("SELECT", "UPDATE"):
            said[statement] = None

    def listen(unit: Unit, heard: Callable[[str], None] | None) -> None:
        unit.connection.connection.driver_connection.set_trace_callback(heard)  # type: ignore[union-attr]

    def plan(unit: Unit) -> dict[str, list[str]]:
        cursor = unit.connection.connection.cursor()
        return {
            statement: [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}")]
            for statement in said
        }

    async with open_desk(f"sqlite:///{tmp_path}/hub.db") as desk:
        await desk.database.write(lambda unit: listen(unit, note))
        for first in (0, 6):
            await asyncio.gather(
                *(desk.database.write_together(receive, words(n)) for n in range(first, first + 6))
            )
        await desk.database.write(lambda unit: listen(unit, None))
        plans = await desk.database.write(plan)

    assert len(plans) >= 8
    for statement, steps in plans.items():
        walks = [step for step in steps if step.startswith("SCAN") and "json_each" not in step]
        assert not walks or walks == ["SCAN CONSTANT ROW"], (statement, steps)
