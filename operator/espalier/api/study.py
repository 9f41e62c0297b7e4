"""The Study resource."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from espalier.api.base import API_VERSION, LEVELS, Model
from espalier.api.budget import BudgetSpec
from espalier.api.collectors import MOST_COLLECTORS, CollectorSpec
from espalier.api.continuing_rules import continuing_rules
from espalier.api.meta import ObjectMeta
from espalier.api.metric_name import MetricName
from espalier.api.parameter_rules import parameter_rules
from espalier.api.parameters import MAX_PARAMETERS, ParameterName, ParameterSpec, SamplerSpec
from espalier.api.pruner import PrunerSpec, PruningSpec
from espalier.api.pruner_rules import step_rules, target_rule
from espalier.api.resources import SidecarSpec
from espalier.api.scalar import Scalar
from espalier.api.study_status import MOST_FINALISTS, StudyStatus
from espalier.api.warm_start import WarmStartSpec
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
    Predicate,
    absent,
    compare,
)
from espalier.declared.rule import Rule
from espalier.pruning import MOST_REPEATS, Direction

MAX_ENQUEUED = 100
MAX_STUDY_NAME = 52
TEMPLATE_LEVELS = 12
"""The deepest field of a pod template, a value of a projected volume's label selector, needs all of
them."""


class ObjectiveSpec(Model):
    """What is optimised."""

    metric: MetricName
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


class FinalistsSpec(Model):
    """The best trials are run again with other seeds, and the best is named by their means.

    May be added, also to a study that has ended, and changed until the finalists are chosen.
    """

    count: Annotated[int, Field(ge=1, le=MOST_FINALISTS)] = 3
    """Number of completed trials that are run again, the best by their expected values."""
    repeats: Annotated[int, Field(ge=1, le=MOST_REPEATS)] = 5
    """How often each of them is run again; the mean of fewer than two has no interval."""


_COLLECTOR_OR_COLLECTORS = Rule(
    condition=Or(
        absent("collector"), absent("collectors"), compare(Size(At("collectors")), "==", 0)
    ),
    message="collector and collectors say the same; keep one of them",
    expected=lambda _: "collector or collectors, got both",
    field=".collectors",
    remedy="keep one of them",
)


Configuration = Annotated[dict[ParameterName, Scalar], Field(max_length=MAX_PARAMETERS)]


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
    enqueue: Annotated[tuple[Configuration, ...], Field(max_length=MAX_ENQUEUED)] = ()
    """Configurations to try first, in this order. What one leaves out is drawn at random. One that
    is added later is tried next; one that a trial of the study has is passed over."""
    warm_start: WarmStartSpec | None = None
    """Let the sampler begin with what earlier studies have found."""
    pruner: PrunerSpec = PrunerSpec()
    pruning: PruningSpec = PruningSpec()
    trials: TrialsSpec
    budget: BudgetSpec | None = None
    """What the study may use; without it there is no limit."""
    finalists: FinalistsSpec | None = None
    """Run the best trials again once all others have ended; without it none is run again."""
    suspend: bool = False
    """True ends the pods of the running trials; false lets them go on as new attempts."""
    stop: bool = False
    """True ends the study: no trial starts, the running ones are ended, no finalist is run again,
    and the best so far is the result. With false it goes on, without the trials that were ended."""
    collector: CollectorSpec | None = None
    """How values come from the trainer to the sidecar, if one way is enough; without it and without
    collectors, Auto. The sidecar's own ways, HTTP and the report file, are always there."""
    collectors: Annotated[tuple[CollectorSpec, ...], Field(max_length=MOST_COLLECTORS)] = ()
    """Several ways at once, in place of collector."""
    trainer_container: Annotated[str, Field(max_length=63)] | None = None
    """Name of the container that trains; may be left out if it is called trainer or is alone."""
    sidecar: SidecarSpec = SidecarSpec()
    template: Annotated[dict[str, Any], Field(json_schema_extra={LEVELS: TEMPLATE_LEVELS})]
    """Pod template of the trials: anything that the cluster allows in a Job. A change is used for
    the attempts that start after it."""

    rules: ClassVar = (
        *parameter_rules(),
        *continuing_rules(),
        target_rule(),
        *step_rules(),
        _COLLECTOR_OR_COLLECTORS,
    )

    @property
    def sources(self) -> tuple[CollectorSpec, ...]:
        """The collectors that the study chooses, in its order."""
        return self.collectors or (self.collector or CollectorSpec(),)


def _same(path: str) -> Predicate:
    """Return that a field is as it was, or absent as it was."""
    new, old = At(path), At(path, "oldSelf")
    return IfElse(Has(new), And(Has(old), Compare(new, "==", old)), Not(Has(old)))


def _fixed(field: str) -> Rule:
    return Rule(
        condition=Or(
            absent("status", "oldSelf"),
            absent("status.startTime", "oldSelf"),
            _same(f"spec.{field}"),
        ),
        message=f"spec.{field} is fixed once the study has started; make another Study to change"
        " it",
        field=f".spec.{field}",
    )


_CHOSEN = Rule(
    condition=Or(
        absent("status", "oldSelf"),
        absent("status.finalists", "oldSelf"),
        _same("spec.finalists"),
    ),
    message="spec.finalists is fixed once the finalists are chosen; make another Study to change"
    " it",
    field=".spec.finalists",
)
CHANGEABLE_OF_SAMPLER = frozenset({"close_branches"})
"""Members of ``spec.sampler`` that may change while the study runs: a proposal tells by which it
was made."""
CHANGEABLE = frozenset({"paused", "grace_period_seconds", "keep_best"})
"""Members of ``spec.pruning`` that may change while the study runs: the brake."""
FIXED_FIELDS = (
    *("objective", "resource", "parameters", "warmStart", "pruner"),
    *(
        f"sampler.{camel(name)}"
        for name in SamplerSpec.model_fields
        if name not in CHANGEABLE_OF_SAMPLER
    ),
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
        _CHOSEN,
    )

    api_version: Literal["espalier.dev/v1alpha1"] = API_VERSION
    kind: Literal["Study"] = "Study"
    metadata: ObjectMeta = ObjectMeta()
    spec: StudySpec
    status: StudyStatus = StudyStatus()
