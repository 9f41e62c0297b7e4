"""What is in the way of a study as a whole."""

from __future__ import annotations

from espalier.api.reasons import ENDING_BY_REASON, NO_METRIC, PARAMETERS_REFUSED
from espalier.planning.obstacles.scene import Scene
from espalier.planning.proposing.checked import is_instead
from espalier.planning.world.names import called, titled
from espalier.planning.world.snapshot import Failure, FailureKind
from espalier.planning.world.status_words import at_least, full_stop


def refused(scene: Scene) -> str | None:
    """Tell that the spec is not accepted."""
    return scene.course.refusal if scene.course.accepted is False else None


def name_taken(scene: Scene) -> str | None:
    """Tell that another's object has a name."""
    failure = _failing(scene, FailureKind.NAME, scene.settings.refusal_patience)
    if failure is None:
        return None
    return (
        f"Cannot {failure.act}: {full_stop(failure.message)} Delete it, if nobody needs it "
        "(kubectl delete study --cascade=orphan leaves such Trials and Jobs), or give the Study "
        "another name."
    )


def quota_refuses(scene: Scene) -> str | None:
    """Tell that a quota refuses Trials or Jobs."""
    failure = _failing(scene, FailureKind.QUOTA, scene.settings.refusal_patience)
    if failure is None:
        return None
    return (
        f"Cannot {failure.act}: {full_stop(failure.message)} Raise the quota, or delete what "
        "uses it up (Trials and finished Jobs are kept until their Study is deleted); it is "
        "tried again by itself."
    )


def not_carried_out(scene: Scene) -> str | None:
    """Tell what else fails each time."""
    failure = _failing(scene, FailureKind.OTHER, scene.settings.pod_patience)
    if failure is None:
        return None
    return (
        f"Cannot {failure.act}, for {at_least(failure.seconds)}: {failure.message}; it is tried "
        "again by itself."
    )


def _failing(scene: Scene, kind: FailureKind, patience: float) -> Failure | None:
    """Return the oldest failure of a kind that has lasted, and is in the way of what is to be."""
    course, spec = scene.course, scene.snapshot.study.spec
    starts = bool(course.accepted and spec and not spec.suspend and course.ending is None)
    return next(
        (
            failure
            for failure in scene.failing
            if failure.kind is kind
            and failure.seconds >= patience
            and (starts or not failure.act.startswith("create "))
        ),
        None,
    )


def ended_silent(scene: Scene) -> str | None:
    """Tell of a trial that ended without a value."""
    newest = scene.look.tally.newest()
    if newest is None or newest.end.reason != NO_METRIC.reason:
        return None
    return f"{titled(newest.number)}: {full_stop(newest.end.message)}"


def failing(scene: Scene) -> str | None:
    """Tell of a trial that failed by its own fault."""
    newest = scene.look.tally.newest()
    ending = ENDING_BY_REASON.get(newest.end.reason) if newest is not None else None
    if newest is None or ending is None or not (ending.counts or ending is PARAMETERS_REFUSED):
        return None
    return f"{titled(newest.number)}: {newest.end.reason}: {full_stop(newest.end.message)}"


def sampler_failing(scene: Scene) -> str | None:
    """Tell that the sampler has failed for the newest trial that was proposed."""
    record = scene.snapshot.record
    number = record.proposed_last
    if number is None or scene.course.search is not None:
        return None
    if not is_instead(record.proposals[number].source):
        return None
    said = scene.snapshot.sampler_fault or "the operator's log has its words"
    return (
        f"The sampler failed, so that the parameters of {called(number)} are drawn at random: "
        f"{full_stop(said)} It is asked again for the next trial. Mend its code or what it needs, "
        "or begin another study with another sampler."
    )


def pruning_paused(scene: Scene) -> str | None:
    """Tell that the circuit breaker is open."""
    summary = scene.snapshot.record.summary
    if summary is None or not summary.breaker_open:
        return None
    return "Too many trials were pruned at once; pruning pauses."


def stalled(scene: Scene) -> str | None:
    """Tell that nothing goes on though something should, and nothing says why."""
    course, spec, still = scene.course, scene.snapshot.study.spec, scene.study_idle
    if still < scene.settings.stall_patience or scene.going or spec is None:
        return None
    paused = spec.suspend or spec.trials.parallelism == 0
    if paused or (course.ending is not None and course.over):
        return None
    said = "".join(f" Cannot {each.act}: {each.message}." for each in scene.failing[:1])
    return (
        f"Nothing has moved for {at_least(still)} and no trial runs.{said} The operator's log may "
        "tell why."
    )
