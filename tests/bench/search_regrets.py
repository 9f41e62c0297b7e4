"""Regret of the bench's studies after a share of their budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from statistics import fmean

import numpy as np

from tests.bench.search_record import Cell, Record

RANDOM = Cell("Random", "Nop")


@dataclass(frozen=True)
class Regrets:
    """Regret of each seed's study, by task and cell, after a share of the budget.

    A study's regret is how far the worth of the trial that led by its last score is behind the best
    worth that any study of the task found, in units of that best minus the median of what random
    trials are worth. Before a trial has completed it is 1, and never more.
    """

    records: Mapping[str, Mapping[Cell, Mapping[int, Record]]]
    best: Mapping[str, float]
    unit: Mapping[str, float]

    @classmethod
    def of(cls, records: Sequence[Record]) -> Regrets:
        """Arrange the records of studies of one size; a task without random trials is left out."""
        found: dict[str, dict[Cell, dict[int, Record]]] = {}
        worths: dict[str, list[float]] = {}
        drawn: dict[str, list[float]] = {}
        for record in sorted(records, key=lambda each: (each.unit.task, each.unit.seed)):
            unit = record.unit
            found.setdefault(unit.task, {}).setdefault(unit.cell, {})[unit.seed] = record
            worths.setdefault(unit.task, []).extend(filter(isfinite, record.found.worths))
            if unit.cell == RANDOM:
                drawn.setdefault(unit.task, []).extend(record.found.worths)
        best = {task: max(worths[task]) for task in drawn}
        unit_of = {task: best[task] - float(np.median(each)) for task, each in drawn.items()}
        return cls({task: found[task] for task in drawn}, best, unit_of)

    def at(self, task: str, cell: Cell, share: float) -> dict[int, float]:
        """Give each seed's regret."""
        found = {}
        for seed, record in self.records[task].get(cell, {}).items():
            led = [
                worth for at, worth in record.found.best if at <= share * record.unit.budget
            ] or [nan]
            regret = (self.best[task] - led[-1]) / self.unit[task]
            found[seed] = regret if regret < 1.0 else 1.0
        return found

    def mean(self, task: str, cell: Cell, share: float) -> float:
        """Give the mean over seeds."""
        return fmean(self.at(task, cell, share).values())

    def whole(self, cell: Cell) -> bool:
        """Whether every task has the cell."""
        return all(cell in each for each in self.records.values())

    @property
    def cells(self) -> list[Cell]:
        """All cells, in the order in which they were run."""
        return list(dict.fromkeys(cell for each in self.records.values() for cell in each))


def groups(records: Sequence[Record]) -> dict[tuple[str, int, float], Regrets]:
    """Give the regrets of each size of studies (workers, budget), recorded and live tasks apart."""
    found: dict[tuple[str, int, float], list[Record]] = {}
    for record in records:
        kind = "live" if record.unit.task.startswith("live") else "recorded"
        found.setdefault((kind, record.unit.workers, record.unit.budget), []).append(record)
    made = {key: Regrets.of(each) for key, each in sorted(found.items(), reverse=True)}
    return {key: regrets for key, regrets in made.items() if regrets.records}
