"""What was logged, and when, out of the snapshots that Hugging Face's callback posts.

A post holds the last value of everything that was ever logged, at most every five seconds. It is
made at the end of a step before that step's log, so it holds what was logged at earlier ones; the
last post has no step. Only `epoch` tells when the newest log was made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple
from zlib import crc32

from espalier_sidecar.collectors.kubeflow import EPOCH
from espalier_sidecar.collectors.kubeflow_pace import ROUNDED, Pace
from espalier_sidecar.collectors.reading import Reading

OWN = ("epoch", "current_epoch", "current_step", "total_steps")
"""What the callback says of the training itself."""
LOGGED_TOGETHER = frozenset({"loss", "grad_norm", "learning_rate"})
CLOCK = "_runtime"
"""An evaluation logs its duration with its values, and under the same prefix."""

LARGEST_EPOCH = 1e6

Snapshot = Mapping[str, float]


class Progress(NamedTuple):
    """What earlier posts have said that later ones are compared with; names and values as sums."""

    values: Mapping[str, int] = {}
    """What each metric was last, by its name."""
    inside: frozenset[str] = frozenset()
    """Metrics of evaluations that are made within epochs."""
    follows: bool = False
    """Whether posts are snapshots: the callback's, not those of a program of the user's."""
    step: int = 0
    """Where the training was."""
    epoch: float = 0.0
    """When that was, as a post says it: rounded."""
    logged: float = 0.0
    """The epoch of the newest log that was seen."""
    total: int | None = None
    """How many steps the training has."""
    pace: Pace = Pace()
    """How long an epoch is."""

    def after(self, post: Snapshot, unit: str) -> tuple[Progress, list[Reading]]:
        """Return what is known after a post, and what it tells.

        Parameters
        ----------
        post
            The metrics by their names.
        unit
            What the step is: `EPOCH` or `GLOBAL_STEP`.
        """
        if set(post) == {"total_steps"}:
            return Progress(follows=True, total=_whole(post["total_steps"])), []
        metrics = {name: value for name, value in post.items() if name not in OWN}
        follows = self.follows or {"current_step", "total_steps"} <= set(post)
        if not follows:
            return self._told(post, metrics, unit)
        seen = self._moved(post)
        fresh = _logged_anew(metrics, self.values)
        if not fresh:
            return seen, []
        logged = post.get("epoch")
        if logged is None or not 0 <= logged <= LARGEST_EPOCH:
            seen = seen._replace(values=_sums(metrics))
            return seen, [Reading(name, None, metrics[name]) for name in fresh]
        seen = seen._replace(values=_sums(metrics), logged=logged, pace=seen.pace.after_log(logged))
        seen, epochs = seen._epochs_of(fresh, metrics, self)
        # What is in the post was logged before the step that it was made at; the last has none.
        last = seen.step - 1 if "current_step" in post else seen.step
        return seen, [
            Reading(
                name,
                at if unit == EPOCH else seen.pace.step_at(at, self.step, last, seen.total),
                metrics[name],
            )
            for name, at in epochs.items()
        ]

    def state(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        pace = None if math.isinf(self.pace.high) else list(self.pace)
        return {**self._asdict(), "inside": sorted(self.inside), "pace": pace}

    def _told(self, post: Snapshot, metrics: Snapshot, unit: str) -> tuple[Progress, list[Reading]]:
        """Read the post of a program that posts when it has something to say."""
        names = ("epoch", "current_epoch") if unit == EPOCH else ("current_step",)
        step = next((post[name] for name in names if name in post), None)
        again = step is not None and step == self.logged
        sums = _sums(metrics)
        readings = [
            Reading(name, step, value)
            for name, value in metrics.items()
            if not again or self.values.get(_key(name)) != sums[_key(name)]
        ]
        return Progress(values=sums, logged=self.logged if step is None else step), readings

    def _moved(self, post: Snapshot) -> Progress:
        """Return where the training is by now; the last post says no more than that it ended."""
        total = _whole(post.get("total_steps"))
        seen = self._replace(follows=True, total=self.total if total is None else total)
        step, epoch = _whole(post.get("current_step")), post.get("current_epoch")
        if step is None:
            return seen._replace(step=max(self.step, seen.total or 0))
        if epoch is None or not 0 <= epoch < math.inf:
            return seen._replace(step=step)
        return seen._replace(step=step, epoch=epoch, pace=seen.pace.after_post(step, epoch))

    def _epochs_of(
        self, fresh: list[str], metrics: Snapshot, before: Progress
    ) -> tuple[Progress, dict[str, float]]:
        """Say at which epoch each metric was logged.

        It is that of the newest log, but for an evaluation, which may be older: one at the end of
        an epoch comes with what was logged in the next. If an epoch has ended since the last post
        it is that one's, unless the evaluations are known to be made within epochs.
        """
        ended = math.floor(self.logged)
        passed = before.logged < ended and before.epoch - ROUNDED <= ended
        clocks = _clocks(metrics)
        evaluated = [name for name in fresh if _clock_of(name, clocks)]
        inside = self.inside
        if self.logged != ended and not passed:
            inside |= {_key(name) for name in evaluated}
        older = {name for name in evaluated if passed and _key(name) not in inside}
        epochs = {name: ended if name in older else self.logged for name in fresh}
        return self._replace(inside=inside), epochs


def progress_of(state: Mapping[str, Any]) -> Progress:
    """Return a progress that was kept; the first one if it is none."""
    try:
        pace = state["pace"]
        return Progress(
            values={str(key): int(each) for key, each in state["values"].items()},
            inside=frozenset(map(str, state["inside"])),
            follows=state["follows"] is True,
            step=int(state["step"]),
            epoch=float(state["epoch"]),
            logged=float(state["logged"]),
            total=None if state["total"] is None else int(state["total"]),
            pace=Pace()
            if pace is None
            else Pace(float(pace[0]), float(pace[1]), tuple(map(float, pace[2]))),
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError):
        return Progress()


def _logged_anew(metrics: Snapshot, before: Mapping[str, int]) -> list[str]:
    """Return the metrics that are new or changed, and those that are logged together with one.

    A value that came again as it was shows by what stands beside it: no two evaluations take the
    same time.
    """
    changed = {name for name in metrics if before.get(_key(name)) != _sum(metrics[name])}
    if changed & LOGGED_TOGETHER:
        changed |= LOGGED_TOGETHER
    clocks = _clocks(metrics)
    running = {each for each in clocks if f"{each}{CLOCK}" in changed}
    return [name for name in metrics if name in changed or _clock_of(name, clocks) in running]


def _clocks(metrics: Snapshot) -> set[str]:
    return {name.removesuffix(CLOCK) for name in metrics if name.endswith(CLOCK)}


def _clock_of(name: str, clocks: set[str]) -> str | None:
    """Return the prefix of the evaluation that a metric belongs to, the longest of several."""
    parts = name.split("_")
    prefixes = ("_".join(parts[:count]) for count in range(len(parts) - 1, 0, -1))
    return next((each for each in prefixes if each in clocks), None)


def _sums(metrics: Snapshot) -> dict[str, int]:
    return {_key(name): _sum(value) for name, value in metrics.items()}


def _key(name: str) -> str:
    return f"{crc32(name.encode(errors='replace')):x}"


def _sum(value: float) -> int:
    return crc32(repr(value).encode())


def _whole(number: float | None) -> int | None:
    if number is None or not 0 <= number < 2**53:
        return None
    return int(number)
