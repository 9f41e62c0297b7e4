"""What is said to be in a study's way, case by case, and not before its patience."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from espalier.planning import effects
from espalier.planning.obstacles.of_trial import OBSTACLES
from espalier.planning.obstacles.queue_words import no_workload
from espalier.planning.world.heard import Heard, Mismatch
from espalier.planning.world.record import AttemptRecord, End, TrialRecord
from espalier.planning.world.snapshot import (
    Cause,
    ContainerView,
    Failure,
    FailureKind,
    Snapshot,
    TemplateVerdict,
)
from espalier.planning.world.status_words import condition_of
from espalier.pruning import Reason, TrialState
from espalier.search import Proposal
from tests.planning.worlds import (
    NOW,
    SETTINGS,
    TEMPLATE,
    container,
    ended,
    job,
    of_type,
    over,
    planned,
    pod,
    prune_decision,
    record,
    snapshot,
    study,
    study_condition,
    trial,
)

STILL = 3600.0
TRAINS = TrialRecord(0, attempt=1)
SOME = replace(TRAINS, step=3, latest=0.5, best=0.5, best_step=3, names=frozenset({"accuracy"}))


def one(*pods: Any, still: float = STILL, **parts: Any) -> Snapshot:
    """Return a study whose trial 0 has stood still for so many seconds."""
    parts.setdefault("jobs", (job(0),))
    parts.setdefault("idle", {"t0": still, "study-uid": still})
    view = parts.pop("study", study(trials={"parallelism": 1}))
    return snapshot(view, trials=(trial(0),), pods=pods, **parts)


def waiting(reason: str = "", message: str = "the kubelet's words", name: str = "trainer") -> Any:
    """Return a pod with a node, of which a container waits."""
    view = ContainerView(name, waiting_reason=reason, waiting_message=message)
    return pod(0, view, phase="Pending", node="node-1", sidecar=None)


def said_of_job(message: str) -> dict[str, Any]:
    return {"causes": {"j0": Cause("FailedCreate", message, "job-controller", NOW)}}


def said_of_pod(reason: str, message: str) -> dict[str, Any]:
    return {"causes": {"p0": Cause(reason, message, "kubelet", NOW)}}


def fails(act: str, kind: FailureKind, message: str = "the answer") -> dict[str, Any]:
    return {"failures": (Failure(act, message, STILL, 1.0, kind),)}


def finished(number: int, reason: str = "Completed", **more: Any) -> TrialRecord:
    state = TrialState.COMPLETED if reason == "Completed" else TrialState.FAILED
    end = End(reason, "it said so", state, NOW - 1, template=TEMPLATE, **more)
    return TrialRecord(number, attempt=1, step=10, end=end)


def burst(*, ran: float) -> TrialRecord:
    """Return a completed trial whose ten values came within a tenth of a second."""
    seen = AttemptRecord(1, "p", held=600.0, ran=ran, exit_code=0, over=True)
    return replace(finished(0, held=600.0, pace=0.01), step=10, attempts=(seen,))


QUEUED = job(0, suspended=True, queue="team")
TERMINATING = pod(0, deleting=True, node="node-1")
HELPER = pod(0, ended(), container("helper"), sidecar=None)
SLOW_SIDECAR = pod(0, ended())
BEHIND = replace(prune_decision(0, step=2), reason=Reason.BEHIND_LATEST_STEP)

INSTEAD = replace(
    record(SOME), proposals={0: Proposal({"lr": 0.1}, "Random instead of TPE")}, proposed_last=0
)

CASES: dict[str, tuple[str, str, Snapshot]] = {
    "Pod Security": (
        "PodSecurity",
        'violates PodSecurity "restricted:latest": runAsNonRoot',
        one(
            **said_of_job(
                'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot'
            )
        ),
    ),
    "a quota on pods": (
        "QuotaExceeded",
        "exceeded quota: small",
        one(**said_of_job("forbidden: exceeded quota: small, requested: pods=1")),
    ),
    "a quota that wants limits": (
        "QuotaExceeded",
        "chart's sidecar.resources",
        one(**said_of_job("failed quota: q: must specify limits.cpu for: espalier-sidecar")),
    ),
    "a LimitRange": (
        "PodsRefused",
        "minimum cpu usage per Container is 50m",
        one(**said_of_job("forbidden: minimum cpu usage per Container is 50m, but request is 10m")),
    ),
    "a webhook that is away": (
        "PodsRefused",
        "failed calling webhook",
        one(**said_of_job("Internal error occurred: failed calling webhook")),
    ),
    "a Job without a pod and an Event": ("NoPod", "kubectl describe job s-0", one()),
    "a replaced pod that is refused": (
        "QuotaExceeded",
        "exceeded quota",
        one(over(0, phase="Failed"), **said_of_job("exceeded quota: small"), record=record(TRAINS)),
    ),
    "a dead node": ("NodeSilent", "node node-1", one(TERMINATING)),
    "a dead node under a pruned trial": (
        "NodeSilent",
        "holds its slot",
        one(TERMINATING, jobs=(), record=record(replace(SOME, prune=prune_decision(0)))),
    ),
    "a dead node under an ended trial": (
        "NodeSilent",
        "does not answer (node-controller: NodeNotReady: Node is not ready)",
        one(
            TERMINATING,
            jobs=(),
            record=record(finished(0, "DeletedByUser")),
            causes={"p0": Cause("NodeNotReady", "Node is not ready", "node-controller", NOW)},
        ),
    ),
    "an image that is not pulled": (
        "ImagePullFailing",
        "the kubelet's words",
        one(waiting("ImagePullBackOff")),
    ),
    "the sidecar's image": (
        "ImagePullFailing",
        "--sidecar-image",
        one(
            replace(
                waiting(),
                sidecar=ContainerView("espalier-sidecar", waiting_reason="ErrImagePull"),
            )
        ),
    ),
    "an init container's image": (
        "ImagePullFailing",
        "container fetch",
        one(waiting("ErrImagePull", name="fetch")),
    ),
    "a missing Secret": (
        "ContainerNotCreated",
        "the kubelet's words",
        one(waiting("CreateContainerConfigError")),
    ),
    "a volume": (
        "VolumeNotMounted",
        'secret "late" not found',
        one(waiting("ContainerCreating"), **said_of_pod("FailedMount", 'secret "late" not found')),
    ),
    "a volume that is attached elsewhere": (
        "VolumeNotMounted",
        "Multi-Attach error",
        one(waiting(), **said_of_pod("FailedAttachVolume", "Multi-Attach error for volume x")),
    ),
    "a sandbox": (
        "PodNotStarting",
        "no free addresses",
        one(waiting(), **said_of_pod("FailedCreatePodSandBox", "no free addresses")),
    ),
    "a pod that does not start and nobody says why": (
        "PodNotStarting",
        "nothing says why",
        one(waiting("ContainerCreating")),
    ),
    "no room": (
        "Unschedulable",
        "0/3 nodes are available",
        one(pod(0, phase="Pending", containers={}, unschedulable="0/3 nodes are available")),
    ),
    "no scheduler": (
        "Unschedulable",
        "schedulerName",
        one(pod(0, phase="Pending", containers={}, started_at=None, sidecar=None)),
    ),
    "a container that runs on": ("ContainerRunsOn", "helper", one(HELPER, record=record(SOME))),
    "a sidecar that cannot deliver": (
        "ContainerRunsOn",
        "has values that the operator has not taken",
        one(SLOW_SIDECAR, record=record(SOME)),
    ),
    "a trainer that says nothing": (
        "NoMetricYet",
        "python -u",
        one(pod(0), record=record(TRAINS)),
    ),
    "a trainer that hangs": (
        "TrialSilent",
        "since step 3",
        one(pod(0), record=record(replace(SOME, pace=3.0))),
    ),
    "another's Trial": (
        "NameTaken",
        "--cascade=orphan",
        one(pod(0), still=0.0, **fails("create Trial s-1", FailureKind.NAME)),
    ),
    "a quota on Jobs": (
        "QuotaExceeded",
        "Cannot create Job s-0: the answer",
        one(jobs=(), still=0.0, **fails("create Job s-0", FailureKind.QUOTA)),
    ),
    "a quota on Trials": (
        "QuotaExceeded",
        "Cannot create Trial s-3",
        one(pod(0), still=0.0, **fails("create Trial s-3", FailureKind.QUOTA)),
    ),
    "a quota on what is checked": (
        "QuotaExceeded",
        "Cannot check the template",
        one(template=None, still=0.0, **fails("check the template", FailureKind.QUOTA)),
    ),
    "a status that is not taken": (
        "NotCarriedOut",
        "Cannot write the status of Trial s-0, for 60 min or more: the answer",
        one(pod(0), still=0.0, **fails("write the status of Trial s-0", FailureKind.OTHER)),
    ),
    "a spec that is refused": (
        "Refused",
        "no such thing",
        one(template=TemplateVerdict(1, False, "no such thing")),
    ),
    "steps beyond the horizon": (
        "HorizonMismatch",
        "epoch 4000, and spec.resource.max is 10",
        one(pod(0), still=0.0, record=record(replace(SOME, beyond=4000))),
    ),
    "only steps beyond the horizon, without an ending of its own": (
        "HorizonMismatch",
        "epoch 11",
        one(
            over(0),
            jobs=(job(0, complete=True),),
            record=record(replace(finished(0, "NoMetric"), beyond=11)),
        ),
    ),
    "a horizon that is never reached": (
        "HorizonMismatch",
        "complete at epoch 15, and spec.resource.max is 1500",
        one(
            study=study(resource={"name": "epoch", "max": 1500}),
            jobs=(),
            record=record(*(replace(finished(n), step=15) for n in range(2))),
        ),
    ),
    "another metric": (
        "OtherMetric",
        "'val_acc'",
        one(
            pod(0, container(started_at=NOW - 400)),
            still=0.0,
            record=record(replace(TRAINS, names=frozenset({"val_acc", "val_loss"}))),
        ),
    ),
    "parameters that are not used": (
        "ParametersNotUsed",
        "uses lr 0.01, and was given 0.1",
        one(
            pod(0),
            still=0.0,
            record=record(SOME),
            heard={0: (Heard("MLflow", mismatches=(Mismatch("lr", "0.1", "0.01"),)),)},
        ),
    ),
    "another metric to the end": (
        "OtherMetric",
        "'val_acc'",
        one(record=record(replace(finished(0, "NoMetric"), names=frozenset({"val_acc"}))), jobs=()),
    ),
    "no metric to the end": (
        "NoMetricYet",
        "it said so",
        one(record=record(finished(0, "NoMetric")), jobs=()),
    ),
    "trials that fail": (
        "TrialsFailing",
        "TrainerFailed: it said so",
        one(record=record(finished(0, "TrainerFailed")), jobs=()),
    ),
    "a sampler that fails": (
        "SamplerFailing",
        "ValueError: no",
        replace(one(pod(0), still=0.0, record=INSTEAD), sampler_fault="ValueError: no"),
    ),
    "values that are refused": (
        "ValuesRefused",
        "8 values were refused and 4 taken",
        one(pod(0), still=0.0, record=record(replace(SOME, values=4, refused=8))),
    ),
    "steps that count down": (
        "StepsGoBack",
        "step 2 after step 9",
        one(pod(0), still=0.0, record=record(replace(SOME, step=9, decision=BEHIND))),
    ),
    "values in the last moment": (
        "ValuesLate",
        "python -u",
        one(
            jobs=(),
            record=record(burst(ran=600.0)),
        ),
    ),
    "a queue": (
        "QueuedLong",
        "Queue team holds Job s-0 back",
        one(jobs=(QUEUED,)),
    ),
    "a queue that says why": (
        "QueuedLong",
        "1 more needed",
        one(
            jobs=(QUEUED,),
            causes={"j0": Cause("Pending", "1 more needed", "Kueue")},
            asked={"j0": 1.0},
        ),
    ),
    "somebody who suspended a Job": (
        "QueuedLong",
        "Somebody has suspended Job s-0",
        one(jobs=(job(0, suspended=True),)),
    ),
    "a queue that is not there": (
        "QueueRefuses",
        "LocalQueue team doesn't exist",
        one(
            jobs=(QUEUED,),
            causes={"j0": Cause("Inadmissible", "LocalQueue team doesn't exist", "Kueue")},
            asked={"j0": 1.0},
        ),
    ),
    "a queue that does not take the Job up": (
        "QueueRefuses",
        "does Kueue run",
        one(
            jobs=(QUEUED,),
            causes={"j0": no_workload("Job s-0")},
            asked={"j0": 1.0},
        ),
    ),
    "a Job that does not go": (
        "Stalled",
        "Trial 0 has not come further",
        one(jobs=(job(0, deleting=True),), record=record(SOME)),
    ),
    "an init container that runs on": (
        "Stalled",
        "pod s-0-x is there",
        one(pod(0, container("fetch"), sidecar=None)),
    ),
    "nothing that goes on": (
        "Stalled",
        "no trial runs",
        one(jobs=(), still=STILL),
    ),
}


def degraded(snap: Snapshot, now: float = NOW) -> dict[str, Any]:
    (write,) = of_type(planned(snap, now), effects.WriteStudyStatus)
    return dict(condition_of(write.status, "Degraded") or {})


@pytest.mark.parametrize("case", CASES)
def test_what_is_in_the_way_is_said_with_its_cause(case: str) -> None:
    reason, words, snap = CASES[case]
    said = degraded(snap)
    assert (said["status"], said["reason"]) == ("True", reason), said
    assert words in said["message"]


AT_ONCE = {"Refused", "HorizonMismatch", "OtherMetric", "NoMetricYet", "TrialsFailing"}
AT_ONCE |= {"ParametersNotUsed", "ValuesRefused", "StepsGoBack", "ValuesLate", "SamplerFailing"}
SAYS_SO = "a queue that is not there"
"""What a queue itself says to be refused need not be waited for."""


@pytest.mark.parametrize(
    "case",
    [case for case, (reason, *_) in CASES.items() if reason not in AT_ONCE and case != SAYS_SO],
)
def test_nothing_is_said_before_its_patience(case: str) -> None:
    _, _, snap = CASES[case]
    soon = replace(
        snap,
        idle=dict.fromkeys(snap.idle, 4.0),
        failures=tuple(replace(each, seconds=4.0) for each in snap.failures),
    )
    assert degraded(soon)["status"] == "False"


def test_each_obstacle_has_a_case() -> None:
    tried = {reason for reason, _, _ in CASES.values()}
    assert {str(obstacle.reason) for obstacle in OBSTACLES} - tried == {"PruningPaused"}


def test_what_was_said_before_a_trial_came_further_is_no_cause() -> None:
    old = Cause("FailedMount", "secret not found", "kubelet", NOW - 100)
    snap = one(waiting("ContainerCreating"), still=40.0, causes={"p0": old})
    assert degraded(snap)["status"] == "False"
    assert degraded(replace(snap, unmoved=frozenset({"t0"})))["reason"] == "VolumeNotMounted"


def test_one_message_speaks_for_all_trials_that_are_held_up_alike() -> None:
    pods = [
        replace(waiting("ImagePullBackOff"), uid=f"p{n}", number=n, job_uid=f"j{n}")
        for n in range(3)
    ]
    snap = snapshot(
        study(trials={"parallelism": 3}),
        trials=tuple(trial(n) for n in range(3)),
        jobs=tuple(job(n) for n in range(3)),
        pods=tuple(pods),
        idle={f"t{n}": STILL for n in range(3)},
    )
    assert "(2 more alike.)" in degraded(snap)["message"]


def test_a_study_that_is_paused_by_its_author_says_that_nothing_else_is_in_the_way() -> None:
    snap = one(jobs=(), study=study(suspend=True))
    assert "wish to pause" in degraded(snap)["message"]


@pytest.mark.parametrize("reason", ["HorizonMismatch", "OtherMetric", "ValuesRefused"])
def test_what_the_values_told_is_said_of_a_study_that_is_over_too(reason: str) -> None:
    told = {
        "HorizonMismatch": {"beyond": 11},
        "OtherMetric": {"names": frozenset({"loss"})},
        "ValuesRefused": {"refused": 5, "values": 2},
    }
    done = replace(finished(0), **told[reason])
    snap = one(study=study(trials={"max": 1}), jobs=(), record=record(done))
    assert degraded(snap)["reason"] == reason
    (write,) = of_type(planned(snap), effects.WriteStudyStatus)
    later = replace(
        snap,
        study=replace(snap.study, status=write.status),
        record=record(finished(0)),
    )
    assert not of_type(planned(later), effects.WriteStudyStatus), "it is said for good"


def test_a_study_that_is_over_without_a_value_says_so_for_good() -> None:
    silent = one(study=study(trials={"max": 1}), jobs=(), record=record(finished(0, "NoMetric")))
    assert degraded(silent)["reason"] == "NoMetricYet"


def test_a_study_that_is_over_promises_nothing() -> None:
    faults = [replace(finished(n, "ImagePullFailed")) for n in range(3)]
    trials = tuple(trial(n) for n in range(3))
    spread = [
        replace(each, end=replace(each.end, at=NOW - 1000 * n)) for n, each in enumerate(faults)
    ]
    snap = snapshot(study(), trials=trials, record=record(*spread))
    said = degraded(snap)
    assert (said["status"], said["message"]) == ("False", "The study is over.")


def test_the_cluster_is_asked_about_what_waits_for_it_and_not_too_often() -> None:
    snap = one(waiting("ContainerCreating"), still=10.0)
    assert of_type(planned(snap), effects.AskWhy) == [effects.AskWhy("pods", "s-0-x", "p0")]
    assert of_type(planned(one(still=10.0)), effects.AskWhy) == [
        effects.AskWhy("jobs", "s-0", "j0")
    ]
    asked = replace(snap, asked={"p0": SETTINGS.ask_again - 1})
    assert of_type(planned(asked), effects.AskWhy) == []
    again = replace(snap, asked={"p0": SETTINGS.ask_again})
    assert of_type(planned(again), effects.AskWhy)
    trains = one(pod(0), record=record(SOME))
    assert of_type(planned(trains), effects.AskWhy) == []


def test_of_trials_that_wait_alike_one_is_asked_about_and_of_each_other_kind_one_too() -> None:
    def wait(number: int, view: ContainerView, **more: Any) -> Any:
        own = {"uid": f"p{number}", "name": f"pod-{number}", "number": number}
        return replace(pod(number, view, phase="Pending", sidecar=None), **own, **more)

    creating = ContainerView("trainer", waiting_reason="ContainerCreating")
    pods = [
        *(wait(n, creating, node="node-1") for n in range(20)),
        wait(20, creating, node="node-1", deleting=True),
        *(replace(wait(n, creating), containers={}, unschedulable="no room") for n in (21, 22)),
    ]
    snap = snapshot(
        study(trials={"max": 40, "parallelism": 30}),
        trials=tuple(trial(n) for n in range(24)),
        jobs=tuple(job(n) for n in range(24)),
        pods=tuple(pods),
        idle={f"t{n}": 60.0 + n % 7 for n in range(24)},
    )
    asked = {each.name for each in of_type(planned(snap), effects.AskWhy)}
    assert asked == {"pod-6", "pod-20", "pod-22", "s-23"}


@pytest.mark.parametrize("case", CASES)
def test_a_message_is_a_sentence_within_its_bounds_that_is_seldom_rewritten(case: str) -> None:
    _, _, snap = CASES[case]
    message = degraded(snap)["message"]
    assert message.endswith((".", "?", ".)")) or case == "a spec that is refused"
    assert ".." not in message
    assert "?." not in message
    if snap.idle["t0"] < STILL:  # something else would be in the way by and by
        return
    told = {
        degraded(replace(snap, idle={uid: idle + t for uid, idle in snap.idle.items()}), NOW + t)[
            "message"
        ]
        for t in range(0, 3000, 60)
    }
    assert len(told) == 1


def test_a_short_trainer_whose_pod_waited_long_is_not_late():
    found = planned(one(jobs=(), still=0.0, record=record(burst(ran=1.0))))
    assert study_condition(found, "Degraded")["reason"] != "ValuesLate"
