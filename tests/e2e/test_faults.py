"""The operator dies and comes back: nothing is lost, done twice or left behind."""

import os
import signal
import time
from collections import Counter

import pytest

from tests.e2e.studies import replay_study
from tests.e2e.world import DEPLOYMENT, SYSTEM, World, processes_running, wait_for

STEPS = 10
OPERATOR = ("/own/bin/espalier", "run")


def kill_operator(world: World) -> None:
    """Send SIGKILL to the operator's process, or, off this node, delete its pod by force."""
    before = world.operator_pod()
    pids = processes_running(*OPERATOR)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    if not pids:
        world.run("delete", "pod", before, "-n", SYSTEM, "--force", "--grace-period=0")
    wait_for("the operator's death", lambda: not set(pids) & set(processes_running(*OPERATOR)))


def observed(world: World, namespace: str, study: str) -> dict[int, dict[int, float]]:
    """Return every stored value: trial number → step → value; a second copy fails at once."""
    seen: dict[int, dict[int, float]] = {}
    for row in world.log_of(namespace, study):
        if row["kind"] != "observation":
            continue
        steps = seen.setdefault(row["trial"], {})
        assert row["step"] not in steps, f"trial {row['trial']} step {row['step']} is stored twice"
        steps[row["step"]] = row["value"]
    return seen


def endings(world: World, namespace: str, study: str) -> dict[int, str]:
    """Return the reason of each trial's end, and see that each has one end."""
    ends = [row for row in world.log_of(namespace, study) if row["kind"] == "end"]
    assert max(Counter(row["trial"] for row in ends).values()) == 1
    return {row["trial"]: row["reason"] for row in ends}


def progress(world: World, namespace: str, study: str) -> int:
    """Return how many trials of a study have ended."""
    counts = (world.get("study", namespace, study) or {}).get("status", {}).get("counts", {})
    return sum(int(counts.get(kind, 0)) for kind in ("completed", "pruned", "failed"))


@pytest.fixture(scope="module")
def undisturbed(world: World):
    """A study of replayed curves that nobody disturbs: what the others are compared with."""
    with world.namespace("faults-none") as namespace:
        world.apply(replay_study("replay", namespace, steps=STEPS))
        world.wait_condition(namespace, "replay", "Succeeded")
        yield observed(world, namespace, "replay"), endings(world, namespace, "replay")


def test_an_undisturbed_study_stores_every_value_once(undisturbed):
    values, ends = undisturbed
    assert {number: sorted(steps) for number, steps in values.items()} == {
        number: list(range(1, STEPS + 1)) for number in range(8)
    }
    assert set(ends.values()) == {"Completed"}


def test_three_kills_in_the_middle_of_a_study_change_nothing(undisturbed, world):
    with world.namespace("faults-kill") as namespace, world.uids("jobs", namespace) as jobs:
        world.apply(replay_study("replay", namespace, steps=STEPS))
        for ended in (0, 0, 4):
            wait_for(
                f"{ended} ended trials and one that runs",
                lambda ended=ended: (
                    progress(world, namespace, "replay") >= ended
                    and world.get("pods", namespace, None, "--field-selector=status.phase=Running")
                ),
            )
            kill_operator(world)
            world.operator_pod()
        world.wait_condition(namespace, "replay", "Succeeded")
        assert observed(world, namespace, "replay") == undisturbed[0]
        assert endings(world, namespace, "replay") == undisturbed[1]
        assert len(world.get("jobs", namespace)) == 8
    assert len(jobs) == 8, "no Job was created twice"


def test_a_pruning_study_survives_kills_with_one_decision_a_trial(world):
    median = {"type": "Median", "median": {"startupTrials": 2, "warmupSteps": 2}}
    with world.namespace("faults-prune") as namespace:
        study = replay_study(
            "replay",
            namespace,
            trials=12,
            steps=20,
            step_seconds=0.3,
            options=("--await-judgement",),
            pruner=median,
        )
        world.apply(study)
        for ended in (2, 5):
            wait_for(
                f"{ended} ended trials",
                lambda ended=ended: progress(world, namespace, "replay") >= ended,
            )
            kill_operator(world)
            world.operator_pod()
        world.wait_condition(namespace, "replay", "Succeeded")
        log = world.log_of(namespace, "replay")
        prunings = Counter(
            row["trial"]
            for row in log
            if row["kind"] == "decision" and row["action"] == "Prune" and not row.get("shadow")
        )
        pruned = {
            n for n, reason in endings(world, namespace, "replay").items() if reason == "Pruned"
        }
        assert set(prunings) == pruned
        assert max(prunings.values(), default=1) == 1
        for number in pruned:
            selector = f"espalier.dev/trial=replay-{number}"
            assert world.get("pods", namespace, None, "-l", selector) == []


def test_trials_that_end_while_the_operator_is_down_lose_nothing(undisturbed, world):
    """Down for two minutes: the values that no one could take are in the termination messages."""
    with world.namespace("faults-down") as namespace:
        world.apply(replay_study("replay", namespace, steps=STEPS))
        wait_for(
            "four running pods",
            lambda: (
                len(world.get("pods", namespace, None, "--field-selector=status.phase=Running"))
                == 4
            ),
        )
        world.run("scale", DEPLOYMENT, "-n", SYSTEM, "--replicas=0")
        down_since = time.monotonic()
        try:
            wait_for(
                "the first four trials' Jobs to end without the operator",
                lambda: (
                    sum(1 for job in world.get("jobs", namespace) if job["status"].get("succeeded"))
                    == 4
                ),
            )
            wait_for("two minutes to pass", lambda: time.monotonic() - down_since > 120)
        finally:
            world.run("scale", DEPLOYMENT, "-n", SYSTEM, "--replicas=1")
        world.wait_condition(namespace, "replay", "Succeeded")
        assert observed(world, namespace, "replay") == undisturbed[0]
        assert endings(world, namespace, "replay") == undisturbed[1]
