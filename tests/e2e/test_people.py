"""What a person does to trials that run, and what is left of their output once they are gone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.studies import replay_study
from tests.e2e.world import World, wait_for
from tests.patience import PATIENCE

NAMESPACE, STUDY = "people-e2e", "watched"
TRAINING = """
import signal, sys, time
def told(*_):
    print("told to end; saves a checkpoint")
    sys.exit(0)
signal.signal(signal.SIGTERM, told)
print("\\x1b[1mepoch 1\\x1b[0m - nll: 0.5")
time.sleep(600)
"""


@pytest.fixture(scope="module")
def watched(world: World) -> Iterator[str]:
    """A study of two trials that go on until somebody ends them, and whose output is kept."""
    with world.namespace(NAMESPACE):
        study = replay_study(STUDY, NAMESPACE, trials=2, parallelism=2)
        study["spec"] |= {"collector": {"type": "Output"}, "sidecar": {"keepOutputBytes": 4096}}
        (container,) = study["spec"]["template"]["spec"]["containers"]
        container |= {"command": ["python3", "-S", "-c"], "args": [TRAINING]}
        world.apply(study)
        for number in (0, 1):
            wait_for(f"a value of trial {number}", lambda number=number: latest(world, number))
        yield NAMESPACE


def latest(world: World, number: int) -> Any:
    trial = world.get("trial", NAMESPACE, f"{STUDY}-{number}") or {}
    return trial.get("status", {}).get("latest")


def asked(world: World, *words: str, code: int = 0) -> str:
    """Run `espalier` here, with the certificate of the cluster's administrator."""
    path = f"{Path(world.kubectl_path).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "espalier.cli.main", *words],
        env={**os.environ, "KUBECONFIG": world.kubeconfig, "PATH": path},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == code, (words, done.stderr)
    return done.stdout if code == 0 else done.stderr


def test_a_person_prunes_a_trial_and_reads_what_it_printed_last(watched: str, world: World) -> None:
    name = f"{STUDY}-0"
    assert "epoch 1 - nll: 0.5" in asked(world, "logs", f"{NAMESPACE}/{name}")
    asked(world, "prune", f"{NAMESPACE}/{name}", "--why", "the wrong data")
    wait_for("the end of the trial", lambda: phase(world, 0) == "Pruned")
    decision = world.get("trial", NAMESPACE, name)["status"]["decision"]
    assert (decision["reason"], decision["pruner"]) == ("PrunedByPerson", "Person")
    wait_for("no pod of the trial", lambda: not pods(world, name))
    kept = asked(world, "logs", f"{NAMESPACE}/{name}")
    assert "epoch 1 - nll: 0.5\n" in kept
    assert "told to end" in kept
    assert "the wrong data" in asked(world, "explain", f"{NAMESPACE}/{name}")
    assert "ended" in asked(world, "prune", f"{NAMESPACE}/{name}", "--why", "again", code=2)


def test_a_person_stops_the_study(watched: str, world: World) -> None:
    asked(world, "stop", f"{NAMESPACE}/{STUDY}")
    study = wait_for("the end of the study", lambda: over(world))
    assert {c["type"]: c["status"] for c in study["status"]["conditions"]}["Failed"] == "True"
    trial = world.get("trial", NAMESPACE, f"{STUDY}-1")
    assert trial["status"]["reason"] == "StudyStopped"


def phase(world: World, number: int) -> Any:
    return world.get("trial", NAMESPACE, f"{STUDY}-{number}")["status"]["phase"]


def pods(world: World, trial: str) -> Any:
    return world.get("pods", NAMESPACE, None, "-l", f"espalier.dev/trial={trial}")


def over(world: World) -> Any:
    study = world.get("study", NAMESPACE, STUDY)
    return study if study["status"].get("completionTime") else None
