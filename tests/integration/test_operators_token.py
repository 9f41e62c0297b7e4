"""What the operator's own token can do on a real API server: its work, and nothing besides."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from espalier.planning.workload.building import build_workload
from espalier.planning.workload.trial import build_trial, labels_of, owner
from espalier.planning.world.names import API_VERSION
from tests.api.studies import good_study
from tests.chart.apiserver import ApiServer, wait_until
from tests.integration.api_server import ApiServer as Client
from tests.integration.api_server import api_server
from tests.integration.policies import Guarded, guarded
from tests.planning.worlds import SETTINGS, study, trial

PARAMETERS = {"lr": 0.1}


@pytest.fixture(scope="module")
def guard(control_plane: Path) -> Iterator[Guarded]:
    with api_server(control_plane), guarded(control_plane) as made:
        yield made


@pytest.fixture(scope="module")
def operator(guard: Guarded, tmp_path_factory: pytest.TempPathFactory) -> ApiServer:
    """The API server by the operator's token, once its roles and policies are in force."""
    found = guard.as_operator(tmp_path_factory.mktemp("operator"))
    wait_until("the policies", lambda: "denied request" in tried(found, bare(guard.own)))
    return found


@pytest.fixture(scope="module")
def made(guard: Guarded) -> dict[str, Any]:
    """A Study, its Trial and its Job, as the operator makes them."""
    body = good_study("study")
    body["metadata"]["namespace"] = guard.own
    guard.server.must("create", "-f", "-", stdin=body)
    found = guard.server.get("study", "study", "-n", guard.own)
    assert found is not None
    view = replace(study(), uid=found["metadata"]["uid"], namespace=guard.own, name="study")
    return {"study": view, "trial": build_trial(view, 0, PARAMETERS)}


def job_of(
    made: dict[str, Any], uid: str = "t-0", name: str = "study-0-r9", **pod: Any
) -> dict[str, Any]:
    """The Job of a trial, with some fields of its pod set."""
    view = trial(0, uid=uid, name="study-0", parameters=PARAMETERS)
    job = build_workload(made["study"], view, 0, SETTINGS, name=name)
    job["spec"]["template"]["spec"].update(copy.deepcopy(pod))
    return job


def bare(namespace: str, **pod: Any) -> dict[str, Any]:
    """A Job that is nobody's."""
    spec = {"containers": [{"name": "c", "image": "x"}], "restartPolicy": "Never", **pod}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "bare", "namespace": namespace},
        "spec": {"template": {"spec": spec}},
    }


def tried(server: ApiServer, body: dict[str, Any]) -> str:
    """Return what the API server has against an object, "" if nothing."""
    done = server.kubectl("create", "--dry-run=server", "-f", "-", stdin=body)
    return "" if done.returncode == 0 else " ".join(done.stderr.split())


def test_it_does_its_work(guard, operator, made):
    """In the order of a trial's life."""
    where = ("-n", guard.own)
    operator.must("create", "-f", "-", stdin=made["trial"])
    found = operator.get("trial", "study-0", *where)
    assert found is not None
    operator.must("create", "-f", "-", stdin=job_of(made, found["metadata"]["uid"], "study-0"))
    client = Client(operator.kubeconfig, guard.own)  # kubectl would read a status before it writes
    client.patch("Trial", "study-0", {"status": {"number": 0}}, "status")
    client.patch("Study", "study", {"status": {"active": 1}}, "status")
    client.close()
    wait_until("the Job controller to make the pod", lambda: len(pods(guard)) == 1)
    for suspend in (True, False):
        patch = {
            "metadata": {"annotations": {"espalier.dev/suspended": "true" if suspend else None}},
            "spec": {"suspend": suspend},
        }
        operator.must("patch", "job/study-0", *where, "--type=merge", f"-p={json.dumps(patch)}")
        wait_until("the pod to go or come", lambda n=int(not suspend): len(pods(guard)) == n)
    labels = {"metadata": {"labels": labels_of(made["study"], "study-0", 0)}}
    operator.must("patch", "job/study-0", *where, "--type=merge", f"-p={json.dumps(labels)}")
    operator.must("delete", "job/study-0", *where, "--wait=false")
    wait_until("the Job and its pod to go", lambda: not pods(guard))


