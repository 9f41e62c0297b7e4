"""Endings that were false once, each as a sentence: what is there, and what then must be said."""

from dataclasses import replace

import pytest

from espalier.generate.reasons_page import reasons_page
from espalier.planning import effects
from espalier.planning.attempts.checks import ATTEMPT_CHECKS
from espalier.planning.endings.checks import ENDING_CHECKS
from espalier.planning.standing.gathering import gather
from espalier.planning.world.record import AttemptRecord, TrialRecord
from espalier.planning.world.snapshot import Span
from tests.planning.worlds import (
    NOW,
    container,
    ended,
    job,
    of_type,
    over,
    planned,
    pod,
    record,
    snapshot,
    study,
    trial,
)

HALF = TrialRecord(0, attempt=1, step=5, latest=0.9, best=0.9, best_step=5)
ALL = replace(HALF, step=10)
SILENT = TrialRecord(0, attempt=1)
NO_JOB = {("jobs", "s-0"): "asked for, there is none"}
NO_PODS = {("pods of", "s-0"): "asked for, there are none"}
PROXY = container("proxy")
RUNS_ON = {"sidecar": container("espalier-sidecar")}


def one(known=HALF, *, jobs=(), pods=(), view=None, retries=0, trials=None, **more):
    """Return a snapshot with trial 0 only."""
    wanted = {"max": 1, "parallelism": 1, "retries": retries, **(trials or {})}
    return snapshot(
        more.pop("study_", None) or study(trials=wanted),
        record=record(known),
        trials=(view or trial(0),),
        jobs=jobs,
        pods=pods,
        sampled=1,
        **more,
    )


def done(complete=True, failed=False, **changes):
    return (job(0, complete=complete and not failed, failed=failed, **changes),)


def failed(**changes):
    return done(failed=True, reason="BackoffLimitExceeded", **changes)


def seen(**changes):
    """Return a trial half of whose steps came, with one attempt that was recorded."""
    attempt = replace(AttemptRecord(1, "p0", pod="s-0-x", job_uid="j0", ran=20.0), **changes)
    return replace(HALF, attempts=(attempt,))


def refused(reason, message="no"):
    """Return a pod that the kubelet refused: failed, and no container was ever there."""
    bare = pod(0, phase="Failed", containers={}, sidecar=None, started_at=None)
    return replace(bare, containers={}, disruption=reason, reason=reason, message=message)


def waits(reason, message="no", name="trainer"):
    return container(
        name, running=False, started_at=None, waiting_reason=reason, waiting_message=message
    )


def blocked(reason, **changes):
    return pod(0, waits(reason), phase="Pending", **changes)


KILLED = {"exit_reason": "OOMKilled"}
EVICTED = {"disruption": "EvictionByEvictionAPI", "disrupted_at": NOW - 5}
ASKED = {"deleting": True, "deleting_since": NOW - 5}

