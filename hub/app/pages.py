"""The built screens: the workbench for every path not the API's, the widget, and the fonts."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from typing_extensions import override

STATIC = Path(__file__).parent.parent / "static"
FOREVER = "public, max-age=31536000, immutable"
WIDGET_FRESH = "public, max-age=300"


class _Assets(StaticFiles):
    """Files whose names carry their content's mark."""

    @override
    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["cache-control"] = FOREVER
        return response


class _Widget(StaticFiles):
    """What other sites load: from any origin, looked at again every five minutes."""

    @override
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = WIDGET_FRESH
        response.headers["access-control-allow-origin"] = "*"
        response.headers["cross-origin-resource-policy"] = "cross-origin"
        return response


async def _workbench(request: Request) -> Response:
    page = STATIC / "workbench" / "index.html"
    wanted = (STATIC / "workbench" / request.path_params["path"]).resolve()
    if wanted.is_file() and wanted.is_relative_to((STATIC / "workbench").resolve()):
        return FileResponse(wanted)
    if not page.exists():
        return PlainTextResponse("The screens have not been built: run `make build`.", 503)
    return FileResponse(page, headers={"cache-control": "no-cache"})


async def _fonts(request: Request) -> Response:
    """The Chinese font's declarations, by a name that pages outside the workbench can know."""
    manifest = STATIC / "workbench" / ".vite" / "manifest.json"
    built = json.loads(manifest.read_bytes()) if manifest.exists() else {}
    for source, chunk in built.items():
        if source.endswith("@fontsource-variable/noto-sans-sc/index.css"):
            return RedirectResponse(f"/{chunk['file']}", 307, {"cache-control": WIDGET_FRESH})
    return PlainTextResponse("", 404, media_type="text/css")


def routes() -> list[BaseRoute]:
    """The routes of the screens; the last one takes every path."""
    made: list[BaseRoute] = []
    if (STATIC / "widget").exists():
        made.append(Mount("/widget", app=_Widget(directory=STATIC / "widget")))
    if (STATIC / "workbench" / "assets").exists():
        made.append(Mount("/assets", app=_Assets(directory=STATIC / "workbench" / "assets")))
    made.append(Route("/fonts.css", _fonts))
    made.append(Route("/{path:path}", _workbench))
    return made
