"""Makes a store of many studies, or starts on one as the operator does; also with older code.

Used by `test_restart` in a process of its own, whose memory is measured and limited. Only what the
code of the first version has too is used without asking.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from espalier.api import parse_study
from espalier.api.judging import judge_of, settings_of
from espalier.engine.reports.open_studies import OpenStudies
from espalier.errors import RetryLater
from espalier.planning.world.record import End
from espalier.pruning import Report, TrialState
from espalier.store import decision_row, end_row, open_store, settings_text

WORKERS = 8
COLUMNS = {
    "attempts": "trial, attempt, pod_uid",
    "rules": "rule, pruner, settings",
    "observations": "trial, attempt, metric, step, value, seq, at",
    "decisions": "trial, attempt, step, shadow, action, reason, rung, bracket, rule, evidence, "
    "seq, at",
    "ends": "trial, state, reason, message, at, gpu_seconds, template, seq, held, pace",
}


def study_of(number: int, trials: int, steps: int) -> Any:
    return parse_study(
        {
            "apiVersion": "espalier.dev/v1alpha1",
            "kind": "Study",
            "metadata": {"name": f"s{number}", "namespace": "research", "uid": f"uid-{number}"},
            "spec": {
                "objective": {"metric": "loss", "direction": "Minimize"},
                "resource": {"name": "step", "max": steps},
                "parameters": [{"name": "lr", "float": {"min": 0.1, "max": 1.0}}],
                "trials": {"max": trials},
                "pruner": {"type": "Nop"},
                "template": {"spec": {"containers": [{"name": "trainer", "image": "x"}]}},
            },
        }
    )


@contextmanager
def written(path: Path) -> Iterator[sqlite3.Connection]:
    """Connect to a database; at the end all of it is in its file."""
    with closing(sqlite3.connect(path)) as connection:
        yield connection
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def one_study(path: Path, trials: int, steps: int) -> None:
    """Write a study whose trials all report to their end; the last of them has not ended."""
    study = study_of(0, trials, steps)
    judge = judge_of(settings_of(study))
    rules: dict[tuple[str, str], int] = {}
    observations, decisions, ends, seq = [], [], [], 0
    with written(path) as connection:
        for step in range(1, steps + 1):
            for trial in range(trials):
                seq += 1
                value = 1.0 / step + (trial * 7919 % 1000) / 1000
                verdict = judge.report(Report(trial, 1, step, value), 1.0)
                assert verdict.decision is not None
                text = (verdict.decision.pruner, settings_text(verdict.decision))
                rule = rules.setdefault(text, len(rules) + 1)
                observations.append((1, trial, 1, "loss", step, value, seq, 1.0))
                decisions.append(decision_row(1, verdict.decision, "", rule, seq, 1.0))
            if len(observations) > 50_000 or step == steps:
                put(connection, "observations", observations)
                put(connection, "decisions", decisions)
        end = End("Completed", "Exited with code 0.", TrialState.COMPLETED, 1.0)
        ends = [end_row(1, trial, end, seq + 1 + trial) for trial in range(trials - 1)]
        put(connection, "ends", ends)
        put(connection, "attempts", [(1, trial, 1, f"pod-{trial}") for trial in range(trials)])
        put(connection, "rules", [(1, number, *text) for text, number in rules.items()])


def put(connection: sqlite3.Connection, table: str, rows: list[Any]) -> None:
    marks = ", ".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO {table} (study, {COLUMNS[table]}) VALUES ({marks})", rows)
    rows.clear()


def copy(path: Path, studies: int, trials: int, still_open: int) -> None:
    """Copy the study under other numbers, and end the last trial of all but some."""
    with written(path) as connection:
        for number in range(2, studies + 1):
            for table, columns in COLUMNS.items():
                connection.execute(
                    f"INSERT INTO {table} (study, {columns}) "
                    f"SELECT {number}, {columns} FROM {table} WHERE study = 1"
                )
        connection.execute(
            f"INSERT INTO ends (study, {COLUMNS['ends']}) SELECT id, ?, 'Completed', 'Completed', "
            "'Exited with code 0.', 1.0, 0.0, 0, 1000000000, 0.0, NULL FROM studies WHERE id <= ?",
            (trials - 1, studies - still_open),
        )


async def make(path: Path, studies: int, trials: int, steps: int, still_open: int) -> None:
    store = await open_store(f"sqlite:///{path}")
    for number in range(studies):
        study = study_of(number, trials, steps)
        meta, settings = study.metadata, settings_of(study)
        await store.open_study(meta.uid, meta.namespace, meta.name, settings, at=1.0, version="0")
    await store.close()
    one_study(path, trials, steps)
    copy(path, studies, trials, still_open)


class Start:
    """A start as the operator's reconciliation makes it: all studies, eight at a time."""

    def __init__(self, studies: int, trials: int, steps: int, still_open: int) -> None:
        self.queue = [study_of(number, trials, steps) for number in range(studies)]
        self.running = {study.metadata.uid for study in self.queue[studies - still_open :]}
        self.known: set[str] = set()
        self.opened = 0.0
        self.ready: dict[str, float] | None = None
        self.began, self.cpu = time.monotonic(), time.process_time()

    def figures(self) -> dict[str, float]:
        return {
            "wall": round(time.monotonic() - self.began, 1),
            "cpu": round(time.process_time() - self.cpu, 1),
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
            "known": len(self.known),
        }

    async def run(self, path: Path, settle: bool) -> None:
        store = await open_store(f"sqlite:///{path}")
        newer = hasattr(OpenStudies, "read_running")
        live = OpenStudies(store, lambda *_: None, **({"patience": 0.5} if newer else {}))
        self.opened = self.figures()["wall"]
        watch = asyncio.create_task(self._watch(live))
        if newer:
            await live.read_running()
        await asyncio.gather(*(self._work(live) for _ in range(WORKERS)))
        if settle:
            for row in await store.studies():
                while row.uid not in self.running and await store.rest(row) is None:
                    await asyncio.sleep(0.01)
        await watch
        await store.close()

    async def _work(self, live: OpenStudies) -> None:
        while self.queue:
            study = self.queue.pop(0)
            try:
                await live.open(study)
            except RetryLater:
                self.queue.append(study)
                await asyncio.sleep(0.05)
                continue
            self.known.add(study.metadata.uid)

    async def _watch(self, live: OpenStudies) -> None:
        """Note when the values of all running studies are taken."""
        while not self.running <= live.opened():
            await asyncio.sleep(0.02)
        self.ready = self.figures()


async def start(path: Path, limit: float, sizes: list[int], settle: bool) -> None:
    begun = Start(*sizes)
    base = begun.figures()["peak"]
    task = asyncio.create_task(begun.run(path, settle))
    await asyncio.wait([task], timeout=limit)
    print(
        json.dumps(
            {
                "base": base,
                "opened": begun.opened,
                "ready": begun.ready,
                "all": begun.figures(),
                "done": task.done(),
            }
        ),
        flush=True,
    )
    if not task.done():
        os._exit(0)
    await task


if __name__ == "__main__":
    what, where, *numbers = sys.argv[1:]
    if what == "make":
        asyncio.run(make(Path(where), *map(int, numbers)))
    else:
        seconds, mebibytes, *sizes = map(int, numbers)
        resource.setrlimit(resource.RLIMIT_DATA, (mebibytes << 20, mebibytes << 20))
        asyncio.run(start(Path(where), seconds, sizes, what == "settle"))
