"""A step beyond the last one is judged as the last, once; studies of before do not judge it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import (
    Direction,
    Guards,
    Judge,
    Median,
    Pruner,
    Report,
    SuccessiveHalving,
    Terms,
    Threshold,
    TrialState,
    as_judged,
)

HORIZON = 6
OLD = Terms(Direction.MAXIMIZE, HORIZON, metric="m")
NEW = replace(OLD, clamps=True)
PRUNERS: list[Pruner] = [
    Median(startup_trials=1),
    SuccessiveHalving(min_resource=1, reduction_factor=2),
    Threshold(lower=0.2),
]
Ended = tuple[int, TrialState]
reports = st.builds(
    Report,
    st.integers(0, 3),
    st.integers(1, 3),
    st.integers(0, 3 * HORIZON),
    st.sampled_from([0.1, 0.3, 0.5, 0.9, math.nan]),
)
ends = st.tuples(st.integers(0, 3), st.sampled_from([TrialState.COMPLETED, TrialState.FAILED]))
streams = st.lists(reports | reports | reports | ends, max_size=60)


def once(stream: list[Report | Ended]) -> list[Report | Ended]:
    """Leave out what says again what its attempt has said: the store takes no step twice."""
    seen = set()
    left: list[Report | Ended] = []
    for each in stream:
        if isinstance(each, Report):
            key = (each.trial, each.attempt, each.step)
            if key in seen:
                continue
            seen.add(key)
        left.append(each)
    return left


def judged(pruner: Pruner, terms: Terms, stream: list[Report | Ended]) -> list[str]:
    judge = Judge(pruner, terms, Guards(keep_best=0, exempt_percent=0.0))
    verdicts = []
    for at, each in enumerate(stream):
        if not isinstance(each, Report):
            judge.close(*each, float(at))
        elif (report := as_judged(judge.ledger, each)) is not None:
            verdicts.append(judge.report(report, float(at)))
    # NaN is not itself, but is written alike.
    return [repr(verdict) for verdict in verdicts if verdict.decisions]


def by_hand(stream: list[Report | Ended]) -> list[Report | Ended]:
    """Write a stream as a trainer would that counts to the last step and says it once."""
    newest: dict[int, int] = {}
    done: set[tuple[int, int]] = set()
    left: list[Report | Ended] = []
    for each in stream:
        if not isinstance(each, Report) or each.step < HORIZON:
            left.append(each)
        elif (each.trial, each.attempt) not in done:
            left.append(replace(each, step=HORIZON))
        else:
            left.append((-1, TrialState.FAILED))  # takes its place in time, and means nothing
            continue
        if isinstance(each, Report):
            newest[each.trial] = max(newest.get(each.trial, 0), each.attempt)
            if each.step >= HORIZON and each.attempt == newest[each.trial]:
                done.add((each.trial, each.attempt))
    return left


@pytest.mark.parametrize("pruner", PRUNERS, ids=lambda pruner: type(pruner).__name__)
@given(streams)
def test_a_stream_is_judged_as_one_that_ends_at_the_last_step(
    pruner: Pruner, stream: list[Report | Ended]
) -> None:
    stream = once(stream)
    assert judged(pruner, NEW, stream) == judged(pruner, NEW, by_hand(stream))


@pytest.mark.parametrize("pruner", PRUNERS, ids=lambda pruner: type(pruner).__name__)
@given(streams)
def test_a_study_of_before_is_judged_as_it_was(
    pruner: Pruner, stream: list[Report | Ended]
) -> None:
    stream = once(stream)
    short = [
        (-1, TrialState.FAILED) if isinstance(each, Report) and each.step > HORIZON else each
        for each in stream
    ]
    assert judged(pruner, OLD, stream) == judged(pruner, OLD, short)


@pytest.mark.parametrize("pruner", PRUNERS, ids=lambda pruner: type(pruner).__name__)
@given(streams)
def test_streams_without_such_steps_are_judged_alike(
    pruner: Pruner, stream: list[Report | Ended]
) -> None:
    short = once([e for e in stream if not isinstance(e, Report) or e.step <= HORIZON])
    assert judged(pruner, NEW, short) == judged(pruner, OLD, short)


def test_the_first_value_beyond_is_the_last_and_no_other() -> None:
    judge = Judge(Median(startup_trials=1), NEW)
    steps = [1, HORIZON - 1, 500, HORIZON, 400, 600]
    told = []
    for step in steps:
        report = as_judged(judge.ledger, Report(0, 1, step, 0.5))
        told.append(None if report is None else report.step)
        if report is not None:
            judge.report(report, 0.0)
    assert told == [1, HORIZON - 1, HORIZON, None, None, None]
    again = as_judged(judge.ledger, Report(0, 2, 500, 0.5))
    assert again is not None
    assert again.step == HORIZON


def test_without_a_horizon_nothing_is_beyond() -> None:
    judge = Judge(Median(startup_trials=1), replace(NEW, horizon=None))
    report = Report(0, 1, 10**9, 0.5)
    assert as_judged(judge.ledger, report) is report
