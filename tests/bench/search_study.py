"""A study in virtual time: so many workers, trials proposed as they become free."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Protocol

from espalier.search import Outcome, PastTrial, Value
from tests.bench.search_tasks import Course, Task


class Driver(Protocol):
    """What proposes and prunes: Espalier, or Optuna."""

    def ask(
        self, number: int, ended: Sequence[PastTrial], running: Sequence[PastTrial]
    ) -> Mapping[str, Value]:
        """Propose what a trial runs."""

    def report(self, trial: int, step: int, value: float, at: float) -> Collection[int]:
        """Take in a value; return the trials that are pruned now, this one or others."""

    def close(self, trial: int, completed: bool, at: float) -> None:
        """Take in that the trial ended by itself."""


@dataclass(frozen=True)
class Size:
    """How large a study is.

    Parameters
    ----------
    workers
        How many trials run at the same time.
    budget
        GPU time after which it ends, in whole mean trials.
    trials
        How many trials it starts at most.
    """

    workers: int
    budget: float
    trials: int


@dataclass
class Found:
    """What came of a study.

    Parameters
    ----------
    best
        (GPU time, worth) each time another trial led by its last score.
    worths
        Of all that completed.
    started, pruned
        How many.
    """

    best: list[tuple[float, float]] = field(default_factory=list)
    worths: list[float] = field(default_factory=list)
    started: int = 0
    pruned: int = 0


@dataclass
class _Run:
    number: int
    parameters: Mapping[str, Value]
    course: Course
    scores: list[float] = field(default_factory=list)

    def past(self, outcome: Outcome) -> PastTrial:
        if outcome is Outcome.RUNNING:
            return PastTrial(self.number, self.parameters, outcome)
        steps = range(1, len(self.scores) + 1)
        return PastTrial(self.number, self.parameters, outcome, tuple(steps), tuple(self.scores))


class Study:
    """One study, run once.

    Parameters
    ----------
    task, driver, size
        What is searched, by what, and for how long.
    """

    def __init__(self, task: Task, driver: Driver, size: Size) -> None:
        self._task, self._driver, self._size = task, driver, size
        self._ended: list[PastTrial] = []
        self._running: dict[int, _Run] = {}
        self._due: list[tuple[float, int, int]] = []
        self._arrivals = 0
        self._leader = float("-inf")
        self.found = Found()

    def run(self) -> Found:
        """Run it to its end; all workers are busy until then."""
        size, sign = self._size, self._task.direction.sign
        for _ in range(size.workers):
            self._start(0.0)
        while self._due and self._due[0][0] * size.workers <= size.budget:
            at, _, number = heapq.heappop(self._due)
            run = self._running.get(number)
            if run is None:
                continue
            value = next(run.course.values)
            run.scores.append(sign * value)
            step = len(run.scores)
            gone = self._driver.report(number, step, value, at)
            for other in sorted(gone):
                self._prune(other, at)
            if number in gone:
                continue
            if step < self._task.horizon:
                self._expect(run, at)
            else:
                self._complete(run, at)
        return self.found

    def _start(self, at: float) -> None:
        number = self.found.started
        if number == self._size.trials:
            return
        running = [self._running[each].past(Outcome.RUNNING) for each in sorted(self._running)]
        parameters = self._driver.ask(number, self._ended, running)
        run = _Run(number, parameters, self._task.begin(parameters))
        self._running[number] = run
        self.found.started += 1
        self._expect(run, at)

    def _expect(self, run: _Run, at: float) -> None:
        self._arrivals += 1
        heapq.heappush(self._due, (at + run.course.step_time, self._arrivals, run.number))

    def _prune(self, number: int, at: float) -> None:
        self._ended.append(self._running.pop(number).past(Outcome.PRUNED))
        self.found.pruned += 1
        self._start(at)

    def _complete(self, run: _Run, at: float) -> None:
        self._driver.close(run.number, True, at)
        self._ended.append(self._running.pop(run.number).past(Outcome.COMPLETED))
        last = run.scores[-1]
        if isfinite(last):
            worth = run.course.worth(last)
            self.found.worths.append(worth)
            if last > self._leader:
                self._leader = last
                self.found.best.append((at * self._size.workers, worth))
        self._start(at)
