"""The posterior's fits and rivals are those that the plain formulae give."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.pruning import Direction, Ledger, Report, Terms, TrialState
from espalier.pruning.history.dense_rungs import DenseRungs
from espalier.pruning.pruners.posterior.pruner import RIVALS_COMPARED, best_rivals, forecast
from espalier.pruning.pruners.posterior.regression import (
    PRIOR_FREEDOM,
    PRIOR_MEAN,
    PRIOR_PRECISION,
    PRIOR_VARIANCE,
    Regressions,
    better_half,
    rows_of,
    transition,
)
from espalier.pruning.pruners.posterior.rivals import Rivals
from tests.pruning.histories import Shape, draw, feed

HORIZON = 40
WAY = 0.3


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(2, 70))
def test_a_transition_is_the_conjugate_regression(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    top = [(score, trial) for trial, score in enumerate(np.sort(rng.normal(size=size)).tolist())]
    moves = rng.standard_t(2, size=(size, 2)).tolist()
    rows = [(top[i][0], top[i][0] - a, top[i][0] + b) for i, (a, b) in enumerate(moves) if i % 3]
    found = transition(top, rows, WAY)
    assert found is not None
    spread, cut = float(np.std([score for score, _ in top])), top[0][0]
    score, before, after = np.array(rows).T
    x = np.column_stack(
        [np.ones(len(rows)), (score - cut) / spread, np.clip((score - before) / spread, -3, 3)]
    )
    y = np.clip((after - score) / spread, -6, 12)
    precision, mean = np.diag(PRIOR_PRECISION), np.array(PRIOR_MEAN)
    beta = np.linalg.solve(precision + x.T @ x, precision @ mean + x.T @ y)
    error, moved, freedom = y - x @ beta, beta - mean, PRIOR_FREEDOM + len(rows)
    scale = PRIOR_FREEDOM * PRIOR_VARIANCE * WAY + error @ error + moved @ precision @ moved
    scale *= (1 + 1 / (1 + len(rows))) / freedom
    expected = (spread * beta[0] - beta[1] * cut, 1 + beta[1], beta[2], scale * spread**2)
    actual = (found.bias, found.level, found.slope, found.variance)
    assert actual == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert (found.freedom, found.spread) == (freedom, pytest.approx(spread))


shapes = st.builds(
    Shape,
    trials=st.integers(4, 40),
    steps=st.just(HORIZON),
    workers=st.integers(1, 30),
    ties=st.booleans(),
    nan_share=st.sampled_from([0.0, 0.05]),
)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    shape=shapes,
    window=st.sampled_from([None, 12]),
    every=st.integers(7, 40),
)
def test_what_is_kept_up_to_date_is_what_is_made_anew(
    seed: int, shape: Shape, window: int | None, every: int
) -> None:
    ledger = Ledger(Terms(Direction.MAXIMIZE, HORIZON, window=window))
    rivals = Rivals.of(ledger, HORIZON)
    for i, event in enumerate(draw(seed, shape)):
        feed(ledger, event)
        if i % every:
            continue
        course, reaches = rivals.course, rivals.regressions.reaches()
        assert repr(reaches) == repr(Regressions(course).reaches())
        found = rivals.best(reaches, event.trial, RIVALS_COMPARED)
        assert found == counted(ledger, rivals, event.trial)


def counted(ledger: Ledger, rivals: Rivals, asking: int) -> list[int]:
    course, reaches = rivals.course, rivals.regressions.reaches()
    running = [c.number for c in ledger.peers() if c.state is TrialState.RUNNING]
    others = [trial for trial in running if trial != asking and course.scores.get(trial)]
    found = [forecast(course, reaches, trial) for trial in others]
    found = [f for f in found if math.isfinite(f.mean) and math.isfinite(f.scale)]
    found.sort(key=lambda f: (-f.mean, f.trial))
    return [f.trial for f in found[:RIVALS_COMPARED]]


def test_a_fit_is_kept_while_its_trials_stay_the_same() -> None:
    ledger = Ledger(Terms(Direction.MAXIMIZE, HORIZON))
    rivals = Rivals.of(ledger, HORIZON)

    def runs(trial: int, level: float) -> None:
        for step in range(1, HORIZON + 1):
            ledger.append(Report(trial, 1, step, level + trial % 7 / step))
        ledger.close(trial, TrialState.COMPLETED)

    for trial in range(200):
        runs(trial, trial / 10)
    before = rivals.regressions.reaches()
    runs(200, -5.0)
    assert rivals.regressions.reaches() is before
    runs(201, 50.0)
    assert rivals.regressions.reaches() is not before


def test_rows_are_of_trials_seen_at_both_ends() -> None:
    ledger = Ledger(Terms(Direction.MAXIMIZE, HORIZON))
    course = DenseRungs.of(ledger, HORIZON)
    for trial in range(6):
        for step in range(1, HORIZON + 1 if trial % 2 else 5):
            ledger.append(Report(trial, 1, step, float(trial)))
        if trial % 2:
            ledger.close(trial, TrialState.COMPLETED)
    rows, missing = rows_of(course, 0, better_half(course.columns[0]))
    assert (rows, missing) == ([(3.0, 3.0, 3.0), (5.0, 5.0, 5.0)], [4])
    last = len(course.steps) - 1
    assert rows_of(course, last, better_half(course.columns[last]))[1] == []


def test_nobody_else_is_running() -> None:
    ledger = Ledger(Terms(Direction.MAXIMIZE, HORIZON))
    rivals = Rivals.of(ledger, HORIZON)
    ledger.append(Report(0, 1, 20, 1.0))
    found = best_rivals(rivals, rivals.regressions.reaches(), 0)
    assert [(rival.trial, rival.mean) for rival in found] == [(0, -math.inf)]
