"""``hub simulate``: files in; what came true, or what came of it, out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

from hub.routing.simulation.load import read_load
from hub.routing.simulation.playing import Play
from hub.routing.simulation.reading import Unreadable, documents, entries, fault
from hub.routing.simulation.results import Results, measure, misses, table
from hub.routing.simulation.scenario import read_scenario, varied

Tell = Callable[[str], None]


def files_of(paths: Iterable[Path]) -> list[Path]:
    """The files meant; a folder means every YAML file in it."""
    found: list[Path] = []
    for path in paths:
        found += sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    return found


def simulate(path: Path) -> list[dict[str, Any]]:
    """Run every document of a file. Each result has ``title``, ``file``, ``differences`` and, for a
    load, ``results``. ``Unreadable`` when it says something that cannot be.
    """
    nodes = documents(path)
    return [_run(path, node if node is nodes[0] else varied(nodes[0], node)) for node in nodes]


def _run(path: Path, node: yaml.Node) -> dict[str, Any]:
    keys = entries(node)
    if "timeline" in keys:
        scenario = read_scenario(node)
        differences = Play(scenario).run()
        return {"title": scenario.title, "file": str(path), "differences": differences}
    if "arrivals" not in keys:
        raise fault(node, "a scenario has a timeline, a load has arrivals; here is neither")
    load = read_load(node)
    results = measure(load)
    return {
        "title": load.title,
        "file": str(path),
        "differences": misses(load, results),
        "results": results,
    }


def run(paths: Iterable[Path], *, as_json: bool, tell: Tell, note: Tell) -> bool:
    """Run the files and tell what came of them; True when everything expected came true."""
    files = files_of(paths)
    if not files:
        note("there is no YAML file there")
        return False
    fine = True
    outcomes: list[dict[str, Any]] = []
    for path in files:
        try:
            found = simulate(path)
        except Unreadable as error:
            note(str(error))
            fine = False
            continue
        for outcome in found:
            fine &= not outcome["differences"]
            if not as_json:
                _tell_in_words(outcome, tell)
        outcomes += [_plain(outcome) for outcome in found]
    if as_json:
        tell(json.dumps(outcomes, indent=2))
    return fine


def _plain(outcome: dict[str, Any]) -> dict[str, Any]:
    results: Results | None = outcome.get("results")
    return outcome if results is None else {**outcome, "results": results.as_dict()}


def _tell_in_words(outcome: dict[str, Any], tell: Tell) -> None:
    tell(f"{'DIFFERS' if outcome['differences'] else 'holds  '}  {outcome['title']}")
    for difference in outcome["differences"]:
        tell(f"    {difference}")
    if "results" in outcome:
        for line in table(outcome["results"]):
            tell(f"    {line}")
