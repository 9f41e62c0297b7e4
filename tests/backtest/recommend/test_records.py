"""Which curves of a recorded study count, and what is refused, with what to do."""

from __future__ import annotations

import numpy as np
import pytest

from espalier.backtest.curves import Curves
from espalier.backtest.recommend.records import (
    FEWEST_WHOLE,
    RecordedStudy,
    Sample,
    check_usable,
    recorded,
)
from espalier.errors import UsageError
from espalier.pruning import Direction, TrialState
from espalier.pruning.oversight.exempt import Exemption
from tests.backtest.recommend.recorded_studies import log_of, smooth, times

DONE, CUT, FAILED = TrialState.COMPLETED, TrialState.PRUNED, TrialState.FAILED


def values(trials: int) -> np.ndarray:
    return smooth(trials=trials).values


def test_of_a_study_without_pruning_all_whole_curves_count():
    found = recorded(log_of(values(30), [DONE] * 29 + [FAILED]), "made")
    assert (len(found.curves), found.sample, found.pruned) == (29, Sample.ALL, 0)
    check_usable(found)


def test_of_a_pruned_study_the_exempt_trials_are_the_sample_where_there_are_enough():
    log = log_of(values(80), [DONE] * 80, exempt_percent=50.0)
    exempt = Exemption(log.study.terms, 50.0)
    states = [DONE if exempt(trial) or trial % 3 == 0 else CUT for trial in range(80)]
    found = recorded(log_of(values(80), states, exempt_percent=50.0), "made")
    assert (len(found.curves), found.sample) == (40, Sample.EXEMPT)
    assert found.pruned == states.count(CUT)
    fair = [row for trial, row in enumerate(values(80)) if exempt(trial)]
    assert np.array_equal(np.sort(found.curves.values[:, -1]), np.sort(np.array(fair)[:, -1]))


def test_where_too_few_are_exempt_the_survivors_count_and_are_called_so():
    states = [DONE] * 30 + [CUT] * 30
    found = recorded(log_of(values(60), states), "made")
    assert (len(found.curves), found.sample, found.pruned) == (30, Sample.SURVIVORS, 30)
    check_usable(found)


def test_what_a_cut_trial_reported_does_not_count():
    states = [DONE] * 30 + [CUT] * 30
    one = recorded(log_of(values(60), states), "made")
    other = values(60)
    other[30:] *= -7.0
    two = recorded(log_of(other, states), "made")
    assert np.array_equal(one.curves.values, two.curves.values)


@pytest.mark.parametrize(
    "states",
    [
        pytest.param([CUT] * 40, id="all were pruned"),
        pytest.param([FAILED] * 40, id="all failed"),
        pytest.param([DONE], id="there was one trial"),
        pytest.param([DONE] * (FEWEST_WHOLE - 1), id="one is missing"),
        pytest.param([DONE] * (FEWEST_WHOLE - 1) + [CUT] * 40, id="too few survived"),
    ],
)
def test_too_few_whole_curves_are_refused_with_what_to_do(states):
    with pytest.raises(UsageError, match=r"Nop.*exemptPercent") as raised:
        check_usable(recorded(log_of(values(len(states)), states), "made"))
    assert "made: expected" in str(raised.value)


def study(final: list[float]) -> RecordedStudy:
    given = np.tile(np.array(final)[:, None], (1, 5))
    return RecordedStudy(Curves("given", Direction.MINIMIZE, given, times(given)))


@pytest.mark.parametrize(
    "final",
    [
        pytest.param([0.5] * 30, id="all equal"),
        pytest.param([float("nan")] * 30, id="all diverged"),
        pytest.param([0.1] * 20 + [0.9] * 10, id="most are the best"),
        pytest.param([float("inf")] * 30, id="all infinite"),
    ],
)
def test_where_there_is_no_winner_to_lose_the_study_is_refused(final):
    with pytest.raises(UsageError, match="no winner to lose"):
        check_usable(study(final))


def test_some_that_diverged_are_no_hindrance():
    check_usable(study([float("nan")] * 10 + [number / 30 for number in range(30)]))


def test_a_study_of_one_step_is_refused():
    one = np.linspace(0.0, 1.0, 30)[:, None]
    with pytest.raises(UsageError, match="several steps"):
        check_usable(RecordedStudy(Curves("one", Direction.MAXIMIZE, one, times(one))))
