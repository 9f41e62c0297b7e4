"""What a pruner came to on one task, as a line of a file that grows while the protocol runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import espalier
from espalier.backtest.measure import Measured
from tests.bench import optuna_engine
from tests.bench.json_lines import rows_of

_PACKAGE = Path(espalier.__file__).parent
_SIMULATION = [_PACKAGE / "backtest" / name for name in ("measure.py", "simulate.py")]
_OURS = [*(_PACKAGE / "pruning").rglob("*.py"), _PACKAGE / "backtest/candidate.py"]


@dataclass(frozen=True)
class Unit:
    """What is run and stored as one: a pruner on a task's lists.

    Parameters
    ----------
    curves, task
        Name of the folder of curves, and of the task in it.
    pruner
        The pruner's label.
    workers, trials, orders, seed
        As in `espalier.backtest.measure.Setting`.
    budgets
        Whether fixed budgets are measured too.
    revision
        Fingerprint of the code that decides, so that other code's results are not taken for it.
    """

    curves: str
    task: str
    pruner: str
    workers: int
    trials: int
    orders: int
    seed: int
    budgets: bool
    revision: str


@dataclass(frozen=True)
class Record:
    """A unit's results, list by list, and the processor time that they took."""

    unit: Unit
    lists: tuple[Measured, ...]
    cpu_seconds: float

    def line(self) -> str:
        """Write one JSON line."""
        lists = [asdict(measured) for measured in self.lists]
        return json.dumps({**asdict(self.unit), "lists": lists, "cpu_seconds": self.cpu_seconds})


def revision(pruner: str) -> str:
    """Fingerprint what decides for a pruner: the simulation, and our pruning code or Optuna."""
    theirs = pruner.startswith("Optuna")
    files = [*_SIMULATION, *([Path(optuna_engine.__file__)] if theirs else sorted(_OURS))]
    digest = hashlib.sha256(version("optuna").encode() if theirs else b"")
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def read(path: Path) -> Iterator[Record]:
    """Read the records of a file."""
    for row in rows_of(path):
        lists = tuple(
            Measured(**{**each, "budget_regret": tuple(each["budget_regret"])})
            for each in row.pop("lists")
        )
        seconds = row.pop("cpu_seconds")
        yield Record(Unit(**row), lists, seconds)


def latest(records: Iterable[Record]) -> list[Record]:
    """Keep the last record of each pruner, task and setting, whatever code it is of."""
    found = {}
    for record in records:
        unit = record.unit
        found[unit.curves, unit.task, unit.pruner, unit.trials, unit.workers] = record
    return list(found.values())
