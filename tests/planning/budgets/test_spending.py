"""What a study has used of its budget, and when it meets a limit at the present pace."""

from dataclasses import replace
from typing import Any

import pytest

from espalier.api.conditions import timestamp
from espalier.planning.budgets.spending import Met, Spending, spending_at_rest, spending_of
from espalier.planning.standing.look import look_at
from espalier.planning.world.record import AttemptRecord, End, TrialRecord
from espalier.pruning import TrialState
from tests.planning.worlds import NOW, job, over, pod, record, snapshot, study, trial

STARTED = {"startTime": timestamp(NOW - 7200)}
ENDED = TrialRecord(0, end=End("Completed", "", TrialState.COMPLETED, NOW, 7200.0, held=3600.0))
RUNNING = TrialRecord(
    1, attempts=(AttemptRecord(1, "gone", gpus=2.0, held=60.0), AttemptRecord(2, "p1", gpus=2.0))
)


def spent(budget: dict[str, Any], *, rest: bool = False, **status: Any) -> Spending:
    """Return what is used: two GPU hours by one that ended, 60 s and 40 s of two by another."""
    snap = snapshot(
        study(budget=budget, status={**STARTED, **status}),
        trials=[trial(0), trial(1)],
        jobs=[job(1)],
        pods=[pod(1)],
        record=record(ENDED, RUNNING),
    )
    return (spending_at_rest if rest else spending_of)(look_at(snap), NOW)


def test_gpu_hours_are_those_of_the_ended_and_of_what_runs_until_now():
    (limit,) = spent({"gpuHours": {"soft": 2.1, "hard": 4}}).limits
    assert limit.used == 7200 + 2 * 60 + 2 * 40
    assert (limit.soft, limit.hard) == (2.1 * 3600, 4 * 3600)
    assert limit.rate == 2.0
    assert limit.met is None


def test_trial_hours_are_those_of_pods_on_nodes():
    (limit,) = spent({"trialHours": {"hard": 1}}).limits
    assert (limit.used, limit.rate, limit.met) == (3600 + 100, 1.0, Met.HARD)


def test_a_clock_runs_from_the_studys_start():
    (limit,) = spent({"wallClock": {"soft": "2h", "hard": "2h1s"}}).limits
    assert (limit.used, limit.soft, limit.hard, limit.met) == (7200, 7200, 7201, Met.SOFT)


def test_a_deadline_is_counted_from_the_start_too():
    (limit,) = spent({"deadline": {"hard": timestamp(NOW + 60)}}).limits
    assert (limit.used, limit.hard, limit.rate) == (7200, 7260, 1.0)


def test_nothing_is_used_of_the_clock_before_the_start():
    view = study(budget={"wallClock": {"soft": "1h"}})
    (limit,) = spending_of(look_at(snapshot(view)), NOW).limits
    assert (limit.used, limit.met) == (0.0, None)


def test_the_next_limit_is_forecast_at_the_pace_of_what_runs():
    spending = spent({"gpuHours": {"soft": 2.1, "hard": 4}, "wallClock": {"hard": "3h"}})
    assert spending.due == pytest.approx(NOW + (2.1 * 3600 - 7400) / 2)


def test_nothing_is_forecast_while_nothing_runs():
    view = study(budget={"gpuHours": {"soft": 2}}, status=STARTED)
    assert spending_of(look_at(snapshot(view, pods=[over(1)], jobs=[job(1)])), NOW).due is None


def test_a_hard_limit_that_is_met_counts_before_a_soft_one():
    spending = spent({"gpuHours": {"soft": 1}, "trialHours": {"hard": 1}})
    assert spending.met is Met.HARD
    assert spending.first is not None
    assert spending.first.name == "trialHours"


def test_without_a_budget_nothing_is_met():
    view = replace(study(), status=STARTED)
    assert spending_of(look_at(snapshot(view)), NOW) == Spending()


def test_the_clock_stands_still_once_the_study_is_over():
    budget, ended = {"wallClock": {"hard": "1h30m"}}, timestamp(NOW - 3600)
    assert spent(budget, completionTime=ended).met is Met.HARD
    assert spent(budget, rest=True, completionTime=ended).met is None
    assert spent(budget, rest=True).met is Met.HARD
