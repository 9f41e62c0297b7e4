"""Whether a trial comes further, and whether its trainer has begun."""

from __future__ import annotations

from collections.abc import Mapping

from espalier.planning.standing.standing import Standing
from espalier.planning.world.snapshot import PodView


def idle(seconds: Mapping[str, float], standing: Standing) -> float:
    """Return for how many seconds a trial has not come further."""
    return seconds.get(standing.view.uid, 0.0) if standing.view is not None else 0.0


def began(pod: PodView, trainer: str) -> bool:
    """Whether the trainer of a pod runs or has run."""
    container = pod.containers.get(trainer)
    return container is not None and (container.running or container.exit_code is not None)
