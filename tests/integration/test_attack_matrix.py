"""Who can write what into the objects that Espalier reads: kind, forged field, namespace, rights.

Every object is shown to a real API server as a real user. What is let through is inert: the code
believes only what is refused here.
"""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.studies import good_study
from tests.chart.apiserver import wait_until
from tests.integration.api_server import api_server
from tests.integration.policies import Guarded, guarded, warnings

LABELS = {
    "espalier.dev/study": "plain",
    "espalier.dev/study-uid": "u-1",
    "espalier.dev/trial": "plain-0",
    "espalier.dev/trial-number": "0",
}
UID = "00000000-0000-0000-0000-000000000001"


def owner(kind: str, api_version: str, name: str = "plain-0", **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": name,
        "uid": UID,
        "controller": True,
        **more,
    }


BY_TRIAL = [owner("Trial", "espalier.dev/v1alpha1")]
BY_STUDY = [owner("Study", "espalier.dev/v1alpha1", "plain")]
BY_JOB = [owner("Job", "batch/v1")]
POD = {"containers": [{"name": "c", "image": "x"}], "restartPolicy": "Never"}


def study(meta: dict[str, Any] | None = None, status: Any = None, **template: Any) -> Any:
    made = good_study("a-study")
    made["metadata"].update(meta or {})
    made["spec"]["template"].update(copy.deepcopy(template))
    return {**made, "status": status} if status else made


def trial(meta: dict[str, Any] | None = None, status: Any = None, **spec: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Trial",
        "metadata": {"name": "a-trial", **(meta or {})},
        "spec": {"study": {"name": "plain"}, "parameters": {"lr": 0.1}, **spec},
    }
    return {**made, "status": status} if status else made


def job(meta: dict[str, Any] | None = None, name: str = "a-job") -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, **(meta or {})},
        "spec": {"template": {"metadata": {"labels": {"a": "b"}}, "spec": POD}},
    }


def pod(meta: dict[str, Any] | None = None, name: str = "a-pod") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, **(meta or {})},
        "spec": copy.deepcopy(POD),
    }


NOT_A_TRIALS = "only Espalier's operator may write"
NOT_A_PODS = "only the Job controller creates such pods"
TAKEN = ""
DEEP: Any = "x"
for _ in range(40):
    DEEP = [DEEP]

FORGERIES: dict[str, tuple[dict[str, Any], str]] = {
    # what is refused
    "Trial number": (trial(number=5), "spec.number is for the operator"),
    "Trial that is a repeat": (
        trial(repeat={"of": 0, "index": 1}),
        "spec.repeat is for the operator",
    ),
    "Trial number far away": (trial(number=99_999), "spec.number is for the operator"),
    "Trial number that no store holds": (trial(number=10**18), "less than or equal to 999999"),
    "Trial uid": (trial(study={"name": "plain", "uid": UID}), "spec.study.uid is for the operator"),
    "Trial owner": (
        trial({"ownerReferences": BY_STUDY}),
        "names a Study as the Trial's controller",
    ),
    "Trial labels": (trial({"labels": LABELS}), "are for the operator to write"),
    "Trial one label": (
        trial({"labels": {"espalier.dev/trial-number": "5"}}),
        "are for the operator to write",
    ),
    "Trial parameter name": (trial(parameters={"x=y": 1}), "the names in spec.parameters"),
    "Trial parameter name of a line": (
        trial(parameters={"lr\n": 1}),
        "the names in spec.parameters",
    ),
    "Trial parameter value": (trial(parameters={"lr": "a\nb"}), "should match"),
    "Study finalizers of the pods": (
        study(metadata={"finalizers": ["a/b"]}),
        "spec.template.metadata may have labels and annotations",
    ),
    "Study owner of the pods": (
        study(metadata={"ownerReferences": BY_TRIAL}),
        "spec.template.metadata may have labels and annotations",
    ),
    "Study template beyond every size": (study(x="y" * 70_000), "spec.template is too large: 70"),
    "Study template without bottom": (study(x=DEEP), "must have at most 0 items"),
    "Job owner": (job({"ownerReferences": BY_TRIAL}), NOT_A_TRIALS),
    "Job owner and labels": (job({"ownerReferences": BY_TRIAL, "labels": LABELS}), NOT_A_TRIALS),
    "Job owner of another version": (
        job({"ownerReferences": [owner("Trial", "espalier.dev/v2")]}),
        NOT_A_TRIALS,
    ),
    "Pod labels and owner": (pod({"labels": LABELS, "ownerReferences": BY_JOB}), NOT_A_PODS),
    "Pod one label and owner": (
        pod({"labels": {"espalier.dev/study": "plain"}, "ownerReferences": BY_JOB}),
        NOT_A_PODS,
    ),
    "Pod labels and the label by which a Job takes it": (
        pod({"labels": {**LABELS, "batch.kubernetes.io/controller-uid": UID}}),
        NOT_A_PODS,
    ),
    "Pod labels and the old label by which a Job takes it": (
        pod({"labels": {**LABELS, "controller-uid": UID}}),
        NOT_A_PODS,
    ),
    # what is inert
    "Trial": (trial(), TAKEN),
    "Trial status": (trial(status={"number": 3, "phase": "Completed"}), TAKEN),
    "Trial other label": (trial({"labels": {"team": "a"}}), TAKEN),
    "Study": (study(), TAKEN),
    "Study labels": (study({"labels": LABELS}), TAKEN),
    "Study status": (study(status={"active": 3}), TAKEN),
    "Study labels of the pods": (study(metadata={"labels": LABELS}), TAKEN),
    "Study null in the pods' metadata": (study(metadata={"creationTimestamp": None}), TAKEN),
    "Job": (job(), TAKEN),
    "Job labels": (job({"labels": LABELS}), TAKEN),
    "Job status": ({**job(), "status": {"succeeded": 1}}, TAKEN),
    "Job labels and another owner": (
        job({"labels": LABELS, "ownerReferences": [owner("CronJob", "batch/v1")]}),
        TAKEN,
    ),
    "Job owned but not controlled": (
        job({"ownerReferences": [owner("Trial", "espalier.dev/v1alpha1", controller=False)]}),
        TAKEN,
    ),
    "Pod": (pod(), TAKEN),
    "Pod labels": (pod({"labels": LABELS}), TAKEN),
    "Pod owner": (pod({"ownerReferences": BY_JOB}), TAKEN),
    "Pod labels and another owner": (
        pod({"labels": LABELS, "ownerReferences": [owner("ReplicaSet", "apps/v1")]}),
        TAKEN,
    ),
    "Pod owned by a Trial": (pod({"labels": LABELS, "ownerReferences": BY_TRIAL}), TAKEN),
}

