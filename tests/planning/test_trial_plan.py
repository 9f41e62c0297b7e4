"""What is planned for a trial, case by case: given the world is so, then this is done."""

from dataclasses import replace

import pytest

from espalier.planning import effects
from espalier.planning.standing.gathering import gather
from espalier.planning.workload.job import JOB as KIND
from espalier.planning.world.record import AttemptRecord, End, TrialRecord
from espalier.planning.world.snapshot import Span
from espalier.pruning import TrialState
from tests.planning.worlds import (
    NOW,
    container,
    ended,
    job,
    merged,
    of_type,
    over,
    planned,
    pod,
    prune_decision,
    record,
    snapshot,
    study,
    trial,
)

REPORTED = TrialRecord(0, attempt=1, step=5, latest=0.9, best=0.9, best_step=5)
SILENT = TrialRecord(0, attempt=1)


def one(record_=REPORTED, *, jobs=(), pods=(), view=None, study_=None, **more):
    """Return a snapshot with trial 0 only."""
    return snapshot(
        study_ or study(trials={"max": 1, "parallelism": 1}),
        record=record(record_),
        trials=(view or trial(0),) if view is not False else (),
        jobs=jobs,
        pods=pods,
        sampled=1,
        **more,
    )


def waiting(reason, message="no", name="trainer"):
    return container(
        name, running=False, started_at=None, waiting_reason=reason, waiting_message=message
    )


NO_JOB = {("jobs", "s-0"): "asked for, there is none"}
NO_TRIAL = {("trials", "s-0"): "asked for, there is none"}
DISRUPTED = tuple(
    AttemptRecord(n, f"p0-{n}", job_uid="j0", disruption="EvictionByEvictionAPI", over=True)
    for n in range(1, 21)
)
FAILED = {"failed": True, "reason": "BackoffLimitExceeded"}
ENDINGS = {
    "a complete Job with a value: Completed": (
        one(jobs=(job(0, complete=True),), pods=(over(0),)),
        "Completed",
        "0.9",
    ),
    "a trainer whose own hook fails for longer than the patience: PodRefused": (
        one(
            SILENT,
            jobs=(job(0),),
            pods=(pod(0, waiting("PostStartHookError"), phase="Pending", started_at=NOW - 600),),
        ),
        "PodRefused",
        "spec.template",
    ),
    "a complete Job whose pod is gone already, after the last step: Completed": (
        one(replace(REPORTED, step=10), jobs=(job(0, complete=True),)),
        "Completed",
        "0.9",
    ),
    "a trainer that is drained for the last bearable time: the disruption's own reason": (
        one(
            jobs=(job(0, name="s-0-r20", complete=True),),
            pods=(over(0, job_name="s-0-r20", disruption="EvictionByEvictionAPI"),),
        ),
        "Evicted",
        "given up",
    ),
    "a complete Job without a value: NoMetric, naming the metric": (
        one(SILENT, jobs=(job(0, complete=True),), pods=(over(0),)),
        "NoMetric",
        "'accuracy'",
    ),
    "a failed Job with exit code 3: TrainerFailed with the code": (
        one(
            jobs=(job(0, **FAILED),),
            pods=(over(0, ended(code=3, exit_message="a\nlast words\n"), phase="Failed"),),
        ),
        "TrainerFailed",
        "code 3: last words",
    ),
    "a trainer killed for its memory: OutOfMemory": (
        one(
            jobs=(job(0, **FAILED),),
            pods=(over(0, ended(code=137, exit_reason="OOMKilled"), phase="Failed"),),
        ),
        "OutOfMemory",
        "memory",
    ),
    "a container that cannot be started, although retries are left: BadCommand at once": (
        one(
            jobs=(job(0),),
            pods=(
                over(
                    0,
                    ended(code=128, exit_reason="StartError", exit_message="exec: /no: not found"),
                    phase="Failed",
                ),
            ),
        ),
        "BadCommand",
        "/no",
    ),
    "an image whose name no registry could know: ImagePullFailed at once": (
        one(
            SILENT,
            jobs=(job(0),),
            pods=(pod(0, waiting("InvalidImageName"), phase="Pending", started_at=NOW),),
        ),
        "ImagePullFailed",
        "imagePullPolicy",
    ),
    "an image that fails to be pulled for long: ImagePullFailed": (
        one(
            SILENT,
            jobs=(job(0),),
            pods=(pod(0, waiting("ImagePullBackOff"), phase="Pending", started_at=NOW - 620),),
        ),
        "ImagePullFailed",
        "container trainer",
    ),
    "a container that cannot be created for longer than the patience: PodRefused": (
        one(
            SILENT,
            jobs=(job(0),),
            pods=(
                pod(
                    0,
                    waiting("CreateContainerConfigError"),
                    phase="Pending",
                    started_at=NOW - 620,
                ),
            ),
        ),
        "PodRefused",
        "startPatienceSeconds",
    ),
    "a Job that is known to be gone, and nobody saw how: JobGone, and how it is known": (
        one(absent=NO_JOB),
        "JobGone",
        "nobody saw how its trainer ended: asked for, there is none. Create a Trial",
    ),
    "a Job that is gone with a pod that was deleted while it ran: DeletedByUser": (
        one(absent=NO_JOB, pods=(pod(0, deleting=True),)),
        "DeletedByUser",
        "was deleted before its trainer had ended: asked for, there is none. Create a Trial",
    ),
    "a Job that a TTL took away after the last step: Completed": (
        one(replace(REPORTED, step=10), absent=NO_JOB),
        "Completed",
        "there is none), after the last step; best accuracy 0.9 at epoch 5.",
    ),
    "a Job that is being deleted: DeletedByUser": (
        one(jobs=(job(0, deleting=True),)),
        "DeletedByUser",
        "Job s-0 is being deleted",
    ),
    "a Trial that is known to be gone: DeletedByUser, and how it is known": (
        one(view=False, absent=NO_TRIAL),
        "DeletedByUser",
        "Someone deleted the Trial: asked for, there is none.",
    ),
    "a trainer that runs longer than it may: TimeLimitExceeded": (
        one(
            jobs=(job(0),),
            pods=(pod(0),),
            study_=study(trials={"max": 1, "parallelism": 1, "timeLimitSeconds": 30}),
        ),
        "TimeLimitExceeded",
        "30 s",
    ),
    "a pruned trial whose pods are gone: Pruned": (
        one(replace(REPORTED, prune=prune_decision(0)), absent=NO_JOB),
        "Pruned",
        "",
    ),
    "disrupted more often than is bearable: the disruption's own reason": (
        one(
            replace(REPORTED, attempts=DISRUPTED),
            jobs=(job(0),),
            pods=(over(0, ended(code=137), phase="Failed", disruption="TerminationByKubelet"),),
        ),
        "NodePressure",
        "Disrupted 21 times, more often than 20, so that it is given up; the last time: Pod s-0-x",
    ),
}


