"""One value of a training loop, and how a trainer may write it."""

from __future__ import annotations

import json
import math
from typing import NamedTuple

from espalier_sidecar.errors import BadReport
from espalier_sidecar.metric_name import EXPECTED, is_metric_name
from espalier_sidecar.text import clip

MAX_STEP = 2**53
SHORTEST_REPORT = 16  # bytes; none is written in fewer
FORM = '{"step": 3, "value": 0.91}, with "metric" if it is not the study\'s'


class Report(NamedTuple):
    """One value of one metric; `None` is a value that diverged."""

    metric: str
    """The metric's name."""
    step: int
    """The step, from 0 on."""
    value: float | None
    """The value; None if it is not finite."""


def parse_reports(body: bytes | bytearray, metric: str) -> list[Report]:
    """Read one report, or a list of them, as JSON.

    Parameters
    ----------
    body
        What the trainer sent; NaN and infinities may stand in it as Python writes them.
    metric
        The metric of a report that names none.

    Raises
    ------
    BadReport
        If any of them is bad; the message says which, what was expected and what came.
    """
    try:
        # What has more objects than reports can have is not parsed: it would need much memory.
        if body.count(b"{") + body.count(b"[") > 2 + len(body) // SHORTEST_REPORT:
            raise ValueError
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadReport(
            f"expected JSON, {FORM}, or a list of such; came {clip(bytes(body[:100]))}"
        ) from error
    if not isinstance(found, list):
        return [_one(found, metric, "")]
    return [_one(each, metric, f"report {index}: ") for index, each in enumerate(found)]


def make_report(metric: object, step: object, value: object, where: str = "") -> Report:
    """Return a report of three parts that anybody may have written.

    Parameters
    ----------
    metric, step, value
        The parts; a value that is not finite becomes `None`.
    where
        What the message begins with, where there are several reports.

    Raises
    ------
    BadReport
        If a part is not what it should be; the message says which.
    """
    if not isinstance(metric, str) or not is_metric_name(metric):
        raise BadReport(f"{where}expected as metric {EXPECTED}; came {clip(metric)}")
    if isinstance(step, float) and step.is_integer():
        step = int(step)
    if not isinstance(step, int) or isinstance(step, bool) or not 0 <= step <= MAX_STEP:
        raise BadReport(
            f"{where}expected as step a whole number from 0 to {MAX_STEP}; came {clip(step)}"
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadReport(f"{where}expected as value a number, not in quotes; came {clip(value)}")
    return Report(metric, step, _finite(value))


def _one(found: object, metric: str, where: str) -> Report:
    if not isinstance(found, dict):
        raise BadReport(f"{where}expected {FORM}; came {clip(found)}")
    unknown = sorted(found.keys() - {"metric", "step", "value", "diverged"})
    if unknown:
        raise BadReport(
            f"{where}expected step, value and perhaps metric; came {clip(unknown[0])} too: "
            "report each metric as a report of its own"
        )
    if "step" not in found:
        raise BadReport(f"{where}expected {FORM}; came no step")
    value = found.get("value")
    if found.get("diverged") is True and value is None:
        value = math.nan
    elif "value" not in found:
        raise BadReport(f"{where}expected {FORM}; came no value")
    return make_report(found.get("metric", metric), found["step"], value, where)


def _finite(value: int | float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