RERUN = replace(
    HALF,
    attempts=(
        AttemptRecord(1, "p0", job_uid="j0", disruption="EvictionByEvictionAPI", exit_code=0),
        AttemptRecord(2, "p1", job_uid="j0-1", ran=5.0),
    ),
)
FINAL = {
    "killed for memory behind exit code 0, half way: OutOfMemory": (
        one(jobs=done(), pods=(over(0, ended(**KILLED)),)),
        "OutOfMemory",
        "its container exited with code 0",
    ),
    "a process killed for memory, and all steps done: Completed, and it says so": (
        one(ALL, jobs=done(), pods=(over(0, ended(**KILLED)),)),
        "Completed",
        "one of its processes was killed for memory",
    ),
    "a module that Python does not find: TrainerFailed, with what hides an image's path": (
        one(
            jobs=failed(),
            pods=(
                over(
                    0,
                    ended(code=1, exit_message="ModuleNotFoundError: No module named 'mine'\n"),
                    phase="Failed",
                ),
            ),
        ),
        "TrainerFailed",
        "No module named 'mine' (if the image sets PYTHONPATH, write its value and",
    ),
    "killed for memory before the container was started again, and failed: OutOfMemory": (
        one(
            jobs=failed(),
            pods=(over(0, ended(code=1, last_reason="OOMKilled"), phase="Failed"),),
        ),
        "OutOfMemory",
        "memory",
    ),
    "another container killed for memory, the trainer with it: OutOfMemory, naming it": (
        one(
            jobs=failed(),
            pods=(
                over(0, container(running=False), ended("proxy", 137, **KILLED), phase="Failed"),
            ),
        ),
        "OutOfMemory",
        "Container proxy",
    ),
    "another container killed for memory, the trainer done: Completed, and it says so": (
        one(
            jobs=failed(),
            pods=(over(0, ended(), ended("proxy", 137, **KILLED), phase="Failed"),),
        ),
        "Completed",
        "container proxy exited with code 137",
    ),
    "a trainer done and drained ten seconds later: Completed": (
        one(jobs=done(), pods=(over(0, ended(finished_at=NOW - 15), **EVICTED),)),
        "Completed",
        "Exited with code 0;",
    ),
    "a trainer done and its pod deleted ten seconds later: Completed": (
        one(jobs=done(), pods=(over(0, ended(finished_at=NOW - 15), **ASKED),)),
        "Completed",
        "Exited with code 0;",
    ),
    "a trainer that ended by itself, as was recorded, and whose pod is gone: Completed": (
        one(seen(exit_code=0, over=True), jobs=done(), absent=NO_PODS),
        "Completed",
        "Exited with code 0",
    ),
    "a trainer that ended by itself, as was recorded, and whose Job a TTL took: Completed": (
        one(seen(exit_code=0, over=True), absent=NO_JOB),
        "Completed",
        "Exited with code 0",
    ),
    "a trainer that failed, as was recorded, and whose Job a TTL took: TrainerFailed": (
        one(seen(exit_code=3, over=True), absent=NO_JOB),
        "TrainerFailed",
        "code 3",
    ),
    "a Job that a watch saw deleted before it was over: DeletedByUser": (
        one(absent=NO_JOB, cut_short={("jobs", "s-0")}),
        "DeletedByUser",
        "deleted before its trainer had ended",
    ),
    "a Job that ran a trial again, deleted before it was over: DeletedByUser": (
        one(
            RERUN,
            jobs=done(),
            absent={("jobs", "s-0-r1"): "asked for, there is none"},
            cut_short={("jobs", "s-0-r1")},
        ),
        "DeletedByUser",
        "deleted before its trainer had ended",
    ),
    "a Job that ran a trial again and is being deleted: DeletedByUser": (
        one(RERUN, jobs=(*done(), job(0, uid="j0-1", name="s-0-r1", deleting=True))),
        "DeletedByUser",
        "Job s-0-r1 is being deleted",
    ),
    "a Job that a TTL took while nobody looked: JobGone, and nobody is blamed": (
        one(absent=NO_JOB),
        "JobGone",
        "by somebody or by a clean-up",
    ),
    "a trainer done beside a container that runs on: Completed": (
        one(jobs=(job(0),), pods=(pod(0, ended(finished_at=NOW - 31), PROXY),)),
        "Completed",
        "best accuracy",
    ),
    "a trainer done without a value beside a container that runs on: NoMetric": (
        one(SILENT, jobs=(job(0),), pods=(pod(0, ended(finished_at=NOW - 31), PROXY),)),
        "NoMetric",
        "'accuracy'",
    ),
    "values only for steps beyond the last: NoMetric, naming both": (
        one(replace(SILENT, beyond=500), jobs=done(), pods=(over(0),)),
        "NoMetric",
        "steps up to 500, and spec.resource.max is 10",
    ),
    "values only of another metric: NoMetric, naming it": (
        one(replace(SILENT, names=frozenset({"acc"})), jobs=done(), pods=(over(0),)),
        "NoMetric",
        "no finite value of 'accuracy' came: values come under 'acc'; report it",
    ),
    "values that have all diverged: NoMetric, saying so": (
        one(replace(SILENT, step=10, latest=float("nan")), jobs=done(), pods=(over(0),)),
        "NoMetric",
        "all of them had diverged",
    ),
    "a trainer that failed beside a container that runs on: TrainerFailed": (
        one(jobs=(job(0),), pods=(pod(0, ended(code=2, finished_at=NOW - 31), PROXY),)),
        "TrainerFailed",
        "code 2",
    ),
    "a trainer done within its time beside a container that runs beyond it: Completed": (
        one(
            jobs=(job(0),),
            pods=(pod(0, ended(started_at=NOW - 99, finished_at=NOW - 97), PROXY),),
            trials={"timeLimitSeconds": 15},
        ),
        "Completed",
        "",
    ),
    "a pod that was ended for its activeDeadlineSeconds: TimeLimitExceeded, in its words": (
        one(
            jobs=(job(0),),
            pods=(
                over(
                    0,
                    ended(code=137),
                    phase="Failed",
                    reason="DeadlineExceeded",
                    message="Pod was active on the node longer than the specified deadline",
                ),
            ),
            retries=3,
        ),
        "TimeLimitExceeded",
        "activeDeadlineSeconds: Pod was active on the node longer",
    ),
    "a trainer that exits 0 when its pod's deadline has passed: TimeLimitExceeded": (
        one(
            jobs=failed(),
            pods=(over(0, ended(), phase="Failed", reason="DeadlineExceeded"),),
        ),
        "TimeLimitExceeded",
        "activeDeadlineSeconds",
    ),
    "a deadline that was recorded, and the pod gone: TimeLimitExceeded": (
        one(seen(exit_code=137, exit_reason="DeadlineExceeded", over=True), jobs=failed()),
        "TimeLimitExceeded",
        "activeDeadlineSeconds",
    ),
    "a Job that a policy has given a deadline: TimeLimitExceeded, in its words": (
        one(
            jobs=done(failed=True, reason="DeadlineExceeded", message="too long"),
            pods=(over(0, ended(code=143), phase="Failed", **ASKED),),
            retries=3,
        ),
        "TimeLimitExceeded",
        "DeadlineExceeded: too long",
    ),
    "a trainer done before its Job's deadline passed: Completed": (
        one(
            jobs=done(failed=True, reason="DeadlineExceeded"),
            pods=(over(0, ended(), ended("proxy", 143), phase="Failed"),),
        ),
        "Completed",
        "",
    ),
    "a pod whose sysctl the kubelet refuses: PodRefused": (
        one(
            SILENT,
            jobs=(job(0),),
            pods=(replace(refused(""), reason="SysctlForbidden", message="forbidden sysctl"),),
        ),
        "PodRefused",
        "forbidden sysctl",
    ),
    "an image without a shell, which starts the trainer where its output is read: BadCommand": (
        one(
            SILENT,
            jobs=failed(),
            pods=(
                over(
                    0,
                    ended(
                        code=128,
                        exit_reason="StartError",
                        exit_message='failed to create containerd task: exec: "/bin/sh": stat '
                        "/bin/sh: no such file or directory: unknown",
                    ),
                    phase="Failed",
                ),
            ),
        ),
        "BadCommand",
        "the image has no /bin/sh: have it there",
    ),
    "a container that the runtime cannot start for the node's own reasons: StartFailed": (
        one(
            SILENT,
            jobs=failed(),
            pods=(
                over(
                    0,
                    ended(code=128, exit_reason="StartError", exit_message="nvidia-cli: no driver"),
                    phase="Failed",
                ),
            ),
        ),
        "StartFailed",
        "no driver",
    ),
    "a mount that the runtime does not find: StartFailed, which is retried": (
        one(
            SILENT,
            jobs=failed(),
            pods=(
                over(
                    0,
                    ended(
                        code=128,
                        exit_reason="StartError",
                        exit_message="error mounting /dev/x: no such file or directory",
                    ),
                    phase="Failed",
                ),
            ),
        ),
        "StartFailed",
        "mounting",
    ),
    "failed more often than it may, in Jobs that infrastructure ended: TrainerFailed": (
        one(
            replace(
                HALF,
                attempts=(
                    AttemptRecord(1, "a", job_uid="old", exit_code=1, over=True),
                    AttemptRecord(2, "b", job_uid="old", disruption="OutOfcpu", over=True),
                    AttemptRecord(3, "c", job_uid="j0", exit_code=1, over=True),
                    AttemptRecord(4, "p0", job_uid="j0"),
                ),
            ),
            jobs=(job(0),),
            pods=(pod(0),),
            retries=1,
        ),
        "TrainerFailed",
        "spec.trials.retries is 1: used up",
    ),
    "an image that is not pulled, of a template that was corrected: ends at once": (
        one(SILENT, jobs=(job(0, template=99),), pods=(blocked("ErrImagePull"),)),
        "ImagePullFailed",
        "of an earlier spec.template",
    ),
    "no patience at all: ends at the first failure": (
        one(
            SILENT,
            jobs=(job(0),),
            pods=(blocked("CreateContainerConfigError", started_at=NOW),),
            trials={"startPatienceSeconds": 0},
        ),
        "PodRefused",
        "",
    ),
    "a Secret that never came: PodRefused after the patience since the first failure": (
        one(
            SILENT,
            jobs=(job(0),),
            pods=(blocked("CreateContainerConfigError"),),
            spans={"p0": Span(blocked=600.0)},
        ),
        "PodRefused",
        "startPatienceSeconds",
    ),
    "a trainer that runs longer than it may, as was seen: TimeLimitExceeded": (
        one(
            jobs=(job(0),),
            pods=(pod(0),),
            spans={"p0": Span(held=40, ran=30)},
            trials={"timeLimitSeconds": 30},
        ),
        "TimeLimitExceeded",
        "30 s",
    ),
}


