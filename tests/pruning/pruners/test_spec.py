"""From a Study's pruner and pruning parts to the judge that they describe."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from espalier.api.plugin import PluginSettings
from espalier.api.pruner import PrunerSpec, PruningSpec, build_judge
from espalier.declared.names import camel, section_of
from espalier.errors import SpecError
from espalier.pruning import Direction, Guards, Judge, Report, Terms
from espalier.pruning.pruners.registry import BUILT_IN, make
from tests.pruning.every_pruner import NEEDED


def judge_of(pruner: str, pruning: str = "{}", **more) -> Judge:
    terms = {"study_uid": "u", "seed": 7, "horizon": 27, **more}
    return build_judge(
        PrunerSpec.model_validate(yaml.safe_load(pruner)),
        PruningSpec.model_validate(yaml.safe_load(pruning)),
        Terms(Direction.MAXIMIZE, **terms),
    )


def test_who_writes_nothing_gets_auto_and_the_guards_by_default() -> None:
    judge = build_judge(
        PrunerSpec(), PruningSpec(), Terms(Direction.MAXIMIZE, 27, study_uid="u", seed=0)
    )
    assert judge.pruner_state.pruner == make("Auto", {})
    assert judge.guards == Guards()
    assert judge_of("{type: Auto}").pruner_state.pruner == judge.pruner_state.pruner


@pytest.mark.parametrize("kind", sorted(BUILT_IN))
def test_each_type_builds_its_pruner_with_the_same_defaults(kind: str) -> None:
    needed = NEEDED.get(kind, {})
    section = {camel(name): value for name, value in needed.items()}
    spec = PrunerSpec.model_validate({"type": kind, section_of(kind): section})
    assert spec.build() == make(kind, needed)


def test_composites_and_shadows() -> None:
    judge = judge_of(
        """
        type: Any
        any:
        - {type: Median, median: {startupTrials: 4, warmupSteps: 2}}
        - {type: Threshold, threshold: {lower: 0.1}}
        """,
        """
        exemptPercent: 10
        keepBest: 3
        minimumAcceptable: {value: 0.2, fromStep: 5}
        breaker: {sharePercent: 50}
        window: 100
        shadows:
        - {name: halving, type: SuccessiveHalving}
        """,
    )
    assert [leaf.name for leaf in judge.pruner_state.leaves] == ["Median", "Threshold"]
    assert [shadow.name for shadow in judge.shadows] == ["halving"]
    assert judge.guards.keep_best == 3
    assert judge.guards.minimum_acceptable.from_step == 5
    assert judge.guards.breaker.share_percent == 50
    assert judge.ledger.terms.window == 100


@pytest.mark.parametrize(
    ("pruner", "message"),
    [
        ("{type: Percentile}", "Percentile"),
        ("{type: Threshold}", "Threshold"),
        ("{type: Threshold, threshold: {lower: 2, upper: 1}}", "lower to be at most upper"),
        ("{type: Hyperband, hyperband: {minResource: 9, maxResource: 3}}", "maxResource"),
        ("{type: Plugin, plugin: {name: nowhere}}", "must be installed beside the operator"),
        ("{type: Plugin}", "plugin with a name"),
        ("{type: Any}", "1 to 8 pruners"),
    ],
)
def test_what_cannot_be_built_is_an_error_of_the_spec(pruner: str, message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        judge_of(pruner)
    assert caught.value.field == "spec.pruner"


@pytest.mark.parametrize(
    "pruner",
    [
        "{type: Best}",
        "{type: Median, median: {startUp: 1}}",
        "{type: Any, any: [{type: Any, any: []}]}",
        "{type: SuccessiveHalving, successiveHalving: {reductionFactor: 1}}",
        "{type: Median, median: {peers: All}}",
    ],
)
def test_what_the_schema_does_not_know_is_refused(pruner: str) -> None:
    with pytest.raises(ValidationError):
        PrunerSpec.model_validate(yaml.safe_load(pruner))


def test_time_to_target_needs_a_target() -> None:
    wish = "{type: Auto, auto: {goal: TimeToTarget}}"
    with pytest.raises(SpecError, match="expected a target") as caught:
        judge_of(wish)
    assert caught.value.field == "spec.objective.target"
    assert judge_of(wish, target=0.9).ledger.terms.target == 0.9


PLUGIN = '''
from dataclasses import dataclass
from typing import ClassVar

from espalier.pruning import Action, Decision, Reason


@dataclass(frozen=True)
class OddOneOut:
    """Prunes trials with odd numbers."""

    from_step: int = 1
    name: ClassVar[str] = "OddOneOut"

    def judge(self, ledger, trial):
        curve = ledger.curve(trial)
        odd = trial % 2 == 1 and curve.last_step >= self.from_step
        return Decision(
            trial=trial, attempt=curve.attempt, step=max(curve.last_step, 0),
            action=Action.PRUNE if odd else Action.KEEP,
            reason=Reason.PLUGIN_PRUNES if odd else Reason.PLUGIN_KEEPS,
            evidence={"why": "its number is odd." if odd else "its number is even."},
            rung=None, bracket=None, pruner=self.name, settings={"fromStep": self.from_step},
        )
'''


def test_a_plug_in_is_found_by_its_entry_point(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "odd_pruner.py").write_text(PLUGIN)
    info = tmp_path / "odd_pruner-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd-pruner\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[espalier.pruners]\nOddOneOut = odd_pruner:OddOneOut\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    judge = judge_of(
        "{type: Plugin, plugin: {name: OddOneOut, settings: {fromStep: 2}}}",
        "{exemptPercent: 0, keepBest: 0}",
    )
    said = [judge.report(Report(1, 1, step, 0.5), 0.0).decision for step in (1, 2)]
    assert [decision.prunes for decision in said] == [False, True]
    assert said[1].sentence() == "Pruned: its number is odd."
    with pytest.raises(SpecError, match="settings that it knows"):
        judge_of("{type: Plugin, plugin: {name: OddOneOut, settings: {unheard: 2}}}")


def test_plug_in_settings_are_named_as_in_python() -> None:
    assert PluginSettings(name="A", settings={"fromStep": 1}).arguments() == {"from_step": 1}
