"""The sidecar as a process against the operator's real ingest, store and judge."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from espalier.store.sqlite.beside import StoreBeside
from tests.ingest.serving import UID, Serving, serving, study_of, token_of
from tests.patience import PATIENCE
from tests.sidecar.running import RunningSidecar

METRIC = "val_accuracy"
PRUNING = study_of(
    {"type": "Threshold", "threshold": {"lower": 0.45}},
    pruning={"exemptPercent": 0, "keepBest": 0},
)


def beside(world: Serving, folder: Path, **environ: str) -> RunningSidecar:
    """Start the sidecar of trial digits-7, with its pod's token."""
    authority = world.authority.certificate_pem.decode()
    sidecar = RunningSidecar(folder, f"https://localhost:{world.port}", authority, **environ)
    sidecar.token_file.write_text(token_of("pod-7"))
    return sidecar


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
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


LONG = ["metrics/mAP50-95(B)", "準確率", "\U0001f600" * 250, "m" * 250]


def test_names_of_any_length_arrive_as_they_are(tmp_path: Path) -> None:
    async def scene() -> None:
        async with serving(tmp_path) as world:
            sidecar = await asyncio.to_thread(beside, world, tmp_path)
            rows = [
                {"metric": name, "step": step, "value": 0.5} for step in range(100) for name in LONG
            ]
            file = sidecar.directory / "reports.jsonl"
            await asyncio.to_thread(
                file.write_text, "".join(json.dumps(row) + "\n" for row in rows)
            )

            async def all_stored() -> bool:
                return len(await world.stored()) == 400

            await until(all_stored)
            stored = [(metric, step) for _, metric, step, _ in await world.stored()]
            assert stored == [(row["metric"], row["step"]) for row in rows]
            assert sidecar.health()["rejected"] == 0
            assert "413" not in sidecar.log.read_text()
            assert await asyncio.to_thread(sidecar.terminate) == 0

    asyncio.run(scene())


def test_last_words_with_long_names_are_taken(tmp_path: Path) -> None:
    async def scene() -> None:
        async with serving(tmp_path) as world:
            sidecar = await asyncio.to_thread(beside, world, tmp_path)
            world.api.error = ConnectionError("no API server")
            await asyncio.to_thread(
                sidecar.post,
                [{"metric": name, "step": 1, "value": 0.5} for name in (*LONG[:2], METRIC)],
            )
            await asyncio.to_thread(sidecar.terminate)
            message = sidecar.termination_log.read_text()
            tail = await world.live.submit_tail("uid-pod-7", message)
            assert (tail.accepted, tail.refused, tail.lost) == (3, 0, 0)
            assert {metric for _, metric, _, _ in await world.stored()} == {*LONG[:2], METRIC}

    asyncio.run(scene())


def test_what_is_heard_where_no_value_comes_is_known_to_the_operator(tmp_path: Path) -> None:
    async def scene() -> None:
        async with serving(tmp_path) as world:
            begin = lambda: beside(world, tmp_path, ESPALIER_HEARD_SECONDS="0.3")  # noqa: E731
            sidecar = await asyncio.to_thread(begin)
            (sidecar.directory / "reports.jsonl").write_text("acc: 0.91\n" * 15)

            async def heard() -> bool:
                rows = world.live.heard(UID).get(7, ())
                return any(row.seen == 15 and not row.matched for row in rows)

            await until(heard)
            (row,) = world.live.heard(UID)[7]
            assert (row.type, row.source) == ("File", "reports.jsonl")
            assert "acc: 0.91" in row.passed_over
            assert await asyncio.to_thread(sidecar.terminate) == 0
            # A pod that ends before that says so in its termination message.
            world.live._hearings.forget(UID, 7)
            await world.live.submit_tail("uid-pod-7", sidecar.termination_log.read_text())
            assert await heard()
            assert await world.stored() == []

    asyncio.run(scene())


@pytest.mark.parametrize("collectors", ["[]", '[{"type": "Output"}]'])
def test_the_end_of_what_was_printed_is_there_once_the_pod_is_gone(
    tmp_path: Path, collectors: str
) -> None:
    async def scene() -> None:
        async with serving(tmp_path) as world:
            environ = {"ESPALIER_OUTPUT_BYTES": "40", "ESPALIER_COLLECTORS": collectors}
            sidecar = await asyncio.to_thread(lambda: beside(world, tmp_path, **environ))
            folder = sidecar.directory / ".output"
            folder.mkdir()
            (folder / "0").write_text("a line that is not kept, for it is long\n")
            (folder / "1").write_text("step=1 val_accuracy=0.9\nTraceback <script>\n")
            assert await asyncio.to_thread(sidecar.terminate) == 0
            store = StoreBeside(f"sqlite:///{tmp_path}/espalier.db")
            found = store.find("research", "digits")
            assert found is not None
            (kept,) = store.outputs(found.row, 7)
            assert (kept.attempt, kept.text, kept.cut) == (1, "Traceback <script>\n", True)

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
