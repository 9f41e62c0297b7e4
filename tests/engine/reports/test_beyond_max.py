"""Values beyond `resource.max`: stored as they came, the first judged as the last, and replayed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from espalier.api import Study
from espalier.api.judging import JudgeSettings, settings_of
from espalier.backtest.replay import replay
from espalier.engine.reports import shelf
from espalier.planning.world.record import End, TrialRecord
from espalier.pruning import TrialState
from tests.engine.reports.test_open_studies import THRESHOLD, World, run
from tests.engine.test_what_values_tell import reopened
from tests.ingest.serving import UID


def settings_of_before(study: Study) -> JudgeSettings:
    settings = settings_of(study)
    return replace(settings, terms=replace(settings.terms, clamps=False))


async def told(world: World) -> tuple[TrialRecord, list[tuple[int, float]], list[int]]:
    """Return what is known of trial 0, its values, and the steps that were judged.

    A restart knows the same, and the log is replayed without a difference.
    """
    record = world.live.record(UID).trial(0)
    again = await reopened(world)
    assert again == record
    assert again.beyond in (record.beyond, None)  # at rest it is not remembered
    (row,) = await world.store.studies()
    log = await world.store.log(row)
    assert replay(log, "digits").differences == ()
    values = [(each.step, each.value) for each in log.observations]
    return record, values, [each.decision.step for each in log.decisions]


def test_a_trainer_that_counts_otherwise_is_judged_once_and_completes(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.live.attempt_of(UID, 0, "uid-pod-0")
        first = await world.report(0, (100, 0.5))
        assert first.decision is not None
        assert (first.decision.step, first.decision.prunes, first.step) == (27, False, 100)
        await world.report(0, (200, 0.6), (300, 0.9), (250, 0.7), (27, 0.4), (400, 0.8))
        record, values, judged = await told(world)
        assert values == [
            (100, 0.5), (200, 0.6), (300, 0.9), (250, 0.7), (27, 0.4), (400, 0.8)
        ]  # fmt: skip
        assert judged == [27]
        assert (record.step, record.beyond, record.latest, record.best) == (27, 400, 0.8, 0.9)
        again = await world.report(0, (100, 0.5), (400, 0.8))
        assert (again.accepted, again.repeated) == (0, 2)
        assert again.decision == first.decision
        await world.live.finish(UID, 0, End("Completed", "", TrialState.COMPLETED, 9.0))
        assert world.live.record(UID).best == 0
        await told(world)

    run(tmp_path, story)


def test_what_comes_after_a_trial_has_ended_tells_nothing_of_it(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.live.attempt_of(UID, 0, "uid-pod-0")
        await world.report(0, (100, 0.5))
        await world.live.finish(UID, 0, End("Completed", "", TrialState.COMPLETED, 9.0))
        await world.report(0, (200, 0.6))
        record, values, judged = await told(world)
        assert len(values) == 2
        assert (judged, record.latest) == ([27], 0.5)

    run(tmp_path, story)


def test_a_study_that_an_earlier_version_began_goes_on_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "settings_of", settings_of_before)

    async def story(world: World) -> None:
        monkeypatch.setattr(shelf, "settings_of", settings_of)
        await world.live.attempt_of(UID, 0, "uid-pod-0")
        await world.report(0, (3, 0.5))
        await world.live.open(THRESHOLD)
        await world.report(0, (100, 0.6), (27, 0.7), (200, 0.8))
        record, values, judged = await told(world)
        assert len(values) == 4
        assert judged == [3, 27]
        assert (record.step, record.beyond, record.latest) == (27, 200, 0.7)

    run(tmp_path, story)


def test_settings_of_before_say_nothing_of_it() -> None:
    stored = settings_of(THRESHOLD).to_dict()
    assert JudgeSettings.from_dict(stored, UID).terms.clamps
    del stored["clamps"]
    assert not JudgeSettings.from_dict(stored, UID).terms.clamps
