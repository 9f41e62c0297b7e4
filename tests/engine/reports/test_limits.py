"""What a trial and a study may take is bounded: refused with words, counted, nothing judged."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from espalier.engine.reports.limits import LimitReached, ValueLimits
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.store_share import FRESH, StoreShare
from espalier.engine.reports.submission import Acknowledgement, CheckedBatch, CheckedReport
from espalier.errors import ReportError
from espalier.planning.world.record import End
from espalier.pruning import TrialState
from espalier.store import Store, open_store
from tests.engine.counting import Counting
from tests.ingest.serving import UID, binding_of, study_of

ACC = "val_accuracy"
OTHER = "0a8b7c6d-0000-0000-0000-000000000001"
Value = tuple[str, int]


class World:
    """A study under tight limits."""

    def __init__(self, store: Store, limits: ValueLimits) -> None:
        self.store = store
        self.limits = limits
        self.now = 0.0
        self.counted = Counting()

    async def start(self) -> None:
        self.live = OpenStudies(
            self.store, lambda _uid, _number: None, observe=self.counted, limits=self.limits
        )
        await self.live.open(study_of({"type": "Nop"}))
        for number in range(3):
            self.live.bind(binding_of(f"pod-{number}", number))

    async def report(self, number: int, *values: Value, value: float = 0.5) -> Acknowledgement:
        reports = tuple(CheckedReport(metric, step, value) for metric, step in values)
        batch = CheckedBatch(f"research/digits-{number}", reports)
        return await self.live.submit(f"uid-pod-{number}", batch)

    async def refused(self, number: int, *values: Value) -> LimitReached:
        before = await self.stored()
        with pytest.raises(LimitReached) as caught:
            await self.report(number, *values)
        assert await self.stored() == before, "nothing of a refused post is stored"
        assert self.counted.limits[-1] == ("research", "digits", caught.value.limit)
        return caught.value

    async def stored(self) -> int:
        row = next(row for row in await self.store.studies() if row.uid == UID)
        return len(list((await self.store.log(row)).observations))


def run(folder: Path, story: Callable[[World], Awaitable[None]], **limits: Any) -> None:
    async def tell() -> None:
        store = await open_store(f"sqlite:///{folder}/espalier.db")
        world = World(store, ValueLimits(**limits))
        await world.start()
        try:
            await story(world)
        finally:
            await store.close()

    asyncio.run(tell())


def of(metric: str, *steps: int) -> list[Value]:
    return [(metric, step) for step in steps]


Refusal = tuple[dict[str, int], list[list[Value]], int]
REFUSALS: dict[str, Refusal] = {
    "values of a trial": ({"values_a_trial": 5}, [of("loss", 0, 1, 2), of("loss", 2, 3, 4, 5)], 3),
    "metrics of a trial": (
        {"metrics_a_trial": 2},
        [[*of(ACC, 1), *of("loss", 1)], [*of(ACC, 2), *of("lr", 2), *of("loss", 2)]],
        1,
    ),
    "values of the study's metric": (
        {"judged_steps_a_trial": 3},
        [of(ACC, 4, 5), [*of("loss", 6), *of(ACC, 5, 6, 7)]],
        3,
    ),
    "values of the study's metric behind its latest step": (
        {"judged_steps_a_trial": 2},
        [of(ACC, 9, 1), of(ACC, 2)],
        0,
    ),
    "values of a study": ({"values_a_study": 4}, [of("loss", 0, 1), of(ACC, 1, 2, 3)], 2),
}


@pytest.mark.parametrize("again", [False, True], ids=["", "after a restart"])
@pytest.mark.parametrize("name", REFUSALS)
def test_one_too_many_is_refused_by_its_position(name: str, again: bool, tmp_path: Path) -> None:
    limits, (first, second), index = REFUSALS[name]
    ((limit, most),) = limits.items()

    async def story(world: World) -> None:
        await world.report(0, *first)
        if again:
            await world.start()
        error = await world.refused(0, *second)
        assert (error.limit, error.status, error.index) == (limit, 422, index)
        assert error.code == "TooManyValues"
        for part in (str(most), "came one more", "report", "--" + limit.replace("_", "-")):
            assert part in error.message
        # What came before it is taken; what is stored already is no further value.
        if index:
            assert (await world.report(0, *second[:index])).accepted > 0
        assert (await world.report(0, *first)).repeated == len(first)

    run(tmp_path, story, **limits)


def test_a_neighbour_has_room_where_a_trial_has_none_left(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.report(0, *of(ACC, 1, 2))
        await world.refused(0, *of(ACC, 3))
        assert (await world.report(1, *of(ACC, 1, 2))).accepted == 2

    run(tmp_path, story, values_a_trial=2)


def test_a_limit_that_was_lowered_below_what_is_there_refuses_the_first_value(
    tmp_path: Path,
) -> None:
    async def story(world: World) -> None:
        await world.report(0, *of(ACC, 1, 2, 3, 4))
        world.limits = ValueLimits(values_a_trial=2)
        await world.start()
        assert (await world.refused(0, *of(ACC, 4, 5, 6))).index == 1
        assert (await world.report(0, *of(ACC, 1, 2, 3, 4))).repeated == 4

    run(tmp_path, story)


def test_a_trial_that_has_ended_keeps_its_bounds(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.report(0, *of(ACC, 1, 2), *of("loss", 1))
        await world.live.finish(UID, 0, End("Completed", "", TrialState.COMPLETED, 5.0))
        assert (await world.refused(0, *of("lr", 1))).limit == "metrics_a_trial"
        assert (await world.report(0, *of("loss", 1, 2))).accepted == 1
        assert (await world.refused(0, *of("loss", 2, 3))).limit == "values_a_trial"

    run(tmp_path, story, values_a_trial=4, metrics_a_trial=2)


def test_a_study_that_sends_too_fast_is_told_when_to_come_again(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.report(0, *of("loss", *range(100)))
        error = await world.refused(0, *of("loss", 100))
        assert (error.status, error.code, error.limit) == (429, "TooFast", "values_a_second")
        assert error.after is not None
        assert 0 < error.after <= 10
        assert "--values-a-second" in error.message

    run(tmp_path, story, values_a_second=10.0)


def test_repeats_and_refused_values_use_up_nothing_of_a_studys_rate(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.report(0, *of("loss", *range(20)))
        for _ in range(20):
            assert (await world.report(0, *of("loss", *range(20)))).repeated == 20
            with pytest.raises(ReportError, match="already"):
                await world.report(0, *of("loss", 20, 5), value=0.25)
        assert (await world.report(0, *of("loss", 20))).accepted == 1

    run(tmp_path, story, values_a_second=10.0)


def test_a_namespace_cannot_fill_the_volume_for_the_others(tmp_path: Path) -> None:
    """Also after a restart; what is stored already is answered all the same."""

    async def story(world: World) -> None:
        other = study_of({"type": "Nop"}, uid=OTHER, name="other")
        meta = other.metadata.model_copy(update={"namespace": "quiet"})
        other = other.model_copy(update={"metadata": meta})
        filled = 0
        while (await world.store.bytes_of_namespaces())["research"] < 100_000:
            await world.report(0, *of("loss", *range(filled, filled + 256)))
            filled += 256
        for _ in range(2):
            await world.start()
            await world.live.open(other)
            world.live.bind(replace(binding_of("other-0", 0, uid=OTHER), namespace="quiet"))
            error = await world.refused(0, *of("loss", 0, filled))
            assert (error.status, error.code, error.limit) == (429, "StoreShareUsed", "store_share")
            for part in ("research", "0 MiB", "delete Studies", "--store-share"):
                assert part in error.message
            assert (await world.report(0, *of("loss", 0, 1))).repeated == 2
            report = CheckedReport("loss", 1, 0.5)
            quiet = CheckedBatch("quiet/digits-0", (report,))
            assert (await world.live.submit("uid-other-0", quiet)).decision is None

    volume = shutil.disk_usage(tmp_path).total
    run(tmp_path, story, store_share=100_000 / volume, values_a_second=1e9)


def test_a_namespace_has_room_again_when_its_rows_are_gone(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        now = 0.0
        room = StoreShare(world.store, 1e-9, lambda: now)
        await world.report(0, *of("loss", *range(256)))
        await room.count()
        with pytest.raises(LimitReached):
            room.check("research")
        room.check("elsewhere")
        taken: dict[str, int] = {}
        world.store.bytes_of_namespaces = lambda: _done(taken)  # type: ignore[method-assign]
        now += FRESH + 1
        await room.count()
        while True:
            try:
                room.check("research")
                break
            except LimitReached:
                await asyncio.sleep(0.01)

    run(tmp_path, story)


async def _done(value: dict[str, int]) -> dict[str, int]:
    return value


def test_defaults_hold_what_an_honest_trial_needs() -> None:
    assert ValueLimits().values_a_trial >= 50 * 2_000
    assert ValueLimits().values_a_study >= 1_000 * 1_000
