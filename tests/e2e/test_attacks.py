"""A tenant of another namespace, and one of the same, with real pods: nothing of the victim moves.

The policies of the chart refuse some of it at once; what they let through must do no harm.
"""

import json

import pytest

from tests.e2e.studies import RESTRICTED, replay_study
from tests.e2e.world import SYSTEM, World, wait_for

VICTIM, ATTACKER = "attack-victim", "attack-mallory"
MALLORY = "--as=mallory"
SPEAKS = """
import json, ssl, sys, time, urllib.error, urllib.request
context = ssl._create_unverified_context()
body = json.dumps({"trial": sys.argv[2], "reports": [{"metric": "nll", "step": 900, "value": 9}]})
for _ in range(3):
    token = open("/t/token").read()
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + token}
    request = urllib.request.Request(sys.argv[1], body.encode(), headers)
    try:
        print("answer", urllib.request.urlopen(request, context=context, timeout=20).status)
    except urllib.error.HTTPError as error:
        print("answer", error.code, error.read().decode())
    time.sleep(1)
"""


@pytest.fixture(scope="module")
def victim(world: World):
    """A running study of somebody's; returns it with its first trial, Job and pod."""
    with world.namespace(VICTIM), world.namespace(ATTACKER):
        lasting = {"parallelism": 1, "steps": 81, "step_seconds": 4, "options": ("--stay",)}
        world.apply(replay_study("vic", VICTIM, trials=3, **lasting))
        world.apply(
            rights("edit", "edit", ATTACKER),
            replay_study("mal", ATTACKER, trials=1, **lasting),
        )
        pod = wait_for("a running pod", lambda: running_pod(world, VICTIM))
        wait_for("a running pod of mallory", lambda: running_pod(world, ATTACKER))
        study = world.get("study", VICTIM, "vic")
        job = world.get("job", VICTIM, "vic-0")
        yield {"study": study, "job": job, "pod": pod}


def rights(name: str, role: str, namespace: str):
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "mallory"}],
    }


def running_pod(world: World, namespace: str):
    found = world.get("pods", namespace, None, "--field-selector=status.phase=Running")
    return found[0] if found else None


def unharmed(world: World, victim, step: int = 900) -> None:
    """The victim's objects are the same ones, its trial runs, and no foreign value is stored."""
    assert world.get("job", VICTIM, "vic-0")["metadata"]["uid"] == victim["job"]["metadata"]["uid"]
    pod = world.get("pod", VICTIM, victim["pod"]["metadata"]["name"])
    assert pod["metadata"]["uid"] == victim["pod"]["metadata"]["uid"]
    assert "deletionTimestamp" not in pod["metadata"]
    steps = {row["step"] for row in world.log_of(VICTIM, "vic") if row["kind"] == "observation"}
    assert step not in steps
    ended = [
        trial["metadata"]["name"]
        for trial in world.trials(VICTIM, "vic")
        if any(
            each["type"] == "Finished" and each["status"] == "True"
            for each in trial["status"].get("conditions", [])
        )
    ]
    assert ended == []


def forged_labels(victim) -> dict[str, str]:
    return {
        "espalier.dev/study": "vic",
        "espalier.dev/study-uid": victim["study"]["metadata"]["uid"],
        "espalier.dev/trial": "vic-0",
        "espalier.dev/trial-number": "0",
    }


def speaking_job(world: World, victim, namespace: str, name: str, trial: str, owners=()):
    """A Job whose pod posts for a trial that is not its own, with its own token."""
    address = world.get("service", SYSTEM, "espalier")["spec"]["clusterIP"]
    source = {"path": "token", "audience": "espalier-ingest", "expirationSeconds": 3600}
    image = victim["pod"]["spec"]["containers"][0]["image"]
    container = {
        "name": "trainer",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", SPEAKS, f"https://{address}:8443/v1/report", trial],
        "securityContext": RESTRICTED,
        "volumeMounts": [{"name": "t", "mountPath": "/t"}],
    }
    token = {"name": "t", "projected": {"sources": [{"serviceAccountToken": source}]}}
    pod = {"restartPolicy": "Never", "containers": [container], "volumes": [token]}
    labels = forged_labels(victim)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labels,
            "ownerReferences": list(owners),
        },
        "spec": {"backoffLimit": 0, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }


