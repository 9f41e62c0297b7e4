"""The Study's pruner and pruning parts, and the judge that they describe."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field

from espalier.api.base import Model, Rule
from espalier.api.pruner_rules import COMPOSITE_SECTIONS, SECTIONS, section_rules
from espalier.api.pruner_settings import (
    AutoSettings,
    BanditSettings,
    HyperbandSettings,
    MedianSettings,
    NopSettings,
    PatientSettings,
    PercentileSettings,
    PluginSettings,
    PosteriorSettings,
    SuccessiveHalvingSettings,
    ThresholdSettings,
    WilcoxonSettings,
    snake,
)
from espalier.errors import SpecError
from espalier.pruning.judge import Judge
from espalier.pruning.oversight.breaker import BreakerSettings
from espalier.pruning.oversight.guards import Guards, MinimumAcceptable
from espalier.pruning.pruners.base import Pruner, SettingsError
from espalier.pruning.pruners.composition import AllOf, AnyOf, leaves
from espalier.pruning.pruners.goal import Goal
from espalier.pruning.pruners.registry import make
from espalier.pruning.terms import Terms

LARGEST_STEP = 2**53 - 1
LARGEST_FLOAT = 1e300
MAX_OF = 8
MAX_SHADOWS = 4

LeafType = Literal[
    "Auto",
    "Bandit",
    "Hyperband",
    "Median",
    "Nop",
    "Patient",
    "Percentile",
    "Plugin",
    "Posterior",
    "SuccessiveHalving",
    "Threshold",
    "Wilcoxon",
]
PrunerType = Literal[
    "All",
    "Any",
    "Auto",
    "Bandit",
    "Hyperband",
    "Median",
    "Nop",
    "Patient",
    "Percentile",
    "Plugin",
    "Posterior",
    "SuccessiveHalving",
    "Threshold",
    "Wilcoxon",
]


class LeafSpec(Model):
    """One pruner: its type, and settings in the section that is named after the type."""

    type: LeafType
    """Which pruner judges."""
    auto: AutoSettings | None = None
    """Settings of type Auto."""
    bandit: BanditSettings | None = None
    """Settings of type Bandit."""
    hyperband: HyperbandSettings | None = None
    """Settings of type Hyperband."""
    median: MedianSettings | None = None
    """Settings of type Median."""
    nop: NopSettings | None = None
    """Type Nop has no settings."""
    patient: PatientSettings | None = None
    """Settings of type Patient."""
    percentile: PercentileSettings | None = None
    """Settings of type Percentile."""
    plugin: PluginSettings | None = None
    """Settings of type Plugin: a pruner that is installed beside the operator."""
    posterior: PosteriorSettings | None = None
    """Settings of type Posterior."""
    successive_halving: SuccessiveHalvingSettings | None = None
    """Settings of type SuccessiveHalving."""
    threshold: ThresholdSettings | None = None
    """Settings of type Threshold."""
    wilcoxon: WilcoxonSettings | None = None
    """Settings of type Wilcoxon."""

    rules: ClassVar = section_rules(SECTIONS)

    def build(self) -> Pruner:
        """Make the pruner."""
        return _leaf(self, self.type)


def sections_with(field: str) -> tuple[str, ...]:
    """Give the sections whose settings include a field, by its Python name."""
    kinds = ((name, LeafSpec.model_fields[snake(name)].annotation) for name in SECTIONS.values())
    return tuple(name for name, kind in kinds if field in get_args(kind)[0].model_fields)


class PrunerSpec(Model):
    """Which rule ends trials early: a type, and its settings in the section named after it."""

    type: PrunerType = "Auto"
    """Which pruner judges; Any and All combine several."""
    all: Annotated[list[LeafSpec], Field(min_length=1, max_length=MAX_OF)] | None = None
    """Type All prunes a trial if all of these say so at the same step."""
    any: Annotated[list[LeafSpec], Field(min_length=1, max_length=MAX_OF)] | None = None
    """Type Any prunes a trial if any of these says so."""
    auto: AutoSettings | None = None
    """Settings of type Auto."""
    bandit: BanditSettings | None = None
    """Settings of type Bandit."""
    hyperband: HyperbandSettings | None = None
    """Settings of type Hyperband."""
    median: MedianSettings | None = None
    """Settings of type Median."""
    nop: NopSettings | None = None
    """Type Nop has no settings."""
    patient: PatientSettings | None = None
    """Settings of type Patient."""
    percentile: PercentileSettings | None = None
    """Settings of type Percentile."""
    plugin: PluginSettings | None = None
    """Settings of type Plugin: a pruner that is installed beside the operator."""
    posterior: PosteriorSettings | None = None
    """Settings of type Posterior."""
    successive_halving: SuccessiveHalvingSettings | None = None
    """Settings of type SuccessiveHalving."""
    threshold: ThresholdSettings | None = None
    """Settings of type Threshold."""
    wilcoxon: WilcoxonSettings | None = None
    """Settings of type Wilcoxon."""

    rules: ClassVar = section_rules(SECTIONS | COMPOSITE_SECTIONS)

    def build(self) -> Pruner:
        """Make the pruner.

        Raises
        ------
        SettingsError
            If the settings cannot be used.
        """
        if self.type == "Any":
            return AnyOf(of=tuple(leaf.build() for leaf in self.any or ()))
        if self.type == "All":
            return AllOf(of=tuple(leaf.build() for leaf in self.all or ()))
        return _leaf(self, self.type)


class ShadowSpec(LeafSpec):
    """A pruner that judges the same values without acting."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
    """Name of the shadow in the study's status."""


