"""Carrying out the effects that need no API server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, cast

import pytest

from espalier.engine.control.apply import Applier
from espalier.engine.control.cache import StudyKey
from espalier.engine.control.world import World
from espalier.engine.reports.open_studies import OpenStudies
from espalier.kube import Cluster
from espalier.planning import effects
from espalier.store import open_store
from tests.ingest.serving import binding_of, study_of
from tests.planning.worlds import SETTINGS, study


def ingest_tail(folder: Path, message: dict[str, Any]) -> None:
    """Carry out the effect that stores a termination message of trial number 1."""

    async def tell() -> None:
        store = await open_store(f"sqlite:///{folder}/espalier.db")
        try:
            live = OpenStudies(store, lambda uid, number: None)
            await live.open(study_of({"type": "Nop"}))
            live.bind(binding_of("pod-1", 1))
            no_cluster = cast(Cluster, None)  # this effect is the store's alone
            applier = Applier(no_cluster, live, World(SETTINGS), lambda: 0.0)
            lane = (effects.IngestTail(1, "uid-pod-1", json.dumps(message)),)
            await applier.carry_out(StudyKey("research", "digits"), study(), lane)
        finally:
            await store.close()

    asyncio.run(tell())


def test_values_that_a_termination_message_lost_are_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reports = [["val_accuracy", 1, 0.5], ["val_accuracy", -1, 0.5]]
    ingest_tail(tmp_path, {"espalier": 1, "reports": reports, "lost": 4})
    (said,) = [each for each in caplog.records if each.name == "espalier.engine.control.apply"]
    assert said.levelname == "WARNING"
    assert said.getMessage() == (
        "study research/digits number 1: of what its sidecar could not deliver, 4 values are lost "
        "and 1 were refused"
    )


def test_a_termination_message_that_lost_nothing_is_not_talked_about(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ingest_tail(tmp_path, {"espalier": 1, "reports": [["val_accuracy", 1, 0.5]], "lost": 0})
    assert [each for each in caplog.records if each.name == "espalier.engine.control.apply"] == []
