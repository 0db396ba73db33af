"""The articles of the demonstration shop, 云杉家居 (Spruce Home), planted from ``library/``.

A file is named ``<number>-<name>.<language>.md``: a title line, a line of tags (the first is the
topic), then the text. Two files of one name are translations of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hub.kernel.ids import AgentId
from hub.knowledge import service
from hub.knowledge.model import Language
from hub.storage.unit import Unit

LIBRARY = Path(__file__).parent / "library"


@dataclass(frozen=True, slots=True)
class Seed:
    """An article to be planted. ``name`` is shared by its translation."""

    name: str
    language: Language
    title: str
    tags: tuple[str, ...]
    text: str


def read_seeds(folder: Path = LIBRARY) -> list[Seed]:
    """Every article of the library, in order; Chinese first where there are two."""
    seeds = [_read(path) for path in folder.glob("*.md")]
    return sorted(seeds, key=lambda seed: (seed.name, seed.language is Language.EN))


def _read(path: Path) -> Seed:
    name, language, _ = path.name.split(".")
    heading, tags, text = path.read_text("utf-8").split("\n\n", 2)
    return Seed(
        name,
        Language(language),
        heading.removeprefix("# ").strip(),
        tuple(tag.strip() for tag in tags.split(",")),
        text.strip() + "\n",
    )


def plant(unit: Unit, *, by: AgentId) -> int:
    """Write and publish the whole library; returns how many articles it has."""
    seeds = read_seeds()
    originals: dict[str, str] = {}
    for seed in seeds:
        made = service.write_article(
            unit,
            language=seed.language,
            title=seed.title,
            text=seed.text,
            tags=seed.tags,
            translation_of=originals.get(seed.name),
            by=by,
        )
        originals.setdefault(seed.name, made.id)
        service.publish_article(unit, made.id, by=by)
    return len(seeds)
