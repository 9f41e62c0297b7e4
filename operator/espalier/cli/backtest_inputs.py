"""What `espalier backtest` is given: curves, pruners and knobs, read from their texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from espalier.backtest.candidate import Candidate
from espalier.backtest.curves import Curves, curves_of, read_file, read_folder
from espalier.cli.kinds_of_files import LOOKED_AT, is_optuna
from espalier.cli.store_option import recorded_log
from espalier.errors import UsageError
from espalier.pruning import Direction
from espalier.study_log.read_lines import lines_of


@dataclass(frozen=True, slots=True)
class TableTerms:
    """What a table does not say of its values."""

    metric: str | None = None
    """What they are called."""
    direction: str | None = None
    """Which way they are better."""


TABLES_OWN = TableTerms()
"""Where nothing is said of tables."""


def read_curves(
    sources: Sequence[str],
    store: str,
    namespace: str | None = None,
    terms: TableTerms = TABLES_OWN,
) -> list[Curves]:
    """Read the tasks of folders, files and studies in the store.

    Parameters
    ----------
    terms
        Of files that are tables.

    Raises
    ------
    UsageError
        If a source is none of these, or two tasks have the same name.
    """
    tasks = [task for source in sources for task in _read(source, store, namespace, terms)]
    if (twice := twice_named(task.name for task in tasks)) is not None:
        raise UsageError("CURVES", f"expected tasks of different names, got {twice} twice")
    return tasks


def read_candidates(pruners: Sequence[str], pruning: str) -> list[Candidate]:
    """Read pruners from YAML or from their types, with the same guards for all."""
    guards = _mapping(pruning, "--pruning")
    found = []
    for text in pruners:
        spec = {"type": text} if text.isalnum() else _mapping(text, "--pruner")
        found.append(Candidate(_label(spec), spec, guards))
    return found


def _label(spec: dict[str, Any]) -> str:
    kind = str(spec.get("type", "Auto"))
    section = spec.get(kind[:1].lower() + kind[1:]) or {}
    if isinstance(section, list):
        return f"{kind} of {len(section)}"
    if not isinstance(section, dict):
        return kind
    return " ".join([kind, *(f"{name}={value}" for name, value in section.items())])


def _mapping(text: str, option: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(option, f"expected YAML, got {text!r}: {error}") from error
    if not isinstance(found, dict):
        raise UsageError(option, f"expected a mapping such as {{type: Auto}}, got {text!r}")
    return found


def curves_in(path: Path, terms: TableTerms = TABLES_OWN) -> list[Curves] | None:
    """Read the tasks of a folder, or of a file of curves; None where it is neither.

    A file of curves is an NPZ, a storage of Optuna, or a CSV with a row for each value.
    """
    if path.is_dir():
        return read_folder(path)
    if not path.is_file():
        return None
    if path.suffix == ".npz":
        return [read_file(path)]
    with path.open("rb") as file:
        start = file.read(LOOKED_AT)
    if is_optuna(start):
        return [_optuna_curves(path)]
    if b"," in start.partition(b"\n")[0] and not start.startswith((b"{", b"[")):
        return [_table_curves(path, terms)]
    return None


def _optuna_curves(path: Path) -> Curves:
    # Optuna takes a second to import, and nothing else needs it.
    from espalier.backtest.curves_elsewhere import curves_of_optuna
    from espalier.search.optuna_storage import read_optuna

    try:
        return curves_of_optuna(read_optuna(path), path.stem)
    except ValueError as error:
        raise UsageError(str(path), str(error)) from error


def _table_curves(path: Path, terms: TableTerms) -> Curves:
    from espalier.backtest.curves_elsewhere import curves_of_table

    text = "".join(lines_of(path))
    if terms.direction is None:
        raise UsageError(
            "--direction", f"expected it for {path}, since a CSV does not say it; give it"
        )
    return curves_of_table(text, path.stem, terms.metric, Direction(terms.direction))


def name_of_log(source: str) -> str:
    """Return what a study is called whose log is in a file, or which a store is to have."""
    path = Path(source)
    return path.stem if path.exists() else source


def twice_named(names: Iterable[str]) -> str | None:
    """Return a name that several things have; None where each has its own."""
    return next((name for name, times in Counter(names).items() if times > 1), None)


def _read(source: str, store: str, namespace: str | None, terms: TableTerms) -> list[Curves]:
    found = curves_in(Path(source), terms)
    if found is not None:
        return found
    return [curves_of(recorded_log(source, store, namespace), name_of_log(source))]
