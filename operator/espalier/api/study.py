"""The Study resource."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from espalier.api.base import API_VERSION, LEVELS, Model, Rule
from espalier.api.meta import ObjectMeta
from espalier.api.parameters import MAX_PARAMETERS, ParameterSpec, SamplerSpec
from espalier.api.pruner import PrunerSpec, PruningSpec, sections_with
from espalier.api.pruner_rules import step_rules
from espalier.api.resources import SidecarSpec
from espalier.api.study_status import StudyStatus
from espalier.pruning import Direction
from espalier.pruning.pruners.base import camel

METRIC_PATTERN = r"^[a-zA-Z_][a-zA-Z0-9_.]{0,62}$"
# Below /espalier, where no link is followed, without a part that is empty, . or .., and without
# control characters. What begins with a dot just below it is the sidecar's own.
_NAME = r"[^./\pC][^/\pC]*"
VOLUME_PATH = rf"^/espalier/{_NAME}(/({_NAME}|\.{_NAME}|\.\.[^/\pC]+))*$"
LARGEST_STEP = 2**53 - 1
MAX_STUDY_NAME = 52
TEMPLATE_LEVELS = 12
"""The deepest field of a pod template, a value of a projected volume's label selector, needs all of
them."""

VolumePath = Annotated[str, Field(pattern=VOLUME_PATH, max_length=256)]


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


class FileCollector(Model):
    """Where the trainer writes its values."""

    path: VolumePath = "/espalier/reports.jsonl"
    """A file of JSON lines that the sidecar follows, in the volume /espalier; no part of the path
    is empty, . or .., has control characters, or begins with a dot just below the volume."""


class LogCollector(Model):
    """Which log the values are read from, and how."""

    path: VolumePath = "/espalier/train.log"
    """The log file that the sidecar follows, in the volume /espalier, like a file's path."""
    pattern: Annotated[str, Field(min_length=1, max_length=512)]
    """Regular expression (Python's) with groups named step and value, and maybe metric."""


class CollectorSpec(Model):
    """How values come from the trainer to the sidecar."""

    type: Literal["Local", "File", "Log"] = "Local"
    """Local: HTTP on localhost. File: a file of JSON lines. Log: a regular expression on a log."""
    file: FileCollector | None = None
    log: LogCollector | None = None

    rules: ClassVar = (
        Rule(
            "!has(self.file) || self.type == 'File'",
            "file belongs to type File; set type: File, or remove file",
        ),
        Rule(
            "!has(self.log) || self.type == 'Log'",
            "log belongs to type Log; set type: Log, or remove log",
        ),
        Rule(
            "self.type != 'File' || has(self.file)",
            "type File needs file with the path of the file to follow",
        ),
        Rule(
            "self.type != 'Log' || has(self.log)",
            "type Log needs log with a pattern that has groups named step and value",
        ),
    )


_NOT_BEFORE = "has(p.when) && !self.parameters.exists(j, q, j < i && q.name == p.when.parameter)"
_ON_A_FLOAT = "has(p.when) && self.parameters.exists(q, q.name == p.when.parameter && has(q.float))"
_CONTINUUM = "has(p.float) && !has(p.float.step)"


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

    rules: ClassVar = (
        Rule(
            f"!self.parameters.exists(i, p, {_NOT_BEFORE})",
            "when must name a parameter that comes before; put that parameter first in the list",
            f"'when of ' + self.parameters.transformList(i, p, {_NOT_BEFORE}, p.name)[0] + ' must"
            " name a parameter that comes before; put that parameter first in the list'",
            field_path=".parameters",
        ),
        Rule(
            f"!self.parameters.exists(p, {_ON_A_FLOAT})",
            "when must name a categorical or int parameter; make that one categorical or int",
            f"'when of ' + self.parameters.transformList(i, p, {_ON_A_FLOAT}, p.name)[0] + ' must"
            " name a categorical or int parameter, not a float one;"
            " make that one categorical or int'",
            field_path=".parameters",
        ),
        Rule(
            "self.sampler.type != 'Grid' || has(self.sampler.grid)"
            f" || !self.parameters.exists(p, {_CONTINUUM})",
            "type Grid needs a finite number of values; give each float parameter a step,"
            " or set sampler.grid.points",
            "'type Grid needs a finite number of values; give ' +"
            f" self.parameters.transformList(i, p, {_CONTINUUM}, p.name)[0] + ' a step, or set"
            " sampler.grid.points'",
            field_path=".sampler",
        ),
        Rule(
            "has(self.objective.target)"
            " || !(has(self.pruner.auto) && self.pruner.auto.goal == 'TimeToTarget')"
            " && !(has(self.pruner.posterior) && self.pruner.posterior.goal == 'TimeToTarget')",
            "goal TimeToTarget needs objective.target; add it, or choose another goal",
            field_path=".objective",
        ),
        *step_rules(sections_with("warmup_steps"), sections_with("min_resource")),
    )


def _fixed(field: str) -> Rule:
    new, old = f"self.spec.{field}", f"oldSelf.spec.{field}"
    return Rule(
        "!has(oldSelf.status) || !has(oldSelf.status.startTime)"
        f" || (has({new}) ? has({old}) && {new} == {old} : !has({old}))",
        f"spec.{field} is fixed once the study has started; make another Study to change it",
        field_path=f".spec.{field}",
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
            f"self.metadata.name.size() <= {MAX_STUDY_NAME} && !self.metadata.name.contains('.')",
            f"trials are named after the study: at most {MAX_STUDY_NAME} characters and no dot;"
            " choose another name",
        ),
        *(_fixed(field) for field in FIXED_FIELDS),
    )

    api_version: Literal["espalier.dev/v1alpha1"] = API_VERSION
    kind: Literal["Study"] = "Study"
    metadata: ObjectMeta = ObjectMeta()
    spec: StudySpec
    status: StudyStatus = StudyStatus()
