"""Whose a Job or pod is: each link by kind and uid, in one namespace."""

import pytest

from espalier.engine.control.kinship import Kin, Kinship
from espalier.planning.workload.job import JOB as KIND

KIN = Kin("study", "n", "s-0", 0)


def obj(name, uid, owner=None, namespace="n", **more):
    """Return an object; ``owner`` is (apiVersion, kind, uid) of its controller."""
    labels = {"espalier.dev/study": "s"}
    metadata = {"name": name, "uid": uid, "namespace": namespace, "labels": labels}
    if owner is not None:
        api, kind, owner_uid = owner
        reference = {"apiVersion": api, "kind": kind, "name": "x", "uid": owner_uid}
        metadata["ownerReferences"] = [{**reference, "controller": True}]
    return {"metadata": metadata, **more}


STUDY = ("espalier.dev/v1alpha1", "Study", "study")
TRIAL = ("espalier.dev/v1alpha1", "Trial", "trial")
JOB = ("batch/v1", "Job", "job")


def known(jobs=(), **trial):
    """Return what is known when a Trial was learnt, whose status names these Jobs."""
    kinship = Kinship()
    status = {"jobs": list(jobs)}
    assert kinship.learn(obj("s-0", "trial", STUDY, status=status, **trial), "study", 0)
    return kinship


def test_a_chain_of_uids_in_one_namespace_makes_kin():
    kinship = known()
    assert kinship.of_workload(KIND, obj("s-0", "job", TRIAL)) == KIN
    assert kinship.of_pod(obj("s-0-x", "pod", JOB)) == KIN


def test_a_rerun_is_kin_only_if_the_operator_made_it():
    kinship = known()
    rerun = obj("s-0-r3", "rerun", TRIAL)
    assert kinship.of_workload(KIND, rerun) is None
    kinship.made(rerun)
    assert kinship.of_workload(KIND, rerun) == KIN
    assert known(jobs=["job", "rerun"]).of_workload(KIND, rerun) == KIN


STRANGERS = {
    "no controller": obj("s-0", "job"),
    "another kind of controller": obj("s-0", "job", ("apps/v1", "Deployment", "trial")),
    "another group's Trial": obj("s-0", "job", ("example.org/v1", "Trial", "trial")),
    "another uid": obj("s-0", "job", ("espalier.dev/v1alpha1", "Trial", "other")),
    "another namespace": obj("s-0", "job", TRIAL, namespace="m"),
    "a name that the operator gives no Job": obj("evil", "job", TRIAL),
    "the name of another trial's Job": obj("s-1", "job", TRIAL),
    "an ordinal that is none": obj("s-0-r0", "job", TRIAL),
}


@pytest.mark.parametrize("case", STRANGERS, ids=list(STRANGERS))
def test_a_job_with_a_broken_chain_is_nobodys_and_nor_is_its_pod(case):
    kinship = known()
    assert kinship.of_workload(KIND, STRANGERS[case]) is None
    assert kinship.of_pod(obj("x", "pod", JOB)) is None


def test_a_pod_whose_controller_is_no_job_of_ours_is_nobodys():
    kinship = known()
    kinship.of_workload(KIND, obj("s-0", "job", TRIAL))
    assert kinship.of_pod(obj("x", "pod")) is None
    assert kinship.of_pod(obj("x", "pod", ("batch/v1", "Job", "other"))) is None
    assert kinship.of_pod(obj("x", "pod", ("apps/v1", "ReplicaSet", "job"))) is None
    assert kinship.of_pod(obj("x", "pod", JOB, namespace="m")) is None


def test_a_pod_without_our_labels_is_nobodys_though_its_controller_is_our_job():
    kinship = known()
    kinship.of_workload(KIND, obj("s-0", "job", TRIAL))
    pod = obj("s-0-x", "pod", JOB)
    assert kinship.of_pod(pod) == KIN
    assert kinship.of_pod({"metadata": {**pod["metadata"], "labels": {}}}) is None


def test_a_trial_without_the_study_as_its_controller_is_nobodys():
    for owner in (None, ("espalier.dev/v1alpha1", "Study", "other"), ("v1", "Study", "study")):
        assert not Kinship().learn(obj("s-0", "trial", owner), "study", 0)


def test_once_the_status_names_the_jobs_no_other_one_counts():
    kinship = known(jobs=["job"])
    assert kinship.of_workload(KIND, obj("s-0", "job", TRIAL)) == KIN
    assert kinship.of_workload(KIND, obj("s-0-r1", "forged", TRIAL)) is None
    kinship.made(obj("s-0-r1", "made", TRIAL))
    assert kinship.of_workload(KIND, obj("s-0-r1", "made", TRIAL)) == KIN


def test_a_job_that_counted_until_the_status_said_otherwise_counts_no_more():
    kinship = known()
    forged = obj("s-0", "forged", TRIAL)
    assert kinship.of_workload(KIND, forged) == KIN
    kinship.learn(obj("s-0", "trial", STUDY, status={"jobs": ["job"]}), "study", 0)
    assert kinship.of_workload(KIND, forged) is None
    assert kinship.of_pod(obj("x", "pod", ("batch/v1", "Job", "forged"))) is None


def test_what_belonged_to_a_study_is_forgotten_with_it():
    kinship = known()
    kinship.made(obj("s-0", "job", TRIAL))
    kinship.of_workload(KIND, obj("s-0", "job", TRIAL))
    kinship.forget_study("other")
    assert len(kinship) == 3
    kinship.forget_study("study")
    assert len(kinship) == 0
