"""The sidecar as a process against the operator's real ingest, store and judge."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.ingest.serving import Serving, serving, study_of, token_of
from tests.sidecar.running import RunningSidecar

METRIC = "val_accuracy"
PRUNING = study_of(
    {"type": "Threshold", "threshold": {"lower": 0.45}},
    pruning={"exemptPercent": 0, "keepBest": 0},
)


def beside(world: Serving, folder: Path) -> RunningSidecar:
    """Start the sidecar of trial digits-7, with its pod's token."""
    authority = world.authority.certificate_pem.decode()
    sidecar = RunningSidecar(folder, f"https://localhost:{world.port}", authority)
    sidecar.token_file.write_text(token_of("pod-7"))
    return sidecar


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await condition():
            await asyncio.sleep(0.02)


def test_every_value_is_stored_once_and_a_contradiction_is_set_aside(tmp_path: Path) -> None:
    async def scene() -> None:
        async with serving(tmp_path) as world:
            sidecar = await asyncio.to_thread(beside, world, tmp_path)
            rows = [{"step": step, "value": step / 100} for step in range(1, 20)]
            await asyncio.to_thread(sidecar.post, rows)
            await asyncio.to_thread(sidecar.post, [*rows, {"step": 3, "value": 0.9}])
            await asyncio.to_thread(sidecar.post, {"step": 20, "value": 0.2, "metric": "loss"})

            async def all_done() -> bool:
                return len(await world.stored()) == 20 and not sidecar.health()["pending"]

            await until(all_done)
            wanted = [(7, METRIC, step, step / 100) for step in range(1, 20)]
            assert await world.stored() == [*wanted, (7, "loss", 20, 0.2)]
            assert sidecar.health()["rejected"] == 1
            assert await asyncio.to_thread(sidecar.terminate) == 0

    asyncio.run(scene())


def test_a_pruned_trial_is_told_why(tmp_path: Path) -> None:
    async def scene() -> None:
        async with serving(tmp_path, study=PRUNING) as world:
            sidecar = await asyncio.to_thread(beside, world, tmp_path)
            await asyncio.to_thread(sidecar.post, {"step": 1, "value": 0.41})

            async def told() -> bool:
                return (sidecar.directory / "prune").exists()

            await until(told)
            answer = await asyncio.to_thread(sidecar.request, "GET", "/should-prune")
            assert answer == (200, json.loads((sidecar.directory / "prune").read_text()))
            assert answer[1]["reason"]
            assert answer[1]["step"] == 1
            assert len(world.pruned) == 1
            sidecar.kill()

    asyncio.run(scene())


def test_values_wait_while_the_api_server_cannot_vouch_for_their_pod(tmp_path: Path) -> None:
    async def scene() -> None:
        async with serving(tmp_path) as world:
            world.api.error = ConnectionError("no API server")
            sidecar = await asyncio.to_thread(beside, world, tmp_path)
            await asyncio.to_thread(sidecar.post, {"step": 1, "value": 0.5})

            async def tried() -> bool:
                return "try in" in sidecar.log.read_text()

            await until(tried)
            assert await world.stored() == []
            world.api.error = None

            async def stored() -> bool:
                return await world.stored() == [(7, METRIC, 1, 0.5)]

            await until(stored)
            sidecar.kill()

    asyncio.run(scene())
