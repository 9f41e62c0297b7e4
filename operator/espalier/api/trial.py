"""The Trial resource."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from espalier.api.base import API_VERSION, Model, Status
from espalier.api.meta import ObjectMeta
from espalier.api.parameters import MAX_PARAMETERS, ParameterName
from espalier.api.reasons import Phase
from espalier.api.scalar import Scalar
from espalier.api.status import Conditions, Count, Message, Time, Word
from espalier.declared.operands import At, Size
from espalier.declared.predicates import And, Compare, Contains, Not, compare
from espalier.declared.rule import Rule
from espalier.pruning import MOST_REPEATS

MOST_NUMBER = 999_999
"""Largest number of a sampled trial; those made by hand get theirs from the operator."""
MOST_FINALIST_NUMBER = 9_999_999
"""Largest number of a trial that is run again: the name of its repeat has room for so much."""
MOST_JOBS = 32
MOST_LINE = 128
"""Characters of the parameters in one line."""
MAX_TRIAL_NAME = 63
"""Characters of a label's value."""


class StudyReference(Model):
    """The study of a trial, in the same namespace."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=52)]
    """Name of the Study."""
    uid: Annotated[str, Field(pattern=r"^[-A-Za-z0-9]+$", max_length=64)] | None = None
    """Uid of the Study; without it, whichever Study has the name."""


class RepeatSpec(Model):
    """Whose repeat a trial is, made by the operator for a finalist of the Study."""

    of: Annotated[int, Field(ge=0, le=MOST_FINALIST_NUMBER)]
    """Number of the finalist, whose parameters it has."""
    index: Annotated[int, Field(ge=1, le=MOST_REPEATS)]
    """Which of its repeats it is, from 1."""


class TrialSpec(Model):
    """A configuration to be run. Never changes."""

    study: StudyReference
    number: Annotated[int, Field(ge=0, le=MOST_NUMBER)] | None = None
    """The trial's number in its study; left out in a Trial made by hand, and in a repeat."""
    repeat: RepeatSpec | None = None
    """There if the trial runs a finalist again; for the operator alone to write."""
    parameters: Annotated[dict[ParameterName, Scalar], Field(max_length=MAX_PARAMETERS)]
    """Value of each parameter that takes part."""

    rules: ClassVar = (
        Rule(
            condition=Compare(At(), "==", At(root="oldSelf")),
            message="the spec of a Trial never changes; make another Trial with the other"
            " parameters",
        ),
    )


class DecisionStatus(Status):
    """The newest decision of the pruner about the trial, with the numbers that it compared."""

    action: Literal["Keep", "Prune"]
    reason: Word
    message: Message = ""
    """The decision in words and numbers."""
    step: int
    rung: int | None = None
    bracket: int | None = None
    pruner: Annotated[str, Field(max_length=253)] = ""
    evidence: Annotated[dict[str, Scalar], Field(max_length=32)] = Field(default_factory=dict)
    """The numbers that were compared, in the user's own sign."""


class TrialStatus(Status):
    """Where the trial stands."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    conditions: Conditions = ()
    phase: Phase | None = None
    """The trial in one word, only for display and selection."""
    number: Count | None = None
    """The trial's number, also where its spec has none."""
    parameters: Annotated[str, Field(max_length=MOST_LINE)] | None = None
    """The parameters in one line, shortened; only for display."""
    rank: Annotated[str, Field(max_length=32)] | None = None
    """Its place by the last value among the trials that had ended when it did, and of how many:
    ``3/24``. Those that failed, and repeats of finalists, have none. When the study ends the
    hundred leaders are told their places anew."""
    attempt: Count | None = None
    """Number of the present or last attempt, from 1."""
    jobs: Annotated[tuple[Word, ...], Field(max_length=MOST_JOBS)] = ()
    """Uids of the Jobs that were made for the trial, the newest last: no other Job is its own."""
    step: int | None = None
    """The latest step of the present attempt."""
    latest: float | None = None
    """Value at that step; absent if training diverged."""
    best: float | None = None
    """Best of its values so far; the Study compares its trials by their last ones."""
    decision: DecisionStatus | None = None
    exempt: bool | None = None
    """True if the trial is one of those that are never pruned, to measure how often pruning is
    wrong (spec.pruning.exemptPercent of the Study)."""
    protected: bool | None = None
    """True from when the judge has taken in that the annotation espalier.dev/protect asks never to
    prune the trial."""
    start_time: Time | None = None
    """When the trainer first ran."""
    completion_time: Time | None = None
    """When the trial had ended and its pod was gone."""
    gpu_seconds: Annotated[float, Field(ge=0)] | None = None
    """Accelerator time that its attempts have held."""
    gpu_seconds_saved: Annotated[float, Field(ge=0)] | None = None
    """Accelerator time that it would still have taken had it not been pruned, by the study's
    completed trials; an estimate of when it ended, made anew when the study ends."""
    trial_seconds: Annotated[float, Field(ge=0)] | None = None
    """Seconds for which its attempts' pods have held a node."""
    trial_seconds_saved: Annotated[float, Field(ge=0)] | None = None
    """Seconds that it would still have held one."""
    trial_seconds_saved_low: Annotated[float, Field(ge=0)] | None = None
    """The same by the lower quartile of the completed trials."""
    trial_seconds_saved_high: Annotated[float, Field(ge=0)] | None = None
    """The same by the upper quartile of the completed trials."""
    steps_saved: Annotated[float, Field(ge=0)] | None = None
    """Steps that it would still have done."""
    reason: Word | None = None
    """Reason of the condition that says most about the trial, only for display."""


class Trial(Model):
    """A trial runs a study's training job with one configuration."""

    rules: ClassVar = (
        Rule(
            condition=And(
                compare(Size(At("metadata.name")), "<=", MAX_TRIAL_NAME),
                Not(Contains(At("metadata.name"), ".")),
            ),
            message=f"the name becomes a label: at most {MAX_TRIAL_NAME} characters and no dot;"
            " choose another name",
        ),
    )

    api_version: Literal["espalier.dev/v1alpha1"] = API_VERSION
    kind: Literal["Trial"] = "Trial"
    metadata: ObjectMeta = ObjectMeta()
    spec: TrialSpec
    status: TrialStatus = TrialStatus()
