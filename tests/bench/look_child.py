"""Looks at a study of many trials as the operator does, also with older code; for `test_look`.

Run as ``python look_child.py FOLDER TRIALS RUNNING``: the Reconciler, the store and the judge are
real; nothing is applied, so no API server is needed. Prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from espalier.api import parse_study
from espalier.engine.control.cache import StudyKey
from espalier.engine.control.reconciler import Reconciler
from espalier.engine.reports.limits import ValueLimits
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Binding, CheckedBatch, CheckedReport
from espalier.metrics.observer import Observer
from espalier.planning import OperatorSettings, SidecarSettings
from espalier.planning.world.record import End
from espalier.planning.world.snapshot import TemplateVerdict
from espalier.pruning import TrialState
from espalier.store import open_store

try:
    from espalier.process.garbage import search_seldom, settle
except ImportError:  # older code

    def search_seldom() -> None:
        """Leave it to Python."""

    settle = search_seldom

UID, KEY = "uid", StudyKey("n", "s")
STEPS, AT_ONCE, LOOKS = 3, 500, 12
FREE = ValueLimits(
    values_a_second=1e9, values_a_study=10**9, store_share=1e6, loop_share=1e6, longest_wait=1e9
)
SETTINGS = OperatorSettings(sidecar=SidecarSettings(image="x", ingest_url="https://x"))


def study_of(trials: int, running: int) -> dict[str, Any]:
    container = {"name": "trainer", "image": "x", "resources": {"limits": {"nvidia.com/gpu": "1"}}}
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Study",
        "metadata": {
            "name": KEY.name,
            "namespace": KEY.namespace,
            "uid": UID,
            "generation": 1,
            "resourceVersion": "1",
        },
        "spec": {
            "objective": {"metric": "accuracy", "direction": "Maximize"},
            "resource": {"name": "epoch", "max": 1000},
            "parameters": [{"name": "lr", "float": {"min": 0.1, "max": 1.0}}],
            "pruner": {"type": "Median"},
            "trials": {"max": trials, "parallelism": running},
            "template": {"spec": {"containers": [container]}},
        },
    }


def objects_of(number: int, ended: bool, now: float, version: int) -> dict[str, dict[str, Any]]:
    """Return Trial, Job and pod of a trial, by plural."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 100))
    labels = {
        "espalier.dev/study": KEY.name,
        "espalier.dev/study-uid": UID,
        "espalier.dev/trial": f"s-{number}",
        "espalier.dev/trial-number": str(number),
    }

    def meta(name: str, uid: str, api: str, kind: str, owner: str, of: str) -> dict[str, Any]:
        controller = {"apiVersion": api, "kind": kind, "name": owner, "uid": of, "controller": True}
        return {
            "name": name,
            "namespace": KEY.namespace,
            "uid": uid,
            "resourceVersion": str(version),
            "generation": 1,
            "creationTimestamp": at,
            "labels": labels,
            "ownerReferences": [controller],
        }

    name = f"s-{number}"
    finished = {"type": "Finished", "status": "True", "reason": "Completed", "message": "x"}
    status = {"startTime": at, "phase": "Completed" if ended else "Running", "number": number}
    if ended:
        status |= {"conditions": [finished], "completionTime": at, "jobs": [f"j{number}"]}
    state = "terminated" if ended else "running"
    container = {"name": "trainer", "state": {state: {"startedAt": at, "exitCode": 0}}}
    parameters = {"lr": 0.1}
    return {
        "trials": {
            "metadata": meta(name, f"t{number}", "espalier.dev/v1alpha1", "Study", "s", UID),
            "spec": {
                "study": {"name": "s", "uid": UID},
                "number": number,
                "parameters": parameters,
            },
            "status": status,
        },
        "jobs": {
            "metadata": meta(
                name, f"j{number}", "espalier.dev/v1alpha1", "Trial", name, f"t{number}"
            ),
            "spec": {},
            "status": {"conditions": [{"type": "Complete", "status": "True"}]} if ended else {},
        },
        "pods": {
            "metadata": meta(f"{name}-x", f"p{number}", "batch/v1", "Job", name, f"j{number}"),
            "spec": {"containers": [{"name": "trainer"}], "nodeName": "x"},
            "status": {
                "phase": "Succeeded" if ended else "Running",
                "startTime": at,
                "containerStatuses": [container],
            },
        },
    }


