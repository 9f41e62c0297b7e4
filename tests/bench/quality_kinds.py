"""The figures of the protocol by kind of task, in Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from espalier.backtest.compare import Result
from tests.bench.quality_markdown import table

NO_KIND = "other"


def kinds_in(folder: Path) -> dict[str, str]:
    """Read the kind of every task in a folder and those below it."""
    files = {path.stem: json.loads(path.read_text()) for path in sorted(folder.rglob("*.json"))}
    return {name: about.get("kind", NO_KIND) for name, about in files.items()}


def by_kind(results: Sequence[Result], kinds: Mapping[str, str]) -> list[str]:
    """Write what each pruner saved, its regret and what it lost, by kind and on the mean."""
    return _section("saved / regret / lost", results, kinds)


def by_kind_reevaluated(results: Sequence[Result], kinds: Mapping[str, str]) -> list[str]:
    """Write the same of the tasks with a second evaluation, with regret and lost as it tells."""
    told = [result.reevaluated() for result in results]
    if not any(result.tasks for result in told):
        return []
    return ["Told by re-evaluation:", *_section("saved / regret / lost", told, kinds)]


def _section(head: str, results: Sequence[Result], kinds: Mapping[str, str]) -> list[str]:
    parts = tasks_of(results[0], kinds) if results else {}
    heads = [f"{kind} ({len(names)})" for kind, names in parts.items()]
    rows = [
        [result.label, *(_cell(result.of(names)) for names in parts.values()), _cell(result)]
        for result in results
    ]
    return [table([head, *heads, "mean"], rows)]


def tasks_of(result: Result, kinds: Mapping[str, str]) -> dict[str, list[str]]:
    """Give the tasks of each kind, in the order of the kinds' names."""
    found: dict[str, list[str]] = {}
    for task in result.tasks:
        found.setdefault(kinds.get(task, NO_KIND), []).append(task)
    return dict(sorted(found.items()))


def _cell(result: Result) -> str:
    mean = result.mean
    return f"{mean.saved:.3f} / {mean.regret:.3f} / {mean.lost:.1%}"
