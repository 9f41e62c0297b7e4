"""The Study resource."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from espalier.api.base import API_VERSION, LEVELS, Model
from espalier.api.collectors import CollectorSpec
from espalier.api.meta import ObjectMeta
from espalier.api.parameter_rules import parameter_rules
from espalier.api.parameters import MAX_PARAMETERS, ParameterSpec, SamplerSpec
from espalier.api.pruner import PrunerSpec, PruningSpec
from espalier.api.pruner_rules import step_rules, target_rule
from espalier.api.resources import SidecarSpec
from espalier.api.study_status import StudyStatus
from espalier.declared.bounds import LARGEST_STEP
from espalier.declared.names import camel
from espalier.declared.operands import At, Size
from espalier.declared.predicates import (
    And,
    Compare,
    Contains,
    Has,
    IfElse,
    Not,
    Or,
    absent,
    compare,
)
from espalier.declared.rule import Rule
from espalier.pruning import Direction

METRIC_PATTERN = r"^[a-zA-Z_][a-zA-Z0-9_.]{0,62}$"
MAX_STUDY_NAME = 52
TEMPLATE_LEVELS = 12
"""The deepest field of a pod template, a value of a projected volume's label selector, needs all of
them."""


class ObjectiveSpec(Model):
    """What is optimised."""

    metric: Annotated[str, Field(pattern=METRIC_PATTERN, max_length=63)]
    """Name of the metric that trials report and that decides which is best."""
    direction: Direction
    """Whether a larger or a smaller value is better."""
    target: float | None = None
    """The study ends as soon as a completed trial's last value is at least as good as this."""


class ResourceSpec(Model):
    """What a step counts: epochs, a share of the data, rounds of pruning a network."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_ -]*$", max_length=32)] = "step"
    """What a step is called, for display."""
    max: Annotated[int, Field(ge=1, le=LARGEST_STEP)]
    """The last step of a trial that runs to its end; pruners take it for the horizon."""


class TrialsSpec(Model):
    """How many trials, and what they may cost. May be changed while the study runs."""

    max: Annotated[int, Field(ge=1, le=100_000)]
    """Number of trials that are sampled; those made by hand come on top."""
    parallelism: Annotated[int, Field(ge=0, le=10_000)] = 1
    """Number of trials that run at once; 0 starts no more. `kubectl scale` sets it."""
    max_failed: Annotated[int, Field(ge=1, le=100_000)] = 5
    """The study ends as failed when this many trials have failed by their own fault."""
    retries: Annotated[int, Field(ge=0, le=100)] = 1
    """New attempts that a trial has after failures of its own; disruptions are not counted."""
    time_limit_seconds: Annotated[int, Field(ge=1, le=31_536_000)] | None = None
    """Longest time that an attempt of a trial may run; without it there is no limit."""
    start_patience_seconds: Annotated[int, Field(ge=0, le=86_400)] = 600
    """How long a trial's pod may fail to start (an image that is not pulled, a Secret that is not
    there) before the trial ends, counted from the first failure. Until then it is tried again."""


class StudySpec(Model):
    """What is to be tuned, how trials are chosen and pruned, and the pod that trains."""

    objective: ObjectiveSpec
    resource: ResourceSpec
    parameters: Annotated[
        tuple[ParameterSpec, ...],
        Field(
            min_length=1,
            max_length=MAX_PARAMETERS,
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        ),
    ]
    """The parameters, in order; a condition (when) names a parameter before its own."""
    sampler: SamplerSpec = SamplerSpec()
    pruner: PrunerSpec = PrunerSpec()
    pruning: PruningSpec = PruningSpec()
    trials: TrialsSpec
    suspend: bool = False
    """True ends the pods of the running trials; false lets them go on as new attempts."""
    collector: CollectorSpec = CollectorSpec()
    trainer_container: Annotated[str, Field(max_length=63)] | None = None
    """Name of the container that trains; may be left out if it is called trainer or is alone."""
    sidecar: SidecarSpec = SidecarSpec()
    template: Annotated[dict[str, Any], Field(json_schema_extra={LEVELS: TEMPLATE_LEVELS})]
    """Pod template of the trials: anything that the cluster allows in a Job. A change is used for
    the attempts that start after it."""

    rules: ClassVar = (*parameter_rules(), target_rule(), *step_rules())


def _fixed(field: str) -> Rule:
    new, old = At(f"spec.{field}"), At(f"spec.{field}", "oldSelf")
    same = IfElse(Has(new), And(Has(old), Compare(new, "==", old)), Not(Has(old)))
    return Rule(
        condition=Or(absent("status", "oldSelf"), absent("status.startTime", "oldSelf"), same),
        message=f"spec.{field} is fixed once the study has started; make another Study to change"
        " it",
        field=f".spec.{field}",
    )


CHANGEABLE = frozenset({"paused", "grace_period_seconds", "keep_best"})
"""Members of ``spec.pruning`` that may change while the study runs: the brake."""
FIXED_FIELDS = (
    *("objective", "resource", "parameters", "sampler", "pruner"),
    *(f"pruning.{camel(name)}" for name in PruningSpec.model_fields if name not in CHANGEABLE),
)
"""What defines a study's results; may be corrected until the study has started."""


class Study(Model):
    """A study tunes the parameters of a training job and prunes the trials that will not win."""

    rules: ClassVar = (
        Rule(
            condition=And(
                compare(Size(At("metadata.name")), "<=", MAX_STUDY_NAME),
                Not(Contains(At("metadata.name"), ".")),
            ),
            message=f"trials are named after the study: at most {MAX_STUDY_NAME} characters and no"
            " dot; choose another name",
            expected=lambda study: (
                f"at most {MAX_STUDY_NAME} characters and no dot, since trials are named after the"
                f" study, got {study['metadata']['name']!r}"
            ),
            operators_field=".metadata.name",
        ),
        *(_fixed(field) for field in FIXED_FIELDS),
    )

    api_version: Literal["espalier.dev/v1alpha1"] = API_VERSION
    kind: Literal["Study"] = "Study"
    metadata: ObjectMeta = ObjectMeta()
    spec: StudySpec
    status: StudyStatus = StudyStatus()
