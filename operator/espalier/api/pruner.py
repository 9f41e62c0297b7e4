"""The Study's pruner and pruning parts, and the judge that they describe."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from espalier.api.base import Model
from espalier.api.declared_model import model_of
from espalier.api.exempt_share import exempt_percent_of
from espalier.api.plain_pruner import COMPOSITES, LEAVES, Composed, LeafSpec
from espalier.api.prior import PriorSpec
from espalier.api.profile_reference import PROFILE, ProfileReference
from espalier.api.sectioned import TypeChoice, sections
from espalier.declared.bounds import LARGEST_NUMBER, LARGEST_STEP
from espalier.declared.operands import At
from espalier.declared.predicates import Compare, Or, absent, chosen
from espalier.declared.quantifiers import Exists, ForAll
from espalier.declared.rule import Rule
from espalier.errors import SpecError
from espalier.pruning.judge import Judge
from espalier.pruning.oversight.breaker import BreakerSettings
from espalier.pruning.oversight.guards import Guards, MinimumAcceptable
from espalier.pruning.pruners.auto.prior import Prior
from espalier.pruning.pruners.auto.pruner import Auto
from espalier.pruning.pruners.base import Pruner, SettingsError
from espalier.pruning.pruners.composition import leaves
from espalier.pruning.pruners.goal import Goal
from espalier.pruning.terms import Terms

MAX_SHADOWS = 4


class AutoSettings(model_of(Auto)):  # type: ignore[misc]
    """What Auto can be told where it acts."""

    prior: PriorSpec | None = None
    """Begin with the curves of earlier studies of the same task. Off by default."""

    rules: ClassVar = (
        *model_of(Auto).rules,
        Rule(
            condition=Or(absent("prior"), chosen("goal", Goal.KEEP_WINNER.value)),
            message=f"prior helps goal {Goal.KEEP_WINNER} alone; remove prior, or choose that goal",
            expected=lambda given: f"no prior, since the goal is {given['goal']}, got one",
            field=".prior",
            remedy=f"remove prior, or choose goal {Goal.KEEP_WINNER}",
        ),
    )


ACTING = tuple(
    replace(each, settings=AutoSettings) if each.type == Auto.name else each for each in LEAVES
)
"""What a plain pruner may be that acts, and is neither a part of another one nor a shadow."""


_PROFILE = TypeChoice(
    PROFILE,
    ProfileReference,
    "Type Profile takes the pruner from a PrunerProfile of the same namespace.",
    "the name of a PrunerProfile",
)


@sections((*COMPOSITES, *ACTING, _PROFILE))
class PrunerSpec(Composed):
    """Which rule ends trials early: a type, and its settings in the section named after it."""

    type: str = "Auto"
    """Which pruner judges; Any and All combine several, and Profile takes one from a library."""

    def build(self) -> Pruner:
        """Make the pruner.

        Raises
        ------
        SettingsError
            If the settings cannot be used, or stand elsewhere.
        """
        if self.type == PROFILE:
            raise SettingsError(
                f"expected a pruner, got type {PROFILE}, which names one that the operator finds in"
                " the cluster; give the spec.pruner of that PrunerProfile"
            )
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
    within_seconds: Annotated[float, Field(gt=0, le=86_400)] | None = None
    """Within what time so many must be pruned. Left out: it follows the study's pace, twice as long
    as a running trial takes from value to value on average."""
    min_trials: Annotated[int, Field(ge=1, le=10_000)] = 6
    """Fewer pruned trials than this never stop pruning."""
    hold_seconds: Annotated[float, Field(gt=0, le=604_800)] | None = None
    """For how long nothing is pruned then. Left out: ten minutes, or ten times as long as what is
    looked at if that is longer."""


class PruningSpec(Model):
    """How pruning acts, whatever the pruner."""

    paused: bool = False
    """True prunes nothing from now on; values are judged all the same, and each decision says what
    it would have been. May be changed while the study runs."""
    grace_period_seconds: Annotated[int, Field(ge=0, le=3600)] = 10
    """Time that a trial which the operator ends (pruned, at its time limit, with its study) has to
    write a checkpoint before its pod is killed. Drains and evictions go by the template's own
    terminationGracePeriodSeconds. May be changed while the study runs."""
    exempt_percent: Annotated[float, Field(ge=0, le=100)] | None = None
    """Share of the trials that is never pruned, to measure how often pruning is wrong. Left out:
    5, but none in a study of fewer than 120 trials, where they tell nothing, and none for goal
    BestUnderBudget."""
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

    def guards(self, exempt_percent: float) -> Guards:
        """Make the guards.

        Parameters
        ----------
        exempt_percent
            The share of the trials that is exempt, which may have been left out.
        """
        floor = self.minimum_acceptable
        return Guards(
            nan_patience=self.nan_patience,
            keep_best=self.keep_best,
            minimum_acceptable=None
            if floor is None
            else MinimumAcceptable(value=floor.value, from_step=floor.from_step),
            exempt_percent=exempt_percent,
            breaker=BreakerSettings(**self.breaker.model_dump(by_alias=False)),
            paused=self.paused,
        )


def build_judge(
    pruner: PrunerSpec,
    pruning: PruningSpec,
    terms: Terms,
    prior: Prior | None = None,
) -> Judge:
    """Make the judge of a study.

    Parameters
    ----------
    pruner, pruning
        The Study's parts of these names.
    terms
        What defines the study; the window that it compares with is `pruning`'s.
    prior
        What earlier studies have shown, for an Auto that acts.

    Raises
    ------
    SpecError
        If the pruner cannot be built from the settings.
    """
    try:
        acting = pruner.build()
    except SettingsError as error:
        raise SpecError("spec.pruner", str(error)) from error
    if prior is not None and isinstance(acting, Auto):
        acting = replace(acting, prior=prior)
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
    given = pruner.model_dump(mode="json", by_alias=True, exclude_none=True)
    guards = pruning.guards(exempt_percent_of(pruning.exempt_percent, given, terms))
    return Judge(acting, replace(terms, window=pruning.window), guards, shadows)