class MinimumAcceptableSpec(Model):
    """A value that a trial must have reached from a step on."""

    value: Annotated[float, Field(ge=-LARGEST_FLOAT, le=LARGEST_FLOAT)]
    """The least good value that is acceptable."""
    from_step: Annotated[int, Field(ge=0, le=LARGEST_STEP)] = 0
    """From which step on a trial whose best value is worse is pruned."""


class BreakerSpec(Model):
    """Stops pruning for a while when an implausible share of the trials is pruned at once."""

    share_percent: Annotated[float, Field(ge=0, le=100)] = 90.0
    """Share of the trials running for longer than withinSeconds; 0 never stops pruning."""
    within_seconds: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """Within what time so many must be pruned."""
    min_trials: Annotated[int, Field(ge=1, le=10_000)] = 6
    """Fewer pruned trials than this never stop pruning."""
    hold_seconds: Annotated[float, Field(gt=0, le=604_800)] = 600.0
    """For how long nothing is pruned then."""


class PruningSpec(Model):
    """How pruning acts, whatever the pruner."""

    paused: bool = False
    """True prunes nothing from now on; values are judged all the same, and each decision says what
    it would have been. May be changed while the study runs."""
    grace_period_seconds: Annotated[int, Field(ge=0, le=3600)] = 10
    """Time that a trial which the operator ends (pruned, at its time limit, with its study) has to
    write a checkpoint before its pod is killed. Drains and evictions go by the template's own
    terminationGracePeriodSeconds. May be changed while the study runs."""
    exempt_percent: Annotated[float, Field(ge=0, le=100)] = 5.0
    """Share of the trials that is never pruned, to measure how often pruning is wrong."""
    keep_best: Annotated[int, Field(ge=0, le=1000)] = 1
    """Never prune one of the so many best trials. May be changed while the study runs."""
    nan_patience: Annotated[int, Field(ge=0, le=1000)] = 2
    """Prune a trial after so many diverged values in a row; 0 leaves them to the pruner."""
    minimum_acceptable: MinimumAcceptableSpec | None = None
    """Prune a trial that has not reached a value by a step."""
    breaker: BreakerSpec = BreakerSpec()
    """Stops pruning for a while when an implausible share of the trials is pruned at once."""
    window: Annotated[int, Field(ge=10, le=1_000_000)] | None = None
    """Compare only with the newest so many trials; for studies that drift."""
    shadows: list[ShadowSpec] = Field(default_factory=list, max_length=MAX_SHADOWS)
    """Pruners that judge the same values without acting; the status says what each would do."""

    rules: ClassVar = (
        Rule(
            "!has(self.shadows) || self.shadows.all(a, self.shadows.exists_one(b, b.name =="
            " a.name))",
            "two shadows have the same name; give each its own",
            field_path=".shadows",
        ),
    )

    def guards(self) -> Guards:
        """Make the guards."""
        floor = self.minimum_acceptable
        return Guards(
            nan_patience=self.nan_patience,
            keep_best=self.keep_best,
            minimum_acceptable=None
            if floor is None
            else MinimumAcceptable(value=floor.value, from_step=floor.from_step),
            exempt_percent=self.exempt_percent,
            breaker=BreakerSettings(**self.breaker.model_dump(by_alias=False)),
            paused=self.paused,
        )


def build_judge(
    pruner: PrunerSpec,
    pruning: PruningSpec,
    terms: Terms,
) -> Judge:
    """Make the judge of a study.

    Parameters
    ----------
    pruner, pruning
        The Study's parts of these names.
    terms
        What defines the study; the window that it compares with is `pruning`'s.

    Raises
    ------
    SpecError
        If the pruner cannot be built from the settings.
    """
    try:
        acting = pruner.build()
    except SettingsError as error:
        raise SpecError("spec.pruner", str(error)) from error
    try:
        shadows = [(shadow.name, shadow.build()) for shadow in pruning.shadows]
    except SettingsError as error:
        raise SpecError("spec.pruning.shadows", str(error)) from error
    if terms.target is None and any(
        getattr(leaf, "goal", None) is Goal.TIME_TO_TARGET
        for each in (acting, *(shadow for _, shadow in shadows))
        for leaf in leaves(each)
    ):
        raise SpecError(
            "spec.objective.target", "expected a target for goal TimeToTarget, got none; add one"
        )
    return Judge(acting, replace(terms, window=pruning.window), pruning.guards(), shadows)


def _leaf(spec: LeafSpec | PrunerSpec, kind: str) -> Pruner:
    if kind == "Plugin":
        if spec.plugin is None:
            raise SettingsError("pruner: expected plugin with a name, got none; add plugin")
        return make(spec.plugin.name, spec.plugin.arguments())
    section: Model | None = getattr(spec, snake(SECTIONS[kind]))
    given: dict[str, Any] = {} if section is None else section.model_dump(by_alias=False)
    return make(kind, given)
