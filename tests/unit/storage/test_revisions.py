"""The versions that the files' names tell are those that the migrations themselves tell."""

from __future__ import annotations

from alembic.script import ScriptDirectory

from hub.storage.migrate import revisions
from hub.storage.upgrading import FOLDER


def test_the_names_of_the_files_tell_the_versions_in_their_order() -> None:
    told = [script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()]

    assert revisions() == told[::-1]