@pytest.mark.parametrize("case", ENDINGS, ids=list(ENDINGS))
def test_an_ending_is_told(case):
    snap, reason, words = ENDINGS[case]
    found = of_type(planned(snap), effects.RecordEnd)
    assert [each.end.reason for each in found] == [reason]
    assert words in found[0].end.message
    assert found[0].end.at == NOW


GOING_ON = {
    "a trial whose trainer runs": one(jobs=(job(0),), pods=(pod(0),)),
    "a pod that failed while the Job has retries left": one(
        jobs=(job(0),), pods=(over(0, ended(code=1), phase="Failed"),)
    ),
    "an image that fails to be pulled since a moment": one(
        SILENT,
        jobs=(job(0),),
        pods=(pod(0, waiting("ErrImagePull"), phase="Pending", started_at=NOW - 1),),
    ),
    "a sidecar whose hook was broken off, which the kubelet starts again": one(
        SILENT,
        jobs=(job(0),),
        pods=(
            pod(
                0,
                waiting("PodInitializing"),
                phase="Pending",
                started_at=NOW - 600,
                sidecar=waiting("PostStartHookError", name="espalier-sidecar"),
            ),
        ),
    ),
    "a pruned trial whose pod is still there": one(
        replace(REPORTED, prune=prune_decision(0)), pods=(pod(0, deleting=True),)
    ),
    "a complete Job whose sidecar still runs": one(
        jobs=(job(0, complete=True),), pods=(over(0, ended()),)
    ),
    "an evicted pod, to be replaced": one(
        jobs=(job(0),),
        pods=(over(0, ended(code=143), phase="Failed", disruption="EvictionByEvictionAPI"),),
    ),
    "a trial that waits for its turn": one(TrialRecord(0)),
    "a trial that has ended": one(
        replace(REPORTED, end=End("Completed", "", TrialState.COMPLETED, NOW)),
        jobs=(job(0, complete=True),),
        pods=(over(0),),
    ),
}
_unsettled = GOING_ON["a complete Job whose sidecar still runs"]
GOING_ON["a complete Job whose sidecar still runs"] = replace(
    _unsettled,
    pods=(replace(_unsettled.pods[0], sidecar=container("espalier-sidecar")),),
)


