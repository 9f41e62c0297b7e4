"""The settings of each pruner, as a Study has them.

Names and defaults are those of the pruners' dataclasses, which a test compares.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, WithJsonSchema

from espalier.api.base import Model, Rule
from espalier.pruning.history.own_value import OwnValue
from espalier.pruning.history.step_ranks import Match, Peers
from espalier.pruning.pruners.goal import Goal

LARGEST_STEP = 2**53 - 1
LARGEST_FLOAT = 1e300

Step = Annotated[int, Field(ge=0, le=LARGEST_STEP)]
Resource = Annotated[int, Field(ge=1, le=LARGEST_STEP)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Times = Annotated[int, Field(ge=1, le=1_000_000)]
Number = Annotated[float, Field(ge=-LARGEST_FLOAT, le=LARGEST_FLOAT)]


class ScheduledSettings(Model):
    """When a trial is judged at all."""

    startup_trials: Count = 0
    """Nothing is pruned before so many trials have completed."""
    warmup_steps: Step = 0
    """Nothing is pruned at a step below this one."""
    interval_steps: Resource = 1
    """A trial is judged at its first report in every interval of so many steps."""


class GatedSettings(ScheduledSettings):
    """When a trial is judged, and how often it must fail."""

    patience: Times = 1
    """So many judged steps in a row must say prune."""


class NopSettings(Model):
    """Nop has no settings."""


class MedianSettings(GatedSettings):
    """Prune a trial whose best value so far is worse than the median of its peers."""

    startup_trials: Count = 5
    """Nothing is pruned before so many trials have completed."""
    min_trials: Times = 1
    """Nothing is pruned at a step that fewer peers have reached."""
    own_value: OwnValue = OwnValue.BEST
    """Which of the trial's own values is compared."""
    peers: Peers = Peers.COMPLETED
    """Compare with completed trials only, or with all that reached the step."""
    match: Match = Match.AT_OR_BEFORE
    """Take a peer's latest value up to the step, or only one at exactly the step."""


class PercentileSettings(MedianSettings):
    """Prune a trial whose best value so far is worse than a percentile of its peers."""

    percentile: Annotated[float, Field(ge=0, le=100)]
    """The part of the peers, in percent, that counts as good enough."""


class ThresholdSettings(GatedSettings):
    """Prune a trial whose value leaves the bounds, or is NaN."""

    lower: Number | None = None
    """Prune a trial whose value is below this."""
    upper: Number | None = None
    """Prune a trial whose value is above this."""

    rules: ClassVar = (
        Rule("has(self.lower) || has(self.upper)", "no bound is given; add lower, upper or both"),
        Rule(
            "!has(self.lower) || !has(self.upper) || self.lower <= self.upper",
            "lower must not exceed upper; swap them",
            field_path=".lower",
        ),
    )


class PatientSettings(ScheduledSettings):
    """Prune a trial that has stopped improving."""

    patience: Count
    """How many further reports without improvement a trial may make: the length of the plateau."""
    min_delta: Annotated[float, Field(ge=0, le=LARGEST_FLOAT)] = 0.0
    """A trial is pruned only if it is worse than its earlier best by more than this."""


_FIRST_AT_A_RUNG = Rule(
    "!has(self.bootstrapCount) || self.bootstrapCount == 0"
    " || !has(self.minTrials) || self.minTrials == 1",
    "minTrials keeps the first trials at a rung and bootstrapCount prunes them; remove one of them",
    field_path=".bootstrapCount",
)


class SuccessiveHalvingSettings(GatedSettings):
    """At each rung keep the best part of all trials that reached it (ASHA)."""

    min_trials: Times = 1
    """Nothing is pruned at a rung that fewer trials have reached."""
    own_value: OwnValue = OwnValue.LAST
    """Which of a trial's values counts at a rung, for all trials."""
    min_resource: Resource | None = None
    """Step of the first rung; a hundredth of resource.max, at least 1, if not given."""
    reduction_factor: Annotated[int, Field(ge=2, le=1000)] = 4
    """One in so many goes on from each rung, which are so many times as far apart."""
    min_early_stopping_rate: Annotated[int, Field(ge=0, le=53)] = 0
    """So many rungs are left out at the start."""
    bootstrap_count: Count = 0
    """Nothing goes on from a rung until more trials than this have reached it."""

    rules: ClassVar = (_FIRST_AT_A_RUNG,)


class HyperbandSettings(GatedSettings):
    """Brackets of SuccessiveHalving that begin to prune at different steps."""

    min_trials: Times = 1
    """Nothing is pruned at a rung that fewer trials of the bracket have reached."""
    own_value: OwnValue = OwnValue.LAST
    """Which of a trial's values counts at a rung, for all trials."""
    min_resource: Resource = 1
    """Step of the first rung of the bracket that prunes first."""
    max_resource: Resource | None = None
    """Largest step of a trial; resource.max if not given."""
    reduction_factor: Annotated[int, Field(ge=2, le=1000)] = 3
    """One in so many goes on from each rung, which are so many times as far apart."""
    bootstrap_count: Count = 0
    """Nothing goes on from a rung until more trials than this have reached it."""

    rules: ClassVar = (
        _FIRST_AT_A_RUNG,
        Rule(
            "!has(self.maxResource) || self.minResource <= self.maxResource",
            "minResource must not exceed maxResource; swap them",
            field_path=".minResource",
        ),
    )


class WilcoxonSettings(GatedSettings):
    """Prune a trial that a paired test finds worse than the best completed one."""

    p_threshold: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Prune if the p-value is below this."""
    startup_steps: Count = 2
    """Judge from so many common steps on."""
    correct_looks: bool = False
    """Spread pThreshold over the looks at a trial, since one is taken at every report."""


class RiskBearingSettings(GatedSettings):
    """What the study is for, and what pruning may risk."""

    goal: Goal = Goal.KEEP_WINNER
    """What the study is for: it decides what pruning may risk."""
    risk: Annotated[float, Field(gt=0, le=0.5)] = 0.05
    """The risk of losing the winner that all prunings together may take."""


class PosteriorSettings(RiskBearingSettings):
    """Prune a trial that will hardly end as the winner."""


class AutoSettings(RiskBearingSettings):
    """Choose the rule by the goal."""


class BanditSettings(GatedSettings):
    """Drop trials whose optimistic end does not reach the leader's pessimistic one."""

    budget: Annotated[float, Field(gt=0, le=LARGEST_FLOAT)] | None = None
    """Seconds of training that all trials together may spend; without it there is no limit."""
    exploration: Annotated[float, Field(ge=0, le=100)] = 2.0
    """Width of the bounds, in standard deviations of a trial's own noise."""


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
        """Give the settings by the names that the pruner's class has for them."""
        return {snake(name): value for name, value in self.settings.items()}


def snake(name: str) -> str:
    """Turn the name of a field in a Study into its Python name."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
