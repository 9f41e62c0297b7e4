"""Rungs and brackets are exact integers."""

from __future__ import annotations

import math

import pytest

from espalier.pruning import (
    Direction,
    Hyperband,
    Ledger,
    Report,
    SuccessiveHalving,
    Terms,
    TrialState,
)
from espalier.pruning.pruners.hyperband import bracket_of, bracket_weights

UP = Direction.MAXIMIZE
FACTORS = range(2, 11)
POWERS = range(1, 13)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("power", POWERS)
def test_there_is_a_bracket_for_every_rung_up_to_the_largest_step(factor: int, power: int) -> None:
    assert len(bracket_weights(1, factor**power, factor)) == power + 1
    assert len(bracket_weights(1, factor**power - 1, factor)) == power
    assert len(bracket_weights(3, 3 * factor**power, factor)) == power + 1


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("power", POWERS)
def test_a_trial_is_judged_at_exactly_the_powers(factor: int, power: int) -> None:
    pruner = SuccessiveHalving(min_resource=1, reduction_factor=factor)
    ledger = Ledger(Terms(UP, None))
    rung = factor**power
    judged = []
    for step in sorted({1, rung - 1, rung, rung + 1}):
        ledger.append(Report(0, 1, step, 1.0))
        decision = pruner.judge(ledger, 0)
        if decision.rung is not None:
            judged.append((step, decision.rung))
    assert (rung, power) in judged
    assert all(factor**k <= step for step, k in judged)
    assert rung + 1 not in [step for step, _ in judged]


def test_weights_are_those_of_the_paper() -> None:
    # R = 81, eta = 3: n = ceil(5 * 3**s / (s + 1)) for s = 4, 3, 2, 1, 0.
    assert bracket_weights(1, 81, 3) == (81, 34, 15, 8, 5)


@pytest.mark.parametrize(("largest", "factor", "brackets"), [(243, 3, 6), (1000, 10, 4)])
def test_no_bracket_is_lost_to_the_rounding_of_logarithms(
    largest: int, factor: int, brackets: int
) -> None:
    assert math.floor(math.log(largest, factor)) + 1 == brackets - 1, "the defect of others"
    assert len(bracket_weights(1, largest, factor)) == brackets


def test_brackets_follow_from_the_uid_and_the_number_and_get_their_shares() -> None:
    weights = bracket_weights(1, 81, 3)
    count = 14_300
    brackets = [bracket_of("a-study", trial, weights) for trial in range(count)]
    assert brackets == [bracket_of("a-study", trial, weights) for trial in range(count)]
    assert brackets != [bracket_of("another", trial, weights) for trial in range(count)]
    for bracket, weight in enumerate(weights):
        expected = count * weight / sum(weights)
        assert abs(brackets.count(bracket) - expected) < 5 * math.sqrt(expected)


def test_first_rungs_of_brackets_grow_by_the_factor() -> None:
    pruner = Hyperband(min_resource=2, reduction_factor=3)
    ledger = Ledger(Terms(UP, 54, study_uid="u"))
    first: dict[int, int] = {}
    for trial in range(60):
        for step in range(1, 55):
            ledger.append(Report(trial, 1, step, float(trial)))
            decision = pruner.judge(ledger, trial)
            assert decision.bracket is not None
            if decision.rung == 0 and step not in first.values():
                first[decision.bracket] = step
        ledger.close(trial, TrialState.COMPLETED)
    assert [first[bracket] for bracket in sorted(first)] == [2, 6, 18, 54]


def test_a_rung_is_judged_once_and_with_the_value_that_reached_it() -> None:
    pruner = SuccessiveHalving(min_resource=2, reduction_factor=2)
    ledger = Ledger(Terms(UP, 30))
    for trial in range(4):
        ledger.append(Report(trial, 1, 2, float(trial)))
    assert pruner.judge(ledger, 0).prunes
    ledger.append(Report(0, 1, 3, -5.0))
    decision = pruner.judge(ledger, 0)
    assert not decision.prunes
    assert decision.evidence == {"next": 4}


def test_several_rungs_at_once_are_judged_from_the_lowest() -> None:
    pruner = SuccessiveHalving(min_resource=1, reduction_factor=2)
    ledger = Ledger(Terms(UP, 30))
    for trial in range(3):
        for step in (1, 2, 4):
            ledger.append(Report(trial, 1, step, 1.0 + trial))
    ledger.append(Report(9, 1, 5, 0.0))
    decision = pruner.judge(ledger, 9)
    assert (decision.prunes, decision.rung) == (True, 0)
    ledger.append(Report(10, 1, 5, 9.0))
    assert pruner.judge(ledger, 10).rung == 2


def test_rungs_that_an_interval_skips_are_judged_at_the_next_check() -> None:
    pruner = SuccessiveHalving(min_resource=2, reduction_factor=2, interval_steps=5)
    ledger = Ledger(Terms(UP, 30))
    for trial in range(4):
        for step in range(1, 6):
            ledger.append(Report(trial, 1, step, float(trial)))
    decision = pruner.judge(ledger, 0)
    assert (decision.prunes, decision.step, decision.rung) == (True, 5, 0)


def test_the_first_rung_by_default_is_a_hundredth_of_the_horizon() -> None:
    assert SuccessiveHalving().first_rung(1000) == 10
    assert SuccessiveHalving().first_rung(27) == 1
    assert SuccessiveHalving(min_early_stopping_rate=2).first_rung(None) == 16
