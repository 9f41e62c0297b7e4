"""What earlier studies of a task have shown, and what it does to a study that begins."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import Direction, Judge, Ledger, Report, Terms, TrialState
from espalier.pruning.history.dense_rungs import DenseRungs, rungs_up_to
from espalier.pruning.oversight.guards import Guards
from espalier.pruning.pruners.auto.agreement import Agreement, distance
from espalier.pruning.pruners.auto.prior import MOST_SCORES, EarlierStudy, Prior, prior_of
from espalier.pruning.pruners.auto.pruner import Auto
from espalier.pruning.pruners.auto.ranked_among import RankedAmong
from espalier.pruning.pruners.auto.stand_ins import LEADERS_OF_PRIOR, StandIns
from espalier.pruning.pruners.auto.winners_rank import WinnersRank

HORIZON = 50
UP = Direction.MAXIMIZE
LEVELS = st.lists(st.floats(-100.0, 100.0), min_size=1, max_size=120)


def ledger_of(levels: list[float], direction: Direction = UP, trials: int | None = None) -> Ledger:
    """Trials that stay at their levels to the end."""
    ledger = Ledger(Terms(direction, HORIZON, trials=trials))
    for trial, level in enumerate(levels):
        for step in range(1, HORIZON + 1):
            ledger.append(Report(trial, 1, step, level))
        ledger.close(trial, TrialState.COMPLETED)
    return ledger


def prior(*studies: list[float], direction: Direction = UP) -> Prior:
    named = ((str(place), ledger_of(each, direction)) for place, each in enumerate(studies))
    found = prior_of(direction, HORIZON, named)
    assert found is not None
    return found


def judged(levels: list[float], begins_with: Prior | None, trials: int = 24) -> dict[int, int]:
    """By trial at which step it was pruned, of trials that run one after another."""
    terms = Terms(UP, HORIZON, trials=trials)
    judge = Judge(Auto(prior=begins_with), terms, Guards(exempt_percent=0.0))
    pruned = {}
    for trial, level in enumerate(levels):
        for step in range(1, HORIZON + 1):
            decision = judge.report(Report(trial, 1, step, level), float(step)).decision
            if decision is not None and decision.prunes:
                pruned[trial] = step
                break
        else:
            judge.close(trial, TrialState.COMPLETED, float(HORIZON))
    return pruned


SPREAD = [float(level) for level in range(1, 101)]


@given(LEVELS, st.sampled_from(list(Direction)))
def test_a_prior_written_as_json_is_the_same_prior(levels, direction):
    found = prior(levels, [1.0, 2.0, 3.0], direction=direction)
    assert Prior.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found


@given(LEVELS, st.floats(-100.0, 100.0))
def test_thinned_scores_rank_as_all_do_but_for_their_distance(levels, score):
    (study,) = prior(levels).studies
    better = sum(level > score for level in levels)
    assert len(study.columns[0]) == min(len(levels), MOST_SCORES)
    assert abs(study.better(0, score) - better) <= len(levels) / MOST_SCORES


def test_studies_that_never_reached_a_rung_show_nothing():
    assert prior_of(UP, HORIZON, [("empty", Ledger(Terms(UP, HORIZON)))]) is None


def test_values_that_diverged_are_known_as_worse_and_take_no_place():
    (study,) = prior([math.nan, 1.0, 2.0]).studies
    assert (study.known[0], study.reached[0]) == (3, 2)


@pytest.mark.parametrize(
    "broken",
    [
        {"columns": [[1.0]]},
        {"reached": [0]},
        {"known": [1]},
        {"spreads": []},
        {"columns": [[2.0, 1.0]] * (len(rungs_up_to(HORIZON)) + 1)},
        {"columns": [[math.inf]] * (len(rungs_up_to(HORIZON)) + 1)},
        {"known": [0] * (len(rungs_up_to(HORIZON)) + 1)},
    ],
    ids=lambda broken: next(iter(broken)),
)
def test_what_does_not_fit_together_is_refused(broken):
    values = prior([1.0, 2.0, 3.0]).to_dict()
    values["studies"][0] |= broken
    with pytest.raises(ValueError, match="expected"):
        Prior.from_dict(values)


@given(LEVELS)
def test_a_study_is_at_no_distance_from_itself(levels):
    course = DenseRungs.of(ledger_of(levels), HORIZON)
    (study,) = prior(levels).studies
    within = 1.0 / MOST_SCORES if len(levels) > MOST_SCORES else 1e-9
    assert all(distance(course, study, rung) <= within for rung in range(len(course.steps)))


@given(LEVELS, LEVELS)
def test_a_distance_is_that_of_kolmogorov_and_smirnov(own, earlier):
    own, earlier = own[:40], earlier[:40]
    course = DenseRungs.of(ledger_of(own), HORIZON)
    (study,) = prior(earlier).studies
    expected = max(
        abs(sum(a > v for a in own) / len(own) - sum(b > v for b in earlier) / len(earlier))
        for v in (*own, *earlier)
    )
    assert distance(course, study, 0) == pytest.approx(expected)


def test_an_earlier_study_of_another_scale_is_dropped_and_the_others_stay():
    found = prior(SPREAD, [level + 1000.0 for level in SPREAD])
    ledger = ledger_of([30.0, 60.0, 90.0, 20.0])
    assert [study.name for study in Agreement.of(ledger, found).at(0)] == ["0"]


def test_agreement_is_looked_at_anew_as_trials_come():
    found, ledger = prior(SPREAD), ledger_of([50.0])
    agreement = Agreement.of(ledger, found)
    assert agreement.at(0) == found.studies
    for trial in range(1, 9):
        ledger.append(Report(trial, 1, HORIZON, -50.0))
    assert agreement.at(0) == ()


def test_stand_ins_count_as_many_as_are_yet_to_come_and_fade():
    found = prior(SPREAD)
    weights = []
    for own in (2, 3, 12, 24, 30):
        ledger = ledger_of(SPREAD[10 : 10 + 2 * own : 2], trials=24)
        course = DenseRungs.of(ledger, HORIZON)
        stand_ins = StandIns(found.studies, 1)
        weights.append(stand_ins.crowd(ledger, course, ledger.curve(0), 0).weight * len(SPREAD))
    assert weights == pytest.approx([0.0, 21.0, 12.0, 0.0, 0.0])


def test_earlier_leaders_count_as_three_however_many_there_are():
    before = WinnersRank.prior(24)
    after = StandIns(prior(SPREAD, SPREAD).studies, 2).winner(before)
    assert after.shape == before.shape + LEADERS_OF_PRIOR
    assert after.rate == before.rate  # None of them was behind.


@pytest.mark.parametrize(
    ("direction", "horizon"), [(Direction.MINIMIZE, HORIZON), (UP, HORIZON + 1)]
)
def test_a_prior_of_another_direction_or_horizon_takes_no_part(direction, horizon):
    named = [("s", ledger_of(SPREAD, direction))]
    found = prior_of(direction, horizon, named)
    ledger = ledger_of([1.0, 2.0])
    stand_ins = StandIns.at(ledger, DenseRungs.of(ledger, HORIZON), 0, found)
    assert (stand_ins.studies, stand_ins.asked) == ((), 1)


@given(LEVELS)
def test_without_stand_ins_a_crowd_is_the_studys_own_trials(levels):
    course = DenseRungs.of(ledger_of(levels), HORIZON)
    crowd = RankedAmong(course, 0, len(levels))
    cut = crowd.cut(1)
    assert (crowd.known, crowd.kept(0.0), crowd.better(cut)) == (len(levels), 1, 0)
    assert cut == max(levels)


@given(LEVELS, LEVELS, st.integers(1, 60))
def test_the_cut_is_the_worst_score_among_the_kept(own, earlier, kept):
    course = DenseRungs.of(ledger_of(own), HORIZON)
    crowd = RankedAmong(course, 0, len(own), prior(earlier).studies, 0.5)
    cut = crowd.cut(kept)
    assert crowd.better(cut) < kept
    worse = [score for score in (*own, *earlier[:MOST_SCORES]) if score < cut]
    assert not worse or crowd.better(max(worse)) >= kept or max(worse) not in own


def test_a_hopeless_trial_goes_at_once_where_earlier_studies_tell_so():
    levels = [60.0, 80.0, 1.0, 70.0]
    assert judged(levels, prior(SPREAD))[2] < judged(levels, None)[2]


def test_nobody_goes_before_the_study_has_had_its_say():
    assert not judged([1.0, 60.0], prior(SPREAD))


def test_each_decision_says_how_many_earlier_trials_took_part():
    terms = Terms(UP, HORIZON, trials=24)
    judge = Judge(Auto(prior=prior(SPREAD)), terms, Guards(exempt_percent=0.0))
    for trial in range(3):
        verdict = judge.report(Report(trial, 1, HORIZON // 2, 50.0 + trial), 1.0)
    assert verdict.decision is not None
    told = {
        key: verdict.decision.evidence[key] for key in verdict.decision.evidence if "earl" in key
    }
    assert told == {
        "earlierStudies": 1,
        "earlierDisagree": 0,
        "earlierTrials": 100,
        "earlierWeight": pytest.approx(0.21),
    }
    assert "prior" not in verdict.decision.settings


def test_an_earlier_study_is_what_its_ledger_shows():
    study = EarlierStudy.of("s", ledger_of(SPREAD), HORIZON)
    assert (study.trials, study.known[0], study.margin) == (100, 100, 0.0)
    assert set(study.ranks) == {0.0}
    assert set(study.spreads) == {1.0}
