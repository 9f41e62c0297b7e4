"""What holds for every pruner, whatever the history."""

from __future__ import annotations

import dataclasses
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import (
    Action,
    BreakerSettings,
    Decision,
    Direction,
    Guards,
    Judge,
    Ledger,
    Pruner,
    Reason,
    Receipt,
    Report,
    Terms,
    Threshold,
    TrialState,
    Verdict,
)
from tests.pruning.every_pruner import COMPOSED, EVERY, REGISTERED
from tests.pruning.histories import DIRECTIONS, Event, Said, Shape, draw, feed, mirrored
from tests.pruning.thoroughness import LAWS

HORIZON = 30
MOST = 32
UNGUARDED = Guards(nan_patience=0, keep_best=0, exempt_percent=0.0)

small = {"trials": st.integers(2, 12), "steps": st.integers(2, 12), "workers": st.integers(1, 8)}
large = {"trials": st.integers(16, 32), "steps": st.integers(6, 16), "workers": st.integers(4, 32)}
shapes = st.one_of(
    st.builds(
        Shape,
        **size,
        ties=st.booleans(),
        nan_share=st.sampled_from([0.0, 0.0, 0.2]),
        irregular=st.booleans(),
        retry_share=st.sampled_from([0.0, 0.0, 0.5]),
        first_step=st.integers(0, 1),
    )
    # Predictions need many trials to learn from.
    for size in (small, small, small, large)
)
histories = st.builds(draw, st.integers(0, 10**6), shapes)
every_pruner = pytest.mark.parametrize("pruner", EVERY.values(), ids=EVERY.keys())
directions = st.sampled_from(DIRECTIONS)


def ledger_of(events: list[Event], direction: Direction = Direction.MAXIMIZE) -> Ledger:
    ledger = Ledger(Terms(direction, HORIZON, study_uid="laws", target=2.0, trials=MOST))
    for event in events:
        feed(ledger, event)
    return ledger


def judge_of(
    pruner: Pruner,
    direction: Direction,
    guards: Guards = UNGUARDED,
    shadow: Pruner = REGISTERED["Median"],
) -> Judge:
    return Judge(
        pruner,
        Terms(direction, HORIZON, study_uid="laws", target=2.0, trials=MOST),
        guards,
        [("shadow", shadow)],
    )


def run(judge: Judge, events: list[Event]) -> list[object]:
    return [step(judge, event, float(at)) for at, event in enumerate(events)]


def step(judge: Judge, event: Event, at: float) -> object:
    if isinstance(event, Said):
        return judge.report(Report(event.trial, event.attempt, event.step, event.value), at)
    judge.close(event.trial, event.state, at)
    return None


def same(one: object, other: object) -> bool:
    # NaN is not equal to itself; its text is, but takes longer to make.
    return one == other or repr(one) == repr(other)


@every_pruner
@LAWS
@given(events=histories, direction=directions)
def test_judging_is_pure(pruner: Pruner, events: list[Event], direction: Direction) -> None:
    eager, lazy = ledger_of([], direction), ledger_of([], direction)
    for event in events:
        feed(eager, event)
        feed(lazy, event)
        if isinstance(event, Said):
            first = pruner.judge(eager, event.trial)
            assert same(pruner.judge(eager, event.trial), first)
            assert isinstance(first.reason, Reason)
            assert first.sentence()
    # A ledger that was never asked gives the same answers as one that was asked all the time.
    for trial in range(MOST):
        assert same(pruner.judge(lazy, trial), pruner.judge(eager, trial))


