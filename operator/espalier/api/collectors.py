"""How values come from the trainer to the sidecar: a collector is its section and one line."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from espalier.api.base import Model
from espalier.api.followed_path import (
    NOT_THE_SIDECARS,
    Directory,
    Followed,
    FollowedPath,
    VolumePath,
    check_directory,
)
from espalier.api.log_pattern import check_pattern
from espalier.api.metric_name import MetricName
from espalier.api.sectioned import Sectioned, TypeChoice, sections
from espalier.declared.predicates import And, Not, Or, absent, has
from espalier.declared.rule import AnyRule, Rule

MOST_COLLECTORS = 8
MOST_NAMES = 64

Pattern = Annotated[str, Field(min_length=1, max_length=512)]


class Preset(StrEnum):
    """Whose output is read."""

    KEY_VALUE = "KeyValue"
    KERAS = "Keras"
    HUGGING_FACE = "HuggingFace"
    LIGHTNING = "Lightning"
    XGBOOST = "XGBoost"
    LIGHTGBM = "LightGBM"
    CATBOOST = "CatBoost"
    YOLO = "Yolo"
    JSON_LINES = "JSONLines"


_ONE_WAY = Rule(
    condition=And(
        Not(And(has("preset"), has("pattern"))),
        Not(And(has("preset"), has("valuePattern"))),
        Not(And(has("pattern"), has("valuePattern"))),
    ),
    message="give one of preset, pattern and valuePattern; remove the others",
    expected=lambda _: "one of preset, pattern and valuePattern, got several",
    remedy="remove the others",
)
_STEP_WITH_VALUE = Rule(
    condition=Or(absent("stepPattern"), has("valuePattern")),
    message="stepPattern is for values of another line; add valuePattern, or use pattern",
    expected=lambda _: "stepPattern and valuePattern together, got stepPattern alone",
    remedy="add valuePattern, or use pattern",
)


class PrintedValues(Model):
    """How values stand in what is printed."""

    preset: Preset | None = None
    """Whose output it is. KeyValue, which is taken where nothing is given, reads `val_loss=0.31`
    and `val_loss: 0.31`, with the step from `epoch 3`, `Epoch 3/27` or `step=3`."""
    pattern: Pattern | None = None
    """Regular expression (Python's) with a group named value, and maybe step and metric."""
    step_pattern: Pattern | None = None
    """Regular expression with a group named step, for a step that stands on an earlier line than
    its values."""
    value_pattern: Pattern | None = None
    """Regular expression with a group named value, and maybe metric and step."""

    rules: ClassVar[tuple[AnyRule, ...]] = (_ONE_WAY, _STEP_WITH_VALUE)

    def check(self, path: str) -> None:
        """Check the regular expressions.

        Raises
        ------
        SpecError
            If one is none, lacks its group, or takes long to compile.
        """
        for name, field, needed in (
            ("pattern", self.pattern, "value"),
            ("stepPattern", self.step_pattern, "step"),
            ("valuePattern", self.value_pattern, "value"),
        ):
            if field is not None:
                check_pattern(field, needed, f"{path}.{name}")


class OutputCollector(PrintedValues):
    """How values stand in what the trainer prints."""


class LogCollector(PrintedValues, Followed):
    """Which log the values are read from, and how."""

    path: FollowedPath = "/espalier/train.log"
    """The log file that the sidecar follows, in the volume /espalier or below directory; * stands
    for any part of a name, and means the newest file."""

    rules: ClassVar = (*PrintedValues.rules, NOT_THE_SIDECARS)

    def check(self, path: str) -> None:
        """Check the regular expressions, and where the log is.

        Raises
        ------
        SpecError
            For the first at fault.
        """
        PrintedValues.check(self, path)
        Followed.check(self, path)


class FileCollector(Model):
    """Where the trainer writes its values."""

    path: VolumePath = "/espalier/reports.jsonl"
    """A file of JSON lines that the sidecar follows, in the volume /espalier; no part of the path
    is empty, . or .., has control characters, or begins with a dot just below the volume."""


class CsvCollector(Followed):
    """Which table the values are read from."""

    path: FollowedPath = "/espalier/metrics.csv"
    """The table that the sidecar follows, like a log's path. Its first line names the columns, of
    which each with numbers is a metric."""
    step: Annotated[str, Field(min_length=1, max_length=250)] | None = None
    """The column of the step; if not given, the first of step, global_step, epoch, iteration and
    round, whatever the case, else the values are counted."""

    rules: ClassVar = (NOT_THE_SIDECARS,)


class MLflowCollector(Model):
    """What is taken of what the trainer logs with MLflow."""

    tracking_uri: Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=512)] | None = None
    """The tracking server that all is forwarded to; if not given, the one that the template names
    in MLFLOW_TRACKING_URI, else none: then the sidecar answers itself, and keeps values only."""
    system_metrics: bool = False
    """Whether metrics under system/ are taken too, which MLflow measures by itself."""


