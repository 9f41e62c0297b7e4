"""What the trials that have ended tell of costs, in columns that are kept in order.

An estimate of what pruning has saved needs ranks and sums over all of them. Here they are kept up
to date one trial at a time, and what is kept depends on which trials there are, not on the order in
which they came or went.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from sortedcontainers import SortedList

from espalier.planning.world.exact import exact
from espalier.planning.world.record import TrialRecord
from espalier.pruning import Reason, TrialState

Array = NDArray[np.float64]
D = TypeVar("D")

_CREDIBLE = 4.0
"""Steps at which a trial's own pace has the same weight as what the others tell of it.

The time between two reports is that between their arrivals, which may be late, the first one above
all; over some steps that is little.
"""

NUMBER, STEP, HELD, DEVICES, LAST, PACE, TRUST, TOLD, SAID_STEPS, SAID_SECONDS = range(10)
"""Rows of the table of pruned trials: see `PrunedTable`."""
_ROWS: Final = 10


class PrunedTable:
    """One column for each pruned trial that has ended, in the order of their numbers.

    Its rows are the trial's number and step; the seconds for which it held a node, its accelerators
    on the mean over these, and the seconds for which its last attempt did; its own seconds a step
    (NaN if its reports do not tell) and the weight of that; whether its object is there, and what
    that says of steps and seconds saved (NaN where it says nothing).
    """

    def __init__(self) -> None:
        self._cells: Array = np.zeros((_ROWS, 64))
        self._count = 0
        self.steps: Counter[float] = Counter()

    def __len__(self) -> int:
        return self._count

    @property
    def cells(self) -> Array:
        """The table; to be copied by who keeps it."""
        return self._cells[:, : self._count]

    def place(self, number: int) -> int:
        """Return the column that a trial has, or would have."""
        return int(np.searchsorted(self._cells[NUMBER, : self._count], number))

    def put(self, column: list[float]) -> None:
        """Add a trial that is not there."""
        count = self._count
        if count == self._cells.shape[1]:
            self._cells = np.concatenate([self._cells, np.zeros_like(self._cells)], axis=1)
        at = self.place(int(column[NUMBER]))
        self._cells[:, at + 1 : count + 1] = self._cells[:, at:count].copy()
        self._cells[:, at] = column
        self._count += 1
        self.steps[column[STEP]] += 1

    def take(self, number: int) -> None:
        """Remove a trial that is there."""
        at, count = self.place(number), self._count
        step = float(self._cells[STEP, at])
        self.steps[step] -= 1
        if not self.steps[step]:
            del self.steps[step]
        self._cells[:, at : count - 1] = self._cells[:, at + 1 : count].copy()
        self._count -= 1


class EndedCosts:
    """What the completed and the pruned trials of a study have cost.

    Attributes
    ----------
    pruned : PrunedTable
        The pruned ones.
    last_steps : Counter of int
        How many trials completed at which step; those without one are left out here and below.
    paces : sorted list of float
        Seconds a step of those that tell, completed and pruned.
    weighted, weights : int
        Exact sums of the paces, each with the weight that it has, and of the weights.
    asides : sorted list of float
        Of completed trials that held a node and tell their pace: the seconds for which the last
        attempt held it besides its steps.
    slow : dict
        Of those that do not tell their pace: the seconds of the last attempt, and the step.
    held : sorted list of float
        Seconds for which completed trials held nodes, where they did.
    """

    def __init__(self) -> None:
        self.pruned = PrunedTable()
        self.last_steps: Counter[int] = Counter()
        self.paces: SortedList[float] = SortedList()
        self.weighted = 0
        self.weights = 0
        self.asides: SortedList[float] = SortedList()
        self.slow: dict[int, tuple[float, float]] = {}
        self.held: SortedList[float] = SortedList()
        self._derived: dict[object, object] = {}

    def derived(self, make: Callable[[EndedCosts], D]) -> D:
        """Return what is made of these costs, made once until they change."""
        if make not in self._derived:
            self._derived[make] = make(self)
        return cast(D, self._derived[make])

    def add(self, trial: TrialRecord, said: tuple[float, float] | None) -> None:
        """Take in a trial that has ended.

        Parameters
        ----------
        trial
            With its end.
        said
            What its object says of steps and seconds saved, NaN for nothing; None if it has none.
        """
        self._derived.clear()
        if _is_saving(trial):
            told, (steps, seconds) = said is not None, said or (np.nan, np.nan)
            held = trial.end.held if trial.end else 0.0
            own = pace_of(trial)
            self.pruned.put(
                [
                    trial.number,
                    step_of(trial),
                    held,
                    _devices(trial),
                    held_last(trial),
                    np.nan if own is None else own,
                    trust_in(trial),
                    float(told),
                    steps,
                    seconds,
                ]
            )
        self._count(trial, 1)

    def remove(self, trial: TrialRecord) -> None:
        """Take a trial out that was taken in as it is."""
        self._derived.clear()
        if _is_saving(trial):
            self.pruned.take(trial.number)
        self._count(trial, -1)

    def _count(self, trial: TrialRecord, by: int) -> None:
        completed = _ended(trial, TrialState.COMPLETED) and trial.step is not None
        if not (completed or _ended(trial, TrialState.PRUNED)):
            return
        pace = pace_of(trial)
        if pace is not None:
            weight = trust_in(trial)
            change(self.paces, pace, by)
            self.weighted += by * exact(pace * weight)
            self.weights += by * exact(weight)
        if not completed or trial.step is None:
            return
        self.last_steps[trial.step] += by
        if not self.last_steps[trial.step]:
            del self.last_steps[trial.step]
        if trial.end is None or trial.end.held <= 0.0:
            return
        change(self.held, trial.end.held, by)
        if pace is not None:
            change(self.asides, held_last(trial) - pace * step_of(trial), by)
        elif by > 0:
            self.slow[trial.number] = held_last(trial), step_of(trial)
        else:
            del self.slow[trial.number]


def change(values: SortedList[D], value: D, by: int) -> None:
    """Put a value in, or take one like it out where `by` is negative."""
    values.add(value) if by > 0 else values.remove(value)


def _ended(trial: TrialRecord, state: TrialState) -> bool:
    return trial.end is not None and trial.end.state == state


def _is_saving(trial: TrialRecord) -> bool:
    """Whether the pruner has ended it; what a person prunes, Espalier has not saved."""
    by_person = trial.prune is not None and trial.prune.reason is Reason.PRUNED_BY_PERSON
    return _ended(trial, TrialState.PRUNED) and not by_person


def step_of(trial: TrialRecord) -> float:
    """Return the highest step that a trial has reported; 0 for none."""
    return float(trial.step or 0)


def pace_of(trial: TrialRecord) -> float | None:
    """Return the seconds a step between the trial's reports; None where they do not tell."""
    pace = trial.end.pace if trial.end is not None and trial.end.pace else trial.pace
    return pace if pace is not None and 0.0 < pace < float("inf") else None


def trust_in(trial: TrialRecord) -> float:
    """Return the weight of a trial's own pace against that of the others, from 0 to 1."""
    steps = max(1.0, step_of(trial) - 1.0)
    return steps / (steps + _CREDIBLE) if pace_of(trial) else 0.0


def held_last(trial: TrialRecord) -> float:
    """Return the seconds for which the last attempt held a node: all but those of the others."""
    held = trial.end.held if trial.end is not None else 0.0
    return max(0.0, held - sum(attempt.held for attempt in trial.attempts[:-1]))


def _devices(trial: TrialRecord) -> float:
    end = trial.end
    return end.gpu_seconds / end.held if end is not None and end.held > 0 else 0.0
