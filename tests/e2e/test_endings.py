"""Each way in which a trial can end has its own reason, told apart on real pods."""

import copy
import json

import pytest

from tests.e2e.studies import replay_study
from tests.e2e.world import World, wait_for


def with_container(study, **changes):
    """Change the trainer container of a study."""
    changed = copy.deepcopy(study)
    changed["spec"]["template"]["spec"]["containers"][0].update(changes)
    return changed


def one_trial(name, namespace, **changes):
    """A study of one trial that is not retried, its container changed."""
    study = replay_study(name, namespace, trials=1, parallelism=1, steps=3, step_seconds=0.2)
    study["spec"]["trials"] = {"max": 1, "parallelism": 1, "maxFailed": 1, "retries": 0}
    return with_container(study, **changes)


PYTHON = ["python3", "-c"]
CASES = {
    "a trainer that exits 3": (
        {"command": [*PYTHON, "raise SystemExit(3)"]},
        "TrainerFailed",
        "3",
    ),
    "a trainer that takes more memory than its limit": (
        {
            "command": [*PYTHON, "x = bytearray(400 * 2**20); x[::4096] = b'1' * len(x[::4096])"],
            "resources": {"limits": {"memory": "64Mi"}},
        },
        "OutOfMemory",
        "memory",
    ),
    "an image that cannot be pulled": (
        {"image": "registry.local/there-is-no-such-image:1", "imagePullPolicy": "Never"},
        "ImagePullFailed",
        "there-is-no-such-image",
    ),
    "a command that does not exist": (
        {"command": ["/no/such/command"]},
        "BadCommand",
        "/no/such/command",
    ),
}


@pytest.fixture(scope="module")
def namespace(world: World):
    with world.namespace("endings") as name:
        yield name


def finished(world, namespace, trial):
    return wait_for(
        f"the end of {trial}",
        lambda: (
            condition
            if (condition := world.condition("trial", namespace, trial, "Finished"))
            and condition["status"] == "True"
            else None
        ),
        120,
    )


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_an_ending_has_its_own_reason(case, world, namespace):
    changes, reason, word = CASES[case]
    name = "-".join(case.split()[-3:]).lower()
    world.apply(one_trial(name, namespace, **changes))
    condition = finished(world, namespace, f"{name}-0")
    assert condition["reason"] == reason
    assert word in condition["message"]
    world.run("delete", "study", name, "-n", namespace)


def test_a_job_deleted_by_a_person_ends_the_trial_as_deleted(world, namespace):
    world.apply(replay_study("mine", namespace, trials=1, steps=100, step_seconds=0.5))
    wait_for("its Job", lambda: world.get("jobs", namespace, "mine-0"), 30)
    wait_for("its pod", lambda: world.get("pods", namespace), 30)
    world.run("delete", "job", "mine-0", "-n", namespace)
    assert finished(world, namespace, "mine-0")["reason"] == "DeletedByUser"
    world.run("delete", "study", "mine", "-n", namespace)


def test_a_trial_longer_than_its_time_limit_is_ended(world, namespace):
    study = replay_study("slow", namespace, trials=1, steps=100, step_seconds=0.5)
    study["spec"]["trials"]["timeLimitSeconds"] = 5
    world.apply(study)
    assert finished(world, namespace, "slow-0")["reason"] == "TimeLimitExceeded"
    wait_for(
        "its pod to go",
        lambda: world.get("pods", namespace, None, "-l", "espalier.dev/study=slow") == [],
        60,
    )
    world.run("delete", "study", "slow", "-n", namespace)


def test_a_metric_that_never_comes_degrades_the_study_and_names_the_remedy(world, namespace):
    study = replay_study("silent", namespace, trials=1, steps=3, step_seconds=0.2)
    study["spec"]["objective"]["metric"] = "a_metric_nobody_reports"
    study = with_container(study, command=[*PYTHON, "print('I report nothing')"])
    world.apply(study)
    condition = world.wait_condition(namespace, "silent", "Degraded", timeout=120)
    assert "a_metric_nobody_reports" in condition["message"]
    world.run("delete", "study", "silent", "-n", namespace)


def test_an_evicted_pod_is_retried_and_not_counted_as_a_failure(world, namespace):
    study = replay_study("evicted", namespace, trials=1, steps=8, step_seconds=0.5)
    study["spec"]["trials"].update(retries=0, maxFailed=1)
    world.apply(study)
    pod = wait_for(
        "its running pod",
        lambda: world.get(
            "pods",
            namespace,
            None,
            "-l",
            "espalier.dev/study=evicted",
            "--field-selector=status.phase=Running",
        ),
        60,
    )[0]["metadata"]["name"]
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": namespace},
    }
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction"
    world.run("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
    world.wait_condition(namespace, "evicted", "Succeeded", timeout=120)
    trial = world.get("trial", namespace, "evicted-0")
    assert trial["status"]["phase"] == "Completed"
    assert trial["status"]["attempt"] == 2
    world.run("delete", "study", "evicted", "-n", namespace)
