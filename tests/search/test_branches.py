"""Branches that have lost are closed, and seldom one that would have won."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.search import (
    Branches,
    BranchRule,
    Choice,
    ClosedBranch,
    FloatRange,
    Outcome,
    Parameter,
    PastTrial,
    Space,
    Told,
    When,
    branches_of_text,
    closed_branches,
    passed_over,
    text_of_branches,
    without,
)
from espalier.search.branches import chance_to_beat, still_closed

SPACE = Space(
    (
        Parameter("optimizer", Choice(("sgd", "adam", "lion"))),
        Parameter("momentum", FloatRange(0.0, 1.0), When("optimizer", ("sgd",))),
        Parameter("plain", Choice(("a", "b"))),
    )
)
RULE = BranchRule(0.05)


def trials(**scores: list[float]) -> list[PastTrial]:
    """Return trials with these scores by optimizer."""
    found = []
    for optimizer, each in scores.items():
        for score in each:
            known = {"optimizer": optimizer, "plain": "b" if score < 0 else "a"}
            ended = PastTrial(len(found), known, Outcome.COMPLETED, (1,), (score,))
            found.append(replace(ended, told=Told.VALUE, score=score))
    return found


def ramp(start: float, count: int = 12) -> list[float]:
    return [start + 0.01 * each for each in range(count)]


LOST = trials(sgd=ramp(-9.0), adam=ramp(0.0), lion=ramp(0.05))


def test_what_is_far_behind_is_closed_with_its_numbers_and_the_rest_stays_open():
    (closed,) = closed_branches(SPACE, LOST, RULE)
    assert (closed.parameter, closed.value, closed.trials, closed.others) == (
        "optimizer",
        "sgd",
        12,
        24,
    )
    assert closed.behind == pytest.approx(0.05 + 0.11 + 9.0 - 0.11)
    assert closed.chance < 0.025


@pytest.mark.parametrize(
    ("history", "rule"),
    [
        pytest.param([], RULE, id="nothing has been seen"),
        pytest.param(LOST, BranchRule(0.05, min_trials=13), id="it has too few trials"),
        pytest.param(LOST, BranchRule(0.05, keep=(("optimizer", "sgd"),)), id="it is kept"),
        pytest.param(LOST, BranchRule(1e-12), id="the risk is too large"),
        pytest.param([replace(each, earlier="old") for each in LOST], RULE, id="of another study"),
        pytest.param([replace(each, told=Told.PRUNED) for each in LOST], RULE, id="no values"),
        pytest.param(trials(sgd=ramp(0.0), adam=ramp(0.02)), RULE, id="it is close"),
        pytest.param(trials(sgd=ramp(0.0)), RULE, id="it is alone"),
    ],
)
def test_nothing_is_closed_where(history, rule):
    assert closed_branches(SPACE, history, rule) == ()


def test_only_choices_on_which_others_depend_have_branches():
    assert {each.parameter for each in closed_branches(SPACE, LOST, RULE)} == {"optimizer"}


scores = st.floats(-1e6, 1e6) | st.just(math.nan) | st.just(math.inf)
histories = st.builds(
    lambda sgd, adam, lion: trials(sgd=sgd, adam=adam, lion=lion),
    *[st.lists(scores, max_size=20)] * 3,
)


@given(histories, st.floats(0.001, 0.5), st.integers(5, 12))
def test_a_value_of_each_choice_stays_open_and_the_best_trials_own(history, risk, fewest):
    closed = closed_branches(SPACE, history, BranchRule(risk, fewest))
    left = without(SPACE, closed)["optimizer"].domain
    assert left.size == 3 - len(closed) >= 1
    finite = [each for each in history if math.isfinite(each.score)]
    if closed:
        leader = max(finite, key=lambda each: each.score)
        assert left.legal(leader.parameters["optimizer"])
    for each in closed:
        assert (each.chance < risk / 2, each.behind >= 0) == (True, True)
        assert each.trials >= fewest


@given(histories)
def test_trials_of_what_is_closed_are_passed_over_and_all_others_told(history):
    closed = (ClosedBranch("optimizer", "sgd", 9, 9, 1.0, 0.01),)
    for before, after in zip(history, passed_over(history, closed), strict=True):
        if before.parameters["optimizer"] == "sgd":
            assert after == replace(before, told=Told.NOTHING, score=None)
        else:
            assert after is before


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=5, max_size=40), st.floats(0, 1e3), st.integers(0, 99)
)
def test_a_chance_is_one_and_falls_with_what_is_to_be_beaten(seen, gap, draws):
    near = chance_to_beat(seen, max(seen) + gap, draws)
    far = chance_to_beat(seen, max(seen) + gap + 1.0, draws)
    assert 0.0 <= far <= near <= 1.0
    assert near <= chance_to_beat(seen, max(seen) + gap, draws + 1)


def test_rules_and_what_they_close_are_written_and_read_back():
    closed = closed_branches(SPACE, LOST, RULE)
    rule = BranchRule(0.05, 10, (("optimizer", "adam"), ("width", 3)))
    told = Branches(rule, closed)
    assert branches_of_text(text_of_branches(told)) == told
    for bad in ("", "{}", "[]", '{"rule":{"keep":[]},"closed":[{}]}', '{"rule":3,"closed":[]}'):
        assert branches_of_text(bad) is None


def test_what_stays_closed_is_told_as_when_it_was_closed():
    first, later = (ClosedBranch("o", "sgd", n, n, 1.0, 0.01) for n in (9, 12))
    other = replace(later, value="lion")
    assert still_closed((first,), Branches(RULE, (later, other))) == (first, other)
    assert still_closed((first,), Branches(RULE)) == still_closed((first,), None) == ()


# -- how often a branch is closed that holds the best -------------------------------------------

Draw = Callable[[np.random.Generator, int], np.ndarray]
SHAPES: dict[str, Draw] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "Student's t, 3 degrees": lambda rng, n: rng.standard_t(3, size=n),
    "Student's t, 2 degrees": lambda rng, n: rng.standard_t(2, size=n),
    "skewed to the good": lambda rng, n: rng.exponential(size=n),
    "very skewed to the good": lambda rng, n: np.exp(rng.normal(size=n)),
    "skewed to the bad": lambda rng, n: -rng.exponential(size=n),
    "very skewed to the bad": lambda rng, n: -np.exp(rng.normal(size=n)),
    "bounded": lambda rng, n: rng.beta(2, 0.5, size=n) * 4,
    "one in seven is good": lambda rng, n: np.where(
        rng.uniform(size=n) < 1 / 7, rng.normal(2.5, 0.3, size=n), rng.normal(-1, 0.6, size=n)
    ),
}
SHIFTS = ((0, 1), (-0.5, 1), (-1, 1), (-1, 2), (-2, 2), (-2, 1), (0.5, 0.5))
"""Where another branch lies, and how wide it is, in the first one's deviations."""
BUDGET, STUDIES, RISK = 100, 60, 0.05


