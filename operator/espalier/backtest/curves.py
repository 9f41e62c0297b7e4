"""Complete curves of many trials of one task, and where they come from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from espalier.errors import UsageError
from espalier.pruning import Direction, TrialState
from espalier.study_log.log import Log, StoredEnd, StoredObservation

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Curves:
    """The values of N trials over steps 1 to S, all of them run to the end.

    Parameters
    ----------
    name
        The task's.
    direction
        Which way the metric is better.
    values
        N rows of S values in the user's sign; NaN where a trial diverged.
    seconds
        When each value was there, in seconds since the trial's start; they never go down along a
        row, and its last one is greater than its first.
    reevaluated
        What a second evaluation says of each trial, N values in the user's sign: the mean of the
        last values of its other seeds, or else its value on a test set; None if there was none.
    kind
        What the curves are like, as the task's file says: `clean`, `noisy`...; empty if it does
        not say.

    Raises
    ------
    UsageError
        If the arrays do not fit together, are empty, or the seconds are none of a trial's start.
    """

    name: str
    direction: Direction
    values: Array
    seconds: Array
    reevaluated: Array | None = None
    kind: str = ""

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape != self.seconds.shape:
            raise UsageError(
                self.name,
                f"expected values and seconds of the same N x S, got {self.values.shape} and "
                f"{self.seconds.shape}; record a time for each value",
            )
        if not self.values.size:
            raise UsageError(self.name, "expected at least one complete trial, got none")
        if self.reevaluated is not None and self.reevaluated.shape != self.values.shape[:1]:
            raise UsageError(
                self.name,
                f"expected one value of a second evaluation for each of {len(self)} trials, got "
                f"{self.reevaluated.shape}; leave them all out if some have none",
            )
        bad = ~_passing(self.seconds)
        if bad.any():
            row = int(np.argmax(bad))
            shown = ", ".join(f"{at:.6g}" for at in self.seconds[row, :4])
            raise UsageError(
                self.name,
                "expected seconds since the trial's start, which grow along a row, got "
                f"{shown}… in row {row}; add up the seconds of the steps (numpy.cumsum, axis 1)",
            )

    @property
    def steps(self) -> int:
        """How many steps a trial has."""
        return int(self.values.shape[1])

    @property
    def finals(self) -> Array:
        """Final values, oriented so that larger is better; not finite ones are the worst."""
        return self._oriented(self.values[:, -1])

    @property
    def reevaluations(self) -> Array | None:
        """What a second evaluation says, oriented as `finals` are; None if there was none."""
        return None if self.reevaluated is None else self._oriented(self.reevaluated)

    def _oriented(self, values: Array) -> Array:
        signed = values * self.direction.sign
        return np.where(np.isfinite(signed), signed, -np.inf)

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def take(self, order: Iterable[int]) -> Curves:
        """Return some of the trials, in this order."""
        rows = np.fromiter(order, dtype=np.intp)
        again = None if self.reevaluated is None else self.reevaluated[rows]
        values, seconds = self.values[rows], self.seconds[rows]
        return Curves(self.name, self.direction, values, seconds, again, self.kind)


def _passing(seconds: Array) -> NDArray[np.bool_]:
    """Tell of each row whether it may be the times since a trial's start."""
    ends = seconds[:, -1] > (seconds[:, 0] if seconds.shape[1] > 1 else 0.0)
    steps = np.diff(seconds, axis=1)
    rising = (steps >= 0).all(axis=1) & (seconds[:, 0] >= 0) & ends
    return np.asarray(rising & np.isfinite(seconds).all(axis=1))


def read_folder(folder: Path) -> list[Curves]:
    """Read every task of a folder: NAME.npz with `values` and `seconds`, NAME.json beside it.

    Raises
    ------
    UsageError
        If there is no such pair, or one cannot be read.
    """
    found = sorted(path for path in folder.glob("*.npz") if path.with_suffix(".json").exists())
    if not found:
        raise UsageError(str(folder), "expected pairs of NAME.npz and NAME.json, got none")
    return [read_file(path) for path in found]


