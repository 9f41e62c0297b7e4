"""The settings that pruners share, as a Study has them: each type heeds each in the same way."""

from __future__ import annotations

import dataclasses

import pytest

from espalier.api.pruner import PrunerSpec
from espalier.generate.pruner_words import shared
from espalier.pruning import (
    Direction,
    Guards,
    Judge,
    Ledger,
    Pruner,
    Reason,
    Report,
    Terms,
    TrialState,
)
from espalier.pruning.pruners.registry import BUILT_IN

HORIZON = 30
SETTINGS = {
    "Patient": {"patience": 1},
    "Percentile": {"percentile": 50},
    "SlackToBest": {"slackAmount": 2},
    "SuccessiveHalving": {"minResource": 2, "reductionFactor": 2},
    "Threshold": {"lower": 0},
}
PRUNES = {name: SETTINGS.get(name, {}) for name in BUILT_IN if name != "Nop"}
"""Settings with which a type prunes a trial that is hopeless."""
every_type = pytest.mark.parametrize("kind", PRUNES)


def built(kind: str, **common: int) -> Pruner:
    section = kind[0].lower() + kind[1:]
    spec = {"type": kind, section: {**PRUNES[kind], **common}}
    return PrunerSpec.model_validate(spec).build()


def hopeless(pruner: Pruner, completed: int = 16) -> list[Reason]:
    """The reason at each step of a trial that falls behind others that have completed."""
    guards = Guards(nan_patience=0, keep_best=0, exempt_percent=100.0)
    judge = Judge(pruner, Terms(Direction.MAXIMIZE, HORIZON, study_uid="u", trials=99), guards)
    for trial in range(completed):
        for step in range(1, HORIZON + 1):
            value = 1.0 + trial / 100 - 0.5 / step
            judge.ledger.append(Report(trial, 1, step, value), float(step))
        judge.ledger.close(trial, TrialState.COMPLETED)
    verdicts = [
        judge.report(Report(completed, 1, step, -20.0 - step), 0.0) for step in range(1, HORIZON)
    ]
    # All are exempt, so that the trial goes on after the first step that says prune.
    return [verdict.decision.reason for verdict in verdicts if verdict.decision]


@every_type
def test_without_a_gate_the_hopeless_trial_is_to_be_pruned(kind: str) -> None:
    assert Reason.EXEMPT in hopeless(built(kind))[:20]


@every_type
def test_nothing_is_pruned_before_so_many_trials_have_completed(kind: str) -> None:
    assert set(hopeless(built(kind, startupTrials=17))) == {Reason.START_UP}
    assert Reason.START_UP not in hopeless(built(kind, startupTrials=16))


@every_type
def test_nothing_is_pruned_below_the_step_at_which_the_warm_up_ends(kind: str) -> None:
    reasons = hopeless(built(kind, warmupSteps=9))
    assert set(reasons[:8]) == {Reason.WARM_UP}
    assert Reason.WARM_UP not in reasons[8:]
    assert Reason.EXEMPT in reasons[8:]


@every_type
def test_a_trial_is_judged_once_in_each_interval_counted_from_the_warm_up(kind: str) -> None:
    reasons = hopeless(built(kind, warmupSteps=3, intervalSteps=5))
    judged = {step for step, reason in enumerate(reasons, 1) if reason is not Reason.BETWEEN_CHECKS}
    assert judged == {1, 2, *range(3, HORIZON, 5)}
    assert Reason.EXEMPT in reasons


@pytest.mark.parametrize("kind", sorted(set(PRUNES) - {"Patient"}))
def test_patience_asks_for_so_many_judged_steps_in_a_row(kind: str) -> None:
    waiting, told = Reason.AWAITING_PATIENCE, Reason.EXEMPT
    once, twice = hopeless(built(kind)), hopeless(built(kind, patience=2))
    assert waiting not in once
    # The first judged step that says prune waits; the others are as before.
    first = once.index(told)
    assert twice == [*once[:first], waiting, *once[first + 1 :]]
    assert told not in hopeless(built(kind, patience=99))


def test_the_patience_of_patient_is_the_length_of_the_plateau_and_one_step_is_enough() -> None:
    for patience in (1, 5):
        reasons = hopeless(built("Patient", patience=patience))
        assert reasons.index(Reason.EXEMPT) == patience + 1
        assert Reason.AWAITING_PATIENCE not in reasons


def test_a_trial_that_has_reported_nothing_is_kept_by_every_type() -> None:
    for kind in PRUNES:
        decision = built(kind).judge(Ledger(Terms(Direction.MAXIMIZE, HORIZON)), 0)
        assert decision.reason is Reason.NOTHING_REPORTED


def test_what_a_type_does_instead_is_said_of_settings_that_others_share_and_it_lacks() -> None:
    for name, kind in BUILT_IN.items():
        given = {field.name for field in dataclasses.fields(kind)} - kind.not_in_study
        others = [other for other in BUILT_IN.values() if other is not kind]
        for setting in kind.in_place_of:
            assert sum(setting in other.__dataclass_fields__ for other in others) > 1
            # Patient's own patience is another thing than that of the others.
            assert setting not in given or (name, setting) == ("Patient", "patience")


def test_the_page_says_who_has_a_shared_setting_and_what_the_others_do() -> None:
    rows = [line.split(" | ") for line in shared().splitlines() if line.startswith("| `")]
    said = {
        name.strip("`| "): (types, instead)
        for names, types, instead in rows
        for name in names.split(", ")
    }
    assert said["startupTrials"] == ("all but Nop", "Nop: judges nothing |")
    assert said["patience"][0] == "all but Nop and Patient"
    assert said["minTrials"][0] == "Hyperband, Median, Percentile, SlackToBest, SuccessiveHalving"
    assert "Bandit, Wilcoxon: compares with one trial, the leader" in said["minTrials"][1]
    assert "Wilcoxon: pairs all values" in said["ownValue"][1]
    assert said["peers"][0] == "Median, Percentile, SlackToBest"
    assert said["match"][0] == "Median, Percentile"
    assert said["match"][1].startswith(said["peers"][1].removesuffix(" |"))
