"""Laws over the product of all that can be seen of a trial's end, by an oracle of its own.

What befell the attempt × how its trainer ended × whether somebody deleted the pod × the container
beside it × what the Job says × whether the operator saw it in time × steps × retries.
"""

import itertools
from dataclasses import dataclass

import pytest

from espalier.planning import effects
from espalier.planning.world.record import AttemptRecord, TrialRecord
from tests.planning.worlds import (
    NOW,
    container,
    ended,
    job,
    of_type,
    planned,
    pod,
    record,
    snapshot,
    study,
    trial,
)

# How the trainer's container ended: exit code, reason, message.
TRAINER = {
    "runs": None,
    "exits 0": (0, "Completed", ""),
    "exits 0, killed for memory": (0, "OOMKilled", ""),
    "exits 1": (1, "Error", "boom"),
    "killed for memory": (137, "OOMKilled", ""),
    "killed": (137, "Error", ""),
    "has no command": (128, "StartError", "exec: /no: not found"),
    "cannot be started": (128, "StartError", "no driver"),
    "lost by its node": (137, "ContainerStatusUnknown", ""),
}
CLUSTER = ("nothing", "evicted", "evicted after the end", "pressure", "refused", "deadline")
DELETED = ("never", "before the end", "after the end")
BESIDE = ("nothing", "runs on", "fails")
JOB = ("runs", "complete", "failed", "gone")
SEEN = ("pod", "record", "both", "neither")
FAULTLESS = {"Evicted", "Preempted", "NodeLost", "NodePressure", "KubeletRefused", "PodDeleted"}
COUNTED = {"TrainerFailed", "OutOfMemory", "StartFailed", "BadCommand"}
END = NOW - 60
"""When the trainer ended: long ago, so that no grace is left."""


@dataclass(frozen=True)
class Case:
    trainer: str
    cluster: str
    deleted: str
    beside: str
    job: str
    seen: str
    steps: int
    retries: int

    @property
    def exit(self):
        return TRAINER[self.trainer]

    @property
    def told(self):
        """Whether its pod was told to end before its trainer had."""
        ends = {"evicted", "pressure", "deadline", "refused"}
        return self.cluster in ends or self.deleted == "before the end"

    @property
    def clean(self):
        return self.trainer == "exits 0" and not self.told

    @property
    def phase(self):
        if self.cluster in ("refused", "pressure", "deadline"):
            return "Failed"
        if self.exit is None:
            return "Running"
        if self.beside == "runs on":
            return "Failed" if self.told else "Running"
        return "Failed" if self.exit[0] or self.beside == "fails" else "Succeeded"

    @property
    def possible(self):
        if self.cluster == "refused" and (
            self.trainer != "runs" or self.beside != "nothing" or self.deleted != "never"
        ):
            return False
        if self.trainer == "runs" and (
            self.cluster in ("evicted after the end", "pressure", "deadline")
            or self.deleted == "after the end"
        ):
            return False
        if self.cluster == "evicted after the end" and self.deleted == "before the end":
            return False
        if self.job == "complete":
            return self.phase == "Succeeded"
        if self.job == "failed":
            return self.phase == "Failed"
        return True

    @property
    def known(self):
        """Whether anything was seen of the attempt's end."""
        return self.seen != "neither" and (self.exit is not None or self.cluster == "refused")


def pod_of(case):
    if case.cluster == "refused":
        return pod(
            0,
            phase="Failed",
            containers={},
            sidecar=None,
            disruption="OutOfcpu",
            reason="OutOfcpu",
        )
    if case.exit is None:
        trainer = container()
    else:
        code, reason, said = case.exit
        trainer = ended(
            code=code, exit_reason=reason, exit_message=said, started_at=END - 60, finished_at=END
        )
    beside = {
        "nothing": (),
        "runs on": (container("proxy") if case.phase == "Running" else ended("proxy", 137),),
        "fails": (ended("proxy", 1),),
    }[case.beside]
    over = case.phase != "Running"
    changes = {"sidecar": ended("espalier-sidecar") if over else container("espalier-sidecar")}
    if case.cluster.startswith("evicted"):
        late = "after" in case.cluster
        changes |= {
            "disruption": "EvictionByEvictionAPI",
            "disrupted_at": END + 30 if late else END - 10,
        }
    if case.cluster == "pressure":
        changes |= {"disruption": "TerminationByKubelet", "disrupted_at": END - 10}
        changes |= {"reason": "Evicted"}
    if case.cluster == "deadline":
        changes |= {"reason": "DeadlineExceeded"}
    if case.deleted != "never":
        before = case.deleted == "before the end"
        changes |= {"deleting": True, "deleting_since": END - 10 if before else END + 30}
    return pod(0, trainer, *beside, phase=case.phase, **changes)


def attempt_of(case):
    """Return what an operator that was up has recorded."""
    disruption = {"evicted": "EvictionByEvictionAPI", "pressure": "TerminationByKubelet"}
    code, reason = (case.exit[0], case.exit[1]) if case.exit else (None, "")
    return AttemptRecord(
        1,
        "p0",
        pod="s-0-x",
        job_uid="j0",
        ran=0.0 if case.cluster == "refused" or "no command" in case.trainer else 30.0,
        disruption="OutOfcpu" if case.cluster == "refused" else disruption.get(case.cluster, ""),
        deleted=case.deleted == "before the end" and case.cluster in ("nothing", "refused"),
        exit_code=code,
        exit_reason="DeadlineExceeded" if case.cluster == "deadline" else reason,
        over=case.phase != "Running",
    )


