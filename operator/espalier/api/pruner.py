"""The Study's pruner and pruning parts, and the judge that they describe."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar

from pydantic import Field, WithJsonSchema

from espalier.api.base import Model
from espalier.api.declared_model import choice_of
from espalier.api.sectioned import Sectioned, TypeChoice, many, sections
from espalier.declared.bounds import LARGEST_NUMBER, LARGEST_STEP
from espalier.declared.names import snake
from espalier.declared.operands import At
from espalier.declared.predicates import Compare, Or, absent
from espalier.declared.quantifiers import Exists, ForAll
from espalier.declared.rule import Rule
from espalier.errors import SpecError
from espalier.pruning.judge import Judge
from espalier.pruning.oversight.breaker import BreakerSettings
from espalier.pruning.oversight.guards import Guards, MinimumAcceptable
from espalier.pruning.pruners.base import Pruner, SettingsError
from espalier.pruning.pruners.composition import MOST_PARTS, AllOf, AnyOf, leaves
from espalier.pruning.pruners.goal import Goal
from espalier.pruning.pruners.registry import BUILT_IN, make
from espalier.pruning.terms import Terms

MAX_SHADOWS = 4


class PluginSettings(Model):
    """A pruner that is installed beside the operator under the entry point espalier.pruners."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=63)]
    """Name of the entry point."""
    settings: Annotated[
        dict[str, Any],
        WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
    ] = Field(default_factory=dict)
    """Whatever the pruner takes; names in camelCase become the arguments' in snake_case."""

    def arguments(self) -> dict[str, Any]:
        """Return the settings by the names that the pruner's class has for them."""
        return {snake(name): value for name, value in self.settings.items()}


PLUGIN = "Plugin"
_PLUGIN = TypeChoice(
    PLUGIN,
    PluginSettings,
    "Settings of type Plugin: a pruner that is installed beside the operator.",
    "the name of its entry point",
)


LEAVES = tuple(
    sorted((*map(choice_of, BUILT_IN.values()), _PLUGIN), key=lambda choice: choice.type)
)
"""What a plain pruner may be: everything that is registered, and what others offer."""


class _Buildable(Sectioned):
    """What describes a pruner."""

    def build(self) -> Pruner:
        """Make the pruner.

        Raises
        ------
        SettingsError
            If the settings cannot be used.
        """
        if self.type == PLUGIN:
            if self.settings is None:
                raise SettingsError("pruner: expected plugin with a name, got none; add plugin")
            return make(self.settings.name, self.settings.arguments())
        given = {} if self.settings is None else self.settings.model_dump(by_alias=False)
        return make(self.type, given)


@sections(LEAVES)
class LeafSpec(_Buildable):
    """One pruner: its type, and settings in the section that is named after the type."""

    type: str
    """Which pruner judges."""


COMPOSITES = (
    TypeChoice(
        AllOf.name,
        many(LeafSpec, MOST_PARTS),
        "Type All prunes a trial if all of these say so at the same step.",
        "the pruners that must agree",
    ),
    TypeChoice(
        AnyOf.name,
        many(LeafSpec, MOST_PARTS),
        "Type Any prunes a trial if any of these says so.",
        "the pruners of which one is enough",
    ),
)


@sections((*COMPOSITES, *LEAVES))
class PrunerSpec(_Buildable):
    """Which rule ends trials early: a type, and its settings in the section named after it."""

    type: str = "Auto"
    """Which pruner judges; Any and All combine several."""

    def build(self) -> Pruner:
        """Make the pruner.

        Raises
        ------
        SettingsError
            If the settings cannot be used.
        """
        for composite in (AllOf, AnyOf):
            if self.type == composite.name:
                return composite(of=tuple(leaf.build() for leaf in self.settings or ()))
        return super().build()


class ShadowSpec(LeafSpec):
    """A pruner that judges the same values without acting."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
    """Name of the shadow in the study's status."""


class MinimumAcceptableSpec(Model):
    """A value that a trial must have reached from a step on."""

    value: Annotated[float, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
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
            condition=Or(
                absent("shadows"),
                ForAll(
                    At("shadows"),
                    "a",
                    Exists(
                        At("shadows"),
                        "b",
                        Compare(At("name", "b"), "==", At("name", "a")),
                        once=True,
                    ),
                ),
            ),
            message="two shadows have the same name; give each its own",
            expected=lambda given: (
                "names of their own, got"
                f" {', '.join(repr(shadow['name']) for shadow in given['shadows'])}"
            ),
            field=".shadows",
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
