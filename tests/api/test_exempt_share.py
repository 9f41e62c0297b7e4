"""Which share of a Study's trials is exempt."""

from __future__ import annotations

from typing import Any

import pytest

from espalier.api.exempt_share import exempt_percent_of, spends_budget
from espalier.api.judging import exemption_of, judge_of, settings_of
from espalier.api.study import Study
from espalier.pruning import Direction, Terms
from tests.api.studies import good_study

BUDGET = {"goal": "BestUnderBudget"}
NO_BUDGET = [
    {"type": "Auto"},
    {"type": "Auto", "auto": {"goal": "KeepWinner"}},
    {"type": "Median", "median": {"startupTrials": 3}},
    {"type": "Any", "any": [{"type": "Auto"}, {"type": "Nop"}]},
]
SOME_BUDGET = [
    {"type": "Auto", "auto": BUDGET},
    {"type": "Posterior", "posterior": BUDGET},
    {"type": "Any", "any": [{"type": "Nop"}, {"type": "Auto", "auto": BUDGET}]},
    {"type": "Plugin", "plugin": {"name": "unknown", "settings": BUDGET}},
]


@pytest.mark.parametrize("pruner", NO_BUDGET + SOME_BUDGET)
def test_a_goal_is_found_wherever_a_pruner_has_one(pruner: dict[str, Any]) -> None:
    assert spends_budget(pruner) is (pruner in SOME_BUDGET)


@pytest.mark.parametrize("pruner", NO_BUDGET + SOME_BUDGET)
@pytest.mark.parametrize("trials", [4, 24, 500, None])
@pytest.mark.parametrize("given", [0.0, 5.0, 50.0])
def test_what_a_study_says_is_what_it_gets(pruner, trials, given) -> None:
    assert exempt_percent_of(given, pruner, Terms(Direction.MAXIMIZE, trials=trials)) == given


@pytest.mark.parametrize(
    ("trials", "pruner", "pruning", "block"),
    [
        (24, {"type": "Auto"}, {}, 0),
        (120, {"type": "Auto"}, {}, 20),
        (24, {"type": "Auto"}, {"exemptPercent": 5}, 20),
        (1000, {"type": "Auto", "auto": BUDGET}, {}, 0),
        (1000, {"type": "Auto", "auto": BUDGET}, {"exemptPercent": 10}, 10),
    ],
)
def test_the_judge_and_those_who_ask_without_it_agree(trials, pruner, pruning, block) -> None:
    given = good_study()
    given["spec"] |= {"trials": {"max": trials}, "pruner": pruner, "pruning": pruning}
    settings = settings_of(Study.model_validate(given))
    assert judge_of(settings).exempt.block == exemption_of(settings).block == block
