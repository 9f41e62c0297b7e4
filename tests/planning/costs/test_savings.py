"""What pruning is said to have saved: its laws, and its cases by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.planning.costs.savings import Saved
from espalier.planning.world.record import AttemptRecord, End, TrialRecord
from espalier.pruning import PERSON, Reason, TrialState
from tests.planning.costs.estimating import estimates_of
from tests.planning.worlds import prune_decision

GPUS = 2.0


def trial(
    number: int,
    state: TrialState,
    step: int | None,
    held: float,
    pace: float | None,
    *,
    gpus: float = GPUS,
) -> TrialRecord:
    end = End(state.value, "", state, 0.0, gpu_seconds=gpus * held, held=held, pace=pace)
    return TrialRecord(number, attempt=1, step=step, end=end)


def saved_by(trials: Iterable[TrialRecord]) -> Saved | None:
    estimates = estimates_of(trials)
    return None if estimates is None else estimates.total


def completed(number: int, step: int, pace: float = 1.0, start_up: float = 5.0) -> TrialRecord:
    return trial(number, TrialState.COMPLETED, step, start_up + pace * step, pace)


def pruned(
    number: int, step: int, pace: float | None = 1.0, held: float | None = None
) -> TrialRecord:
    used = 5.0 + (pace or 1.0) * step if held is None else held
    return trial(number, TrialState.PRUNED, step, used, pace)


# -- cases --------------------------------------------------------------------------------------


def test_what_a_person_prunes_espalier_has_not_saved() -> None:
    by_person = replace(
        prune_decision(7), reason=Reason.PRUNED_BY_PERSON, pruner=PERSON, evidence={}
    )
    others = [completed(0, 20), pruned(1, 5)]
    mine = replace(pruned(7, 5), prune=by_person)
    assert saved_by([*others, mine]) == saved_by(others)
    assert saved_by([*others, pruned(7, 5)]) != saved_by(others)


def test_a_pruned_trial_would_have_gone_on_to_where_the_completed_ones_ended() -> None:
    saved = saved_by([completed(0, 20), completed(1, 20), pruned(2, 5)])
    assert saved is not None
    assert saved.trial_seconds is not None
    assert saved.gpu_seconds is not None
    assert saved.steps.expected == 15
    assert saved.trial_seconds.expected == pytest.approx(15.0)
    assert saved.gpu_seconds.expected == pytest.approx(GPUS * 15.0)


def test_what_is_saved_does_not_depend_on_how_long_the_start_took_within_the_ordinary() -> None:
    trials = [completed(n, 20, start_up=start) for n, start in enumerate((30.0, 60.0, 90.0))]
    for start_up in (30.0, 50.0, 74.0):
        saved = saved_by([*trials, pruned(9, 5, held=start_up + 5.0)])
        assert saved is not None
        assert saved.trial_seconds is not None
        assert saved.trial_seconds.expected == pytest.approx(15.0)


def test_a_grace_period_that_is_used_up_is_not_saved() -> None:
    trials = [completed(0, 20), completed(1, 20)]
    saved = saved_by([*trials, pruned(2, 5, held=5.0 + 5.0 + 8.0)])
    assert saved is not None
    assert saved.trial_seconds is not None
    assert saved.trial_seconds.expected == pytest.approx(15.0 - 8.0)


def test_a_trial_that_reported_once_is_taken_to_have_the_pace_of_the_others() -> None:
    trials = [completed(0, 20, pace=1.0), completed(1, 20, pace=3.0)]
    saved = saved_by([*trials, pruned(2, 5, pace=None)])
    assert saved is not None
    assert saved.trial_seconds is not None
    assert saved.trial_seconds.expected == pytest.approx(15 * 2.0)
    assert saved.trial_seconds.low == pytest.approx(15 * 1.0)
    assert saved.trial_seconds.high == pytest.approx(15 * 3.0)


@pytest.mark.parametrize(("step", "own"), [(2, 0.2), (5, 0.5), (37, 0.9)])
def test_the_more_steps_a_trial_has_reported_the_more_its_own_pace_counts(
    step: int, own: float
) -> None:
    trials = [completed(n, 1000, pace=1.0) for n in range(1000)]
    trials.append(completed(1000, 1000, pace=9.0))
    saved = saved_by([*trials, pruned(2000, step, pace=5.0)])
    assert saved is not None
    assert saved.trial_seconds is not None
    pace = saved.trial_seconds.expected / (1000 - step)
    assert pace == pytest.approx(own * 5.0 + (1 - own) * 1.0, rel=0.02)


def test_only_trials_that_went_further_tell_how_much_was_left() -> None:
    trials = [completed(0, 10), completed(1, 40), completed(2, 60)]
    saved = saved_by([*trials, pruned(3, 20)])
    assert saved is not None
    assert saved.steps.expected == 30
    assert (saved.steps.low, saved.steps.high) == (20, 40)


def test_nothing_is_saved_by_a_pruning_after_the_last_step_of_all() -> None:
    saved = saved_by([completed(0, 15), pruned(1, 15)])
    assert saved is not None
    assert saved.trial_seconds is not None
    assert saved.trial_seconds.expected == saved.trial_seconds.high == saved.steps.high == 0.0


def test_nothing_is_known_before_a_trial_has_completed() -> None:
    running = TrialRecord(1, attempt=1, step=7, pace=1.0)
    failed = trial(2, TrialState.FAILED, 20, 25.0, 1.0)
    assert saved_by([pruned(0, 3), running, failed]) is None


def test_no_pruning_has_saved_nothing_and_that_is_known() -> None:
    saved = saved_by([completed(0, 20)])
    assert saved is not None
    assert saved.trial_seconds is not None
    assert saved.trial_seconds.high == saved.steps.high == 0.0


def test_without_two_reports_of_any_trial_only_steps_are_known() -> None:
    saved = saved_by(
        [trial(0, TrialState.COMPLETED, 20, 25.0, None), pruned(1, 5, pace=None, held=10.0)]
    )
    assert saved is not None
    assert saved.steps.expected == 15
    assert saved.trial_seconds is None
    assert saved.gpu_seconds is None


def test_a_trial_without_accelerators_saves_time_and_steps_all_the_same() -> None:
    trials = [completed(0, 20), trial(1, TrialState.PRUNED, 5, 10.0, 1.0, gpus=0.0)]
    saved = saved_by(trials)
    assert saved is not None
    assert saved.trial_seconds is not None
    assert saved.gpu_seconds is not None
    assert saved.trial_seconds.expected == pytest.approx(15.0)
    assert saved.gpu_seconds.high == 0.0


def test_what_a_lost_attempt_held_is_no_start_up() -> None:
    calm = [*(completed(n, 20) for n in range(4)), completed(4, 20, start_up=30.0)]
    whole = pruned(9, 5)
    assert whole.end is not None
    lost = replace(
        whole,
        attempt=2,
        end=replace(whole.end, held=14.0, gpu_seconds=GPUS * 14.0),
        attempts=(
            AttemptRecord(1, pod_uid="a", held=4.0, over=True),
            AttemptRecord(2, pod_uid="b", held=10.0, over=True),
        ),
    )
    assert saved_by([*calm, lost]) == saved_by([*calm, whole])


def test_of_a_trial_that_an_earlier_version_recorded_only_the_steps_count() -> None:
    old = pruned(9, 5, held=0.0)
    estimates = estimates_of([completed(0, 20), completed(1, 20), old])
    assert estimates is not None
    assert estimates.total.steps.expected == 15
    assert estimates.total.trial_seconds is not None
    assert estimates.total.trial_seconds.high == 0.0
    assert estimates.of(9) is None


# -- laws ---------------------------------------------------------------------------------------

STEPS = st.integers(0, 1000)
SECONDS = st.floats(1e-3, 1e6)
PACES = st.one_of(st.none(), st.floats(1e-6, 1e4))
COMPLETED = st.builds(trial, st.just(0), st.just(TrialState.COMPLETED), STEPS, SECONDS, PACES)
PRUNED = st.builds(trial, st.just(1), st.just(TrialState.PRUNED), STEPS, SECONDS, PACES)
OTHERS = st.builds(trial, st.just(2), st.just(TrialState.FAILED), st.none() | STEPS, SECONDS, PACES)


@given(st.lists(COMPLETED, min_size=1, max_size=8), PRUNED, st.lists(OTHERS, max_size=3))
def test_saved_is_never_negative_and_with_what_was_used_hardly_more_than_the_dearest_trial(
    whole: list[TrialRecord], cut: TrialRecord, others: list[TrialRecord]
) -> None:
    saved = saved_by([*whole, cut, *others])
    assert saved is not None
    assert cut.end is not None
    assert 0 <= saved.steps.low <= saved.steps.expected <= saved.steps.high
    longest = max(trial.step or 0 for trial in whole)
    assert saved.steps.high <= max(0, longest - (cut.step or 0)) + 1e-6
    if saved.trial_seconds is None:
        return
    seconds = saved.trial_seconds
    assert 0 <= seconds.low <= seconds.expected <= seconds.high
    dearest = max(trial.end.held for trial in whole if trial.end)
    dearest *= 1 + 1 / len(whole)  # few do not show how dear a trial can be
    assert seconds.high <= max(0.0, dearest - cut.end.held) * (1 + 1e-9)


@given(st.integers(1, 100), st.floats(0.01, 100.0), st.floats(0.0, 100.0), st.data())
def test_among_trials_alike_it_is_a_whole_trial_less_what_was_used(
    last: int, pace: float, start_up: float, data: st.DataObject
) -> None:
    step = data.draw(st.integers(1, last))
    whole = [completed(n, last, pace, start_up) for n in range(3)]
    cut = pruned(3, step, pace, held=start_up + pace * step)
    saved = saved_by([*whole, cut])
    assert saved is not None
    assert saved.trial_seconds is not None
    assert cut.end is not None
    assert whole[0].end is not None
    expected = whole[0].end.held - cut.end.held
    assert saved.trial_seconds.expected == pytest.approx(expected, abs=1e-6 * (1 + expected))


@given(st.integers(2, 100), st.floats(0.01, 10.0), st.data())
def test_among_trials_alike_the_later_a_trial_is_pruned_the_less_is_saved(
    last: int, pace: float, data: st.DataObject
) -> None:
    early = data.draw(st.integers(1, last - 1))
    late = data.draw(st.integers(early, last))
    whole = [completed(n, last, pace) for n in range(3)]
    sooner, later = (saved_by([*whole, pruned(3, step, pace)]) for step in (early, late))
    assert sooner is not None
    assert sooner.trial_seconds is not None
    assert later is not None
    assert later.trial_seconds is not None
    assert later.trial_seconds.expected <= sooner.trial_seconds.expected + 1e-6
    assert later.steps.expected <= sooner.steps.expected


@given(st.lists(COMPLETED, min_size=1, max_size=5), st.lists(PRUNED, min_size=1, max_size=6))
def test_what_is_saved_in_all_is_the_sum_of_what_each_trial_saves(
    whole: list[TrialRecord], cut: list[TrialRecord]
) -> None:
    cut = [replace(each, number=number) for number, each in enumerate(cut, 100)]
    estimates = estimates_of([*whole, *cut])
    assert estimates is not None
    alone = [saved for each in cut if (saved := estimates.of(each.number))]
    assert len(alone) == len(cut)
    together = estimates.total
    assert together.steps.expected == pytest.approx(sum(each.steps.expected for each in alone))
    if together.trial_seconds is not None:
        assert together.trial_seconds.expected == pytest.approx(
            sum(each.trial_seconds.expected for each in alone if each.trial_seconds)
        )


@given(st.lists(st.one_of(COMPLETED, PRUNED, OTHERS), max_size=8), st.integers(2, 10))
def test_a_study_of_more_accelerators_saves_as_many_times_more(
    trials: list[TrialRecord], times: int
) -> None:
    scaled = [
        replace(each, end=replace(each.end, gpu_seconds=each.end.gpu_seconds * times))
        for each in trials
        if each.end is not None
    ]
    one, many = saved_by(trials), saved_by(scaled)
    if one is None or one.gpu_seconds is None:
        assert many is None or many.gpu_seconds is None
        return
    assert many is not None
    assert many.gpu_seconds is not None
    assert many.trial_seconds == one.trial_seconds
    assert many.gpu_seconds.expected == pytest.approx(times * one.gpu_seconds.expected)
