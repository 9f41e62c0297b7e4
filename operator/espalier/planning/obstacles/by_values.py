"""What is wrong with the values that come, or with those that do not."""

from __future__ import annotations

from espalier.planning.obstacles.hearing import is_unheard
from espalier.planning.obstacles.scene import Scene
from espalier.planning.standing.hearing import (
    mismatch_words,
    mismatches,
    names_instead,
    why_silent,
)
from espalier.planning.standing.standing import Standing
from espalier.planning.world.names import called, titled
from espalier.planning.world.status_words import at_least, words
from espalier.pruning import Reason, TrialState

_FEW = 3
_STEPS_OF_SILENCE = 10
_LONG = 30.0
"""Seconds that a trial must have run for a burst of values at its end to tell anything."""
_FAR = 3
"""How far from `resource.max` the only trial that has completed must be to tell anything."""
_BURST = 0.02
"""Share of a trial's time within which all its values came."""


def beyond_horizon(scene: Scene, standing: Standing) -> str | None:
    """Tell that a trainer counts further than `resource.max`."""
    spec, beyond = scene.snapshot.study.spec, standing.record.beyond
    if spec is None or beyond is None:
        return None
    done = standing.end is not None and standing.end.state is TrialState.COMPLETED
    most, fits = spec.resource.max, str(beyond) if done else f"{beyond} or more"
    scale = f", or stepScale of its collector to {most / beyond:.4g}" if done else ""
    return (
        f"{titled(standing.number)} has reported {spec.objective.metric} at {spec.resource.name} "
        f"{beyond}, and spec.resource.max is {most}: no more than one value beyond it is judged, "
        "as that of the last step, and all are stored as they came. In a new Study, set "
        f"spec.resource.max to {fits}{scale}."
    )


def short_of_horizon(scene: Scene) -> str | None:
    """Tell that trials complete long before `resource.max`."""
    spec = scene.snapshot.study.spec
    last_steps = scene.look.tally.costs.last_steps
    furthest = max(last_steps, default=0)
    if spec is None or not furthest:
        return None
    alone = last_steps.total() - last_steps[0] == 1 and len(scene.look) > 1
    if furthest * (_FAR if alone else 2) > spec.resource.max:
        return None
    return (
        f"Trials complete at {spec.resource.name} {furthest}, and spec.resource.max is "
        f"{spec.resource.max}: what lies before the first check of such a length is never judged. "
        f"In a new Study, set spec.resource.max to {furthest}; if the trainer stops early by "
        "itself, all is well."
    )


def other_metric(scene: Scene, standing: Standing) -> str | None:
    """Tell under which names values come instead of the objective's."""
    spec, record = scene.snapshot.study.spec, standing.record
    if spec is None or not record.names or spec.objective.metric in record.names:
        return None
    if standing.end is None:
        pod = standing.newest
        if pod is None or standing.span(pod.uid).ran < scene.hearing_patience:
            return None
    elif standing.end.state is TrialState.PRUNED:
        return None
    return (
        f"{titled(standing.number)}: {names_instead(standing)}, and spec.objective.metric is "
        f"{spec.objective.metric!r}: nothing is judged. In a new Study, name what comes, in "
        "spec.objective.metric or in metrics of its collector; or report it under that name."
    )


def silent_from_start(scene: Scene, standing: Standing) -> str | None:
    """Tell that a trainer runs and has reported nothing."""
    spec, still = scene.snapshot.study.spec, scene.idle(standing)
    if spec is None or not is_unheard(scene.look, standing, scene.hearing_patience):
        return None
    _, why = why_silent(standing)
    heard = f": {why}" if why else ""
    return (
        f"{titled(standing.number)} trains for {at_least(still)} and no value of "
        f"{spec.objective.metric!r} came{heard}; does the trainer report under that name, at each "
        f"{spec.resource.name}, and flush what it prints (python -u, PYTHONUNBUFFERED=1)?"
    )


def parameters_not_used(_scene: Scene, standing: Standing) -> str | None:
    """Tell that a trainer uses other parameters than its Trial's."""
    found = mismatches(standing)
    if not found:
        return None
    return (
        f"{titled(standing.number)}: {mismatch_words(found)}: what it comes to is not of its "
        "parameters. Have the trainer use what it is given (docs/how-to/parameters-and-samplers.md)"
        ", in a new Study."
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
        f"{titled(standing.number)} trains and has reported nothing for {at_least(still)} since "
        f"step {record.step}, where a step took {words(pace)} before; does it hang? kubectl logs "
        f"{pod.name} -c {scene.trainer}; spec.trials.timeLimitSeconds would end such a trial."
    )


def refused(_scene: Scene, standing: Standing) -> str | None:
    """Tell that most values contradict earlier ones."""
    record = standing.record
    if record.refused < _FEW or record.refused <= record.values:
        return None
    return (
        f"Of {called(standing.number)}, {record.refused} values were refused and {record.values} "
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
        f"{titled(standing.number)} has reported step {decision.step} after step {record.step}: "
        "only steps beyond the latest are judged, and the value of the latest is its result. "
        "Report steps that grow."
    )


def late(_scene: Scene, standing: Standing) -> str | None:
    """Tell that all values of a trial came in its last moment."""
    record = standing.record
    end, step, attempts = standing.end, record.beyond or record.step or 0, record.attempts
    if end is None or end.pace is None or step < _FEW or not attempts:
        return None
    ran = attempts[-1].ran  # not what it held: a pod may wait for its image or a Secret for long
    if ran < _LONG or end.pace * step > _BURST * ran:
        return None
    return (
        f"All values of {called(standing.number)} came within {words(end.pace * step)}, of "
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