async def report(live: OpenStudies, number: int, steps: range) -> None:
    values = tuple(CheckedReport("accuracy", step, 0.5 + step / 1e6) for step in steps)
    await live.submit(f"p{number}", CheckedBatch(f"n/s-{number}", values))


async def bound(live: OpenStudies, number: int) -> None:
    attempt = await live.attempt_of(UID, number, f"p{number}")
    live.bind(Binding(f"p{number}", "n", f"s-{number}-x", UID, f"s-{number}", number, attempt))
    await report(live, number, range(1, STEPS + 1))


async def finished(live: OpenStudies, number: int, now: float) -> None:
    await bound(live, number)
    await live.finish(UID, number, End("Completed", "x", TrialState.COMPLETED, now - 50))
    live.unbind(f"p{number}")


async def fill(live: OpenStudies, reconciler: Reconciler, trials: int, running: int) -> None:
    """Let all trials but the last ones end, in the log and as objects."""
    now, first = time.time(), trials - running
    bound_before = getattr(reconciler.world, "bound", {})  # where older code keeps it
    await asyncio.gather(*(bound(live, number) for number in range(first, trials)))
    for start in range(0, first, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, first))
        await asyncio.gather(*(finished(live, number, now) for number in numbers))
    for number in range(trials):
        for plural, obj in objects_of(number, number < first, now, 10 + number).items():
            reconciler.observed(plural, False, obj)
        bound_before[f"p{number}"] = 1
    reconciler.world.verdicts[UID] = TemplateVerdict(1, True)


async def recorded(live: OpenStudies, reconciler: Reconciler) -> None:
    """Record what trials were made as, where the plan asks for it."""
    looked = await reconciler._look(KEY)
    for effect in (each for lane in looked[1] for each in lane) if looked else ():
        if type(effect).__name__ == "RecordTrials":
            await live.note_made(UID, effect.trials)
    await reconciler._look(KEY)


class Ticker:
    """Sees for how long, in CPU time of its thread, the loop was not let go."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._task = asyncio.create_task(self._tick())

    async def _tick(self) -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.thread_time() - began)

    async def of_a_look(self, reconciler: Reconciler) -> tuple[float, float, float]:
        """Return a look's longest stretch, CPU time and time, in ms."""
        await asyncio.sleep(0.02)
        self.longest, cpu, wall = 0.0, time.process_time(), time.perf_counter()
        await reconciler._look(KEY)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        await asyncio.sleep(0.005)
        return self.longest * 1e3, cpu * 1e3, wall * 1e3


async def run(folder: Path, trials: int, running: int) -> dict[str, Any]:
    search_seldom()
    made = study_of(trials, running)
    store = await open_store(f"sqlite:///{folder}/espalier.db")
    live = OpenStudies(store, lambda _uid, _number: None, limits=FREE)
    await live.open(parse_study(made))
    reconciler = Reconciler(None, live, SETTINGS, Observer(CollectorRegistry()))  # type: ignore[arg-type]
    reconciler.observed("studies", False, made)
    await fill(live, reconciler, trials, running)
    settle()
    ticker = Ticker()
    first = await ticker.of_a_look(reconciler)
    await recorded(live, reconciler)
    later = []
    for turn in range(LOOKS):
        number = trials - 1 - turn % running
        await report(live, number, range(STEPS + 1 + turn, STEPS + 2 + turn))
        seen = objects_of(number, False, time.time(), 10**7 + turn)
        reconciler.observed("pods", False, seen["pods"])
        later.append(await ticker.of_a_look(reconciler))
    await store.close()
    stretch, cpu, wall = zip(*later, strict=True)
    return {
        "first": {"stretch": first[0], "cpu": first[1], "wall": first[2]},
        "later": {
            "stretch": max(stretch),
            "cpu": statistics.median(cpu),
            "wall": statistics.median(wall),
        },
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    told = asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
    print(json.dumps(told))
