"""From a Study to the judge of its trials, by way of settings that the store keeps.

The settings that a study started with stay its own: a judge built from them, fed with the study's
log, comes to the stored decisions without the cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from espalier.api.base import Model
from espalier.api.pruner import PrunerSpec, PruningSpec, build_judge
from espalier.api.study import CHANGEABLE, Study
from espalier.api.validation import checked
from espalier.declared.names import camel
from espalier.pruning import Direction, Judge, Restraint
from espalier.pruning.oversight.exempt import Exemption


class StoredSettings(Model):
    """What a judge is built from; further settings are other readers'."""

    model_config = ConfigDict(extra="ignore")

    metric: str
    direction: Direction
    target: float | None
    horizon: Annotated[int, Field(ge=1)]
    seed: int
    trials: Annotated[int, Field(ge=1)]
    pruner: PrunerSpec
    pruning: PruningSpec
    uid: str | None = None
    """The uid that the study is judged by, where it was taken over from another Study."""


def settings_of(study: Study) -> dict[str, Any]:
    """Return what a study's judge depends on, as plain JSON values."""
    spec = study.spec
    return {
        "metric": spec.objective.metric,
        "direction": spec.objective.direction.value,
        "target": spec.objective.target,
        "horizon": spec.resource.max,
        "seed": spec.sampler.seed,
        "trials": spec.trials.max,
        "pruner": spec.pruner.model_dump(mode="json", by_alias=True, exclude_none=True),
        "pruning": spec.pruning.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


def same_study(settings: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    """Whether settings differ at most in what may change while the study is judged."""
    return _without_brake(settings) == _without_brake(others)


def _without_brake(settings: Mapping[str, Any]) -> dict[str, Any]:
    changeable = {camel(name) for name in CHANGEABLE}
    pruning = {name: value for name, value in settings["pruning"].items() if name not in changeable}
    return {**settings, "pruning": pruning}


def restraint_of(settings: Mapping[str, Any]) -> Restraint:
    """Return what holds pruning back in a study when it is opened."""
    pruning = settings["pruning"]
    return Restraint(pruning.get("paused", False), pruning["keepBest"])


def exemption_of(uid: str, settings: Mapping[str, Any]) -> Exemption:
    """Return which trials of a study are exempt, without its judge."""
    percent = settings["pruning"]["exemptPercent"]
    return Exemption(uid, settings["seed"], percent, settings["trials"])


def judge_of(uid: str, settings: Mapping[str, Any]) -> Judge:
    """Build a study's judge.

    Raises
    ------
    SpecError
        If the settings are none, or the pruner cannot be built, such as a plug-in that is not
        installed.
    """
    known = checked(StoredSettings, settings, "settings")
    return build_judge(
        known.pruner,
        known.pruning,
        study_uid=known.uid or uid,
        seed=known.seed,
        direction=known.direction,
        horizon=known.horizon,
        target=known.target,
        trials=known.trials,
    )


def is_judged(settings: Mapping[str, Any], metric: str, step: int) -> bool:
    """Whether a value is judged: the objective's, up to the resource's maximum."""
    return bool(metric == settings["metric"] and step <= settings["horizon"])
