"""Trials that are never pruned, and what they tell."""

from __future__ import annotations

import math

import pytest

from espalier.pruning import (
    BreakerSettings,
    Judge,
    Reason,
    Report,
    Terms,
    Threshold,
    TrialState,
)
from espalier.pruning.oversight.exempt import Exemption, percent_left_open
from espalier.pruning.oversight.summary import clopper_pearson
from tests.pruning.judging import DOWN, STRICT, UP, judge_of, say


@pytest.mark.parametrize("percent", [1.0, 5.0, 10.0, 33.0, 100.0])
def test_the_exempt_share_is_exact_in_every_block(percent: float) -> None:
    exempt = Exemption(Terms(UP, study_uid="uid"), percent)
    block = round(100 / percent)
    for start in range(0, 10 * block, block):
        assert sum(exempt(trial) for trial in range(start, start + block)) == 1


@pytest.mark.parametrize("trials", [5, 24, 48, 100, 120, 1000])
@pytest.mark.parametrize("percent", [2.0, 5.0, 10.0])
def test_a_share_is_a_share_in_small_studies_too(trials: int, percent: float) -> None:
    counts = [
        sum(map(Exemption(Terms(UP, study_uid=str(uid), trials=trials), percent), range(trials)))
        for uid in range(400)
    ]
    exact = trials * percent / 100
    assert math.floor(exact) <= min(counts) <= max(counts) <= math.ceil(exact)
    assert sum(counts) / len(counts) == pytest.approx(exact, abs=0.1)


@pytest.mark.parametrize("trials", [1, 24, 119, 120, 1000, None])
def test_where_a_study_does_not_say_none_are_exempt_but_where_they_tell(trials) -> None:
    percent = percent_left_open(Terms(UP, trials=trials), spends_budget=False)
    if percent:
        assert percent == 5.0
    if trials is not None:
        # Had the pruner pruned them all, and wrongly none, would most prunings be right for sure?
        _, high = clopper_pearson(0, math.floor(trials * 5.0 / 100))
        assert (percent > 0) == (high < 0.5)


@pytest.mark.parametrize("trials", [24, 1000, None])
def test_where_a_study_spends_a_budget_none_are_exempt_unless_it_says_so(trials) -> None:
    assert percent_left_open(Terms(UP, trials=trials), spends_budget=True) == 0.0


@pytest.mark.parametrize("spends_budget", [False, True])
def test_a_study_of_the_first_edition_has_five_in_a_hundred_exempt(spends_budget: bool) -> None:
    assert percent_left_open(Terms(UP, trials=24, edition=1), spends_budget) == 5.0


@pytest.mark.parametrize(("trials", "least"), [(15, 3), (30, 3), (60, 3), (200, 10)])
def test_in_the_first_edition_at_least_three_trials_are_exempt(trials: int, least: int) -> None:
    for uid in map(str, range(20)):
        exempt = Exemption(Terms(UP, study_uid=uid, trials=trials, edition=1), 5.0)
        assert sum(map(exempt, range(trials))) >= least


def test_in_the_first_edition_the_exempt_trials_are_those_that_they_were() -> None:
    def chosen(trials: int | None, percent: float) -> list[int]:
        terms = Terms(UP, study_uid="uid", trials=trials, seed=3, edition=1)
        return list(filter(Exemption(terms, percent), range(60)))

    assert chosen(24, 5.0) == [0, 11, 19, 30, 36, 43, 54]
    assert chosen(5, 5.0) == [2, 9, 13, 15, 22, 25, 30, 35, 40, 49, 50, 57]
    assert chosen(None, 5.0) == [12, 39, 43]
    assert chosen(5, 0.0) == []


def test_exemption_is_a_function_of_the_study_and_the_number() -> None:
    chosen = [
        set(filter(Exemption(Terms(UP, study_uid=uid), 5.0), range(2000)))
        for uid in ("a", "a", "b")
    ]
    assert chosen[0] == chosen[1] != chosen[2]


def test_an_exempt_trial_is_kept_and_tells_whether_pruning_would_have_been_wrong() -> None:
    judge = judge_of(exempt_percent=50.0)
    exempt = [trial for trial in range(40) if judge.exempt(trial)]
    for trial in range(40):
        decision = say(judge, trial, 1, -1.0 if trial in exempt else 1.0)
        assert decision.reason is (Reason.EXEMPT if trial in exempt else Reason.WITHIN_BOUNDS)
        # The first two exempt trials end as the best of all.
        say(judge, trial, 2, 9.0 if trial in exempt[:2] else 1.0)
        judge.close(trial, TrialState.COMPLETED, 0.0)
    summary = judge.summary()
    assert (summary.exempt, summary.exempt_would_prune, summary.false_prunes) == (20, 20, 2)
    assert summary.false_prune_rate == 0.1
    assert (summary.false_prune_low, summary.false_prune_high) == clopper_pearson(2, 20)


