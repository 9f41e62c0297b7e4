"""What the values of a trial tell besides what is judged: it is seen by planning, and again after
a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from espalier.engine.reports.open_studies import OpenStudies
from espalier.errors import ReportError
from espalier.planning.world.record import TrialRecord
from tests.engine.reports.test_open_studies import THRESHOLD, World, run
from tests.ingest.serving import UID, binding_of


async def reopened(world: World) -> TrialRecord:
    """Return trial 0 as another process finds it."""
    again = OpenStudies(world.store, lambda uid, number: None)
    await again.open(THRESHOLD)
    again.bind(binding_of("pod-0", 0))
    return again.record(UID).trial(0)


def test_the_names_under_which_values_come_are_known(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.live.attempt_of(UID, 0, "uid-pod-0")
        await world.report(0, (1, 0.5), metric="loss")
        await world.report(0, (1, 0.5), (2, 0.5), metric="val_acc")
        for record in (world.live.record(UID).trial(0), await reopened(world)):
            assert record.names == {"loss", "val_acc"}
            assert record.values == 3
            assert record.step is None

    run(tmp_path, story)


def test_the_highest_step_beyond_the_horizon_is_known(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.live.attempt_of(UID, 0, "uid-pod-0")
        await world.report(0, (3, 0.5))
        assert world.live.record(UID).trial(0).beyond is None
        await world.report(0, (900, 0.6), (700, 0.7))
        await world.report(0, (10_000, 0.5), metric="loss")
        for record in (world.live.record(UID).trial(0), await reopened(world)):
            assert (record.step, record.beyond) == (27, 900)
            assert (record.latest, record.best, record.best_step) == (0.6, 0.7, 27)

    run(tmp_path, story)


def test_values_that_contradict_are_counted(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.report(0, (1, 0.5))
        for value in (0.6, 0.7, 0.8):
            with pytest.raises(ReportError):
                await world.report(0, (1, value))
        await world.report(0, (1, 0.5))
        record = world.live.record(UID).trial(0)
        assert (record.refused, record.values) == (3, 1)

    run(tmp_path, story)
