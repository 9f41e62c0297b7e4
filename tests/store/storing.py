"""A store in a folder, with one study in it."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from espalier.api.judging import JudgeSettings
from espalier.pruning import Direction, Terms
from espalier.store import Batch, Store, StudyRow, open_store

_NUMBERS = itertools.count()


def judged_by(uid: str, **terms: Any) -> JudgeSettings:
    """Return what the judge of a study with this uid is built from."""
    known = {"metric": "loss", "trials": 30, **terms}
    return JudgeSettings(
        Terms(Direction.MINIMIZE, 27, study_uid=uid, **known), {"type": "Nop"}, {"keepBest": 1}
    )


SETTINGS = judged_by("u1")
SETTINGS_TEXT = json.dumps(SETTINGS.to_dict())


def url_of(folder: Path) -> str:
    """Return the URL of the folder's store."""
    return f"sqlite:///{folder}/espalier.db"


@contextmanager
def runner_with_store(folder: Path) -> Iterator[tuple[asyncio.Runner, Store]]:
    """Open a store once for many examples of a law."""
    with asyncio.Runner() as runner:
        store = runner.run(open_store(url_of(folder)))
        try:
            yield runner, store
        finally:
            runner.run(store.close())


@asynccontextmanager
async def storing(
    folder: Path, uid: str = "u1", **more: Any
) -> AsyncIterator[tuple[Store, StudyRow]]:
    """Open a store and a study in it."""
    store = await open_store(url_of(folder), **more)
    try:
        row = await store.open_study(uid, "research", uid, judged_by(uid), at=1.0, version="0.1.0")
        yield store, row
    finally:
        await store.close()


def values(study: int, trial: int, *steps: int, seq: int = 0, value: float = 0.5) -> Batch:
    """Return a batch of values of a trial, one a step."""
    rows = [(study, trial, 1, "loss", step, value, seq + i, 1.0) for i, step in enumerate(steps)]
    return Batch(study, observations=rows)


async def new_study(store: Store) -> StudyRow:
    """Open a study that no other example has."""
    uid = f"example-{next(_NUMBERS)}"
    return await store.open_study(uid, "research", uid, judged_by(uid), at=1.0, version="0.1.0")