@pytest.mark.parametrize("case", FINAL, ids=list(FINAL))
def test_a_trial_ends(case):
    snap, reason, words = FINAL[case]
    found = planned(snap)
    assert [each.end.reason for each in of_type(found, effects.RecordEnd)] == [reason]
    assert words in of_type(found, effects.RecordEnd)[0].end.message


EXCEEDED = {
    "a volume": 'Usage of EmptyDir volume "espalier" exceeds the limit "1Gi". ',
    "a container": 'Container trainer exceeded its local ephemeral storage limit "2Gi". ',
    "a pod": "Pod ephemeral local storage usage exceeds the total limit of containers 2Gi. ",
}


@pytest.mark.parametrize("said", EXCEEDED.values(), ids=EXCEEDED)
def test_storage_beyond_its_own_limits_is_a_trials_own_fault(said):
    evicted = over(
        0,
        ended(code=137),
        uid="first",
        phase="Failed",
        created_at=NOW - 90,
        disruption="TerminationByKubelet",
        reason="Evicted",
        message=said,
    )
    assert not of_type(planned(one(jobs=(job(0),), pods=(evicted,))), effects.RecordEnd)
    # The Job controller counts no disruption, and makes the next pod.
    found = planned(one(jobs=(job(0),), pods=(evicted, pod(0))))
    (end,) = of_type(found, effects.RecordEnd)
    assert end.end.reason == "StorageExceeded"
    assert said.strip() in end.end.message
    retried = planned(one(jobs=(job(0),), pods=(evicted, pod(0)), retries=1))
    assert not of_type(retried, effects.RecordEnd)


