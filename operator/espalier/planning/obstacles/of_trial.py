"""What is in a study's way: an ordered list of clauses, of which the first that holds is said.

The list is executed here, and printed by the reference page of reasons. Each message has the cause,
in the cluster's own words where it has any, and the remedy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from espalier.api.reasons import StudyReason
from espalier.planning.obstacles import by_values as values
from espalier.planning.obstacles import in_cluster as cluster
from espalier.planning.obstacles import of_study as study
from espalier.planning.obstacles import queue_line
from espalier.planning.obstacles.scene import Scene
from espalier.planning.standing.standing import Standing

Clause = Callable[[Scene, Standing], str | None]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that can be in the way.

    Parameters
    ----------
    reason
        Of the condition `Degraded`.
    when
        In which case it is said, after whose patience.
    find
        Returns the message, None where it is not in the way.
    lasting
        Whether it is said of a study that is over, too.
    """

    reason: StudyReason
    when: str
    find: Callable[[Scene], str | None]
    lasting: bool = False


def _of(
    trials: Callable[[Scene], Sequence[Standing]], clause: Clause
) -> Callable[[Scene], str | None]:
    """Return a clause about the first of a study's trials that it holds for."""

    def find(scene: Scene) -> str | None:
        said = [text for each in trials(scene) if (text := clause(scene, each)) is not None]
        more = f" ({len(said) - 1} more alike.)" if len(said) > 1 else ""
        return said[0] + more if said else None

    return find


def _going(clause: Clause) -> Callable[[Scene], str | None]:
    return _of(lambda scene: scene.going, clause)


def _telling(clause: Clause) -> Callable[[Scene], str | None]:
    return _of(lambda scene: scene.telling, clause)


