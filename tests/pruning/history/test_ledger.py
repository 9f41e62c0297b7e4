"""The ledger keeps the first value, and says what it did with every other."""

from __future__ import annotations

import math
from array import array

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.pruning import (
    Direction,
    Ledger,
    Median,
    Peers,
    Receipt,
    Report,
    Terms,
    TrialState,
)
from espalier.pruning.history.columns import column_of
from espalier.pruning.history.ranking import PLAIN_UP_TO, Ranking

UP = Direction.MAXIMIZE


def ledger_of(*reports: tuple[int, int, int, float]) -> tuple[Ledger, list[Receipt]]:
    ledger = Ledger(Terms(UP, 30))
    return ledger, [ledger.append(Report(*report)) for report in reports]


@pytest.mark.parametrize(
    ("reports", "receipts"),
    [
        pytest.param([(0, 1, 1, 0.5), (0, 1, 2, 0.6)], "Appended Appended", id="next step"),
        pytest.param([(0, 1, 1, 0.5), (0, 1, 1, 0.5)], "Appended Repeated", id="repeat"),
        pytest.param(
            [(0, 1, 1, math.nan), (0, 1, 1, math.nan)], "Appended Repeated", id="repeated NaN"
        ),
        pytest.param(
            [(0, 1, 1, 0.5), (0, 1, 1, 0.7), (0, 1, 1, 0.5)],
            "Appended Contradicted Repeated",
            id="contradiction is refused and the first stands",
        ),
        pytest.param(
            [(0, 1, 4, 0.5), (0, 1, 2, 0.4), (0, 1, 2, 0.4), (0, 1, 2, 0.3)],
            "Appended Backfilled Repeated Contradicted",
            id="out of order",
        ),
        pytest.param(
            [(0, 1, 3, 0.5), (0, 2, 3, 0.9), (0, 2, 3, 0.9), (0, 2, 3, 0.8), (0, 2, 4, 0.7)],
            "Appended Replayed Repeated Contradicted Appended",
            id="a new attempt goes over old steps and on",
        ),
        pytest.param(
            [(0, 1, 3, 0.5), (0, 2, 1, 0.9), (0, 2, 4, 0.7), (0, 1, 5, 0.6)],
            "Appended Backfilled Appended Late",
            id="an old attempt comes too late",
        ),
    ],
)
def test_receipts(reports: list[tuple[int, int, int, float]], receipts: str) -> None:
    assert ledger_of(*reports)[1] == [Receipt(word) for word in receipts.split()]


def test_an_ended_trial_takes_no_values() -> None:
    ledger, _ = ledger_of((0, 1, 1, 0.5))
    assert ledger.close(0, TrialState.COMPLETED)
    assert not ledger.close(0, TrialState.FAILED)
    assert ledger.append(Report(0, 1, 2, 0.9)) is Receipt.LATE
    assert list(ledger.curve(0).steps) == [1]
    assert ledger.completed == 1


def test_a_new_attempt_does_not_rewrite_what_others_were_compared_with() -> None:
    ledger, _ = ledger_of((0, 1, 1, 0.5), (0, 1, 2, 0.6))
    before = ledger.at_or_before(2)
    ledger.append(Report(0, 2, 1, 9.0))
    ledger.append(Report(0, 2, 2, 9.0))
    assert ledger.at_or_before(2) == before == [(0, 0.6)]
    assert ledger.curve(0).best == 0.6


def test_values_behind_the_latest_step_complete_the_own_curve_only() -> None:
    ledger, _ = ledger_of((0, 1, 4, 0.5), (0, 1, 2, 0.8), (0, 1, 5, 0.1))
    steps, scores = ledger.curve(0).whole()
    assert (list(steps), list(scores)) == ([2, 4, 5], [0.8, 0.5, 0.1])
    assert ledger.curve(0).best == 0.8
    assert ledger.at_or_before(3) == []


def test_a_failed_leader_and_peer_stops_being_compared_with() -> None:
    ledger = Ledger(Terms(UP, 30))
    pruner = Median(peers=Peers.REACHED, startup_trials=0)
    ledger.append(Report(0, 1, 1, 9.0))
    ledger.append(Report(1, 1, 1, 1.0))
    assert pruner.judge(ledger, 1).prunes
    ledger.close(0, TrialState.FAILED)
    assert not pruner.judge(ledger, 1).prunes
    assert ledger.leader() is None


def test_of_equal_leaders_the_first_trial_leads() -> None:
    for order in ((0, 1, 2), (2, 1, 0)):
        ledger = Ledger(Terms(UP, 30))
        for trial in order:
            ledger.append(Report(trial, 1, 1, 1.0 if trial else 0.5))
            ledger.close(trial, TrialState.COMPLETED)
        leader = ledger.leader()
        assert leader is not None
        assert leader.number == 1