def loses(rng: np.random.Generator, draw: Draw, shift: float, width: float) -> bool:
    """Play a study of two branches; return whether it closed one before its best of all came."""
    half = BUDGET // 2
    drawn = draw(rng, half), shift + width * draw(rng, half)
    holder = int(drawn[1].max() > drawn[0].max())
    winner = int(np.argmax(drawn[holder]))
    counts = [0, 0]
    for branch in rng.permutation(np.repeat([0, 1], half)):
        counts[branch] += 1
        for each in (0, 1):
            inside, other = drawn[each][: counts[each]], drawn[1 - each][: counts[1 - each]]
            if counts[each] < 10 or not counts[1 - each] or other.max() <= inside.max():
                continue
            if chance_to_beat([*inside], other.max(), sum(counts)) < RISK:
                return each == holder and counts[each] <= winner
    return False


@pytest.mark.parametrize("shape", SHAPES)
def test_the_best_is_lost_no_more_often_than_the_rule_says(shape):
    """Looked at after each trial, over other branches that lie elsewhere and are wider."""
    rng = np.random.default_rng(20_261_130)
    lost = sum(loses(rng, SHAPES[shape], *shift) for shift in SHIFTS for _ in range(STUDIES))
    assert lost / (len(SHIFTS) * STUDIES) <= RISK
