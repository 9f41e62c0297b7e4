"""Curves that break things: a decision with a reason each time, quietly and in bounded time."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable

import pytest

from espalier.pruning import (
    Action,
    Curve,
    Direction,
    Judge,
    Ledger,
    Match,
    Peers,
    Pruner,
    Receipt,
    Report,
    Terms,
)
from espalier.pruning.history.step_ranks import StepRanks
from tests.pruning.every_pruner import EVERY

Points = Iterable[tuple[int, float]]
LENGTH = 50


def takes_off(trial: int) -> Points:
    return [(s, 0.1 if s < 45 else 0.5 + trial / 100) for s in range(1, LENGTH)]


CURVES: dict[str, Callable[[int], Points]] = {
    "diverging": lambda t: [(s, -(10.0 ** (s * 5 + t))) for s in range(1, LENGTH)],
    "constant": lambda t: [(s, float(t)) for s in range(1, LENGTH)],
    "tied": lambda t: [(s, 0.5) for s in range(1, LENGTH)],
    "NaN from the start": lambda t: [(s, math.nan) for s in range(1, LENGTH)],
    "NaN now and then": lambda t: [(s, math.nan if s % 3 else 1.0 * t) for s in range(1, LENGTH)],
    "a single step": lambda t: [(7, float(t))],
    "tiny": lambda t: [(s, (s + t) * 1e-308) for s in range(1, LENGTH)],
    "huge": lambda t: [(s, (-1.0) ** t * 1e308 * s / LENGTH) for s in range(1, LENGTH)],
    "subnormal and huge": lambda t: [(s, 5e-324 if s % 2 else 1.7e308) for s in range(1, LENGTH)],
    "infinite": lambda t: [(s, (-1.0) ** (s + t) * math.inf) for s in range(1, LENGTH)],
    "steps that go backwards": lambda t: [(LENGTH - s, float(s * t)) for s in range(1, LENGTH)],
    "far apart": lambda t: [(2**s + t, float(s * t)) for s in range(4, 53)],
    "sign that flips": lambda t: [(s, (-1.0) ** s * (t + 1)) for s in range(1, LENGTH)],
    "take-off after nine tenths": takes_off,
}


@pytest.mark.parametrize("pruner", EVERY.values(), ids=EVERY.keys())
@pytest.mark.parametrize("kind", CURVES)
def test_a_decision_with_a_reason_each_time(kind: str, pruner: Pruner) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for direction in Direction:
            judge = Judge(
                pruner, Terms(direction, LENGTH, study_uid="hostile", target=1.0, trials=7)
            )
            at = 0.0
            for trial in range(7):
                for step, value in CURVES[kind](trial):
                    at += 1.0
                    verdict = judge.report(Report(trial, 1, step, value), at)
                    if verdict.receipt is Receipt.LATE:
                        assert verdict.decision is None
                        continue
                    decision = verdict.decision
                    assert decision is not None
                    assert decision.sentence()
                    assert len(repr(decision.to_dict())) < 10_000
                    if decision.action is Action.PRUNE:
                        break
            judge.summary()


def test_a_million_steps_take_bounded_memory() -> None:
    pruner = EVERY["Median of all that reached"]
    ledger = Ledger(Terms(Direction.MAXIMIZE))
    pruner.judge(ledger, 0)
    columns = StepRanks.of(ledger, Peers.REACHED, Match.AT_OR_BEFORE)
    for step in range(1, 1_000_001):
        ledger.append(Report(0, 1, step, 1.0))
        if not step % 1000:
            assert pruner.judge(ledger, 0).sentence()
    assert size_of(ledger.curve(0)) < 40_000_000
    assert len(columns) < 12_000


def size_of(curve: Curve) -> int:
    return sum(len(a) * a.itemsize for a in (curve.steps, curve.scores, curve.bests, curve.times))