def pods(guard: Guarded) -> list[dict[str, Any]]:
    found = guard.server.get("pods", "-n", guard.own) or {"items": []}
    return [pod for pod in found["items"] if "espalier.dev/trial" in pod["metadata"]["labels"]]


def test_it_deletes_a_trials_pod(guard, operator, made):
    where = ("-n", guard.own)
    operator.must("create", "-f", "-", stdin=job_of(made, uid_of_trial(operator, guard), "study-0"))
    wait_until("the pod", lambda: len(pods(guard)) == 1)
    name = pods(guard)[0]["metadata"]["name"]
    operator.must("delete", f"pod/{name}", *where, "--wait=false")
    operator.must("delete", "job/study-0", *where, "--wait=false")


def uid_of_trial(operator: ApiServer, guard: Guarded) -> str:
    found = operator.get("trial", "study-0", "-n", guard.own)
    assert found is not None
    return str(found["metadata"]["uid"])


def test_it_takes_a_trial_that_was_made_by_hand(guard, operator, made):
    by_hand = {
        "apiVersion": API_VERSION,
        "kind": "Trial",
        "metadata": {"name": "idea", "namespace": guard.own},
        "spec": {"study": {"name": "study"}, "parameters": PARAMETERS},
    }
    guard.server.must("create", "-f", "-", stdin=by_hand)
    view = made["study"]
    metadata = {
        "labels": labels_of(view, "idea", 1_000_000),
        "ownerReferences": [owner(API_VERSION, "Study", view.name, view.uid)],
    }
    patch = f"-p={json.dumps({'metadata': metadata})}"
    operator.must("patch", "trial/idea", "-n", guard.own, "--type=merge", patch)


@pytest.mark.parametrize(
    ("namespace", "name", "says"),
    [
        ("own", "espalier", ""),
        ("own", "kube-scheduler", "only the Lease that is called espalier"),
        ("kube-system", "espalier", "runs no trials in namespace kube-system"),
        ("system", "espalier", "runs no trials in namespace"),
    ],
)
def test_it_takes_no_lease_but_its_own(guard, operator, namespace, name, says):
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": getattr(guard, namespace, namespace)},
        "spec": {"holderIdentity": "somebody"},
    }
    said = tried(operator, lease)
    assert says in said if says else not said


PRIVILEGED = {"containers": [{"name": "c", "image": "x", "securityContext": {"privileged": True}}]}
WINDOWS = {"windowsOptions": {"hostProcess": True}}
SECRET = {"volumes": [{"name": "s", "secret": {"secretName": "any"}}]}
REACHING = {
    "privileged": PRIVILEGED,
    "hostNetwork": {"hostNetwork": True},
    "hostPID": {"hostPID": True},
    "hostIPC": {"hostIPC": True},
    "nodeName": {"nodeName": "node-1"},
    "hostPath": {"volumes": [{"name": "h", "hostPath": {"path": "/"}}]},
    "HostProcess": {"securityContext": WINDOWS, "hostNetwork": True},
}


@pytest.mark.parametrize("field", REACHING)
def test_it_starts_nothing_that_reaches_out_of_its_pod(operator, made, field):
    reaching = job_of(made)
    pod = reaching["spec"]["template"]["spec"]
    volumes = [*pod["volumes"], *REACHING[field].get("volumes", [])]
    pod.update({**copy.deepcopy(REACHING[field]), "volumes": volumes})
    assert "unless the chart allows it" in tried(operator, reaching)


