"""A sidecar dies beside a trainer that goes on: no step is missing, none is there twice."""

import os
import signal

import pytest

from tests.e2e.studies import replay_study
from tests.e2e.test_faults import endings, observed
from tests.e2e.world import World, processes_of, processes_running, wait_for

STEPS = 60
CURVES = 2


def sidecar_of(trial: str) -> int | None:
    """Return the process of a trial's sidecar, if it runs on this node."""
    found = set(processes_of(trial)) & set(processes_running("espalier_sidecar"))
    return min(found - set(processes_running("ready")), default=None)


@pytest.fixture(scope="module")
def namespace(world: World):
    with world.namespace("sidecar-faults") as name:
        yield name


def test_a_sidecar_killed_twice_leaves_no_gap(world: World, namespace: str) -> None:
    study = replay_study("replay", namespace, trials=CURVES, steps=STEPS, step_seconds=1.0)
    world.apply(study)
    wait_for("the study in the store", lambda: stored(world, namespace))
    trials = [f"{namespace}/replay-{number}" for number in range(CURVES)]
    for _ in range(2):
        for trial in trials:
            at = latest_step(world, namespace, trial)
            wait_for(
                f"another step of {trial}, by a sidecar that runs again",
                lambda trial=trial, at=at: (
                    latest_step(world, namespace, trial) > at and sidecar_of(trial)
                ),
            )
            os.kill(wait_for("a sidecar", lambda trial=trial: sidecar_of(trial)), signal.SIGKILL)
    world.wait_condition(namespace, "replay", "Succeeded")
    values = observed(world, namespace, "replay")
    wanted = list(range(1, STEPS + 1))
    assert {number: sorted(steps) for number, steps in values.items()} == dict.fromkeys(
        range(CURVES), wanted
    )
    assert set(endings(world, namespace, "replay").values()) == {"Completed"}


def stored(world: World, namespace: str) -> bool:
    """Tell whether the store knows the study."""
    return f"{namespace}/replay" in world.espalier("export", "--list").split()


def latest_step(world: World, namespace: str, trial: str) -> int:
    """Return the latest step of a trial that is stored: its status is written more seldom."""
    number = int(trial.rpartition("-")[2])
    return max(observed(world, namespace, "replay").get(number, {}), default=0)
