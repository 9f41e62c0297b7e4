"""Branches that have lost are not proposed any more, until they are opened or nothing else is left.

The shapes of the rule itself are tested in `tests/search/test_branches.py`.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from espalier.planning.proposing.proposing import propose
from espalier.planning.world.study_search import Search
from espalier.search import (
    TPE,
    BranchRule,
    Choice,
    FloatRange,
    Outcome,
    Parameter,
    PastTrial,
    Random,
    Sampler,
    Sobol,
    Space,
    TellPruned,
    When,
    branches_of_text,
)

SPACE = Space(
    (
        Parameter("optimizer", Choice(("sgd", "adam"))),
        Parameter("momentum", FloatRange(0.0, 1.0), When("optimizer", ("sgd",))),
        Parameter("beta", FloatRange(0.0, 1.0), When("optimizer", ("adam",))),
    )
)
SEARCH = Search(SPACE, Random(), 5, 3, branches=BranchRule(0.05))
SAMPLERS = [Random(), Sobol(), TPE(startup_trials=4)]


def seen(count: int = 12, behind: float = 5.0) -> list[PastTrial]:
    """Return trials of which those with sgd are far behind; half of these were pruned."""
    found = []
    for each in range(2 * count):
        lost, unit = each % 2 == 0, (each + 1) / (2 * count + 1)
        own = {"optimizer": "sgd", "momentum": unit} if lost else {"optimizer": "adam"}
        parameters = own if lost else own | {"beta": unit}
        level = -behind if lost else 0.0
        steps = (1, 2) if lost and each % 4 == 0 else (1, 2, 3)
        outcome = Outcome.COMPLETED if steps[-1] == 3 else Outcome.PRUNED
        scores = tuple(level + 0.1 * step + 0.01 * unit for step in steps)
        found.append(PastTrial(each, parameters, outcome, steps, scores))
    return found


def optimizers(search: Search, trials: list[PastTrial]) -> set[str]:
    proposed = (propose(search, trials, number) for number in range(100, 130))
    return {str(each.parameters["optimizer"]) for each in proposed if each.parameters}


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: sampler.name)
@pytest.mark.parametrize("pruned", TellPruned)
def test_what_has_lost_is_proposed_no_more_whatever_is_told_of_pruned_trials(
    sampler: Sampler, pruned: TellPruned
) -> None:
    search = replace(SEARCH, sampler=sampler, tell_pruned=pruned)
    assert optimizers(search, seen()) == {"adam"}
    assert optimizers(replace(search, branches=None), seen()) >= {"adam"}


def test_each_proposal_says_by_which_rule_what_was_closed() -> None:
    told = branches_of_text(propose(SEARCH, seen(), 30).branches)
    assert told is not None
    assert (told.rule, [each.value for each in told.closed]) == (SEARCH.branches, ["sgd"])
    early = branches_of_text(propose(SEARCH, seen(3), 30).branches)
    assert early is not None
    assert (early.rule, early.closed) == (SEARCH.branches, ())
    assert propose(replace(SEARCH, branches=None), seen(), 30).branches == ""


def test_what_is_kept_is_open_again_at_the_next_proposal() -> None:
    kept = BranchRule(0.05, keep=(("optimizer", "sgd"),))
    assert optimizers(replace(SEARCH, branches=kept), seen()) == {"sgd", "adam"}


def test_numbers_alone_tell_nothing_where_branches_may_be_closed() -> None:
    assert not SEARCH.by_number
    assert replace(SEARCH, branches=None).by_number


def test_what_is_enqueued_is_tried_in_a_closed_branch_too() -> None:
    listed = ({"optimizer": "sgd", "momentum": 0.123}, {"optimizer": "sgd"})
    search = replace(SEARCH, enqueued=listed[:1])
    assert propose(search, seen(), 30).parameters == listed[0]
    assert optimizers(replace(SEARCH, enqueued=listed), seen()) == {"sgd"}


def test_when_nothing_else_is_left_a_closed_branch_is_open() -> None:
    space = Space(
        (
            Parameter("optimizer", Choice(("sgd", "adam"))),
            Parameter("momentum", Choice(tuple(range(9))), When("optimizer", ("sgd",))),
            Parameter("beta", Choice(tuple(range(6))), When("optimizer", ("adam",))),
        )
    )
    past = [
        PastTrial(
            each,
            {"optimizer": "sgd", "momentum": each},
            Outcome.COMPLETED,
            (3,),
            (-9.0 - each / 99,),
        )
        for each in range(6)
    ] + [
        PastTrial(
            10 + each, {"optimizer": "adam", "beta": each}, Outcome.COMPLETED, (3,), (each / 99,)
        )
        for each in range(6)
    ]
    search = replace(SEARCH, space=space, branches=BranchRule(0.3, min_trials=5))
    opened, closed = propose(search, past, 30), propose(search, past[:-1], 30)
    assert closed.parameters == {"optimizer": "adam", "beta": 5}
    assert opened.parameters is not None
    assert opened.parameters["optimizer"] == "sgd"
