"""What views tell of a trial is what its status tells: both are of the same values."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest

from espalier.api import parse_study
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import CheckedBatch, CheckedReport
from espalier.planning.world.record import StudyRecord
from espalier.store import open_store, read_log
from espalier.views.gathered import gather
from espalier.views.trials import trial_view
from tools import golden_store
from tools.golden_store import DIGITS, LANGUAGE


async def _record(url: str, study: dict[str, object]) -> StudyRecord:
    store = await open_store(url)
    try:
        live = OpenStudies(store, lambda _uid, _number: None)
        parsed = parse_study(study)
        await live.open(parsed)
        return live.record(parsed.metadata.uid or "")
    finally:
        await store.close()


async def _late(url: str) -> None:
    """Let pods of trials that were pruned or have ended go on to report, as they do for a while."""
    clock = golden_store._Clock()
    clock.now += 100_000.0
    async with golden_store._studies(url, clock) as studies:
        await studies.open(parse_study(DIGITS))
        study = golden_store._Recorder(studies, clock, DIGITS)
        ended = sorted(studies.record(study.uid).trials.values(), key=lambda each: each.number)
        for trial in [each for each in ended if each.end is not None and each.step is not None]:
            binding = await study.attempt(trial.number, trial.attempt)
            step = 11 if (trial.step or 0) < 11 else 14
            reports = (CheckedReport("val_accuracy", step, 0.999),)
            await studies.submit(binding.pod_uid, CheckedBatch(binding.trial, reports))


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("study", [DIGITS, LANGUAGE], ids=["digits", "language"])
def test_step_latest_and_best_are_those_of_the_record(
    study: dict[str, dict[str, str]], late: bool, tmp_path: Path
) -> None:
    url = asyncio.run(golden_store.fill(tmp_path))
    if late:
        asyncio.run(_late(url))
    record = asyncio.run(_record(url, study))
    log = read_log(url, study["metadata"]["namespace"], study["metadata"]["name"])
    assert log is not None
    gathered = gather(log)
    assert record.trials
    for number, trial in record.trials.items():
        view = trial_view(gathered, number)
        latest = None if trial.latest is None or math.isnan(trial.latest) else trial.latest
        assert (number, view["step"], view["latest"], view["best"], view["bestStep"]) == (
            number,
            trial.step,
            latest,
            trial.best,
            trial.best_step,
        )