AGAIN = {
    "a trainer that exits 0 when it is drained": one(jobs=done(), pods=(over(0, **EVICTED),)),
    "a trainer that exits 0 when its pod is deleted": one(jobs=done(), pods=(over(0, **ASKED),)),
    "a trainer that dies when its pod is deleted": one(
        jobs=failed(), pods=(over(0, ended(code=143), phase="Failed", **ASKED),)
    ),
    "a trainer that exits 1 when its pod is deleted": one(
        jobs=failed(), pods=(over(0, ended(code=1), phase="Failed", **ASKED),)
    ),
    "drained and exited with 0, as was recorded, and the pod is gone": one(
        seen(exit_code=0, disruption="EvictionByEvictionAPI", over=True),
        jobs=done(),
        absent=NO_PODS,
    ),
    "drained and exited with 0, as was recorded before the creation of the next was refused": one(
        seen(exit_code=0, disruption="DeletionByTaintManager", over=True), jobs=done()
    ),
    "deleted and exited with 0, as was recorded, and the pod is gone": one(
        seen(exit_code=0, deleted=True, over=True), jobs=done(), absent=NO_PODS
    ),
    "drained while nobody looked": one(jobs=done(), absent=NO_PODS),
    "failed while nobody looked": one(jobs=failed(), absent=NO_PODS),
    "exited with 0 at a shutdown of its node": one(
        jobs=done(), pods=(over(0, disruption="Terminated", reason="Terminated"),)
    ),
    "killed for memory behind exit code 0, with a retry left": one(
        jobs=done(), pods=(over(0, ended(**KILLED)),), retries=1
    ),
    "a rebooted node that knows nothing of the container": one(
        jobs=failed(),
        pods=(over(0, ended(code=137, exit_reason="ContainerStatusUnknown"), phase="Failed"),),
    ),
    "a rebooted node whose runtime found the container dead": one(
        jobs=failed(), pods=(over(0, ended(code=255, exit_reason="Unknown"), phase="Failed"),)
    ),
    **{
        f"a pod that the kubelet refused: {reason}": one(
            SILENT, jobs=failed(), pods=(refused(reason),)
        )
        for reason in (
            "OutOfcpu",
            "OutOfmemory",
            "OutOfpods",
            "OutOfnvidia.com/gpu",
            "UnexpectedAdmissionError",
            "NodeAffinity",
            "Preempting",
            "Terminated",
            "NodeShutdown",
        )
    },
    "refused by the kubelet, as was recorded, and the pod is gone": one(
        replace(
            SILENT,
            attempts=(AttemptRecord(1, "p0", job_uid="j0", disruption="OutOfcpu", over=True),),
        ),
        jobs=failed(),
    ),
    "a failure of its own and a refusal of the kubelet, with a retry": one(
        jobs=failed(),
        pods=(
            over(0, ended(code=1), uid="first", phase="Failed", created_at=NOW - 90),
            refused("OutOfcpu"),
        ),
        retries=1,
    ),
}