@pytest.mark.parametrize("case", GOING_ON, ids=list(GOING_ON))
def test_no_ending_is_told(case):
    assert of_type(planned(GOING_ON[case]), effects.RecordEnd) == []


def test_what_a_sidecar_left_behind_is_stored_before_anything_else_is_done():
    left = replace(over(0), sidecar=ended("espalier-sidecar", exit_message='{"espalier":1}'))
    snap = one(SILENT, jobs=(job(0, complete=True),), pods=(left,), bound=frozenset())
    of_study = (
        effects.WriteStudyStatus,
        effects.EmitEvent,
        effects.RecordTrials,
        effects.Wake,
    )
    found = [e for e in planned(snap) if not isinstance(e, of_study)]
    assert [type(effect) for effect in found] == [
        effects.BindPod,
        effects.RecordAttempt,
        effects.IngestTail,
    ]
    after = replace(snap, tails=frozenset({left.uid}), bound={left.uid})
    assert of_type(planned(after), effects.RecordEnd)


def test_a_pod_may_report_as_soon_as_it_is_seen():
    snap = one(TrialRecord(0), jobs=(job(0),), pods=(pod(0, phase="Pending"),), bound=frozenset())
    assert of_type(planned(snap), effects.BindPod) == [effects.BindPod(0, "s-0", "s-0-x", "p0")]


def test_a_pod_of_a_foreign_job_may_not_report():
    foreign = pod(0, job_uid="someone else's")
    snap = one(TrialRecord(0), jobs=(job(0),), pods=(foreign,), bound=frozenset())
    assert of_type(planned(snap), effects.BindPod) == []


def test_a_pruned_trial_loses_its_pods_before_its_job_and_its_ending_comes_last():
    snap = one(replace(REPORTED, prune=prune_decision(0)), jobs=(job(0),), pods=(pod(0),))
    found = of_type(planned(snap), effects.DeleteWorkload, effects.DeletePod, effects.RecordEnd)
    assert [type(effect) for effect in found] == [effects.DeletePod, effects.DeleteWorkload]
    assert [effect.uid for effect in found] == ["p0", "j0"]


def test_a_trial_that_is_ended_by_the_operator_has_its_ending_recorded_before_its_job_is_deleted():
    limited = study(trials={"max": 1, "parallelism": 1, "timeLimitSeconds": 30})
    snap = one(jobs=(job(0),), pods=(pod(0),), study_=limited)
    found = planned(snap)
    assert of_type(found, effects.RecordEnd)
    assert not of_type(found, effects.DeleteWorkload)
    end = of_type(found, effects.RecordEnd)[0].end
    after = replace(snap, record=record(replace(REPORTED, end=end)))
    assert of_type(planned(after), effects.DeleteWorkload, effects.DeletePod) == [
        effects.DeletePod("s-0-x", "p0", 10),
        effects.DeleteWorkload(0, "s-0", "j0", KIND),
    ]


ENDED_BY_THE_OPERATOR = {
    "pruned": replace(REPORTED, prune=prune_decision(0)),
    "over with its study": replace(REPORTED, end=End("StudyEnded", "", TrialState.FAILED, NOW)),
    "at its limit": replace(REPORTED, end=End("TimeLimitExceeded", "", TrialState.FAILED, NOW)),
}


@pytest.mark.parametrize("known", ENDED_BY_THE_OPERATOR.values(), ids=ENDED_BY_THE_OPERATOR)
@pytest.mark.parametrize(("wanted", "sent"), [(0, 1), (1, 1), (45, 45)])
def test_what_the_operator_ends_has_the_time_that_the_study_gives(known, wanted, sent):
    given = study(pruning={"gracePeriodSeconds": wanted})
    found = planned(one(known, jobs=(job(0),), pods=(pod(0),), study_=given))
    assert of_type(found, effects.DeletePod) == [effects.DeletePod("s-0-x", "p0", sent)]


def test_a_pod_whose_trial_somebody_deleted_keeps_its_own_time():
    known = replace(REPORTED, end=End("DeletedByUser", "", TrialState.FAILED, NOW))
    found = planned(one(known, pods=(pod(0),)))
    assert of_type(found, effects.DeletePod) == [effects.DeletePod("s-0-x", "p0", None)]


