"""The status of a Study: its size does not depend on the number of trials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from espalier.api.base import Status
from espalier.api.status import Conditions, Count, Name, ParameterValues, Time, Word

if TYPE_CHECKING:
    from espalier.pruning import JudgeSummary


MOST_FINALISTS = 10


class TrialCounts(Status):
    """Number of trials by phase, repeats of finalists among them."""

    pending: Count = 0
    running: Count = 0
    completed: Count = 0
    pruned: Count = 0
    failed: Count = 0


class LastBest(Status):
    """The completed trial whose last value is the best."""

    number: Count
    value: float | None = None
    """Its last value, part of which is likely luck."""


class BestTrial(Status):
    """The completed trial with the best expected value, last value, or mean of repeats.

    By its last value where no expected one is told; once repeats are over by their mean.
    """

    number: Count
    trial: Name
    """Name of the Trial."""
    value: float | None = None
    """Its last value of the objective's metric."""
    step: int | None = None
    """The step of that value."""
    parameters: ParameterValues = Field(default_factory=dict)
    expected: float | None = None
    """What its last value would be on the mean, but for the noise from step to step; absent where
    the trials' values do not tell how noisy they are, and once repeats have named the best."""
    expected_low: float | None = None
    expected_high: float | None = None
    """Bounds of the 90 % interval of `expected`: about the noise of the steps, not of the seed."""
    sure: Annotated[float, Field(ge=0, le=1)] | None = None
    """Probability that no other completed trial has a better expected value."""
    last_best: LastBest | None = None
    """The trial with the best last value, where that is another one."""
    mean: float | None = None
    """Mean of the last values of its completed repeats, by which it was named."""
    mean_low: float | None = None
    mean_high: float | None = None
    """Bounds of the mean's 95 % interval; absent with fewer than two completed repeats."""
    repeats: Count | None = None
    """Number of its repeats that have completed."""


class FinalistStatus(Status):
    """One of the best trials, which is run again with other seeds."""

    number: Count
    trial: Name
    """Name of the Trial."""
    value: float | None = None
    """Its own last value of the objective's metric, which the mean leaves out."""
    mean: float | None = None
    """Mean of the last values of its completed repeats."""
    low: float | None = None
    high: float | None = None
    """Bounds of the mean's 95 % interval by Student's t; absent with fewer than two completed."""
    completed: Count = 0
    """Number of its repeats that have completed with a finite last value."""
    failed: Count = 0
    """Number of its repeats that have ended otherwise."""
    told_apart: bool | None = None
    """Whether it is worse than the one of the best mean beyond the noise (Welch's t-test at 5 %);
    absent for that one itself, and where there are too few repeats to tell."""


class SavedSeconds(Status):
    """Time of the study's pods, and of it what pruning has saved.

    What is saved is an estimate by the completed trials, absent while none of them tells.
    """

    used: Annotated[float, Field(ge=0)] = 0.0
    """What all attempts of all trials have held so far; it never falls."""
    saved: Annotated[float, Field(ge=0)] | None = None
    """What the pruned trials would still have taken."""
    saved_low: Annotated[float, Field(ge=0)] | None = None
    """The same by the lower quartile of the completed trials."""
    saved_high: Annotated[float, Field(ge=0)] | None = None
    """The same by the upper quartile of the completed trials."""


class GpuSeconds(SavedSeconds):
    """Accelerator time: devices that a pod asks for, times the seconds for which it held a node."""


class TrialSeconds(SavedSeconds):
    """Seconds for which pods held a node; for studies without accelerators the time there is."""


class Steps(Status):
    """Steps of the study's resource that were done, and those that pruning has saved."""

    done: Count = 0
    """Highest steps that the trials have reported, all together."""
    saved: Annotated[float, Field(ge=0)] | None = None
    """What the pruned trials would still have done; absent while no trial has completed."""
    saved_low: Annotated[float, Field(ge=0)] | None = None
    """The same by the lower quartile of the completed trials."""
    saved_high: Annotated[float, Field(ge=0)] | None = None
    """The same by the upper quartile of the completed trials."""


