"""Which trials are pruned, and when, is known before: the engine itself is asked whether it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from espalier.api import parse_study
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Binding, CheckedBatch, CheckedReport
from espalier.errors import RetryLater
from espalier.store import open_store
from tests.bench.scale.curves import WARM_UP, Curves
from tests.bench.scale.ended import store_ended
from tests.bench.scale.sidecar import METRIC
from tests.bench.scale.size import Size
from tests.bench.scale.study import NAMESPACE, study_of


async def awake(ask: Callable[[], Awaitable[int]]) -> int:
    """Ask a study that rests, as all its trials have ended, until it has been read."""
    while True:
        try:
            return await ask()
        except RetryLater:
            await asyncio.sleep(0.01)


def test_curves_rise_until_they_stand_still():
    curves = Curves(steps=50, pruned_percent=50.0)
    for number in range(200):
        values = [curves.value(number, step) for step in range(1, 51)]
        last = curves.last_rise(number) or 50
        assert values[:last] == sorted(set(values[:last]))
        assert set(values[last - 1 :]) == {values[last - 1]}


@pytest.mark.parametrize("percent", [0.0, 30.0, 100.0])
def test_so_many_stand_still(percent: float):
    curves = Curves(steps=50, pruned_percent=percent)
    still = [curves.pruned_at(number) for number in range(2000)]
    share = 100 * sum(at is not None for at in still) / len(still)
    assert share == pytest.approx(percent, abs=4.0)
    assert all(WARM_UP < at <= 50 for at in still if at is not None)


def test_the_engine_prunes_what_stands_still_at_the_next_step_and_nothing_else(tmp_path: Path):
    size = Size(running=60, trials=100, steps=20, pruned_percent=40.0, ended=20)
    url = f"sqlite:///{tmp_path}/espalier.db"
    made = study_of(size)
    made["metadata"]["uid"] = "uid"
    curves = Curves(size.steps, size.pruned_percent)
    live = range(size.first_live, size.first_live + size.running)

    async def pruned() -> dict[int, int]:
        assert await store_ended(url, made, size) == 20 * 20
        store = await open_store(url)
        studies = OpenStudies(store, lambda _uid, _number: None)
        await studies.open(parse_study(made))
        found: dict[int, int] = {}
        for number in live:
            name, pod = f"study-{number}", f"pod-{number}"
            attempt = await awake(lambda n=number, p=pod: studies.attempt_of("uid", n, p))
            studies.bind(Binding(pod, NAMESPACE, pod, "uid", name, number, attempt))
            for step in range(1, size.steps + 1):
                report = CheckedReport(METRIC, step, curves.value(number, step))
                batch = CheckedBatch(f"{NAMESPACE}/{name}", (report,))
                answer = await studies.submit(pod, batch)
                if answer.decision is not None and answer.decision.prunes:
                    found[number] = step
                    break
        await store.close()
        return found

    expected = {number: curves.pruned_at(number) for number in live}
    assert asyncio.run(pruned()) == {n: at for n, at in expected.items() if at is not None}