@pytest.mark.parametrize(
    ("kinds", "says"),
    [
        ([], "only Jobs whose controller is a Trial"),
        ([("Study", API_VERSION)], "only Jobs whose controller is a Trial"),
        ([("Trial", "example.com/v1")], "only Jobs whose controller is a Trial"),
        ([("Trial", API_VERSION)], ""),
    ],
    ids=str,
)
@pytest.mark.parametrize("pod", [{}, SECRET], ids=["plain", "with a Secret"])
def test_it_starts_nothing_that_no_trial_owns(guard, operator, made, kinds, says, pod):
    job = job_of(made)
    job["spec"]["template"]["spec"]["volumes"] += pod.get("volumes", [])
    job["metadata"]["ownerReferences"] = [
        owner(version, kind, "study-0", "u") for kind, version in kinds
    ]
    said = tried(operator, job)
    assert says in said
    assert bool(said) == bool(says)


@pytest.mark.parametrize("where", ["kube-system", "kube-public", "kube-node-lease", "its own"])
def test_it_starts_nothing_where_the_cluster_itself_lives(guard, operator, made, where):
    namespace = guard.system if where == "its own" else where
    for body in (job_of(made), made["trial"]):
        body["metadata"]["namespace"] = namespace
        said = tried(operator, body)
        assert f"Espalier runs no trials in namespace {namespace}" in said
    made["trial"]["metadata"]["namespace"] = guard.own


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda job: job["spec"]["template"]["spec"].pop("initContainers"), "have its sidecar"),
        (
            lambda job: job["spec"]["template"]["metadata"].update(finalizers=["a.example/b"]),
            "whose pods have finalizers",
        ),
        (
            lambda job: job["spec"].update(
                manualSelector=True, selector={"matchLabels": {"espalier.dev/trial": "study-0"}}
            ),
            "select other pods than their own",
        ),
    ],
    ids=["no sidecar", "finalizers", "a selector of its own"],
)
def test_it_starts_nothing_that_it_would_not_make(operator, made, change, says):
    job = job_of(made)
    change(job)
    assert says in tried(operator, job)


@pytest.fixture(scope="module")
def others(guard: Guarded, made: dict[str, Any]) -> Guarded:
    """A Job, its pod and another pod, with a trial's labels and not a trial's."""
    labels = labels_of(made["study"], "study-0", 0)
    foreign = bare(guard.own)
    foreign["metadata"]["labels"] = labels
    foreign["spec"]["template"]["metadata"] = {"labels": labels}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "pod", "namespace": guard.own, "labels": labels},
        "spec": foreign["spec"]["template"]["spec"],
    }
    guard.server.must("create", "-f", "-", stdin=[foreign, pod])
    wait_until("the Job's pod", lambda: pod_of_bare(guard) != "")
    return guard


def pod_of_bare(guard: Guarded) -> str:
    where = ("pods", "-n", guard.own, "-l", "job-name=bare", "-o", "name")
    return guard.server.must("get", *where).strip()


class TestOthers:
    """What is not a trial's it neither changes nor deletes, whatever it is labelled."""

    @pytest.mark.parametrize("name", ["job/bare", "pod/pod", "the pod of job/bare"])
    def test_it_does_not_delete_them(self, others, operator, name):
        name = pod_of_bare(others) if name.startswith("the ") else name
        done = operator.kubectl("delete", name, "-n", others.own, "--wait=false")
        assert "denied request: Espalier's operator" in done.stderr

    def test_it_does_not_suspend_them(self, others, operator):
        patch = '-p={"spec": {"suspend": true}}'
        done = operator.kubectl("patch", "job/bare", "-n", others.own, "--type=merge", patch)
        assert "only Jobs whose controller is a Trial" in done.stderr

    def test_it_does_not_make_them_its_own(self, others, operator):
        mine = {"metadata": {"ownerReferences": [owner(API_VERSION, "Trial", "study-0", "u")]}}
        patch = f"-p={json.dumps(mine)}"
        done = operator.kubectl("patch", "job/bare", "-n", others.own, "--type=merge", patch)
        assert "changes nothing of a Job but spec.suspend" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    "change",
    [
        {"spec": {"backoffLimit": 100}},
        {"spec": {"parallelism": 5}},
        {"spec": {"ttlSecondsAfterFinished": 1}},
        {"spec": {"activeDeadlineSeconds": 1}},
        {"metadata": {"labels": {"team": "a"}}},
        {"metadata": {"annotations": {"team": "a"}}},
        {"metadata": {"finalizers": ["a.example/b"]}},
        {"metadata": {"ownerReferences": [owner(API_VERSION, "Trial", "another", "u")]}},
    ],
    ids=str,
)
def test_of_a_trials_job_it_changes_little(guard, operator, made, change):
    job = job_of(made, uid_of_trial(operator, guard), "study-0-r7")
    if guard.server.get("job", "study-0-r7", "-n", guard.own) is None:
        operator.must("create", "-f", "-", stdin=job)
    where = ("job/study-0-r7", "-n", guard.own, "--type=merge", "--dry-run=server")
    done = operator.kubectl("patch", *where, f"-p={json.dumps(change)}")
    assert "changes nothing of a Job but spec.suspend" in " ".join(done.stderr.split())