RIGHTS = {
    "viewer": set(),
    "podder": {"Pod"},
    "jobber": {"Job"},
    "editor": {"Study", "Trial", "Job", "Pod"},
    "admin": {"Study", "Trial", "Job", "Pod"},
}


def may_create(name: str, namespace: str, group: str, resource: str) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name, "namespace": namespace},
        "rules": [
            {"apiGroups": [group], "resources": [resource], "verbs": ["create", "patch", "get"]}
        ],
    }


@pytest.fixture(scope="module")
def guard(control_plane: Path) -> Iterator[Guarded]:
    """The chart's policies, five users with rights in one namespace, and a Study there."""
    with api_server(control_plane), guarded(control_plane) as made:
        for name, group, resource in (
            ("podder", "", "pods"),
            ("jobber", "batch", "jobs"),
            ("keeper", "espalier.dev", "trials"),
        ):
            role = may_create(name, made.own, group, resource)
            made.server.must("apply", "-f", "-", stdin=role)
            made.bind(name, name, "Role")
        for user, role in (("viewer", "view"), ("editor", "edit"), ("admin", "admin")):
            made.bind(user, role)
        editor = made.user("editor")
        wait_until("the aggregated roles", lambda: told(made, editor, trial()) == TAKEN)
        wait_until("the policies", lambda: bool(told(made, editor, trial(number=5))))
        yield made


def told(guard: Guarded, user: str, found: dict[str, Any]) -> str:
    """Return what the API server has against an object of a user."""
    placed = copy.deepcopy(found)
    placed["metadata"]["namespace"] = guard.own
    return guard.server.create_as(user, placed, "--dry-run=server")


@pytest.mark.parametrize("forged", FORGERIES)
@pytest.mark.parametrize("user", RIGHTS)
def test_an_object_is_refused_or_inert_whoever_writes_it(guard, user, forged):
    found, says = FORGERIES[forged]
    said = told(guard, guard.user(user), found)
    if found["kind"] not in RIGHTS[user]:
        assert "cannot create resource" in said
    elif says == TAKEN:
        assert said == TAKEN
    else:
        assert says in " ".join(said.split())


@pytest.mark.parametrize("user", RIGHTS)
def test_nobody_reaches_into_another_namespace(guard, user):
    shown = [copy.deepcopy(found) for found, _ in FORGERIES.values()]
    for found in shown:
        found["metadata"]["namespace"] = guard.other
    where = ("create", "--dry-run=server", f"--as={guard.user(user)}", "-f", "-")
    said = guard.server.kubectl(*where, stdin=shown).stderr
    assert said.count("cannot create resource") == len(FORGERIES)


def test_the_api_server_finds_no_fault_with_the_policies(guard):
    assert warnings(guard.server, guard.system) == {}


