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
    study["spec"]["trials"]["startPatienceSeconds"] = 3
    return with_container(study, **changes)


PYTHON = ["python3", "-c"]
REPORT = """echo '{"step": 1, "value": 0.5}' >> $ESPALIER_REPORT_FILE"""
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
    "a child killed for its memory behind exit code zero": (
        {
            "command": ["sh", "-c"],
            "args": [
                f'{REPORT}; python3 -c "x = bytearray(400 * 2**20); '
                "x[::4096] = b'1' * len(x[::4096])\"; exit 0"
            ],
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


def test_a_pod_that_is_ended_for_its_deadline_says_so_and_is_not_tried_again(world, namespace):
    study = one_trial("deadline", namespace, command=[*PYTHON, "import time; time.sleep(600)"])
    study["spec"]["trials"]["retries"] = 2
    study["spec"]["template"]["spec"]["activeDeadlineSeconds"] = 8
    world.apply(study)
    condition = finished(world, namespace, "deadline-0")
    assert condition["reason"] == "TimeLimitExceeded"
    assert "activeDeadlineSeconds" in condition["message"]
    assert world.get("trial", namespace, "deadline-0")["status"]["attempt"] == 1
    world.run("delete", "study", "deadline", "-n", namespace)


def test_a_trainer_beside_a_container_that_runs_on_is_retried_and_ends_by_its_own_exit(
    world, namespace
):
    study = one_trial("beside", namespace, command=[*PYTHON, "raise SystemExit(4)"])
    # The limit is what would end it, were the exit not seen.
    study["spec"]["trials"].update(retries=1, timeLimitSeconds=300)
    study["spec"]["trainerContainer"] = "trainer"
    containers = study["spec"]["template"]["spec"]["containers"]
    proxy = {"name": "proxy", "command": ["sh", "-c", "trap exit TERM; sleep 10000 & wait"]}
    containers.append({**copy.deepcopy(containers[0]), **proxy})
    world.apply(study)
    condition = finished(world, namespace, "beside-0")
    assert condition["reason"] == "TrainerFailed"
    assert "code 4" in condition["message"]
    assert world.get("trial", namespace, "beside-0")["status"]["attempt"] == 2
    world.run("delete", "study", "beside", "-n", namespace)


def test_a_job_deleted_by_a_person_ends_the_trial_as_deleted(world, namespace):
    world.apply(replay_study("mine", namespace, trials=1, steps=100, step_seconds=0.5))
    wait_for("its Job", lambda: world.get("jobs", namespace, "mine-0"))
    wait_for("its pod", lambda: world.get("pods", namespace))
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
    )
    world.run("delete", "study", "slow", "-n", namespace)


def test_a_metric_that_never_comes_degrades_the_study_and_names_the_remedy(world, namespace):
    study = replay_study("silent", namespace, trials=1, steps=3, step_seconds=0.2)
    study["spec"]["objective"]["metric"] = "a_metric_nobody_reports"
    study = with_container(study, command=[*PYTHON, "print('I report nothing')"])
    world.apply(study)
    condition = world.wait_condition(namespace, "silent", "Degraded")
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
    )[0]["metadata"]["name"]
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": namespace},
    }
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction"
    world.run("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
    world.wait_condition(namespace, "evicted", "Succeeded")
    trial = world.get("trial", namespace, "evicted-0")
    assert trial["status"]["phase"] == "Completed"
    assert trial["status"]["attempt"] == 2
    world.run("delete", "study", "evicted", "-n", namespace)