class Money(Status):
    """What accelerators' time comes to at the price that the operator was told."""

    currency: Annotated[str, Field(max_length=16)] = ""
    device_hour: Annotated[float, Field(ge=0)]
    """Price of one accelerator for an hour."""
    used: Annotated[float, Field(ge=0)] = 0.0
    saved: Annotated[float, Field(ge=0)] | None = None
    """What pruning has saved, an estimate; its bounds are those of gpuSeconds."""
    saved_low: Annotated[float, Field(ge=0)] | None = None
    saved_high: Annotated[float, Field(ge=0)] | None = None


class LimitStatus(Status):
    """One limit of the budget, in hours."""

    name: Name
    """Its field of spec.budget."""
    used_hours: Annotated[float, Field(ge=0)] = 0.0
    """What is used; of wallClock and deadline the time since the study's start."""
    soft_hours: float | None = None
    """From where on nothing is started."""
    hard_hours: float | None = None
    """From where on what runs is ended."""
    left_hours: Annotated[float, Field(ge=0)] = 0.0
    """What is left until the hard limit, or the soft one where that is the only one."""
    met: Annotated[str, Field(max_length=8)] | None = None
    """Soft or Hard; absent while neither is met."""
    soft_at: Time | None = None
    """When the soft limit is met at the present pace; absent once it is, and where nothing runs."""
    hard_at: Time | None = None
    """When the hard limit is met at the present pace."""


class BudgetStatus(Status):
    """What is used of spec.budget, and when its limits are met at the present pace."""

    limits: Annotated[tuple[LimitStatus, ...], Field(max_length=3)] = ()


class EndEstimate(Status):
    """When the study will end, as far as its trials tell; an estimate, made as progress is."""

    end: Time | None = None
    """As likely before as after; absent while it is too early to tell."""
    low: Time | None = None
    high: Time | None = None
    """Between these the end lies in four of five cases, if trials to come are like those of late
    and no target ends the study before."""
    trials_left: Count | None = None
    """Number of trials that have not begun, repeats of finalists among them."""
    within_budget: Annotated[str, Field(max_length=8)] | None = None
    """Whether the study ends before a limit of its budget is met: Yes, No or Unsure."""
    why: Annotated[str, Field(max_length=512)] = ""
    """What it rests on, or why there is none."""


class ShadowStatus(Status):
    """What a pruner that judges without acting would have done."""

    name: Name
    pruner: Annotated[str, Field(max_length=253)]
    judged: Count
    """Number of trials that it judged."""
    would_prune: Count
    """Number of these that it would have pruned; exempt trials and guards' prunings left out."""
    steps: Count
    """Steps that the trials have done."""
    would_save: Count
    """How many of these it would have saved, on top of what the acting pruner saves."""
    loses_best: bool
    """Whether it would have pruned the best completed trial, exempt or not."""


class PruningStatus(Status):
    """What pruning has risked, and how often it was wrong as far as exempt trials tell."""

    judged: Count = 0
    """Number of values that were judged."""
    risk_stated: float | None = None
    """Probability of losing the best trial that the pruner may spend on the whole study."""
    risk_spent: float | None = None
    risk_left: float | None = None
    exempt: Count = 0
    """Number of trials that are never pruned, to measure how often pruning is wrong."""
    exempt_would_prune: Count = 0
    """Completed exempt trials that the pruner, not a guard, would have pruned."""
    false_prunes: Count = 0
    """Those of them that ended better than every trial that completes without exemption."""
    false_prune_rate: float | None = None
    """Their share, if there is a trial to compare with; the bounds are of a 95 % interval."""
    false_prune_low: float | None = None
    false_prune_high: float | None = None
    breaker_open: bool = False
    """True while pruning pauses because too many trials were pruned in a short time."""
    paused: bool = False
    """True from when the judge has taken in that spec.pruning.paused is true."""
    shadows: Annotated[tuple[ShadowStatus, ...], Field(max_length=8)] = ()


