"""Make a store with a bit of all that can be in one, as test data for the versions that follow.

    python -m tools.golden_store

writes ``tests/golden/stores/NNNN.db.gz``, where NNNN is the schema of this version, and beside it
what `espalier export` of this version says of its studies, ``NNNN.jsonl.gz``. Run it once before a
release whose schema is new, commit both files, and never make them again: the tests of all later
versions open the store, and find in it what this version said.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from espalier.api import parse_study
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Binding, CheckedBatch, CheckedReport
from espalier.planning.world.names import FIRST_HAND_MADE
from espalier.planning.world.record import AttemptRecord, End, MadeTrial, Origin
from espalier.pruning import Restraint, TrialState
from espalier.store import lines, open_store, read_log
from espalier.store.sqlite.backup import back_up, stage

_ROOT = Path(__file__).parent.parent
_STORES = _ROOT / "tests" / "golden" / "stores"
_START = 4_000_000_000.0
"""Seconds since the epoch; so far ahead that nothing is ever past its retention time."""
_TEMPLATE = {"spec": {"containers": [{"name": "trainer", "image": "registry.local/digits:dev"}]}}


def _study(uid: str, namespace: str, name: str, **spec: Any) -> dict[str, Any]:
    common = {
        "parameters": [{"name": "lr", "float": {"min": 1.0e-4, "max": 1.0, "scale": "Log"}}],
        "sampler": {"type": "Random", "seed": 7},
        "template": _TEMPLATE,
    }
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Study",
        "metadata": {"name": name, "namespace": namespace, "uid": uid, "generation": 1},
        "spec": common | spec,
    }


DIGITS = _study(
    "0f7c1f0e-0001",
    "research",
    "digits",
    objective={"metric": "val_accuracy", "direction": "Maximize", "target": 0.999},
    resource={"name": "epoch", "max": 12},
    pruner={"type": "Median", "median": {"startupTrials": 2, "warmupSteps": 1}},
    pruning={
        "keepBest": 1,
        "nanPatience": 2,
        "exemptPercent": 10,
        "shadows": [{"name": "auto", "type": "Auto"}],
    },
    trials={"max": 20, "parallelism": 4},
)
LANGUAGE = _study(
    "0f7c1f0e-0002",
    "research",
    "language",
    objective={"metric": "nats", "direction": "Minimize"},
    resource={"name": "epoch", "max": 9},
    pruner={
        "type": "SuccessiveHalving",
        "successiveHalving": {"minResource": 1, "reductionFactor": 3},
    },
    trials={"max": 9, "parallelism": 3},
)
CLOSED = _study(
    "0f7c1f0e-0003",
    "research",
    "closed",
    objective={"metric": "nats", "direction": "Minimize"},
    resource={"name": "epoch", "max": 4},
    pruner={"type": "Nop"},
    trials={"max": 2, "parallelism": 2},
)
ADOPTED = _study(
    "0f7c1f0e-0004",
    "elsewhere",
    "adopted",
    objective={"metric": "nats", "direction": "Minimize"},
    resource={"name": "epoch", "max": 4},
    pruner={"type": "Threshold", "threshold": {"upper": 3.5}},
    pruning={"window": 10, "exemptPercent": 0},
    trials={"max": 4, "parallelism": 2},
)


class _Recorder:
    """Lets trials of a study report, as their pods would."""

    def __init__(self, studies: OpenStudies, clock: _Clock, study: dict[str, Any]) -> None:
        self._studies = studies
        self._clock = clock
        self._meta = study["metadata"]
        self.uid = self._meta["uid"]
        self._metric = study["spec"]["objective"]["metric"]

    async def attempt(self, number: int, attempt: int = 1) -> Binding:
        """Bind the pod of a trial's next attempt."""
        pod = f"{self._meta['name']}-{number}-{attempt}"
        ordinal = await self._studies.attempt_of(self.uid, number, f"pod-{pod}")
        trial = f"{self._meta['name']}-{number}"
        origin = Origin.SAMPLED if number < FIRST_HAND_MADE else Origin.HAND_MADE
        at = self._clock.now
        made = MadeTrial(trial, f'{{"lr":{0.5 / (number + 1)}}}', origin, 77, at, at + 1.5)
        await self._studies.note_made(self.uid, [(number, made)])
        namespace = self._meta["namespace"]
        binding = Binding(f"pod-{pod}", namespace, pod, self.uid, trial, number, ordinal)
        self._studies.bind(binding)
        return binding

    async def report(self, binding: Binding, step: int, value: float, metric: str = "") -> bool:
        """Send a value; whether the trial is pruned."""
        report = CheckedReport(metric or self._metric, step, value)
        batch = CheckedBatch(binding.trial, (report,))
        said = await self._studies.submit(binding.pod_uid, batch)
        self._clock.now += 7.25
        return said.decision is not None and said.decision.prunes

    async def end(self, number: int, reason: str, state: TrialState, message: str = "") -> None:
        """Record how a trial ended."""
        end = End(reason, message, state, self._clock.now, 84.5, 1_234_567_890_123, 91.0, 7.25)
        await self._studies.finish(self.uid, number, end)

    async def saw(self, binding: Binding, **seen: Any) -> None:
        """Record what was seen of an attempt."""
        known = {"pod": binding.pod_name, "job_uid": f"job-{binding.number}", "gpus": 1.0}
        await self._studies.note_attempt(
            self.uid, binding.number, AttemptRecord(0, binding.pod_uid, **(known | seen))
        )

    async def run(self, number: int, values: Any, attempt: int = 1) -> None:
        """Let a trial report a whole curve, until it is pruned or complete."""
        binding = await self.attempt(number, attempt)
        for step, value in enumerate(values, 1):
            if await self.report(binding, step, float(value)):
                await self.saw(binding, held=60.0, ran=50.0, deleted=False, over=True)
                await self.end(number, "Pruned", TrialState.PRUNED, "pruned by its pruner")
                return
        await self.saw(
            binding, held=91.0, ran=84.5, exit_code=0, exit_reason="Completed", over=True
        )
        await self.end(number, "Completed", TrialState.COMPLETED)


