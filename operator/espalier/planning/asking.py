"""When the cluster is asked why something does not go on."""

from __future__ import annotations

import math

from espalier.planning.effects import AskWhy
from espalier.planning.scene import Scene, asked_of
from espalier.planning.standing import Standing

_AT_ONCE = 3
"""Trials of a study that are asked about at a time: mostly one cause holds all of them."""


def ask_why(scene: Scene) -> list[tuple[AskWhy, ...]]:
    """Ask about the trials that have stood still for longest, and do not train."""
    settings = scene.settings
    still = [s for s in scene.going if scene.idle(s) >= settings.ask_after and _waits(scene, s)]
    still.sort(key=lambda standing: (-scene.idle(standing), standing.number))
    return [
        (AskWhy(plural, name, uid),)
        for standing in still[:_AT_ONCE]
        for plural, name, uid in asked_of(standing)[:1]
        if scene.snapshot.asked.get(uid, math.inf) >= settings.ask_again
    ]


def _waits(scene: Scene, standing: Standing) -> bool:
    """Whether it is for the cluster to do something: start the trial's pod, or let it go."""
    job, pod = standing.job, standing.live[-1] if standing.live else None
    if pod is not None:
        return pod.deleting or not scene.runs(pod)
    return job is not None and not (job.complete or job.failed or job.suspended)