STUDIES = {
    retries: study(trials={"max": 1, "parallelism": 1, "retries": retries, "timeLimitSeconds": 10})
    for retries in (0, 1)
}


def world_of(case):
    records = (attempt_of(case),) if case.seen in ("record", "both") else ()
    pods = (pod_of(case),) if case.seen in ("pod", "both") else ()
    jobs = {
        "runs": (job(0),),
        "complete": (job(0, complete=True),),
        "failed": (job(0, failed=True, reason="BackoffLimitExceeded"),),
        "gone": (),
    }[case.job]
    absent = {("jobs", "s-0"): "it is gone"} if case.job == "gone" else {}
    if not pods:
        absent["pods of", "s-0"] = "they are gone"
    known = TrialRecord(
        0, attempt=1, step=case.steps, latest=0.9, best=0.9, best_step=1, attempts=records
    )
    return snapshot(
        STUDIES[case.retries],
        record=record(known),
        trials=(trial(0),),
        jobs=jobs,
        pods=pods,
        sampled=1,
        absent=absent,
    )


def result(case):
    """Return the reason with which the trial ends, and whether another Job is made."""
    found = planned(world_of(case))
    ends = [effect.end.reason for effect in of_type(found, effects.RecordEnd)]
    assert len(ends) <= 1
    return (ends[0] if ends else None), bool(of_type(found, effects.CreateWorkload)), found


def check(case):
    reason, again, found = result(case)
    assert not (reason and again), "it ends and runs again"
    live = case.seen in ("pod", "both") and case.phase == "Running"
    assert not (again and live), "two pods at once"
    if reason == "Completed":
        known_clean = case.clean and case.known
        assert known_clean or case.steps == 10, "cut short, and called Completed"
        if case.steps < 10:
            assert case.trainer == "exits 0"
    if reason in COUNTED:
        assert case.known
        assert case.cluster not in ("evicted", "pressure", "refused"), "the cluster's fault"
        assert case.deleted != "before the end", "somebody else's fault"
        assert case.trainer != "lost by its node", "the node's fault"
        assert not case.clean
    if reason == "TimeLimitExceeded":
        runs = case.trainer == "runs" and live
        assert runs or case.cluster == "deadline", "it had ended"
    if reason == "DeletedByUser":
        assert case.job == "gone"
        assert case.deleted == "before the end"
        assert case.seen != "neither"
    if reason in FAULTLESS:
        pytest.fail("given up after one disruption")
    if case.clean and case.known and (case.job in ("complete", "gone") or case.beside != "nothing"):
        assert reason == "Completed"
    if case.seen == "neither" and case.steps < 10 and case.job in ("complete", "failed"):
        assert again, "what nobody saw is run again"
    if case.job == "gone" and reason is None:
        # Only a pod that runs without its Job leaves anything to wait for.
        pytest.fail("a trial without its Job goes on")
    _check_own_failure(case, reason, again)
    _check_status(case, found)


def _check_own_failure(case, reason, again):
    own = case.known and not case.told and case.trainer in ("exits 1", "killed for memory")
    if not own or case.job != "failed":
        return
    if case.retries:
        assert again
    else:
        assert reason == ("TrainerFailed" if case.trainer == "exits 1" else "OutOfMemory")


def _check_status(case, found):
    for write in of_type(found, effects.WriteTrialStatus):
        for each in write.status.get("conditions", ()):
            if each["type"] == "Finished" and case.clean and case.known:
                assert each["reason"] != "Retrying", "it ended well"
            if each["type"] == "Started" and case.cluster == "refused" and case.steps == 0:
                assert each["status"] == "False", "no trainer ran"


def cases(which_job, seen):
    every = itertools.product(
        TRAINER, CLUSTER, DELETED, BESIDE, (which_job,), (seen,), (5, 10), (0, 1)
    )
    return [case for each in every if (case := Case(*each)).possible]


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("which_job", JOB)
def test_an_ending_obeys_the_laws_whatever_is_seen_of_it(which_job, seen):
    for case in cases(which_job, seen):
        try:
            check(case)
        except (AssertionError, pytest.fail.Exception) as error:
            raise AssertionError(f"{case}: {error}") from error


@pytest.mark.parametrize("which_job", JOB)
def test_what_was_recorded_ends_a_trial_as_its_pod_would_have(which_job):
    """An operator that was up when it happened and one that finds the pod say the same."""
    for case in cases(which_job, "pod"):
        code = case.exit and case.exit[1]
        words_lie_in_the_pod = code == "StartError" or (
            case.beside == "fails" and case.trainer != "exits 0"
        )
        if case.phase == "Running" or words_lie_in_the_pod:
            continue
        recorded = Case(**{**vars(case), "seen": "both"})
        gone = Case(**{**vars(case), "seen": "record"})
        assert result(case)[:2] == result(recorded)[:2], case
        if which_job in ("complete", "failed", "gone"):
            assert result(case)[:2] == result(gone)[:2], case


def test_the_table_is_not_empty_and_reaches_every_law():
    every = [case for which in JOB for seen in SEEN for case in cases(which, seen)]
    assert len(every) > 3000
    reasons = {result(case)[0] for case in every[:: max(1, len(every) // 1500)]}
    assert reasons >= {None, "Completed", "TimeLimitExceeded", "DeletedByUser", "JobGone"}
    assert reasons & COUNTED
