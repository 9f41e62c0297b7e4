"""Why a trial waits in a real queue is said in the queue's own words, and to whom it matters."""

from espalier.kube import STUDY, TRIAL
from espalier.planning.workload.job import JOB
from tests.integration.running import scenario
from tests.kueue.line import EVERYTHING, LOCAL_QUEUE, line

ONE = {**EVERYTHING, "nvidia.com/gpu": "1"}
TWO = {"max": 2, "parallelism": 2, "maxFailed": 2, "retries": 0}
LONE = {"max": 1, "parallelism": 1, "maxFailed": 1, "retries": 0}


def wanting(gpus: str) -> dict:
    resources = {"limits": {"nvidia.com/gpu": gpus}}
    return {"spec": {"containers": [{"name": "trainer", "image": "x", "resources": resources}]}}


@scenario
async def test_a_wait_in_line_is_told_by_the_trial_and_is_no_trouble_of_the_study(kueue, tmp_path):
    async with line(kueue, tmp_path, ONE) as it:
        await it.submit(trials=TWO)
        first, second = await it.first_and_second()
        await it.waits(second, "queue team holds the Job back", "1 more needed")
        degraded = await it.at.condition(STUDY, "s", "Degraded")
        assert degraded["status"] == "False"
        await it.complete(first)
        await it.complete(second)
        await it.at.wait_condition(STUDY, "s", "Succeeded")


@scenario
async def test_a_quota_that_never_fits_is_trouble_until_there_is_room(kueue, tmp_path):
    async with line(kueue, tmp_path) as it:
        await it.submit(trials=LONE, template=wanting("5"))
        said = await it.study_says("Degraded", "True", "QueueRefuses", "maximum capacity (2)")
        assert "spec.template" in said
        await it.waits("s-0", "NeverFits", "maximum capacity (2)")
        await it.rule(**it.rules({**EVERYTHING, "nvidia.com/gpu": "8"}))
        await it.complete("s-0")
        await it.study_says("Degraded", "False", "AsExpected")


@scenario
async def test_a_resource_that_the_queue_does_not_cover_is_named_with_the_remedy(kueue, tmp_path):
    async with line(kueue, tmp_path, {"cpu": "8", "memory": "8Gi"}) as it:
        await it.submit(trials=LONE)
        words = ("nvidia.com/gpu unavailable in ClusterQueue", "excludeResourcePrefixes")
        await it.study_says("Degraded", "True", "QueueRefuses", *words)


@scenario
async def test_a_queue_that_is_not_there_is_named_until_it_is(kueue, tmp_path):
    async with line(kueue, tmp_path) as it:
        await it.submit(trials=LONE, queue="nosuch")
        await it.study_says("Degraded", "True", "QueueRefuses", "LocalQueue nosuch doesn't exist")
        await it.waits("s-0", "Inadmissible")
        body = {"clusterQueue": it.name}
        await it.make(LOCAL_QUEUE, "nosuch", it.name, spec=body)
        await it.complete("s-0")
        await it.study_says("Degraded", "False", "AsExpected")


@scenario
async def test_a_deactivated_workload_is_trouble_until_it_is_active_again(kueue, tmp_path):
    async with line(kueue, tmp_path) as it:
        await it.submit(trials=LONE)
        await it.run("s-0")
        await it.activate("s-0", False)
        await it.study_says("Degraded", "True", "QueueRefuses", "deactivated", "spec.active")
        await it.no_pods()
        await it.activate("s-0", True)
        await it.complete("s-0")
        await it.study_says("Degraded", "False", "AsExpected")
        assert (await it.at.get(TRIAL, "s-0"))["status"]["attempt"] == 2


@scenario
async def test_a_held_queue_is_trouble_and_lets_its_running_trials_go_on(kueue, tmp_path):
    async with line(kueue, tmp_path, ONE) as it:
        await it.submit(trials=TWO)
        first, second = await it.first_and_second()
        await it.run(first)
        await it.rule(stopPolicy="Hold")
        await it.study_says("Degraded", "True", "QueueRefuses", "its LocalQueue is not active")
        await it.complete(first)
        assert await it.at.get(JOB, second)
        await it.rule(stopPolicy="None")
        await it.complete(second)


@scenario
async def test_a_queue_that_is_held_already_is_told_in_the_same_words(kueue, tmp_path):
    """The Workload says itself that it cannot get in; what its queue says names the cause."""
    async with line(kueue, tmp_path, ONE) as it:
        await it.rule(stopPolicy="Hold")
        await it.submit(trials=LONE)
        await it.study_says("Degraded", "True", "QueueRefuses", "its LocalQueue is not active")
        await it.rule(stopPolicy="None")
        await it.complete("s-0")
