"""By how much a value may be behind by noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import Auto, Direction, Ledger, Reason, Report, Terms, TrialState
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.dense_rungs import DenseRungs
from espalier.pruning.pruners.auto.noise_margin import MARGIN_IN_NOISE, Noise, noise_seen

HORIZON = 40
NOBODY = Curve(999)


def ledger_of(values: np.ndarray, completed: int, direction=Direction.MAXIMIZE) -> Ledger:
    """A study whose first trials have completed; the others go on."""
    ledger = Ledger(Terms(direction, HORIZON, trials=len(values)))
    for trial, curve in enumerate(values):
        for step, value in enumerate(curve, 1):
            ledger.append(Report(trial, 1, step, float(value)))
        if trial < completed:
            ledger.close(trial, TrialState.COMPLETED)
    return ledger


def seen(ledger: Ledger, judged: Curve = NOBODY) -> Noise:
    return noise_seen(ledger, DenseRungs.of(ledger, HORIZON), judged)


def noisy(seed: int, deviation: float, steps: int, trials: int = 12) -> np.ndarray:
    rng = np.random.default_rng(seed)
    levels = np.arange(trials)[:, None] * 0.1
    return levels + rng.normal(0.0, deviation, (trials, steps))


@pytest.mark.parametrize("completed", [0, 12])
def test_the_noise_is_seen_before_anything_has_completed_and_after(completed):
    ledger = ledger_of(noisy(3, 0.5, HORIZON if completed else HORIZON - 2), completed)
    noise = seen(ledger)
    assert noise.level == pytest.approx(0.5, rel=0.4)
    assert noise.margin == pytest.approx(MARGIN_IN_NOISE * noise.level + noise.grain)


@pytest.mark.parametrize("completed", [0, 12])
def test_on_straight_courses_there_is_next_to_no_margin(completed):
    steps = np.arange(HORIZON if completed else HORIZON - 2)
    values = 0.1 * np.arange(12)[:, None] + 0.01 * steps
    assert seen(ledger_of(values, completed)).level == pytest.approx(0.0, abs=1e-9)


def test_a_single_case_of_a_small_validation_set_is_a_grain():
    rng = np.random.default_rng(5)
    values = rng.integers(30, 34, (12, HORIZON)) / 60
    assert seen(ledger_of(values, 12)).grain == pytest.approx(1 / 60)


@given(st.integers(0, 50), st.floats(0.01, 100.0))
def test_the_margin_grows_with_the_scale_of_the_metric(seed, scale):
    values = noisy(seed, 0.3, HORIZON)
    one, scaled = seen(ledger_of(values, 6)), seen(ledger_of(scale * values, 6))
    assert scaled.margin == pytest.approx(scale * one.margin)


@given(st.integers(0, 50), st.integers(0, 11), st.floats(-5, 5))
def test_the_trial_that_is_judged_has_no_say_in_the_noise(seed, judged, gain):
    values = noisy(seed, 0.3, 20)
    other = values.copy()
    other[judged] += gain
    before, after = (
        seen(ledger, ledger.curve(judged)) for ledger in (ledger_of(values, 0), ledger_of(other, 0))
    )
    assert before == after


@pytest.mark.parametrize("direction", list(Direction))
def test_a_trial_that_noise_may_have_put_behind_is_kept_and_told_so(direction):
    rng = np.random.default_rng(0)
    values = direction.sign * (np.ones((30, 1)) + rng.normal(0, 0.2, (30, HORIZON)))
    ledger = ledger_of(values, 30, direction)
    step = 15
    for value in direction.sign * (0.8 + rng.normal(0, 0.2, step)):
        ledger.append(Report(30, 1, 1 + len(ledger.curve(30)), float(value)))
    decision = Auto().judge(ledger, 30)
    assert decision.reason is Reason.WITHIN_NOISE
    assert decision.evidence["margin"] >= MARGIN_IN_NOISE * decision.evidence["noise"] > 0.2
    assert "is noise" in decision.sentence()
    # Far enough behind it goes all the same.
    for at in range(1, step + 1):
        ledger.append(Report(31, 1, at, direction.sign * -5.0))
    assert Auto().judge(ledger, 31).prunes