def test_the_window_forgets_all_but_the_newest_trials() -> None:
    ledger = Ledger(Terms(UP, 30, window=3))
    pruner = Median(peers=Peers.REACHED, startup_trials=0)
    for trial, value in enumerate([9.0, 9.0, 9.0, 1.0, 1.0, 1.0]):
        ledger.append(Report(trial, 1, 1, value))
    assert {curve.number for curve in ledger.peers()} == {3, 4, 5}
    assert not pruner.judge(ledger, 5).prunes
    # Which trials are the newest depends on their numbers, not on who speaks first.
    other = Ledger(Terms(UP, 30, window=3))
    for trial in (5, 0, 3, 1, 4, 2):
        other.append(Report(trial, 1, 1, 1.0))
    assert {curve.number for curve in other.peers()} == {3, 4, 5}


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, math.nan]), max_size=40),
    q=st.floats(0, 1),
)
def test_quantiles_are_those_of_numpy(values: list[float], q: float) -> None:
    ranking = Ranking()
    for value in values:
        ranking.add(value + 0.0)
    finite = [value for value in values if value == value]
    assert len(ranking) + ranking.nans == len(values)
    if not finite:
        assert math.isnan(ranking.quantile(q))
        return
    assert ranking.quantile(q) == pytest.approx(np.quantile(finite, q), rel=1e-12, abs=1e-9)
    without = finite[len(finite) // 2]
    rest = sorted(finite)
    rest.remove(without)
    if rest:
        expected = np.quantile(rest, q)
        assert ranking.quantile(q, without) == pytest.approx(expected, rel=1e-12, abs=1e-9)
    ranking.remove(without)
    assert len(ranking) == len(rest)
    assert ranking.better_than(without) == sum(value > without for value in rest)


def test_a_large_ranking_answers_as_a_small_one() -> None:
    values = np.random.default_rng(1).normal(size=PLAIN_UP_TO + 5).tolist()
    ranking = Ranking()
    for value in values:
        ranking.add(value)
    ranking.remove(values[7])
    values.pop(7)
    assert type(ranking.scores) is not array
    assert ranking.quantile(0.3) == np.quantile(values, 0.3)
    assert ranking.quantile(0.3, values[3]) == np.quantile(np.delete(values, 3), 0.3)
    assert ranking.kth_best(10) == sorted(values)[-11]
    assert ranking.better_than(values[0]) == sum(value > values[0] for value in values)


def test_equal_scores_have_equal_bits() -> None:
    ledger = Ledger(Terms(Direction.MINIMIZE, 30))
    ledger.append(Report(0, 1, 1, 0.0))
    assert math.copysign(1.0, ledger.curve(0).best) == 1.0
    assert math.copysign(1.0, ledger.user(ledger.curve(0).best)) == 1.0


def test_columns_are_few_for_very_long_curves() -> None:
    columns = {column_of(step) for step in range(1_000_000)}
    assert len(columns) < 12_000
    assert [column_of(step) for step in (0, 1, 2047, 2048, 2049, 2050)] == [
        0, 1, 2047, 2048, 2048, 2050,
    ]  # fmt: skip
    assert column_of(2**53 - 1) == 2**53 - 2**42


def test_window_mean_covers_the_last_part_of_the_steps() -> None:
    ledger = Ledger(Terms(UP, 30))
    for step in range(1, 21):
        ledger.append(Report(0, 1, step, float(step)))
    curve = ledger.curve(0)
    assert curve.window_mean(20) == 19.0  # steps 18, 19, 20
    assert curve.window_mean(2) == 2.0
    assert math.isnan(curve.window_mean(0))
    ledger.append(Report(1, 1, 1, 0.1))
    ledger.append(Report(1, 1, 2, 0.1))
    assert ledger.curve(1).window_mean(2, 0.9) == 0.1


@pytest.mark.parametrize(
    ("values", "mean"),
    [
        ([1.0, math.nan, 3.0], 2.0),
        ([1.0, -math.inf, 3.0], 2.0),
        ([1.0, 3.0, math.nan], math.nan),
        ([math.inf, math.nan, -math.inf], -math.inf),
    ],
    ids=[
        "NaN before the latest does not count",
        "nor does what is infinite",
        "the latest does",
        "whatever it is",
    ],
)
def test_a_window_mean_is_of_the_finite_scores_up_to_the_latest(values, mean) -> None:
    ledger = Ledger(Terms(UP))
    for step, value in enumerate(values, 1):
        ledger.append(Report(0, 1, step, value))
    assert ledger.curve(0).window_mean(3, 0.9) == pytest.approx(mean, nan_ok=True)
