"""What the pages say of the code is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined
from starlette.routing import Mount

from hub.app.hub import Hub
from hub.app.reference import document_of
from hub.settings import Settings

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def settings_table() -> str:
    """Every setting as a line of the table in docs/running.md."""
    lines = ["| setting | unset | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "" if default in (None, "", ()) or default is PydanticUndefined else default
        shown = ",".join(shown) if isinstance(shown, tuple) else str(shown)
        value = f"`{shown.lower() if isinstance(default, bool) else shown}`" if shown else ""
        lines.append(f"| `HUB_{name.upper()}` | {value} | {field.description} |")
    return "\n".join(lines)


def test_the_table_of_settings_is_the_settings() -> None:
    page = (ROOT / "docs" / "running.md").read_text("utf-8")

    written = re.search(r"<!-- settings: .* -->\n(.*?)\n?<!-- /settings -->", page, re.DOTALL)

    assert written is not None
    assert written[1] == settings_table(), "copy the table on the right into docs/running.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text("utf-8"))

    missing = [target for target in targets if not (page.parent / target).exists()]

    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"`((?:hub|tests|frontend|docs)/[\w./-]+)`", page.read_text("utf-8"))
    built = ("frontend/node_modules", "hub/static")

    missing = [name for name in named if not (ROOT / name).exists() and not name.startswith(built)]

    assert missing == []


def test_the_readme_has_a_line_for_each_folder_of_the_hub() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    folders = {path.parent.name for path in (ROOT / "hub").glob("*/__init__.py")}

    assert {name for name in folders if f"| `hub/{name}` |" not in readme} == set()


def test_the_api_page_names_only_routes_that_are_there(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "http-api.md").read_text("utf-8")
    named = set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE) /api(/[^`?\s]*)", page))

    hub = Hub(Settings(folder=tmp_path, argon2_memory_kib=8))
    api = next(route for route in hub.app.routes if getattr(route, "path", "") == "/api")
    assert isinstance(api, Mount)
    paths = document_of(api.app._app)["paths"]  # type: ignore[attr-defined]
    there = {
        (method.upper(), re.sub(r"\{\w+\}", "{id}", path))
        for path, of in paths.items()
        for method in of
    }

    assert len(named) > 40
    assert {(method, re.sub(r"\{\w+\}", "{id}", path)) for method, path in named} <= there