def pruning_status(summary: JudgeSummary) -> dict[str, Any]:
    """Return ``status.pruning`` of a Study, as a plain object without empty fields."""
    known = {
        name: getattr(summary, name) for name in PruningStatus.model_fields if name != "shadows"
    }
    shadows = tuple(
        ShadowStatus(**{name: getattr(shadow, name) for name in ShadowStatus.model_fields})
        for shadow in summary.shadows
    )
    status = PruningStatus(**known, shadows=shadows)
    return status.model_dump(mode="json", exclude_none=True)


MOST_SOURCES = 10
"""So many sources of a warm start are told one by one."""


class LeftOut(Status):
    """Trials of one source that were not taken over."""

    reason: Annotated[str, Field(max_length=128)]
    trials: Count
    """How many."""


class WarmStartSource(Status):
    """Where trials were taken over from."""

    kind: Name
    """Study or ConfigMap."""
    name: Annotated[str, Field(max_length=512)]
    """Its name; of a ConfigMap with the key."""
    uid: Annotated[str, Field(max_length=253)]
    """Uid of the study that the trials are of; what stands for one where it had none."""
    taken: Count
    """Number of its trials that the sampler learns from."""
    left_out: Annotated[tuple[LeftOut, ...], Field(max_length=10)] = ()


class WarmStartStatus(Status):
    """What was taken over from earlier studies, once, before the first trial."""

    taken: Count
    """Number of trials that the sampler learns from, all sources together."""
    left_out: Count = 0
    """Number of trials that were not taken over."""
    sources: Annotated[tuple[WarmStartSource, ...], Field(max_length=MOST_SOURCES)] = ()
    """Where they are from, the first ten; the sums are of all."""


class PriorStudy(Status):
    """An earlier study that the pruner begins with."""

    name: Name
    """Its name."""
    uid: Annotated[str, Field(max_length=253)]
    """Its uid."""
    trials: Count
    """Number of its trials that were read."""


class PriorStatus(Status):
    """What the pruner begins with of earlier studies; each decision says how many of them agree."""

    studies: Annotated[tuple[PriorStudy, ...], Field(max_length=10)] = ()
    """The earlier studies, the newest first."""
    passed_over: Count = 0
    """Number of those that were named and show nothing, or are older than the newest ten."""


class ProfileStatus(Status):
    """The PrunerProfile that the pruner was taken from; the study has a copy of what it said."""

    name: Annotated[str, Field(max_length=253)]
    """Its name."""
    uid: Annotated[str, Field(max_length=253)]
    """Its uid."""
    generation: Count
    """Its generation when it was copied."""
    type: Word
    """The type of its pruner."""


class PrunerStatus(Status):
    """What the pruner names elsewhere, as it was found once, before the first trial."""

    prior: PriorStatus | None = None
    profile: ProfileStatus | None = None


class StudyStatus(Status):
    """Where the study stands."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    conditions: Conditions = ()
    active: Count | None = None
    """Number of trials that hold a slot; the scale subresource's replicas."""
    selector: Annotated[str, Field(max_length=256)] | None = None
    """Selects the pods of the study; for the scale subresource."""
    counts: TrialCounts | None = None
    ended: Annotated[str, Field(max_length=32)] | None = None
    """How many trials have ended, of how many: ``3/24``; only for display."""
    degraded: Word | None = None
    """What is in the way, the reason of the condition Degraded; absent where nothing is."""
    best: BestTrial | None = None
    finalists: Annotated[tuple[FinalistStatus, ...], Field(max_length=MOST_FINALISTS)] | None = None
    """The trials that are run again, the best by their expected values first; there once they are
    chosen, which is when all other trials have ended."""
    gpu_seconds: GpuSeconds | None = None
    trial_seconds: TrialSeconds | None = None
    steps: Steps | None = None
    money: Money | None = None
    """Absent where the operator was told no price."""
    budget: BudgetStatus | None = None
    estimate: EndEstimate | None = None
    pruning: PruningStatus | None = None
    warm_start: WarmStartStatus | None = None
    pruner: PrunerStatus | None = None
    state: Word | None = None
    """The study in one word, only for display."""
    start_time: Time | None = None
    """When the spec was accepted and trials could start; what defines the study is then fixed."""
    completion_time: Time | None = None
