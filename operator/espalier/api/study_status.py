"""The status of a Study: its size does not depend on the number of trials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from espalier.api.base import Status
from espalier.api.status import Conditions, Count, Name, ParameterValues, Time, Word

if TYPE_CHECKING:
    from espalier.pruning import JudgeSummary


class TrialCounts(Status):
    """Number of trials by phase."""

    pending: Count = 0
    running: Count = 0
    completed: Count = 0
    pruned: Count = 0
    failed: Count = 0


class BestTrial(Status):
    """The completed trial whose last value is the best."""

    number: Count
    trial: Name
    """Name of the Trial."""
    value: float | None = None
    """Its last value of the objective's metric."""
    step: int | None = None
    """The step of that value."""
    parameters: ParameterValues = Field(default_factory=dict)


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
    gpu_seconds: GpuSeconds | None = None
    trial_seconds: TrialSeconds | None = None
    steps: Steps | None = None
    pruning: PruningStatus | None = None
    state: Word | None = None
    """The study in one word, only for display."""
    start_time: Time | None = None
    """When the spec was accepted and trials could start; what defines the study is then fixed."""
    completion_time: Time | None = None
