"""A start loads what serving needs: what only some hubs use, or use later, waits until then."""

from __future__ import annotations

import subprocess
import sys

LATER = {
    "alembic": "schemas are rarely brought up to date",
    "hub.bench.run": "measuring is another command",
    "hub.demo.run": "and so is showing",
    "hub.web.docs": "the reference of the API is a page that is rarely read",
    "jieba": "Chinese is cut into words when there is some",
    "limits": "tries are counted from the first on",
    "phonenumbers": "numbers are read when there are some",
    "redis": "one process needs none",
    "twilio.rest": "sent with, when somebody sends",
}
LOOK = """
import sys, tempfile
from pathlib import Path
import hub.__main__
from hub.app.hub import Hub
from hub.app.server import server
from hub.settings import Settings
with tempfile.TemporaryDirectory() as folder:
    Hub(Settings(folder=Path(folder), _env_file=None))
print("\\n".join(sys.modules))
"""


def test_what_a_start_does_not_need_is_not_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())

    assert "hub.app.hub" in loaded
    assert {name: why for name, why in LATER.items() if name in loaded} == {}
