"""Studies that began under the first edition are judged as they were, to the last bit."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from espalier.backtest.curves import read_file
from espalier.backtest.simulate import simulate
from espalier.pruning import Auto, Judge, Report, Terms, TrialState

CURVES = Path(__file__).parents[3] / "curves"
TRIALS, WORKERS = 60, 6
DECIDED = {
    ("mlp_digits_nll", 0.05): ("2929d1bd6a8aabcd", 47),
    ("mlp_digits_nll", 0.2): ("2ac6cb6ec605c4a8", 51),
    ("mlp_mroz_smallval_acc", 0.05): ("e391b94572b6d176", 45),
    ("mlp_mroz_smallval_acc", 0.2): ("8d72844c1d336b2f", 52),
    ("imp_digits_acc", 0.05): ("b3a7ab95f4c3e84c", 44),
    ("imp_digits_acc", 0.2): ("24c80dd27ab7ca1c", 51),
}
"""Digest of the decisions, and how many trials were pruned, by the code before edition 2."""


class Recorder:
    """A judge that keeps a digest of all that it decides."""

    def __init__(self, terms: Terms, risk: float) -> None:
        self.judge = Judge(Auto(risk=risk), terms)
        self.digest = hashlib.sha256()
        self.pruned = 0

    def report(self, trial: int, step: int, value: float, at: float) -> list[int]:
        decisions = self.judge.report(Report(trial, 1, step, value), at).decisions
        for decision in decisions:
            self.digest.update(json.dumps(decision.to_dict(), sort_keys=True).encode())
        gone = [decision.trial for decision in decisions if decision.prunes]
        self.pruned += len(gone)
        return gone

    def close(self, trial: int, completed: bool, at: float) -> None:
        self.judge.close(trial, TrialState.COMPLETED if completed else TrialState.FAILED, at)


@pytest.mark.parametrize(("task", "risk"), DECIDED)
def test_the_first_edition_decides_on_recorded_curves_as_it_did(task, risk):
    curves = read_file(CURVES / f"{task}.npz").take(range(TRIALS))
    terms = Terms(
        curves.direction, curves.steps, study_uid=task, trials=TRIALS, clamps=True, edition=1
    )
    recorder = Recorder(terms, risk)
    simulate(curves, WORKERS, recorder)
    assert (recorder.digest.hexdigest()[:16], recorder.pruned) == DECIDED[task, risk]