@every_pruner
@LAWS
@given(events=histories)
def test_maximizing_is_minimizing_the_negative(pruner: Pruner, events: list[Event]) -> None:
    opposite = pruner
    if isinstance(pruner, Threshold):
        # Bounds are in the user's own sign.
        opposite = Threshold(lower=-pruner.upper, upper=-pruner.lower)
    up = ledger_of([], Direction.MAXIMIZE)
    down = Ledger(Terms(Direction.MINIMIZE, HORIZON, study_uid="laws", target=-2.0, trials=MOST))
    for event, mirror in zip(events, mirrored(events), strict=True):
        feed(up, event)
        feed(down, mirror)
        if isinstance(event, Said):
            one, other = pruner.judge(up, event.trial), opposite.judge(down, event.trial)
            assert one.action is other.action
            assert one.rung == other.rung
            if not isinstance(pruner, Threshold):
                assert one.reason is other.reason


@every_pruner
@LAWS
@given(events=histories, order=st.randoms(use_true_random=False))
def test_the_order_in_which_other_trials_report_does_not_matter(
    pruner: Pruner, events: list[Event], order: random.Random
) -> None:
    by_trial: dict[int, list[Event]] = {}
    for event in events:
        by_trial.setdefault(event.trial, []).append(event)
    cut = {trial: order.randint(1, len(own)) for trial, own in by_trial.items()}
    picks = [trial for trial, count in cut.items() for _ in range(count)]
    ledgers = []
    for _ in range(2):
        order.shuffle(picks)
        queues = {trial: iter(own) for trial, own in by_trial.items()}
        ledger = ledger_of([])
        for i, trial in enumerate(picks):
            feed(ledger, next(queues[trial]))
            if i % 7 == 3:
                pruner.judge(ledger, trial)
        ledgers.append(ledger)
    for trial in by_trial:
        if ledgers[0].curve(trial).state is TrialState.RUNNING:
            one, other = (pruner.judge(ledger, trial) for ledger in ledgers)
            assert same(one, other)


@every_pruner
@LAWS
@given(events=histories, direction=directions)
def test_repeated_reports_change_nothing(
    pruner: Pruner, events: list[Event], direction: Direction
) -> None:
    once, again = judge_of(pruner, direction), judge_of(pruner, direction)
    said: list[Said] = []
    for at, event in enumerate(events):
        assert same(step(once, event, float(at)), step(again, event, float(at)))
        if isinstance(event, Said):
            said.append(event)
        for old in said[-3:]:
            assert step(again, old, float(at)).decision is None
    assert again.ledger.receipts[Receipt.CONTRADICTED] == 0


@every_pruner
@LAWS
@given(events=histories, direction=directions, data=st.data())
def test_the_same_after_a_restart_at_any_point(
    pruner: Pruner, events: list[Event], direction: Direction, data: st.DataObject
) -> None:
    whole = judge_of(pruner, direction)
    verdicts = run(whole, events)
    cut = data.draw(st.integers(0, len(events)))
    restarted = judge_of(pruner, direction)
    assert same(run(restarted, events[:cut]), verdicts[:cut])
    rest = [step(restarted, e, float(cut + i)) for i, e in enumerate(events[cut:])]
    assert same(rest, verdicts[cut:])
    assert same(restarted.summary(), whole.summary())


@every_pruner
@LAWS
@given(events=histories, direction=directions, keep_best=st.integers(0, 2))
def test_a_shadow_like_the_pruner_that_acts_says_the_same_and_would_save_nothing(
    pruner: Pruner, events: list[Event], direction: Direction, keep_best: int
) -> None:
    breaker = BreakerSettings(share_percent=60.0, within_seconds=5.0, min_trials=2, hold_seconds=9)
    guards = Guards(nan_patience=1, keep_best=keep_best, exempt_percent=25.0, breaker=breaker)
    judge = judge_of(pruner, direction, guards, shadow=pruner)
    own = 0
    for at, event in enumerate(events):
        verdict = step(judge, event, float(at))
        if isinstance(verdict, Verdict) and verdict.receipt is Receipt.APPENDED:
            assert same(verdict.shadows, (("shadow", verdict.decision),))
            own += verdict.decision.prunes and verdict.decision.pruner != "Guards"
    (shadow,) = judge.summary().shadows
    assert (shadow.would_prune, shadow.would_save) == (own, 0)
    assert judge.shadows[0].pruner_state.spent == judge.pruner_state.spent


