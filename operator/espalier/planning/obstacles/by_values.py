"""What is wrong with the values that come, or with those that do not."""

from __future__ import annotations

from espalier.planning.obstacles.scene import Scene
from espalier.planning.standing.standing import Standing
from espalier.planning.world.status_words import at_least, words
from espalier.pruning import Reason, TrialState

_FEW = 3
_STEPS_OF_SILENCE = 10
_LONG = 30.0
"""Seconds that a trial must have run for a burst of values at its end to tell anything."""
_BURST = 0.02
"""Share of a trial's time within which all its values came."""


def beyond_horizon(scene: Scene, standing: Standing) -> str | None:
    """Tell that a trainer counts further than `resource.max`."""
    spec, beyond = scene.snapshot.study.spec, standing.record.beyond
    if spec is None or beyond is None:
        return None
    return (
        f"Trial {standing.number} has reported {spec.objective.metric} at {spec.resource.name} "
        f"{beyond}, and spec.resource.max is {spec.resource.max}: values beyond it are kept, and "
        "neither judged nor compared. Set it, in a new Study, to what the trainer counts to."
    )


def short_of_horizon(scene: Scene) -> str | None:
    """Tell that trials complete long before `resource.max`."""
    spec = scene.snapshot.study.spec
    last_steps = scene.look.tally.costs.last_steps
    furthest = max(last_steps, default=0)
    if spec is None or not furthest:
        return None
    alone = last_steps.total() - last_steps[0] == 1 and len(scene.look) > 1
    if furthest * (10 if alone else 2) > spec.resource.max:
        return None
    return (
        f"Trials complete at {spec.resource.name} {furthest}, and spec.resource.max is "
        f"{spec.resource.max}: what lies before the first check of such a length is never judged. "
        "Set it, in a new Study, to what the trainer counts to; if the trainer stops early by "
        "itself, all is well."
    )


def other_metric(scene: Scene, standing: Standing) -> str | None:
    """Tell under which names values come instead of the objective's."""
    spec, record = scene.snapshot.study.spec, standing.record
    if spec is None or not record.names or spec.objective.metric in record.names:
        return None
    if standing.end is None:
        pod = standing.newest
        if pod is None or standing.span(pod.uid).ran < scene.settings.metric_patience:
            return None
    elif standing.end.state is TrialState.PRUNED:
        return None
    names = ", ".join(repr(name) for name in sorted(record.names)[:5])
    return (
        f"Trial {standing.number} reports under {names}, and spec.objective.metric is "
        f"{spec.objective.metric!r}: nothing is judged. Report it under that name, or name the "
        "other one in a new Study."
    )


def silent_from_start(scene: Scene, standing: Standing) -> str | None:
    """Tell that a trainer runs and has reported nothing."""
    spec, still = scene.snapshot.study.spec, scene.idle(standing)
    if spec is None or standing.record.step is not None or not _trains(scene, standing):
        return None
    if still < max(scene.settings.metric_patience, _STEPS_OF_SILENCE * _pace_of_others(scene)):
        return None
    return (
        f"Trial {standing.number} trains for {at_least(still)} and no value of "
        f"{spec.objective.metric!r} came; does the trainer report under that name, at each "
        f"{spec.resource.name}, and flush what it prints (python -u, PYTHONUNBUFFERED=1)?"
    )


def silent_since(scene: Scene, standing: Standing) -> str | None:
    """Tell that a trainer had reported and does not any more."""
    record, still = standing.record, scene.idle(standing)
    if record.step is None or not _trains(scene, standing):
        return None
    pace = _pace(scene, standing)
    if still < max(scene.settings.silence_patience, _STEPS_OF_SILENCE * pace):
        return None
    pod = standing.live[-1]
    return (
        f"Trial {standing.number} trains and has reported nothing for {at_least(still)} since step "
        f"{record.step}, where a step took {words(pace)} before; does it hang? kubectl logs "
        f"{pod.name} -c {scene.trainer}; spec.trials.timeLimitSeconds would end such a trial."
    )


def refused(_scene: Scene, standing: Standing) -> str | None:
    """Tell that most values contradict earlier ones."""
    record = standing.record
    if record.refused < _FEW or record.refused <= record.values:
        return None
    return (
        f"Of trial {standing.number}, {record.refused} values were refused and {record.values} "
        "taken: a step has one value, and others came for it later. Report each step once, such as "
        "one validation an epoch."
    )


def going_back(_scene: Scene, standing: Standing) -> str | None:
    """Tell that steps do not grow."""
    record, decision = standing.record, standing.record.decision
    if decision is None or record.step is None or record.attempt > 1:
        return None
    if decision.reason is not Reason.BEHIND_LATEST_STEP or decision.step >= record.step - 1:
        return None
    return (
        f"Trial {standing.number} has reported step {decision.step} after step {record.step}: only "
        "steps beyond the latest are judged, and the value of the latest is its result. Report "
        "steps that grow."
    )


def late(_scene: Scene, standing: Standing) -> str | None:
    """Tell that all values of a trial came in its last moment."""
    end, step, attempts = standing.end, standing.record.step or 0, standing.record.attempts
    if end is None or end.pace is None or step < _FEW or not attempts:
        return None
    ran = attempts[-1].ran  # not what it held: a pod may wait for its image or a Secret for long
    if ran < _LONG or end.pace * step > _BURST * ran:
        return None
    return (
        f"All values of trial {standing.number} came within {words(end.pace * step)}, of "
        f"{words(ran)} that it ran: nothing can be pruned so. Have the trainer flush what it "
        "prints (python -u, PYTHONUNBUFFERED=1), or report as it goes."
    )


def _trains(scene: Scene, standing: Standing) -> bool:
    pod = standing.live[-1] if standing.live and standing.end is None else None
    return pod is not None and not pod.deleting and scene.runs(pod)


def _pace(scene: Scene, standing: Standing) -> float:
    """Return the seconds that a step of a trial has taken, at least."""
    record = standing.record
    if record.pace is not None:
        return record.pace
    if record.step is None or not standing.live:
        return 0.0
    ran = standing.span(standing.live[-1].uid).ran
    return max(0.0, ran - scene.idle(standing)) / max(1, record.step)


def _pace_of_others(scene: Scene) -> float:
    """Return the seconds a step of the slowest trial that reports."""
    return max((_pace(scene, standing) for standing in scene.going), default=0.0)
