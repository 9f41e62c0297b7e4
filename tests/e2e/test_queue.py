"""Trials that a real queue takes out and lets back in, on a real kubelet."""

from collections.abc import Iterator

import pytest

from tests.e2e.studies import replay_study
from tests.e2e.world import World, wait_for
from tests.kueue.beside import beside
from tools.cluster.kueue import OPT_IN
from tools.cluster.layout import Kind

STEPS = 80
API = "kueue.x-k8s.io/v1beta2"
QUEUE = "kueue.x-k8s.io/queue-name"
NAME = "queue-e2e"


@pytest.fixture(scope="module")
def kueue(world: World, pytestconfig: pytest.Config) -> Iterator[None]:
    with beside(Kind.FULL, pytestconfig):
        yield


@pytest.fixture
def namespace(world: World, kueue: None) -> Iterator[str]:
    """A namespace with a queue of two GPUs and nothing else."""
    gpus = {"name": "nvidia.com/gpu", "nominalQuota": 2}
    group = {
        "coveredResources": ["nvidia.com/gpu"],
        "flavors": [{"name": NAME, "resources": [gpus]}],
    }
    rules = {
        "namespaceSelector": {},
        "preemption": {"withinClusterQueue": "LowerPriority"},
        "resourceGroups": [group],
    }
    wide = [
        {"kind": "ResourceFlavor"},
        {"kind": "ClusterQueue", "spec": rules},
        {"kind": "WorkloadPriorityClass", "value": 1000},
    ]
    everywhere = [{"apiVersion": API, "metadata": {"name": NAME}, **each} for each in wide]
    with world.namespace(NAME) as made:
        world.run("label", "namespace", made, *(f"{key}={value}" for key, value in OPT_IN.items()))
        local = {"apiVersion": API, "kind": "LocalQueue", "spec": {"clusterQueue": NAME}}
        world.apply(*everywhere, {**local, "metadata": {"name": "team", "namespace": made}})
        yield made
    for each in everywhere:
        world.run("delete", each["kind"].lower(), NAME, "--wait=false")


def used(world: World, namespace: str) -> float:
    """Return the GPU seconds that the Study says to have used."""
    status = world.get("study", namespace, "s")["status"]
    return float(status["gpuSeconds"]["used"])


def pods(world: World, namespace: str) -> list[str]:
    found = world.get("pods", namespace, None, "-l", "espalier.dev/study=s")
    return [pod["metadata"]["name"] for pod in found]


def steps(world: World, namespace: str) -> list[int]:
    return [trial.get("status", {}).get("step") or 0 for trial in world.trials(namespace, "s")]


def train_on(world: World, namespace: str, beyond: int) -> None:
    """Wait until both trials have come further."""
    wait_for(
        f"steps beyond {beyond}",
        lambda: [step > beyond for step in steps(world, namespace)] == [True, True],
    )


def gone(world: World, namespace: str) -> float:
    """Wait until no pod is left; return the GPU seconds, which do not grow meanwhile."""
    wait_for("the pods to be gone", lambda: not pods(world, namespace))
    before = used(world, namespace)
    wait_for(
        "both trials to say that they wait",
        lambda: {t["status"]["phase"] for t in world.trials(namespace, "s")} == {"Pending"},
    )
    return before


def rests(world: World, namespace: str) -> bool:
    said = world.condition("study", namespace, "s", "Progressing") or {}
    return said["reason"] == "Suspended" and "no trial runs" in said["message"]


def high(namespace: str, gpus: int) -> dict:
    """Return a Job of somebody else, with a higher priority."""
    (container,) = replay_study("x", namespace)["spec"]["template"]["spec"]["containers"]
    container |= {"command": ["sleep", "600"], "args": []}
    container["resources"] = {"limits": {"nvidia.com/gpu": str(gpus)}}
    labels = {QUEUE: "team", "kueue.x-k8s.io/priority-class": NAME}
    pod = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "containers": [container],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "high", "namespace": namespace, "labels": labels},
        "spec": {"suspend": True, "template": {"spec": pod}},
    }


def test_trials_are_preempted_and_suspended_and_end_well(world, namespace):
    study = replay_study(
        "s", namespace, trials=2, parallelism=2, steps=STEPS, sidecar={"resources": {}}
    )
    study["metadata"]["labels"] = {QUEUE: "team"}
    (container,) = study["spec"]["template"]["spec"]["containers"]
    container["resources"] = {"limits": {"nvidia.com/gpu": "1"}}  # as the queue covers no more
    world.apply(study)
    train_on(world, namespace, 3)

    world.apply(high(namespace, 2))
    preempted = gone(world, namespace)
    assert preempted > 0
    said = [trial["status"]["reason"] for trial in world.trials(namespace, "s")]
    assert said == ["HeldByQueue", "HeldByQueue"]
    world.run("delete", "job", "high", "-n", namespace)
    train_on(world, namespace, max(steps(world, namespace)))

    suspend = '--patch={"spec":{"suspend":%s}}'
    world.run("patch", "study", "s", "-n", namespace, "--type=merge", suspend % "true")
    suspended = gone(world, namespace)
    assert suspended > preempted
    wait_for("the Study to say that no trial runs", lambda: rests(world, namespace))
    world.run("patch", "study", "s", "-n", namespace, "--type=merge", suspend % "false")

    world.wait_condition(namespace, "s", "Succeeded")
    assert used(world, namespace) > suspended
    ended = [trial["status"] for trial in world.trials(namespace, "s")]
    assert [(end["reason"], end["step"]) for end in ended] == [("Completed", STEPS)] * 2
    assert min(end["attempt"] for end in ended) >= 3