MAY_PRUNE_THE_BETTER = {
    "All": "it has Patient inside",
    "Any": "it has Patient inside",
    "Patient": "a better curve may rise sooner and then stand still",
    "Threshold": "the upper bound is there to catch values that are too good",
    "Posterior": "a curve that is better early promises less growth",
    "Bandit": "a curve that is better early promises less growth",
    "Auto to a target": "a curve that is better early promises less growth",
    "Bandit with a budget": "a curve that is better early promises less growth",
    "Patient with all gates": "a better curve may rise sooner and then stand still",
    "Posterior at a high risk": "a curve that is better early promises less growth",
    "Posterior under a budget": "a curve that is better early promises less growth",
}


@pytest.mark.parametrize(
    "pruner",
    [pruner for name, pruner in EVERY.items() if name not in MAY_PRUNE_THE_BETTER],
    ids=[name for name in EVERY if name not in MAY_PRUNE_THE_BETTER],
)
@LAWS
@given(events=histories, data=st.data())
def test_a_better_curve_is_not_pruned_where_a_worse_one_is_kept(
    pruner: Pruner, events: list[Event], data: st.DataObject
) -> None:
    trial = data.draw(st.sampled_from(sorted({event.trial for event in events})))
    events = [e for e in events if e.trial != trial or isinstance(e, Said)]
    gains = {e.step: data.draw(st.integers(1, 8)) / 8 for e in events if e.trial == trial}
    better = [
        dataclasses.replace(e, value=e.value + gains[e.step]) if e.trial == trial else e
        for e in events
    ]
    worse_off, better_off = ledger_of(events), ledger_of(better)
    if worse_off.curve(trial).steps and not pruner.judge(worse_off, trial).prunes:
        assert not pruner.judge(better_off, trial).prunes


@every_pruner
@LAWS
@given(events=histories, direction=directions)
def test_two_nan_in_a_row_prune_whatever_the_pruner(
    pruner: Pruner, events: list[Event], direction: Direction
) -> None:
    judge = judge_of(pruner, direction, Guards(exempt_percent=0.0))
    run(judge, events)
    for at in (1, 2):
        decision = judge.report(Report(99, 1, at, math.nan), 1e6 + at).decision
    if decision is not None:
        assert decision.action is Action.PRUNE
        assert decision.reason is Reason.DIVERGED


SCHEDULED = {name: pruner for name, pruner in EVERY.items() if name not in COMPOSED}


@pytest.mark.parametrize("kind", SCHEDULED.values(), ids=SCHEDULED.keys())
@LAWS
@given(
    events=histories,
    direction=directions,
    startup=st.integers(0, 6),
    warmup=st.integers(0, 8),
    interval=st.integers(1, 4),
)
def test_start_up_warm_up_and_interval_are_respected(
    kind: Pruner,
    events: list[Event],
    direction: Direction,
    startup: int,
    warmup: int,
    interval: int,
) -> None:
    gates = {"startup_trials": startup, "warmup_steps": warmup, "interval_steps": interval}
    pruner = dataclasses.replace(kind, **gates)
    ledger = ledger_of([], direction)
    judged: dict[int, set[int]] = {}
    for event in events:
        advanced = feed(ledger, event) is Receipt.APPENDED
        if advanced and pruner.judge(ledger, event.trial).prunes:
            assert ledger.completed >= startup
            assert event.step >= warmup
            place = (event.step - warmup) // interval
            assert place not in judged.setdefault(event.trial, set())
            judged[event.trial].add(place)


@every_pruner
@LAWS
@given(events=histories, direction=directions)
def test_decisions_survive_json(pruner: Pruner, events: list[Event], direction: Direction) -> None:
    ledger = ledger_of(events, direction)
    for trial in range(MOST):
        decision = pruner.judge(ledger, trial)
        restored = Decision.from_dict(decision.to_dict())
        assert same(restored.to_dict(), decision.to_dict())
        assert restored.sentence() == decision.sentence()