def with_exempt(finals: dict[int, float], *, direction=UP, exempt=(0, 1, 2, 3), **guards) -> Judge:
    """A study of six trials, of which some are exempt; a value below 0 at step 1 is to be pruned.

    Trials 0 and 1 are to be pruned by the pruner, 2 by a guard; 3 is not, and neither are the
    others, which are not exempt unless they are named.
    """
    judge = judge_of(STRICT_OF[direction], direction=direction, **guards)
    judge.exempt = lambda trial: trial in exempt
    for trial, final in finals.items():
        early = -1.0 if trial in (0, 1) else 1.0
        say(judge, trial, 1, math.nan if trial == 2 else early * direction.sign)
        say(judge, trial, 2, final * direction.sign)
        judge.close(trial, TrialState.COMPLETED, 0.0)
    return judge


STRICT_OF = {UP: STRICT, DOWN: Threshold(upper=0.0)}


@pytest.mark.parametrize("direction", [UP, DOWN])
@pytest.mark.parametrize(
    ("finals", "would", "false", "rate"),
    [
        pytest.param({0: 9, 1: 1, 4: 5}, 2, 1, 0.5, id="better than what completes"),
        pytest.param({0: 9, 1: 8, 4: 5}, 2, 2, 1.0, id="not compared with each other"),
        pytest.param(
            {0: 9, 3: 10, 4: 5}, 1, 0, 0.0, id="an exempt trial that would be kept counts"
        ),
        pytest.param({0: 5, 4: 5}, 1, 0, 0.0, id="a tie is not better"),
        pytest.param({0: 9, 2: 10, 4: 5}, 1, 1, 1.0, id="what a guard ends counts on neither side"),
        pytest.param({2: 10, 4: 5}, 0, 0, None, id="nothing that the pruner would have pruned"),
        pytest.param({0: 9}, 1, 0, None, id="nothing to compare with"),
        pytest.param({0: 9, 4: math.nan}, 1, 0, None, id="nothing but NaN to compare with"),
        pytest.param({0: math.nan, 4: 5}, 1, 0, 0.0, id="NaN is not better"),
        pytest.param({0: 9, 4: 5, 5: math.nan}, 1, 1, 1.0, id="NaN is no best"),
    ],
)
def test_false_prunes_are_what_ended_better_than_all_that_complete_without_exemption(
    direction, finals, would, false, rate
) -> None:
    summary = with_exempt(finals, direction=direction, nan_patience=1, horizon=3).summary()
    told = (summary.exempt_would_prune, summary.false_prunes, summary.false_prune_rate)
    assert told == (would, false, rate)
    bounds = clopper_pearson(false, would if rate is not None else 0)
    assert (summary.false_prune_low, summary.false_prune_high) == bounds


def test_what_would_have_ended_an_exempt_trial_first_decides_whether_it_counts() -> None:
    judge = judge_of(nan_patience=1)
    judge.exempt = lambda trial: trial < 2
    for trial, values in enumerate([[math.nan, -1.0, 9.0], [-1.0, math.nan, 9.0], [1.0, 1.0, 5.0]]):
        for step, value in enumerate(values, 1):
            say(judge, trial, step, value)
        judge.close(trial, TrialState.COMPLETED, 0.0)
    summary = judge.summary()
    assert (summary.exempt_finished, summary.exempt_would_prune, summary.false_prunes) == (2, 1, 1)


def test_only_completed_exempt_trials_count_and_an_attempt_does_not_make_another_trial() -> None:
    judge = judge_of()
    judge.exempt = lambda trial: trial < 2
    say(judge, 2, 1, 5.0)
    judge.close(2, TrialState.COMPLETED, 0.0)
    for trial in (0, 1):
        say(judge, trial, 1, -1.0)
        # It is preempted, and says in its next attempt what it said; then it goes on.
        assert judge.report(Report(trial, 2, 1, -1.0), 0.0).decision is None
        judge.report(Report(trial, 2, 2, 9.0), 0.0)
    assert judge.summary().exempt_would_prune == 0
    judge.close(0, TrialState.COMPLETED, 0.0)
    judge.close(1, TrialState.FAILED, 0.0)
    summary = judge.summary()
    assert (summary.exempt, summary.exempt_finished, summary.false_prunes) == (2, 1, 1)


def test_what_an_open_breaker_would_have_kept_counts_as_kept() -> None:
    judge = judge_of(breaker=BreakerSettings(min_trials=1, share_percent=50.0, within_seconds=60.0))
    judge.exempt = lambda trial: trial == 9
    for trial in (0, 1, 9):
        say(judge, trial, 1, 1.0, at=0.0)
    assert [say(judge, trial, 2, -1.0, at=100.0).prunes for trial in (0, 1)] == [True, False]
    assert say(judge, 9, 2, -1.0, at=100.0).reason is Reason.BREAKER_OPEN
    judge.close(9, TrialState.COMPLETED, 0.0)
    assert judge.summary().exempt_would_prune == 0


def test_clopper_pearson_intervals_are_the_known_ones() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert clopper_pearson(0, 10) == pytest.approx((0.0, 0.3084971078))
    assert clopper_pearson(10, 10) == pytest.approx((0.6915028922, 1.0))
    assert clopper_pearson(2, 20) == pytest.approx((0.0123485271, 0.3169827140))
