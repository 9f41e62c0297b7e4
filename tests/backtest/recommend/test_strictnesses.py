"""What is tried: every pruner from careful to bold, each rule once."""

from __future__ import annotations

import pytest

from espalier.backtest.candidate import Candidate
from espalier.backtest.knobs import KNOBS
from espalier.backtest.recommend.strictnesses import all_types, default, distinct, strictnesses
from espalier.errors import SpecError
from espalier.pruning.pruners.goal import Goal

GOALS = (Goal.KEEP_WINNER, Goal.BEST_UNDER_BUDGET)


@pytest.mark.parametrize("goal", GOALS, ids=str)
@pytest.mark.parametrize("horizon", [2, 3, 10, 81, 100_000])
def test_everything_that_is_tried_is_a_pruner_of_trials_of_any_length(goal, horizon):
    tried = distinct([default(goal), *strictnesses(all_types(), goal)], [horizon])
    assert {each.type for each in tried} == set(all_types())
    assert len({each.label for each in tried}) == len(tried)


def test_every_pruner_that_declares_a_knob_is_tried():
    assert set(KNOBS) < set(all_types())


def test_the_default_comes_first_and_is_tried_once():
    tried = distinct([default(Goal.KEEP_WINNER), *strictnesses(["Auto"], Goal.KEEP_WINNER)], [50])
    risks = [each.pruner.get("auto", {}).get("risk") for each in tried]
    assert risks == [None, 0.01, 0.02, 0.1, 0.2, 0.4]


def test_shares_that_are_the_same_step_in_every_study_are_one_rule():
    median = strictnesses(["Median"], Goal.KEEP_WINNER)
    assert len(distinct(median, [10])) < len(median)
    assert len(distinct(median, [10, 100])) == len(median)


def test_under_a_budget_those_that_state_a_risk_are_told_the_goal():
    assert default(Goal.BEST_UNDER_BUDGET).pruner["auto"] == {"goal": "BestUnderBudget"}
    labels = {each.label for each in strictnesses(["Posterior"], Goal.BEST_UNDER_BUDGET)}
    assert "Posterior goal=BestUnderBudget" in labels


def test_what_is_no_pruner_is_refused_in_words():
    wrong = Candidate("wrong", {"type": "Median", "median": {"warmupSteps": "often"}})
    with pytest.raises(SpecError, match="warmupSteps"):
        distinct([wrong], [10])
