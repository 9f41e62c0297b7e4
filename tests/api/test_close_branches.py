"""What a Study may say of closing branches, and when it may say something else."""

from __future__ import annotations

from typing import Any

import pytest

from espalier.api import parse_study
from espalier.api.study import FIXED_FIELDS
from espalier.errors import SpecError
from espalier.search import BranchRule
from tests.api.studies import good_study


def closing(type_: str = "Random", **section: Any) -> dict[str, Any]:
    study = good_study()
    study["spec"]["sampler"] = {"type": type_, "seed": 3, "closeBranches": section}
    if type_ == "Grid":
        study["spec"]["sampler"]["grid"] = {"points": 3}
    return study


def kept(parameter: str, *values: Any) -> dict[str, Any]:
    return {"keep": [{"parameter": parameter, "in": list(values)}]}


def test_without_more_the_risk_is_a_twentieth_after_ten_trials() -> None:
    assert parse_study(closing()).spec.sampler.branch_rule() == BranchRule(0.05, 10)
    assert parse_study(good_study()).spec.sampler.branch_rule() is None


def test_what_is_kept_is_told_value_by_value() -> None:
    rule = parse_study(closing(**kept("optimizer", "sgd", "adam"))).spec.sampler.branch_rule()
    assert rule == BranchRule(0.05, 10, (("optimizer", "sgd"), ("optimizer", "adam")))


@pytest.mark.parametrize(
    ("study", "field", "words"),
    [
        (closing(risk=0), "closeBranches.risk", "greater than 0"),
        (closing(risk=0.6), "closeBranches.risk", "0.5"),
        (closing(minTrials=4), "closeBranches.minTrials", "5"),
        (closing("Grid"), "sampler.closeBranches", "choose another type, or remove"),
        (closing(**kept("lr", 0.1)), "keep[0].parameter", "(optimizer), got 'lr'; name one"),
        (closing(**kept("nothing", 1)), "keep[0].parameter", "on which others depend"),
        (closing(**kept("optimizer", "lion")), "keep[0].in", "got lion; keep one of its values"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_cannot_be_closed_is_refused_by_its_field(
    study: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(SpecError) as caught:
        parse_study(study)
    assert field in caught.value.field
    assert words in str(caught.value)


def test_it_may_change_while_the_study_runs_and_nothing_else_of_the_sampler_may() -> None:
    fixed = {each for each in FIXED_FIELDS if each.startswith("sampler")}
    assert {"sampler.type", "sampler.seed", "sampler.tellPruned", "sampler.tpe"} <= fixed
    assert "sampler" not in fixed
    assert not any("closeBranches" in each for each in fixed)