def answers(world: World, namespace: str, job: str) -> list[str]:
    """Wait for the end of a Job and return what its pod was answered."""
    wait_for(
        f"the end of {job}",
        lambda: (world.get("job", namespace, job) or {}).get("status", {}).get("conditions"),
    )
    log = world.run("logs", "-n", namespace, f"job/{job}")
    return [line for line in log.splitlines() if line.startswith("answer")]


@pytest.mark.parametrize("trial", [f"{VICTIM}/vic-0", f"{ATTACKER}/vic-0", f"{ATTACKER}/mal-0"])
def test_a_job_of_another_namespace_with_the_victims_labels_reports_nothing(world, victim, trial):
    name = "labelled-" + trial.replace("/", "-")
    body = speaking_job(world, victim, ATTACKER, name, trial)
    world.run("create", MALLORY, "-f", "-", stdin=json.dumps(body))
    said = answers(world, ATTACKER, name)
    assert said
    assert all(" 200" not in each for each in said), said
    unharmed(world, victim)


def test_a_job_owned_by_mallorys_own_trial_under_the_victims_labels_is_refused(world, victim):
    mine = world.get("trial", ATTACKER, "mal-0")["metadata"]
    owner = {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Trial",
        "name": "mal-0",
        "uid": mine["uid"],
        "controller": True,
    }
    body = speaking_job(world, victim, ATTACKER, "owned", f"{ATTACKER}/mal-0", [owner])
    said = world.run("create", MALLORY, "-f", "-", stdin=json.dumps(body), check=False)
    assert "mallory" in said or "espalier" in said.lower(), said
    assert world.get("job", ATTACKER, "owned") is None, "the chart's policy refuses it"
    unharmed(world, victim)


def test_a_pod_by_somebody_who_may_only_create_pods_ends_no_trial(world, victim):
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "attack-create-pods"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}],
    }
    world.apply(role, rights("pods", "attack-create-pods", VICTIM))
    decoy = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "decoy", "namespace": VICTIM, "labels": forged_labels(victim)},
        "spec": {
            "containers": [
                {
                    "name": "trainer",
                    "image": "registry.local/does-not-exist:none",
                    "imagePullPolicy": "Never",
                    "securityContext": RESTRICTED,
                }
            ]
        },
    }
    try:
        world.run("create", MALLORY, "-f", "-", stdin=json.dumps(decoy))
        wait_for(
            "the decoy to fail its pull",
            lambda: "ErrImageNeverPull" in json.dumps(world.get("pod", VICTIM, "decoy")["status"]),
        )
        before = stored(world)
        wait_for("a newer value of the victim", lambda: stored(world) > before)
        unharmed(world, victim)
        assert world.get("pod", VICTIM, "decoy") is not None, "what is not ours is not deleted"
    finally:
        world.run("delete", "clusterrole", "attack-create-pods", check=False)
        world.run("delete", "pod", "-n", VICTIM, "decoy", "--wait=false", check=False)


def stored(world: World) -> int:
    return sum(row["kind"] == "observation" for row in world.log_of(VICTIM, "vic"))


def test_a_copy_of_a_trials_job_is_nobodys_and_runs_to_its_end(world, victim):
    copy = speaking_job(world, victim, VICTIM, "copy", f"{VICTIM}/vic-0")
    world.apply(copy)
    said = answers(world, VICTIM, "copy")
    assert all(" 200" not in each for each in said), said
    unharmed(world, victim)
    assert world.get("job", VICTIM, "copy") is not None


def test_a_pruned_trial_takes_no_foreign_job_with_it(world, victim):
    world.run("delete", "trial", "-n", VICTIM, "vic-0")
    wait_for("the trial's Job to go", lambda: world.get("job", VICTIM, "vic-0") is None)
    wait_for("the next trial", lambda: world.get("job", VICTIM, "vic-1"))
    assert world.get("job", VICTIM, "copy") is not None
