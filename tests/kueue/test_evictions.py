"""A real queue takes a trial out as often as it likes: it is no failure, and said each time."""

from dataclasses import replace

from espalier.kube import POD, STUDY, TRIAL
from espalier.planning.workload.job import JOB
from tests.integration.running import NAMESPACE, SETTINGS, scenario
from tests.kueue.line import PRIORITY, PRIORITY_CLASS, line
from tools.cluster.kueue import OPT_IN

LONE = {"max": 1, "parallelism": 1, "maxFailed": 1, "retries": 0}
PRUNER = {"type": "Threshold", "threshold": {"lower": 0.5}}
PRUNES = {"gracePeriodSeconds": 1, "keepBest": 0, "exemptPercent": 0}


async def drained(it) -> None:
    """Stop the queue as its owner does before maintenance, until it is empty, and go on."""
    await it.rule(stopPolicy="HoldAndDrain")
    await it.no_pods()
    await it.uses("0")
    await it.rule(stopPolicy="None")


@scenario
async def test_a_preempted_trial_comes_back_with_its_values(kueue, tmp_path):
    async with line(kueue, tmp_path) as it:
        await it.make(PRIORITY_CLASS, f"{it.name}-high", value=1000)
        await it.submit(trials=LONE)
        await it.train("s-0", 3)
        await it.occupy("high", 2, f"{it.name}-high")
        await it.waits("s-0", "queue team holds the Job back", "Preempted")
        (message,) = await it.told("s-0", "Preempted")
        assert "runs again, as a new attempt" in message
        degraded = await it.at.condition(STUDY, "s", "Degraded")
        assert degraded["status"] == "False", "somebody else's turn is no trouble of the study"
        await it.leave("high")
        await it.complete("s-0")
        status = (await it.at.get(TRIAL, "s-0"))["status"]
        assert (status["attempt"], status["step"], status["best"]) == (2, 10, 1.0)
        assert (await it.at.get(STUDY, "s"))["status"]["counts"]["failed"] == 0


@scenario
async def test_a_trial_that_its_queue_evicts_over_and_over_ends_well(kueue, tmp_path):
    """Beyond what disruptions by nodes are allowed (`max_disruptions`, and the retries)."""
    often = 8
    async with line(kueue, tmp_path, settings=replace(SETTINGS, max_disruptions=3)) as it:
        await it.submit(trials=LONE)
        for _ in range(often):
            await it.run("s-0")
            await drained(it)
        await it.complete("s-0")
        assert (await it.at.get(TRIAL, "s-0"))["status"]["attempt"] == often + 1


@scenario
async def test_a_studys_priority_is_that_of_its_workloads(kueue, tmp_path):
    async with line(kueue, tmp_path) as it:
        await it.make(PRIORITY_CLASS, f"{it.name}-low", value=10)
        await it.submit(trials=LONE, labels={PRIORITY: f"{it.name}-low"})
        assert (await it.workload("s-0"))["spec"]["priority"] == 10


@scenario
async def test_the_quota_of_a_pruned_trial_goes_to_the_next(kueue, tmp_path):
    async with line(kueue, tmp_path, {"nvidia.com/gpu": "1", "cpu": "8", "memory": "8Gi"}) as it:
        two = {**LONE, "max": 2, "parallelism": 2}
        await it.submit(trials=two, pruner=PRUNER, pruning=PRUNES)
        first, second = await it.first_and_second()
        pod = await it.run(first)
        await it.process.report(pod, 0.9, 0.1)
        await it.at.wait_ended(first, "Pruned")
        await it.at.pod_of(second)
        await it.uses("1")


@scenario
async def test_a_namespace_that_the_queue_does_not_look_after_is_said(kueue, tmp_path):
    async with line(kueue, tmp_path, settings=replace(SETTINGS, pod_patience=1.0)) as it:
        labels = {"labels": dict.fromkeys(OPT_IN)}
        await it.at.cluster.patch(NAMESPACE, "", it.name, {"metadata": labels})
        await it.submit(trials=LONE)
        await it.study_says("Degraded", "True", "QueueRefuses", "look after this namespace")
        assert (await it.at.get(JOB, "s-0"))["spec"]["suspend"] is True
        assert await it.at.list(POD) == []
        await it.at.cluster.patch(NAMESPACE, "", it.name, {"metadata": {"labels": OPT_IN}})
        touched = {"metadata": {"annotations": {"touched": "true"}}}  # Kueue looks at Jobs' changes
        await it.at.patch(JOB, "s-0", touched)
        await it.complete("s-0")
