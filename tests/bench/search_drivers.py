"""What proposes and prunes in a study: Espalier's own parts, or the real Optuna."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import optuna

from espalier.backtest.candidate import Candidate
from espalier.planning.proposing.proposing import propose
from espalier.planning.world.study_search import Search
from espalier.pruning import Terms
from espalier.search import (
    SAMPLERS,
    Choice,
    FloatRange,
    PastTrial,
    Scale,
    TellPruned,
    Value,
)
from tests.bench.search_tasks import Task

optuna.logging.set_verbosity(optuna.logging.ERROR)
MEDIAN = {"type": "Median", "median": {"warmupSteps": "10%"}}
PRUNERS: Mapping[str, Mapping[str, Any]] = {
    "Nop": {"type": "Nop"},
    "Median": MEDIAN,
    "Auto": {"type": "Auto"},
}


class Espalier:
    """The proposals that an operator would make, and its judge.

    Parameters
    ----------
    task
        What is searched.
    sampler, pruner, told
        By their names.
    seed, trials
        As a Study has them.
    """

    def __init__(
        self, task: Task, sampler: str, pruner: str, told: TellPruned, seed: int, trials: int
    ) -> None:
        kind = SAMPLERS[sampler]()
        self._search = Search(task.space, kind, seed, task.horizon, told)
        terms = Terms(
            task.direction, task.horizon, study_uid=f"{task.name}/{seed}", seed=seed, trials=trials
        )
        self._engine = Candidate(pruner, PRUNERS[pruner]).make(terms)
        self.report = self._engine.report
        self.close = self._engine.close

    def ask(
        self, number: int, ended: Sequence[PastTrial], running: Sequence[PastTrial]
    ) -> Mapping[str, Value]:
        chosen = propose(self._search, [*ended, *running], number).parameters
        assert chosen is not None, "a space of the bench is used up"
        return chosen


class Optuna:
    """Optuna's TPE and its MedianPruner, both with their defaults but for the warm-up.

    Parameters
    ----------
    task
        What is searched.
    pruner
        ``Nop`` or ``Median``, with the same warm-up as ours.
    seed
        Of the sampler.
    """

    def __init__(self, task: Task, pruner: str, seed: int) -> None:
        pruners = {
            "Nop": optuna.pruners.NopPruner(),
            "Median": optuna.pruners.MedianPruner(n_warmup_steps=math.ceil(0.1 * task.horizon)),
        }
        self._task = task
        self._study = optuna.create_study(
            direction=task.direction.value.lower(),
            sampler=optuna.samplers.TPESampler(seed=seed),
            pruner=pruners[pruner],
        )
        self._trials: dict[int, optuna.Trial] = {}
        self._last: dict[int, float] = {}

    def ask(
        self, number: int, ended: Sequence[PastTrial], running: Sequence[PastTrial]
    ) -> Mapping[str, Value]:
        trial = self._trials[number] = self._study.ask()
        found: dict[str, Value] = {}
        for each in self._task.space.parameters:
            domain, name = each.domain, each.name
            if isinstance(domain, Choice):
                found[name] = trial.suggest_categorical(name, domain.values)
            elif isinstance(domain, FloatRange):
                log = domain.scale is Scale.LOG
                found[name] = trial.suggest_float(name, domain.min, domain.max, log=log)
            else:
                log = domain.scale is Scale.LOG
                found[name] = trial.suggest_int(name, domain.min, domain.max, log=log)
        return found

    def report(self, trial: int, step: int, value: float, at: float) -> Collection[int]:
        asked = self._trials[trial]
        asked.report(value, step)
        self._last[trial] = value
        # As in the operator, nothing is pruned at the last step.
        if step == self._task.horizon or not asked.should_prune():
            return ()
        self._study.tell(asked, state=optuna.trial.TrialState.PRUNED)
        return (trial,)

    def close(self, trial: int, completed: bool, at: float) -> None:
        if math.isnan(self._last[trial]):
            self._study.tell(self._trials[trial], state=optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(self._trials[trial], self._last[trial])