class TensorBoardCollector(Model):
    """Where event files are."""

    directory: Directory = "/espalier/tensorboard"
    """The directory that the trainer writes event files into, at any depth. Outside of /espalier,
    the shared volume is mounted there, and hides what the image has there."""

    def check(self, path: str) -> None:
        """Check the directory.

        Raises
        ------
        SpecError
            If the container needs it as it is.
        """
        if not self.directory.startswith("/espalier/"):
            check_directory(self.directory, f"{path}.directory")


class ReportedStep(StrEnum):
    """Which of a training's two counts is the step."""

    EPOCH = "Epoch"
    GLOBAL_STEP = "GlobalStep"


class KubeflowCollector(Model):
    """What the step of Hugging Face's Trainer is."""

    step: ReportedStep = ReportedStep.EPOCH
    """Epoch takes values of whole epochs, with stepScale those of its parts too; GlobalStep takes
    all that are logged, at the number of updates of the weights."""


class PrometheusCollector(Model):
    """What is scraped from the trainer."""

    port: Annotated[int, Field(ge=1, le=65535)]
    """The port that the trainer serves its metrics on."""
    path: Annotated[str, Field(pattern=r"^/[!-~]*$", max_length=256)] = "/metrics"
    """Where it serves them."""
    step: Annotated[str, Field(min_length=1, max_length=250)] | None = None
    """The series whose value is the step; if not given, changed values are counted."""
    interval_seconds: Annotated[int, Field(ge=1, le=300)] = 5
    """How often it is asked."""


COLLECTORS = (
    TypeChoice("Auto", meaning="Local, File, MLflow and Kubeflow, which cost nothing until used"),
    TypeChoice("Local", meaning="HTTP on localhost, and the report file"),
    TypeChoice(
        "File",
        FileCollector,
        "Where the trainer writes its values.",
        meaning="a file of JSON lines",
        needed="the path of the file to follow",
    ),
    TypeChoice(
        "Output",
        OutputCollector,
        "How values stand in what the trainer prints.",
        meaning="what the trainer prints",
    ),
    TypeChoice(
        "Log",
        LogCollector,
        "Which log the values are read from, and how.",
        meaning="a log file",
        needed="a preset, or a pattern that has a group named value",
    ),
    TypeChoice(
        "Csv",
        CsvCollector,
        "Which table the values are read from.",
        meaning="a table of comma-separated values",
        needed="the path of the table",
    ),
    TypeChoice(
        "MLflow",
        MLflowCollector,
        "What is taken of what the trainer logs with MLflow.",
        meaning="MLflow's client",
        named="mlflow",
    ),
    TypeChoice(
        "TensorBoard",
        TensorBoardCollector,
        "Where event files are.",
        meaning="event files",
        needed="the directory of the event files",
    ),
    TypeChoice(
        "Kubeflow",
        KubeflowCollector,
        "What the step of Hugging Face's Trainer is.",
        meaning="the progress that Hugging Face's Trainer reports by itself",
    ),
    TypeChoice(
        "Prometheus",
        PrometheusCollector,
        "What is scraped from the trainer.",
        meaning="the trainer's own /metrics",
        needed="the port",
    ),
)


@sections(COLLECTORS)
class CollectorSpec(Sectioned):
    """How values come from the trainer to the sidecar."""

    type: str = "Auto"
    metrics: Annotated[dict[MetricName, MetricName], Field(max_length=MOST_NAMES)] | None = None
    """The study's name for a metric by the source's; others keep theirs."""
    step_scale: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """What a step is multiplied with, where the source counts otherwise than resource.max: 10 for
    tenths of an epoch where it says 0.5, 0.001 for thousands where it says 3000."""
