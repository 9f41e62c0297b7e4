"""How long a neighbour waits for an answer while another study's values are slow to judge.

A study whose pruner takes a millisecond a value, as a plug-in may, is sent 256 values ten times a
second by each of three pods. Its neighbour posts one value after the other. In one run: quiet;
with judging in one go, as it was; and as it is. Figures are printed, nothing is asserted.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

import pytest

from espalier.engine.reports.limits import ValueLimits
from espalier.pruning import Judge, Report, Verdict
from tests.ingest.serving import Serving, batch, binding_of, serving, study_of

SLOW = "0a8b7c6d-0000-0000-0000-000000000001"
COST = 0.001
SECONDS = 6.0
PODS = 3
IN_ONE_GO = ValueLimits(slice_seconds=1e9, loop_burst=1e9, longest_wait=1e9, values_a_second=1e9)
CASES = {"quiet": None, "in one go": IN_ONE_GO, "in slices": ValueLimits(values_a_second=1e9)}


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    report = Judge.report

    def judged(judge: Judge, said: Report, at: float) -> Verdict:
        if judge.ledger.terms.study_uid == SLOW:
            until = time.perf_counter() + COST
            while time.perf_counter() < until:
                pass
        return report(judge, said, at)

    monkeypatch.setattr(Judge, "report", judged)


async def flood(world: Serving, pod: int, until: float) -> int:
    taken = step = 0
    while time.perf_counter() < until:
        began = time.perf_counter()
        body = batch(f"digits-{pod}", *((step + i, 0.5) for i in range(256)))
        status, _, headers = await world.post(body, pod=f"slow-{pod}")
        if status == 200:
            taken, step = taken + 256, step + 256
        pause = max(0.1 - (time.perf_counter() - began), 0.0)
        await asyncio.sleep(float(headers.get("Retry-After", pause)))
    return taken


async def neighbour(world: Serving, until: float) -> list[float]:
    waits, step = [], 0
    while time.perf_counter() < until:
        began = time.perf_counter()
        status, _, _ = await world.post(batch("digits-7", (step, 0.5)))
        assert status in (200, 429)
        waits.append(time.perf_counter() - began)
        step += 1
        await asyncio.sleep(0.1)
    return waits


def test_a_neighbour_of_an_expensive_study(tmp_path: Path) -> None:
    def measure(name: str) -> None:
        async def run() -> None:
            folder = tmp_path / name
            folder.mkdir()
            limits = CASES[name]
            async with serving(folder, values=limits) as world:
                spec = {"resource": {"name": "step", "max": 10**6}}
                await world.live.open(study_of({"type": "Nop"}, uid=SLOW, name="slow", **spec))
                for pod in range(PODS):
                    world.live.bind(binding_of(f"slow-{pod}", pod, uid=SLOW))
                until = time.perf_counter() + SECONDS
                pods = 0 if limits is None else PODS
                floods = [asyncio.create_task(flood(world, n, until)) for n in range(pods)]
                waits = await neighbour(world, until)
                taken = sum(await asyncio.gather(*floods))
            waits.sort()
            shown = [
                1e3 * statistics.median(waits),
                1e3 * waits[-len(waits) // 50],
                1e3 * waits[-1],
            ]
            p50, p98, longest = (f"{each:8.1f} ms" for each in shown)
            print(f"{name:10} p50 {p50}  p98 {p98}  max {longest}; values of the other: {taken}")

        asyncio.run(run())

    print()
    for name in CASES:
        measure(name)
