"""Studies of the first edition are judged as they were, decision by decision."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from espalier.backtest.curves import Curves, read_file
from espalier.backtest.measure import Setting
from espalier.backtest.simulate import simulate
from espalier.pruning import Guards, Judge, Median, Posterior, Pruner, Report, Terms, TrialState

RECORDED = Path(__file__).parents[1] / "curves"
SETTING = Setting(workers=8, trials=48)


class Told:
    """Judges, and keeps in a digest who was kept and pruned, where and for what reason."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.digest = hashlib.sha256()

    def report(self, trial: int, step: int, value: float, at: float) -> list[int]:
        pruned = []
        for each in self.judge.report(Report(trial, 1, step, value), at).decisions:
            told = (each.trial, each.step, each.action.value, each.reason.value)
            self.digest.update(repr(told).encode())
            if each.prunes:
                pruned.append(each.trial)
        return pruned

    def close(self, trial: int, completed: bool, at: float) -> None:
        self.judge.close(trial, TrialState.COMPLETED if completed else TrialState.FAILED, at)


def judged(task: str, pruner: Pruner, pace: float, edition: int) -> Told:
    """Judge a recorded study whose steps take so many seconds on average."""
    curves = read_file(RECORDED / f"{task}.npz")
    seconds = curves.seconds * (pace * curves.steps / float(curves.seconds[:, -1].mean()))
    drawn = Curves(curves.name, curves.direction, curves.values, seconds).take(
        SETTING.order(curves, 0)
    )
    terms = Terms(drawn.direction, drawn.steps, study_uid=task, trials=len(drawn), edition=edition)
    told = Told(Judge(pruner, terms, Guards()))
    simulate(drawn, SETTING.workers, told)
    return told


CASES = [
    ("lgbm_diamonds_rmse", Posterior(), 60.0, "4de76f54dea32bef"),
    ("mlp_mroz_smallval_acc", Posterior(risk=0.2), 60.0, "0891cb69ad64fa2a"),
    # Here the circuit breaker opens, which looked at a minute.
    ("tfm_stdlib_nats", Median(), 10.0, "1a97a53141c85cbd"),
]


@pytest.mark.parametrize(("task", "pruner", "pace", "digest"), CASES)
def test_a_recorded_study_is_judged_as_it_was(task, pruner, pace, digest) -> None:
    assert judged(task, pruner, pace, edition=1).digest.hexdigest()[:16] == digest


@pytest.mark.parametrize(("task", "pruner", "pace", "digest"), CASES)
def test_the_newest_edition_decides_otherwise(task, pruner, pace, digest) -> None:
    assert judged(task, pruner, pace, edition=2).digest.hexdigest()[:16] != digest