@pytest.mark.parametrize(
    ("left", "again"), [(300, True), (46, True), (45, False), (1, False), (None, False)]
)
def test_a_pod_that_leaves_already_is_deleted_again_only_where_that_makes_it_go_sooner(left, again):
    given = study(pruning={"gracePeriodSeconds": 45})
    known = replace(REPORTED, prune=prune_decision(0))
    snap = one(known, pods=(pod(0, deleting=True, grace=left),), study_=given)
    assert bool(of_type(planned(snap), effects.DeletePod)) == again


def test_the_job_of_a_completed_trial_is_kept_with_its_log():
    done = replace(REPORTED, end=End("Completed", "", TrialState.COMPLETED, NOW))
    snap = one(done, jobs=(job(0, complete=True),), pods=(over(0),))
    assert of_type(planned(snap), effects.DeleteWorkload, effects.DeletePod) == []


def test_a_trainer_that_exits_0_when_it_is_evicted_runs_again_under_a_new_job():
    gone = over(0, disruption="EvictionByEvictionAPI")
    snap = one(jobs=(job(0, complete=True),), pods=(gone,))
    found = planned(snap)
    assert of_type(found, effects.RecordEnd) == []
    (again,) = of_type(found, effects.CreateWorkload)
    assert again.body["metadata"]["name"] == "s-0-r1"


def test_gpu_time_is_what_the_pods_held():
    spans = {"p0": Span(held=39.0, ran=29.0)}
    done = one(jobs=(job(0, complete=True),), pods=(over(0),), spans=spans)
    (end,) = of_type(planned(done), effects.RecordEnd)
    assert (end.end.gpu_seconds, end.end.held) == (2 * 39, 39)
    seen = AttemptRecord(1, "p0", gpus=2.0, held=40.0)
    pruned = replace(REPORTED, prune=prune_decision(0, step=4), attempts=(seen,))
    (end,) = of_type(planned(one(pruned, absent=NO_JOB)), effects.RecordEnd)
    assert (end.end.gpu_seconds, end.end.held) == (2 * 40, 40)


def test_progress_is_written_at_most_every_ten_seconds():
    snap = one(jobs=(job(0),), pods=(pod(0),))
    (first,) = of_type(planned(snap), effects.WriteTrialStatus)
    assert first.status["phase"] == "Running"
    view = trial(0, status=dict(first.status), status_written_at=NOW)
    further = replace(REPORTED, step=6, latest=0.95)
    ran = {"p0": Span(held=41.0, ran=31.0)}
    again = one(further, jobs=(job(0),), pods=(pod(0),), view=view, spans=ran)
    assert of_type(planned(again, NOW + 1), effects.WriteTrialStatus) == []
    assert effects.Wake(NOW + 15.5) in planned(again, NOW + 1), "half of 31 s"
    (later,) = of_type(planned(again, NOW + 31), effects.WriteTrialStatus)
    assert later.status["step"] == 6


def test_a_status_that_says_all_is_not_written_again():
    snap = one(jobs=(job(0),), pods=(pod(0),))
    (write,) = of_type(planned(snap), effects.WriteTrialStatus)
    view = trial(0, status=dict(write.status), status_written_at=NOW)
    assert (
        of_type(planned(one(jobs=(job(0),), pods=(pod(0),), view=view)), effects.WriteTrialStatus)
        == []
    )


def test_a_diverged_value_is_absent_from_the_status():
    nan = replace(REPORTED, latest=float("nan"))
    (write,) = of_type(planned(one(nan, jobs=(job(0),), pods=(pod(0),))), effects.WriteTrialStatus)
    assert "latest" not in write.status
    assert write.status["best"] == 0.9


def test_an_ending_that_only_the_status_knows_is_believed():
    told = {"conditions": [{"type": "Finished", "status": "True", "reason": "Completed"}]}
    snap = one(TrialRecord(0), view=trial(0, status=told), jobs=(job(0, complete=True),))
    found = planned(snap)
    assert of_type(found, effects.RecordEnd, effects.CreateWorkload) == []


