"""The operator's process is killed by SIGKILL while studies learn: nothing is given or tried twice.

Twenty studies, each with a seed of its own, live under a process of `espalier run` that is killed
twenty times: between proposal, Trial and Job of one or the other. The test plays the kubelet.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import sqlite3
import sys
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from espalier.backtest.replay import replay
from espalier.search import key_of
from espalier.store.sqlite.export import read_log
from espalier.study_log.log import Log
from espalier.study_log.read_lines import read_lines
from espalier.study_log.write_lines import lines
from tests.integration.running import (
    JOB,
    POD,
    STUDY,
    TRIAL,
    Bench,
    bench,
    eventually,
    scenario,
    study,
)

SEEDS = range(20)
KILLS = 20
TRIALS = 6
SPACE = [
    {"name": "lr", "float": {"min": 0.001, "max": 1.0, "scale": "Log"}},
    {"name": "layers", "int": {"min": 1, "max": 4}},
]


class Process:
    """`espalier run`, as an operating system sees it."""

    def __init__(self, kubeconfig: Path, namespace: str, store: Path) -> None:
        flags = {
            "kubeconfig": kubeconfig,
            "namespaces": namespace,
            "store": f"sqlite:///{store}",
            "ingest-port": 0,
            "metrics-port": 0,
            "ingest-url": "https://127.0.0.1:8443",
            "qps": 500,
            "burst": 500,
        }
        given = [part for name, value in flags.items() for part in (f"--{name}", str(value))]
        self._command = (sys.executable, "-m", "espalier.cli.main", "run", *given)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have it run, ready; kill it at the end."""
        process = await asyncio.create_subprocess_exec(
            *self._command, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
        )
        assert process.stderr is not None
        said = []
        async for line in process.stderr:
            said.append(line.decode())
            if "ready: version" in said[-1]:
                break
        assert process.returncode is None, said
        reading = asyncio.create_task(process.stderr.read())
        try:
            yield
        finally:
            assert process.returncode is None, (await reading).decode()
            process.send_signal(signal.SIGKILL)
            await process.wait()
            await reading


async def play_kubelet(at: Bench, jobs: Counter[str]) -> None:
    """Let each pod report and succeed; count the Jobs by name and uid."""
    done: set[tuple[str, str]] = set()
    while True:
        for job in await at.list(JOB):
            uid = (job["metadata"]["name"], job["metadata"]["uid"])
            jobs[uid[0]] += uid not in done
            done.add(uid)
        for pod in await at.list(POD):
            meta, phase = pod["metadata"], pod["status"].get("phase")
            if "deletionTimestamp" in meta:
                continue
            with contextlib.suppress(Exception):  # it is gone by now
                if phase == "Pending" and ("", meta["uid"]) not in done:
                    done.add(("", meta["uid"]))
                    await at.run_pod(pod)
                elif phase == "Running":
                    value = zlib.crc32(meta["labels"]["espalier.dev/trial"].encode()) / 2**32
                    reports = [["accuracy", 1, value / 2], ["accuracy", 2, value]]
                    tail = {"espalier": 1, "reports": reports, "lost": 0}
                    await at.end_pod(pod, tail=tail)
        await asyncio.sleep(0.2)


async def more_than(store: Path, least: int) -> bool:
    """Whether the store has more proposals than this."""
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        (count,) = database.execute("SELECT count(*) FROM proposals").fetchone()
    return int(count) > least


def learning(seed: int) -> dict[str, Any]:
    return study(
        f"learns-{seed}",
        parameters=SPACE,
        sampler={"type": "TPE", "seed": seed, "tpe": {"startupTrials": 2}},
        trials={"max": TRIALS, "parallelism": 2},
    )


def check(log: Log, trials: dict[str, Any], jobs: Counter[str]) -> None:
    """Check one study's end."""
    proposals = {each.trial: json.loads(each.parameters or "null") for each in log.proposals}
    assert len(log.proposals) == len(proposals)
    assert sorted(proposals) == list(range(TRIALS)), "a number was passed over, or proposed beyond"
    assert len({key_of(each) for each in proposals.values()}) == TRIALS, "a configuration twice"
    for number, parameters in proposals.items():
        name = f"{log.study.name}-{number}"
        assert trials[name]["spec"]["parameters"] == parameters, name
        assert jobs[name] == 1, f"{jobs[name]} Jobs of {name}"
    assert Counter(each.trial for each in log.ends) == dict.fromkeys(range(TRIALS), 1)
    again = replay(read_lines(lines(log), "log"), "log").proposals
    assert again.differences == again.of_other_versions == ()
    assert again.recomputed == TRIALS


@scenario
async def test_killed_again_and_again_it_gives_no_number_and_tries_no_configuration_twice(
    control_plane: Path, tmp_path: Path
) -> None:
    moments, store = random.Random(3), tmp_path / "espalier.db"
    jobs: Counter[str] = Counter()
    async with bench(control_plane) as at:
        process = Process(control_plane, at.namespace, store)
        kubelet = asyncio.create_task(play_kubelet(at, jobs))
        for seed in SEEDS:
            await at.create(learning(seed))
        for kill in range(KILLS):
            async with process.running():
                await eventually("a proposal", partial(more_than, store, 3 * kill))
                await asyncio.sleep(moments.uniform(0.0, 1.0))
        async with process.running():
            for seed in SEEDS:
                await at.wait_condition(STUDY, f"learns-{seed}", "Succeeded")
        kubelet.cancel()
        trials = {each["metadata"]["name"]: each for each in await at.list(TRIAL)}
        for seed in SEEDS:
            log = read_log(f"sqlite:///{store}", at.namespace, f"learns-{seed}")
            assert log is not None
            check(replace(log, events=list(log.events)), trials, jobs)