def test_queues_and_people_do_theirs(guard, operator, made):
    """Kueue suspends Jobs, labels them and says where their pods go; people delete them."""
    where = ("-n", guard.own)
    job = job_of(made, uid_of_trial(operator, guard), "study-0-r8")
    operator.must("create", "-f", "-", stdin=job)
    for change in (
        {"spec": {"suspend": True}},
        {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "q"}, "annotations": {"a": "b"}}},
        {"spec": {"template": {"spec": {"nodeSelector": {"gpu": "a"}}}}},
        {"spec": {"suspend": False}},
        {"metadata": {"finalizers": ["a.example/b"]}},
        {"metadata": {"finalizers": None}},
    ):
        patch = f"-p={json.dumps(change)}"
        guard.server.must("patch", "job/study-0-r8", *where, "--type=merge", patch)
    guard.server.must("delete", "job/study-0-r8", *where, "--cascade=orphan")
    wait_until(
        "the garbage collector to leave the pod to itself",
        lambda: any("ownerReferences" not in pod["metadata"] for pod in pods(guard)),
    )


@pytest.mark.parametrize("owners", ["none", "another Study"])
def test_it_makes_no_trial_that_no_study_owns(operator, made, owners):
    body = copy.deepcopy(made["trial"])
    body["metadata"]["name"] = "study-1"
    if owners == "none":
        body["metadata"].pop("ownerReferences")
    else:
        body["metadata"]["ownerReferences"][0]["name"] = "another"
    assert "only Trials whose controller is their Study" in tried(operator, body)


@pytest.mark.parametrize(
    ("verb", "what"),
    [
        ("get", "secrets"),
        ("create", "pods"),
        ("create", "serviceaccounts/token"),
        ("update", "studies.espalier.dev"),
        ("delete", "studies.espalier.dev"),
        ("delete", "trials.espalier.dev"),
        ("list", "prunerprofiles.espalier.dev"),
        ("create", "prunerprofiles.espalier.dev"),
        ("update", "jobs.batch"),
        ("deletecollection", "jobs.batch"),
        ("deletecollection", "pods"),
        ("patch", "pods"),
        ("impersonate", "users"),
        ("bind", "clusterroles"),
    ],
)
def test_its_roles_give_it_no_more(guard, operator, verb, what):
    done = operator.kubectl("auth", "can-i", verb, what, "-n", guard.own)
    assert done.stdout.strip() == "no"


def test_a_deleted_study_takes_its_trials_and_jobs_with_it(guard, operator, made):
    """Last in this file: the garbage collector finds nothing in its way."""
    guard.server.must("delete", "study", "study", "-n", guard.own)

    def left() -> list[str]:
        names = guard.server.must("get", "trials,jobs", "-n", guard.own, "-o", "name").split()
        return [name for name in names if "study" in name or "idea" in name]

    wait_until("everything to go", lambda: not left())
