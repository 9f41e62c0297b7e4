"""Time that trials have held: the sum of what is recorded of their attempts, in one place.

It never falls and does not grow while a trial has no pod: what an attempt held stays recorded when
its pod is gone. What is shown of a trial that goes on is what is recorded, so that it does not
fall when the operator starts again either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from espalier.planning.standing.standing import Standing
from espalier.planning.world.record import TrialRecord
from espalier.planning.world.snapshot import PodView


@dataclass(frozen=True, slots=True)
class Used:
    """What a trial's pods have held.

    Parameters
    ----------
    seconds
        For which they had a node, all together.
    gpu_seconds
        The same times the accelerators of each.
    """

    seconds: float = 0.0
    gpu_seconds: float = 0.0


def used(standing: Standing) -> Used:
    """Return what a trial is recorded to have held so far."""
    return used_by(standing.record)


def used_by(record: TrialRecord) -> Used:
    """Return the same, of what is stored of a trial."""
    if (end := record.end) is not None:
        return Used(end.held, end.gpu_seconds)
    return _sum([(each.held, each.gpus) for each in record.attempts])


def used_until_now(standing: Standing) -> Used:
    """Return what a trial has held, with what was seen and is not recorded yet: for its ending."""
    known = standing.record.attempts
    recorded = {each.pod_uid for each in known}
    held = [(max(each.held, standing.span(each.pod_uid).held), each.gpus) for each in known]
    new = [pod for pod in standing.pods if pod.uid not in recorded]
    return _sum([*held, *((standing.span(pod.uid).held, pod.gpus) for pod in new)])


def _sum(held: Sequence[tuple[float, float]]) -> Used:
    return Used(sum(seconds for seconds, _ in held), sum(s * gpus for s, gpus in held))


def trainer_began(pods: Sequence[PodView], trainer: str) -> float | None:
    """Return when the trainer of any of the pods first ran."""
    times = [
        container.started_at
        for pod in pods
        if (container := pod.containers.get(trainer)) and container.started_at is not None
    ]
    return min(times, default=None)
