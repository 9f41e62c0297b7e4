"""What a study of the bench came to, as a line of a file that grows while it runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import espalier
from tests.bench.json_lines import rows_of
from tests.bench.search_study import Found

_PACKAGE = Path(espalier.__file__).parent
_ROOMS = ("search", "planning/proposing", "pruning", "backtest/candidate.py")


@dataclass(frozen=True)
class Cell:
    """What proposes, what prunes, and what is told of the pruned (empty where nobody asks)."""

    sampler: str
    pruner: str
    told: str = ""

    def __str__(self) -> str:
        """Name it in tables."""
        return f"{self.sampler} × {self.pruner}" + (f", {self.told}" if self.told else "")


@dataclass(frozen=True)
class Unit:
    """A study: its task, cell, size and seed, and the fingerprint of the code that ran it."""

    task: str
    cell: Cell
    workers: int
    budget: float
    trials: int
    seed: int
    revision: str


@dataclass(frozen=True)
class Record:
    """A unit, what it found, and the processor time that it took."""

    unit: Unit
    found: Found
    cpu_seconds: float

    def line(self) -> str:
        """Write one JSON line."""
        told = {**asdict(self.unit), **asdict(self.found)}
        return json.dumps({**told, "cpu_seconds": round(self.cpu_seconds, 3)})


@cache
def revision() -> str:
    """Fingerprint what decides and what simulates."""
    digest = hashlib.sha256(version("optuna").encode())
    files = [file for room in _ROOMS for file in sorted((_PACKAGE / room).rglob("*.py"))]
    bench = Path(__file__).parent
    names = ("drivers", "live", "study", "surrogate", "tasks")
    for file in [*files, _PACKAGE / _ROOMS[-1], *(bench / f"search_{name}.py" for name in names)]:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def read(path: Path) -> Iterator[Record]:
    """Read the records of a file."""
    for row in rows_of(path):
        best = [(at, worth) for at, worth in row.pop("best")]
        found = Found(best, row.pop("worths"), row.pop("started"), row.pop("pruned"))
        seconds, cell = row.pop("cpu_seconds"), Cell(**row.pop("cell"))
        yield Record(Unit(cell=cell, **row), found, seconds)


def latest(records: Iterable[Record]) -> list[Record]:
    """Keep the last record of each study, whatever code it is of."""
    found = {}
    for record in records:
        unit = record.unit
        key = (unit.task, unit.cell, unit.workers, unit.budget, unit.trials, unit.seed)
        found[key] = record
    return list(found.values())