OBSTACLES: tuple[Obstacle, ...] = (
    Obstacle(StudyReason.REFUSED, "The condition Accepted is False.", study.refused),
    Obstacle(
        StudyReason.NAME_TAKEN,
        "Creating a Trial or Job has met another's object of its name, for refusal_patience.",
        study.name_taken,
    ),
    Obstacle(
        StudyReason.QUOTA_EXCEEDED,
        "A quota has refused a Trial or Job, for refusal_patience.",
        study.quota_refuses,
    ),
    Obstacle(
        StudyReason.POD_SECURITY,
        "A Job has no pod for refusal_patience, and its Event speaks of Pod Security.",
        _going(cluster.pod_security),
    ),
    Obstacle(
        StudyReason.QUOTA_EXCEEDED,
        "A Job has no pod for refusal_patience, and its Event speaks of a quota.",
        _going(cluster.pod_quota),
    ),
    Obstacle(
        StudyReason.PODS_REFUSED,
        "A Job has no pod for refusal_patience, and its Event says why.",
        _going(cluster.pod_refused),
    ),
    Obstacle(
        StudyReason.NO_POD,
        "A Job has no pod for pod_patience, and nothing says why.",
        _going(cluster.no_pod),
    ),
    Obstacle(
        StudyReason.QUEUE_REFUSES,
        "A queue says that it will not let a Job run as things are, or for pod_patience nothing.",
        _going(queue_line.queue_refuses),
    ),
    Obstacle(
        StudyReason.NODE_SILENT,
        "A pod is being deleted, and there pod_patience after its grace period.",
        _going(cluster.node_silent),
    ),
    Obstacle(
        StudyReason.IMAGE_PULL_FAILING,
        "A container waits for its image for refusal_patience, and the kubelet says that it fails.",
        _going(cluster.image_fails),
    ),
    Obstacle(
        StudyReason.CONTAINER_NOT_CREATED,
        "A container is not created or started for refusal_patience, and the kubelet says why.",
        _going(cluster.container_fails),
    ),
    Obstacle(
        StudyReason.VOLUME_NOT_MOUNTED,
        "A pod does not start for refusal_patience, and its Event speaks of a volume.",
        _going(cluster.volume_fails),
    ),
    Obstacle(
        StudyReason.UNSCHEDULABLE,
        "A pod has no node for pod_patience.",
        _going(cluster.unschedulable),
    ),
    Obstacle(
        StudyReason.POD_NOT_STARTING,
        "A pod does not start for pod_patience where an Event says why, else for stall_patience.",
        _going(cluster.not_starting),
    ),
    Obstacle(
        StudyReason.CONTAINER_RUNS_ON,
        "The trainer has ended, and other containers of its pod run for pod_patience.",
        _going(cluster.runs_on),
    ),
    Obstacle(
        StudyReason.NOT_CARRIED_OUT,
        "A request of the operator has failed each time for pod_patience.",
        study.not_carried_out,
    ),
    Obstacle(
        StudyReason.HORIZON_MISMATCH,
        "A trial has reported steps beyond spec.resource.max.",
        _telling(values.beyond_horizon),
        lasting=True,
    ),
    Obstacle(
        StudyReason.PARAMETERS_NOT_USED,
        "A trainer has said that it uses another value of a parameter than its Trial's.",
        _going(values.parameters_not_used),
    ),
    Obstacle(
        StudyReason.OTHER_METRIC,
        "A trial has reported for several times as long as others took to their first values "
        "(metric_patience where none tells), or has ended, without the objective's metric.",
        _telling(values.other_metric),
        lasting=True,
    ),
    Obstacle(
        StudyReason.NO_METRIC_YET,
        "A trainer runs for several times as long as others took to their first values "
        "(metric_patience where none tells), and nothing was reported.",
        _going(values.silent_from_start),
    ),
    Obstacle(
        StudyReason.TRIAL_SILENT,
        "A trainer has reported, and then nothing for silence_patience and ten of its steps.",
        _going(values.silent_since),
    ),
    Obstacle(
        StudyReason.NO_METRIC_YET,
        "The trial that ended last did so by NoMetric.",
        study.ended_silent,
        lasting=True,
    ),
    Obstacle(
        StudyReason.TRIALS_FAILING,
        "The trial that ended last failed by its own fault.",
        study.failing,
    ),
    Obstacle(
        StudyReason.VALUES_REFUSED,
        "Of a trial's values more are refused than taken.",
        _telling(values.refused),
        lasting=True,
    ),
    Obstacle(
        StudyReason.STEPS_GO_BACK,
        "The newest value of a trial's first attempt lies steps behind its latest.",
        _telling(values.going_back),
        lasting=True,
    ),
    Obstacle(
        StudyReason.HORIZON_MISMATCH,
        "No completed trial has come to half of spec.resource.max.",
        values.short_of_horizon,
        lasting=True,
    ),
    Obstacle(
        StudyReason.VALUES_LATE,
        "All values of a trial came in its last moment.",
        _telling(values.late),
        lasting=True,
    ),
    Obstacle(
        StudyReason.SAMPLER_FAILING,
        "The sampler failed for the newest trial.",
        study.sampler_failing,
    ),
    Obstacle(StudyReason.PRUNING_PAUSED, "The circuit breaker is open.", study.pruning_paused),
    Obstacle(
        StudyReason.QUEUED_LONG,
        "A queue holds a Job back, and nothing of the study has moved for stall_patience.",
        _going(cluster.queued),
    ),
    Obstacle(
        StudyReason.STALLED,
        "A trial that does not train has stood still for stall_patience.",
        _going(cluster.stalled),
    ),
    Obstacle(
        StudyReason.STALLED, "Nothing of the study has moved for stall_patience.", study.stalled
    ),
)
"""Everything that may be in the way, the most telling first."""

LASTING = frozenset(str(obstacle.reason) for obstacle in OBSTACLES if obstacle.lasting)
"""What is said of a study that is over, too: of one at rest it is not known any more."""


def obstacle_of(
    scene: Scene, obstacles: Iterable[Obstacle] = OBSTACLES
) -> tuple[StudyReason, str] | None:
    """Return the first thing in the way, as reason and message; None if nothing is."""
    over = scene.course.ending is not None and scene.course.over
    for obstacle in obstacles:
        if over and not obstacle.lasting:
            continue
        if (message := obstacle.find(scene)) is not None:
            return obstacle.reason, message
    return None
