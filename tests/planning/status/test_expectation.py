"""The Study says which trial is expected to be the best, how sure that is, and when it is not."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from espalier.planning.standing.look import look_at
from espalier.planning.status.expectation import doubt, expectation
from espalier.planning.world.record import End, StudyRecord, TrialRecord, confirmed_leaders
from espalier.pruning import Leader, TrialState
from tests.planning.worlds import record, snapshot, study
from tests.pruning.judging import judge_of

FIRST = Leader(2, 0.80, 0.78, 0.74, 0.82, 0.55)
SECOND = Leader(0, 0.90, 0.77, 0.73, 0.81)
THIRD = Leader(1, 0.70, 0.70, 0.66, 0.74)
COMPLETED = End("Completed", "", TrialState.COMPLETED, 5.0)
LASTS = {0: 0.90, 1: 0.70, 2: 0.80}


def done(number, latest):
    return TrialRecord(number, step=9, latest=latest, end=COMPLETED)


def recorded(*leaders, lasts=LASTS, best=0):
    summary = replace(judge_of().summary(), leaders=leaders)
    trials = [done(number, value) for number, value in lasts.items()]
    known = replace(record(*trials, best=best), summary=summary)
    return replace(known, leaders=confirmed_leaders(summary, known.trials))


def told(known: StudyRecord):
    return expectation(look_at(snapshot(study(), record=known)))


def test_the_best_is_the_trial_with_the_best_expected_value_and_the_luckier_one_is_named():
    known = recorded(FIRST, SECOND, THIRD)
    assert known.leading == 2
    assert told(known) == {
        "expected": 0.78,
        "expectedLow": 0.74,
        "expectedHigh": 0.82,
        "sure": 0.55,
        "lastBest": {"number": 0, "value": 0.90},
    }


def test_where_it_has_the_best_last_value_as_well_no_other_is_named():
    assert "lastBest" not in told(recorded(FIRST, THIRD, best=2))


def test_the_judges_word_holds_of_trials_that_are_folded_away():
    known = replace(recorded(FIRST, SECOND, THIRD), trials={})
    assert known.leading == 2
    assert told(known)["expected"] == 0.78


@pytest.mark.parametrize(
    ("known", "best"),
    [
        pytest.param(record(done(0, 0.9), best=0), 0, id="nothing is told"),
        pytest.param(recorded(), 0, id="the judge told of no leaders"),
        pytest.param(
            recorded(FIRST, SECOND, lasts=LASTS | {2: 0.60}), 0, id="a value came after the end"
        ),
        pytest.param(recorded(best=None, lasts={}), None, id="no trial completed"),
    ],
)
def test_without_a_word_of_the_judge_that_still_holds_the_last_value_decides(known, best):
    assert known.leading == best
    assert told(known) == {}
    assert doubt(known) == ""


def test_a_leader_whose_end_is_not_stored_yet_is_not_named():
    known = recorded(FIRST, SECOND, lasts={0: 0.90, 1: 0.70})
    assert known.leading == 0
    assert told(known)["expected"] == 0.77


def test_of_values_that_do_not_tell_how_noisy_they_are_nothing_is_expected():
    known = recorded(Leader(0, 0.9, 0.9), Leader(2, 0.8, 0.8))
    assert known.leading == 0
    assert told(known) == {}
    assert doubt(known) == ""


def test_what_json_cannot_hold_is_left_out():
    fields = told(recorded(replace(FIRST, low=-math.inf), best=2))
    assert fields["expectedLow"] is None
    assert fields["expectedHigh"] == 0.82


def test_a_best_trial_that_noise_does_not_tell_from_others_is_doubted():
    assert doubt(recorded(FIRST, SECOND, THIRD)) == (
        "The best, trial 2, cannot be told from 1 other by values this noisy: it is the best of "
        "all with a probability of 55%. spec.finalists runs the best ones again with other seeds."
    )
    fourth = Leader(1, 0.7, 0.76, 0.70, 0.79)
    assert "from 2 others" in doubt(recorded(FIRST, SECOND, fourth))


@pytest.mark.parametrize("sure", [0.9, 1.0])
def test_a_sure_one_is_not(sure):
    assert doubt(recorded(replace(FIRST, sure=sure), SECOND)) == ""


def test_one_whose_rivals_are_all_out_of_reach_is_not():
    assert doubt(recorded(FIRST, THIRD)) == ""
