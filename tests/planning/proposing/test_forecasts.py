"""What pruned trials are expected to have come to."""

from dataclasses import replace
from math import inf, isfinite, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.planning.proposing.forecasts import FEWEST, forecasts_of
from espalier.search import Outcome, PastTrial

HORIZON = 6
ENDS = (Outcome.COMPLETED, Outcome.PRUNED, Outcome.FAILED, Outcome.LOST, Outcome.RUNNING)


def trial(number, outcome, scores, first=1):
    steps = tuple(range(first, first + len(scores)))
    return PastTrial(number, {"x": number}, outcome, steps, tuple(scores))


def completed(*curves):
    return [trial(i, Outcome.COMPLETED, curve) for i, curve in enumerate(curves)]


def pruned(*scores, number=100):
    return trial(number, Outcome.PRUNED, scores)


def histories(scores):
    def of(outcome):
        sizes = (HORIZON, HORIZON) if outcome is Outcome.COMPLETED else (0, HORIZON + 2)
        return st.lists(scores, min_size=sizes[0], max_size=sizes[1]).map(
            lambda curve: trial(0, outcome, curve)
        )

    # Half of them completed, so that forecasts are told at all.
    kinds = st.sampled_from((*ENDS, Outcome.COMPLETED, Outcome.COMPLETED, Outcome.PRUNED))
    return st.lists(kinds.flatmap(of), max_size=14).map(
        lambda trials: [replace(each, number=i) for i, each in enumerate(trials)]
    )


TAME = st.integers(-1000, 1000).map(lambda n: n / 8)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANY = st.one_of(FINITE, st.just(nan), st.just(inf), st.just(-inf))


@given(histories(TAME), st.integers(1, 64), st.integers(-1000, 1000))
def test_another_unit_of_the_scores_is_one_of_the_forecasts(trials, scale, shift):
    moved = [
        replace(each, scores=tuple(score * scale + shift for score in each.scores))
        for each in trials
    ]
    before, after = forecasts_of(trials, HORIZON), forecasts_of(moved, HORIZON)
    assert before.keys() == after.keys()
    for place, forecast in before.items():
        assert after[place].score == pytest.approx(forecast.score * scale + shift)
        assert after[place].deviation == pytest.approx(forecast.deviation * scale)


@given(histories(TAME), st.data())
def test_the_order_of_trials_does_not_matter(trials, data):
    order = data.draw(st.permutations(range(len(trials))))
    found = forecasts_of(trials, HORIZON)
    again = forecasts_of([trials[place] for place in order], HORIZON)
    assert {order[place]: each.score for place, each in again.items()} == {
        place: each.score for place, each in found.items()
    }


@given(histories(ANY))
def test_forecasts_are_finite_and_of_pruned_trials_alone(trials):
    for place, forecast in forecasts_of(trials, HORIZON).items():
        assert trials[place].outcome is Outcome.PRUNED
        assert isfinite(forecast.score)
        assert isfinite(forecast.deviation)
        assert forecast.deviation >= 0.0


@given(histories(FINITE), st.lists(FINITE, min_size=2, max_size=2), st.integers(1, HORIZON))
def test_of_two_that_were_pruned_at_a_step_the_better_one_is_expected_to_end_no_worse(
    trials, lasts, step
):
    low, high = sorted(lasts)
    both = [pruned(*[0.0] * (step - 1), last, number=100 + last) for last in (low, high)]
    found = forecasts_of([*trials, *both], HORIZON)
    at = len(trials)
    if at in found and at + 1 in found:
        assert found[at].score <= found[at + 1].score


@pytest.mark.parametrize(
    ("curves", "own", "score", "deviation"),
    [
        ([(0, 1, 2)] * 4, (0,), 2, 2),
        ([(0, 1, 2)] * 4, (0, 0.5), 1.5, 1),
        # By the median of what they gained: a single leap counts as one.
        ([(0, 1, 2), (0, 1, 3), (0, 1, 2), (0, 1, 99), (0, 1, 2)], (0.0,), 2, None),
        # Curves that fall are expected to fall.
        ([(5, 3), (6, 4), (7, 5), (8, 6)], (4,), 2, 2),
        # Of a trial that diverged nobody knows what it gained.
        ([(0, 1), (0, 1), (0, 1), (0, 1), (0, nan)], (0,), 1, 1),
    ],
)
def test_the_last_score_and_what_completed_trials_gained_from_there(curves, own, score, deviation):
    horizon = len(curves[0])
    found = forecasts_of([*completed(*curves), pruned(*own)], horizon)[len(curves)]
    assert found.score == pytest.approx(score)
    assert deviation is None or found.deviation == pytest.approx(deviation)


@pytest.mark.parametrize(
    "trials",
    [
        [*completed(*[(0, 1)] * (FEWEST - 1)), pruned(0)],
        # Four completed, but three that have said something up to the step.
        [*completed(*[(0, 1)] * 3), trial(3, Outcome.COMPLETED, (1,), first=2), pruned(0)],
        [*completed(*[(0, 1)] * 4), pruned(nan)],
        [*completed(*[(0, 1)] * 4), pruned()],
        [*completed(*[(-1e308, 1e308)] * 4), pruned(0)],
    ],
    ids=["too few", "too few at the step", "diverged", "said nothing", "beyond all numbers"],
)
def test_nothing_is_foreseen(trials):
    assert forecasts_of(trials, 2) == {}


def test_what_came_after_the_horizon_does_not_count():
    curves = [(0, 1, 50)] * 4
    found = forecasts_of([*completed(*curves), pruned(0), pruned(0, 0.5, 70)], 2)
    assert found[4].score == 1
    assert found[5].score == 0.5