@pytest.mark.parametrize("case", AGAIN, ids=list(AGAIN))
def test_a_trial_whose_job_is_over_runs_again_in_its_own_slot(case):
    snap = AGAIN[case]
    found = planned(snap)
    assert not of_type(found, effects.RecordEnd)
    (made,) = of_type(found, effects.CreateWorkload)
    assert made.body["metadata"]["name"] == "s-0-r1"
    (standing,) = gather(snap)
    assert standing.holds_slot


GOES_ON = {
    "a Secret that is 15 s late": (
        one(
            SILENT,
            jobs=(job(0),),
            pods=(blocked("CreateContainerConfigError", started_at=NOW - 15),),
        ),
        "StartFailing",
        "InProgress",
    ),
    "a registry that is away for nine minutes": (
        one(
            SILENT,
            jobs=(job(0),),
            pods=(blocked("ImagePullBackOff", started_at=NOW - 540),),
        ),
        "ImagePulling",
        "InProgress",
    ),
    "a first failure after an hour of pulling": (
        one(
            SILENT,
            jobs=(job(0),),
            pods=(blocked("CreateContainerError", started_at=NOW - 3600),),
            spans={"p0": Span(held=3600, blocked=0.0)},
        ),
        "StartFailing",
        "InProgress",
    ),
    "an image that is to be loaded on the node": (
        one(SILENT, jobs=(job(0),), pods=(blocked("ErrImageNeverPull", started_at=NOW),)),
        "ImagePulling",
        "InProgress",
    ),
    "a trainer done a moment ago beside a container that runs on": (
        one(jobs=(job(0),), pods=(pod(0, ended(), PROXY, **RUNS_ON),)),
        "TrainerRunning",
        "InProgress",
    ),
    "a pod that has succeeded before its Job says so": (
        one(jobs=(job(0),), pods=(over(0),)),
        "TrainerRunning",
        "InProgress",
    ),
    "a pod that has failed for good before its Job says so": (
        one(jobs=(job(0),), pods=(over(0, ended(code=1), phase="Failed"),)),
        "JobCreated",
        "InProgress",
    ),
    "a pod that has failed with a retry left": (
        one(jobs=(job(0),), pods=(over(0, ended(code=1), phase="Failed"),), retries=1),
        "JobCreated",
        "Retrying",
    ),
    "suspended under it for the hundredth time": (
        one(
            replace(
                HALF,
                attempts=tuple(
                    AttemptRecord(n, f"u{n}", job_uid="j0", suspended=True, over=True)
                    for n in range(1, 101)
                ),
            ),
            jobs=(job(0, suspended=True),),
        ),
        "JobCreated",
        "Retrying",
    ),
    "a time limit that has passed while the pod is being drained": (
        one(
            jobs=(job(0),),
            pods=(pod(0, deleting=True),),
            trials={"timeLimitSeconds": 1},
        ),
        "TrainerRunning",
        "Retrying",
    ),
    "a time limit that a jump of the wall clock seems to have passed": (
        one(
            jobs=(job(0),),
            pods=(pod(0, container(started_at=NOW - 9999)),),
            spans={"p0": Span(held=9, ran=9)},
            trials={"timeLimitSeconds": 60},
        ),
        "TrainerRunning",
        "InProgress",
    ),
}


