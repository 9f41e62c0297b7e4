"""How long the way takes on a real cluster, seen from outside: pods, Jobs and trainers' own clocks.

The trainers print the time of each report; a watch of the pods and Trials, on the same machine and
clock, gives the rest. Figures are printed, never asserted.
"""

import json
import re
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tests.e2e.conftest import world  # noqa: F401  (the fixture)
from tests.e2e.studies import replay_study
from tests.e2e.world import World, wait_for

Seen = list[tuple[float, str, dict[str, Any]]]


@contextmanager
def watching(world: World, kind: str, namespace: str) -> Iterator[Seen]:  # noqa: F811
    """Record each change of a kind of object with the time at which it was seen."""
    command = [world.kubectl_path, f"--kubeconfig={world.kubeconfig}", "get", kind, "-n", namespace,
               "-w", "--output-watch-events", "-o", "json"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    seen: Seen = []

    def read() -> None:
        assert process.stdout
        for line in process.stdout:
            event = json.loads(line)
            seen.append((time.time(), event["type"], event["object"]))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        process.terminate()
        thread.join(10)


def first(seen: Seen, test: Callable[[str, dict[str, Any]], bool]) -> dict[str, float]:
    """Return, for each trial, when the test was first true of its object."""
    times: dict[str, float] = {}
    for at, type_, found in seen:
        labels = found["metadata"].get("labels", {})
        name = labels.get("espalier.dev/trial") or found["metadata"]["name"]
        if name not in times and test(type_, found):
            times[name] = at
    return times


def trainer_started(pod: dict[str, Any]) -> bool:
    """Tell whether the trainer's process has been started."""
    statuses = pod.get("status", {}).get("containerStatuses") or [{}]
    state = statuses[0].get("state", {})
    return "running" in state or "terminated" in state


def say(what: str, seconds: list[float], unit: str = "ms") -> None:
    """Print one figure: how many, p50, p99 and the largest."""
    factor = 1000 if unit == "ms" else 1
    if not seconds:
        print(f"{what:58} none seen")
        return
    p50, p99, most = np.percentile(seconds, [50, 99, 100]) * factor
    print(f"{what:58} n={len(seconds):<4} p50 {p50:8.1f}  p99 {p99:8.1f}  max {most:8.1f} {unit}")


def test_start_refill_and_pruning_as_a_user_sees_them(world):  # noqa: F811
    requests_before = api_requests(world)
    median = {"type": "Median", "median": {"startupTrials": 3, "warmupSteps": 2}}
    with world.namespace("bench-way") as namespace, \
            watching(world, "pods", namespace) as pods, \
            watching(world, "trials", namespace) as trials:  # fmt: skip
        study = replay_study("bench", namespace, trials=24, parallelism=4, steps=12,
                             step_seconds=0.5, pruner=median)  # fmt: skip
        printed = Logs(world, namespace, pods)
        applied = time.time()
        world.apply(study)
        world.wait_condition(namespace, "bench", "Succeeded")
        finished = world.trials(namespace, "bench")
        wait_for("the last pruned pod to go", lambda: pods_of(world, namespace, finished) == [], 60)
        requests = api_requests(world) - requests_before
        figures(applied, finished, pods, trials, printed.stop())
        print(f"{'API requests of the operator a trial':58} {requests / len(finished):8.1f}")


def pods_of(world: World, namespace: str, trials: list[dict[str, Any]]) -> list[str]:  # noqa: F811
    """Return the pods that pruned trials still have."""
    pruned = {t["metadata"]["name"] for t in trials if t["status"]["phase"] == "Pruned"}
    return [
        pod["metadata"]["name"]
        for pod in world.get("pods", namespace)
        if pod["metadata"]["labels"]["espalier.dev/trial"] in pruned
    ]


def figures(
    applied: float,
    finished: list[dict[str, Any]],
    pods: Seen,
    trials: Seen,
    reports: dict[str, list[dict[str, Any]]],
) -> None:
    """Print every figure of one run."""
    started = first(pods, lambda _, pod: trainer_started(pod))
    deleting = first(pods, lambda _, pod: "deletionTimestamp" in pod["metadata"])
    gone = first(pods, lambda type_, _: type_ == "DELETED")
    decided = first(trials, lambda _, trial: trial.get("status", {}).get("phase") == "Pruned")
    pruned = {
        trial["metadata"]["name"]: trial["status"]["decision"]["step"]
        for trial in finished
        if trial["status"]["phase"] == "Pruned"
    }
    reported = {
        name: line["at"]
        for name, step in pruned.items()
        for line in reports.get(name, [])
        if line["step"] == step
    }
    print(f"\n{len(finished)} trials, {len(pruned)} pruned")
    say("kubectl apply -> first trainer process", [min(started.values()) - applied], "s")
    for what, when in (("Trial says Pruned", decided), ("pod marked for deletion", deleting),
                       ("pod gone", gone)):  # fmt: skip
        say(f"report -> {what}", [when[n] - at for n, at in reported.items() if n in when])
    ends = {**{n: gone[n] for n in pruned if n in gone},
            **{t["metadata"]["name"]: end_of(pods, t["metadata"]["name"]) for t in finished
               if t["status"]["phase"] == "Completed"}}  # fmt: skip
    say("a trial's end -> the next one's process in its slot", idle(ends, started), "s")


def end_of(pods: Seen, name: str) -> float:
    """Return when the trainer of a completed trial was seen to have ended."""
    return first(
        [entry for entry in pods if entry[2]["metadata"]["labels"]["espalier.dev/trial"] == name],
        lambda _, pod: (
            "terminated" in (pod["status"].get("containerStatuses") or [{}])[0].get("state", {})
        ),
    )[name]


def idle(ends: dict[str, float], started: dict[str, float]) -> list[float]:
    """Match each trial's end with the first later start that no earlier end has taken."""
    starts, waits = sorted(started.values()), []
    for end in sorted(ends.values()):
        later = [start for start in starts if start > end]
        if later:
            waits.append(later[0] - end)
            starts.remove(later[0])
    return waits


def api_requests(world: World) -> float:  # noqa: F811
    """Return how many requests the operator has sent to the API server."""
    pattern = re.compile(r"^espalier_api_requests_total{.*} (\S+)$", re.MULTILINE)
    return sum(float(count) for count in pattern.findall(world.metrics()))


class Logs:
    """What each trainer printed, read while it runs, since a pruned pod takes its log along."""

    def __init__(self, world: World, namespace: str, pods: Seen) -> None:  # noqa: F811
        self.world, self.namespace, self.pods = world, namespace, pods
        self.lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.followed: dict[str, threading.Thread] = {}
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._follow_all, daemon=True)
        self.thread.start()

    def _follow_all(self) -> None:
        while not self.ended.wait(0.05):
            for _, _, pod in list(self.pods):
                name = pod["metadata"]["name"]
                if name not in self.followed and trainer_started(pod):
                    trial = pod["metadata"]["labels"]["espalier.dev/trial"]
                    thread = threading.Thread(target=self._follow, args=(name, trial), daemon=True)
                    self.followed[name] = thread
                    thread.start()

    def _follow(self, pod: str, trial: str) -> None:
        command = [self.world.kubectl_path, f"--kubeconfig={self.world.kubeconfig}", "logs", "-f",
                   "-n", self.namespace, pod, "-c", "trainer"]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        for line in process.stdout:
            if line.startswith("{"):
                self.lines[trial].append(json.loads(line))

    def stop(self) -> dict[str, list[dict[str, Any]]]:
        """Stop following and return the lines by trial."""
        self.ended.set()
        self.thread.join(5)
        for thread in self.followed.values():
            thread.join(5)
        return self.lines
