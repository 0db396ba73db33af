"""What is said to a database, whichever way: for tests that count statements or look at plans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from hub.storage import sql
from hub.storage.database import Database


@contextmanager
def heard(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is said to the writer's connection in this block, with its values."""
    said: list[tuple[str, Any]] = []
    straight = sql.straight

    def note(connection: Any, cursor: Any, statement: str, given: Any, *rest: Any) -> None:
        said.append((statement, given))

    def note_straight(connection: Any, statement: str, given: Any, **more: Any) -> Any:
        said.append((statement, given))
        return straight(connection, statement, given, **more)

    event.listen(database._writing, "before_cursor_execute", note)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sql, "straight", note_straight)
            yield said
    finally:
        event.remove(database._writing, "before_cursor_execute", note)