@pytest.mark.parametrize("case", GOES_ON, ids=list(GOES_ON))
def test_a_trial_goes_on_and_says_what_is_so(case):
    snap, started, finished = GOES_ON[case]
    found = planned(snap)
    assert not of_type(found, effects.RecordEnd, effects.CreateWorkload, effects.DeletePod)
    (write,) = of_type(found, effects.WriteTrialStatus)
    said = {each["type"]: each["reason"] for each in write.status["conditions"]}
    assert said == {"Started": started, "Finished": finished}
    assert write.status["phase"] == ("Running" if started == "TrainerRunning" else "Pending")


def test_a_trainer_that_failed_beside_a_container_that_runs_on_makes_room_for_its_retry():
    snap = one(
        jobs=(job(0),), pods=(pod(0, ended(code=1, finished_at=NOW - 31), PROXY),), retries=1
    )
    found = planned(snap)
    assert of_type(found, effects.DeletePod) == [effects.DeletePod("s-0-x", "p0")]
    assert not of_type(found, effects.RecordEnd, effects.DeleteWorkload)


def test_a_trial_that_ended_beside_a_container_that_runs_on_loses_its_job_and_its_pod():
    snap = one(jobs=(job(0),), pods=(pod(0, ended(finished_at=NOW - 31), PROXY),))
    (end,) = of_type(planned(snap), effects.RecordEnd)
    after = replace(snap, record=record(replace(HALF, end=end.end)))
    gone = of_type(planned(after), effects.DeleteWorkload, effects.DeletePod)
    assert {effect.uid for effect in gone} == {"j0", "p0"}


def test_the_last_values_beside_a_container_that_runs_on_are_waited_for():
    snap = one(jobs=(job(0),), pods=(pod(0, ended(finished_at=NOW - 10), PROXY),))
    found = planned(snap)
    assert effects.Wake(NOW + 20) in found
    assert not of_type(found, effects.RecordEnd)


