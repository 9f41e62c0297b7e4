"""The circuit breaker: what it lets pass, and what it stops, at any pace."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from espalier.backtest.candidate import Candidate, JudgeEngine
from espalier.backtest.curves import Curves, read_folder
from espalier.backtest.measure import Setting
from espalier.backtest.simulate import simulate
from espalier.pruning import (
    Action,
    Auto,
    BreakerSettings,
    Decision,
    Direction,
    Guards,
    Judge,
    Median,
    Pruner,
    Reason,
    Report,
    SuccessiveHalving,
    Terms,
    Threshold,
)
from espalier.pruning.oversight.breaker import Breaker
from tests.pruning.judging import STRICT, judge_of, say

PACES = [0.01, 1.0, 60.0, 3600.0]
RECORDED = Path(__file__).parents[2] / "curves"
MINUTE = BreakerSettings(within_seconds=60.0, hold_seconds=600.0)
HALVING = {"minResource": "8%", "reductionFactor": 3}
SOUND = {
    "Auto": {"type": "Auto"},
    "SuccessiveHalving": {"type": "SuccessiveHalving", "successiveHalving": HALVING},
}


def started(judge: Judge, trials: int, pace: float, steps: int = 5) -> float:
    """Let trials report good values side by side; return the time of the next step."""
    for step in range(1, steps + 1):
        for trial in range(trials):
            say(judge, trial, step, 1.0, at=step * pace)
    return (steps + 1) * pace


@pytest.mark.parametrize("pace", PACES)
def test_the_breaker_stops_a_massacre_and_says_so(pace: float) -> None:
    judge = judge_of(breaker=BreakerSettings())
    at = started(judge, 10, pace)
    decisions = [say(judge, trial, 6, -1.0, at=at + trial * pace / 100) for trial in range(10)]
    assert [d.action for d in decisions] == [Action.PRUNE] * 8 + [Action.KEEP] * 2
    assert decisions[-1].reason is Reason.BREAKER_OPEN
    assert decisions[-1].evidence["seconds"] == pytest.approx(2 * pace, rel=0.1)
    assert judge.summary().breaker_open
    assert judge.summary().breaker_trips == 1


@pytest.mark.parametrize("pace", PACES)
def test_it_stays_open_for_ten_minutes_and_for_twenty_values_of_a_trial(pace: float) -> None:
    judge = judge_of(breaker=BreakerSettings(), horizon=100)
    at = started(judge, 10, pace)
    for trial in range(10):
        say(judge, trial, 6, -1.0, at=at)
    hold = max(600.0, 20 * pace)
    assert say(judge, 9, 7, -1.0, at=at + 0.99 * hold).reason is Reason.BREAKER_OPEN
    assert say(judge, 9, 8, -1.0, at=at + 1.01 * hold).action is Action.PRUNE
    assert not judge.summary().breaker_open


@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize(
    "pruner",
    [Auto(), SuccessiveHalving(min_resource=4, reduction_factor=3), Median(warmup_steps=5)],
    ids=lambda pruner: pruner.name,
)
def test_a_metric_that_turns_to_garbage_does_not_cost_a_study_its_trials(
    pruner: Pruner, pace: float
) -> None:
    """Twenty trials of one curve run side by side; then all values are NaN."""
    terms = Terms(Direction.MAXIMIZE, 100, study_uid="u", trials=200)
    judge = Judge(pruner, terms, Guards(exempt_percent=0.0))
    lost, running = 0, list(range(20))
    for tick in range(50):
        for trial in list(running):
            step = tick + 1 + trial % 10
            value = 1.0 - math.exp(-step / 30) if tick < 30 else math.nan
            at = (tick + trial / 20) * pace
            decision = judge.report(Report(trial, 1, step, value), at).decision
            assert decision is not None
            if decision.prunes:
                running.remove(trial)
                lost += tick >= 30
    assert judge.summary().breaker_trips == 1
    assert len(running) >= 1
    established = len(running) + lost
    # It opens at nine tenths of the established ones, and nothing is pruned after that.
    assert lost <= 0.9 * established


@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("pruner", SOUND)
def test_sound_pruning_of_recorded_studies_does_not_open_it_at_any_pace(
    pruner: str, pace: float
) -> None:
    candidate = Candidate(pruner, SOUND[pruner], {"exemptPercent": 0})
    setting = Setting(workers=8, trials=48)
    for number, task in enumerate(read_folder(RECORDED)):
        drawn = at_pace(task.take(setting.order(task, number)), pace)
        terms = Terms(drawn.direction, drawn.steps, study_uid=task.name, trials=len(drawn))
        judge = candidate.judge(terms)
        simulate(drawn, setting.workers, JudgeEngine(judge))
        assert judge.summary().pruned > 10
        assert judge.summary().breaker_trips == 0, task.name


def at_pace(curves: Curves, pace: float) -> Curves:
    """Let a step take so many seconds on average."""
    seconds = curves.seconds * (pace * curves.steps / float(curves.seconds[:, -1].mean()))
    return Curves(curves.name, curves.direction, curves.values, seconds)


@pytest.mark.parametrize("pace", PACES)
def test_a_stream_of_young_trials_does_not_open_it(pace: float) -> None:
    judge = judge_of(breaker=BreakerSettings())
    for trial in range(200):
        assert say(judge, 2 * trial, 1, 1.0, at=trial * pace).action is Action.KEEP
        assert say(judge, 2 * trial, 2, -1.0, at=(trial + 1) * pace).action is Action.PRUNE


@pytest.mark.parametrize("breaker", [BreakerSettings(), MINUTE], ids=["pace", "minute"])
def test_pruning_two_of_three_running_trials_is_plausible(breaker: BreakerSettings) -> None:
    judge = judge_of(breaker=breaker)
    at = started(judge, 30, 100.0)
    for trial in range(30):
        value = -1.0 if trial % 3 else 1.0
        decision = say(judge, trial, 6, value, at=at)
        assert decision.action is (Action.PRUNE if trial % 3 else Action.KEEP)


def test_before_any_trial_has_reported_twice_it_does_not_open() -> None:
    judge = judge_of(Threshold(lower=0.0), breaker=BreakerSettings())
    for trial in range(20):
        assert say(judge, trial, 1, -1.0, at=float(trial)).action is Action.PRUNE


def massacre(judge: Judge) -> list[Decision]:
    """Ten trials report once; all are to be pruned a hundred seconds later."""
    for trial in range(10):
        say(judge, trial, 1, 1.0, at=0.0)
    return [say(judge, trial, 2, -1.0, at=100.0 + trial) for trial in range(10)]


def of_edition(edition: int, breaker: BreakerSettings) -> Judge:
    guards = Guards(exempt_percent=0.0, keep_best=0, breaker=breaker)
    return Judge(STRICT, Terms(Direction.MAXIMIZE, 30, edition=edition), guards)


@pytest.mark.parametrize(
    "judge",
    [of_edition(2, MINUTE), of_edition(1, MINUTE), of_edition(1, BreakerSettings())],
    ids=["a time that is given", "given in edition 1", "left open in edition 1"],
)
def test_a_time_that_is_given_is_as_given_and_was_a_minute_in_edition_1(judge: Judge) -> None:
    decisions = massacre(judge)
    assert [d.action for d in decisions] == [Action.PRUNE] * 8 + [Action.KEEP] * 2
    assert decisions[-1].evidence["seconds"] == 60.0
    assert judge.breaker.trip is not None
    assert judge.breaker.trip.until == 708.0
    # It closes after a while.
    assert say(judge, 9, 3, -1.0, at=800.0).action is Action.PRUNE
    assert not judge.summary().breaker_open
    assert judge.summary().breaker_trips == 1


def test_a_share_of_0_never_opens_it() -> None:
    breaker = Breaker(BreakerSettings(share_percent=0.0))
    for trial in range(50):
        for step in range(9):
            breaker.reported(trial, float(step))
    for trial in range(50):
        assert breaker.allows(trial, 9.0)
        breaker.pruned(trial, 9.0)
        breaker.ended(trial)
