"""Repeats of finalists are stored and never judged: nothing that was decided changes with them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import (
    Direction,
    Judge,
    Median,
    Report,
    Terms,
    TrialState,
    as_judged,
    close_trial,
    follows_last_step,
    verdict_of,
)
from espalier.pruning.repeats import FIRST_REPEAT, MOST_REPEATS, Repeat, is_repeat, repeat_of

FINALISTS = st.integers(0, 9_999_999)
INDICES = st.integers(1, MOST_REPEATS)


@given(FINALISTS, INDICES)
def test_a_number_says_whose_repeat_it_is(of: int, index: int) -> None:
    repeat = Repeat(of, index)
    assert is_repeat(repeat.number)
    assert repeat_of(repeat.number) == repeat
    assert repeat.number < 2**53, "JSON readers hold it as a float"


@given(st.integers(0, FIRST_REPEAT - 1))
def test_no_other_trial_has_the_number_of_a_repeat(number: int) -> None:
    assert not is_repeat(number)
    assert repeat_of(number) is None


def judge_of(horizon: int | None = 10, *, clamps: bool = False) -> Judge:
    terms = Terms(Direction.MAXIMIZE, horizon, metric="accuracy", clamps=clamps)
    return Judge(Median(startup_trials=1), terms)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 12), st.floats(allow_nan=False), st.booleans()),
        max_size=40,
    )
)
def test_a_judge_is_the_same_whether_or_not_repeats_report(values) -> None:
    alone, beside = judge_of(), judge_of()
    for at, (trial, step, value, repeats) in enumerate(values):
        report = Report(trial, 1, step, value)
        if repeats:
            assert (
                as_judged(beside.ledger, Report(Repeat(trial, 1).number, 1, step, -value)) is None
            )
            close_trial(beside, Repeat(trial, 2).number, TrialState.COMPLETED, at)
        verdicts = [
            None
            if (seen := as_judged(judge.ledger, report)) is None
            else verdict_of(judge, seen, at)
            for judge in (alone, beside)
        ]
        assert verdicts[0] == verdicts[1]
    assert alone.summary() == beside.summary()
    assert alone.ledger.receipts == beside.ledger.receipts


@pytest.mark.parametrize(
    ("clamps", "step", "counts"),
    [
        pytest.param(False, 10, True, id="the last step"),
        pytest.param(False, 11, False, id="beyond the last in a study that does not judge that"),
        pytest.param(True, 11, True, id="beyond the last in one that does"),
    ],
)
def test_a_repeats_values_say_how_it_is_as_those_of_other_trials_do(
    clamps: bool, step: int, counts: bool
) -> None:
    report = Report(Repeat(7, 1).number, 1, step, math.nan)
    assert follows_last_step(judge_of(clamps=clamps), report) is counts
