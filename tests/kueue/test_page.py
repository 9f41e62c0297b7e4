"""The page on Kueue, done as it says, on a real one and in the page's order."""

from __future__ import annotations

import asyncio
import shlex
import subprocess

import yaml

from espalier.kube import STUDY, Kind
from espalier.planning.workload.job import JOB
from tests.docs.test_examples import blocks
from tests.integration.running import eventually, scenario
from tests.kueue.line import CLUSTER_QUEUE, FLAVOR, PRIORITY_CLASS, line
from tools.cluster.layout import cache_folder
from tools.cluster.parts import tool

PAGE = "docs/how-to/use-kueue.md"
QUEUE, STUDY_IN_IT, GPUS_ALONE = (
    list(yaml.safe_load_all(text)) for page, text in blocks("yaml") if page == PAGE
)
COMMANDS = [
    shlex.split(line)
    for page, text in blocks("console")
    if page == PAGE
    for line in text.splitlines()
]
CLUSTER_WIDE = {kind.name: kind for kind in (FLAVOR, CLUSTER_QUEUE, PRIORITY_CLASS)}


async def typed(it, words: list[str]) -> str:
    """Do what a user does with kubectl; return what it prints."""
    where = [f"--kubeconfig={it.process.kubeconfig}", f"--namespace={it.name}"]
    command = [str(tool(cache_folder(), "kubectl")), *words[1:], *where]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def put(it, body: dict) -> None:
    group, _, version = body["apiVersion"].partition("/")
    kind = Kind(group, version, body["kind"].lower() + "s", body["kind"])
    kind = {**CLUSTER_WIDE, "Study": STUDY}.get(body["kind"], kind)
    name = body["metadata"]["name"]
    if body["kind"] in CLUSTER_WIDE:
        parts = {key: body[key] for key in ("spec", "value") if key in body}
        await it.make(kind, name, **parts)
    else:
        await it.at.cluster.create(kind, it.name, body)


@scenario
async def test_the_page_leads_to_a_study_in_a_queue_that_can_be_paused(kueue, tmp_path):
    async with line(kueue, tmp_path) as it:
        await it.at.delete(Kind(FLAVOR.group, FLAVOR.version, "localqueues", ""), "team")
        for body in QUEUE:
            await put(it, body)
        await put(it, STUDY_IN_IT[0])
        await it.admitted(2)
        show, degraded, suspend, resume = COMMANDS
        assert (await it.workload("queued-0"))["spec"]["priority"] == 10

        async def shows(word: str) -> None:
            async def probe() -> bool:
                return word in await typed(it, show)

            await eventually(f"{word} in {show}", probe)

        await shows("HeldByQueue")
        assert "Nothing is in the way" in await typed(it, degraded)
        await typed(it, suspend)
        await it.no_pods()
        await typed(it, resume)
        await it.admitted(2)


@scenario
async def test_the_study_of_the_page_runs_in_a_queue_of_gpus_alone(kueue, tmp_path):
    async with line(kueue, tmp_path, {"nvidia.com/gpu": "2"}) as it:
        (body,) = GPUS_ALONE
        body["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] = "team"
        await put(it, body)
        assert len(await it.admitted(2)) == 2
        assert len(await it.at.list(JOB)) == 4
