"""What a pod's values can take, over HTTP: a clear answer, and its neighbour is answered."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from espalier.engine.reports.limits import ValueLimits
from tests.ingest.serving import Serving, batch, binding_of, serving, study_of

OTHER = "0a8b7c6d-0000-0000-0000-000000000001"
Posts = list[dict[str, Any]]


def steps(first: int, last: int, metric: str = "val_accuracy") -> dict[str, Any]:
    return batch("digits-7", *((step, 0.5) for step in range(first, last)), metric=metric)


def names(count: int) -> dict[str, Any]:
    reports = [{"metric": f"layer{n}", "step": 1, "value": 0.5} for n in range(count)]
    return {"trial": "research/digits-7", "reports": reports}


ATTACKS: dict[str, tuple[dict[str, Any], Posts, int, str, int | None]] = {
    "values without end": (
        {"values_a_trial": 300},
        [steps(0, 200), steps(200, 400)],
        422,
        "TooManyValues",
        100,
    ),
    "a metric a value": ({"metrics_a_trial": 100}, [names(200)], 422, "TooManyValues", 100),
    "steps without end": (
        {"judged_steps_a_trial": 20},
        [steps(0, 20), steps(19, 28)],
        422,
        "TooManyValues",
        1,
    ),
    "a study without end": ({"values_a_study": 9}, [steps(0, 10)], 422, "TooManyValues", 9),
    "values in a rush": (
        {"values_a_second": 10.0},
        [steps(0, 200, "loss"), steps(200, 201, "loss")],
        429,
        "TooFast",
        None,
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_it_is_refused_with_words_and_a_neighbour_is_answered(name: str, tmp_path: Path) -> None:
    limits, (*before, last), status, code, index = ATTACKS[name]

    async def check() -> None:
        async with serving(tmp_path, values=ValueLimits(**limits)) as world:
            await add_neighbour(world)
            for post in before:
                assert (await world.post(post))[0] == 200
            stored = await world.stored()
            came_status, body, headers = await world.post(last)
            assert (came_status, body["error"]["code"]) == (status, code)
            assert body["error"].get("index") == index
            (setting,) = limits
            assert "--" + setting.replace("_", "-") in body["error"]["message"]
            assert ("Retry-After" in headers) == (status == 429)
            assert await world.stored() == stored
            assert (await world.post(batch("digits-8", (1, 0.5)), pod="other"))[0] == 200

    asyncio.run(check())


def test_a_namespace_that_fills_its_share_of_the_volume(tmp_path: Path) -> None:
    async def check() -> None:
        share = 30_000 / shutil.disk_usage(tmp_path).total
        async with serving(tmp_path, values=ValueLimits(store_share=share)) as world:
            filled = 0
            while (await world.store.bytes_of_namespaces()).get("research", 0) < 30_000:
                assert (await world.post(steps(filled, filled + 256, "loss")))[0] == 200
                filled += 256
            await world.store.close()
        async with serving(tmp_path, values=ValueLimits(store_share=share)) as world:
            status, body, headers = await world.post(steps(filled, filled + 1, "loss"))
            assert (status, body["error"]["code"]) == (429, "StoreShareUsed")
            assert int(headers["Retry-After"]) == 60
            # What is stored is acknowledged all the same.
            status, body, _ = await world.post(steps(0, 10, "loss"))
            assert (status, body["repeated"]) == (200, 10)

    asyncio.run(check())


async def add_neighbour(world: Serving) -> None:
    await world.live.open(study_of({"type": "Nop"}, uid=OTHER, name="other"))
    world.live.bind(binding_of("other", 8, uid=OTHER))
