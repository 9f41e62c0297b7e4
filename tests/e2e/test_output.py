"""Studies of trainers that print and know nothing of Espalier: pruned by what they print."""

import json
import os
import subprocess
from typing import Any

import pytest

from tests.e2e.studies import replay_study
from tests.e2e.world import World, wait_for

NAMESPACE = "output-e2e"
TRAINING = """
import os, signal, sys, time
curve = int(os.environ["PARAM_curve"])
def told(*_):
    print("told to end; saves a checkpoint")
    sys.exit(0)
signal.signal(signal.SIGTERM, told)
print("\\x1b[1mtraining\\x1b[0m \\u00e4 \\0", end="\\r")
for epoch in range(1, 11):
    for left in range(3):
        print(f"\\r{epoch}/10 [{'=' * left}]", end="")
    print(f"\\rEpoch {epoch}/10 - loss: {1 / epoch:.4f} - nll: {curve + 1 / epoch:.6f}")
    print(f"a warning of epoch {epoch}", file=sys.stderr)
    if curve == 0 and epoch == 10:
        sys.stdout.write("no newline at the end")
    if curve == 1 and epoch == 5:
        sys.exit("ValueError: a loss that is none")
    if curve > 1 and epoch == 5:
        time.sleep(600)  # it waits to be pruned: it could end before anybody has decided
"""
NO_MERCY = {"gracePeriodSeconds": 2, "keepBest": 0, "exemptPercent": 0}
"""Of so few trials, each that is to be pruned is: one in five would be exempt."""


def study(name: str, *, trials: int, code: str = TRAINING, **spec: Any) -> dict[str, Any]:
    """Make a study whose trainer is Python code, unchanged, of which the output is read."""
    made = replay_study(name, NAMESPACE, trials=trials, parallelism=2, **spec)
    made["spec"]["collector"] = {"type": "Output"}
    made["spec"]["trials"] |= {"retries": 0, "maxFailed": 9}
    (container,) = made["spec"]["template"]["spec"]["containers"]
    container |= {"command": ["python3", "-S", "-c"], "args": [code]}
    return made


@pytest.fixture(scope="module")
def namespace(world: World):
    with world.namespace(NAMESPACE) as name:
        yield name


def test_a_study_is_pruned_by_what_its_trainers_print(world: World, namespace: str) -> None:
    pruner = {"type": "Threshold", "threshold": {"upper": 2.0}}
    world.apply(study("printed", trials=4, pruner=pruner, pruning=NO_MERCY))
    logs: dict[int, bytes] = {}

    def ended() -> bool:
        # The log of a pod that is pruned goes with it: it is taken while it is there.
        for pod in world.get("pods", namespace, None, "-l", "espalier.dev/study=printed"):
            number = int(pod["metadata"]["labels"]["espalier.dev/trial-number"])
            logs[number] = logs_of(world, pod["metadata"]["name"]) or logs.get(number, b"")
        condition = world.condition("study", namespace, "printed", "Succeeded")
        return bool(condition and condition["status"] == "True")

    wait_for("the study's end", ended)
    trials = world.trials(namespace, "printed")
    ends = {each["spec"]["number"]: each["status"]["phase"] for each in trials}
    curves = {each["spec"]["parameters"]["curve"]: each["spec"]["number"] for each in trials}
    assert ends[curves[0]] == "Completed"
    assert ends[curves[1]] == "Failed"
    assert ends[curves[2]] == ends[curves[3]] == "Pruned", logs
    values = {
        (row["step"], row["value"])
        for row in world.log_of(namespace, "printed")
        if row["kind"] == "observation" and row["trial"] == curves[0] and row["metric"] == "nll"
    }
    assert values == {(epoch, round(1 / epoch, 6)) for epoch in range(1, 11)}
    failed = next(each for each in trials if each["spec"]["number"] == curves[1])
    assert "ValueError: a loss that is none" in json.dumps(failed["status"])
    for curve in (0, 1):
        assert logs[curves[curve]] == printed_alone(curve)


def logs_of(world: World, pod: str) -> bytes:
    """Return a trainer's log byte for byte; nothing if there is none (yet)."""
    done = subprocess.run(
        [world.kubectl_path, "logs", "-n", NAMESPACE, pod, "-c", "trainer"],
        env={**os.environ, "KUBECONFIG": world.kubeconfig},
        capture_output=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else b""


def printed_alone(curve: int) -> bytes:
    """Return what the same code prints to both streams by itself."""
    return subprocess.run(
        ["python3", "-uSE", "-c", TRAINING],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"PARAM_curve": str(curve), "PYTHONIOENCODING": "utf-8", "PATH": "/usr/bin:/bin"},
        check=False,
    ).stdout
