"""Who ends a pod says how long its processes have: pruning in the DELETE, else the template."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.studies import replay_study
from tests.e2e.test_endings import PYTHON, one_trial
from tests.e2e.world import World, wait_for

HOPELESS = 'import os, sys, signal, time; report = \'{"step": 1, "value": 9.0}\\n\';'
REPORT = "open(os.environ['ESPALIER_REPORT_FILE'], 'a').write(report); time.sleep(600)"
DEAF = f"{HOPELESS} signal.signal(signal.SIGTERM, signal.SIG_IGN); {REPORT}"
SAVES = (
    f"{HOPELESS} signal.signal(signal.SIGTERM, lambda *_: (time.sleep(4), os._exit(42))); {REPORT}"
)
KILLED, SAVED = "137", "42"


@pytest.fixture(scope="module")
def namespace(world: World):
    with world.namespace("grace") as name:
        yield name


@contextmanager
def watched(world: World, namespace: str, study: str) -> Iterator[list[list[str]]]:
    """Collect uid, exit code and grace period of each state of each pod of a study."""
    columns = (
        "UID:.metadata.uid,EXIT:.status.containerStatuses[0].state.terminated.exitCode,"
        "GRACE:.metadata.deletionGracePeriodSeconds"
    )
    command = [world.kubectl_path, "get", "pods", "-n", namespace, "-w", "--no-headers"]
    command += ["-l", f"espalier.dev/study={study}"]
    with subprocess.Popen(
        [*command, "-o", f"custom-columns={columns}"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "KUBECONFIG": world.kubeconfig},
    ) as watch:
        seen: list[list[str]] = []
        try:
            yield seen
        finally:
            watch.terminate()
            assert watch.stdout is not None
            seen += [line.split() for line in watch.stdout]


def hopeless(name, namespace, code, own, pruning):
    """A study whose one trial is pruned at its first value."""
    study = one_trial(name, namespace, command=[*PYTHON, code], args=[])
    study["spec"] |= {
        "pruner": {"type": "Threshold", "threshold": {"upper": 1.0, "warmupSteps": 0}},
        "pruning": {"gracePeriodSeconds": pruning, "keepBest": 0, "exemptPercent": 0},
    }
    study["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = own
    return study


CASES = {
    "a deaf trainer is killed after pruning's time": (DEAF, 600, 3, KILLED),
    "a trainer that saves has pruning's time": (SAVES, 1, 60, SAVED),
}


@pytest.mark.parametrize(("code", "own", "pruning", "code_at_the_end"), CASES.values(), ids=CASES)
def test_a_pruned_trial_has_prunings_time_whatever_its_template_says(
    world, namespace, code, own, pruning, code_at_the_end
):
    name = f"own-{own}"
    with watched(world, namespace, name) as seen:
        world.apply(hopeless(name, namespace, code, own, pruning))
        wait_for(
            "the trial to be pruned and its pod to be gone",
            lambda: (
                (world.condition("trial", namespace, f"{name}-0", "Finished") or {}).get("reason")
                == "Pruned"
            ),
        )
    # 0 is how the kubelet says at last that nothing is left.
    assert {grace for _, _, grace in seen} - {"0"} == {"<none>", str(pruning)}
    assert len({uid for uid, _, _ in seen}) == 1, "no other pod was made"
    assert code_at_the_end in {code for _, code, _ in seen}


def test_a_drained_pod_has_the_templates_time(world, namespace):
    study = replay_study("drained", namespace, trials=1, parallelism=1, steps=100, step_seconds=1)
    study["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 77
    world.apply(study)

    def running():
        pods = world.get("pods", namespace, None, "-l", "espalier.dev/study=drained")
        return pods and pods[0]["status"]["phase"] == "Running" and pods[0]

    pod = wait_for("the trial's pod", running)
    with watched(world, namespace, "drained") as seen:
        world.run("delete", "pod", "-n", namespace, pod["metadata"]["name"], "--wait=false")
        wait_for(
            "its deletion",
            lambda: (
                not (now := world.get("pod", namespace, pod["metadata"]["name"]))
                or "deletionTimestamp" in now["metadata"]
            ),
        )
    assert [pod["metadata"]["uid"], "<none>", "77"] in seen