JOB = effects.LookFor(0, "jobs", "s-0")
NOT_SEEN = {
    "no Job of a trial that has run": (one(), [JOB]),
    "no Job of a trial whose pod runs": (one(pods=(pod(0),)), [JOB]),
    "no Job of a pruned trial": (one(replace(REPORTED, prune=prune_decision(0))), [JOB]),
    "neither the Job nor the rerun whose pod runs": (
        one(pods=(pod(0, job_name="s-0-r1"),)),
        [JOB, effects.LookFor(0, "jobs", "s-0-r1")],
    ),
    "no pod of a complete Job in the middle of its steps": (
        one(jobs=(job(0, complete=True),)),
        [effects.LookFor(0, "pods of", "s-0")],
    ),
    "no Trial": (one(view=False), [effects.LookFor(0, "trials", "s-0")]),
}


@pytest.mark.parametrize("case", NOT_SEEN, ids=list(NOT_SEEN))
def test_what_is_not_seen_is_asked_for_and_ends_nothing(case):
    snap, looked_for = NOT_SEEN[case]
    found = planned(snap)
    assert of_type(found, effects.LookFor) == looked_for
    assert not of_type(found, effects.RecordEnd, effects.DeletePod, effects.DeleteWorkload)


def test_a_job_that_an_etcd_restore_took_away_is_made_again():
    snap = one(restored={("jobs", "s-0")})
    found = planned(snap)
    assert [effect.number for effect in of_type(found, effects.CreateWorkload)] == [0]
    assert not of_type(found, effects.RecordEnd, effects.LookFor)


def test_a_job_called_like_a_later_one_takes_no_running_ones_place():
    forged = job(0, uid="j9", name="s-0-r1", created_at=NOW)
    (standing,) = gather(one(jobs=(job(0), forged), pods=(pod(0),)))
    assert standing.workload.uid == "j0"
    over_ = job(0, complete=True)
    (standing,) = gather(one(jobs=(over_, forged)))
    assert standing.workload.uid == "j9"


RUN_AGAIN = {
    "drained with exit code 0": (over(0, disruption="EvictionByEvictionAPI"),),
    "deleted by a person with exit code 0": (over(0, deleting=True),),
    "known to be gone, in the middle of its steps": (),
}
NO_PODS = {("pods of", "s-0"): "a list has none"}


@pytest.mark.parametrize("case", RUN_AGAIN, ids=list(RUN_AGAIN))
def test_a_complete_job_whose_trainer_was_stopped_is_run_again_in_its_own_slot(case):
    snap = one(jobs=(job(0, complete=True),), pods=RUN_AGAIN[case], absent=NO_PODS)
    found = planned(snap)
    (made,) = of_type(found, effects.CreateWorkload)
    assert made.body["metadata"]["name"] == "s-0-r1"
    assert not of_type(found, effects.RecordEnd)
    (standing,) = gather(snap)
    assert standing.holds_slot
    at_the_end = one(
        replace(REPORTED, step=10), jobs=(job(0, complete=True),), pods=RUN_AGAIN[case]
    )
    (end,) = of_type(planned(at_the_end), effects.RecordEnd)
    assert end.end.reason == "Completed"


def test_nothing_is_run_again_while_the_study_is_suspended():
    drained = over(0, disruption="EvictionByEvictionAPI")
    held = study(suspend=True, trials={"max": 1, "parallelism": 1})
    found = planned(one(jobs=(job(0, complete=True),), pods=(drained,), study_=held))
    assert not of_type(found, effects.CreateWorkload, effects.RecordEnd)


@pytest.mark.parametrize("jobs", [{}, {"jobs": []}, {"jobs": ["j0"]}])
def test_a_trial_whose_status_says_all_is_not_written_again(jobs):
    started = trial(0, status=jobs)
    snap = one(SILENT, jobs=(job(0),), view=started)
    (write,) = of_type(planned(snap), effects.WriteTrialStatus)
    said = trial(0, status=merged(jobs, write.status))
    assert said.status["jobs"] == ["j0"]
    again = one(SILENT, jobs=(job(0),), view=said)
    assert not of_type(planned(again), effects.WriteTrialStatus)


def test_a_trial_that_waits_is_not_written_again_for_the_jobs_it_has_not():
    wide = study(trials={"max": 1, "parallelism": 0})
    waits = trial(0, status={"jobs": []})
    (write,) = of_type(
        planned(one(TrialRecord(0), view=waits, study_=wide)), effects.WriteTrialStatus
    )
    said = trial(0, status=merged(waits.status, write.status))
    found = planned(one(TrialRecord(0), view=said, study_=wide), now=NOW + 3600)
    assert not of_type(found, effects.WriteTrialStatus)
