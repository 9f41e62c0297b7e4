"""The status of a Study: its size does not depend on the number of trials."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from espalier.api.base import Status
from espalier.api.status import Conditions, Count, Name, ParameterValues, Time, Word


class TrialCounts(Status):
    """Number of trials by phase."""

    pending: Count = 0
    running: Count = 0
    completed: Count = 0
    pruned: Count = 0
    failed: Count = 0


class BestTrial(Status):
    """The completed trial with the best value."""

    number: Count
    trial: Name
    """Name of the Trial."""
    value: float | None = None
    """Its best value of the objective's metric."""
    step: int | None = None
    """The step at which it had that value."""
    parameters: ParameterValues = Field(default_factory=dict)


class GpuSeconds(Status):
    """Accelerator time: devices that the trainer asks for, times the seconds that it held them."""

    used: Annotated[float, Field(ge=0)] = 0.0
    saved: Annotated[float, Field(ge=0)] = 0.0
    """What pruned trials would still have taken, had they gone on at their own pace."""


class ShadowStatus(Status):
    """What a pruner that judges without acting would have done."""

    pruner: Annotated[str, Field(max_length=63)]
    would_prune: Count = 0
    """Number of trials that it would have pruned."""
    saved_steps: Annotated[float, Field(ge=0)] | None = None
    """Steps that it would have saved."""
    saved_share: Annotated[float, Field(ge=0, le=1)] | None = None
    """Share of the study's steps that it would have saved."""
    would_lose_best: bool | None = None
    """Whether it would have pruned the best trial."""


class PruningStatus(Status):
    """What pruning has risked, and how often it was wrong as far as exempt trials tell."""

    risk_stated: float | None = None
    risk_spent: float | None = None
    risk_left: float | None = None
    exempt_trials: Count | None = None
    false_prune_rate: float | None = None
    """Share of the exempt trials that would have been pruned and ended as the best."""
    false_prune_low: float | None = None
    false_prune_high: float | None = None
    breaker_open: bool | None = None
    """True while pruning pauses because too many trials were pruned in a short time."""
    shadows: Annotated[tuple[ShadowStatus, ...], Field(max_length=8)] = ()


class StudyStatus(Status):
    """Where the study stands."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    conditions: Conditions = ()
    active: Count | None = None
    """Number of trials that hold a slot; the scale subresource's replicas."""
    selector: Annotated[str, Field(max_length=256)] | None = None
    """Selects the pods of the study; for the scale subresource."""
    counts: TrialCounts | None = None
    best: BestTrial | None = None
    gpu_seconds: GpuSeconds | None = None
    pruning: PruningStatus | None = None
    state: Word | None = None
    """The study in one word, only for display."""
    start_time: Time | None = None
    """When the spec was accepted and trials could start; what defines the study is then fixed."""
    completion_time: Time | None = None
