"""When the cluster is asked why something does not go on."""

from __future__ import annotations

import math
from collections.abc import Hashable

from espalier.planning.effects import AskWhy
from espalier.planning.obstacles.scene import Scene, asked_of
from espalier.planning.standing.standing import Standing
from espalier.planning.world.kubelet_words import CREATE, PULL
from espalier.planning.world.waiting import containers, waits_for


def ask_why(scene: Scene) -> list[tuple[AskWhy, ...]]:
    """Ask about the trial of each kind of wait that has stood still for longest.

    Mostly one cause holds all that wait alike.
    """
    settings = scene.settings
    still = [s for s in scene.going if scene.idle(s) >= settings.ask_after and _waits(scene, s)]
    still.sort(key=lambda standing: (scene.idle(standing), -standing.number))
    longest = {_kind(standing): standing for standing in still}
    return [
        (AskWhy(plural, name, uid),)
        for standing in longest.values()
        for plural, name, uid in asked_of(standing)[:1]
        if scene.snapshot.asked.get(uid, math.inf) >= settings.ask_again
    ]


def _kind(standing: Standing) -> Hashable:
    """Return by what one wait is told from another before its cause is known."""
    pod = standing.live[-1] if standing.live else None
    if pod is None:
        return None
    waiting = frozenset((each.name, each.running) for each in containers(pod))
    fails = any(waits_for(pod, reasons) for reasons in (PULL, CREATE))
    return pod.deleting, bool(pod.node), bool(pod.unschedulable), waiting, fails


def _waits(scene: Scene, standing: Standing) -> bool:
    """Whether it is for the cluster to do something: start the trial's pod, or let it go."""
    job, pod = standing.workload, standing.live[-1] if standing.live else None
    if pod is not None:
        return pod.deleting or not scene.runs(pod)
    return job is not None and not (job.over or job.suspended)
