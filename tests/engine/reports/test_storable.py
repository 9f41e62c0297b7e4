"""What the store cannot take is refused where it comes in: no study is read again for it."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import LARGEST_STEP, CheckedBatch, CheckedReport, checked
from espalier.errors import ReportError, RetryLater
from espalier.planning.world.record import End
from espalier.pruning import TrialState
from espalier.store import Batch, open_store
from tests.ingest.serving import UID, binding_of, study_of

END = End("Failed", "it ended", TrialState.FAILED, 5.0)


async def huge_number(live: OpenStudies) -> None:
    await live.attempt_of(UID, 10**20, "uid-evil")


async def number_just_too_large(live: OpenStudies) -> None:
    await live.attempt_of(UID, 2**63, "uid-evil")


async def negative_number(live: OpenStudies) -> None:
    await live.attempt_of(UID, -(2**63) - 1, "uid-evil")


async def pod_without_a_proper_uid(live: OpenStudies) -> None:
    await live.attempt_of(UID, 1, "\ud800")


async def endless_uid(live: OpenStudies) -> None:
    await live.attempt_of(UID, 1, "a" * 10_000_000)


async def binding_of_a_huge_number(live: OpenStudies) -> None:
    live.bind(binding_of("evil", 10**20))
    await live.submit("uid-evil", CheckedBatch(f"research/digits-{10**20}", ()))


async def ending_of_a_huge_number(live: OpenStudies) -> None:
    await live.finish(UID, 10**20, END)


async def step_beyond_the_largest(live: OpenStudies) -> None:
    checked("loss", LARGEST_STEP + 1, 0.5, 0)


async def surrogate_for_a_metric(live: OpenStudies) -> None:
    checked("loss\ud800", 1, 0.5, 0)


REFUSED: list[Callable[[OpenStudies], Awaitable[None]]] = [
    huge_number,
    number_just_too_large,
    negative_number,
    pod_without_a_proper_uid,
    endless_uid,
    binding_of_a_huge_number,
    ending_of_a_huge_number,
    step_beyond_the_largest,
    surrogate_for_a_metric,
]
ENDINGS = {
    "a message that is no Unicode": replace(END, message="core dumped \ud800"),
    "a reason that is no Unicode": replace(END, reason="\udfff"),
    "no number of GPU-seconds": replace(END, gpu_seconds=math.nan),
    "endless seconds": replace(END, held=math.inf),
    "no pace": replace(END, pace=math.nan),
    "no time": replace(END, at=math.nan),
}


def run(folder: Path, attack: Callable[[OpenStudies], Awaitable[None]]) -> None:
    async def play() -> None:
        store = await open_store(f"sqlite:///{folder}/espalier.db")
        live = OpenStudies(store, lambda *_: None)
        await live.open(study_of({"type": "Nop"}))
        live.bind(binding_of("pod-0", 0))
        try:
            await attack(live)
            # The rest of the study goes on as if nothing had been.
            (row,) = await store.studies()
            assert store.failures(row.id) == 0
            report = CheckedReport("val_accuracy", 1, 0.5)
            batch = CheckedBatch("research/digits-0", (report,))
            assert (await live.submit("uid-pod-0", batch)).accepted == 1
        finally:
            await store.close()

    asyncio.run(play())


@pytest.mark.parametrize("attack", REFUSED, ids=lambda attack: attack.__name__)
def test_it_is_refused_and_the_study_goes_on(
    attack: Callable[[OpenStudies], Awaitable[None]], tmp_path: Path
) -> None:
    async def story(live: OpenStudies) -> None:
        with pytest.raises(ReportError) as caught:
            await attack(live)
        assert "expected" in caught.value.message
        assert len(caught.value.message) < 300

    run(tmp_path, story)


@pytest.mark.parametrize("name", ENDINGS)
def test_an_ending_is_kept_whatever_a_pods_status_says(name: str, tmp_path: Path) -> None:
    async def story(live: OpenStudies) -> None:
        assert await live.finish(UID, 3, ENDINGS[name])
        end = live.record(UID).trial(3).end
        assert end is not None
        assert end.state is TrialState.FAILED
        assert not await live.finish(UID, 3, ENDINGS[name])

    run(tmp_path, story)


def test_rows_that_the_store_refuses_hurt_only_their_study_and_only_for_a_while(
    tmp_path: Path,
) -> None:
    """Whatever gets past the checks: a defect of ours must not cost anybody else anything."""
    other = "0a8b7c6d-0000-0000-0000-000000000001"

    async def play() -> None:
        store = await open_store(f"sqlite:///{tmp_path}/espalier.db")
        live = OpenStudies(store, lambda *_: None)
        await live.open(study_of({"type": "Nop"}))
        await live.open(study_of({"type": "Nop"}, uid=other, name="other"))
        live.bind(binding_of("pod-0", 0))
        live.bind(binding_of("other-0", 0, uid=other))

        async def report(pod: str, step: int) -> int:
            batch = CheckedBatch("research/digits-0", (CheckedReport("val_accuracy", step, 0.5),))
            return (await live.submit(pod, batch)).accepted

        row = next(row for row in await store.studies() if row.uid == UID)
        acknowledged = 0
        for step in range(20):
            bad = store.commit(Batch(row.id, attempts=[(row.id, 10**20, 1, "pod")]))
            mine = asyncio.ensure_future(report("uid-pod-0", step))
            assert await report("uid-other-0", step) == 1
            with pytest.raises(RetryLater):
                await bad
            with contextlib.suppress(RetryLater):
                acknowledged += await mine
            while True:
                try:
                    acknowledged += await report("uid-pod-0", step)
                    break
                except RetryLater:
                    await asyncio.sleep(0.01)
        assert acknowledged == 20
        log = await store.log(row)
        assert [seen.step for seen in log.observations] == list(range(20))
        await store.close()

    asyncio.run(play())
