"""Kueue's process ends, and comes back: nothing is lost, and what does not go on is said."""

import os
import signal
from dataclasses import replace

from espalier.kube import STUDY
from tests.integration.running import SETTINGS, scenario
from tests.kueue.line import EVERYTHING, line
from tools.cluster import kueue as tool
from tools.cluster import lifecycle, process
from tools.cluster.layout import Kind
from tools.cluster.progress import Progress

ONE = {**EVERYTHING, "nvidia.com/gpu": "1"}
THREE = {"max": 3, "parallelism": 2, "maxFailed": 1, "retries": 0}
NAME = os.environ.get("ESPALIER_CLUSTER", "espalier")


def kill() -> None:
    layout = lifecycle.find(NAME, Kind.CONTROL_PLANE)
    assert layout is not None
    running = process.recorded(layout.state, tool.NAME)
    assert running is not None
    running.signal(signal.SIGKILL)


def start() -> None:
    lifecycle.queue_up(NAME, Kind.CONTROL_PLANE, Progress())


@scenario
async def test_without_its_process_running_trials_end_well_and_the_rest_waits(kueue, tmp_path):
    async with line(kueue, tmp_path, ONE, replace(SETTINGS, pod_patience=1.0)) as it:
        await it.submit(trials=THREE)
        first, second = await it.first_and_second()
        await it.waits(second, "1 more needed")
        kill()
        try:
            await it.complete(first)
            await it.study_says("Degraded", "True", "NotCarriedOut", "failed calling webhook")
            await it.waits(second, "1 more needed")
        finally:
            start()
        await it.complete_all({second, "s-2"})
        await it.at.wait_condition(STUDY, "s", "Succeeded")


@scenario
async def test_a_study_is_suspended_as_soon_as_its_process_is_back(kueue, tmp_path):
    async with line(kueue, tmp_path, ONE) as it:
        await it.submit(trials=THREE)
        first, second = await it.first_and_second()
        await it.train(first, 3)
        kill()
        try:
            await it.at.patch(STUDY, "s", {"spec": {"suspend": True}})
            await it.deactivated(first)
            await it.deactivated(second)
            assert await it.running() == {first}, "the queue itself suspends Jobs, and is away"
        finally:
            start()
        await it.no_pods()
        await it.study_says("Progressing", "False", "Suspended", "no trial runs")
        await it.waits(second, "the Study is suspended")
