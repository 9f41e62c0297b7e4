"""What samplers are told of each way in which a trial may stand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.search import ExpectedScore, Outcome, PastTrial, TellPruned, Told, tell

scores = st.floats(-10, 10) | st.just(math.nan)
trials = st.builds(
    lambda number, outcome, curve: PastTrial(
        number, {}, outcome, tuple(range(len(curve))), tuple(curve)
    ),
    st.integers(0, 50),
    st.sampled_from(Outcome),
    st.lists(scores, max_size=3),
)
TOLD = {
    (Outcome.RUNNING, TellPruned.AS_PRUNED): Told.RUNNING,
    (Outcome.FAILED, TellPruned.AS_PRUNED): Told.INFEASIBLE,
    (Outcome.LOST, TellPruned.AS_PRUNED): Told.NOTHING,
    (Outcome.COMPLETED, TellPruned.IGNORE): Told.VALUE,
    (Outcome.PRUNED, TellPruned.AS_PRUNED): Told.PRUNED,
    (Outcome.PRUNED, TellPruned.IGNORE): Told.NOTHING,
    (Outcome.PRUNED, TellPruned.FORECAST): Told.VALUE,
}


@pytest.mark.parametrize(("outcome", "pruned"), TOLD)
def test_each_outcome_is_told_in_its_way(outcome: Outcome, pruned: TellPruned) -> None:
    trial = PastTrial(0, {}, outcome, (1, 2), (0.1, 0.2))
    (told,) = tell([trial], pruned, {0: ExpectedScore(0.3, 0.1)})
    assert told.told is TOLD[outcome, pruned]
    assert (told.score is not None) == (told.told is Told.VALUE)


@given(st.lists(trials, max_size=8), st.sampled_from(TellPruned), st.data())
def test_no_forecast_is_better_than_the_best_that_was_seen_and_nothing_is_infinite(
    past: list[PastTrial], pruned: TellPruned, data: st.DataObject
) -> None:
    forecasts = {
        place: ExpectedScore(data.draw(st.floats(-20, 20)), 1.0)
        for place in range(len(past))
        if data.draw(st.booleans())
    }
    told = tell(past, pruned, forecasts)
    assert [each.number for each in told] == [each.number for each in past]
    completed = [
        each.scores[-1]
        for each in past
        if each.outcome is Outcome.COMPLETED and each.scores and math.isfinite(each.scores[-1])
    ]
    for each in told:
        if each.told is Told.VALUE:
            assert each.score is not None
            assert math.isfinite(each.score)
            if each.outcome is Outcome.PRUNED and completed:
                assert each.score <= max(completed)


def test_a_diverged_trial_is_told_by_the_worst_score() -> None:
    past = [
        PastTrial(0, {}, Outcome.COMPLETED, (1,), (0.4,)),
        PastTrial(1, {}, Outcome.COMPLETED, (1,), (0.1,)),
        PastTrial(2, {}, Outcome.PRUNED, (1,), (math.nan,)),
        PastTrial(3, {}, Outcome.COMPLETED, (1,), (math.nan,)),
    ]
    for pruned in TellPruned:
        told = tell(past, pruned, {})
        assert [each.score for each in told] == [0.4, 0.1, 0.1, 0.1]
