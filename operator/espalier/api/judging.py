"""From a Study to the judge of its trials, by way of settings that the store keeps.

The settings that a study started with stay its own: a judge built from them, fed with the study's
log, comes to the stored decisions without the cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from espalier.api.base import Model
from espalier.api.exempt_share import exempt_percent_of
from espalier.api.profile_reference import PROFILE
from espalier.api.pruner import PrunerSpec, PruningSpec, build_judge
from espalier.api.study import CHANGEABLE, Study
from espalier.api.validation import checked
from espalier.declared.names import camel
from espalier.errors import SpecError
from espalier.pruning import Direction, Judge, Restraint, Terms
from espalier.pruning.oversight.breaker import USUAL_HOLD, USUAL_WITHIN
from espalier.pruning.oversight.exempt import USUAL_PERCENT, Exemption
from espalier.pruning.pruners.auto.prior import Prior
from espalier.pruning.pruners.nop import Nop
from espalier.pruning.terms import NEWEST_EDITION


class _StoredTerms(Model):
    """The terms as the store has them; further settings are other readers'."""

    model_config = ConfigDict(extra="ignore")

    uid: str
    metric: str
    direction: Direction
    target: float | None
    horizon: Annotated[int, Field(ge=1)]
    seed: int
    trials: Annotated[int, Field(ge=1)]
    window: int | None = None
    clamps: bool = False
    edition: Annotated[int, Field(ge=1, le=NEWEST_EDITION)] = 1


class _StoredParts(Model):
    """The Study's parts that a judge is built from."""

    pruner: PrunerSpec
    pruning: PruningSpec


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """What a study's judge is built from: the store keeps it, and gives it back whole.

    Parameters
    ----------
    terms
        What defines the study.
    pruner, pruning
        The Study's parts of these names, as plain JSON: for `judge_of` and its like alone.
    found
        What the pruner's part names elsewhere, as it was found before the first trial; empty where
        it names nothing, or that has not been looked for yet.
    """

    terms: Terms
    pruner: Mapping[str, Any]
    pruning: Mapping[str, Any]
    found: Mapping[str, Any] = field(default_factory=dict)

    @property
    def acting(self) -> Mapping[str, Any]:
        """The pruner's part that judges: its own, or that of the profile that it names.

        Until the profile is found there are no trials, and nothing is pruned.
        """
        if self.pruner.get("type") != PROFILE:
            return self.pruner
        found: Mapping[str, Any] = self.found.get("pruner", {"type": Nop.name})
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        parts = {"pruner": dict(self.pruner), "pruning": dict(self.pruning)}
        return self.terms.to_dict() | parts | ({"found": dict(self.found)} if self.found else {})

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any], uid: str) -> JudgeSettings:
        """Restore what `to_dict` returned, of this or of an earlier version.

        Whether a judge can be built from the parts is for `judge_of` to say.

        Parameters
        ----------
        settings
            The values.
        uid
            The Study's, by which it is judged unless the settings name another one.

        Raises
        ------
        SpecError
            If the values are none.
        """
        pruner, pruning = (_part(settings, name) for name in ("pruner", "pruning"))
        whole = {"uid": uid, "window": pruning.get("window"), **settings}
        terms = checked(_StoredTerms, whole, "settings")
        found = _part(settings, "found") if "found" in settings else {}
        if "pruner" in found:
            _part(found, "pruner", "settings.found")
        return cls(Terms.from_dict(terms.model_dump()), pruner, pruning, found)


_SHARE_IN_1 = {"exemptPercent": USUAL_PERCENT}
_BREAKER_IN_1 = {"withinSeconds": USUAL_WITHIN, "holdSeconds": USUAL_HOLD}
"""What a Study of the first edition had where it may be left out since."""


def closed_as_in(edition: int, pruning: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a Study's pruning part, with what it leaves out as studies of an edition had it."""
    if edition > 1:
        return pruning
    breaker = {**_BREAKER_IN_1, **pruning.get("breaker", {})}
    return {**_SHARE_IN_1, **pruning, "breaker": breaker}


def _part(settings: Mapping[str, Any], name: str, path: str = "settings") -> Mapping[str, Any]:
    part = settings.get(name)
    if not isinstance(part, Mapping):
        came = "nothing" if part is None else repr(part)[:60]
        raise SpecError(f"{path}.{name}", f"expected an object, got {came}; add one")
    return part


def settings_of(study: Study) -> JudgeSettings:
    """Return what a study's judge depends on."""
    spec = study.spec
    terms = Terms(
        spec.objective.direction,
        spec.resource.max,
        study_uid=study.metadata.uid,
        metric=spec.objective.metric,
        target=spec.objective.target,
        trials=spec.trials.max,
        seed=spec.sampler.seed,
        window=spec.pruning.window,
        clamps=True,
    )
    return JudgeSettings(
        terms,
        spec.pruner.model_dump(mode="json", by_alias=True, exclude_none=True),
        spec.pruning.model_dump(mode="json", by_alias=True, exclude_none=True),
    )


def same_study(settings: JudgeSettings, others: JudgeSettings) -> bool:
    """Whether settings differ at most in what may change while the study is judged."""
    return _without_brake(settings) == _without_brake(others)


def _without_brake(settings: JudgeSettings) -> JudgeSettings:
    changeable = {camel(name) for name in CHANGEABLE}
    fixed = {name: value for name, value in settings.pruning.items() if name not in changeable}
    return replace(settings, pruning=fixed, found={})


def restraint_of(settings: JudgeSettings) -> Restraint:
    """Return what holds pruning back in a study when it is opened."""
    return Restraint(settings.pruning.get("paused", False), settings.pruning["keepBest"])


def exemption_of(settings: JudgeSettings) -> Exemption:
    """Return which trials of a study are exempt, without its judge."""
    given = settings.pruning.get("exemptPercent")
    return Exemption(settings.terms, exempt_percent_of(given, settings.acting, settings.terms))


def judge_of(settings: JudgeSettings) -> Judge:
    """Build a study's judge.

    Raises
    ------
    SpecError
        If the pruner cannot be built, such as a plug-in that is not installed.
    """
    parts = {"pruner": settings.acting, "pruning": settings.pruning}
    known = checked(_StoredParts, parts, "settings")
    return build_judge(known.pruner, known.pruning, settings.terms, _prior(settings.found))


def _prior(found: Mapping[str, Any]) -> Prior | None:
    if found.get("prior") is None:
        return None
    try:
        return Prior.from_dict(found["prior"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SpecError(
            "settings.found.prior",
            f"expected what earlier studies have shown, got what cannot be read ({error!r}); take "
            "the log from a backup or from another export",
        ) from error
