"""Accelerator time: what a trial's pods held, and what pruning it is reckoned to have saved."""

from __future__ import annotations

from collections.abc import Sequence

from espalier.planning.observe import gpus_of, seconds
from espalier.planning.snapshot import PodView
from espalier.planning.standing import Standing


def held(standing: Standing, template_gpus: float, now: float) -> float:
    """Return the GPU-seconds that a trial's pods have held so far.

    Where the pods are gone, the time since the trainer first ran is taken instead.
    """
    if standing.end is not None:
        return standing.end.gpu_seconds
    if standing.pods:
        return sum(_pod_seconds(pod, now) * pod.gpus for pod in standing.pods)
    started = seconds(standing.view.status.get("startTime")) if standing.view else None
    return max(0.0, now - started) * template_gpus if started is not None else 0.0


def saved(used: float, step: int | None, last_step: int) -> float:
    """Return what the steps that a pruned trial did not do would have cost at its own pace."""
    if not step or step >= last_step:
        return 0.0
    return used / step * (last_step - step)


def template_gpus(template: dict[str, object]) -> float:
    """Return how many accelerators one pod of the template holds."""
    spec = template.get("spec")
    return gpus_of(spec) if isinstance(spec, dict) else 0.0


def trainer_began(pods: Sequence[PodView], trainer: str) -> float | None:
    """Return when the trainer of any of the pods first ran."""
    times = [
        container.started_at
        for pod in pods
        if (container := pod.containers.get(trainer)) and container.started_at is not None
    ]
    return min(times, default=None)


def _pod_seconds(pod: PodView, now: float) -> float:
    if pod.started_at is None:
        return 0.0
    ends = [view.finished_at for view in pod.containers.values() if view.finished_at is not None]
    until = max(ends, default=now) if pod.over else now
    return max(0.0, until - pod.started_at)
