"""What is submitted to a study and what it answers; the checks that every value passes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from espalier.errors import ReportError
from espalier.pruning import Decision

LONGEST_METRIC = 250
LARGEST_STEP = 2**53
MOST_REPORTS = 256


class CheckedReport(NamedTuple):
    """One value that passed the checks; NaN where training diverged."""

    metric: str
    step: int
    value: float


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """Values that passed the checks.

    Parameters
    ----------
    trial
        The trial that the sender says it is, ``<namespace>/<name>``.
    reports
        In the order in which they were sent.
    final
        Whether the sender has nothing more to send.
    """

    trial: str
    reports: tuple[CheckedReport, ...]
    final: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What became of a batch, once all of it is durable.

    Parameters
    ----------
    accepted, repeated
        How many values were new, and how many were stored already.
    decision
        What was decided on the trial; None while none of its values has been judged.
    step
        The step that the answer is about.
    """

    accepted: int
    repeated: int
    decision: Decision | None
    step: int


@dataclass(frozen=True, slots=True)
class Binding:
    """Which attempt of which trial a pod is.

    Parameters
    ----------
    pod_uid, namespace, pod_name
        The pod.
    study_uid, trial_name, number
        The trial, and the Study that it belongs to.
    attempt
        The pod's ordinal among the trial's pods, from 1 (`OpenStudies.attempt_of`).
    """

    pod_uid: str
    namespace: str
    pod_name: str
    study_uid: str
    trial_name: str
    number: int
    attempt: int

    @property
    def trial(self) -> str:
        """The trial as a report names it."""
        return f"{self.namespace}/{self.trial_name}"


def checked(metric: Any, step: Any, value: Any, index: int) -> CheckedReport:
    """Check one value; `value` is None where training diverged.

    Raises
    ------
    ReportError
        With the report's position, what was expected and what came.
    """
    if not is_metric_name(metric):
        expected = f"expected 1 to {LONGEST_METRIC} printable characters, no space at either end"
        raise _bad("Metric", expected, metric, index)
    if type(step) is not int:
        raise _bad("Step", "expected a whole number", step, index)
    if not 0 <= step <= LARGEST_STEP:
        raise _bad("Step", f"expected a whole number from 0 to {LARGEST_STEP}", step, index)
    if value is None:
        return CheckedReport(metric, step, math.nan)
    if type(value) is not float:
        if type(value) is not int:
            raise _bad("Value", "expected a finite number", value, index)
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
    if not math.isfinite(value):
        raise ReportError(
            "BadValue",
            "expected a finite number; came one that is not; send diverged: true instead",
            status=422,
            index=index,
        )
    return CheckedReport(metric, step, value)


def is_metric_name(name: Any) -> bool:
    """Whether a metric may be called so; as `espalier.api.metric_name` says it of a Study."""
    return (
        type(name) is str
        and 0 < len(name) <= LONGEST_METRIC
        and name.isprintable()
        and not name.startswith(" ")
        and not name.endswith(" ")
    )


def shown(value: Any) -> str:
    """Return what came, short and without control characters, for a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return ascii(value[:70])
    if isinstance(value, int):
        # Decimal digits of a huge number take quadratic time.
        return str(value) if value.bit_length() <= 128 else f"a number of {value.bit_length()} bits"
    if isinstance(value, float):
        return repr(value)
    return {dict: "an object", list: "a list", type(None): "null"}.get(
        type(value), "something else"
    )


def _bad(what: str, expected: str, came: Any, index: int) -> ReportError:
    return ReportError(f"Bad{what}", f"{expected}; came {shown(came)}", status=422, index=index)
