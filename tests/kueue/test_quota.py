"""What the sidecar asks for counts in a queue, and can be made nothing."""

from espalier.kube import STUDY
from tests.integration.running import scenario
from tests.kueue.line import line

LONE = {"max": 1, "parallelism": 1, "maxFailed": 1, "retries": 0}
GPUS = {"nvidia.com/gpu": "1"}


@scenario
async def test_a_queue_of_gpus_alone_says_what_of_the_sidecar_it_does_not_cover(kueue, tmp_path):
    async with line(kueue, tmp_path, GPUS) as it:
        await it.submit(trials=LONE)
        words = ("unavailable in ClusterQueue", "the sidecar")  # of cpu or of memory
        await it.study_says("Degraded", "True", "QueueRefuses", *words)


@scenario
async def test_a_queue_of_gpus_alone_runs_a_study_whose_sidecar_asks_for_nothing(kueue, tmp_path):
    async with line(kueue, tmp_path, GPUS) as it:
        await it.submit(trials=LONE, sidecar={"resources": {"requests": {}, "limits": {}}})
        await it.complete("s-0")
        await it.at.wait_condition(STUDY, "s", "Succeeded")
