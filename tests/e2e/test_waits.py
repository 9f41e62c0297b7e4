"""What keeps a pod from starting is said in the kubelet's words, and borne until it passes."""

import copy

import pytest

from tests.e2e.studies import replay_study
from tests.e2e.world import World, wait_for

SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "late"}, "stringData": {}}


def mounted(study):
    pod = study["spec"]["template"]["spec"]
    pod["volumes"] = [{"name": "data", "secret": {"secretName": "late"}}]
    pod["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]


def read(study):
    study["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [
        {"secretRef": {"name": "late"}}
    ]


LATE = {
    "a volume": (mounted, "VolumeNotMounted", 'secret "late" not found'),
    "an environment": (read, "ContainerNotCreated", 'secret "late" not found'),
}


@pytest.fixture(scope="module")
def namespace(world: World):
    with world.namespace("waits") as name:
        yield name


@pytest.mark.parametrize("case", LATE)
def test_a_secret_that_comes_late_is_named_and_waited_for(world: World, namespace, case):
    change, reason, words = LATE[case]
    name = reason.lower()
    study = copy.deepcopy(
        replay_study(name, namespace, trials=4, parallelism=1, steps=3, step_seconds=0.2)
    )
    change(study)
    world.apply(study)
    said = world.wait_condition(namespace, name, "Degraded")
    assert said["reason"] == reason
    assert words in said["message"]
    world.run("scale", "-n", namespace, f"study/{name}", "--replicas=3")

    def events():
        found = world.get("events", namespace)
        return [e["reason"] for e in found if e["involvedObject"]["name"] == name]

    wait_for("the Study's Events", lambda: reason in events())
    assert len(world.trials(namespace, name)) == 1, "no further trial runs into the same"
    world.apply({**SECRET, "metadata": {"name": "late", "namespace": namespace}})
    world.wait_condition(namespace, name, "Succeeded")
    assert world.condition("study", namespace, name, "Degraded")["status"] == "False"
    assert set(events()) >= {"SpecAccepted", "Started", reason, "Recovered", "AllTrialsEnded"}
    row = world.run("get", "study", "-n", namespace, name)
    assert "4/4" in row
    world.run("delete", "secret", "-n", namespace, "late")