def read_file(path: Path) -> Curves:
    """Read one task: arrays from the npz file, its direction (`min`, `max`) from the json.

    The json may have a `kind`; the arrays, a second evaluation: `values_seeds` (seeds x N x S, of
    which the first are `values`), or `test` (N).

    Raises
    ------
    UsageError
        If one of the two cannot be read, or holds something else.
    """
    beside = path.with_suffix(".json")
    try:
        about = json.loads(beside.read_text(encoding="utf-8"))
        direction, kind = direction_of(str(about["direction"])), str(about.get("kind", ""))
    except (OSError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UsageError(
            str(beside), f'expected {{"direction": "min"}} or "max", got: {error}; write it so'
        ) from error
    try:
        with np.load(path) as arrays:
            values = np.asarray(arrays["values"], dtype=np.float64)
            seconds = np.asarray(arrays["seconds"], dtype=np.float64)
            again = _second_evaluation(arrays)
    except Exception as error:  # of any kind: zip and numpy read whatever the file holds
        raise UsageError(
            str(path),
            f"expected arrays called values and seconds, got: {error!r}; write the file with "
            "numpy.savez",
        ) from error
    return Curves(path.stem, direction, values, seconds, again, kind)


def _second_evaluation(arrays: Mapping[str, Array]) -> Array | None:
    """Return the mean of the other seeds' last values, or the values on a test set, if any."""
    if "values_seeds" in arrays and len(arrays["values_seeds"]) > 1:
        others = np.asarray(arrays["values_seeds"], dtype=np.float64)[1:, :, -1]
        return np.asarray(others.mean(axis=0))
    return np.asarray(arrays["test"], dtype=np.float64) if "test" in arrays else None


def direction_of(text: str) -> Direction:
    """Read min, minimize, max or maximize.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if text.lower().startswith("min"):
        return Direction.MINIMIZE
    if text.lower().startswith("max"):
        return Direction.MAXIMIZE
    raise ValueError(f"expected min or max as the direction, got {text!r}")


def curves_of(log: Log, name: str) -> Curves:
    """Return what a study's trials reported that completed with a value at each step.

    A trial whose values all came at one moment is left out: it does not tell when it had them.

    Raises
    ------
    UsageError
        If no trial is left.
    """
    terms = log.study.terms
    values: dict[int, dict[int, tuple[float, float]]] = {}
    completed: list[int] = []
    for event in log.events:
        if isinstance(event, StoredObservation) and event.metric == terms.metric:
            known = values.setdefault(event.trial, {})
            step = terms.within(event.step) if terms.clamps else event.step
            known.setdefault(step, (event.value, event.at))
        elif isinstance(event, StoredEnd) and event.end.state is TrialState.COMPLETED:
            completed.append(event.trial)
    horizon = terms.horizon or 1
    first = 0 if any(0 in curve for curve in values.values()) else 1
    wanted = range(first, first + horizon)
    # A trial may have completed without a single value of the objective.
    whole = [trial for trial in completed if all(step in values.get(trial, ()) for step in wanted)]
    if not whole:
        raise UsageError(
            name,
            "expected trials that completed with a value at every step, got none; run the study "
            "with pruner Nop, or with exempt trials",
        )
    curves = np.array([[values[trial][step] for step in wanted] for trial in whole])
    return curves_in_time(curves, name, terms.direction)


def curves_in_time(curves: Array, name: str, direction: Direction) -> Curves:
    """Return curves whose values came at some time.

    Parameters
    ----------
    curves
        N by S by 2: the value, and when it came in seconds since any moment.

    Raises
    ------
    UsageError
        If no trial's values came one by one.
    """
    steps = curves.shape[1]
    # Values may overtake each other on their way: a step is there when those before it are.
    times = np.maximum.accumulate(curves[:, :, 1], axis=1)
    over_time = times[:, -1] > times[:, 0] if steps > 1 else np.full(len(curves), True)
    if not over_time.any():
        raise UsageError(
            name,
            "expected trials whose values came one by one, got all values of a trial at one "
            "moment; let the trainer write each value when it has it (python -u, flush)",
        )
    curves, times = curves[over_time], times[over_time]
    # The first step took as long as the others on average: its start is not in the log.
    pace = (times[:, -1:] - times[:, :1]) / max(1, steps - 1)
    seconds = times - times[:, :1] + (pace if steps > 1 else 1.0)
    return Curves(name, direction, curves[:, :, 0], seconds)
