"""An hour's worth of events, compressed: a thousand short studies made, run, ended and deleted.

Values are posted all the time. Memory, the entries of every container and the time that a start
takes are printed, and must be what they were before. ESPALIER_SOAK sets the number of studies.
"""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path

from tests.simulation.census import grown
from tests.simulation.soak import held, run_studies
from tests.simulation.telling import tell_without_laws
from tests.simulation.world import World

STUDIES = int(os.environ.get("ESPALIER_SOAK", "1000"))
WARM = STUDIES // 5


def resident() -> float:
    """Return this process's resident memory in MiB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def start_seconds(world: World) -> float:
    """Return the CPU seconds that a start takes until it is ready; the least of five."""
    times = []
    for _ in range(5):
        await world.kill()
        began = time.process_time()
        operator = world.start()
        await world.until("the watches", lambda operator=operator: operator.ready)
        times.append(time.process_time() - began)
    return min(times)


def test_a_thousand_short_studies(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        starts = [await start_seconds(world)]
        memory: list[float] = []

        def each(done: int) -> None:
            if done % max(1, STUDIES // 10) == 0:
                memory.append(resident())
                print(f"  after {done:5} studies: {memory[-1]:7.1f} MiB")

        print()
        await run_studies(world, WARM)
        await world.settle(130.0)
        starts.append(await start_seconds(world))
        await run_studies(world, 1)  # what is kept of one study is not kept of the next as well
        await world.settle(130.0)
        before = held(world)
        await run_studies(world, STUDIES - WARM, each=each)
        await world.settle(130.0)
        left = grown(before, held(world))
        starts.append(await start_seconds(world))
        store = (tmp_path / "espalier.db").stat().st_size / 2**20
        said = ", ".join(f"{each * 1e3:.1f}" for each in starts)
        print(f"  a start takes {said} ms of CPU (nothing yet, {WARM}, {STUDIES} studies)")
        print(f"  the store has {store:.1f} MiB; left behind: {left}")
        assert left == {}
        assert memory[-1] < memory[0] * 1.1 + 5
        assert starts[-1] < starts[1] * 2

    tell_without_laws(tmp_path, story)
