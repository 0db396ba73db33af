"""However much there is already, receiving looks only at the rows it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hub.conversations.model import Inbound
from hub.conversations.receiving import receive
from hub.customers.model import Claim
from hub.kernel.ids import ChannelId, QueueId
from hub.storage.unit import Unit
from tests.support.desk import open_desk

QUEUE = QueueId("01900000-0000-7000-8000-00000000000a")


def words(number: int, people: int = 3) -> Inbound:
    return Inbound(
        channel_id=ChannelId("shop"),
        channel="memory",
        key=f"k{number}",
        sender=Claim("memory", f"person-{number % people}", name="Mia"),
        text="hello",
        thread_key=f"person-{number % people}",
        queue_id=QUEUE,
    )


async def test_no_statement_of_receiving_walks_through_a_table_on_sqlite(tmp_path: Path) -> None:
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


async def test_no_statement_of_receiving_walks_through_a_table_on_postgresql(
    pg_database: str,
) -> None:
    """PostgreSQL makes its plans once, here for small tables, and keeps them."""

    def plan(unit: Unit) -> dict[str, dict[str, Any]]:
        driver: Any = unit.connection.connection.driver_connection
        driver.execute("SET LOCAL plan_cache_mode = force_generic_plan", prepare=False)
        prepared = driver.execute(
            "SELECT name, statement, cardinality(parameter_types) FROM pg_prepared_statements"
            " WHERE statement ~ '^(SELECT|UPDATE)' AND statement !~ 'pg_|max'",
            prepare=False,
        ).fetchall()
        plans = {}
        for name, statement, parameters in prepared:
            nothing = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
            explain = f"EXPLAIN (FORMAT JSON) EXECUTE {name}{nothing}"
            plans[statement] = driver.execute(explain, prepare=False).fetchone()[0][0]["Plan"]
        return plans

    async with open_desk(pg_database) as desk:
        for first in range(0, 900, 60):
            group = (words(n, people=600) for n in range(first, first + 60))
            await asyncio.gather(*(desk.database.write_together(receive, each) for each in group))
        plans = await desk.database.write(plan)

    assert len(plans) >= 4
    for statement, root in plans.items():
        walks = [node for node in _scans(root) if "Index Cond" not in node]
        assert not walks, (statement, walks)


def _scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parts of a plan that read a table or an index."""
    kind = node["Node Type"]
    if kind.endswith("Scan") and kind not in ("Bitmap Heap Scan", "Function Scan"):
        yield node
    for part in node.get("Plans", ()):
        yield from _scans(part)
