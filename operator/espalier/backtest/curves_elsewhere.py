"""Complete curves out of what other tools keep: tables with a row a value, storages of Optuna."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from espalier.backtest.curves import Curves, curves_in_time
from espalier.errors import UsageError
from espalier.pruning import Direction
from espalier.search import Outcome
from espalier.search.optuna_storage import OptunaStudy, OptunaTrial

TRIAL, STEP, VALUE, METRIC = "trial", "step", "value", "metric"
AT, SECONDS = "at", "seconds"
_Points = dict[int, tuple[float, float]]
"""Value and time by step."""


def curves_of_table(text: str, name: str, metric: str | None, direction: Direction) -> Curves:
    """Return the curves of a table: ``trial``, ``step`` and the value, a row each.

    The value is in the column called like the metric, or in ``value``; where there is a column
    ``metric``, rows of others are passed over. ``at`` (RFC 3339) or ``seconds`` (since the trial's
    start) say when it was there; without them each step takes a second. Trials without a value at
    each step that any trial has are left out.

    Raises
    ------
    UsageError
        At the first line that is no such row, or if no trial is left.
    """
    rows = csv.DictReader(io.StringIO(text), strict=True)
    trials: dict[str, _Points] = {}
    times = ""
    try:
        value, times = _columns([*(rows.fieldnames or ())], name, metric)
        metrics = set[str]()
        for row in rows:
            where = f"{name}, line {rows.line_num}"
            metrics.add(row.get(METRIC) or "")
            if metric is None or row.get(METRIC, metric) == metric:
                step, point = _point(row, where, value, times)
                trials.setdefault(row[TRIAL], {}).setdefault(step, point)
    except csv.Error as error:
        raise UsageError(
            f"{name}, line {rows.line_num}", f"expected a row of a CSV, got none: {error}; mend it"
        ) from error
    if metric is None and len(metrics) > 1:
        listed = ", ".join(sorted(each[:40] for each in metrics)[:8])
        raise UsageError("--metric", f"expected which of {listed}, got nothing; give one")
    whole = _whole([*trials.values()], name)
    if times == AT:
        return curves_in_time(np.array(whole), name, direction)
    return _curves(whole, name, direction, times != SECONDS)


def curves_of_optuna(study: OptunaStudy, name: str) -> Curves:
    """Return the curves of the completed trials that reported at each step.

    Optuna does not keep when a value was there: each step took its share of the trial's time.

    Raises
    ------
    UsageError
        If there is none.
    """
    completed = [each for each in study.trials if each.outcome is Outcome.COMPLETED]
    whole = _whole([_points(each) for each in completed], name)
    direction = Direction.MAXIMIZE if study.maximizes else Direction.MINIMIZE
    return _curves(whole, name, direction, evenly=False)


def _points(trial: OptunaTrial) -> _Points:
    seconds = trial.seconds or float(len(trial.steps))
    return {
        step: (value, seconds * place / len(trial.steps))
        for place, (step, value) in enumerate(zip(trial.steps, trial.values, strict=True), 1)
    }


def _whole(trials: Sequence[_Points], name: str) -> list[list[tuple[float, float]]]:
    """Return the points of the trials that have one at each step."""
    steps = sorted({step for points in trials for step in points})
    whole = [[points[step] for step in steps] for points in trials if len(points) == len(steps)]
    if not whole or len(steps) < 2:
        raise UsageError(
            name,
            "expected trials with a value at each of several steps, got none that is complete; "
            "give curves of trials that nobody has pruned",
        )
    return whole


def _curves(
    whole: list[list[tuple[float, float]]], name: str, direction: Direction, evenly: bool
) -> Curves:
    found = np.array(whole)
    values, seconds = found[:, :, 0], found[:, :, 1]
    if evenly:
        seconds = np.tile(np.arange(1.0, values.shape[1] + 1), (len(values), 1))
    return Curves(name, direction, values, seconds)


def _columns(names: Sequence[str], name: str, metric: str | None) -> tuple[str, str]:
    """Return which columns have values and times."""
    own = metric is not None and metric in names and METRIC not in names
    value = metric if own and metric is not None else VALUE
    if missing := {TRIAL, STEP, value} - {*names}:
        raise UsageError(
            f"{name}, line 1",
            f"expected columns trial, step and {value}, got {', '.join(names)[:200]}, without "
            f"{', '.join(sorted(missing))}; `espalier export --what curves` writes such a table",
        )
    return value, next((each for each in (AT, SECONDS) if each in names), "")


def _point(
    row: Mapping[str, str | None], where: str, value: str, times: str
) -> tuple[int, tuple[float, float]]:
    step = row.get(STEP) or ""
    if not step.isascii() or not step.isdigit() or len(step) > 15:
        raise UsageError(f"{where}, {STEP}", f"expected a whole number, got {step[:60]!r}; mend it")
    found = _number(row.get(value), f"{where}, {value}")
    at = 0.0
    if times == SECONDS:
        at = _number(row.get(SECONDS), f"{where}, {SECONDS}")
    elif times == AT:
        at = _time(row.get(AT), f"{where}, {AT}")
    return int(step), (found, at)


def _number(cell: str | None, where: str) -> float:
    try:
        value = float(cell or "nan")
    except ValueError as error:
        raise UsageError(where, f"expected a number, got {str(cell)[:60]!r}; correct it") from error
    return value if math.isfinite(value) else math.nan


def _time(cell: str | None, where: str) -> float:
    try:
        return datetime.fromisoformat(cell or "").timestamp()
    except (ValueError, OverflowError) as error:
        raise UsageError(
            where, f"expected a time such as 2026-01-31T12:00:00Z, got {str(cell)[:60]!r}"
        ) from error
