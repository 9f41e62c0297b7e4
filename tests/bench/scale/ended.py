"""Trials that have ended before the operator starts: in its store, by its own code, and as objects.

Their values are judged and stored as if they had been reported. Their Jobs and pods are not made:
that is as after somebody has removed what had finished.
"""

from __future__ import annotations

import asyncio
from typing import Any

from espalier.api import Study, parse_study, space_of
from espalier.engine.reports.limits import ValueLimits
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Binding, CheckedBatch, CheckedReport
from espalier.planning.world import names
from espalier.planning.world.record import AttemptRecord, End
from espalier.pruning import TrialState
from espalier.search import NO_HISTORY
from espalier.store import open_store
from tests.bench.scale.api import Api
from tests.bench.scale.curves import Curves
from tests.bench.scale.sidecar import METRIC
from tests.bench.scale.size import Size
from tests.bench.scale.study import (
    HELD_SECONDS,
    NAME,
    NAMESPACE,
    TRIALS,
    ended_at,
    ended_status,
    ended_trial,
)

_AT_ONCE = 32
_FREE = ValueLimits(
    values_a_second=1e9, values_a_study=10**9, store_share=1.0, loop_share=1.0, longest_wait=1e9
)


async def store_ended(url: str, made: dict[str, Any], size: Size) -> int:
    """Write the values and ends of the trials that have ended; return how many values."""
    study = parse_study(made)
    uid, at, curves = made["metadata"]["uid"], ended_at(), Curves(size.steps)
    store = await open_store(url)
    live = OpenStudies(store, lambda _uid, _number: None, limits=_FREE)
    try:
        await live.open(study)
        last = size.first_live - 1
        # One that goes on: each time that all have ended, all of them are summed up.
        await live.attempt_of(uid, last, _pod(last))
        for first in range(0, last, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, last))
            await asyncio.gather(*(_store_one(live, uid, n, curves, at) for n in numbers))
        await _store_one(live, uid, last, curves, at)
        await live.note_sampled(uid, size.first_live)
    finally:
        await store.close()
    return size.first_live * size.steps


async def _store_one(live: OpenStudies, uid: str, number: int, curves: Curves, at: float) -> None:
    name, pod = names.trial_name(NAME, number), _pod(number)
    attempt = await live.attempt_of(uid, number, pod)
    live.bind(Binding(pod, NAMESPACE, pod, uid, name, number, attempt))
    steps = range(1, curves.steps + 1)
    reports = tuple(CheckedReport(METRIC, step, curves.value(number, step)) for step in steps)
    await live.submit(pod, CheckedBatch(f"{NAMESPACE}/{name}", reports))
    seen = AttemptRecord(
        attempt,
        pod,
        pod=pod,
        job_uid=f"job-{number}",
        gpus=1.0,
        held=HELD_SECONDS,
        ran=HELD_SECONDS,
        exit_code=0,
        exit_reason="Completed",
        over=True,
    )
    await live.note_attempt(uid, number, seen)
    message = f"The trainer ended with exit code 0; best {METRIC} at epoch {curves.steps}."
    pace = HELD_SECONDS / curves.steps
    end = End("Completed", message, TrialState.COMPLETED, at, HELD_SECONDS, 0, HELD_SECONDS, pace)
    await live.finish(uid, number, end)
    live.unbind(pod)


def _pod(number: int) -> str:
    return f"ended-{number}"


async def make_ended(api: Api, made: dict[str, Any], size: Size) -> None:
    """Make the Trial objects of the trials that have ended."""
    study, at = parse_study(made), ended_at()
    left = iter(range(size.first_live))

    async def work() -> None:
        for number in left:
            await _make_one(api, study, made["metadata"]["uid"], number, size, at)

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(work())


async def _make_one(api: Api, study: Study, uid: str, number: int, size: Size, at: float) -> None:
    spec = study.spec
    space, sampler = space_of(spec.parameters), spec.sampler.sampler()
    parameters = sampler.propose(space, NO_HISTORY, spec.sampler.seed, number)
    trial = ended_trial(uid, number, parameters)
    await api.ask("POST", TRIALS, trial)
    name = trial["metadata"]["name"]
    await api.merge(f"{TRIALS}/{name}/status", {"status": ended_status(number, size, at)})