def test_a_trial_whose_trainer_has_ended_is_not_ended_with_its_study():
    full = {"maxFailed": 1, "max": 2, "parallelism": 2}
    snap = snapshot(
        study(trials=full),
        record=record(HALF, replace(HALF, number=1)),
        trials=(trial(0), trial(1)),
        jobs=(job(0), *(replace(each, uid="j1", name="s-1", number=1) for each in failed())),
        pods=(over(0), over(1, ended(code=1), phase="Failed")),
        sampled=2,
    )
    (end,) = of_type(planned(snap), effects.RecordEnd)
    assert (end.number, end.end.reason) == (1, "TrainerFailed")
    after = replace(snap, record=record(HALF, replace(HALF, number=1, end=end.end)))
    assert not of_type(planned(after), effects.RecordEnd)


def test_a_job_that_ran_a_trial_again_and_is_not_seen_is_asked_for_and_not_made_again():
    found = planned(one(RERUN, jobs=done()))
    assert of_type(found, effects.LookFor) == [effects.LookFor(0, "jobs", "s-0-r1")]
    assert not of_type(found, effects.CreateWorkload, effects.RecordEnd)


def test_a_job_that_ran_a_trial_again_and_vanished_with_a_restored_etcd_is_made_again():
    (made,) = of_type(
        planned(one(RERUN, jobs=done(), restored={("jobs", "s-0-r1")})), effects.CreateWorkload
    )
    assert made.body["metadata"]["name"] == "s-0-r1"


def test_attempts_that_were_numbered_out_of_turn_stand_in_the_order_of_their_pods():
    first = over(0, ended(code=1), uid="first", phase="Failed", created_at=NOW - 90)
    known = replace(
        HALF,
        attempts=(
            AttemptRecord(1, "p0", pod="s-0-x", job_uid="j0"),
            AttemptRecord(2, "first", job_uid="j0", exit_code=1, over=True),
        ),
    )
    (standing,) = gather(one(known, jobs=(job(0),), pods=(first, pod(0)), retries=1))
    assert [attempt.ended for attempt in standing.attempts] == [True, False]
    assert standing.last is None


NEVER_RAN = {
    "an image that was never pulled": (blocked("InvalidImageName"), ()),
    "a command that does not exist": (
        over(
            0,
            ended(
                code=128,
                exit_reason="StartError",
                exit_message="exec: /no: not found",
                started_at=None,
            ),
            phase="Failed",
        ),
        (),
    ),
}


@pytest.mark.parametrize("case", NEVER_RAN, ids=list(NEVER_RAN))
def test_a_trial_whose_trainer_never_ran_does_not_say_that_it_has_run(case):
    gone, attempts = NEVER_RAN[case]
    snap = one(replace(SILENT, attempts=attempts), jobs=(job(0),), pods=(gone,))
    (end,) = of_type(planned(snap), effects.RecordEnd)
    after = replace(snap, record=record(replace(SILENT, end=end.end)))
    (write,) = of_type(planned(after), effects.WriteTrialStatus)
    (started,) = [each for each in write.status["conditions"] if each["type"] == "Started"]
    assert (started["status"], started["reason"]) == ("False", "NeverStarted")
    assert end.end.reason in started["message"]


@pytest.mark.parametrize("checks", [ENDING_CHECKS, ATTEMPT_CHECKS], ids=["trials", "attempts"])
def test_the_reference_page_prints_the_list_that_is_executed_in_its_order(checks):
    lines = reasons_page().splitlines()
    rows = [
        f"| {number} | `{check.name}` | {check.sentence} |"
        for number, check in enumerate(checks, 1)
    ]
    found = [line for line in lines if any(line.startswith(row) for row in rows)]
    assert len(found) == len(checks)
    assert all(line.startswith(row) for line, row in zip(found, rows, strict=True))


@pytest.mark.parametrize("checks", [ENDING_CHECKS, ATTEMPT_CHECKS], ids=["trials", "attempts"])
def test_each_check_is_one_sentence_with_a_name_of_its_own(checks):
    assert len({check.name for check in checks}) == len(checks)
    for check in checks:
        assert check.sentence.endswith(".")
        assert check.sentence.count(".") - check.sentence.count("spec.trials") * 2 <= 1
