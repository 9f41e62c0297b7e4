"""The messages that sidecar and operator have agreed upon, against the real server."""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path
from typing import Any

import pytest

from espalier.api import Study
from espalier.errors import RetryLater
from espalier.ingest import Limits
from tests.ingest.serving import UID, batch, serving, study_of

GOLDEN = Path(__file__).parents[1] / "golden"
EXCHANGES = [path for path in sorted(GOLDEN.glob("*.json")) if "request" in path.read_text()]
PRUNING = study_of(
    {"type": "Threshold", "threshold": {"lower": 0.45}},
    pruning={"exemptPercent": 0, "keepBest": 0},
)
PRUNES = {"prune", "diverged"}
COVERED_BELOW = {"not-durable", "too-fast"}


def sent(request: dict[str, Any]) -> bytes:
    if "raw" in request:
        return str(request["raw"]).encode()
    return json.dumps(request["body"]).encode()


@pytest.mark.parametrize(
    "path",
    [path for path in EXCHANGES if path.stem not in COVERED_BELOW],
    ids=lambda path: path.stem,
)
def test_the_server_answers_as_agreed(path: Path, tmp_path: Path) -> None:
    study = PRUNING if path.stem in PRUNES else study_of()
    asyncio.run(exchange(json.loads(path.read_text()), study, tmp_path))


async def exchange(golden: dict[str, Any], study: Study, folder: Path) -> None:
    async with serving(folder, study=study) as world:
        for metric, step, value in golden["stored_before"]:
            status, _, _ = await world.post(batch("digits-7", (step, value), metric=metric))
            assert status == 200
        before = len(await world.stored())
        request, response = golden["request"], golden["response"]
        authorization = request["headers"].get("Authorization", "")
        pod = "pod-7" if "projected token" in authorization else None
        headers = {"Authorization": authorization} if authorization and pod is None else {}
        status, body, _ = await world.post(sent(request), pod=pod, headers=headers)
        assert status == response["status"]
        agreed = response["body"]
        if "error" in agreed:
            assert body["error"]["code"] == agreed["error"]["code"]
            assert body["error"].get("index") == agreed["error"].get("index")
        else:
            assert (body["accepted"], body["repeated"]) == (agreed["accepted"], agreed["repeated"])
            assert body["decision"].keys() == agreed["decision"].keys()
            assert body["decision"]["action"] == agreed["decision"]["action"]
            assert body["decision"]["step"] == agreed["decision"]["step"]
        stored = [
            [metric, step, None if math.isnan(value) else value]
            for _, metric, step, value in (await world.stored())[before:]
        ]
        assert stored == golden["stored"]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("heard/*.json")), ids=lambda path: path.stem)
def test_what_was_heard_is_answered_as_agreed(path: Path, tmp_path: Path) -> None:
    golden = json.loads(path.read_text())
    request, response = golden["request"], golden["response"]

    async def run() -> None:
        async with serving(tmp_path) as world:
            status, body, _ = await world.post(sent(request), place=request["path"])
            assert status == response["status"]
            if status == 200:
                assert body == response["body"]
                (heard,) = world.live.heard(UID)[7]
                (row,) = request["body"]["heard"]
                assert heard.seen == row["seen"]
                assert list(heard.names) == row["names"]
                assert [list(each) for each in heard.mismatches] == row["mismatches"]
            else:
                assert body["error"]["code"] == response["body"]["error"]["code"]
                assert body["error"].get("index") == response["body"]["error"].get("index")
                assert world.live.heard(UID) == {}
            assert await world.stored() == []

    asyncio.run(run())


def test_what_is_heard_needs_the_token_and_the_turn_that_values_need(tmp_path: Path) -> None:
    message = json.loads((GOLDEN / "heard/one-log.json").read_text())["request"]["body"]

    async def run() -> None:
        async with serving(tmp_path, limits=Limits(pod_rate=0.01, pod_burst=2)) as world:
            where = {"place": "/v1/heard"}
            assert (await world.post(message, pod=None, **where))[0] == 401
            other = {**message, "trial": "research/digits-8"}
            assert (await world.post(other, **where))[0] == 403
            assert (await world.post(message, **where))[0] == 200
            assert (await world.post(message, **where))[0] == 429
            assert (await world.post(b"{" + b" " * 20_000, pod="pod-9", **where))[0] == 413

    asyncio.run(run())


def test_every_exchange_is_covered() -> None:
    assert {path.stem for path in EXCHANGES} > COVERED_BELOW | PRUNES


def test_what_cannot_be_stored_is_asked_for_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(tmp_path) as world:
            world.api.error = RetryLater("the API server does not answer", after=2.5)
            golden = json.loads((GOLDEN / "not-durable.json").read_text())
            status, body, headers = await world.post(sent(golden["request"]))
            assert status == golden["response"]["status"]
            assert body["error"]["code"] == golden["response"]["body"]["error"]["code"]
            assert headers["Retry-After"] == "3"

    asyncio.run(run())


def test_a_pod_that_posts_too_fast_is_told_when_to_come_again(tmp_path: Path) -> None:
    async def run() -> None:
        golden = json.loads((GOLDEN / "too-fast.json").read_text())
        async with serving(tmp_path, limits=Limits(pod_rate=0.5, pod_burst=1)) as world:
            assert (await world.post(batch("digits-7", (1, 0.5))))[0] == 200
            status, body, headers = await world.post(sent(golden["request"]))
            assert status == golden["response"]["status"]
            assert body["error"]["code"] == golden["response"]["body"]["error"]["code"]
            assert headers["Retry-After"] == golden["response"]["headers"]["Retry-After"]
            assert await world.stored() == [(7, "val_accuracy", 1, 0.5)]

    asyncio.run(run())