@pytest.mark.parametrize("kind", ["Trial", "Study", "Job"])
def test_a_status_that_is_written_at_creation_is_dropped(guard, kind):
    found = copy.deepcopy(FORGERIES[f"{kind} status"][0])
    found["metadata"] = {"name": f"honest-{kind.lower()}", "namespace": guard.own}
    assert guard.server.create_as(guard.user("editor"), found) == TAKEN
    made = guard.server.get(kind, found["metadata"]["name"], "-n", guard.own)
    assert made is not None
    forged = FORGERIES[f"{kind} status"][0]["status"]
    assert not forged.items() & (made.get("status") or {}).items()


@pytest.fixture(scope="module")
def changed(guard: Guarded) -> Guarded:
    """A Job with its pod, a pod and a Trial, to be patched."""
    for found in (
        job(name="changed"),
        pod({"labels": LABELS}, name="labelled"),
        trial({"name": "changed"}),
    ):
        found["metadata"]["namespace"] = guard.own
        assert guard.server.create_as(guard.user("editor"), found) == TAKEN
    wait_until("the Job's pod", lambda: pod_of_job(guard) != "")
    return guard


def pod_of_job(guard: Guarded) -> str:
    """Return the name of the pod that the Job controller made."""
    where = ("pods", "-n", guard.own, "-l", "job-name=changed", "-o", "name")
    return guard.server.must("get", *where).strip()


PROTECTED = {"espalier.dev/protect": "true"}


class TestChanges:
    """What could not be created cannot be patched into what could."""

    @pytest.mark.parametrize(
        ("user", "name", "change", "says"),
        [
            ("editor", "job/changed", {"ownerReferences": BY_TRIAL}, NOT_A_TRIALS),
            ("jobber", "job/changed", {"ownerReferences": BY_TRIAL}, NOT_A_TRIALS),
            ("editor", "pod/labelled", {"ownerReferences": BY_JOB}, NOT_A_PODS),
            ("podder", "pod/labelled", {"ownerReferences": BY_JOB}, NOT_A_PODS),
            ("editor", "pod/labelled", {"labels": {"controller-uid": UID}}, NOT_A_PODS),
            ("editor", "the pod of job/changed", {"labels": LABELS}, NOT_A_PODS),
            ("keeper", "trial/changed", {"ownerReferences": BY_STUDY}, "Trial's controller"),
            ("keeper", "trial/changed", {"labels": LABELS}, "are for the operator to write"),
            ("editor", "trial/changed", {"labels": LABELS}, "are for the operator to write"),
            ("editor", "trial/changed", {"ownerReferences": BY_STUDY}, "Trial's controller"),
            ("editor", "trial/changed", {"annotations": PROTECTED}, TAKEN),
            ("editor", "job/changed", {"labels": LABELS}, TAKEN),
            ("editor", "the pod of job/changed", {"labels": {"team": "a"}}, TAKEN),
            ("keeper", "trial/changed", {"labels": {"team": "a"}}, TAKEN),
        ],
        ids=str,
    )
    def test_a_patch_gets_no_further(self, changed, user, name, change, says):
        name = pod_of_job(changed) if name.startswith("the ") else name
        said = changed.server.patch_as(changed.user(user), changed.own, name, {"metadata": change})
        assert says in " ".join(said.split())
        assert bool(said) == bool(says)


@pytest.fixture(scope="module", params=["serviceAccountName", "serviceAccount"])
def account_field(guard: Guarded, request: pytest.FixtureRequest) -> str:
    """The name of a field by which a Study names a service account that one user may use."""
    field = str(request.param)
    made = study({"name": f"by-{field.lower()}", "namespace": guard.own})
    made["spec"]["template"]["spec"][field] = "robot"
    guard.server.must("apply", "-f", "-", stdin=made)
    role = may_create("robots", guard.own, "", "serviceaccounts")
    role["rules"][0].update(verbs=["use"], resourceNames=["robot"])
    guard.server.must("apply", "-f", "-", stdin=role)
    guard.bind("robots", "robots", "Role")
    guard.bind("robots", "edit")
    wait_until("the Study to be seen", lambda: enqueued(guard, "editor", field) != TAKEN)
    return field


def enqueued(guard: Guarded, user: str, field: str) -> str:
    """Try to make a Trial of the Study that names its service account by a field."""
    return told(guard, guard.user(user), trial(study={"name": f"by-{field.lower()}"}))


class TestServiceAccount:
    """A Trial runs as its Study's service account, so that it takes the right to use it."""

    @pytest.mark.parametrize("user", ["editor", "admin"])
    def test_one_who_may_not_use_it_runs_nothing_as_it(self, guard, account_field, user):
        said = " ".join(enqueued(guard, user, account_field).split())
        assert f"of its Study, whose {account_field} is robot" in said
        assert f"which {guard.user(user)} may not use: ask for the verb `use`" in said

    def test_one_who_may_use_it_may(self, guard, account_field):
        assert enqueued(guard, "robots", account_field) == TAKEN

    def test_other_studies_of_the_namespace_are_not_asked_about(self, guard, account_field):
        assert told(guard, guard.user("editor"), trial()) == TAKEN
