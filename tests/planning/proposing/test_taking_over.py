"""Trials of earlier studies are taken over as what they tell of the present one."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.api.warm_start import WarmStartSpec
from espalier.errors import SpecError
from espalier.planning.proposing import taking_over
from espalier.planning.proposing.past import earlier_trial
from espalier.planning.proposing.taking_over import (
    MOST_POINTS,
    MOST_REASONS,
    SourceStudy,
    SourceTrial,
    take_over,
    thinned,
)
from espalier.planning.world.warm_start import WarmStart
from espalier.pruning import Direction
from espalier.search import FloatRange, Outcome, Parameter, Predecessor, Space

SPACE = Space((Parameter("lr", FloatRange(0.0, 1.0)), Parameter("dropout", FloatRange(0.0, 1.0))))
WANTED = WarmStart(WarmStartSpec.model_construct(), SPACE, (), "loss", Direction.MINIMIZE, 27, 7)
GIVEN = {"lr": 0.5, "dropout": 0.25}


def trial(number=0, outcome=Outcome.COMPLETED, last=27, given_values=GIVEN):
    steps = tuple(range(1, last + 1))
    return SourceTrial(number, given_values, outcome, steps, tuple(1.0 / step for step in steps))


def source(*trials, horizon=27, uid="old", **more):
    known = {"metric": "loss", "direction": Direction.MINIMIZE, **more}
    return SourceStudy("spec.warmStart.studies[0].name", "Study", uid, uid, **known,
                       horizon=horizon, trials=trials)  # fmt: skip


@pytest.mark.parametrize(
    ("before", "told", "horizon", "outcome", "last"),
    {
        "a completed trial is one": (27, Outcome.COMPLETED, 27, Outcome.COMPLETED, 27),
        "one that ended early by itself, too": (9, Outcome.COMPLETED, 27, Outcome.COMPLETED, 9),
        "one of a shorter study is as good as pruned": (9, Outcome.COMPLETED, 9, Outcome.PRUNED, 9),
        "one of a longer study is known up to here": (
            81,
            Outcome.COMPLETED,
            81,
            Outcome.COMPLETED,
            27,
        ),
        "one that was pruned later has come as far as trials go today": (
            54,
            Outcome.PRUNED,
            81,
            Outcome.COMPLETED,
            27,
        ),
        "one that was pruned before was": (9, Outcome.PRUNED, 81, Outcome.PRUNED, 9),
        "one that failed has failed": (40, Outcome.FAILED, 81, Outcome.FAILED, 27),
        "one that failed before it began, too": (0, Outcome.FAILED, 27, Outcome.FAILED, 0),
    }.values(),
)
def test_a_trial_is_taken_as_far_as_trials_go_today(before, told, horizon, outcome, last):
    ((told_of,), (taken,)) = take_over(WANTED, [source(trial(3, told, before), horizon=horizon)])
    assert (told_of.taken, dict(told_of.left_out)) == (1, {})
    assert (taken.study, taken.number, taken.outcome) == ("old", 3, outcome)
    assert json.loads(taken.parameters) == GIVEN
    assert taken.steps == tuple(range(1, last + 1))
    past = earlier_trial(taken, Direction.MINIMIZE)
    assert past.earlier == "old"
    assert past.scores == tuple(-value for value in taken.values)


def test_what_a_table_says_of_a_completed_trial_is_its_value_at_the_end():
    _, (taken,) = take_over(WANTED, [source(trial(last=1), horizon=None)])
    assert (taken.outcome, taken.steps, taken.values) == (Outcome.COMPLETED, (27,), (1.0,))
    _, (taken,) = take_over(WANTED, [source(trial(0, Outcome.PRUNED, 3), horizon=None)])
    assert taken.steps == (1, 2, 3)


@pytest.mark.parametrize(
    ("bad", "why"),
    {
        "a value that is missing": (trial(1, given_values={"lr": 0.5}), "no value of dropout"),
        "a value out of range": (
            trial(1, given_values={**GIVEN, "lr": 2.0}),
            "lr out of its range",
        ),
        "what is no value at all": (
            trial(1, given_values={**GIVEN, "lr": [0.5]}),
            "no value of lr",
        ),
        "infinity": (trial(1, given_values={**GIVEN, "lr": math.inf}), "no value of lr"),
        "nothing reported": (trial(1, last=0), "no value up to step 27"),
        "lost": (trial(1, Outcome.LOST), "lost by no fault of its own"),
    }.values(),
)  # fmt: skip
def test_what_tells_nothing_is_left_out_and_counted(bad, why):
    (told_of,), taken = take_over(WANTED, [source(trial(0), bad, replace(bad, number=2))])
    assert [each.number for each in taken] == [0]
    assert dict(told_of.left_out) == {why: 2}


@pytest.mark.parametrize(
    ("bad", "says"),
    {
        "another direction": (
            source(trial(), direction=Direction.MAXIMIZE),
            "expected trials that minimize loss as this study does, got Study old, which maximizes"
            " loss",
        ),
        "another metric": (source(trial(), metric="accuracy"), "which minimizes accuracy; remove"),
        "no parameter in common": (
            source(trial(given_values={"depth": 3})),
            r"at least one of the study's parameters \(lr, dropout\), got Study old with depth",
        ),
    }.values(),
)
def test_a_study_that_tells_nothing_is_refused_by_its_field(bad, says):
    with pytest.raises(SpecError, match=says) as caught:
        take_over(WANTED, [source(trial()), bad])
    assert caught.value.field == "spec.warmStart.studies[0].name"


def test_a_fill_alone_is_nothing_in_common():
    wanted = replace(
        WANTED, predecessors=(Predecessor("lr", fill=0.5), Predecessor("dropout", fill=0.5))
    )
    with pytest.raises(SpecError, match="at least one"):
        take_over(wanted, [source(trial(given_values={"depth": 3}))])


def test_a_study_without_ended_trials_is_no_fault():
    ((told_of,), taken) = take_over(WANTED, [source()])
    assert (told_of.taken, taken) == (0, ())


def test_a_trial_counts_once_whatever_names_its_study():
    (first, second), taken = take_over(
        WANTED, [source(trial(0), trial(1)), source(trial(1), trial(2))]
    )
    assert [each.number for each in taken] == [0, 1, 2]
    assert (first.taken, second.taken) == (2, 1)
    assert dict(second.left_out) == {"taken from another source already": 1}


@given(st.lists(st.integers(0, 12), min_size=1, max_size=6), st.integers(1, 12))
def test_room_is_shared_out_and_the_newest_stay(sizes, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taking_over, "MOST_TRIALS", most)
        sources = [
            source(*(trial(n, last=1) for n in range(size)), uid=f"s{i}", horizon=None)
            for i, size in enumerate(sizes)
        ]
        told, taken = take_over(WANTED, sources)
    assert len(taken) == sum(each.taken for each in told) <= most
    for size, each in zip(sizes, told, strict=True):
        numbers = [t.number for t in taken if t.study == each.study]
        assert numbers == list(range(size - each.taken, size))
        assert each.taken + sum(each.left_out.values()) == size


@given(st.integers(0, 1000), st.integers(2, 300))
def test_curves_are_thinned_evenly_and_keep_their_ends(count, most):
    found = thinned(range(count), most)
    assert len(found) == min(count, most)
    assert list(found) == sorted(set(found))
    if count:
        assert (found[0], found[-1]) == (0, count - 1)


def test_what_is_told_has_bounds():
    trials = [trial(n, given_values={f"p{n}": 1, **GIVEN}) for n in range(3)]
    space = Space(tuple(Parameter(f"p{n}", FloatRange(0.0, 0.5)) for n in range(40)))
    bad = [trial(n, given_values={f"p{k}": int(k == n) for k in range(40)}) for n in range(40)]
    (told_of,), _ = take_over(replace(WANTED, space=space), [source(*bad)])
    assert sum(told_of.left_out.values()) == 40
    assert len(told_of.left_out) == MOST_REASONS + 1
    _, (taken, *_) = take_over(replace(WANTED, horizon=10**6), [source(trial(last=5000), *trials)])
    assert len(taken.steps) == len(taken.values) == MOST_POINTS
    assert taken.steps[-1] == 5000
