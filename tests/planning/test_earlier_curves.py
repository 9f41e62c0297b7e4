"""What a pruner is given of earlier studies."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from espalier.api.judging import JudgeSettings, judge_of, same_study
from espalier.api.prior import PriorSpec
from espalier.errors import SpecError
from espalier.planning.earlier_curves import MOST_STUDIES, found_in, ledger_of
from espalier.planning.proposing.taking_over import SourceStudy, SourceTrial
from espalier.planning.world.pruner_lookup import PriorLookup, PrunerFound
from espalier.pruning import Direction, Terms, TrialState
from espalier.pruning.pruners.auto.pruner import Auto
from espalier.search import Outcome

HORIZON = 10
STEPS = tuple(range(1, HORIZON + 1))
ASKED = PriorSpec.model_validate({"studies": [{"name": "old"}]})
WANTED = PriorLookup(ASKED, "loss", Direction.MINIMIZE, HORIZON, 7)
TERMS = Terms(Direction.MINIMIZE, HORIZON, metric="loss", trials=24)
AUTO = {"type": "Auto", "auto": {"prior": {"studies": [{"name": "old"}]}}}
KEPT = {"keepBest": 1}


def trial(number: int, outcome: Outcome = Outcome.COMPLETED, steps: int = HORIZON) -> SourceTrial:
    values = tuple(float(number) for _ in range(steps))
    return SourceTrial(number, {}, outcome, STEPS[:steps], values)


def source(name: str = "old", trials: int = 4, **other: Any) -> SourceStudy:
    given: dict[str, Any] = {
        "path": "spec.pruner.auto.prior.studies[0].name",
        "kind": "Study",
        "uid": f"uid-{name}",
        "metric": "loss",
        "direction": Direction.MINIMIZE,
        "horizon": HORIZON,
        "trials": [trial(number) for number in range(trials)],
    }
    return SourceStudy(name=name, **given | other)


def settings(found: dict[str, Any]) -> JudgeSettings:
    return JudgeSettings(TERMS, AUTO, KEPT, found)


def test_what_is_found_goes_with_the_studys_settings_and_back():
    found = found_in(WANTED, [source()])
    stored = json.loads(json.dumps(settings(found).to_dict(), allow_nan=False))
    again = JudgeSettings.from_dict(stored, "uid")
    assert again.found == found
    acting = judge_of(again).pruner_state.pruner
    assert isinstance(acting, Auto)
    assert acting.prior is not None
    assert [study.trials for study in acting.prior.studies] == [4]


def test_settings_without_anything_found_are_written_as_they_always_were():
    assert "found" not in settings({}).to_dict()
    acting = judge_of(settings({})).pruner_state.pruner
    assert isinstance(acting, Auto)
    assert acting.prior is None


def test_what_is_found_later_does_not_make_it_another_study():
    assert same_study(settings({}), settings(found_in(WANTED, [source()])))


def test_the_newest_ten_that_show_something_count_and_the_others_are_counted():
    many = [source(f"s{place}") for place in range(12)] + [source("none", trials=0)]
    told = found_in(WANTED, many)["told"]["prior"]
    assert [each["name"] for each in told["studies"]] == [f"s{place}" for place in range(11, 1, -1)]
    assert (len(told["studies"]), told["passedOver"]) == (MOST_STUDIES, 3)


def test_nothing_to_begin_with_is_said_and_is_no_prior():
    found = found_in(WANTED, [])
    assert (found["prior"], PrunerFound.of(found)) == (
        None,
        PrunerFound(7, {"prior": {"studies": [], "passedOver": 0}}),
    )
    assert PrunerFound.of({}) is None


@pytest.mark.parametrize(
    "other",
    [{"metric": "accuracy"}, {"direction": Direction.MAXIMIZE}, {"horizon": 9}, {"horizon": None}],
    ids=["metric", "direction", "horizon", "no horizon"],
)
def test_a_study_whose_curves_cannot_be_compared_is_refused(other: dict[str, Any]):
    with pytest.raises(SpecError, match="expected studies with the same objective"):
        found_in(WANTED, [source(**other)])


def test_trials_that_failed_are_no_evidence_and_diverged_values_are():
    trials = [trial(0), trial(1, Outcome.PRUNED, 3), trial(2, Outcome.FAILED)]
    trials.append(SourceTrial(3, {}, Outcome.COMPLETED, STEPS, (math.nan,) * HORIZON))
    ledger = ledger_of(WANTED, replace(source(), trials=trials))
    states = {curve.number: curve.state for curve in ledger.curves()}
    assert states == {
        0: TrialState.COMPLETED,
        1: TrialState.PRUNED,
        3: TrialState.COMPLETED,
    }


@pytest.mark.parametrize("prior", [{}, {"direction": "Minimize"}, [], 3, "x"])
def test_a_log_whose_prior_cannot_be_read_says_so(prior: Any):
    found = {"asked": 1, "told": {}, "prior": prior}
    with pytest.raises(SpecError, match="expected what earlier studies have shown"):
        judge_of(settings(found))