class _Clock:
    """Seconds since the epoch, that go on as values come."""

    def __init__(self) -> None:
        self.now = _START

    def __call__(self) -> float:
        return self.now


def _curves(name: str) -> Any:
    with np.load(_ROOT / "tests" / "curves" / f"{name}.npz") as arrays:
        return arrays["values"]


@contextlib.asynccontextmanager
async def _studies(url: str, clock: _Clock) -> Any:
    store = await open_store(url)
    try:
        yield OpenStudies(store, lambda _uid, _number: None, clock)
    finally:
        await store.close()


async def _digits(studies: OpenStudies, clock: _Clock) -> None:
    """A study that goes on, with values that are not finite, not judged, not the objective's."""
    values = _curves("imp_digits_acc")
    await studies.open(parse_study(DIGITS))
    study = _Recorder(studies, clock, DIGITS)
    for number in range(7):
        await study.run(number, values[number * 5, :12])
        await studies.note_sampled(study.uid, number + 1)
    await studies.take_course(study.uid, Restraint(True, 2, frozenset({8, 9})))
    lost = await study.attempt(7)
    for step in range(1, 5):
        await study.report(lost, step, float(values[3, step - 1]) / 2)
        await study.report(lost, step, 1.5 / step, "loss")
    await study.saw(lost, held=30.0, ran=20.0, disruption="PreemptionByScheduler", over=True)
    await study.run(7, values[3, :12] / 2, attempt=2)
    await studies.take_course(study.uid, Restraint(False, 1, frozenset({9})))
    for number in (8, 9):
        await study.run(number, values[number, :12] / (number - 6))
    diverged = await study.attempt(10)
    await study.report(diverged, 1, float("nan"))
    await study.report(diverged, 2, float("nan"))
    await study.end(10, "TrainerFailed", TrialState.FAILED, "exit code 1 “ungültig”")
    by_hand = await study.attempt(1_000_000_000)
    await study.report(by_hand, 3, 0.91)
    await study.report(by_hand, 12, 0.97)
    await study.report(by_hand, 13, 0.98)
    still = await study.attempt(11)
    await study.saw(still, held=5.0, ran=1.0, suspended=True)
    await study.report(still, 1, 0.5)


async def _language(studies: OpenStudies, clock: _Clock) -> None:
    """A study at rest: all its trials have ended."""
    values = _curves("tfm_stdlib_nats")
    await studies.open(parse_study(LANGUAGE))
    study = _Recorder(studies, clock, LANGUAGE)
    for number in range(9):
        await study.run(number, values[number, :9])
    await studies.note_sampled(study.uid, 9)


async def _small(studies: OpenStudies, clock: _Clock, spec: dict[str, Any]) -> None:
    values = _curves("tfm_stdlib_nats")
    await studies.open(parse_study(spec))
    study = _Recorder(studies, clock, spec)
    for number in range(2):
        await study.run(number, values[number, :4])


async def fill(folder: Path) -> str:
    """Fill a store in a folder; return its URL."""
    url, clock = f"sqlite:///{folder}/espalier.db", _Clock()
    async with _studies(url, clock) as studies:
        await _small(studies, clock, ADOPTED)
    copy = folder / "copy.db"
    back_up(url, copy)
    stage(io.BytesIO(copy.read_bytes()), url, new_uids=True, now=clock.now)
    async with _studies(url, clock) as studies:
        again = {**ADOPTED, "metadata": {**ADOPTED["metadata"], "uid": "0f7c1f0e-0005"}}
        await studies.open(parse_study(again), started=False)
        await _small(studies, clock, CLOSED)
        await studies.close("0f7c1f0e-0003", "the API server says so")
        await _digits(studies, clock)
        await _language(studies, clock)
    return url


def exported(url: str) -> Iterator[str]:
    """Yield what `espalier export` says of all studies, one after the other."""
    for namespace, name in (
        ("research", "digits"),
        ("research", "language"),
        ("research", "closed"),
        ("elsewhere", "adopted"),
    ):
        log = read_log(url, namespace, name)
        assert log is not None, name
        yield from lines(log)


def main(target: Path = _STORES) -> None:
    """Write the two files."""
    with tempfile.TemporaryDirectory() as folder:
        url = asyncio.run(fill(Path(folder)))
        back_up(url, Path(folder) / "golden.db")
        with contextlib.closing(sqlite3.connect(Path(folder) / "golden.db")) as connection:
            (schema,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        target.mkdir(parents=True, exist_ok=True)
        said = "".join(f"{line}\n" for line in exported(url)).encode()
        whole = (Path(folder) / "golden.db").read_bytes()
        for suffix, content in (("db", whole), ("jsonl", said)):
            packed = gzip.compress(content, 9, mtime=0)
            (target / f"{schema}.{suffix}.gz").write_bytes(packed)
            print(f"{schema}.{suffix}.gz: {len(packed)} bytes")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
